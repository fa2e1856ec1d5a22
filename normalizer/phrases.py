"""Finds many phrases in a folded text at once, at word borders (Aho-Corasick)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Generic, TypeVar

from ahocorasick_rs import AhoCorasick

from normalizer.folding import fold
from normalizer.gazetteer import read_table

T = TypeVar("T")


def words_of(text: str) -> str:
    """`text` folded, its words parted by single spaces: the form in which a phrase is looked for."""
    return " ".join(fold(text).split())


class Phrases(Generic[T]):
    """Phrases with what each one means."""

    def __init__(self, meanings: Mapping[str, T]) -> None:
        # Spaces around each phrase make the borders part of the match.
        self._keys = [words_of(phrase) for phrase in meanings]
        self._meanings = list(meanings.values())
        self._automaton = AhoCorasick([f" {key} " for key in self._keys])

    def find(self, folded: str) -> list[tuple[int, int, str, T]]:
        """Start, end, phrase and meaning of every match in the folded text, overlapping ones too."""
        found = self._automaton.find_matches_as_indexes(f" {folded} ", overlapping=True)
        return [(start, end - 2, self._keys[i], self._meanings[i]) for i, start, end in found]


@lru_cache(maxsize=32)
def words_in(name: str) -> frozenset[str]:
    """The words and phrases of one list in `data/phrases.csv`."""
    rows = (row["phrases"].split(";") for row in read_table("phrases.csv") if row["list"] == name)
    return frozenset(word.strip() for row in rows for word in row)


@lru_cache(maxsize=32)
def phrase_list(name: str) -> Phrases[None]:
    """One list of `data/phrases.csv`, ready to be looked for."""
    return Phrases(dict.fromkeys(sorted(words_in(name))))
