"""What the command line says, in the language of whoever reads it.

`KANAL_LANG` decides, else the POSIX locale (`LC_ALL`, `LC_MESSAGES`, `LANG`); Indonesian or English. Help and what the
commands themselves say stand in `messages/cli.<language>.toml`, by key, and under `[names]` what the code's short
names are called. What is wrong, and the cure, comes from every layer, in English (`normalizer/sentence.py`);
`words.id.toml` beside the code leads from there to Indonesian, so an adapter brings its own.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import normalizer
from normalizer.sentence import Retelling, Sentence, tell

LANGUAGES = ("id", "en")
FOLDER = Path(__file__).parent / "messages"


def language_of(environment: Mapping[str, str] = os.environ) -> str:
    """`id` where the environment asks for Indonesian, else `en`."""
    for name in ("KANAL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if asked := environment.get(name, ""):
            return "id" if asked.lower().startswith(("id", "in_")) else "en"
    return "en"


@cache
def words(language: str) -> dict[str, Any]:
    """The whole message file: `[help.<command>]` and `[say]`."""
    return tomllib.loads((FOLDER / f"cli.{language}.toml").read_text(encoding="utf-8"))


def help_of(path: str, language: str) -> dict[str, str]:
    """Help of one command (`user add`): `help` is its own, the rest are its parameters'; what it does not say of a
    parameter is said for all commands under `[help."*"]`."""
    every = words(language)["help"]
    return {**every["*"], **every.get(path or "kanal", {})}


def say(key: str, /, **values: object) -> str:
    """One sentence in the reader's language, with its values put in."""
    sentence: str = words(language_of())["say"][key]
    return sentence.format(**values)


def named(name: str) -> str:
    """A step, a state or a field by its name in the code, as the reader's language calls it; else as it is."""
    found: str = words(language_of())["names"].get(name, name)
    return found


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """From each English sentence to `language`; empty for English itself."""
    found: dict[str, str] = {}
    for file in catalogues() if language != "en" else ():
        found |= tomllib.loads(file.read_text(encoding="utf-8"))
    return found


def catalogues() -> list[Path]:
    """Every `words.id.toml` of the four packages; none is imported for it."""
    homes = [Path(normalizer.__file__).parent, Path(__file__).parent]
    for package in ("adapters", "complaint_queue"):
        spec = find_spec(package)
        homes += [Path(home) for home in (spec.submodule_search_locations or ())] if spec else []
    return sorted(file for home in homes for file in home.rglob("words.id.toml"))


def told(words: object) -> str:
    """What a lower layer said, in the reader's language; what are no `sentences` as they are."""
    return str(tell(words, catalogue(language_of())))


def span(seconds: float) -> Sentence:
    """How long that is, in the greatest unit of which there are two."""
    count = max(0, int(seconds))
    if count < 120:
        return Sentence("{count} seconds", count=count)
    if count < 7_200:
        return Sentence("{count} minutes", count=count // 60)
    if count < 172_800:
        return Sentence("{count} hours", count=count // 3600)
    return Sentence("{count} days", count=count // 86_400)


def retold(text: str, language: str = "") -> str:
    """What was kept as English words, in the reader's language; as it is where nobody has translated it."""
    return _retold(text, language or language_of())


@lru_cache(1024)
def _retold(text: str, language: str) -> str:
    return _retelling(language).told(text)


@cache
def _retelling(language: str) -> Retelling:
    return Retelling(catalogue(language))
