"""The words of the pages: one TOML file per language in messages/, read once.

A key that a language lacks is an error of ours, found by a test; the page then shows the Indonesian words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from intake.words import catalogue, retold, span
from normalizer.identity import JAKARTA

LANGUAGES = ("id", "en")
FOLDER = Path(__file__).parent / "messages"


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> Mapping[str, str]:
    """All texts of a language by dotted key: `desk.title`."""
    table = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    return dict(_flat(table, ""))


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found = []
    for key, value in table.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
    return found


class Words:
    """One language, as templates use it: `t('desk.title', office=…)`."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "id"

    def __call__(self, key: str, **values: object) -> str:
        text = texts(self.language).get(key) or texts("id").get(key, key)
        return text.format(**values) if values else text

    def moment(self, moment: datetime) -> str:
        """`23 November 2026, 14.05 WIB`: the clock of Jakarta."""
        local = moment.astimezone(JAKARTA)
        month = self("months").split()[local.month - 1]
        return f"{local.day} {month} {local.year}, {local:%H.%M} WIB"

    def day(self, day: date) -> str:
        """`23 November 2026`."""
        return f"{day.day} {self('months').split()[day.month - 1]} {day.year}"

    def retold(self, text: str) -> str:
        """What was kept as English words, in this language."""
        return retold(text, self.language)

    def span(self, seconds: float) -> str:
        """`49 menit`."""
        return span(seconds).told(catalogue(self.language))

    def clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(JAKARTA):%H.%M}"
