"""A transparent classifier of short texts: every word, cue and piece of a word has written-down weights.

A text's score for a label is the sum of its features' weights, shortened by the length of the text, and softmax makes
probabilities of the scores. `text_training.py` finds the weights; here they are only added up, so that a decision can
be explained word by word.
"""

from __future__ import annotations

import gzip
import math
import zlib
from array import array
from collections.abc import Callable, Sequence
from itertools import repeat
from operator import add, itemgetter, mul, sub, truediv
from pathlib import Path
from struct import Struct as Fields
from sys import intern
from typing import NamedTuple

import msgspec
from msgspec import Struct

from normalizer.memory import Memory
from normalizer.sentence import Sentence
from normalizer.text_units import Units

#: A text of fewer known units than this tells less than its length would have it.
ENOUGH = 8
#: Weights and squares are whole numbers of hundredths.
SCALE = 100
#: A row of the table is one large number: a field of 32 bits for each label, one for the squared length, one that
#: counts. Signed weights borrow from the field above; a text's sum is lifted by half a field before it is read, and
#: no field can overflow: 800 units of weights below 10,000 hundredths stay below 2**31.
_BITS, _BYTES = 32, 4
_HALF = 1 << 31


class Model(Struct, frozen=True, kw_only=True):
    """The table as it is stored. `features` are parted by newlines; `rows` holds for each of them, in order, the row
    that `packed` makes. `temperature` turns scores into calibrated probabilities."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    temperature: float
    features: str
    rows: bytes
    sources: tuple[str, ...] = ()


class Reading(NamedTuple):
    """How a text is taken apart: `units` are what counts in it, `features` what is known of a unit. `worth` is
    asked when learning: how much a feature counts beside others, and how often it must have been seen; `closeness`, how
    closely the support vectors follow the examples (scikit-learn's C)."""

    units: Callable[[str], Units]
    features: Callable[[str], list[str]]
    worth: Callable[[str], tuple[float, int]]
    closeness: float = 0.5


#: What is known of a unit: the rows of its features added up, and the same taken apart into fields.
_Unit = tuple[int, Sequence[int]]
_ROW, _SHARE = itemgetter(0), itemgetter(1)
#: So many words are shown of those that spoke for a label.
_SHOWN = 4


class Scored:
    """Labels by falling probability, and the words that spoke most for the first: looked for when they are asked for,
    because for most texts nobody does."""

    __slots__ = ("_best", "_found", "_units", "ranked")

    def __init__(
        self,
        ranked: Sequence[tuple[str, float]],
        units: Sequence[str] = (),
        found: Sequence[_Unit] = (),
        best: int = 0,
    ) -> None:
        self.ranked = ranked
        self._units, self._found, self._best = units, found, best

    @property
    def words(self) -> tuple[str, ...]:
        best = self._best
        weights = [fields[best] for _, fields in self._found]
        least = max(1, min(sorted(weights)[-_SHOWN:], default=0))
        spoke = [pair for pair in zip(weights, self._units, strict=True) if pair[0] >= least]
        spoke.sort(reverse=True)
        return tuple([unit for _, unit in spoke[:_SHOWN] if "*" not in unit])


def packed(weights: Sequence[float], square: float) -> bytes:
    """A row of the table: weights for each label and the squared length, as one signed little-endian number."""
    row = round(square * SCALE) << (_BITS * len(weights))
    for at, weight in enumerate(weights):
        row += round(weight * SCALE) << (_BITS * at)
    return row.to_bytes((len(weights) + 2) * _BYTES, "little", signed=True)


class TextModel:
    """A table of weights, ready to judge texts that are taken apart as those were from which it was learnt.

    Raises `ValueError` when the file is no model.
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        try:
            model = msgspec.msgpack.decode(gzip.decompress(path.read_bytes()), type=Model)
        except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
            raise ValueError(
                Sentence(
                    "{path} is no model of texts ({why}); make one with: kanal train", path=path, why=error
                )
            ) from error
        self.labels = model.labels
        self.sources = model.sources
        self._reading = reading
        self._temperature = model.temperature
        self._bias = [model.temperature * bias for bias in model.bias]
        self._width = len(self.labels)
        self._table = {name: at for at, name in enumerate(model.features.split("\n"))}
        self._rows = model.rows
        self._row = (self._width + 2) * _BYTES
        if len(self._rows) != self._row * len(self._table):
            raise ValueError(
                Sentence(
                    "{path} is no model of texts: its table is cut; make one with: kanal train", path=path
                )
            )
        self._lift = sum(_HALF << (_BITS * at) for at in range(self._width))
        self._fields = Fields(f"<{self._width}iII")
        self._nothing = self._apart(0)
        self._pairs = frozenset(
            (intern(first), intern(second))
            for first, space, second in (name.partition(" ") for name in self._table)
            if space
        )
        self._known = Memory(self._add)

    def _apart(self, row: int) -> tuple[int, ...]:
        """The fields of a row: lifted none borrows from its neighbour, and the bit that lifted it, turned over, is then
        its sign."""
        return self._fields.unpack(((row + self._lift) ^ self._lift).to_bytes(self._row, "little"))

    def _add(self, unit: str) -> _Unit:
        """The row of a unit: those of its features added up, and one in the field that counts known units."""
        row, table, width = 0, self._table, self._row
        for feature in self._reading.features(unit):
            at = table.get(feature)
            if at is not None:
                row += int.from_bytes(self._rows[at * width : (at + 1) * width], "little", signed=True)
        if not row:
            return 0, self._nothing
        row += 1 << (_BITS * (self._width + 1))
        return row, array("i", self._apart(row)[: self._width])

    def judge(self, text: str) -> Scored:
        """Every label with its probability; nothing ranked when no word of the text was ever learnt."""
        words, pairs = self._reading.units(text)
        # Most neighbours were never learnt, so they are looked up before they are put together.
        units = [*words, *map(" ".join, filter(self._pairs.__contains__, pairs))]
        found = list(map(self._known.__getitem__, units))
        *weights, square, told = self._apart(sum(map(_ROW, found)))
        if not told:
            return Scored(())
        norm = min(1.0, told / ENOUGH) * self._temperature / math.sqrt(square * SCALE)
        logits = list(map(add, self._bias, map(mul, repeat(norm), weights)))
        top = max(logits)
        odds = list(map(math.exp, map(sub, logits, repeat(top))))
        shares = map(truediv, odds, repeat(sum(odds)))
        ranked = sorted(zip(self.labels, shares, strict=True), key=_SHARE, reverse=True)
        return Scored(ranked, units, found, logits.index(top))
