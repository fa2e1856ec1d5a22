"""A transparent classifier of short texts: every word, cue and piece of a word has written-down weights.

A text's score for a label is the sum of its features' weights, shortened by the length of the text, and softmax makes
probabilities of the scores (multinomial logistic regression over tf-idf). `text_training.py` finds the weights;
here they are only added up, so that a decision can be explained word by word.
"""

from __future__ import annotations

import gzip
import math
import sys
import zlib
from collections.abc import Callable
from heapq import nlargest
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

#: Words whose weights are kept added up; beyond it the memory starts anew, so that no sender can push it.
_KNOWN = 20_000
#: A text of fewer known units than this tells less than its length would have it.
_ENOUGH = 8

#: Weights as whole numbers of thousandths, in fields of 32 bits around the middle: two million thousandths is more
#: than `MOST_WORDS` words of the heaviest weight can reach.
_SCALE, _BITS = 1000, 32
_HALF, _MASK = 1 << 31, (1 << 32) - 1
_SQUARE, _PACKED = itemgetter(0), itemgetter(1)


class Model(Struct, frozen=True, kw_only=True):
    """The table as it is stored. `features` are parted by newlines; for each one `squares` holds its squared idf, and
    `weights` pairs of label and weight. `temperature` turns scores into calibrated probabilities."""

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    temperature: float
    features: str
    squares: tuple[float, ...]
    weights: tuple[tuple[tuple[int, float], ...], ...]
    sources: tuple[str, ...] = ()


class Reading(NamedTuple):
    """How a text is taken apart: `units` are what counts once in it, `features` what is known of a unit."""

    units: Callable[[str], list[str]]
    features: Callable[[str], list[str]]


class Scored(Struct, frozen=True, kw_only=True):
    """Labels by falling probability, and the words that spoke most for the first."""

    ranked: tuple[tuple[str, float], ...]
    words: tuple[str, ...]


class TextModel:
    """A table of weights, ready to judge texts that are taken apart as those were from which it was learnt.

    The weights of a unit are kept as one large whole number, 32 bits for each label, so that a text is added up with
    one addition a unit. Raises `ValueError` when the file is no model.
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        try:
            model = msgspec.msgpack.decode(gzip.decompress(path.read_bytes()), type=Model)
        except (OSError, EOFError, zlib.error, msgspec.MsgspecError) as error:
            raise ValueError(f"{path} is no model of texts ({error}); make one with: kanal train") from error
        self.labels = model.labels
        self.sources = model.sources
        self._reading = reading
        self._bias = model.bias
        self._temperature = model.temperature
        names = model.features.split("\n")
        self._table = dict(zip(names, zip(model.squares, model.weights, strict=True), strict=True))
        self._width = len(self.labels)
        # Added before the fields are read, so that none is below zero and borrows from its neighbour.
        self._lift = sum(_HALF << (_BITS * at) for at in range(self._width))
        self._units: dict[str, tuple[float, int]] = {}

    def _unit(self, unit: str) -> tuple[float, int]:
        """The squared length and the packed weights of a unit, its features added up."""
        square, packed = 0.0, 0
        for feature in self._reading.features(unit):
            row = self._table.get(feature)
            if row is not None:
                square += row[0]
                for label, weight in row[1]:
                    packed += round(weight * _SCALE) << (_BITS * label)
        if len(self._units) >= _KNOWN:
            self._units.clear()
        self._units[unit] = square, packed
        return square, packed

    def judge(self, text: str) -> Scored:
        """Every label with its probability; nothing ranked when no word of the text was ever learnt."""
        known = self._units
        told = {}
        for unit in self._reading.units(text):
            value = known.get(unit) or self._unit(unit)
            if value[0]:
                told[unit] = value
        if not told:
            return Scored(ranked=(), words=())
        square = sum(map(_SQUARE, told.values()))
        packed = sum(map(_PACKED, told.values())) + self._lift
        scores = memoryview(packed.to_bytes(self._width * _BITS // 8, sys.byteorder)).cast("I")
        norm = min(1.0, len(told) / _ENOUGH) * self._temperature / math.sqrt(square) / _SCALE
        fields = scores if sys.byteorder == "little" else scores[::-1]
        logits = [self._temperature * b + norm * (s - _HALF) for b, s in zip(self._bias, fields, strict=True)]
        top = max(logits)
        odds = [math.exp(logit - top) for logit in logits]
        whole = sum(odds)
        order = sorted(range(len(odds)), key=odds.__getitem__, reverse=True)
        shift, lift = _BITS * order[0], self._lift
        spoke = nlargest(4, [((value[1] + lift >> shift) & _MASK, unit) for unit, value in told.items()])
        return Scored(
            ranked=tuple((self.labels[i], odds[i] / whole) for i in order),
            words=tuple(unit for weight, unit in spoke if weight > _HALF),
        )
