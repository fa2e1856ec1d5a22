"""The region that a text names, with the words that say so; nothing rather than a guess.

Names are found in one pass (`place_names`). What stands beside each one tells what it is here: "kel." and "kec." tell
its level, "Jl." makes it a street, "kali" a river, "arah" a direction, "warga" the writer's home, "pak" a person. Then
all that remain must fit together: the deepest region on a chain (Tebet Barat, Tebet, Jakarta Selatan) is the answer;
of several chains the one with the stronger words; of equals what holds them both, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from normalizer.folding import fold
from normalizer.gazetteer import RegionPath, find_region
from normalizer.place_names import Level, Name, PlaceNames, Use, place_words, settled
from normalizer.record import Base

#: Stands for the end of a sentence in the text as it is searched: a word that nobody writes (ASCII folds fastest).
_STOP = "qxqx"
_END = re.compile(r"[!?\n;|]+|\.(?=\s)(?<=[A-Za-z]{4}\.)")
#: "diKemayoran", "#BanjirTebet": a capital begins a new word.
_CAPITAL = re.compile(r"[a-z][A-Z]")

# What the word before a name makes of it: see data/place_words.csv.
_KELURAHAN, _KECAMATAN = place_words("before: kelurahan"), place_words("before: kecamatan")
_STREET, _NATURE, _PERSON = (place_words(f"before: {kind}") for kind in ("street", "nature", "person"))
_AT, _AWAY, _BETWEEN = (place_words(f"before: {kind}") for kind in ("at", "away", "between"))
#: Whoever says "saya" lives there; "warga Tebet" alone may also be those whom it happens to.
_WRITER = place_words("before: writer")
_LIVES = _WRITER | place_words("before: lives")
_LIVES_ON = _LIVES | _KELURAHAN | _KECAMATAN | {"di", "rt", "rw"}
_OWN = re.compile(
    r" (?:saya|sy|kami|kita|ku|gue|gw|orang|nya|tetangga|itu|pagi|depan|lalu|kemarin|besok)(?= |$)"
)
#: Nothing but these may stand between a name and the region that holds it.
_BESIDE = re.compile(
    r"[ ]*(?:(?:kelurahan|kel|kecamatan|kec|kota|kodya|di|wilayah|jakarta|jalan|rt|rw|no|daerah|\d+)[ ]*){0,6}"
)
#: A name may follow one of these; only there misspelt ones are looked for.
_SEARCH_WORDS = (
    _KELURAHAN | _KECAMATAN | {"di", "daerah", "wilayah", "kawasan", "kampung", "warga", "wrg", "tinggal"}
)
#: "Lampu jalan Tebet Barat" is a lamp in Tebet Barat, on whatever street.
_LIT = frozenset({"lampu", "penerangan", "badan", "bahu"})
_DIRECTED = ("utara", "selatan", "barat", "timur")


class Found(Base, frozen=True, kw_only=True):
    """What a text says of the place. `conflict` names what did not fit together."""

    path: RegionPath | None = None
    confidence: float = 0.0
    words: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    outside_sure: bool = False
    conflict: str = ""


class _Hit(Base, frozen=True, kw_only=True):
    """A name in its context; `alone` when it needs no other to be believed, `home` when the writer lives there."""

    start: int
    end: int
    paths: tuple[RegionPath, ...]
    weight: float
    alone: bool
    home: bool = False
    use: Use = "name"
    stem: bool = False


class _Text:
    """A text as it is searched: settled words parted by single spaces, and the words as they were written."""

    def __init__(self, text: str) -> None:
        stopped = _END.sub(f" {_STOP} ", text)
        if _CAPITAL.search(stopped) is not None:
            stopped = _CAPITAL.sub(lambda pair: f"{pair[0][0]} {pair[0][1]}", stopped)
        self._stopped = stopped
        self._folded = fold(stopped)
        self.written = self._folded.split()
        self.words = settled(self.written)
        self.line = " ".join(self.words)

    def said(self, start: int, end: int) -> str:
        """The words as written (folded) between two positions of `line`."""
        first = self.line.count(" ", 0, start)
        return " ".join(self.written[first : first + 1 + self.line.count(" ", start, end)])

    def capital(self, start: int, end: int) -> bool:
        """Whether every word there is capitalised where the text is not all capitals."""
        if self._stopped.isupper():
            return False
        first = self.line.count(" ", 0, start)
        last = first + self.line.count(" ", start, end)
        capitals = []
        for number, match in enumerate(re.finditer(r"\S+", self._folded)):
            if number > last:
                break
            if number >= first:
                capitals.append(self._stopped[match.start()].isupper())
        begins = first == 0 or self.words[first - 1] == _STOP
        return bool(capitals) and all(capitals) and not (begins and len(capitals) == 1)


def _home(words: Sequence[str], index: int) -> tuple[bool, bool]:
    """Whether the words before `index` say that someone lives there, and whether that is the writer."""
    lives = writer = False
    for word in reversed(words[max(0, index - 9) : index]):
        if word not in _LIVES_ON and not word.isdigit():
            break
        lives = lives or word in _LIVES
        writer = writer or word in _WRITER
    return lives, writer


def _hit(text: _Text, start: int, end: int, name: Name) -> _Hit | None:
    """What a name means where it stands; None when it is no place there."""
    index = text.line.count(" ", 0, start)
    last = text.words[index - 1] if index else _STOP
    before_last = text.words[index - 2] if index > 1 else _STOP
    # "koridor 1 Blok M", "arah ke Tebet": the word before tells.
    leads = {last, before_last} if last in _BETWEEN or last.isdigit() else {last}
    lives, writer = _home(text.words, index)
    level = 3 if last in _KELURAHAN else 2 if last in _KECAMATAN else 0
    if level:
        fitting = tuple(p for p in name.paths if p.depth == level)
        weight = 0.95 if fitting else 0.8
        return _Hit(
            start=start,
            end=end,
            use=name.use,
            paths=fitting or name.paths,
            weight=weight,
            alone=True,
            home=writer,
        )
    if name.use != "word" and (last in _NATURE or last in _PERSON):
        return None
    if last in _STREET and before_last not in _LIT:
        return _street(text, index, start, end, name)
    at = bool(leads & _AT)
    own = name.use == "name"
    if lives and (writer or not at):
        return _Hit(
            start=start,
            end=end,
            use=name.use,
            paths=name.paths,
            weight=0.7,
            alone=name.use != "word",
            home=True,
        )
    if leads & _AWAY:
        return _Hit(start=start, end=end, use=name.use, paths=name.paths, weight=0.4, alone=own)
    if not own and (
        name.use == "word"
        or _OWN.match(text.line[end : end + 16]) is not None
        or not (at or text.capital(start, end))
    ):
        return _Hit(start=start, end=end, use=name.use, paths=name.paths, weight=0.5, alone=False)
    weight = 0.75 if name.kind == "landmark" else 0.7 if not own else 0.85 if at else 0.8
    return _Hit(
        start=start, end=end, use=name.use, paths=name.paths, weight=weight, alone=True, stem=name.stem
    )


def _street(text: _Text, index: int, start: int, end: int, name: Name) -> _Hit:
    """Streets are named after places, and often, but not always, lie there.

    One that bears a direction ("Jl. Tebet Barat Dalam") lies in its kecamatan; a "raya" leads through many.
    """
    path = name.paths[0]
    parent = (
        find_region(path.kecamatan.code)
        if path.kelurahan is not None and path.kecamatan is not None
        else None
    )
    beside = {text.words[index - 1], *text.line[end : end + 6].split()[:1]}
    if parent is not None and text.line[start:end].endswith(_DIRECTED) and not beside & {"raya", "tol"}:
        return _Hit(start=start, end=end, paths=(parent,), weight=0.6, alone=True)
    return _Hit(start=start, end=end, paths=name.paths, weight=0.4, alone=False)


def _misspelt(
    text: _Text, places: PlaceNames, names: Sequence[tuple[int, int, Name]]
) -> list[tuple[int, int, Name, float]]:
    """Names with a letter or more wrong, where a word says that a name follows; each with its likeness."""
    found: list[tuple[int, int, Name, float]] = []
    words = text.words
    covered = [(start, end) for start, end, _ in names]
    for number in [index for index, word in enumerate(words[:-1]) if word in _SEARCH_WORDS]:
        if words[number + 1] in _SEARCH_WORDS:
            continue
        word, position = words[number], len(" ".join(words[: number + 1])) + 1
        if any(start < position + len(words[number + 1]) and position < end for start, end in covered):
            continue
        following = words[number + 1 : number + 4]
        if _STOP in following:
            following = following[: following.index(_STOP)]
        near = places.misspelt(following)
        if near is not None:
            count, name = near
            found.append((position, position + len(" ".join(following[:count])), name, 0.9))
            continue
        level: Level | None = {"kel": "kelurahan", "kec": "kecamatan"}.get(word[:3])  # type: ignore[assignment]
        if level is None or not following or not following[0].isalpha():
            continue
        for count in range(len(following), 0, -1):
            said = " ".join(following[:count])
            resembling = places.resembling(said, level)
            if resembling is not None:
                found.append((position, position + len(said), Name(paths=(resembling[0],)), resembling[1]))
                break
    return found


def _related(one: RegionPath, other: RegionPath) -> bool:
    return one.within(other.code) or other.within(one.code)


def _agree(one: _Hit, other: _Hit) -> bool:
    return any(_related(p, q) for p in one.paths for q in other.paths)


def _beside(line: str, one: _Hit, other: _Hit) -> bool:
    """Whether nothing but markers stands between the two."""
    first, second = (one, other) if one.start < other.start else (other, one)
    return _BESIDE.fullmatch(line[first.end : second.start]) is not None


def _supported(line: str, hits: Sequence[_Hit]) -> list[_Hit]:
    """Those that may be believed: alone, or because a region that fits is named, for an ordinary word beside it."""
    kept: list[_Hit] = []
    # The unmistakable first: a double that fits them may then speak for an ordinary word ("Setu, Cipayung, Jaktim").
    for hit in sorted(hits, key=lambda h: (not h.alone, h.use == "word")):
        if hit.alone:
            kept.append(hit)
            continue
        fitting = [
            o
            for o in kept
            if any(p != q and _related(p, q) for p in hit.paths for q in o.paths)
            and (hit.use != "word" or _beside(line, hit, o))
        ]
        if not fitting:
            continue
        if hit.weight <= 0.4 and all(p.depth == 1 for o in fitting for p in o.paths):
            # A street that bears a name says no more than the city beside it.
            continue
        kept.append(_with(hit, weight=max(hit.weight, 0.75 if hit.use != "name" else hit.weight)))
    return kept


def _with(hit: _Hit, *, paths: tuple[RegionPath, ...] | None = None, weight: float | None = None) -> _Hit:
    return _Hit(
        start=hit.start, end=hit.end, paths=hit.paths if paths is None else paths,
        weight=hit.weight if weight is None else weight,
        alone=hit.alone, home=hit.home, use=hit.use, stem=hit.stem,
    )  # fmt: skip


def _settle_shared(hits: Sequence[_Hit]) -> list[_Hit]:
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
        result.append(_with(hit, paths=paths))
    return result


def _resolve(text: _Text, hits: Sequence[_Hit]) -> tuple[RegionPath | None, float, tuple[str, ...], str]:
    """The region on which the hits agree: path, confidence, words, conflict."""
    kept = _supported(text.line, hits)
    incident = [h for h in kept if not h.home]
    if incident and any(h.home for h in kept):
        # Where the writer lives matters only as far as it fits where it happened.
        away = [h for h in kept if h.home and not any(_agree(h, o) and not o.stem for o in incident)]
        if any(h.weight > 0.4 or h.alone for h in incident):
            kept = [h for h in kept if h not in away]
    kept = _settle_shared(kept)
    if not kept:
        return None, 0.0, (), ""
    if len({h.paths[0].code for h in kept}) == 1:
        said = tuple(dict.fromkeys(text.said(h.start, h.end) for h in kept))
        return kept[0].paths[0], min(0.99, max(h.weight for h in kept) + 0.05 * (len(said) > 1)), said, ""
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
    words = tuple(dict.fromkeys(text.said(h.start, h.end) for h in kept if _related(h.paths[0], path)))
    against = [(s, p) for s, p in supports if not _related(p, path)]
    if not against:
        return path, min(0.99, support), words, ""
    other = max(against, key=lambda pair: pair[0])
    everything = tuple(dict.fromkeys(text.said(h.start, h.end) for h in kept))
    rival = f"also named: {other[1].region.name}"
    if support - other[0] >= 0.12:
        return path, min(0.99, support) - 0.15, words, rival
    common = _common([path, *(p for s, p in against if support - s < 0.12)])
    return common, 0.6 if common else 0.0, everything, "several places named"


def _common(paths: Sequence[RegionPath]) -> RegionPath | None:
    for codes in ({p.kecamatan.code if p.kecamatan else "" for p in paths}, {p.city.code for p in paths}):
        if len(codes) == 1 and (code := codes.pop()):
            return find_region(code)
    return None


def read_place(text: str, places: PlaceNames) -> Found:
    """What `text` says of the place; nothing rather than a guess."""
    read = _Text(text)
    names = places.find(read.line)
    misspelt = _misspelt(read, places, names)
    if not names and not misspelt:
        return Found()
    hits = [hit for start, end, name in names if name.paths and (hit := _hit(read, start, end, name))]
    for start, end, name, likeness in misspelt:
        hit = _hit(read, start, end, name)
        if hit is not None:
            hits.append(_with(hit, weight=hit.weight * likeness))
    outside, sure, hits = _outside(read, names, hits)
    path, confidence, words, conflict = _resolve(read, hits) if hits else (None, 0.0, (), "")
    if path is not None and confidence < 0.5:
        path = find_region(path.city.code) if confidence >= 0.4 else None
    return Found(
        path=path,
        confidence=round(max(0.0, confidence), 2) if path else 0.0,
        words=words,
        outside=outside,
        outside_sure=sure and path is None and "jakarta" not in read.line,
        conflict=conflict,
    )


def _outside(
    text: _Text, names: Sequence[tuple[int, int, Name]], hits: list[_Hit]
) -> tuple[tuple[str, ...], bool, list[_Hit]]:
    """Places beyond the province: their words, whether it happened there, and the hits that do not lie there too.

    A street or a direction named after one does not count, nor does the writer's home.
    """
    words, sure = [], False
    for start, end, name in names:
        if name.kind != "outside":
            continue
        index = text.line.count(" ", 0, start)
        last = text.words[index - 1] if index else _STOP
        before_last = text.words[index - 2] if index > 1 else _STOP
        leads = {last, before_last} if last in _BETWEEN else {last}
        if last in _STREET or leads & _AWAY or _home(text.words, index)[1]:
            continue
        # "Cipayung, Depok": the name beside it lies there.
        beside = [
            hit
            for hit in hits
            if hit.end <= start
            and _BESIDE.fullmatch(text.line[hit.end : start])
            and not any(p.depth == 1 for p in hit.paths)
        ]
        hits = [hit for hit in hits if hit not in beside]
        words += [text.said(hit.start, hit.end) for hit in beside] + [text.said(start, end)]
        sure = True
    return tuple(dict.fromkeys(words)), sure, hits
