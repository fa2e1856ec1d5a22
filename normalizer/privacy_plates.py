"""Number plates of vehicles, as people write them: `B 1234 XYZ`, `b1234xyz`, `B-1234-XYZ`, `B l2O4 XYZ`.

The letters before the number are the codes of Indonesia's regions, so that "RT 05 RW" or "KM 12 DKI" is no plate.
Written small or without the letters behind, it is believed beside a word for a vehicle alone; B also elsewhere.
"""

from __future__ import annotations

import re

from normalizer.name_words import UNKNOWN, kind_of
from normalizer.phrases import words_in
from normalizer.privacy_signs import NUMERALS

MASK = "[pelat nomor]"
#: What stands before a plate's digits: its letters, parted from them by little.
_PREFIX = re.compile(r"(?<![\w/.\-])([A-Za-z]{1,2})(?:[ .\-]{0,2}| - |[_/])$")
_SUFFIX = re.compile(r"(?:[ .\-]{0,2}| - |[_/])([A-Za-z]{1,3})(?![\w'’/])")
_VEHICLE = re.compile(
    r"\b(?:(?:ber)?pe?lat(?:nya|nye|ny)?|(?:ber)?nopol(?:nya|nye)?|no\.? ?pol(?:isi)?|nomor polisi|mobil(?:nya)?|mbl"
    r"|motor(?:nya)?|mtr|mtor|kendaraan|kndraan|truk|truck|trk|bus|angkot|pickup|avanza|xenia|innova|fortuner|pajero|beat|vario"
    r"|mio|scoopy|nmax|vespa|taksi|taxi|plate|stnk|mikrotrans|minibus|bajaj|trailer|tronton|boks?|box|sedan|ojol|ojek|car|bike|motorcycle|van"
    r"|nabrak|menabrak|ditabrak|penabrak|tilang|ditilang|jambret|begal|pengemudi|pengendara|sopir|supir)\b[^\d\n]{0,40}$"
)
_PLATE_WORD = re.compile(
    r"\b(?:(?:ber)?pe?lat(?:nya|nye|ny)?|(?:ber)?nopol(?:nya|nye)?|no\.? ?pol(?:isi)?|nomor polisi|plate)\b"
    r"[^\d\n]{0,20}$"
)
#: A vehicle right before letters and three or four digits, which are then its plate without the letters behind.
_DRIVEN = re.compile(
    r"\b(?:mobil(?:nya)?|mbl|motor(?:nya)?|mtr|mtor|kendaraan|kndraan|truk|truck|trk|pickup|avanza|xenia|innova|fortuner|pajero|beat"
    r"|vario|mio|scoopy|nmax|vespa|taksi|taxi|sedan|honda|yamaha|suzuki|toyota|pengemudi|pengendara|sopir|supir|stnk)\b"
    r"(?: [a-z]{2,12}){0,3} $"
)
#: What a vehicle does, behind a plate of B: "B1234 parkir di trotoar".
_DRIVES = re.compile(
    r" (?:(?:yg|yang|itu|ini|selalu|suka|sering|udah|sudah|lagi|sedang) ){0,2}"
    r"(?:parkir|diparkir|markir|ngebut|ugal|nerobos|menerobos|nabrak|menabrak|nyerempet|menyerempet|nyelonong|lawan"
    r"|melawan|ngetem|mogok|nutup|menutup|nutupin|halangi|menghalangi|ngalangin|melintas|melanggar|berhenti"
    r"|masuk jalur)"
)
#: What stands before a number and makes it something else than a plate's.
_NO_PREFIX = re.compile(
    r"\b(?:blok|block|gg|gang|lt|lantai|tower|kelas|kls|seri|tipe|type|gate|pintu|peron|jalur|vitamin|hepatitis"
    r"|golongan|grup|group|ruang|ruangan|kamar|unit|gedung|rumah|parkiran|halte|rute"
    r"|jak|koridor|surat|sk|antrean|antrian)[ .]{1,2}$"
)
#: With letters that pass for digits.
_ALIKE = re.compile(
    r"(?<![\w/.-])[A-Z]{1,2}(?:[ .\-]{0,2}| - |_)(?=[OIl ]*\d)(?:(?:[\dOIl]|(?<=\d)[ZS](?=\d)) ?){1,4}"
    r"(?:[ .\-]{0,2}| - |_)"
    r"(?=[A-Za-z]*[A-Z])[A-Za-z]{1,3}(?![\w'’])"
    r"|(?<![\w/.-])[bB](?: ?| - |[_.-])(?=[oilOIL ]*\d)(?:[\doilOIL] ?){3,4}(?:[ .\-]{0,2}| - |_)[A-Za-z]{2,3}(?!\w)"
)
#: Told sign by sign: "B-2-4-4-0-K-Y-O", "B 2440 K.Y.O", "B*2440*KYO".
_BY = r"[ \-.*~|_,/()]{1,2}"
_PARTED = re.compile(
    rf"(?<![\w/.\-])([A-Za-z]{{1,2}}){_BY}(\d(?:[ \-.*_]?\d){{0,3}}){_BY}"
    r"([A-Za-z](?:[ \-._*][A-Za-z]\b){1,2}|[A-Za-z]{1,3})(?![\w'’/])"
)
_SELDOM = frozenset("*~|(),")
_TOLD = re.compile(
    rf"(?<!\w)([A-Z]{{1,2}}|[a-z]{{1,2}})((?:[ ,\-]{{1,2}}(?:{'|'.join(NUMERALS)}|\d)){{3,4}})[ ,\-]{{1,2}}"
    r"(?:[A-Z](?:[ \-.][A-Z]\b){1,2}|[A-Z]{1,3}|[a-z]{1,3}(?: [a-z]{1,2}\b){1,2})(?!\w)"
)
#: The same behind the word for a plate, written small: "plat b enam nol dua satu pzl".
_TOLD_SMALL = re.compile(
    r"(\b(?:(?:ber)?pe?lat(?:nya|nye|ny)?|(?:ber)?nopol(?:nya|nye)?)[ :]{1,2}(?:motor |mobil |nomor |no )?)"
    rf"([a-z]{{1,2}})((?:[ ,\-]{{1,2}}(?:{'|'.join(NUMERALS)}|\d)){{3,4}})([ ,\-]{{1,2}}[a-z]{{1,3}})?(?!\w)",
    re.IGNORECASE,
)
_LETTER_NAMES = frozenset(("be", "de", "ef", "ge", "el", "en", "ka", "te", "ha"))
_VEHICLE_NEAR = 64
#: Written as plates are, and known to everybody as something else.
_CODES = frozenset(("P2TL", "P3K", "P2P", "T2P", "G2G", "B2B", "P5K", "P4GN", "K3L", "B3K", "F1S", "N95S"))
_LARGE_WORDS = frozenset(("RT", "RW", "KM", "WIB", "DKI", "NO", "JL", "GG", "LT", "HP", "WA", "DI", "KE"))
_MOST_DIGITS, _LEAST_DIGITS = 4, 3
_BEFORE, _VOWEL = 6, re.compile(r"[aeiou]", re.IGNORECASE)


