"""Numbers that are written so that no machine shall read them: words between digits, letters that look like digits.

A run of numerals counts when it holds nine digits or more in all and at least one of them is disguised; plain digits
are the business of `privacy_numbers.py`.
"""

from __future__ import annotations

import re

from normalizer.privacy_signs import NUMERALS, SPELT

_WORD = "|".join(sorted(NUMERALS, key=len, reverse=True))
#: Digits, and letters and signs that pass for them.
_ALIKE = "0-9OoQIil|!ZzSsBGgq"
_TOKEN = rf"(?:{_WORD}|[{_ALIKE}])"
_BETWEEN = r"(?:[ ,.()+\-/_*~·•\u2010-\u2015]{0,3}|\n| (?:strip|dash|spasi|titik|garis) )"
_RUN = re.compile(rf"(?<![A-Za-z0-9]){_TOKEN}(?:{_BETWEEN}{_TOKEN}){{5,40}}(?![A-Za-z0-9])", re.IGNORECASE)
_PART = re.compile(rf"{_WORD}|[{_ALIKE}]", re.IGNORECASE)
#: A telephone in letters that pass for digits begins like one.
_BEGINS = re.compile(r"(?<!\w)(?:[O0oQ] ?[8B]|\+? ?62|[O0oQ]2)")
_LEAST = 9
#: It begins with the digit, so that the search runs over everything else in C.
_LOOKS_ALIKE = re.compile(rf"\d(?:(?=[{_ALIKE[3:]}])|(?<=[{_ALIKE[3:]}]\d))")


def looks_alike(text: str) -> bool:
    """Whether letters that pass for digits stand beside digits."""
    return _LOOKS_ALIKE.search(text) is not None


def without_spelt(text: str, held: frozenset[int], phone: str, *, alike: bool) -> str:
    """`text`, which holds the signs `held`, with disguised numbers replaced by `phone`. Linear time."""
    if alike or SPELT in held:
        return _RUN.sub(lambda m: phone if _counts(m[0]) else m[0], text)
    return text


def _counts(run: str) -> bool:
    parts = [part.lower() for part in _PART.findall(run)]
    spelt = sum(len(part) > 1 for part in parts)
    real = sum(part.isdigit() for part in parts)
    letters = len(parts) - spelt - real
    digits = sum(NUMERALS.get(part, 1) for part in parts)
    if digits < _LEAST or not spelt + letters:
        return False
    odd = any(part not in "oil" and len(part) == 1 and not part.isdigit() for part in parts)
    begins = _BEGINS.search(run) is not None
    if begins and real and not odd:
        return True
    # Letters alone are a word; many of them beside digits only where the number begins like a telephone's.
    return real + spelt >= _LEAST - 4 and real + spelt >= letters and (not odd or begins)
