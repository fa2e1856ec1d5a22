"""What an alarm means and what to do about it, in plain words of whoever is on duty.

An alarm's own words are a technician's, in English, with the figures of the moment; these stand above them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from intake.words import FOLDER


class Explained(Struct, frozen=True):
    """`title` says what is wrong, `cure` what to do, `words` are the alarm's own."""

    title: str
    cure: str
    words: str = ""


@cache
def known(language: str) -> Mapping[str, Mapping[str, str]]:
    """All that can be said in a language, by the alarm's kind."""
    found: Mapping[str, Mapping[str, str]] = tomllib.loads(
        (FOLDER / f"alarms.{language}.toml").read_text(encoding="utf-8")
    )
    return found


def explained(name: str, words: str, language: str) -> Explained:
    """The alarm `name` (`broker_away`, or `<account>: token`) in `language`."""
    account, colon, kind = name.rpartition(": ")
    told = known(language)
    found = told.get(kind) or told["other" if colon else "unknown"]
    return Explained(found["title"].format(account=account), found["cure"].format(account=account), words)


def alarm_of(problem: str, language: str) -> Explained | None:
    """The alarm that a line of `/health/ready` speaks of (`name: words`); None when it speaks of something else."""
    parts = problem.split(": ")
    for count in (2, 1):
        if len(parts) > count and parts[count - 1] in known(language):
            return explained(": ".join(parts[:count]), ": ".join(parts[count:]), language)
    return None
