"""Text folded for matching: lower case, no accents, look-alike letters as Latin, everything else a space.

The folded text has as many characters as the text, so a place found in one is found in the other.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Cyrillic and Greek letters that pass for Latin ones. Folded for matching only: a Russian text stays Russian.
_LOOK_ALIKES = dict(
    zip(
        map(ord, "аеорсухіјѕԁһвкмнтАЕОРСУХІЈЅВКМНТαορυνικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"),
        "aeopcyxijsdhbkmhtaeopcyxijsbkmhtaopuvikabezhikmnoptyx",
        strict=True,
    )
)
_KNOWN = 4096


class _Folding(dict[int, str]):
    """Fills itself as characters are met, up to a bound that no sender can push."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _LOOK_ALIKES.get(code) or unicodedata.normalize("NFKD", character)[0].lower()[0]
        if not folded.isalnum():
            folded = " "
        if len(self) < _KNOWN:
            self[code] = folded
        return folded


_FOLDING = _Folding()


@lru_cache(maxsize=16)
def fold(text: str) -> str:
    """`text` folded, character for character. The last ones are kept, because several steps fold the same text."""
    return text.translate(_FOLDING)


def whole(subject: str, text: str) -> str:
    """All that a message says, as every step reads it: its subject, if it has one, and its text."""
    return f"{subject}\n{text}" if subject else text
