"""What citizens are told, in their language: one TOML file per language in messages/.

Bahasa Indonesia by default, also for those who write Javanese, Sundanese or Betawi; English for those who write it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from normalizer.record import Language

LANGUAGES = ("id", "en")
FOLDER = Path(__file__).parent / "messages"
#: Below this the language of a text is no reason to leave Bahasa Indonesia.
SURE = 0.8


@cache
def table(language: str) -> Mapping[str, Mapping[str, str]]:
    """The whole message file: section -> key -> text."""
    found: dict[str, Any] = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return found


def answer_language(language: Language) -> str:
    """In which of `LANGUAGES` somebody who writes like this is answered."""
    return "en" if language.code == "en" and language.confidence >= SURE else "id"


class Texts:
    """One language: `t("ack.ticket", ticket=…)`."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "id"

    def __call__(self, key: str, /, **values: object) -> str:
        section, _, name = key.partition(".")
        text = table(self.language)[section][name]
        return text.format(**values) if values else text

    def said(self, key: str, values: Mapping[str, str]) -> str:
        """The same for the bot, whose values may name texts or stages themselves."""
        own = dict(values)
        if own.get("number", "").startswith("bot."):
            own["number"] = self(own["number"])
        if "stage" in own:
            own["text"] = self(f"stage.{own['stage']}_text")
            own["stage"] = self(f"stage.{own['stage']}")
        return self(key, **own) if own else self(key)
