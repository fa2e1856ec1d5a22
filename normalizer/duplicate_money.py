"""Amounts of money, however they are written: "35rb", "35 ribu", "Rp35.000", "1,2 jt", "goceng"."""

from __future__ import annotations

import re

_MILLION = 1_000_000
#: What stands behind a number.
_UNITS = {"rb": 1000, "ribu": 1000, "rebu": 1000, "rbu": 1000, "ewu": 1000, "rewu": 1000, "thousand": 1000}
_UNITS |= {"jt": _MILLION, "juta": _MILLION, "million": _MILLION}
_JOINED = re.compile(r"(?:rp)?(\d{1,4})(rb|ribu|rebu|rbu|jt|juta|k)")
#: Words for an amount, from Hokkien.
_WORDS = {"seceng": 1000, "goceng": 5000, "ceban": 10_000, "noban": 20_000, "goban": 50_000, "gocap": 50_000}
_MILLIONS = ("jt", "juta")
#: A number of so much that is a multiple of so much is one of money.
_LEAST, _COIN = 1000, 500


def money_word(token: str) -> int:
    """The rupiah that a folded word says, 0 for none."""
    found = _JOINED.fullmatch(token)
    return int(found[1]) * _UNITS.get(found[2], 1000) if found else _WORDS.get(token, 0)


def money(tokens: list[str], at: int, value: int) -> tuple[int, int]:
    """The rupiah that the number at `at`, of that `value`, begins, 0 for none; and how many more words it takes."""
    one, two = (*tokens[at + 1 : at + 3], "", "")[:2]
    if one in _UNITS:
        return value * _UNITS[one], 1
    if one == "000":
        return (value * _MILLION, 2) if two == "000" else (value * 1000, 1)
    if two == "000" and len(one) == 3 and one.isdecimal():
        return (value * 1000 + int(one)) * 1000, 2
    if two in _MILLIONS and len(one) == 1 and one.isdecimal():
        return value * _MILLION + int(one) * _MILLION // 10, 2
    return (value, 0) if value >= _LEAST and value % _COIN == 0 else (0, 0)
