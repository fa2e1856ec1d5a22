"""Who signs for many ("Warga RT 03", "a.n. pengurus musala"), and what the words of a line of a sign-off may be."""

from __future__ import annotations

import re
from typing import NamedTuple

from adapters.email.persons import name_weight
from adapters.email.sign_off_words import (
    ANNOUNCING,
    ANONYMOUS,
    ASKING,
    BEFORE_GROUPS,
    FEELINGS,
    GROUPS,
    HARMLESS,
    ROLES,
    SPOKEN_OF,
    STREETS,
    TRADES,
)
from normalizer.name_words import UNKNOWN, kind_of

TOKEN = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
#: "kesel banget" is no verb, "menolak", "ditutup" are.
VERB = re.compile(r"(?:me|di|ber|ter|nge)\w{3,}")
FAREWELL = re.compile(r"(?:teriring )?(?:salam|hormat)\b", re.IGNORECASE)
_FOR_MANY = re.compile(r"\(?a\.?\s?[/.]?\s?n\b\.?|atas nama\b", re.IGNORECASE)
_AND_MORE = re.compile(
    r"(?:dan|serta|beserta|and|&|\+)\s+(?:\d+|seluruh|segenap|para|semua|other)\b[\w\s/.]{0,50}\W*",
    re.IGNORECASE,
)
#: Kinds of words that no name, office or address has: they say something (`normalizer/name_words.py`).
_SAYS = frozenset("xJISp")


class Line(NamedTuple):
    """What a line is, and by how much it speaks for a sign-off."""

    kind: str
    weight: float


NAME, GROUP, ROLE, DATE, FORMULA, CONTACT, FIRM, PLAIN, SMALL, EMPTY = (
    "name", "group", "role", "date", "formula", "contact", "firm", "plain", "small", "empty",
)  # fmt: skip
NOTHING = Line(EMPTY, 0)


def says(tokens: list[str]) -> bool:
    """Whether there is a word by which a line says something: asks, denies, tells of a thing."""
    return any(
        kind_of()[token] in _SAYS and token not in HARMLESS
        for token in tokens
        if token.isalpha() and len(token) > 1
    )


def ends_like_a_sentence(line: str, tokens: list[str]) -> bool:
    return line[-1] in ".!?;:" and len(tokens) > 3 and len(tokens[-1].rpartition(".")[2]) > 3


def is_clean(token: str, shown: str) -> bool:
    """Whether a word may stand in the name of a group: of a place, a building, a firm, a person; or a number."""
    if not token.isalpha() or len(token) == 1 or token in HARMLESS or token in GROUPS or token in ROLES:
        return True
    kind = kind_of()[token]
    return kind in "HAPBNWGOTt" or (kind == UNKNOWN and shown.isupper() and len(shown) <= 5)


def ordinary_words(part: str) -> list[str]:
    """Words in small letters that no name, place or role has."""
    words = [word for word in TOKEN.findall(part) if word.islower()]
    return [word for word in words if not is_clean(word, word) and word not in TRADES]


def strange(shown: list[str]) -> list[str]:
    """Words that do not belong to the name of a group; right behind "gang", "kampung", "griya" any word does."""
    found: list[str] = []
    called = False
    for word in shown:
        small = word.casefold()
        named = called and kind_of()[small] not in _SAYS and VERB.match(small) is None
        if not named and not is_clean(small, word):
            found.append(word)
        called = small in STREETS or (word[0].isupper() and (called or kind_of()[small] in "HA"))
    return found


def group_of(line: str, tokens: list[str]) -> Line | None:
    """ "Warga RT 03", "a.n. pengurus musala", "Perwakilan pedagang:"."""
    many = _FOR_MANY.match(line)
    shown = TOKEN.findall(line[many.end() :] if many else line)
    while shown and shown[0].casefold() in BEFORE_GROUPS:
        shown = shown[1:]
    if " ".join(word.casefold().replace(".", "") for word in shown) in ANONYMOUS:
        return Line(GROUP, 2)
    if not shown or ends_like_a_sentence(line.rstrip(":"), tokens):
        return None
    first = shown[0].casefold()
    if first == "kel" and len(shown) > 1 and name_weight(" ".join(shown[1:])) > 0:
        return Line(GROUP, 3)
    doubled = len(shown) > 2 and first in ("ibu", "bapak", "emak", "mamak") and shown[1].casefold() == first
    if first == "orang" and shown[1:2] == ["tua"]:
        shown, first = shown[1:], "ortu"
    if (
        first not in GROUPS
        and not doubled
        and not (many and (first in ROLES or name_weight(" ".join(shown)) > 0))
    ):
        return None
    if ":" in line[:-1]:
        return None
    if line[-1] == ":" and first not in ANNOUNCING and not many:
        return None
    for place, word in enumerate(shown[1:-1], start=1):
        # "Warga Kampung Sawo yang kecewa"
        felt = [later.casefold() for later in shown[place + 1 :]]
        if word in ("yang", "yg") and len(felt) <= 3 and any(later in FEELINGS for later in felt):
            tired = any(kind_of()[later] in "JISp" for later in felt)
            return Line(GROUP, 2) if not tired and not says(tokens[1:place]) else None
    odd = strange(_without_parents(shown[1:]))
    if not odd:
        named = len(shown) > 2 and any(word[0].isupper() or word.isdigit() for word in shown[1:])
        return Line(
            GROUP,
            3 if many else 1.4 if len(shown) < 2 else 3 if first not in SPOKEN_OF else 1.4 + 0.6 * named,
        )
    return Line(GROUP, 1.2) if all(word[0].isupper() for word in odd) and not says(tokens) else None


def _without_parents(shown: list[str]) -> list[str]:
    """Words without "orang tua": "Perwakilan orang tua murid"."""
    at = next(
        (
            i
            for i in range(len(shown) - 1)
            if (shown[i].casefold(), shown[i + 1].casefold()) == ("orang", "tua")
        ),
        -1,
    )
    return shown if at < 0 else shown[:at] + shown[at + 2 :]


def others(line: str, tokens: list[str]) -> Line | None:
    """ "Yang menolak," above names; and below them "dan 24 warga lainnya"."""
    if (
        tokens[0] in ("yang", "yg")
        and 2 <= len(tokens) <= 4
        and line[-1] == ","
        and any(token in ASKING or token in FEELINGS for token in tokens[1:])
    ):
        return Line(FORMULA, 1)
    return Line(SMALL, 0) if len(tokens) <= 8 and _AND_MORE.fullmatch(line) else None


def salute(line: str, tokens: list[str]) -> Line | None:
    """ "Salam hormat dari emak2 Gang Mayit"; and "Salam kangen lampu terang" above a name."""
    if FAREWELL.match(line) is None or len(tokens) > 8 or line[-1] in ".?;:":
        return None
    group = group_of(line, tokens)
    if group is None and "dari" in tokens[:4]:
        _, _, behind = line.partition("dari ")
        group = group_of(behind, [token.casefold() for token in TOKEN.findall(behind)]) if behind else None
    if group is not None:
        return Line(FORMULA, group.weight)
    return Line(FORMULA, 1) if len(tokens) <= 5 and "untuk" not in tokens and "kepada" not in tokens else None
