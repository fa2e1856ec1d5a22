"""A text as it is searched for places: settled words parted by single spaces, and the words as they were written."""

from __future__ import annotations

import re
from functools import cached_property

from normalizer.folding import fold
from normalizer.place_words import settled

#: Stands for the end of a sentence in the text as it is searched: a word that nobody writes (ASCII folds fastest).
STOP = "qxqx"
_ENDS = "!?\n;|"
#: A full stop behind a word; "Kel." and "Jl." are none. It begins with its one letter, which makes it quick.
_FULL_STOP = re.compile(r"\.(?=\s)(?<=[A-Za-z]{4}\.)")
#: "diKemayoran", "#BanjirTebet": a capital begins a new word. There are few capitals, so it is looked for from there.
_CAPITAL = re.compile(r"[A-Z](?<=[a-z][A-Z])")


class Reading:
    """`words` (settled) and `written` (folded alone) have the same length; `line` is the words joined."""

    def __init__(self, text: str) -> None:
        stopped = _FULL_STOP.sub(f" {STOP} ", text) if ". " in text or ".\n" in text else text
        for end in _ENDS:
            if end in stopped:
                stopped = stopped.replace(end, f" {STOP} ")
        if _CAPITAL.search(stopped) is not None:
            stopped = _CAPITAL.sub(r" \g<0>", stopped)
        self._stopped = stopped
        self._folded = fold(stopped)
        self.written = self._folded.split()
        self.words = settled(self.written)
        self.line = " ".join(self.words)

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        find, end, spans = self._folded.find, 0, []
        for word in self.written:
            start = find(word, end)
            end = start + len(word)
            spans.append((start, end))
        return spans

    @cached_property
    def shouted(self) -> bool:
        """Whether the text is all capitals, which then say nothing."""
        return self._stopped.replace(STOP, "").isupper()

    def said(self, first: int, last: int) -> str:
        """The words as written (folded), without the `last`."""
        return " ".join(self.written[first:last])

    def before(self, index: int, count: int = 1) -> str:
        """The word that stands `count` words before the one at `index`; `STOP` at the beginning."""
        return self.words[index - count] if index >= count else STOP

    def after(self, index: int) -> str:
        """The word at `index`; `STOP` behind the last one."""
        return self.words[index] if index < len(self.words) else STOP

    def capital(self, index: int) -> bool:
        """Whether the word at `index` begins with a capital letter in a text that is not shouted."""
        if self.shouted or index >= len(self.words) or self.words[index] == STOP:
            return False
        return self._stopped[self._spans[index][0]].isupper()

    def acronym(self, index: int) -> bool:
        """Whether the word is in capitals in a text that is not."""
        start, end = self._spans[index]
        return end - start >= 2 and not self.shouted and self._stopped[start:end].isupper()

    def begins(self, index: int) -> bool:
        """Whether a sentence begins with the word at `index`."""
        return self.before(index) == STOP

    def parted(self, index: int) -> bool:
        """Whether a comma or colon stands between the word at `index` and the one before it."""
        if index == 0:
            return True
        gap = self._stopped[self._spans[index - 1][1] : self._spans[index][0]]
        return "," in gap or ":" in gap or "-" in gap.strip() or "(" in gap
