"""Numbers of papers that hold letters too: passports, residence permits, the papers of a vehicle, deeds of land."""

from __future__ import annotations

import re

from normalizer.privacy_numbers import IDENTITY, NUMBER

#: Numbers of papers that hold letters too, beside the paper's name.
_PAPER = re.compile(
    r"(\b(?:pass?ports?|unhcr|kitas|kitap|itas|itap|no(?:mor)? rangka|no(?:mor)? mesin|bpkb|stnk|sim)\b"
    r"(?: ?(?:no|nomor|number|is|saya|my)\b)*[ .:=#]{0,3})"
    r"((?=[\w\- ]{0,6}\d)(?:[A-Za-z]{1,3} ?)?[\dA-Za-z\-]*\d[\dA-Za-z\-]{4,20}"
    r"|[A-Za-z]{0,3} ?\d(?:[ \-]?\d){4,12}[A-Za-z]?\b)",
    re.IGNORECASE,
)
#: A passport with few digits or a parted number: "paspor sy N2219 0047", "paspor no. C4VX8T0K2".
_PASSPORT = re.compile(
    r"(\bpas(?:s?port?|poort)(?:s|nya|ku|nummer)?\b"
    r"(?: (?:no|nomor|nomer|number|is|saya|sy|gue|gw|aku|kami|dia|beliau|anak|istri|suami|my)\b\.?)*[ .:=#(]{0,3})"
    r"((?-i:(?!RI|RT|RW|DI|KE)[A-Z]{1,2})[ .\-]?\d{1,4}(?:[ .\-]\d{1,4}){1,4}"
    r"|[a-z]{1,2}\d{3,4}(?:[ .\-]\d{1,4}){1,3}|[a-z]{1,2}\d{6,8}"
    r"|(?-i:(?=[\dA-Z]{0,8}[A-Z])(?=(?:[A-Z]{0,6}\d){3})[A-Z\d]{8,9}))(?!\w)",
    re.IGNORECASE,
)
#: Its number behind the owner's name: "paspor temuan a.n. Jan Contoh, nomor C4VX8T0K2".
_PASSPORT_FARTHER = re.compile(
    r"(\bpass?port?(?:s|nya|ku)?\b[^\d\n]{1,60}\b(?:no|nomor|nomer|number)\b[ .:#]{1,3})"
    r"(?-i:(?=[\dA-Z]{0,8}[A-Z])(?=(?:[A-Z]{0,6}\d){4})[A-Z\d]{7,9})(?!\w)",
    re.IGNORECASE,
)
#: The deed of a piece of land, whose owner stands in a register: "SHM No. 04417/Cilincing", "girik C 1187".
_DEED = re.compile(
    r"(\b(?:(?:shm|shgb|girik|le?tt?er c)\b(?: tanah)?(?: ?(?:no|nomor|nomer)\b\.?)?"
    r"|(?:sert[ip][fp]ikat|ajb)\b(?: tanah| rumah)?(?: hak milik)?(?: (?:no|nomor|nomer)\b\.?)[ :]?)[ .:]{0,2})"
    r"((?-i:C)?[ .]?(?!(?:19|20)\d\d(?![\d/]))\d{4,6}(?:/(?-i:[A-Z])[a-z]+(?: (?-i:[A-Z])[a-z]+)?)?)(?![\w/])",
    re.IGNORECASE,
)
_PAPER_DIGITS, _PASSPORT_DIGITS = 5, 6


def without_papers(text: str) -> str:
    """`text` without the numbers of papers. Linear time."""
    text = _PAPER.sub(
        lambda m: f"{m[1]}{IDENTITY}" if sum(map(str.isdigit, m[2])) >= _PAPER_DIGITS else m[0], text
    )
    text = _PASSPORT.sub(lambda m: f"{m[1]}{IDENTITY}" if _is_passport(m[2]) else m[0], text)
    text = _PASSPORT_FARTHER.sub(rf"\1{IDENTITY}", text)
    return _DEED.sub(rf"\1{NUMBER}", text)


def _is_passport(number: str) -> bool:
    """Whether signs behind the word are a passport's: six digits, or eight signs or more in one."""
    return sum(map(str.isdigit, number)) >= _PASSPORT_DIGITS or number.isalnum()
