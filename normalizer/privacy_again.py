"""Names that were masked in one place and stand readable in another: "Pak [nama] ditampar … tolong lindungi rasid".

How a name is written the second time says little: people who begin a name large write it small three lines on, and
shout it at the end. What was masked says more: a name of the lists, or a word that no list holds behind "Pak" or
"namanya", is nothing else in the same message; any other word is somebody again where it is written as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from normalizer.name_tagger import Words
from normalizer.name_words import (
    BEFORE,
    BOTH,
    BRAND,
    CALLED,
    HEAD,
    INTRO,
    NAME,
    NEVER,
    OFFICE,
    ORDINARY,
    RELATION,
    SELF,
    SHORT,
    TIME,
    TITLE,
    UNKNOWN,
    WEAK,
    kind_of,
)
from normalizer.privacy_names import MASK

#: Shorter words are said for other things too.
_SHORTEST, _SHORTEST_WEAK = 4, 3
_NO_PERSON = frozenset((HEAD, CALLED, BRAND))
_GLUED = frozenset(("[", "@", "#", "_", "/"))
_PERSON = frozenset((TITLE, SHORT, INTRO, SELF))
_MAYBE = frozenset((UNKNOWN, ORDINARY, WEAK, BOTH, TIME))
#: What is a name where it was one alone: "Si Bodong".
_ALONE = frozenset((NEVER, OFFICE, BRAND, RELATION))
_LAST = re.compile(r"([^\W\d_]+)[.: ]{0,3}$")
_OWNED = re.compile(r"(?:nya|nye|ny|ku|mu)$")
_ENDED = frozenset(".!?\n:")


def without_again(text: str, masked: str) -> str:
    """`masked`, which is `text` with names masked, without those that stand in it once more. Linear time."""
    if MASK not in masked:
        return masked
    sure, doubtful = _names(text, masked)
    if not sure and not doubtful:
        return masked
    words = Words(masked)
    out: list[str] = []
    for i, word in enumerate(words.words):
        low = words.low[i]
        owned = _OWNED.search(low) if low not in sure else None
        if owned is not None and low[: owned.start()] in sure:
            low = low[: owned.start()]  # "Jejennya", "rasidnya": theirs, or them
        again = (low in sure or low in doubtful) and _is_somebody(words, i, sure=low in sure)
        out += [words.seps[i], MASK + word[len(low) :] if again else word]
    return "".join([*out, words.seps[-1]])


def _names(text: str, masked: str) -> tuple[set[str], set[str]]:
    """Words that were masked as names: those that are nothing else here, and those that may be."""
    sure: set[str] = set()
    doubtful: set[str] = set()
    for before, name in _taken(text, masked):
        words = Words(name)
        large = name[:1].isupper()
        named = large or before in _PERSON or NAME in words.kind
        titled = large and before in _PERSON and before != SELF
        for place, (low, kind) in enumerate(zip(words.low, words.kind, strict=True)):
            alone = kind == NAME or (kind == UNKNOWN and named) or (kind == WEAK and titled and not place)
            if alone and len(low) >= _SHORTEST:
                sure.add(low)
            elif (kind in _MAYBE or (kind in _ALONE and len(words.low) == 1)) and len(low) >= _SHORTEST_WEAK:
                doubtful.add(low)
    return sure, doubtful


def _taken(text: str, masked: str) -> Iterator[tuple[str, str]]:
    """What stood where `masked` has marks of names, and the kind of the word before each."""
    pieces = masked.split(MASK)
    at = len(pieces[0])
    for number, piece in enumerate(pieces[1:], 1):
        last = number == len(pieces) - 1
        end = len(text) - len(piece) if last else text.find(piece, at) if piece else at
        if end < at:
            return
        said = _LAST.search(pieces[number - 1])
        yield kind_of()[said[1].lower()] if said else "", text[at:end]
        at = end + len(piece)


def _is_somebody(words: Words, i: int, *, sure: bool) -> bool:
    """Whether word `i`, which was a name elsewhere, is one here: no street's, and no part of an address or a mark."""
    before, sep = words.kind[i - 1] if i else "", words.seps[i]
    if before in _NO_PERSON or sep[-1:] in _GLUED:
        return False
    if sure or (before in _PERSON and sep.strip(" .") == ""):
        return True
    large = words.mode == "m" and words.words[i][0].isupper()
    return large and i > 0 and before != BEFORE and _ENDED.isdisjoint(sep)
