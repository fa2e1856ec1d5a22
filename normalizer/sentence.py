"""A sentence for whoever reads it: said in English where it comes up, told in the reader's language where it is shown.

Whoever finds something wrong says so in English, with named values:

    Sentence("{path} cannot be read ({why})", path=path, why=because(error))

`str()` of it is the English sentence: that is what logs, JSON and tests see. The edge that knows its reader asks for
`told(catalogue)` instead: the catalogue leads from the English sentence, before its values are put in, to another
language's (`words.id.toml` beside the code that says it; see `intake/words.py`, which gathers them). So no layer needs
to know in which language it is read, and a sentence that nobody has translated yet is told in English.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from string import Formatter

_FORMAT = Formatter()


class Sentence:
    """`template` is the English sentence with its `values` in braces, as `str.format` has them. Without values nothing
    is put in, so braces stand for themselves. A value may be `Sentence`, and is told in the same language."""

    __slots__ = ("template", "values")

    def __init__(self, template: str, /, **values: object) -> None:
        self.template, self.values = template, values

    @classmethod
    def of(cls, words: str | Sentence, values: Mapping[str, object] | None = None) -> Sentence:
        """`words` as they are, or a template with its values."""
        return words if isinstance(words, Sentence) else cls(words, **(values or {}))

    def told(self, catalogue: Mapping[str, str]) -> str:
        """In the catalogue's language; in English where that is silent."""
        sentence = catalogue.get(self.template, self.template)
        if not self.values:
            return sentence
        values = {name: tell(value, catalogue) for name, value in self.values.items()}
        return _FORMAT.vformat(sentence, (), values)

    def __str__(self) -> str:
        return self.told({})

    def __repr__(self) -> str:
        return f"Sentence({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sentence) and (self.template, self.values) == (other.template, other.values)

    def __hash__(self) -> int:
        return hash(self.template)


class Several(tuple[Sentence | str, ...]):
    """Things one after the other, as a value: with `; ` between, each in the reader's language."""

    def __new__(cls, words: Iterable[Sentence | str]) -> Several:
        return super().__new__(cls, words)

    def told(self, catalogue: Mapping[str, str]) -> str:
        return "; ".join(str(tell(one, catalogue)) for one in self)

    def __str__(self) -> str:
        return self.told({})


def tell(value: object, catalogue: Mapping[str, str]) -> object:
    """A value as it is put into a sentence: what is words is told, also those of an error; everything else stays what
    it is."""
    if isinstance(value, Sentence | Several):
        return value.told(catalogue)
    if isinstance(value, Exception) and isinstance(words := _words_of(value), Sentence):
        return words.told(catalogue)
    if isinstance(value, OSError) and value.errno:
        known = (catalogue.get(words) for words in (value.strerror or "", os.strerror(value.errno)))
        return next((words for words in known if words), value)
    return value


def _words_of(error: Exception) -> object:
    """What one of our own errors says (`normalizer/errors.py`), or a plain one was raised with."""
    return getattr(error, "words", error.args[0] if error.args else None)


def because(error: OSError) -> Sentence:
    """What the system says to an error ("Permission denied"): few sentences, so that they are translated too."""
    return Sentence(error.strerror or str(error) or type(error).__name__)
