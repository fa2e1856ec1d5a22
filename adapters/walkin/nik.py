"""The number on an Indonesian identity card (NIK, Permendagri 74/2015): what it says, and whether it can be one.

Sixteen digits: six of the kecamatan where it was issued, DDMMYY of birth (a woman's day is 40 higher), four of a
serial number. A NIK that fails here is surely mistyped; one that passes need not exist.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

Problem = Literal["digits", "region", "date", "serial"]
#: The provinces whose codes a NIK may begin with, those of Papua's new provinces included.
PROVINCES = {
    11: "Aceh", 12: "Sumatera Utara", 13: "Sumatera Barat", 14: "Riau", 15: "Jambi", 16: "Sumatera Selatan",
    17: "Bengkulu", 18: "Lampung", 19: "Kepulauan Bangka Belitung", 21: "Kepulauan Riau", 31: "Jakarta",
    32: "Jawa Barat", 33: "Jawa Tengah", 34: "DI Yogyakarta", 35: "Jawa Timur", 36: "Banten", 51: "Bali",
    52: "Nusa Tenggara Barat", 53: "Nusa Tenggara Timur", 61: "Kalimantan Barat", 62: "Kalimantan Tengah",
    63: "Kalimantan Selatan", 64: "Kalimantan Timur", 65: "Kalimantan Utara", 71: "Sulawesi Utara",
    72: "Sulawesi Tengah", 73: "Sulawesi Selatan", 74: "Sulawesi Tenggara", 75: "Gorontalo",
    76: "Sulawesi Barat", 81: "Maluku", 82: "Maluku Utara", 91: "Papua", 92: "Papua Barat",
    93: "Papua Selatan", 94: "Papua Tengah", 95: "Papua Pegunungan", 96: "Papua Barat Daya", 97: "Papua",
}  # fmt: skip


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
    if int(digits[:2]) not in PROVINCES or digits[2:4] == "00" or digits[4:6] == "00":
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
