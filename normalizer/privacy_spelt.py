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
_TOKEN = rf"(?:{_WORD}|oh\b|[{_ALIKE}])"
#: Words between the parts of a number, and those that say how often one stands there: "tiga kali nol", "nol 4x".
_ON = r"(?:terus|trus|trs|lalu|lanjut|sambung|kemudian|lantas|(?:h?abis|sudah) (?:itu|gitu)|then)"
_TIMES = r"(?:kali|kale|x|times|ping)"
_BETWEEN = (
    r"(?:[ ,.()+\-/_*~·•\u2010-\u2015]{0,3}|\n| (?:strip|dash|spasi|titik|garis) "
    rf"|[ ,]{{0,2}}(?:{_ON}|{_TIMES}|nya)(?: (?:{_ON}|{_TIMES}|nya)){{0,2}}[ ,.\-]{{1,3}})"
)
_RUN = re.compile(
    rf"(?<![A-Za-z0-9])(?:plus )?{_TOKEN}(?:{_BETWEEN}{_TOKEN}){{5,40}}(?: ?{_TIMES})?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_JOINS = re.compile(rf"\b(?:{_ON}|plus|nya)\b|nya\b|(?<![A-Za-z]){_TIMES}\b", re.IGNORECASE)
_OFTEN = re.compile(rf"(\w+) ?{_TIMES}\b", re.IGNORECASE)
_VALUES = (
    dict.fromkeys(("3", "tiga", "tige", "telu", "tilu", "three"), 3)
    | dict.fromkeys(("4", "empat", "ampat", "mpat", "papat", "opat", "four"), 4)
    | dict.fromkeys(("5", "lima", "lime", "limo", "five"), 5)
    | dict.fromkeys(("6", "enam", "anem", "enem", "genep", "six"), 6)
)
#: Plain digits with words or odd signs between: "0812 terus 0000 terus 1234", "0812=0000=1234".
_JOINED = re.compile(
    rf"0[2-9]\d{{1,3}}(?:(?:[ ,]{{0,3}}(?:{_ON}|lanjutan(?:nya)?|strip|dash|min|baca|spasi|titik|dot"
    r"|\((?:dot|titik|spasi)\))"
    r"[ ,.:\-]{1,3}| ?[\"^#=<>\[\]\\{}&%$!?]{1,2} ?)\d{2,6}(?:[ .\-]\d{2,5}){0,2}){1,4}(?!\d)",
    re.IGNORECASE,
)
#: Words that dates and amounts are told in.
COUNTED = _WORD
_PART = re.compile(rf"{_WORD}|oh\b|[{_ALIKE}]", re.IGNORECASE)
#: A telephone in letters that pass for digits begins like one.
_BEGINS = re.compile(r"(?<!\w)(?:[O0oQ] ?[8B]|\+? ?62|[O0oQ]2)")
_LEAST = 9
#: It begins with the digit, so that the search runs over everything else in C.
_LOOKS_ALIKE = re.compile(
    rf"\d(?:(?=[{_ALIKE[3:]}])|(?<=[{_ALIKE[3:]}]\d)|(?=[ .\-]{{1,2}}[OoIl]{{2,5}}[ .\-]\d))"
)


def looks_alike(text: str) -> bool:
    """Whether letters that pass for digits stand beside digits."""
    return _LOOKS_ALIKE.search(text) is not None


def without_spelt(text: str, held: frozenset[int], phone: str, *, alike: bool) -> str:
    """`text`, which holds the signs `held`, with disguised numbers replaced by `phone`. Linear time."""
    if "0" in text:
        text = _JOINED.sub(lambda m: phone if sum(map(str.isdigit, m[0])) >= _LEAST else m[0], text)
    if alike or SPELT in held:
        return _RUN.sub(lambda m: phone if _counts(m[0]) else m[0], text)
    return text


def _counts(run: str) -> bool:
    parts = [part.lower() for part in _PART.findall(_JOINS.sub(" ", run))]
    spelt = sum(len(part) > 1 for part in parts)
    real = sum(part.isdigit() for part in parts)
    letters = len(parts) - spelt - real
    digits = sum(NUMERALS.get(part, 1) for part in parts)
    # "empat kali nol" are two words for four digits.
    digits += sum(_VALUES.get(often.lower(), 2) - 2 for often in _OFTEN.findall(run))
    if digits < _LEAST or not spelt + letters:
        return False
    odd = any(part not in "oil" and len(part) == 1 and not part.isdigit() for part in parts)
    begins = _BEGINS.search(run) is not None
    if begins and real and not odd:
        return True
    # Letters alone are a word; many of them beside digits only where the number begins like a telephone's.
    return real + spelt >= _LEAST - 4 and real + spelt >= letters and (not odd or begins)