def plate(text: str, start: int, end: int, before: str) -> tuple[int, int] | None:
    """Start and end of the plate whose digits stand at `start` to `end`, or None. `before`: what stands before the
    digits, in small letters."""
    prefix = _PREFIX.search(text, max(0, start - _BEFORE), start)
    if prefix is None or prefix[1].lower() not in words_in("plate code"):
        return None
    digits = sum(map(str.isdigit, text[start:end]))
    if (
        digits > _MOST_DIGITS
        or text[start] == "0"
        or _NO_PREFIX.search(before[: len(before) - (start - prefix.start())])
    ):
        return None
    suffix = _SUFFIX.match(text, end, end + 8)
    if (
        digits == 1
        and text[start - 2 : start] == ". "
        and not _VEHICLE.search(before[: prefix.start() - start])
    ):
        return None  # the items of a list: "A. 1 B. 2"
    if suffix is not None and text[prefix.start() : suffix.end()].upper() in _CODES:
        return None
    parted = suffix is not None and text[end : end + 1] in " .-_/"
    if "/" in text[start - 1 : start] + text[end : end + 1]:
        # Letters and decrees are numbered with strokes; a plate is only where a vehicle is spoken of.
        ahead = before[: len(before) - (start - prefix.start())]
        stroked = suffix is not None and text[start - 1] == text[end] and _VEHICLE.search(ahead)
        return (prefix.start(), suffix.end()) if stroked and suffix is not None else None
    dashed = suffix is not None and text[start - 3 : start] == text[end : end + 3] == " - "
    if suffix is not None and parted and not dashed and _is_word(suffix[1]):
        called = suffix[1].isupper() and _PLATE_WORD.search(before[: len(before) - (start - prefix.start())])
        suffix = suffix if called else None
    code = prefix[1]
    if suffix is not None:
        letters = suffix[1]
        if code.isupper() and not letters.islower():
            return prefix.start(), suffix.end()
        small = code.lower() == "b" or (len(code) == 1 and digits == _MOST_DIGITS and not parted)
        if digits >= _LEAST_DIGITS and len(letters) > 1 and small:
            return prefix.start(), suffix.end()
        # Letters that make no word behind a number that is no year.
        unsaid = digits == _MOST_DIGITS and len(letters) > 1 and _VOWEL.search(letters) is None
        if unsaid and text[start : start + 2] not in ("19", "20"):
            return prefix.start(), suffix.end()
    ahead = before[: len(before) - (start - prefix.start())]
    whole = suffix is not None and len(suffix[1]) > 1
    if (not whole and digits >= _LEAST_DIGITS) and (
        _DRIVEN.search(ahead) or (code in "Bb" and _DRIVES.match(text, end))
    ):
        return prefix.start(), end
    # Without letters behind, "angkot M 24" is a line; only what is called a plate is one.
    if _PLATE_WORD.search(ahead) if not whole else _VEHICLE.search(ahead):
        return prefix.start(), suffix.end() if suffix is not None and whole else end
    return None


