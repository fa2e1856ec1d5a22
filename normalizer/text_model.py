"""A transparent classifier of short texts: every word, cue and piece of a word has written-down weights.

A text's score for a label is the sum of its features' weights, shortened by the length of the text, and softmax makes
probabilities of the scores. `text_training.py` finds the weights; here they are only added up, so that a decision can
be explained word by word.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, compress, repeat
from operator import add, and_, itemgetter, mul, rshift, sub, truediv
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


#: So many words are shown of those that spoke for a label.
_SHOWN = 4
_FIELD = (1 << _BITS) - 1
_SHARE = itemgetter(1)


class Scored:
    """Labels by falling probability, and the words that spoke most for the first: looked for when they are asked for,
    because for most texts nobody does."""

    __slots__ = ("_lift", "_rows", "_shift", "_units", "ranked")

    def __init__(
        self,
        ranked: Sequence[tuple[str, float]],
        units: Callable[[], Iterable[str]] = tuple,
        rows: Sequence[int] = (),
        lift: int = 0,
        best: int = 0,
    ) -> None:
        self.ranked = ranked
        self._units, self._rows, self._lift, self._shift = units, rows, lift, best * _BITS

    @property
    def words(self) -> tuple[str, ...]:
        lift, shift = self._lift, self._shift
        lifted = map(rshift, map(add, self._rows, repeat(lift)), repeat(shift))
        weights = list(map(and_, lifted, repeat(_FIELD)))
        least = max(_HALF + 1, min(sorted(weights)[-_SHOWN:], default=0))
        spoke = sorted(
            compress(zip(weights, self._units(), strict=True), map(least.__le__, weights)), reverse=True
        )
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
        self._counted = 1 << (_BITS * (self._width + 1))
        self._pairs = {
            (intern(first), intern(second)): self._row_at(at) + self._counted
            for (first, space, second), at in ((name.partition(" "), at) for name, at in self._table.items())
            if space
        }
        self._known = Memory(self._add)

    def _row_at(self, at: int) -> int:
        return int.from_bytes(self._rows[at * self._row : (at + 1) * self._row], "little", signed=True)

    def _add(self, unit: str) -> int:
        """The row of a unit: those of its features added up, and one in the field that counts known units."""
        table = self._table
        row = sum(self._row_at(table[name]) for name in self._reading.features(unit) if name in table)
        return row + self._counted if row else 0

    def judge(self, text: str) -> Scored:
        """Every label with its probability; nothing ranked when no word of the text was ever learnt."""
        words, pairs = self._reading.units(text)
        rows = list(map(self._known.__getitem__, words))
        # Most neighbours were never learnt.
        rows += filter(None, map(self._pairs.get, pairs))
        # Lifted no field borrows from its neighbour; the bit that lifted it, turned over, is then its sign.
        fields = ((sum(rows) + self._lift) ^ self._lift).to_bytes(self._row, "little")
        *weights, square, told = self._fields.unpack(fields)
        if not told:
            return Scored(())
        norm = min(1.0, told / ENOUGH) * self._temperature / math.sqrt(square * SCALE)
        logits = list(map(add, self._bias, map(mul, repeat(norm), weights)))
        top = max(logits)
        odds = list(map(math.exp, map(sub, logits, repeat(top))))
        shares = map(truediv, odds, repeat(sum(odds)))
        ranked = sorted(zip(self.labels, shares, strict=True), key=_SHARE, reverse=True)

        def units() -> Iterable[str]:
            return chain(words, map(" ".join, filter(self._pairs.get, pairs)))

        return Scored(ranked, units, rows, self._lift, logits.index(top))
