"""The words that places are told by: lists from data, and how the words of place names are written in haste.

Spellings are settled word by word before anything is looked up (`kb jeruk`, `kebun jeruk` -> `kebon jeruk`), as are
those of before 1972 (`Djatinegara`, `Soenter`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from normalizer.gazetteer import read_table, regions
from normalizer.memory import Memory
from normalizer.phrases import words_of

#: Letters of today and of before 1972.
_OLD = (("j", "dj"), ("c", "tj"), ("u", "oe"))


@lru_cache(maxsize=1)
def place_lists() -> dict[str, tuple[str, ...]]:
    """Every list of `data/place_words.csv`, by name."""
    lists: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for row in read_table("place_words.csv"):
        lists[row["list"]] += tuple(row["words"].split(";"))
    return dict(lists)


def place_words(name: str) -> frozenset[str]:
    """The words of one list in `data/place_words.csv`."""
    return frozenset(place_lists()[name])


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    known: dict[str, str] = {}
    for path in regions():
        for word in words_of(path.region.name).split():
            for now, then in _OLD:
                if now in word and len(word) >= 4:
                    known[word.replace(now, then)] = word
    for name, words in place_lists().items():
        if name.startswith("spelling "):
            known |= dict.fromkeys(words, name.removeprefix("spelling "))
    return known


@lru_cache(maxsize=1)
def _settled() -> Memory[str]:
    known = _spellings()
    return Memory(lambda word: known.get(word, word))


def settled(words: Iterable[str]) -> list[str]:
    """Folded words with short forms and known misspellings written out; as many as came."""
    return list(map(_settled().__getitem__, words))


def place_key(name: str) -> str:
    """A name as it is looked up: folded, settled, its words parted by single spaces."""
    return " ".join(settled(words_of(name).split()))
