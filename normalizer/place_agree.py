"""The region on which the names of a text agree: support, namesakes, homes, and what to do when they do not fit.

The deepest region on a chain (Tebet Barat, Tebet, Jakarta Selatan) is the answer; of several chains the one with the
stronger words; of equals what holds them both, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from normalizer.gazetteer import RegionPath, find_region
from normalizer.place_names import Use
from normalizer.record import Base

#: Nothing but these, and numbers, may stand between a name and the region that holds it.
_MARKERS = frozenset(
    {
        "kelurahan",
        "kel",
        "kecamatan",
        "kec",
        "kota",
        "kodya",
        "di",
        "wilayah",
        "jakarta",
        "jalan",
        "rt",
        "rw",
        "no",
        "daerah",
    }
)
_MOST_MARKERS = 6
#: By how much one place must be better said than another to win.
_BETTER = 0.12


class Hit(Base, frozen=True, kw_only=True):
    """A name in its context, from its first word to the one after its last; `alone` when it needs no other to be
    believed, `home` when somebody lives or works there, `here` when it is said to have happened there."""

    first: int
    last: int
    paths: tuple[RegionPath, ...]
    weight: float
    alone: bool
    home: bool = False
    here: bool = False
    street: bool = False
    use: Use = "name"
    stem: bool = False
    beyond: tuple[str, ...] = ()


def _related(one: RegionPath, other: RegionPath) -> bool:
    """Whether one holds the other; codes of one level are equally long, so a prefix is a parent."""
    return one.code.startswith(other.code) or other.code.startswith(one.code)


def _agree(one: Hit, other: Hit) -> bool:
    return any(_related(p, q) for p in one.paths for q in other.paths)


def beside(words: Sequence[str], end: int, start: int) -> bool:
    """Whether nothing but markers stands between two names, from the end of one to the start of the next."""
    return end <= start <= end + _MOST_MARKERS and all(
        word in _MARKERS or word.isdigit() for word in words[end:start]
    )


def _supported(words: Sequence[str], hits: Sequence[Hit]) -> list[Hit]:
    """Those that may be believed: alone, or because a region that fits is named, for an ordinary word beside it."""
    kept: list[Hit] = []
    # The unmistakable first: a double that fits them may then speak for an ordinary word ("Setu, Cipayung, Jaktim").
    for hit in sorted(hits, key=lambda h: (not h.alone, h.use == "word")):
        if hit.alone:
            kept.append(hit)
            continue
        near = [
            o
            for o in hits
            if o is not hit and (beside(words, hit.last, o.first) or beside(words, o.last, hit.first))
        ]
        fitting = [
            o
            for o in kept
            if any(p != q and _related(p, q) for p in hit.paths for q in o.paths)
            and (hit.use != "word" or o in near)
        ]
        # Two names that may each be something else, side by side and one within the other: "Kali Anyar, Tambora".
        if not fitting and not hit.street:
            fitting = [
                o
                for o in near
                if not o.street and any(p != q and _related(p, q) for p in hit.paths for q in o.paths)
            ]
        if not fitting:
            continue
        if hit.weight <= 0.4 and all(p.depth == 1 for o in fitting for p in o.paths):
            # A street that bears a name says no more than the city beside it.
            continue
        kept.append(
            msgspec.structs.replace(hit, weight=max(hit.weight, 0.75 if hit.use != "name" else hit.weight))
        )
    return kept


def _meant(hits: Sequence[Hit]) -> list[RegionPath]:
    """What each hit means: of a name that several regions bear, the one that the others speak for; else the widest.

    "Jatinegara, Cakung": the kelurahan in Cakung; "kel. Gambir, kec. Gambir": each its own; "Gambir": the kecamatan.
    """
    meant = []
    for hit in hits:
        paths = hit.paths
        if len(paths) == 1:
            meant.append(paths[0])
            continue
        others = [p for o in hits if o is not hit for p in o.paths if p.depth == 2 and p not in paths]
        agreed = [p for p in paths if p.depth == 3 and any(p.code.startswith(q.code) for q in others)]
        meant.append(agreed[0] if agreed else min(paths, key=lambda p: p.depth))
    return meant


def _incident(kept: list[Hit], against: list[bool]) -> list[Hit]:
    """Without those that something speaks against, where something else is named and they do not fit it."""
    if not any(against):
        return kept
    others = [hit for hit, out in zip(kept, against, strict=True) if not out]
    if not any(h.weight > 0.4 or h.alone for h in others):
        return kept
    return [
        hit
        for hit, out in zip(kept, against, strict=True)
        if not out or any(_agree(hit, o) and not o.stem for o in others)
    ]


def on_one_chain(hits: Sequence[Hit]) -> bool:
    """Whether every region that the hits may mean lies in the next wider one: nothing is there to be decided.

    A name without its direction may mean another place than the home that lies in what holds it.
    """
    if any(hit.stem for hit in hits):
        return False
    held = ""
    for code in sorted({path.code for hit in hits for path in hit.paths}, key=len):
        if not code.startswith(held):
            return False
        held = code
    return True


def resolve(
    words: Sequence[str],
    said: Callable[[int, int], str],
    hits: Sequence[Hit],
    fine: Callable[[Hit], bool] = lambda hit: False,
) -> tuple[RegionPath | None, float, tuple[str, ...], str]:
    """The region on which the hits agree: path, confidence, words, conflict. `fine`: whether all is well there."""
    kept = list(hits) if len(hits) == 1 and hits[0].alone else _supported(words, hits)
    if not kept:
        return None, 0.0, (), ""
    if len(kept) > 1 and not on_one_chain(kept):
        # Where the writer lives matters only as far as it fits where it happened; so does where all is well.
        kept = _incident(kept, [h.home for h in kept])
        if any(h.here for h in kept):
            kept = _incident(kept, [not h.here for h in kept])
        kept = _incident(kept, [fine(h) for h in kept])
    meant = _meant(kept)
    if len({path.code for path in meant}) == 1:
        shown = tuple(dict.fromkeys(said(h.first, h.last) for h in kept))
        return meant[0], min(0.99, max(h.weight for h in kept) + 0.05 * (len(shown) > 1)), shown, ""
    return _weighed(said, kept, meant)


def _weighed(
    said: Callable[[int, int], str], kept: Sequence[Hit], meant: Sequence[RegionPath]
) -> tuple[RegionPath | None, float, tuple[str, ...], str]:
    """Of several regions the best said one, or what holds those that are said as well."""
    said_of: dict[str, tuple[float, RegionPath]] = {}
    for hit, path in zip(kept, meant, strict=True):
        if path.code not in said_of or said_of[path.code][0] < hit.weight:
            said_of[path.code] = (hit.weight, path)
    codes = [path.code for path in meant]
    supports = [
        (weight + 0.1 * (sum(map(path.code.startswith, codes)) > 1), path)
        for weight, path in said_of.values()
    ]
    best = max(supports, key=lambda pair: (pair[0], pair[1].depth))[1]
    # The deepest region below the best one, when it was named as well.
    chain = [(s, p) for s, p in supports if p.code.startswith(best.code)]
    leaves = [(s, p) for s, p in chain if not any(q != p and q.code.startswith(p.code) for _, q in chain)]
    support, path = max(leaves, key=lambda leaf: leaf[0])
    pairs = list(zip(kept, meant, strict=True))
    shown = tuple(dict.fromkeys(said(h.first, h.last) for h, p in pairs if _related(p, path)))
    against = [(s, p) for s, p in supports if not _related(p, path)]
    if not against:
        return path, min(0.99, support), shown, ""
    other = max(against, key=lambda pair: pair[0])
    rival = f"also named: {other[1].region.name}"
    if support - other[0] >= _BETTER:
        return path, min(0.99, support) - 0.15, shown, rival
    common = _common([path, *(p for s, p in against if support - s < _BETTER)])
    everything = tuple(dict.fromkeys(said(h.first, h.last) for h in kept))
    return common, 0.6 if common else 0.0, everything, "several places named"


def _common(paths: Sequence[RegionPath]) -> RegionPath | None:
    for codes in ({p.kecamatan.code if p.kecamatan else "" for p in paths}, {p.city.code for p in paths}):
        if len(codes) == 1 and (code := codes.pop()):
            return find_region(code)
    return None
