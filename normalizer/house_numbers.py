"""Which numbers of a text are weighed as a house's (`house_judge.py`), and of what shape they are.

Digits with the letters and parts that houses, blocks and flats bear, and numbers in words behind a word that announces
one; no amounts, times, dates, shares, codes, and no RT and RW.
"""

from __future__ import annotations

import re

from msgspec import Struct

from normalizer.word_start import word_start

HIDDEN = "[…]"
#: A number as houses bear it, from its first digit on: 17, 17A, "17 A" before an end, 12/3, 12-07, 45/II/8.
_NUMBER = re.compile(
    r"\d+(?:[A-Za-z]{1,2}(?![^\W_]))?"
    r"(?:[-/](?:\d{1,4}(?:[A-Za-z](?![^\W_]))?|[A-Za-z]{1,2})(?![^\W_]))*"
    r"(?: [A-H](?=$|[,;)\n]| (?:RT|Rt|rt|RW|Kel|Kec)\b))?"
)
#: What makes it a part of something longer: an amount, a time, a share, a code.
_GOES_ON = re.compile(r"[%@_]|[.,:]\d|[-/]\w|(?!(?:rt|rw|lt|kel)\b|(?:rt|rw)\d)\w", re.IGNORECASE)
#: Numbers of something else by the word right before them.
_NEVER = (
    "rt", "rt.", "rt ", "rt. ", "rw", "rw.", "rw ", "rw. ", "jam ", "rp", "rp ", "rp. ", "rp.", " km ", "pukul ",
    "pkl ", " tgl ", "tanggal ", "tahun ",
)  # fmt: skip
#: The letters of a block or a tower before it: C3/12, F/11, D-7, AA5.
_BLOCK = re.compile(r"(?<![^\W_])(?<![@#])([A-Za-z]{1,2})[-/]?$")
#: A word with a number among its letters: "t4i".
_LEET = re.compile(r"[a-z]{1,2}\d[a-z]{1,2}")
#: Letters and decrees are numbered by the year: 412/2025.
_OF_A_YEAR = re.compile(r"\d/(?:19|20)\d\d$")
#: Short words that stand right before a number without a space; "II/8" is a lane and a house.
_GLUED = frozenset(
    ("rt", "rw", "no", "lt", "km", "gg", "jl", "kp", "tj", "sd", "ke", "hp", "wa", "jm", "gd", "rp", "nr")
)
#: The name of an account goes on with digits.
_ACCOUNT, _LONGEST = re.compile(r"[@_]\S*$"), 24
ROMAN = re.compile(r"[IVX]{1,5}")
#: Words for numbers behind a word that announces one: "nmr tiga belas".
_DIGIT_WORDS = (
    r"(?:satu|atu|dua|due|tiga|tige|empat|ampat|lima|lime|enam|anem|enem|tujuh|tuju|delapan|dlapan|lapan|sembilan"
    r"|semilan|sepuluh|sebelas|seratus|siji|loro|telu|papat|limo|nem|pitu|wolu|sanga|songo|sepuloh|sewelas|rolas"
    r"|telulas|patbelas|limolas|nembelas|pitulas|wolulas|sangalas|songolas|selikur|rolikur|telulikur|selawe"
    r"|rong|telung|patang|limang|pitung|wolung|sangang|seket|suwidak|sewidak|rongpuluh|hiji|tilu|opat|genep"
    r"|dalapan|salapan|sapuluh|setunggal|kalih|sekawan|gangsal|sedasa|ciek|duo|tigo|ampek|anam|tujuah|sambilan)"
)
_TENS = r"(?:puluh|puluah|dasa|belas|baleh|ratus|welas|las|likur)"
_IN_WORDS = rf"{_DIGIT_WORDS}(?: {_TENS}\b)?(?: {_DIGIT_WORDS}\b){{0,2}}"
_TOLD = re.compile(
    word_start(
        "bernomor", "nomor(?:nya|e)?", "nomer(?:nya|nye|e)?", "nmr", "no", "unit", "pintu", "panto", "petak", "kamar",
        "rumah", "rume", "omah",
    )
    + rf"\.? \(?(?i:({_IN_WORDS}))(?!\w)"
    "|"
    + word_start("number", "unit", "flat", "room")
    + r" (?i:(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve))\b"
)  # fmt: skip
#: The number that was hidden once more, as letters write it: "nomor 11 (sebelas)".
_TOLD_AGAIN = re.compile(rf"(?<=\[…\] \()(?i:{_IN_WORDS})(?=\))")
#: Numbers in a row with nothing but commas between, no amount: "15,16,17".
_ROW = re.compile(r"(?<![\d.,])\d{1,2}[A-Za-z]?(?:,\d{1,2}[A-Za-z]?){2,}(?!\w|[.,]\d)")
_WHOLE = re.compile(r"\d+")
_DIGITS, _LARGE, _SMALL = re.compile(r"\d"), re.compile(r"[A-Z]"), re.compile(r"[a-z]")


