"""Somebody whose name a street or a public figure bears: "a.n. Agus Salim", "nama saya Dedi Mulyadi".

Streets are called after persons, and parents call their children after both. What stands around such a name tells
whether a street, the figure or a private person of that name is meant.
"""

from __future__ import annotations

import re

from normalizer.name_frames import LISTING
from normalizer.name_tagger import Words
from normalizer.name_words import INTRO, NAME, RELATION, SELF, SHORT, SIGN, TITLE

#: What stands before a person rather than before a street of the same name.
_PERSON_BEFORE = frozenset((TITLE, SHORT, SELF, INTRO, RELATION))
_BEFORE_PERSON = frozenset(
    (
        "menurut", "kata", "kate", "oleh", "milik", "punya", "rumah", "diminta", "disuruh", "dipukul", "diancam",
        "bertemu", "tersangka", "dipalak", "mewakili", "diwakili",
    )
)  # fmt: skip
#: What announces a private person even where everybody knows the name.
_ANNOUNCED = frozenset(
    (
        "nama", "namanya", "namaku", "bernama", "nm", "an", "perkenalkan", "name", "named", "saya", "sy", "aku", "gue",
        "gw", "aye", "pelapor", "pemohon", "saksi", "korban", "pengadu", "sdr", "sdri", "saudara", "saudari",
        "tetangga",
    )
)  # fmt: skip
#: What leads to a street, and what says behind a name who somebody is.
_WAYS = frozenset(
    ("di", "ke", "dari", "arah", "jl", "jalan", "sampai", "depan", "dekat", "simpang", "lewat", "antara")
)
_BELONGS = frozenset(("warga", "wrg", "ketua", "rt", "rw", "pelapor", "umur", "usia", "penghuni", "pemilik"))
_NEIGHBOURS = _BELONGS | frozenset(("tetangga", "tukang", "penjaga", "satpam", "warung"))
_ENDS, _NEXT = frozenset(("\n", ")", "]", "[", "/")), re.compile(r"\d[.)]")
_APART = frozenset((", ", " "))
#: "Istrinya", "anakku": somebody's of whom was spoken.
_OWN = ("nya", "ku", "e", "na")


def somebody(words: Words, start: int, end: int, chosen: set[int]) -> bool:
    """Whether the name of a street, words `start` to `end`, stands where a person's does. `chosen`: the names that
    were found."""
    low, kind = words.low, words.kind
    before, ends = words.seps[start], _ends(words, end)
    if start:
        last = low[start - 1]
        if kind[start - 1] in _PERSON_BEFORE or last in _BEFORE_PERSON or _in_the_name_of(words, start):
            return True
        if (":" in before and last == "dari") or (last in LISTING and start - 2 in chosen):
            return True
        if kind[start - 1] == SIGN and ends:
            return True
    if end + 1 < len(low) and low[end] in LISTING and end + 1 in chosen and kind[end + 1] == NAME:
        return not start or low[start - 1] not in _WAYS
    fresh = not start or before[-1:] in "\n(" or before[:1] in ".!?])-" or _NEXT.search(before) is not None
    if not fresh:
        return False
    if words.seps[end] in _APART and low[end : end + 1] and low[end] in _BELONGS:
        return True
    return ends and (start > 0 or end < len(low))


def namesake(words: Words, start: int, end: int) -> bool:
    """Whether the name of a public figure, words `start` to `end`, stands where that of somebody unknown does. A figure
    is spoken of like anybody, but signs no complaint and lives next door to nobody."""
    low = words.low
    if start and (low[start - 1] in _ANNOUNCED or _in_the_name_of(words, start)):
        return True
    if start and words.kind[start - 1] == RELATION and low[start - 1].endswith(_OWN):
        return True
    if words.seps[end] in _APART and low[end : end + 1] and low[end] in _NEIGHBOURS:
        return True
    titled = words.kind[start] in _PERSON_BEFORE or (start > 0 and words.kind[start - 1] in (TITLE, SHORT))
    if titled or end == start + 1:
        return False
    return ("\n" in words.seps[start] and _ends(words, end)) or words.seps[end].endswith(" [")


def _in_the_name_of(words: Words, start: int) -> bool:
    return words.low[start - 1] == "n" and words.low[start - 2] == "a"


def _ends(words: Words, end: int) -> bool:
    """Whether a line, an item or the text ends before word `end`."""
    behind = words.seps[end]
    if end == len(words.low) or behind[:1] in _ENDS:
        return True
    return behind.endswith(("[", " (", " - ", ": ")) or _NEXT.search(behind) is not None
