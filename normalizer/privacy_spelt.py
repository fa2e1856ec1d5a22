"""Numbers that are written so that no machine shall read them: words between digits, letters that look like digits.

A run of numerals counts when it holds nine digits or more in all and at least one of them is disguised; plain digits
are the business of `privacy_numbers.py`.
"""

from __future__ import annotations

import re

from normalizer.folding import fold

_ONE = (
    "nol kosong enol nul zero satu satoe atu siji hiji ato one dua due loro two tiga tige telu tilu three empat ampat "
    "mpat papat opat four lima lime limo five enam anem enem nem genep six tujuh tuju pitu seven delapan dlapan lapan "
    "wolu dalapan eight sembilan semilan sanga songo salapan nine puluh belas double dobel triple"
)
_WORDS = dict.fromkeys(_ONE.split(), 1) | {"sepuluh": 2, "sebelas": 2, "ratus": 0, "ribu": 0}
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
#: Digits, and letters and signs that pass for them.
_ALIKE = "0-9OoQIil|!ZzSsBGgq"
_TOKEN = rf"(?:{_WORD}|[{_ALIKE}])"
_BETWEEN = r"(?:[ ,.()+\-/_*~·•\u2010-\u2015]{0,3}|\n| (?:strip|dash|spasi|titik|garis) )"
_RUN = re.compile(rf"(?<![A-Za-z0-9]){_TOKEN}(?:{_BETWEEN}{_TOKEN}){{5,40}}(?![A-Za-z0-9])", re.IGNORECASE)
_PART = re.compile(rf"{_WORD}|[{_ALIKE}]", re.IGNORECASE)
#: A telephone in letters that pass for digits begins like one.
_BEGINS = re.compile(r"(?<!\w)(?:[O0oQ] ?[8B]|\+? ?62|[O0oQ]2)")
_LEAST = 9
#: Where neither stands, nothing is disguised: most texts are done with one look.
_LOOKS_ALIKE = re.compile(rf"\d[{_ALIKE[3:]}]|[{_ALIKE[3:]}]\d")
_NUMERALS = (
    "nol", "kosong", "atu", "dua", "due", "tig", "mpat", "lima", "lime", "nam", "nem", "tuju", "lapan",
    "milan", "bilan",
    "puluh", "eight", "wolu", "zero", "one", "two", "three", "four", "five", "six", "seven", "nine", "hiji", "siji",
)  # fmt: skip


_GLUED = re.compile(rf"\d(?:{_WORD})|(?:{_WORD})\d")


def without_spelt(text: str, lowered: str, phone: str) -> str:
    """`text` (and the same in small letters) with disguised numbers replaced by `phone`. Linear time."""
    if (any(word in lowered for word in _NUMERALS) and _told(lowered)) or _LOOKS_ALIKE.search(text):
        return _RUN.sub(lambda m: phone if _counts(m[0]) else m[0], text)
    return text


def _told(lowered: str) -> bool:
    """Whether a word for a digit stands beside another one or beside digits."""
    last = " "
    for word in fold(lowered).split():
        what = "w" if word in _WORDS else "d" if word[0].isdigit() or word[-1].isdigit() else " "
        if what == "d" and not word.isdigit() and _GLUED.search(word):
            return True
        if (what == "w" and last != " ") or (what == "d" and last == "w"):
            return True
        last = what
    return False


def _counts(run: str) -> bool:
    parts = [part.lower() for part in _PART.findall(run)]
    spelt = sum(len(part) > 1 for part in parts)
    real = sum(part.isdigit() for part in parts)
    letters = len(parts) - spelt - real
    digits = sum(_WORDS.get(part, 1) for part in parts)
    if digits < _LEAST or not spelt + letters:
        return False
    odd = any(part not in "oil" and len(part) == 1 and not part.isdigit() for part in parts)
    begins = _BEGINS.search(run) is not None
    if begins and real and not odd:
        return True
    # Letters alone are a word; many of them beside digits only where the number begins like a telephone's.
    return real + spelt >= _LEAST - 4 and real + spelt >= letters and (not odd or begins)
