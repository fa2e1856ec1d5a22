"""Tells which numbers of a text are those of houses, flats and doors: each is weighed by what stands around it.

The rules (`privacy_streets.py`, `privacy_houses.py`) know how an address is written; what they leave ("saya di petak
5", "unit 1203 n 1205", a list of neighbours) is judged here. Features with written-down weights (logistic regression;
`house_training.py` finds them) are a number's shape, the words before and behind it by what they are
(`data/house_words.csv`, else `name_words.py`), what opens an address before it, how its line is laid out, and whether
the number before it is a house's.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from normalizer.between import letters
from normalizer.gazetteer import DATA, read_table
from normalizer.house_numbers import HIDDEN, ROMAN, Number, numbers
from normalizer.memory import Memory
from normalizer.name_words import BOTH, NAME, PLACE, UNKNOWN, WEAK, kind_of
from normalizer.weights import Weights

MODEL = DATA / "house_model.gz"
#: From which score on a number is a house's.
LEAST = -0.6
#: How much of the text before and behind a number is read, in characters and in words.
_BEFORE, _BEHIND = 56, 36
_AFT = 4
#: How far two numbers of a text lie from each other, in steps, and the sign of each.
_LEAST_GAPS, _NEARNESS = (1, 2, 3, 7, 21), "012379"
#: So many words may stand between two numbers of which one speaks for the other.
_APART = 6
_TOKEN = re.compile(r"(\[[^\]\n]{1,16}\]|[^\W\d_]+(?:['’][^\W\d_]+)*|\d+)")
_SIGNS = letters('\n()#:;|/=-–—,.&+"?!')
#: What opens an address.
_OPENERS = frozenset(
    (
        "street", "lane", "home", "let", "flat", "ruko", "block", "estate", "tower", "flats", "kampung", "lives",
        "address",
    )
)  # fmt: skip
#: What bears a number of its own, or is told with one.
_NUMBERED = frozenset(("school", "line", "thing", "paper", "road", "series", "building"))
_DISTRICT = frozenset(("rt", "rw"))
_BEGIN, _END = ("^", "", ""), ("$", "", "")
#: What ends a sentence or a line; a dot may belong to a short word.
_BREAKS = frozenset("n?!")
#: Somebody's name, or a place's, or a word that no list holds.
_NAMED = frozenset((NAME, WEAK, BOTH, PLACE, UNKNOWN))


@lru_cache(maxsize=1)
def _groups() -> dict[str, str]:
    return {word: row["list"] for row in read_table("house_words.csv") for word in row["words"].split(";")}


@lru_cache(maxsize=1)
def _words() -> Memory[tuple[str, str]]:
    """For each word as written what it is beside a number, and the word in small letters."""
    groups, kinds = _groups(), kind_of()

    def read(word: str) -> tuple[str, str]:
        first = word[0]
        if first == "[":
            return ("H", "") if word == HIDDEN else ("M", "")
        if first.isdigit():
            return f"#{min(len(word), 5)}", ""
        if ROMAN.fullmatch(word):
            return "#r", ""
        low = word.lower()
        found = groups.get(low) or ("n" if kinds[low] in _NAMED else "o")
        return (found.upper() if len(found) == 1 and first.isupper() else found), low

    return Memory(read)


class Around(Struct):
    """What stands around a number: words with what they are and the sign between them, nearest first; whether it
    begins or ends its line; how far from it the nearest other number of its text lies."""

    fore: list[tuple[str, str, str]]
    aft: list[tuple[str, str, str]]
    first: bool
    last: bool
    apart: str


def apart(found: Sequence[Number]) -> list[str]:
    """How far the nearest other number lies from each: houses of one lane lie close to each other. `x` where a number
    is no plain one, `0` where no other is."""
    values = sorted({number.value for number in found if number.value >= 0})
    nearest = dict.fromkeys(values, 0)
    for low, high in pairwise(values):
        gap = high - low
        nearest[low] = min(nearest[low] or gap, gap)
        nearest[high] = gap
    return [
        "x" if number.value < 0 else _NEARNESS[bisect(_LEAST_GAPS, nearest[number.value])] for number in found
    ]


def around(text: str, number: Number, nearest: str) -> Around:
    """The words before and behind `number`; `nearest` as `apart` tells it."""
    words, signs = _words(), _SIGNS
    start, end = number.start, number.end
    parts = _TOKEN.split(text[max(0, start - _BEFORE) : start])
    # What begins the window may have been cut.
    fore = [
        (*words[parts[i]], signs[parts[i + 1]])
        for i in range(len(parts) - 2, 0 if start <= _BEFORE else 2, -2)
    ]
    parts = _TOKEN.split(text[end : end + _BEHIND])
    aft = [(*words[parts[i]], signs[parts[i - 1]]) for i in range(1, min(len(parts), 2 * _AFT + 1), 2)]
    line = text[max(0, start - 6) : start].rpartition("\n")
    begins = (bool(line[1]) or start < 6) and not line[2].strip(" -*•\t")
    rest = text[end : end + 4].lstrip(" .,;")
    return Around(fore, aft, begins, not rest or rest[0] == "\n", nearest)


def features(number: Number, near: Around, before: tuple[Number, bool, str] | None, flats: bool) -> list[str]:
    """What speaks for and against `number` being a house's. `before`: the number before it in the text, whether it is
    a house's, and what stands between; `flats`: whether the text speaks of flats."""
    own, fore, aft = number.own, near.fore, near.aft
    s1, l1, g1 = fore[0] if fore else _BEGIN
    s2, l2, g2 = fore[1] if len(fore) > 1 else _BEGIN
    s3 = fore[2][0] if len(fore) > 2 else "^"
    a1, b1, h1 = aft[0] if aft else _END
    a2, _, h2 = aft[1] if len(aft) > 1 else _END
    p, q = s1 + g1, h1 + a1
    f = [
        "0" + own,
        "1" + p,
        "2" + p + own,
        "3" + s2 + g2 + p,
        "4" + s3 + " " + s2 + " " + p,
        "5" + s2 + " " + s1 + own,
        "8" + q,
        "9" + own + q,
        "B" + q + h2 + a2,
        "C" + p + q,
        "D" + s1 + own + a1,
        "d" + s2 + " " + p + q,
    ]
    if l1:
        f.append("6" + l1 + g1)
        if l2:
            f.append("7" + l2 + " " + l1)
    if l2:
        f.append("6b" + l2 + " " + s1)
    if b1:
        f.append("A" + b1)
        f.append("Ab" + s1 + b1)
    behind = any(sort in _DISTRICT for sort, _, _ in aft[:3])
    if behind:
        f.append("L" + s1)
    f += _opened(own, fore, q, behind=behind)
    if near.first:
        f += ["P" + own, "p" + q]
        if near.last:
            f.append("S" + own)
    if near.last:
        f += ["R" + own, "r" + s1]
    if flats:
        f += ["Q" + own, "q" + own + s1]
    f += ["W" + near.apart + own, "Ws" + near.apart + p, "Wq" + near.apart + q]
    if before is not None:
        other, house, gap = before
        said, same = "h" if house else "-", "=" if other.own == own else ""
        f += ["M" + said + gap, "N" + said + same, "O" + said + same + gap]
    return f


