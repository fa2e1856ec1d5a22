"""The services that may be requested: the CRM's categories of the day, and what GeoReport asks about them beside.

Codes and names are the CRM's (`normalizer.categories`, with their effective dates), keywords are the phrases by which
we know a category; group, description and further questions stand in `services.toml`.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from msgspec import Struct, convert

from normalizer.categories import Category, categories
from normalizer.gazetteer import read_table

from .answers import Attribute, Service, ServiceDefinition, Value

Language = Literal["id", "en"]
#: As many of a category's phrases as a list of services can bear.
_KEYWORDS = 8


class Said(Struct, frozen=True, kw_only=True):
    """The same in Bahasa Indonesia and in English."""

    id: str = ""
    en: str = ""

    def to(self, language: Language) -> str:
        return self.id if language == "id" else self.en


class Choice(Said, frozen=True, kw_only=True):
    """One answer that a question allows."""

    key: str


class Question(Said, frozen=True, kw_only=True):
    """A further question of a service; with `values` one of them is the answer, else any words are."""

    code: str
    required: bool = False
    hint: Said = Said()
    values: tuple[Choice, ...] = ()


class Entry(Said, frozen=True, kw_only=True):
    """What `services.toml` says of one category."""

    group: str = "lainnya"
    attributes: tuple[Question, ...] = ()


class Catalogue(Struct, frozen=True, kw_only=True):
    """The whole file."""

    changeset: datetime
    groups: dict[str, Said]
    services: dict[str, Entry]


@cache
def catalogue() -> Catalogue:
    text = Path(__file__).with_name("services.toml").read_text(encoding="utf-8")
    return convert(tomllib.loads(text), Catalogue)


@cache
def _keywords() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in read_table("category_words.csv"):
        found.setdefault(row["code"], []).append(row["phrase"])
    return found


def questions(code: str) -> tuple[Question, ...]:
    """The further questions of a service, in their order."""
    return catalogue().services.get(code, Entry()).attributes


def name_of(code: str, day: date, language: Language) -> str:
    """The service's name; empty when the CRM has no such category on that day."""
    return next((_name(c, language) for c in categories(day) if c.code == code), "")


def services(day: date, language: Language, kind: Literal["realtime", "batch"]) -> tuple[Service, ...]:
    """All services of a day (a date in Jakarta), in the CRM's order."""
    return tuple(_service(category, language, kind) for category in categories(day))


def _service(category: Category, language: Language, kind: Literal["realtime", "batch"]) -> Service:
    entry = catalogue().services.get(category.code, Entry())
    return Service(
        service_code=category.code,
        service_name=_name(category, language),
        description=entry.to(language),
        metadata=bool(entry.attributes),
        type=kind,
        keywords=", ".join(_keywords().get(category.code, [])[:_KEYWORDS]),
        group=catalogue().groups[entry.group].to(language),
    )


def definition(code: str, day: date, language: Language) -> ServiceDefinition | None:
    """A service's further questions, none for most; None when there is no such service on that day."""
    if not name_of(code, day, language):
        return None
    asked = (_attribute(order, one, language) for order, one in enumerate(questions(code), 1))
    return ServiceDefinition(service_code=code, attributes=tuple(asked))


def _attribute(order: int, question: Question, language: Language) -> Attribute:
    return Attribute(
        variable=True,
        code=question.code,
        datatype="singlevaluelist" if question.values else "string",
        required=question.required,
        datatype_description=question.hint.to(language),
        order=order,
        description=question.to(language),
        values=tuple(Value(key=choice.key, name=choice.to(language)) for choice in question.values),
    )


def _name(category: Category, language: Language) -> str:
    return category.label_id if language == "id" else category.label_en
