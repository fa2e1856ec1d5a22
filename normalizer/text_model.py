"""A transparent classifier of short texts: every word, cue and piece of a word has written-down weights.

A text's score for a label is the sum of its features' weights, shortened by the length of the text, and softmax makes
probabilities of the scores. `text_training.py` finds the weights; here they are only added up, so that a decision can
be explained word by word.
"""

from __future__ import annotations

import gzip
import math
import sys
import zlib
from array import array
from collections.abc import Callable, Sequence
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

#: Units whose weights are kept added up; beyond it the memory starts anew, so that no sender can push it.
_KNOWN = 20_000
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
    """How a text is taken apart: `units` are what counts once in it, `features` what is known of a unit. `worth` is
    asked when learning: how much a feature counts beside others, and how often it must have been seen."""

    units: Callable[[str], Sequence[str]]
    features: Callable[[str], list[str]]
    worth: Callable[[str], tuple[float, int]]


class Scored(Struct, frozen=True, kw_only=True):
    """Labels by falling probability, and the words that spoke most for the first."""

    ranked: tuple[tuple[str, float], ...]
    words: tuple[str, ...]


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
            raise ValueError(f"{path} is no model of texts ({error}); make one with: kanal train") from error
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
            raise ValueError(f"{path} is no model of texts: its table is cut; make one with: kanal train")
        self._lift = sum(_HALF << (_BITS * at) for at in range(self._width))
        self._known = _Known(self._add)
        self._weights: dict[str, Sequence[int]] = {}

    def _fields(self, row: int) -> Sequence[int]:
        fields = array("I")
        fields.frombytes((row + self._lift).to_bytes(self._row, "little"))
        if sys.byteorder == "big":
            fields.byteswap()
        return fields

    def _add(self, unit: str) -> int:
        """The row of a unit: those of its features added up, and one in the field that counts known units."""
        row, table, width = 0, self._table, self._row
        for feature in self._reading.features(unit):
            at = table.get(feature)
            if at is not None:
                row += int.from_bytes(self._rows[at * width : (at + 1) * width], "little", signed=True)
        if row:
            row += 1 << (_BITS * (self._width + 1))
        if len(self._known) >= _KNOWN:
            self._known.clear()
            self._weights.clear()
        self._known[unit] = row
        self._weights[unit] = self._fields(row)
        return row

    def judge(self, text: str) -> Scored:
        """Every label with its probability; nothing ranked when no word of the text was ever learnt."""
        units = self._reading.units(text)
        *fields, square, told = self._fields(sum(map(self._known.__getitem__, units)))
        if not told:
            return Scored(ranked=(), words=())
        norm = min(1.0, told / ENOUGH) * self._temperature / math.sqrt(square * SCALE)
        logits = [bias + norm * (field - _HALF) for bias, field in zip(self._bias, fields, strict=True)]
        top = max(logits)
        odds = [math.exp(logit - top) for logit in logits]
        whole = sum(odds)
        order = sorted(range(self._width), key=odds.__getitem__, reverse=True)
        first, weights = order[0], self._weights
        # A unit may be forgotten while a text with very many new ones is read.
        spoke = nlargest(4, [(weights[unit][first], unit) for unit in units if unit in weights])
        return Scored(
            ranked=tuple([(self.labels[at], odds[at] / whole) for at in order]),
            words=tuple([unit for weight, unit in spoke if weight > _HALF and "*" not in unit]),
        )


class _Known(dict[str, int]):
    """The rows of units, each added up when it is first met."""

    def __init__(self, add: Callable[[str], int]) -> None:
        super().__init__()
        self._add = add

    def __missing__(self, unit: str) -> int:
        return self._add(unit)
