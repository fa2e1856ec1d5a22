"""Number plates of vehicles, as people write them: `B 1234 XYZ`, `b1234xyz`, `B-1234-XYZ`, `B l2O4 XYZ`.

The letters before the number are the codes of Indonesia's regions, so that "RT 05 RW" or "KM 12 DKI" is no plate.
Written small or without the letters behind, it is believed beside a word for a vehicle alone; B also elsewhere.
"""

from __future__ import annotations

import re

MASK = "[pelat nomor]"
_CODE = (
    r"(?:A[ABDEG]?|B[ABDEGHKLMNP]?|C[CD]|D[ABCDEGHKLMNRSTW]?|E[ABD]?|F|G|H|K[BHTU]?|L|M|N|P[ABGSTY]?"
    r"|R(?!T|W)I?|S|T(?!L)|W|Z)"
)
_LETTER_CODE = r"(?:[ABDEFGHKLMNPRSTWZ]|A[ABDEG]|B[ABDEGHKLMNP]|D[ABDEGHKLMNRST]|E[ABD]|K[BHTU]|P[AB]|RI|CD)"
#: Digits, and letters that pass for them.
_DIGIT = r"[\dOIl]"
_LARGE = re.compile(
    rf"(?<![\w/.-]){_CODE}[ .\-]{{0,2}}(?=[OIl ]*\d)(?:{_DIGIT} ?){{1,4}}[ .\-]{{0,2}}(?=[A-Za-z]*[A-Z])[A-Za-z]"
    rf"{{1,3}}(?![\w'’])"
)
_SMALL = re.compile(
    r"(?<![\w/.-])(?:b ?(?=[oil ]*\d)(?:[\doil] ?){3,4}|[bdeflntz] ?\d{4} ?"
    r"|[adefglnt]\d{4})[ .\-]{0,2}[a-z]{2,3}(?!\w)",
    re.IGNORECASE,
)
_VEHICLE = re.compile(
    r"(\b(?:(?:ber)?p(?:e)?lat(?:nya|nye|ny)?(?: nomor(?:nya)?| no)?|nopol(?:nya|nye)?|no\.? ?pol(?:isi)?"
    r"|nomor polisi|mobil(?:nya)?"
    r"|motor(?:nya)?|mtr|kendaraan|truk|truck|trk|bus|angkot|pickup|avanza|xenia|innova|fortuner|pajero|beat"
    r"|vario|mio|scoopy"
    r"|nmax|vespa|taksi|taxi|plate(?: number)?|stnk)\b[^\d\n]{0,24}?)"
    rf"(?<![\w/-])({_LETTER_CODE}[ .\-]{{0,2}}\d(?: ?[\doil]){{1,3}}(?:[ .\-]{{0,2}}(?!rt\b|rw\b|di\b|km\b|no\b"
    rf"|dr\b|yg\b|jl\b)[a-z]{{1,3}})?)(?!\w)",
    re.IGNORECASE,
)
#: What stands behind a number and is no plate's letters, and before one and makes it something else.
_NO_SUFFIX = re.compile(
    r"[ .\-](?:rt|rw|no|km|jl|gg|lt|di|ke|dr|yg|dan|wib|wit|th|thn|hr|jam|org|rb|rbu|jt|jta|kg|cm|mm|m|hp|wa|kk"
    r"|s|am|pm|dki|dst|dll|dpn"
    r"|sd|sdh|ada|itu|ini|per|pcs|bln|mgg|kmr|unit)$",
    re.IGNORECASE,
)
_NO_PREFIX = re.compile(
    r"\b(?:blok|block|gg|gang|lt|lantai|tower|kelas|kls|seri|tipe|type|gate|pintu|peron|jalur|vitamin|hepatitis|"
    r"golongan|grup|group|no|nomor|rute|jak|koridor|surat|sk|antrean|antrian)[ .]{1,2}$",
    re.IGNORECASE,
)


_VEHICLES = (
    "plat", "pelat", "pol", "mobil", "motor", "mtr", "kendaraan", "truk", "truck", "trk", "bus", "angkot", "pickup",
    "avanza", "xenia", "innova", "fortuner", "pajero", "beat", "vario", "mio", "scoopy", "nmax", "vespa",
    "taksi", "taxi", "stnk",
)  # fmt: skip


def without_plates(text: str, lowered: str) -> str:
    """`text` (and the same in small letters), which holds a digit, with number plates masked. Linear time."""
    if any(vehicle in lowered for vehicle in _VEHICLES):
        text = _VEHICLE.sub(lambda m: f"{m[1]}{MASK}", text)
    text = _LARGE.sub(_masked, text)
    return _SMALL.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 12) : match.start()]
    if _NO_SUFFIX.search(match[0]) or _NO_PREFIX.search(before):
        return match[0]
    return MASK
