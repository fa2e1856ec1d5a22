"""What a short message means: a command, a yes, a number of a list. Pure; the words stand in the message files."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, get_args

from intake.conversation.texts import LANGUAGES, table
from normalizer.folding import fold
from normalizer.identity import read_ticket

Intent = Literal[
    "menu",
    "report",
    "status",
    "numbers",
    "correct",
    "withdraw",
    "help",
    "cancel",
    "stop",
    "send",
    "skip",
    "yes",
    "no",
    "thanks",
]
INTENTS: tuple[Intent, ...] = get_args(Intent)
#: Those that may stand before a ticket: `status 261123-0042-4`.
WITH_TICKET = ("status", "correct", "withdraw")
_TICKET = re.compile(r"(?<![\d-])\d{6}[- ./]?\d{4,8}[- ./]?\d(?![\d-])")
_POLITE = re.compile(r"\b(?:min|admin|pak|bu|bang|kak|mas|mbak|gan|bro|ya|yah|dong|deh|kok|please|sis)\b")


def tidy(text: str) -> str:
    """Folded, without politeness and punctuation: what the phrases are compared with."""
    return " ".join(_POLITE.sub(" ", " ".join(fold(text).split())).split())


@cache
def _phrases() -> dict[str, Intent]:
    found: dict[str, Intent] = {}
    for language in reversed(LANGUAGES):  # the first language wins where two mean different things
        for intent in INTENTS:
            for phrase in table(language)["words"][intent].split(","):
                found[tidy(phrase) or phrase.strip()] = intent
    return found


def intent_of(text: str) -> Intent | None:
    """The command that the whole of `text` is; None for anything that may be a complaint."""
    bare = text.strip()
    if len(bare) > 60:
        return None
    return _phrases().get(tidy(_TICKET.sub(" ", bare)) or bare)


def tickets_in(text: str) -> tuple[str, ...]:
    """The tickets that `text` names, each once, in their canonical form; only those with a right check digit."""
    found = (read_ticket(match[0]) for match in _TICKET.finditer(text))
    return tuple(dict.fromkeys(ticket for ticket in found if ticket))


def only_ticket(text: str) -> bool:
    """Whether nothing but a ticket was written."""
    return bool(tickets_in(text)) and not tidy(_TICKET.sub(" ", text))


def is_sensitive(text: str) -> bool:
    """Whether somebody may come to harm for having said this."""
    return bool(_sensitive().search(" ".join(fold(text).split())))


@cache
def _sensitive() -> re.Pattern[str]:
    phrases = [
        p.strip() for language in LANGUAGES for p in table(language)["secrecy"]["sensitive"].split(",")
    ]
    return re.compile(r"\b(?:" + "|".join(map(re.escape, phrases)) + r")\b")


@cache
def _emergencies() -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = []
    for kind in ("fire", "medical", "police"):
        phrases = [p.strip() for language in LANGUAGES for p in table(language)["emergency"][kind].split(",")]
        found.append((kind, re.compile(r"\b(?:" + "|".join(map(re.escape, phrases)) + r")\b")))
    return tuple(found)


def emergency_kind(text: str) -> str:
    """`fire`, `medical` or `police`, by its words; empty when none says so."""
    folded = " ".join(fold(text).split())
    return next((kind for kind, words in _emergencies() if words.search(folded)), "")
