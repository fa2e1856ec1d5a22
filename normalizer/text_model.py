"""A transparent classifier of short texts: every word, cue and piece of a word has written-down weights.

A text's score for a label is the sum of its features' weights, shortened by the length of the text, and softmax makes
probabilities of the scores (multinomial logistic regression over tf-idf). `text_training.py` finds the weights;
here they are only added up, so that a decision can be explained word by word.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

#: Words whose weights are kept added up; beyond it the memory starts anew, so that no sender can push it.
_KNOWN = 20_000
#: A text of fewer known units than this tells less than its length would have it.
_ENOUGH = 8

Weights = tuple[tuple[int, float], ...]


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
        self._bias = model.bias
        self._temperature = model.temperature
        names = model.features.split("\n")
        self._table = dict(zip(names, zip(model.squares, model.weights, strict=True), strict=True))
        self._units: dict[str, tuple[float, Weights]] = {}

    def _unit(self, unit: str) -> tuple[float, Weights]:
        """The squared length and the weights of a unit, its features added up."""
        found = self._units.get(unit)
        if found is None:
            square, total = 0.0, dict[int, float]()
            for feature in self._reading.features(unit):
                row = self._table.get(feature)
                if row is not None:
                    square += row[0]
                    for label, weight in row[1]:
                        total[label] = total.get(label, 0.0) + weight
            found = square, tuple(total.items())
            if len(self._units) >= _KNOWN:
                self._units.clear()
            self._units[unit] = found
        return found

    def judge(self, text: str) -> Scored:
        """Every label with its probability; nothing ranked when no word of the text was ever learnt."""
        scores = [0.0] * len(self.labels)
        square = 0.0
        units = [(unit, *self._unit(unit)) for unit in self._reading.units(text)]
        for _, length, weights in units:
            square += length
            for label, weight in weights:
                scores[label] += weight
        if not square:
            return Scored(ranked=(), words=())
        told = min(1.0, sum(1 for _, length, _ in units if length) / _ENOUGH)
        norm = told * self._temperature / math.sqrt(square)
        logits = [self._temperature * b + norm * s for b, s in zip(self._bias, scores, strict=True)]
        top = max(logits)
        odds = [math.exp(logit - top) for logit in logits]
        whole = sum(odds)
        order = sorted(range(len(odds)), key=odds.__getitem__, reverse=True)
        best = order[0]
        spoke = sorted(
            ((sum(w for label, w in weights if label == best), unit) for unit, _, weights in units),
            reverse=True,
        )
        return Scored(
            ranked=tuple((self.labels[i], odds[i] / whole) for i in order),
            words=tuple(unit for weight, unit in spoke[:4] if weight > 0),
        )
