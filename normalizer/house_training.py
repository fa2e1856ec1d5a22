"""Learns the weights that `house_judge.py` adds up. Needs the extra `train` (scikit-learn).

Every text of `data/house_texts.csv` is written out many times with other streets, people and numbers, every labelled
message some times with other numbers; small, in capitals, with and without dots. The texts of categories and kinds
name no house, and their numbers are learnt as such. The same data give the same table.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from normalizer.gazetteer import read_table
from normalizer.house_judge import apart, around, between, features
from normalizer.house_numbers import Number, numbers
from normalizer.house_writing import Told, Writer
from normalizer.privacy import by_rules
from normalizer.privacy_layout import flowed
from normalizer.privacy_signs import FLATS, signs
from normalizer.weights_training import Example, regression

#: How closely the weights follow the texts (scikit-learn's C); how seldom a feature may be seen; versions of a text.
CLOSENESS, LEAST_SEEN = 1.0, 3
OWN, LABELLED, PLAIN = 10, 8, 2
#: How much a number of a labelled message counts beside one of ours.
MESSAGE = 2.0
#: How many texts are written all small, small but for their first letter, all in capitals.
_SMALL, _BEGUN, _CAPITALS = 0.22, 0.06, 0.05
#: How often a number, its dot, a word said beside it is another one.
_OTHER_HOUSE, _OTHER_NUMBER, _OTHER_DOT, _FORGOTTEN = 0.8, 0.25, 0.3, 0.12
#: In how many versions all houses of a text are moved on together.
_TOGETHER = 0.6
#: How often lines of ours stand alone, how often several times below each other; else among other texts.
_ALONE, _LISTED = 0.5, 0.2
_NUMBER_WORD = re.compile(r"\b(no|nomor|nomer|nmr)(\.? ?:? ?)$", re.IGNORECASE)
_JOINS = (". ", "\n", ", ", " ", "\n\n", "; ")
#: Words behind which a number of an item of several is the house's.
_HOUSES_WORD = re.compile(
    r"(?:\b(?:no|nomor|nomer|nmr|nmor|number|unit|rumah|rmh|pintu|petak|kamar|blok|blk|block|kav)\b|#)[ .:#]{0,3}$"
    r"|(?:no|nmr|nomor)$",
    re.IGNORECASE,
)
_NO_HOUSES_WORD = re.compile(
    r"(?:rt|rw|jam|pukul|tgl|tanggal|km|rp|umur|usia|kelas|lt|lantai)[ ./:]{0,3}$|/$", re.IGNORECASE
)
_MARK = re.compile(r"\[[^\]\n]{1,16}\]")
_MARKED = {
    "phone": "[nomor telepon]",
    "nik": "[nomor identitas]",
    "account": "[nomor rekening]",
    "plate": "[pelat nomor]",
    "birthdate": "[tanggal lahir]",
    "passport": "[nomor identitas]",
}


def labelled(rows: Iterable[Mapping[str, str]]) -> list[Told]:
    """The labelled texts of `rows` (columns `text` and `personal`), and what the rules leave of them. Rows whose
    `split` is `test` are never learnt."""
    learnt = (row for row in rows if row.get("split") != "test" and row.get("personal"))
    return [told for row in learnt for told in told_in(row)]


def told_in(row: Mapping[str, str]) -> Iterator[Told]:
    """The text of a labelled row, with what else is personal masked; once more as the rules leave it, where that is
    another text."""
    text = flowed(row["text"])
    items = json.loads(row.get("personal") or "[]")
    for item in sorted(items, key=lambda found: -len(found["text"])):
        if item["kind"] in _MARKED:
            text = text.replace(item["text"], _MARKED[item["kind"]])
    houses: list[tuple[int, int]] = []
    unsure: list[tuple[int, int]] = []
    for item in items:
        if item["kind"] == "address":
            _find(text, item["text"], houses, unsure)
    whole = Told(text, tuple(houses), tuple(unsure))
    yield whole
    if (left := by_rules(text)) != text:
        yield _moved(whole, left)


def _find(text: str, item: str, houses: list[tuple[int, int]], unsure: list[tuple[int, int]]) -> None:
    """Where the numbers of `item` stand as a house's; where it stands in the text several times, the places that look
    like one, and the others are nobody's."""
    places = [m.span() for m in re.finditer(rf"(?<![^\W_]){re.escape(item)}(?![^\W_])", text)] or [
        m.span() for m in re.finditer(rf"(?<!\d){re.escape(item)}(?!\d)", text, re.IGNORECASE)
    ]
    spans: list[tuple[int, int]] = []
    for start, end in places:
        inside = [n for n in numbers(text) if n.start < end and start < n.end]
        if not inside:
            continue
        best = [n for n in inside if _HOUSES_WORD.search(text, max(0, n.start - 12), n.start)] or inside[-1:]
        spans += [(n.start, n.end) for n in best]
        unsure += [(n.start, n.end) for n in inside if n not in best]
    if len(places) > 1:
        sure = [s for s in spans if _HOUSES_WORD.search(text, max(0, s[0] - 12), s[0])]
        if not sure:
            sure = [s for s in spans if not _NO_HOUSES_WORD.search(text, max(0, s[0] - 10), s[0])]
            unsure += sure[1:]
            sure = sure[:1]
        spans = sure
    houses += [s for s in spans if s not in houses]


