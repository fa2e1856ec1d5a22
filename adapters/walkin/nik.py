"""The number on an Indonesian identity card (NIK, Permendagri 74/2015): what it says, and whether it can be one.

Sixteen digits: six of the kecamatan where it was issued, DDMMYY of birth (a woman's day is 40 higher), four of a
serial number. A NIK that fails here is surely mistyped; one that passes need not exist.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

Problem = Literal["digits", "region", "date", "serial"]
#: Province codes in use, those of Papua's new provinces included.
_PROVINCES = frozenset(
    (
        *range(11, 20),
        21,
        *range(31, 37),
        *range(51, 54),
        *range(61, 66),
        *range(71, 77),
        81,
        82,
        *range(91, 98),
    )
)


class Nik(Struct, frozen=True, kw_only=True):
    """A well-formed NIK. `female` and `born` are what it claims."""

    number: str
    female: bool
    born: date


def read_nik(text: str, today: date) -> Nik | Problem:
    """The NIK in `text` (spaces, dots and hyphens are forgiven), or the part that is wrong.

    Two digits of the year: the latest year that is not after `today` is taken.
    """
    digits = "".join(c for c in text if c not in " .-\t")
    if len(digits) != 16 or not (digits.isascii() and digits.isdigit()):
        return "digits"
    if int(digits[:2]) not in _PROVINCES or digits[2:4] == "00" or digits[4:6] == "00":
        return "region"
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    female = day > 40
    born = _date(today.year - (today.year - year) % 100, month, day - 40 if female else day)
    if born is not None and born > today:
        born = _date(born.year - 100, month, born.day)
    if born is None:
        return "date"
    if digits[12:] == "0000":
        return "serial"
    return Nik(number=digits, female=female, born=born)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
