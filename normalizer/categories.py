"""The CRM's category table with its effective dates, and the phrases that name a category beyond doubt."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from normalizer.gazetteer import read_table
from normalizer.phrases import Phrases
from normalizer.record import Base


class Category(Base, frozen=True, kw_only=True):
    """One category; valid from the first day to the last, both included; None: no such bound."""

    code: str
    label_id: str
    label_en: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, at: date) -> bool:
        """Whether it is in force on the day `at`."""
        return (self.valid_from or at) <= at <= (self.valid_to or at)


@lru_cache(maxsize=1)
def _all() -> tuple[Category, ...]:
    return tuple(
        Category(
            code=row["code"],
            label_id=row["label_id"],
            label_en=row["label_en"],
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
        )
        for row in read_table("categories.csv")
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def categories(at: date) -> tuple[Category, ...]:
    """The categories that hold on the day `at` (a date in Jakarta), in the table's order."""
    return tuple(c for c in _all() if c.holds(at))


@lru_cache(maxsize=16)
def codes(at: date) -> frozenset[str]:
    """The codes that hold on the day `at`."""
    return frozenset(category.code for category in categories(at))


class CategoryWords:
    """Phrases that name a category, from `data/category_words.csv`."""

    def __init__(self) -> None:
        self._phrases = Phrases({row["phrase"]: row["code"] for row in read_table("category_words.csv")})

    def find(self, folded: str) -> dict[str, list[str]]:
        """Category codes with the phrases found for them."""
        found: dict[str, list[str]] = {}
        for _, _, phrase, code in self._phrases.find(folded):
            said = found.setdefault(code, [])
            if phrase not in said:
                said.append(phrase)
        return found