def _moved(told: Told, left: str) -> Told:
    """`told` as it stands in `left`, the same text with some of it masked."""
    moves: list[tuple[int, int, int]] = []
    at = done = 0
    for piece in _MARK.split(left):
        start = told.text.find(piece, at)
        if start < 0:
            return Told(left, ())
        moves.append((start, start + len(piece), done - start))
        at = start + len(piece)
        mark = _MARK.match(left, done + len(piece))
        done += len(piece) + (len(mark[0]) if mark else 0)

    def there(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        return tuple(
            (a + by, b + by) for a, b in spans for start, end, by in moves if start <= a and b <= end
        )

    return Told(left, there(told.houses), there(told.unsure))


def _varied(told: Told, writer: Writer) -> Told:
    """`told` with other numbers, written otherwise."""
    chance = writer.chance
    text, out, size, done = told.text, [], 0, 0
    houses, unsure = [], []
    # Houses of one message are mostly neighbours, and stay so.
    further = chance.randint(-9, 40) if chance.random() < _TOGETHER else None
    for n in numbers(text):
        house = _within(n, told.houses)
        before = text[done : n.start]
        if chance.random() < _OTHER_DOT and (word := _NUMBER_WORD.search(before)):
            joint = chance.choice((" ", ". ", ".", "" if word[1].islower() else " "))
            before = f"{before[: word.start()]}{word[1]}{joint}"
        number = text[n.start : n.end]
        if (
            house
            and further is not None
            and number.isdigit()
            and number[0] != "0"
            and int(number) + further > 0
        ):
            number = str(int(number) + further)
        elif n.own != "w" and chance.random() < (_OTHER_HOUSE if house else _OTHER_NUMBER):
            number = writer.like(number, free=house)
        out += [before, number]
        size += len(before)
        if house:
            houses.append((size, size + len(number)))
        elif _within(n, told.unsure):
            unsure.append((size, size + len(number)))
        size += len(number)
        done = n.end
    text = "".join([*out, text[done:]])
    luck = chance.random()
    if luck < _SMALL:
        text = text.lower()
    elif luck < _SMALL + _BEGUN:
        text = text[:1] + text[1:].lower()
    elif luck < _SMALL + _BEGUN + _CAPITALS:
        text = "".join(p if p.startswith("[") else p.upper() for p in re.split(r"(\[[^\]\n]*\])", text))
    return Told(text, tuple(houses), tuple(unsure))


def _within(number: Number, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < number.end and number.start < end for start, end in spans)


def seen_in(told: Told, weight: float, chance: random.Random | None = None) -> Iterator[Example]:
    """What is seen of each number of a text. With `chance`, words are forgotten now and then, so that the weights do
    not lean on single ones."""
    text, flats = told.text, FLATS in signs(told.text.lower())
    last: tuple[Number, bool] | None = None
    candidates = numbers(text)
    for number, nearest in zip(candidates, apart(candidates), strict=True):
        gap = between(text, last[0], number) if last is not None else None
        before = (last[0], last[1], gap) if last is not None and gap is not None else None
        near = around(text, number, nearest)
        if chance is not None:
            for side in (near.fore, near.aft):
                for i, (sort, low, sep) in enumerate(side):
                    if low and chance.random() < _FORGOTTEN:
                        other = {"n": "o", "o": "n", "N": "O", "O": "N"}.get(sort, sort)
                        side[i] = (other if chance.random() < 0.3 else sort, "", sep)
        house = _within(number, told.houses)
        if not _within(number, told.unsure):
            yield Example(tuple(features(number, near, before, flats)), house, weight)
        last = number, house


def own_texts() -> list[str]:
    """The project's own texts, with slots for houses."""
    return [row["text"] for row in read_table("house_texts.csv")]


def plain_texts() -> list[str]:
    """Texts that name no house."""
    tables = ("category_texts.csv", "category_cases.csv", "kind_texts.csv", "kind_cases.csv")
    return [row["text"] for table in tables for row in read_table(table)]


def count() -> int:
    """How many texts of the project's own it is learnt from, versions not counted."""
    return len(own_texts()) + len(plain_texts())


def examples(told: Sequence[Told], seed: int = 1) -> list[Example]:
    """What is learnt: of our own texts, of those that name no house, of labelled ones."""
    writer = Writer(seed)
    chance = writer.chance
    plain = plain_texts()
    found: list[Example] = []
    for text in own_texts():
        for _ in range(OWN):
            found += seen_in(_varied(_set(text, plain, writer), writer), 1.0, chance)
    for text in plain:
        if any(map(str.isdigit, text)):
            for _ in range(PLAIN):
                found += seen_in(_varied(Told(by_rules(text), ()), writer), 1.0, chance)
    for one in told:
        if any(map(str.isdigit, one.text)):
            for _ in range(LABELLED):
                found += seen_in(_varied(one, writer), MESSAGE, chance)
    return found


def _set(text: str, plain: Sequence[str], writer: Writer) -> Told:
    """A line of ours by itself, in a list of its like, or among other sentences."""
    chance = writer.chance
    luck = chance.random()
    if luck < _ALONE:
        return writer.write(text)
    if luck < _ALONE + _LISTED:
        return writer.write("\n".join([text] * chance.choice((2, 3, 4))))
    joint = chance.choice(_JOINS)
    before = chance.choice(plain).replace("{", "(") + joint if chance.random() < 0.7 else ""
    after = chance.choice(_JOINS) + chance.choice(plain).replace("{", "(") if chance.random() < 0.6 else ""
    return writer.write(f"{before}{text}{after}")


def learn(found: Sequence[Example], seed: int = 1) -> bytes:
    """A table as `HouseJudge` reads it."""
    return regression(found, closeness=CLOSENESS, least_seen=LEAST_SEEN, seed=seed)