def _is_word(letters: str) -> bool:
    """Whether letters behind a number are a word of their own; large ones seldom are."""
    return letters in _LARGE_WORDS if letters.isupper() else letters.lower() in words_in("no plate letters")


def without_alike(text: str) -> str:
    """`text` without plates in which letters pass for digits. Linear time."""
    return _ALIKE.sub(lambda m: MASK if _is_plate(m[0]) else m[0], text)


def without_parted(text: str) -> str:
    """`text` without plates that are told sign by sign ("B-2-4-4-0-K-Y-O"). Linear time."""
    return _PARTED.sub(lambda m: MASK if _is_parted(m) else m[0], text)


def without_told(text: str) -> str:
    """`text` without plates whose digits are words ("B dua empat empat nol KYO"). Linear time."""
    return _TOLD_SMALL.sub(_told_small, _TOLD.sub(lambda m: MASK if _is_told(m) else m[0], text))


def _told_small(found: re.Match[str]) -> str:
    code, letters = found[2].lower(), found[4] or ""
    if code not in _LETTER_NAMES and code not in words_in("plate code"):
        return found[0]
    # A word behind it ("yg", "kabur") is no part of the plate.
    word = letters.strip(" ,-").lower()
    return f"{found[1]}{MASK}{letters if word in words_in('no plate letters') or kind_of()[word] != UNKNOWN else ''}"


def _is_told(found: re.Match[str]) -> bool:
    code = found[1].lower()
    return (code in _LETTER_NAMES or code in words_in("plate code")) and _vehicle_before(found)


def _is_parted(found: re.Match[str]) -> bool:
    code, digits, letters = found[1], found[2], found[3]
    # As plates are usually written, `plate` reads it.
    if digits.isdigit() and letters.isalpha() and not any(c in _SELDOM for c in found[0]):
        return False
    count = sum(map(str.isdigit, digits))
    if code.lower() not in words_in("plate code") or digits[0] == "0" or count > _MOST_DIGITS:
        return False
    if _is_word("".join(filter(str.isalpha, letters))) and not _vehicle_before(found):
        return False
    small = not (code + letters).isupper()
    if small and "," in found[0]:
        return False  # "angkot M 24, bus 1"
    return not (small or count < _LEAST_DIGITS or "," in found[0]) or _vehicle_before(found)


def _vehicle_before(found: re.Match[str]) -> bool:
    return (
        _VEHICLE.search(found.string[max(0, found.start() - _VEHICLE_NEAR) : found.start()].lower())
        is not None
    )


def _is_plate(found: str) -> bool:
    parts = re.split(r"[\d .\-_]+", found)
    code = parts[0].lower()[:2]
    # Of "Bl298" the "l" is a digit.
    known = code in words_in("plate code") or code.rstrip("oil") in words_in("plate code")
    return known and not _is_word(parts[-1])
