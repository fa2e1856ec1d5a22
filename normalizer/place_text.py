"""The region that a text names, with the words that say so; nothing rather than a guess.

Names are found in one pass (`place_names`). What stands beside each one tells what it is here: "kel." and "kec." tell
its level, "Jl." makes it a street, "kali" a river, "arah" a direction, "warga" the writer's home, "pak" a person. Then
all that remain must fit together: the deepest region on a chain (Tebet Barat, Tebet, Jakarta Selatan) is the answer;
of several chains the one with the stronger words; of equals what holds them both, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from normalizer.folding import fold
from normalizer.gazetteer import RegionPath, find_region
from normalizer.place_agree import Hit, beside, resolve
from normalizer.place_names import Level, Name, PlaceNames, place_words, settled
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
#: A name may follow one of these; only there misspelt ones are looked for.
_SEARCH_WORDS = (
    _KELURAHAN | _KECAMATAN | {"di", "daerah", "wilayah", "kawasan", "kampung", "warga", "wrg", "tinggal"}
)
#: "Lampu jalan Tebet Barat" is a lamp in Tebet Barat, on whatever street.
_LIT = frozenset({"lampu", "penerangan", "badan", "bahu"})
#: A list of half the city says nothing more after these.
_MOST_NAMES = 40
_DIRECTED = ("utara", "selatan", "barat", "timur")


class Found(Base, frozen=True, kw_only=True):
    """What a text says of the place. `conflict` names what did not fit together."""

    path: RegionPath | None = None
    confidence: float = 0.0
    words: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    outside_sure: bool = False
    conflict: str = ""


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


def _hit(text: _Text, start: int, end: int, name: Name) -> Hit | None:
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
        return Hit(
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
        return Hit(
            start=start,
            end=end,
            use=name.use,
            paths=name.paths,
            weight=0.7,
            alone=name.use != "word",
            home=True,
        )
    if leads & _AWAY:
        return Hit(start=start, end=end, use=name.use, paths=name.paths, weight=0.4, alone=own)
    if not own and (
        name.use == "word"
        or _OWN.match(text.line[end : end + 16]) is not None
        or not (at or text.capital(start, end))
    ):
        return Hit(start=start, end=end, use=name.use, paths=name.paths, weight=0.5, alone=False)
    weight = 0.75 if name.kind == "landmark" else 0.7 if not own else 0.85 if at else 0.8
    return Hit(
        start=start, end=end, use=name.use, paths=name.paths, weight=weight, alone=True, stem=name.stem
    )


def _street(text: _Text, index: int, start: int, end: int, name: Name) -> Hit:
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
        return Hit(start=start, end=end, paths=(parent,), weight=0.6, alone=True)
    return Hit(start=start, end=end, paths=name.paths, weight=0.4, alone=False)


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


def read_place(text: str, places: PlaceNames) -> Found:
    """What `text` says of the place; nothing rather than a guess."""
    read = _Text(text)
    names = places.find(read.line)[:_MOST_NAMES]
    misspelt = _misspelt(read, places, names)
    if not names and not misspelt:
        return Found()
    hits = [hit for start, end, name in names if name.paths and (hit := _hit(read, start, end, name))]
    for start, end, name, likeness in misspelt:
        hit = _hit(read, start, end, name)
        if hit is not None:
            hits.append(msgspec.structs.replace(hit, weight=hit.weight * likeness))
    outside, sure, hits = _outside(read, names, hits)
    path, confidence, words, conflict = resolve(read.line, read.said, hits) if hits else (None, 0.0, (), "")
    if confidence < 0.5:
        # A direction or a street alone: measured, two of three such answers were wrong.
        path = None
    return Found(
        path=path,
        confidence=round(max(0.0, confidence), 2) if path else 0.0,
        words=words,
        outside=outside,
        outside_sure=sure and path is None and "jakarta" not in read.line,
        conflict=conflict,
    )


def _outside(
    text: _Text, names: Sequence[tuple[int, int, Name]], hits: list[Hit]
) -> tuple[tuple[str, ...], bool, list[Hit]]:
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
        there = [
            hit
            for hit in hits
            if beside(text.line, hit.end, start) and not any(p.depth == 1 for p in hit.paths)
        ]
        hits = [hit for hit in hits if hit not in there]
        words += [text.said(hit.start, hit.end) for hit in there] + [text.said(start, end)]
        sure = True
    return tuple(dict.fromkeys(words)), sure, hits
