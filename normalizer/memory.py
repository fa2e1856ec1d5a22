"""What was worked out for a word is remembered: looked up in C, and bounded, so that no sender can push it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")

#: So many words are remembered before the memory starts anew; a longer one than this never is.
MOST, LONGEST = 20_000, 64


class Memory(dict[str, V]):
    """`memory[word]` is `work(word)`, worked out once. Several threads may ask at once: the worst is double work."""

    def __init__(self, work: Callable[[str], V], most: int = MOST) -> None:
        super().__init__()
        self._work = work
        self._most = most

    def __missing__(self, word: str) -> V:
        value = self._work(word)
        if len(word) > LONGEST:
            return value
        if len(self) >= self._most:
            self.clear()
        self[word] = value
        return value
