"""A sentence for whoever reads it: said in English where it comes up, told in the reader's language where it is shown.

Whoever finds something wrong says so in English, with named values:

    Sentence("{path} cannot be read ({why})", path=path, why=because(error))

`str()` of it is the English sentence: that is what logs, JSON and tests see. The edge that knows its reader asks for
`told(catalogue)` instead: the catalogue leads from the English sentence, before its values are put in, to another
language's (`words.id.toml` beside the code that says it; see `intake/words.py`, which gathers them). So no layer needs
to know in which language it is read, and a sentence that nobody has translated yet is told in English.

What was kept as its English words (why something lies in quarantine) is data that other programs read, and stays so;
`Retelling` finds the template that they were made from.
"""

from __future__ import annotations

import os
import re
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


class Retelling:
    """Tells sentences of `catalogue` again that are only there as their English words, values put in."""

    def __init__(self, catalogue: Mapping[str, str]) -> None:
        self._whole = {english: other for english, other in catalogue.items() if "{" not in english}
        made = [(_pattern(english), other) for english, other in catalogue.items() if "{" in english]
        #: The one with the most words of its own comes first: its values are the least.
        self._made = [
            (re.compile(pattern, re.DOTALL), other) for pattern, other in sorted(made, key=_own_words)
        ]

    def told(self, text: str, depth: int = 3) -> str:
        """In the catalogue's language, values too; as it is where no template made it. Of several sentences in a row,
        and of one behind the name of a field, each is told."""
        if text in self._whole:
            return self._whole[text]
        for pattern, other in self._made if depth else ():
            if (found := pattern.fullmatch(text)) is not None:
                values = {name: self.told(value, depth - 1) for name, value in found.groupdict().items()}
                return "".join(
                    before + values.get(name or "", "") for before, name, _, _ in _FORMAT.parse(other)
                )
        for between in (": ", ". ", "; ") if depth else ():
            left, found_between, right = text.partition(between)
            if (
                found_between
                and (told := self.told(left, depth - 1) + between + self.told(right, depth - 1)) != text
            ):
                return told
        return text


def _own_words(made: tuple[str, str]) -> int:
    return -len(re.sub(r"\(\?P<.*?\)", "", made[0]))


def _pattern(template: str) -> str:
    """What matches every sentence that was made from it; nothing, where all its words are values."""
    pattern, names = "", set()
    for before, name, _, _ in _FORMAT.parse(template):
        pattern += re.escape(before)
        if name is not None:
            pattern += f"(?P={name})" if name in names else f"(?P<{name}>.+?)"
            names.add(name)
    return pattern if re.search(r"[^\W\d_]{3}", _FORMAT.vformat(template, (), _Blank())) else r"(?!)"


class _Blank(dict[str, object]):
    """Every value is empty."""

    def __missing__(self, name: str) -> object:
        return _Empty()


class _Empty:
    def __format__(self, form: str) -> str:
        return ""

    def __repr__(self) -> str:
        return ""


def because(error: OSError) -> Sentence:
    """What the system says to an error ("Permission denied"): few sentences, so that they are translated too."""
    return Sentence(error.strerror or str(error) or type(error).__name__)
