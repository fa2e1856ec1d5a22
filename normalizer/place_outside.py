"""Places beyond the province that a text names, and whether it happened there.

A street or a direction named after one does not count, nor does the writer's home unless nothing else is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from normalizer.place_agree import Hit, beside
from normalizer.place_context import KECAMATAN, KELURAHAN, home, is_away, is_no_place, is_street, stays
from normalizer.place_names import Mention, Name
from normalizer.place_reading import Reading

#: How surely it happened beyond the province: with "kel." or "kec.", by a name, by one that needs another beside it, by
#: a regency whose name we do not know, where the writer says to be.
_MARKED, _NAMED, _RELATED, _REGENCY, _HOME = 0.95, 0.85, 0.6, 0.8, 0.7
#: The one regency of the province.
_OURS = frozenset({"kepulauan", "kep", "administrasi", "adm", "pulau", "p"})


def outside(
    text: Reading, names: Sequence[Mention], hits: list[Hit], ends: Mapping[int, Mention]
) -> tuple[tuple[str, ...], float, list[Hit]]:
    """Places beyond the province: their words, how strongly they say that it happened there, and the hits that do not
    lie there too."""
    beyond = [mention for mention in names if mention[2].kind == "outside"]
    if not beyond:
        return (), 0.0, hits
    told: list[tuple[float, Mention]] = []
    for mention in beyond:
        first, end, name = mention
        last = text.before(first)
        if is_street(text, first, end, ends) or is_away(text, first) or is_no_place(text, first, name):
            continue
        marked = last in KELURAHAN or last in KECAMATAN
        lives, writer = home(text, first)
        if writer or stays(text, first) or (lives and not marked and last != "di"):
            continue
        related = any(_holds(other, mention) for other in beyond if other is not mention)
        if name.use == "name" or marked or related:
            told.append((_MARKED if marked else _NAMED if name.use == "name" else _RELATED, mention))
    words: list[str] = []
    for _, (first, end, name) in told:
        # "Cipayung, Depok": the name beside it lies there, and so does its namesake elsewhere in the text.
        there = [
            hit
            for hit in hits
            if not any(p.depth == 1 for p in hit.paths)
            and (beside(text.words, hit.last, first) or (hit.beyond and _is_there(hit, name, hits)))
        ]
        hits = [hit for hit in hits if hit not in there]
        words += [text.said(hit.first, hit.last) for hit in there] + [text.said(first, end)]
    return tuple(dict.fromkeys(words)), max((weight for weight, _ in told), default=0.0), hits


def otherwise_outside(text: Reading, names: Sequence[Mention]) -> tuple[tuple[str, ...], float]:
    """Where it happened beyond the province as far as nothing else is named: a regency of whatever name, or the place
    where the writer says to be. Words and how surely."""
    words = text.words
    regency = "kab" in words or "kabupaten" in words
    for index, word in enumerate(words[:-1] if regency else ()):
        named = words[index + 1]
        if word not in ("kab", "kabupaten") or len(named) < 4 or not named.isalpha() or named in _OURS:
            continue
        if not is_away(text, index):
            return (text.said(index, index + 2),), _REGENCY
    homes = tuple(
        text.said(first, last)
        for first, last, name in names
        if name.kind == "outside"
        and name.use == "name"
        and text.before(first) == "di"
        and (home(text, first)[1] or stays(text, first))
    )
    return homes, _HOME if homes else 0.0


def in_jakarta(text: Reading) -> bool:
    """Whether it is said to have been in Jakarta; "lapor ke Jakarta" and "Pemprov DKI Jakarta" say nothing."""
    return "jakarta" in text.words and any(
        word == "jakarta" and text.before(index) in ("di", "in", "daerah", "wilayah")
        for index, word in enumerate(text.words)
    )


def _holds(one: Mention, other: Mention) -> bool:
    return any(
        b.startswith(a) or a.startswith(b) for a in one[2].beyond for b in other[2].beyond if a != "00" != b
    )


def _is_there(hit: Hit, name: Name, hits: Sequence[Hit]) -> bool:
    """Whether the hit has a namesake in the place beyond, and nothing in the province speaks for it."""
    if not any(b.startswith(a) or a.startswith(b) for a in hit.beyond for b in name.beyond):
        return False
    return not any(
        o is not hit
        and not o.home
        and any(p != q and (p.within(q.code) or q.within(p.code)) for p in hit.paths for q in o.paths)
        for o in hits
    )
