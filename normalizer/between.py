"""One letter for what stands between two words: how the judges of names and of houses see a text laid out."""

from __future__ import annotations

from normalizer.memory import Memory

_COMMON = {" ": "_", "": "^", ", ": ",", ". ": ".", ".": ".", "\n": "n", ": ": ":", " (": "("}


def letters(marks: str) -> Memory[str]:
    """For each gap its letter: the first of `marks` that stands in it, `n` for the end of a line, `-` for any dash, `_`
    for space alone, `^` for nothing, `?` for anything else."""

    def letter(gap: str) -> str:
        found = _COMMON.get(gap)
        if found is not None:
            return found
        for mark in marks:
            if mark in gap:
                return "n" if mark == "\n" else "-" if mark in "–—" else mark
        return "_" if gap.isspace() else "?"

    return Memory(letter)
