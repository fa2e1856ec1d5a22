"""Numbers that are written so that no machine shall read them: words between digits, letters that look like digits.

A run of numerals counts when it holds nine digits or more in all and at least one of them is disguised; plain digits
are the business of `privacy.py`.
"""

from __future__ import annotations

import re

_WORDS = {
    "nol": 1, "kosong": 1, "satu": 1, "dua": 1, "tiga": 1, "empat": 1, "lima": 1, "enam": 1, "tujuh": 1, "delapan": 1,
    "lapan": 1, "sembilan": 1, "puluh": 1, "belas": 1, "sepuluh": 2, "sebelas": 2, "zero": 1, "one": 1, "two": 1,
    "three": 1, "four": 1, "five": 1, "six": 1, "seven": 1, "eight": 1, "nine": 1, "double": 1,
}  # fmt: skip
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_TOKEN = rf"(?:{_WORD}|[0-9OoIl])"
_RUN = re.compile(
    rf"(?<![A-Za-z0-9]){_TOKEN}(?:[ ,.()+\-]{{0,3}}{_TOKEN}){{5,40}}(?![A-Za-z0-9])", re.IGNORECASE
)
_PART = re.compile(rf"{_WORD}|[0-9OoIl]", re.IGNORECASE)
_LEAST = 9
_PLATE = re.compile(
    r"\b[A-Z]{1,2}[ \-](?:[\dOIl] ?){1,4}[ \-]?(?=[A-Za-z]*[A-Z])[A-Za-z]{2,3}\b|\b[A-Z]{1,2}-\d{1,4}-[A-Z]{1,3}\b"
)
_NO_PLATE = re.compile(r"^(?:RT|RW|NO|JL|GG|KM|DI|KE|PT|CV|TL|SD|UU|PP)\b|(?:RT|RW|KM|WIB|DKI)$")
#: Where neither stands, nothing is disguised: most texts are done with one look.
_DIGIT = re.compile(r"[0-9]")
_LOOKS_ALIKE = re.compile(r"\d[OoIl]|[OoIl]\d")
_NUMERALS = (
    "sembilan",
    "lapan",
    "tujuh",
    "enam",
    "lima",
    "empat",
    "tiga",
    "dua",
    "satu",
    "nol",
    "kosong",
    "puluh",
    "eight",
)
_MANY = 2


def without_spelt(text: str, phone: str, plate: str) -> str:
    """`text` with disguised numbers replaced by `phone`, disguised number plates by `plate`. Linear time."""
    has_digits = _DIGIT.search(text) is not None
    lowered = text.lower()
    if (has_digits and _LOOKS_ALIKE.search(text)) or sum(map(lowered.count, _NUMERALS)) >= _MANY:
        text = _RUN.sub(lambda m: phone if _counts(m[0]) else m[0], text)
    return _PLATE.sub(lambda m: plate if _is_plate(m[0]) else m[0], text) if has_digits else text


def _counts(run: str) -> bool:
    parts = [part.lower() for part in _PART.findall(run)]
    digits = sum(_WORDS.get(part, 1) for part in parts)
    real = sum(part.isdigit() or part in _WORDS for part in parts)
    return digits >= _LEAST and real >= _LEAST - 4 and any(not part.isdigit() for part in parts)


def _is_plate(found: str) -> bool:
    return any(c.isdigit() for c in found) and not _NO_PLATE.search(found)
