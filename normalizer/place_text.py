"""The region that a text names, with the words that say so; nothing rather than a guess.

Names are found in one pass (`place_names`). What stands beside each one tells what it is here (`place_context`): "kel."
and "kec." tell its level, "Jl." makes it a street, "kali" a river, "arah" a direction, "warga" the writer's home, "pak"
a person. Then all that remain must fit together (`place_agree`): the deepest region on a chain (Tebet Barat, Tebet,
Jakarta Selatan) is the answer; of several chains the one with the stronger words; of equals what holds them both, or
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from normalizer.gazetteer import RegionPath
from normalizer.place_agree import Hit, on_one_chain, resolve
from normalizer.place_context import KECAMATAN, KELURAHAN, hit_of
from normalizer.place_names import Level, Mention, Name, PlaceNames
from normalizer.place_outside import in_jakarta, otherwise_outside, outside
from normalizer.place_reading import STOP, Reading
from normalizer.place_words import place_words
from normalizer.record import Base

#: A name may follow one of these; only there short ones are looked for misspelt.
_SEARCH_WORDS = (
    KELURAHAN | KECAMATAN | {"di", "daerah", "wilayah", "kawasan", "kampung", "warga", "wrg", "tinggal"}
)
_LEVELS: dict[str, Level] = {"kel": "kelurahan", "kec": "kecamatan"}
#: A list of half the city says nothing more after these.
_MOST_NAMES = 40
#: What was read so is this much less sure.
_MISSPELT_MARKED, _MISSPELT = 0.9, 0.85
_FINE, _BAD = place_words("after: fine"), place_words("after: trouble") | place_words("after: not")
#: With these a letter closes: what follows is its writer's address.
_CLOSINGS = frozenset({"hormat", "salam", "ttd", "tertanda", "regards", "wassalam", "wasalam"})
_ROUTE_FROM, _ROUTE_TO = place_words("route: from"), place_words("route: to")
#: How many words may follow a closing, stand between the ends of a way, and tell how it is in a place.
_SIGNATURE, _GAP, _TOLD = 25, 4, 7


class Found(Base, frozen=True, kw_only=True):
    """What a text says of the place. `conflict` names what did not fit together."""

    path: RegionPath | None = None
    confidence: float = 0.0
    words: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    outside_sure: bool = False
    conflict: str = ""


def read_place(text: str, places: PlaceNames) -> Found:
    """What `text` says of the place; nothing rather than a guess."""
    read = Reading(text)
    names = places.find(read.line)[:_MOST_NAMES]
    misspelt = _misspelt(read, places, names)
    if misspelt:
        names = [one for one in names if not any(_within(one, other) for other, _ in misspelt)]
    if not names and not misspelt and "kab" not in read.line:
        return Found()
    ends = {mention[1]: mention for mention in names}
    hits = [hit for mention in names if mention[2].paths and (hit := hit_of(read, mention, ends)) is not None]
    for mention, likeness in misspelt:
        hit = hit_of(read, mention, ends, likeness)
        if hit is not None:
            hits.append(hit)
    if len(hits) > 1 and not on_one_chain(hits):
        hits = _routes(read, _signed(read, sorted(hits, key=lambda h: h.first)))
    beyond, strength, hits = outside(read, names, hits, ends)
    path, confidence, words, conflict = (
        resolve(read.words, read.said, hits, lambda hit: _is_fine(read, hit, hits))
        if hits
        else (None, 0.0, (), "")
    )
    if confidence < 0.5 or (path is not None and strength - confidence >= 0.05 and path.depth > 1):
        # A direction or a street alone: measured, two of three such answers were wrong.
        path = None
    if not beyond and path is None and not conflict:
        beyond, strength = otherwise_outside(read, names)
    return Found(
        path=path,
        confidence=round(max(0.0, confidence), 2) if path else 0.0,
        words=words,
        outside=beyond,
        outside_sure=strength >= 0.5 and path is None and not in_jakarta(read),
        conflict=conflict,
    )


def _misspelt(text: Reading, places: PlaceNames, names: Sequence[Mention]) -> list[tuple[Mention, float]]:
    """Names with a letter or more wrong: anywhere when they are long, shorter ones where a word says that a name
    follows; each with its likeness."""
    found: list[tuple[Mention, float]] = []
    words = text.words
    taken = {index for first, last, _ in names for index in range(first, last)}
    for mention in places.misspellings.anywhere(words):
        # "Tugu selatn" is more than the "Tugu" in it.
        if all(_within(one, mention) or one[1] <= mention[0] or mention[1] <= one[0] for one in names):
            found.append((mention, _MISSPELT))
            taken.update(range(mention[0], mention[1]))
    for at in [at for at, word in enumerate(words, 1) if word in _SEARCH_WORDS]:
        marker = words[at - 1]
        level: Level | None = _LEVELS.get(marker[:3])
        first = text.after(at)
        if at in taken or first in _SEARCH_WORDS or not (level or places.misspellings.may_begin(first)):
            continue
        following = words[at : at + 3]
        if STOP in following:
            following = following[: following.index(STOP)]
        near = places.misspellings.after_marker(following)
        if near is not None:
            found.append(((at, at + near[0], near[1]), _MISSPELT_MARKED))
            continue
        if level is None or not following or not following[0].isalpha():
            continue
        for count in range(len(following), 0, -1):
            resembling = places.resembling(" ".join(following[:count]), level)
            if resembling is not None:
                found.append(((at, at + count, Name(paths=(resembling[0],))), resembling[1]))
                break
    return found


def _within(one: Mention, other: Mention) -> bool:
    return other[0] <= one[0] and one[1] <= other[1] and one[1] - one[0] < other[1] - other[0]


def _signed(text: Reading, hits: list[Hit]) -> list[Hit]:
    """What stands behind the closing of a letter is where its writer lives."""
    closing = 0
    for index in range(max(0, len(text.words) - _SIGNATURE), len(text.words)):
        if text.words[index] in _CLOSINGS and index:
            closing = index
            break
    if not closing or not any(h.first < closing for h in hits):
        return hits
    return [msgspec.structs.replace(h, home=True) if h.first > closing else h for h in hits]


def _routes(text: Reading, hits: list[Hit]) -> list[Hit]:
    """Of two names at the ends of a way neither is the place; what holds both may be."""
    out = list(hits)
    for at, (one, other) in enumerate(pairwise(hits)):
        between = text.words[one.last : other.first]
        if len(between) > _GAP or not any(word in _ROUTE_TO for word in between) or STOP in between:
            continue
        if text.before(one.first) not in _ROUTE_FROM and between[-1] not in _ROUTE_TO:
            continue
        if one.weight > 0.9 or other.weight > 0.9:
            continue
        held = text.before(one.first) in _ROUTE_FROM or between[-1] in (
            "sampai",
            "sampe",
            "ampe",
            "hingga",
            "sd",
        )
        if held and not (one.street or other.street or one.use == "word" or other.use == "word"):
            for place, end in ((at, one), (at + 1, other)):
                out[place] = msgspec.structs.replace(end, weight=0.55, alone=True, home=False)
    return out


def _is_fine(text: Reading, hit: Hit, hits: Sequence[Hit]) -> bool:
    """Whether the words behind a name say that all is well there: "di Tebet sudah bagus"."""
    stop = min([hit.last + _TOLD, *(other.first for other in hits if other.first > hit.first)])
    told = text.words[hit.last : stop]
    if _FINE.isdisjoint(told):
        return False
    if STOP in told:
        told = told[: told.index(STOP)]
    return any(word in _FINE for word in told) and not any(word in _BAD for word in told)