class Number(Struct, frozen=True):
    """One number of a text: where it stands, of what shape it is, and how much it is (-1: no plain number)."""

    start: int
    end: int
    own: str
    value: int = -1


def numbers(text: str, *, told: bool = True) -> list[Number]:
    """The numbers of a text that might be a house's, in order; `told`: also those in words."""
    found: list[Number] = []
    in_rows = {n.start() for row in _ROW.finditer(text) for n in _WHOLE.finditer(text, *row.span())}
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        part = _GOES_ON.match(text, end) or (start and not _begins(text, start))
        if part and start not in in_rows:
            continue
        before, said = text[start - 1 : start], match[0]
        if text[max(0, start - 8) : start].lower().endswith(_NEVER):
            continue
        if before and not before.isspace() and _ACCOUNT.search(text, max(0, start - _LONGEST), start):
            continue
        if before and (before.isalpha() or before in "-/"):
            block = _BLOCK.search(text, max(0, start - 4), start)
            if block is not None and not (
                block[1].lower() in _GLUED or (before == "/" and ROMAN.fullmatch(block[1]))
            ):
                start = block.start()
                said = text[start:end]
        if len(said) > 4 and (
            said[:5].isdigit() or (said.count("/") + said.count("-") > 1 and not _letters(said))
        ):
            continue  # a date, or no house's
        if _LEET.fullmatch(said) or _OF_A_YEAR.search(said):
            continue
        plain = said if said.isdigit() else said[:-1]
        found.append(Number(start, end, _own(said), int(plain) if plain.isdigit() else -1))
    words = [Number(*match.span(match.lastindex or 1), "w") for match in _TOLD.finditer(text)] if told else []
    return sorted(found + words, key=lambda number: number.start) if words else found


def without_told_again(text: str) -> str:
    """`text` without a number in words behind the same that is hidden."""
    return _TOLD_AGAIN.sub(HIDDEN, text) if "[…] (" in text else text


def _letters(said: str) -> bool:
    return _LARGE.search(said) is not None or _SMALL.search(said) is not None


def _begins(text: str, start: int) -> bool:
    """Whether the digits at `start` are the first of their number."""
    before = text[start - 1]
    if before in ".,:-/":
        return start < 2 or not text[start - 2].isdigit()
    return before not in "$€£"


def _own(said: str) -> str:
    """The shape of a number; how large it is when it is digits alone."""
    if not said.isdigit():
        shape = _LARGE.sub("A", _SMALL.sub("a", _DIGITS.sub("9", said)))
        return shape if shape[-2:] not in ("9a", "aa") else shape + said[-2:].lower().lstrip("0123456789")
    size, value = len(said), int(said)
    if said[0] == "0":
        return f"0{size}"
    if size == 4:
        return "year" if 1945 <= value < 2046 else "round" if value % 100 == 0 else "4"
    if size == 3:
        return "3r" if value % 50 == 0 else "3"
    return (
        "a" if value < 4 else "b" if value < 13 else "c" if value < 31 else "dr" if value % 10 == 0 else "d"
    )
