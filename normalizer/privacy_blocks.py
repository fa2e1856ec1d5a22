"""Houses numbered by block, estate, tower, lane or stall: "blok C3/12", "Perum Griya Asri E5/12", "kios L12"."""

from __future__ import annotations

import re

from normalizer.house_numbers import HIDDEN
from normalizer.privacy_signs import ADDRESS, BLOCK, ESTATE, STALL

_BLOCK = re.compile(
    r"(\b(?:blok|block|kav|kavling)\b\.? ?)"
    r"((?<=kav )\d{1,4}[A-Z]?|(?<=kav\. )\d{1,4}[A-Z]?|(?<=kavling )\d{1,4}[A-Z]?"
    r"|\d{1,3}/[IVX]{1,4}/\d{1,3}|\d{1,3} ?[/\-] ?\d{1,4}[A-Z]?"
    r"|[A-Z]{1,3} ?\d{0,3}(?: ?(?:[/\-.]|no\.?|nomor) ?)\d{1,4}[A-Z]?|[A-Z]{1,2}[ \-]?\d{1,3}[A-Z]?)\b"
    r"(?! ?(?:meter|m2|unit|kk|orang)\b)",
    re.IGNORECASE,
)
_GRAVES, _GRAVES_NEAR = re.compile(r"\b(?:tpu|makam|pemakaman)\b[^\n]*$", re.IGNORECASE), 40
#: The same without the word, in a housing estate or a tower: "Perum Griya Asri E5/12", "unit A-1203".
_ESTATE = re.compile(
    r"(\b(?:perum|perumahan|komplek|kompleks|komp|griya|villa|vila|cluster|residence|apartemen|apt|tower|unit|ruko"
    r"|rumah|no|nomor)"
    r"\b\.? ?(?:[A-Za-z][\w']* ){0,4}?)"
    r"((?-i:[A-Z]){1,2}[\-/]?\d{1,4}(?:[/\-]\d{1,4}[A-Z]?|(?-i:[A-Z]))?)(?![\w/\-])",
    re.IGNORECASE,
)
#: Its block and a hyphen: another house of the same block stands elsewhere in the text.
_SAME_BLOCK = re.compile(r"[A-Z]{1,2}-(?=\d{1,4}[A-Z]?$)")
#: "Kavling Melati 47/A-3".
_PLOT = re.compile(
    r"(\b(?:kav|kavling|kapling)\b\.? (?:[A-Za-z][\w']* ){1,3}?)\d{1,3}[A-Z]?/[A-Z]-?\d{1,3}(?![\w/])",
    re.IGNORECASE,
)
#: The number of a house behind a stroke: "alamat: Kenanga 3/17"; that of an RT and RW stays.
_BEHIND_STROKE = re.compile(
    r"(\b(?:alamat|almt|domisili|tinggal)\b[^\d\n]{3,50}(?<!rt)(?<!rw)(?<!rt.)[ .])(\d{1,3}|[IVX]{1,5})/\d{1,4}[A-Z]?"
    r"\b(?![/\d])",
    re.IGNORECASE,
)
#: "Kenanga Dalam IV/12": the lane in Roman numbers, then the house.
_ROMAN_LANE = re.compile(r"(?<![\w/.\-])(?<!elas )([IVX]{1,5}/)\d{1,3}[A-Z]?(?![\w/])")
#: Who trades where: "kios saya nomor L12", "lapak G-33 s.d. G-38", "los 47"; "kios 24 jam" is when.
_STALL = re.compile(
    r"(\b(?:kios|kiosk|lapak|los|stan)(?:nya|ku)?\b(?: (?:saya|sy|kami|gue|gw|aye|ane|beliau|dagang))?[ ,.]{1,2}"
    r"(?:(?:no|nomor|nomer|nmr)\b[ .:]{0,2})?)"
    r"((?-i:[A-Z]){1,3}[ .\-]?\d{1,4}[A-Za-z]?|[a-z]\d{1,3}|\d{1,4}(?-i:[A-Z])?)(?![\w/]|[.,]\d)"
    r"(?! ?(?:jam|lantai|lt|tingkat|unit|orang|org|pedagang|meter|m|m2|cm|x|buah|bh|hari|bulan|tahun|rb|ribu|juta|jt"
    r"|persen|kali|kk|kios|lapak|toko|warung|rumah|sampai \d|%))"
    r"(?:( ?(?:,|&|dan|s\.?d\.?|s/d|sampai|-) ?)((?-i:[A-Z]){1,3}[ .\-]?\d{1,4}[A-Za-z]?)(?![\w/]))?",
    re.IGNORECASE,
)
#: More of them behind one: "blok […], C8 dan C9".
_MORE = re.compile(
    r"(?<=\[…\])(?:(?: ?, ?|,? (?:dan|serta|sama|sampai|s/d|&) )[A-Z]{1,2}[ \-]?\d{1,3}[A-Z]?(?![\w/\-])){1,12}"
)
_ONE = re.compile(r"[A-Z]{1,2}[ \-]?\d{1,3}[A-Z]?$|[A-Z]{1,2}[ \-]?\d{1,3}[A-Z]?(?=[ ,])")
#: A text that names more blocks is a list of something else.
_MOST_BLOCKS = 8


def without_blocks(text: str, held: frozenset[int]) -> str:
    """`text`, which holds these signs, without the numbers of such houses. Linear time."""
    if BLOCK in held:
        text = _PLOT.sub(rf"\1{HIDDEN}", _BLOCK.sub(_without_block, text))
    if STALL in held:
        text = _STALL.sub(lambda m: f"{m[1]}{HIDDEN}" + (f"{m[3]}{HIDDEN}" if m[4] else ""), text)
    if HIDDEN in text and (BLOCK in held or STALL in held):
        text = _MORE.sub(lambda m: _ONE.sub(HIDDEN, m[0]), text)
    if ADDRESS in held and "/" in text:
        text = _BEHIND_STROKE.sub(rf"\1{HIDDEN}", text)
    if "I/" in text or "V/" in text or "X/" in text:
        text = _ROMAN_LANE.sub(rf"\1{HIDDEN}", text)
    return _without_estates(text) if ESTATE in held else text


def _without_block(block: re.Match[str]) -> str:
    """A block and its house hidden; a graveyard's stays."""
    before = block.string[max(0, block.start() - _GRAVES_NEAR) : block.start()]
    return block[0] if _GRAVES.search(before) else f"{block[1]}{HIDDEN}"


def _without_estates(text: str) -> str:
    """`text` without the houses of estates and towers, and without others of the same block: "ruko C-09 ... C-12"."""
    blocks = {found[0] for m in _ESTATE.finditer(text) if (found := _SAME_BLOCK.match(m[2]))}
    text = _ESTATE.sub(rf"\1{HIDDEN}", text)
    for block in sorted(blocks)[:_MOST_BLOCKS]:
        text = re.sub(rf"(?<![\w/\-]){block}\d{{1,4}}[A-Z]?(?![\w/\-])", HIDDEN, text)
    return text