def _opened(own: str, fore: list[tuple[str, str, str]], q: str, *, behind: bool) -> list[str]:
    """What opens an address before a number, or bears a number of its own ("SDN", "tiang"), and what stands between."""
    found: list[str] = []
    path, other = "", False
    for i, (sort, _, gap) in enumerate(fore):
        if i > _APART:
            break
        if i and gap in _BREAKS:
            path += "|"
        if sort in _OPENERS:
            found += ["E" + sort + path, "F" + sort + own, "G" + sort + path + own, "H" + sort + path + q]
            if behind:
                found.append("K" + sort)
            found += ["J" + further for further, _, _ in fore[i + 1 :] if further in _OPENERS]
            return found
        if sort in _NUMBERED and not other:
            found += ["t" + sort + path, "u" + sort + path + own]
            other = True
        path += "0" if sort == "number" else sort if len(sort) == 1 else sort[0]
    found.append("E-")
    return found


def between(text: str, before: Number, number: Number) -> str | None:
    """What stands between two numbers, in short; None when they are too far apart to speak for each other."""
    gap = text[before.end : number.start]
    if len(gap) > _BEHIND:
        return None
    if len(gap) < 3 and not gap.isalpha():
        return _SIGNS[gap]
    words, parts = _words(), _TOKEN.split(gap)
    return _SIGNS[parts[0]] + " ".join(words[word][0] for word in parts[1::2])


class HouseJudge(Weights):
    """Reads its table once. Raises `ValueError` when the file is none."""

    def __init__(self, path: Path = MODEL) -> None:
        super().__init__(path, "house", "kanal train houses")

    def houses(self, text: str, *, told: bool, flats: bool, least: float = LEAST) -> list[tuple[int, int]]:
        """Where the numbers of houses stand, in order: those whose score is `least` or more; `told`: also in words;
        `flats`: the text speaks of flats, whose numbers stand alone."""
        found: list[tuple[int, int]] = []
        last: tuple[Number, bool] | None = None
        candidates = numbers(text, told=told)
        for number, nearest in zip(candidates, apart(candidates), strict=True):
            gap = between(text, last[0], number) if last is not None else None
            before = (last[0], last[1], gap) if last is not None and gap is not None else None
            near = around(text, number, nearest)
            house = self.score(features(number, near, before, flats)) >= least
            if house:
                found.append((number.start, number.end))
            last = number, house
        return found


@lru_cache(maxsize=1)
def judge() -> HouseJudge:
    """The judge of the project's own table."""
    return HouseJudge()
