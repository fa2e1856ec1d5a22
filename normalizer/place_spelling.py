"""Names of places with a letter wrong, or with their vowels left out, as people write them in haste.

Looked up, not compared: every name is known without each of its letters, and by its consonants. A word that is ordinary
(`no misspelling` in data/place_words.csv, or a short one) is never taken for a name's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from normalizer.memory import Memory
from normalizer.place_words import place_words

T = TypeVar("T")

#: Joined names shorter than this are too like ordinary words; unmarked ones need more letters.
_SHORTEST, _SHORTEST_UNMARKED, _LONGEST = 7, 8, 24
#: Consonants by which a word without its vowels is told.
_CONSONANTS_OF_NAME, _CONSONANTS_OF_WORD = 5, 3
_VOWELS = str.maketrans("", "", "aeiou")


def _without_one(word: str) -> Iterable[str]:
    return (word[:i] + word[i + 1 :] for i in range(len(word)))


def _is_shortened(word: str, whole: str) -> bool:
    """Whether `word` is `whole` with letters left out, the first one kept."""
    if word[0] != whole[0]:
        return False
    letters = iter(whole)
    return all(letter in letters for letter in word)


class Misspellings(Generic[T]):
    """Names (settled, with what each means) and the ways in which they are written wrongly."""

    def __init__(self, names: Mapping[str, T]) -> None:
        self._wrong = place_words("no misspelling")
        self._names = names
        # Shared forms mean nothing, unless those that share them mean the same.
        self._joined: dict[str, T | None] = {}
        self._consonants: dict[str, dict[str, T]] = defaultdict(dict)
        for key, meaning in names.items():
            joined = key.replace(" ", "")
            if len(joined) < _SHORTEST:
                continue
            for form in {joined, *_without_one(joined)}:
                same = form not in self._joined or self._joined[form] == meaning
                self._joined[form] = meaning if same else None
            consonants = joined.translate(_VOWELS)
            if len(consonants) >= _CONSONANTS_OF_NAME:
                self._consonants[consonants][joined] = meaning
        self._beginnings = frozenset(
            form[:3] for form, meaning in self._joined.items() if meaning is not None
        )
        self._words = frozenset(word for key in names if " " in key for word in key.split() if word.isalpha())
        self._near: dict[str, set[str]] = defaultdict(set)
        self._bones: dict[str, set[str]] = defaultdict(set)
        for word in self._words:
            if len(word) >= 5:
                for form in {word, *_without_one(word)}:
                    self._near[form].add(word)
            bones = word.translate(_VOWELS)
            if len(bones) >= _CONSONANTS_OF_WORD:
                self._bones[bones].add(word)
        self._suspects = Memory(self._suspect)
        self._likes = Memory(self._like)

    def may_begin(self, word: str) -> bool:
        """Whether a misspelt name may begin with `word`: hardly anyone gets its first three letters wrong."""
        return len(word) < 3 or word[:3] in self._beginnings

    def after_marker(self, words: Sequence[str]) -> tuple[int, T] | None:
        """How many of the settled `words` (three at most), from the first, are a name with a letter wrong, and its
        meaning."""
        if "".join(words[:2])[:3] not in self._beginnings:
            return None
        for count in range(len(words), 0, -1):
            joined = "".join(words[:count])
            if not _SHORTEST <= len(joined) <= _LONGEST or joined in self._wrong:
                continue
            meaning = self._likes[joined]
            if meaning is not None:
                return count, meaning
        return None

    def anywhere(self, words: Sequence[str]) -> list[tuple[int, int, T]]:
        """First and last word (exclusive) and meaning of names that are misspelt so little that no marker is needed:
        long ones in one word, and those of several words where each other word is right."""
        found: list[tuple[int, int, T]] = []
        suspects = list(map(self._suspects.__getitem__, words))
        if not any(suspects):  # as in most texts
            return found
        for at, suspect in enumerate(suspects):
            if suspect is None:
                continue
            better, meaning = suspect
            whole = self._around(words, at) if better else []
            found += whole
            if not whole and meaning is not None:
                found.append((at, at + 1, meaning))
        return found

    def _suspect(self, word: str) -> tuple[str, T | None] | None:
        """The word of a longer name, and the name, that `word` may be meant to be; None, as for most, if neither."""
        better, meaning = self._correct(word), self._alone(word) if len(word) >= 5 else None
        return (better, meaning) if better or meaning is not None else None

    def _around(self, words: Sequence[str], at: int) -> list[tuple[int, int, T]]:
        """The longest name of several words that the correction at `at` makes whole."""
        start = max(0, at - 2)
        better = [(self._suspects[word] or ("",))[0] or word for word in words[start : at + 3]]
        for count in (3, 2):
            for first in range(max(0, at - start - count + 1), min(at - start, len(better) - count) + 1):
                meaning = self._names.get(" ".join(better[first : first + count]))
                if meaning is not None:
                    return [(start + first, start + first + count, meaning)]
        return []

    def _like(self, joined: str) -> T | None:
        meaning = self._joined.get(joined)
        if meaning is not None:
            return meaning
        shorter = (self._joined.get(form) for form in _without_one(joined))
        return next((meaning for meaning in shorter if meaning is not None), None)

    def _alone(self, word: str) -> T | None:
        if word in self._wrong or not word.isalpha() or len(word) > _LONGEST:
            return None
        if len(word) >= _SHORTEST_UNMARKED and word[:3] in self._beginnings:
            meaning = self._like(word)
            if meaning is not None:
                return meaning
        whole = self._consonants.get(word.translate(_VOWELS), {})
        fitting = [meaning for name, meaning in whole.items() if word != name and _is_shortened(word, name)]
        return fitting[0] if len(fitting) == 1 else None

    def _correct(self, word: str) -> str:
        """The word of a name of several words that `word` was meant to be; empty when it is none or several."""
        if len(word) < 3 or word in self._words or word in self._wrong or not word.isalpha():
            return ""
        near: set[str] = set()
        if len(word) >= 4:
            near |= self._near.get(word, set())
            if len(word) >= 5:
                for form in _without_one(word):
                    near |= self._near.get(form, set())
            near = {other for other in near if other[0] == word[0]}
        if not near:
            near = {
                other for other in self._bones.get(word.translate(_VOWELS), ()) if _is_shortened(word, other)
            }
        return near.pop() if len(near) == 1 else ""
