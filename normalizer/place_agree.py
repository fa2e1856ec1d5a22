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
    return one.within(other.code) or other.within(one.code)


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


def _settle_shared(hits: Sequence[Hit]) -> list[Hit]:
    """Of a name that several regions bear, the one that the others speak for; without them the widest.

    "Jatinegara, Cakung": the kelurahan in Cakung; "kel. Gambir, kec. Gambir": each its own; "Gambir": the kecamatan.
    """
    result = []
    for hit in hits:
        paths = hit.paths
        if len(paths) > 1:
            others = [p for o in hits if o is not hit for p in o.paths if p.depth == 2 and p not in paths]
            agreed = [p for p in paths if p.depth == 3 and any(p.within(q.code) for q in others)]
            paths = (agreed[0],) if agreed else (min(paths, key=lambda p: p.depth),)
        result.append(msgspec.structs.replace(hit, paths=paths))
    return result


def _incident(kept: list[Hit], against: Callable[[Hit], bool]) -> list[Hit]:
    """Without those that `against` speaks against, where something else is named and they do not fit it."""
    others = [h for h in kept if not against(h)]
    if not others or len(others) == len(kept) or not any(h.weight > 0.4 or h.alone for h in others):
        return kept
    return [h for h in kept if not against(h) or any(_agree(h, o) and not o.stem for o in others)]


def resolve(
    words: Sequence[str],
    said: Callable[[int, int], str],
    hits: Sequence[Hit],
    fine: Callable[[Hit], bool] = lambda hit: False,
) -> tuple[RegionPath | None, float, tuple[str, ...], str]:
    """The region on which the hits agree: path, confidence, words, conflict. `fine`: whether all is well there."""
    kept = _supported(words, hits)
    if len(kept) > 1:
        # Where the writer lives matters only as far as it fits where it happened; so does where all is well.
        kept = _incident(kept, lambda h: h.home)
        if any(h.here for h in kept):
            kept = _incident(kept, lambda h: not h.here)
        kept = _incident(kept, fine)
    kept = _settle_shared(kept)
    if not kept:
        return None, 0.0, (), ""
    if len({h.paths[0].code for h in kept}) == 1:
        shown = tuple(dict.fromkeys(said(h.first, h.last) for h in kept))
        return kept[0].paths[0], min(0.99, max(h.weight for h in kept) + 0.05 * (len(shown) > 1)), shown, ""
    supports: list[tuple[float, RegionPath]] = []
    for path in {p.code: p for h in kept for p in h.paths}.values():
        on_chain = [h for h in kept if path.within(h.paths[0].code)]
        deepest = max(h.weight for h in kept if h.paths[0] == path)
        supports.append((deepest + 0.1 * (len(on_chain) > 1), path))
    best = max(supports, key=lambda pair: (pair[0], pair[1].depth))[1]
    # The deepest region below the best one, when it was named as well.
    chain = [(s, p) for s, p in supports if p.within(best.code)]
    leaves = [(s, p) for s, p in chain if not any(q != p and q.within(p.code) for _, q in chain)]
    support, path = max(leaves, key=lambda leaf: leaf[0])
    shown = tuple(dict.fromkeys(said(h.first, h.last) for h in kept if _related(h.paths[0], path)))
    against = [(s, p) for s, p in supports if not _related(p, path)]
    if not against:
        return path, min(0.99, support), shown, ""
    other = max(against, key=lambda pair: pair[0])
    everything = tuple(dict.fromkeys(said(h.first, h.last) for h in kept))
    rival = f"also named: {other[1].region.name}"
    if support - other[0] >= _BETTER:
        return path, min(0.99, support) - 0.15, shown, rival
    common = _common([path, *(p for s, p in against if support - s < _BETTER)])
    return common, 0.6 if common else 0.0, everything, "several places named"


def _common(paths: Sequence[RegionPath]) -> RegionPath | None:
    for codes in ({p.kecamatan.code if p.kecamatan else "" for p in paths}, {p.city.code for p in paths}):
        if len(codes) == 1 and (code := codes.pop()):
            return find_region(code)
    return None
