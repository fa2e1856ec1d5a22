"""What is counted: confusions of labels, pairs of precision and recall, and figures with their goals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct


class Figure(Struct, frozen=True, kw_only=True):
    """One line of the report. `goal` is from 0 to 1; `most`: the value may not be above it (else not below);
    None: there is no goal, it is told for its own sake. `count` texts were judged."""

    name: str
    value: float
    count: int
    goal: float | None = None
    most: bool = False

    @property
    def reached(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.most else self.value >= self.goal


class Confusion:
    """How often a wanted label was read as which."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs: Counter[tuple[str, str]] = Counter(pairs)

    def add(self, wanted: str, found: str) -> None:
        self.pairs[wanted, found] += 1

    @property
    def labels(self) -> list[str]:
        """Wanted labels by name, then those that were only found."""
        wanted = sorted({w for w, _ in self.pairs})
        return wanted + sorted({f for _, f in self.pairs} - set(wanted))

    def total(self) -> int:
        return self.pairs.total()

    def right(self) -> float:
        """The share of all that was read as wanted."""
        return sum(n for (w, f), n in self.pairs.items() if w == f) / (self.total() or 1)

    def recall(self, label: str) -> tuple[float, int]:
        """The share of the texts of `label` that was read as such, and how many there are."""
        count = sum(n for (w, _), n in self.pairs.items() if w == label)
        return self.pairs[label, label] / (count or 1), count

    def macro_f1(self) -> float:
        """The mean of the F1 of every wanted label."""
        scores = []
        for label in sorted({w for w, _ in self.pairs}):
            hit = self.pairs[label, label]
            wanted = sum(n for (w, _), n in self.pairs.items() if w == label)
            found = sum(n for (_, f), n in self.pairs.items() if f == label)
            scores.append(2 * hit / (wanted + found))
        return sum(scores) / (len(scores) or 1)


class Found:
    """Right, wrong and missed findings."""

    def __init__(self) -> None:
        self.right = self.wrong = self.missed = 0

    @property
    def precision(self) -> float:
        return self.right / ((self.right + self.wrong) or 1)

    @property
    def recall(self) -> float:
        return self.right / ((self.right + self.missed) or 1)
