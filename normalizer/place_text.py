"""The place that a text names: its address, and the region that its names agree on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from normalizer.folding import fold
from normalizer.gazetteer import RegionPath, find_region
from normalizer.phrases import words_in
from normalizer.place_names import Name, PlaceNames
from normalizer.record import Base

_MARKER = re.compile(r"\b(kelurahan|kel|klurahan|kelurhan|kecamatan|kec|kcamatan|wilayah)\s+$")
_MISSPELT = re.compile(r"\b(kelurahan|kel|kecamatan|kec)\s+([a-z]{3,}(?: [a-z]{3,}){0,2})")
_STREET = re.compile(r"\b(?:jl|jln|jalan|gg|gang|raya|tol|terusan|simpang|lampu merah)\s+$")
_AWAY = re.compile(
    r"\b(?:dari|menuju|arah|jurusan|tujuan|ke|asal|orang|via|tol|kereta|krl|bus|arah ke)\s+(?:kota\s+)?$"
)
_AT = re.compile(r"\b(?:di|kota|kab|kabupaten|daerah|wilayah|kec|kecamatan)\s+$")
_ADDRESS = re.compile(
    r"\b(?P<kind>[Jj]l|[Jj]ln|JL|JLN|[Jj]alan|JALAN|[Gg]g|GG|[Gg]ang|GANG)\b\.? ?(?=(?P<rest>[^\n;!?]{2,120}))"
)
_RT_RW = re.compile(r"\brt\.? ?\d{1,3}(?: ?[/,]? ?(?:rw)?\.? ?\d{1,3})?", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?i:no|nomor|nmr|nomer|blok|kav|km)\.?$|^\d{1,4}[A-Za-z]?(?:/\d+)?$|^[IVX]{1,5}$|^(?i:rt|rw)[.\d/]*$"
)


class Found(Base, frozen=True, kw_only=True):
    """What a text says of the place. `conflict` names what did not fit together."""

    path: RegionPath | None = None
    confidence: float = 0.0
    words: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    outside_sure: bool = False
    conflict: str = ""


class _Hit(Base, frozen=True, kw_only=True):
    paths: tuple[RegionPath, ...]
    weight: float
    alone: bool
    words: str


def address_of(text: str) -> str:
    """The street, number and RT/RW of the first address in `text`, as written; empty when there is none."""
    # Words that end the name of a street, or show that "jalan" was no street at all.
    stop = words_in("no street")
    for match in _ADDRESS.finditer(text):
        words: list[str] = []
        for word in match["rest"].split():
            bare = word.strip(".,()\"'")
            if bare.lower() in stop or not bare:
                break
            # After the first word of its name a street goes on in capitals or numbers.
            if (
                words
                and not (bare[0].isupper() or bare[0].isdigit() or _NUMBER.search(bare))
                and words[0][0].isupper()
            ):
                break
            words.append(word)
            if len(words) >= 9 or (word.endswith(",") and not _goes_on(match["rest"], words)):
                break
            if word.endswith(".") and len(bare) > 3:
                break
        # "jalan" with a small letter after it is the common noun, unless it is abbreviated.
        if not words or (match["kind"].lower() == "jalan" and words[0][0].islower()):
            continue
        return (
            f"{match['kind']}. {' '.join(words)}".replace("alan. ", "alan ")
            .replace("ang. ", "ang ")
            .rstrip(".,;: ")
        )
    alone = _RT_RW.search(text)
    return alone[0] if alone else ""


def _goes_on(rest: str, words: Sequence[str]) -> bool:
    following = rest.split()[len(words) : len(words) + 1]
    return bool(following) and re.match(r"(?i)(?:rt|rw|no|nomor|blok)\b", following[0]) is not None


def _hits(folded: str, names: Sequence[tuple[int, int, Name]]) -> list[_Hit]:
    hits = []
    for start, end, name in names:
        if name.kind == "outside":
            continue
        before = folded[max(0, start - 24) : start]
        marker = _MARKER.search(before)
        paths, weight, alone = name.paths, 0.8, not name.common
        if marker is not None and marker[1] != "wilayah":
            depth = 3 if marker[1].startswith(("kel", "kl")) else 2
            paths = tuple(p for p in name.paths if p.depth == depth) or name.paths
            weight, alone = 0.95, True
        elif _STREET.search(before):
            # Streets are named after places, and often, but not always, lie there.
            weight, alone = 0.4, False
        elif _AWAY.search(before):
            weight, alone = 0.4, alone
        elif name.kind == "landmark":
            weight = 0.75
        hits.append(_Hit(paths=paths, weight=weight, alone=alone, words=folded[start:end]))
    return hits


def _misspelt(folded: str, places: PlaceNames, names: Sequence[tuple[int, int, Name]]) -> list[_Hit]:
    hits = []
    for match in _MISSPELT.finditer(" ".join(folded.split()) if "  " in folded else folded):
        level = "kelurahan" if match[1].startswith("kel") else "kecamatan"
        words = match[2].split()
        if any(_ends_with_name(folded, name, words[0]) for name in names):
            continue
        for count in range(len(words), 0, -1):
            found = places.resembling(
                " ".join(words[:count]), "kelurahan" if level == "kelurahan" else "kecamatan"
            )
            if found is not None:
                said = f"{match[1]} {' '.join(words[:count])}"
                hits.append(_Hit(paths=(found[0],), weight=0.8 * found[1], alone=True, words=said))
                break
    return hits


def _ends_with_name(folded: str, name: tuple[int, int, Name], word: str) -> bool:
    start, end, meaning = name
    return meaning.kind == "name" and folded[start:end].split()[0] == word


def _related(one: RegionPath, other: RegionPath) -> bool:
    return one.within(other.code) or other.within(one.code)


def _resolve(hits: Sequence[_Hit]) -> tuple[RegionPath | None, float, tuple[str, ...], str]:
    """The region on which most agree: path, confidence, words, conflict."""
    sure = [h for h in hits if h.alone]
    # A common word or a street counts when it lies in (or holds) a region that was named for sure.
    kept = [
        h
        for h in hits
        if h.alone or any(_related(p, q) and p != q for o in sure for p in h.paths for q in o.paths)
    ]
    if not kept:
        return None, 0.0, (), ""
    scores: dict[str, tuple[float, int, RegionPath]] = {}
    for path in {p.code: p for h in kept for p in h.paths}.values():
        support = sum(h.weight for h in kept if any(path.within(p.code) for p in h.paths))
        scores[path.code] = (support, path.depth, path)
    top = max(score for score, _, _ in scores.values())
    best = [(depth, path) for score, depth, path in scores.values() if score >= top - 0.15]
    words = tuple(dict.fromkeys(h.words for h in kept))
    # Namesakes (kecamatan and its kelurahan) tie; without a further word the kecamatan is the safe reading.
    own = {p.code: [h for h in kept if p in h.paths] for _, p in best}
    leaves = [
        p
        for _, p in best
        if not any(q is not p and q.within(p.code) and _named_alone(own[q.code], q) for _, q in best)
    ]
    leaves = [p for p in leaves if _named_alone(own[p.code], p)] or leaves
    if len(leaves) > 1:
        common = _common(leaves)
        weight = max(h.weight for h in kept)
        return common, weight - 0.2 if common else 0.0, words, "several places named"
    path = leaves[0]
    voices = [h for h in kept if any(path.within(p.code) for p in h.paths)]
    against = [h for h in kept if h.alone and not any(_related(path, p) for p in h.paths)]
    confidence = max(h.weight for h in own[path.code]) + (0.1 if len(voices) > 1 else 0.0)
    if against:
        return path, min(0.99, confidence) - 0.2, words, f"also named: {against[0].words}"
    return path, min(0.99, confidence), words, ""


def _named_alone(hits: Sequence[_Hit], path: RegionPath) -> bool:
    """Whether some hit can only mean `path`, or means it as the widest reading of a shared name."""
    return any(min(h.paths, key=lambda p: p.depth) == path or len(h.paths) == 1 for h in hits)


def _common(paths: Sequence[RegionPath]) -> RegionPath | None:
    for codes in ({p.kecamatan.code if p.kecamatan else "" for p in paths}, {p.city.code for p in paths}):
        if len(codes) == 1 and (code := codes.pop()):
            return find_region(code)
    return None


def _disambiguated(hits: Sequence[_Hit]) -> list[_Hit]:
    """Hits of which a shared name keeps only the readings that another named region agrees with.

    "Jatinegara, Cakung": the kelurahan in Cakung; "kel. Gambir, kec. Gambir": each its own.
    """
    result = []
    for hit in hits:
        paths = hit.paths
        if len(paths) > 1:
            others = [
                p
                for o in hits
                if o is not hit and o.alone and len(o.paths) == 1
                for p in o.paths
                if p.depth == 2
            ]
            agreed = tuple(p for p in paths if p.depth == 3 and any(p.within(q.code) for q in others))
            wide = any(p in others for p in paths)
            if agreed and not wide:
                paths = agreed
        result.append(_Hit(paths=paths, weight=hit.weight, alone=hit.alone, words=hit.words))
    return result


def read_place(text: str, places: PlaceNames) -> Found:
    """What `text` says of the place; nothing rather than a guess."""
    folded = " ".join(fold(text).split())
    names = places.find(folded)
    hits = _disambiguated(_hits(folded, names) + _misspelt(folded, places, names))
    path, confidence, words, conflict = _resolve(hits)
    outside, sure = _outside(folded, names)
    if path is not None and confidence < 0.5:
        path = find_region(path.city.code) if confidence >= 0.4 else None
    return Found(
        path=path,
        confidence=round(max(0.0, confidence), 2) if path else 0.0,
        words=words,
        outside=outside,
        outside_sure=sure and path is None and "jakarta" not in folded,
        conflict=conflict,
    )


def _outside(folded: str, names: Sequence[tuple[int, int, Name]]) -> tuple[tuple[str, ...], bool]:
    """Places beyond the province, without those that only a street or a direction is named after."""
    words, sure = [], False
    for start, end, name in names:
        before = folded[max(0, start - 24) : start]
        if name.kind != "outside" or _STREET.search(before) or _AWAY.search(before):
            continue
        words.append(folded[start:end])
        # "Cipayung, Depok": the name before it lies there.
        follows = any(other_end == start - 1 for _, other_end, _ in names)
        sure = (
            sure
            or follows
            or _AT.search(before) is not None
            or folded[start:end].startswith(("kota ", "kabupaten "))
        )
    return tuple(dict.fromkeys(words)), sure
