"""A table of written-down weights, one for each feature: read, and added up.

A gzip file of lines: the first is the bias, each other one a feature, a tab and its weight.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path


class Weights:
    """The weights of a table, read once. Raises `ValueError` that names the command which makes one."""

    def __init__(self, path: Path, what: str, command: str) -> None:
        try:
            lines = gzip.decompress(path.read_bytes()).decode().split("\n")
            self.bias = float(lines[0])
            pairs = (line.rsplit("\t", 1) for line in lines[1:])
            self.of = {feature: float(weight) for feature, weight in pairs}
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise ValueError(
                f"{path} is no table of {what} weights ({error}); make one: {command}"
            ) from error

    def score(self, found: Iterable[str]) -> float:
        """The bias and the weights of the features, added up from left to right: the logarithm of the odds."""
        get = self.of.get
        total = self.bias
        for feature in found:
            total += get(feature, 0.0)
        return total


def packed(weights: Mapping[str, float], least: float, bias: float = 0.0) -> bytes:
    """A table as `Weights` reads it, without weights smaller than `least`; the same weights give the same bytes."""
    rounded = ((name, round(weight, 2)) for name, weight in sorted(weights.items()))
    lines = [f"{bias:.2f}", *(f"{name}\t{weight:g}" for name, weight in rounded if abs(weight) >= least)]
    return gzip.compress("\n".join(lines).encode(), 9, mtime=0)
