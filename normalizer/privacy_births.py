"""Dates of birth: told by a word ("lahir", "TTL", "ultahnya"), or standing right beside a name or an identity number.

Dates of events stay, also where they are an institution's: "ulang tahun Jakarta", "Hari Lahir Pancasila". A date beside
a name is one of birth in brackets, beside a NIK, or when it is older than what people complain about.
"""

from __future__ import annotations

import re

from normalizer.privacy_numbers import BORN, BORN_WORDS, of_an_institution
from normalizer.privacy_spelt import COUNTED

_MONTH = r"(?:jan|feb|peb|mar|apr|mei|may|jun|jul|agu|ags|agt|aug|sep|okt|oct|nov|nop|des|dec)[a-z]{0,7}"
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of| bulan)?[ \-./]{{0,2}}{_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?)"
    r"[ ,\-./']{0,3}(?:tahun |thn? )?\d{2,4}\b"
)
_IN_DIGITS = (
    r"(?:\d{1,2}[\-/.]\d{1,2}[\-/.](?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d[\-/.]\d{1,2}[\-/.]\d{1,2}"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d)(?![\d\-/.]\d|\d)"
)
_SAID = re.compile(rf"(\b(?:{BORN_WORDS})\b[^\d\n]{{0,60}}?|\bl\. ?){_DATE}", re.IGNORECASE)
_YEAR = re.compile(
    rf"(\b(?:lahir(?:an|nya)?|lair|kelahiran|born in)\b(?: (?:pada|di|sejak))?(?: {_MONTH})?(?:(?<=lahir) ?:)?)"
    r"( (?:tahun |thn? )?(?:19\d\d|20[01]\d)| (?:tahun |thn? |')\d\d)\b(?![\-/.]\d)",
    re.IGNORECASE,
)
#: In words: "lahir tujuh belas Agustus sembilan belas empat lima".
_IN_WORDS = re.compile(
    rf"(\b(?:{BORN_WORDS})\b[^\d\n]{{0,40}}?\b)(?:(?:{COUNTED}) ){{1,3}}(?:(?:bulan )?{_MONTH}|bulan (?:{COUNTED})\b)"
    rf"(?: tahun| taon| taun)?(?:[ ,]{{1,2}}(?:(?:{COUNTED})\b|\d{{2,4}}\b)){{1,8}}",
    re.IGNORECASE,
)
#: "tl 03/07/93", written small: TL is a bus line.
_SHORT = re.compile(rf"(\b(?-i:tl|t\.l\.) ?[:.]? ?)(?:{_DATE}|{_IN_DIGITS})", re.IGNORECASE)
#: The answer to a question, on the next line perhaps: "Tanggal lahirnya? Anak saya 3 Mei 2014".
_ASKED = re.compile(
    rf"(\b(?:tanggal|tgl|kapan) lahir(?:nya)?\b[^?\d\n]{{0,20}}\?\s{{1,3}}[^\d?]{{0,50}}?)(?:{_DATE}|{_IN_DIGITS})",
    re.IGNORECASE,
)
#: A second date beside one of birth: "lahir 3 Mei 1990, seharusnya 5 Mei 1990".
_AGAIN = re.compile(rf"(\[tanggal lahir\][^\d\n]{{0,40}}?){_DATE}", re.IGNORECASE)
_SEX = (
    r"(?:(?:L|P|laki-laki|perempuan|pria|wanita|lk|pr|(?:usia |umur )?\d{1,2} ?(?:th|thn|tahun|bln|bulan))"
    r"[,;/ ]{1,3})"
)
#: Another year of birth, by the paper that has it: "tahun lahir: 1957 di kartu, 1959 di KTP".
_YEAR_OF_PAPER = re.compile(
    r"(\[tanggal lahir\][^\d\n]{0,40}?)(?:19[2-9]\d|20[01]\d)"
    r"(?= (?:di|menurut|pada|dalam|versi) (?:ktp|kk|akta|akte|kartu|ijazah|bpjs|paspor|buku)\b)",
    re.IGNORECASE,
)
#: A date right behind a name or the number of an identity card, with a place or a sex between.
_BESIDE = re.compile(
    r"(\[nama\]|\[nomor identitas\])"
    rf"((?: ?[,;/|\-–:(]{{1,2}} ?| |\n){_SEX}?(?:tgl\.? |tanggal |di )?"
    r"(?:(?-i:[A-Z][a-z]{2,15})(?: (?-i:[A-Z][a-z]{2,15}))?,? )?)"
    rf"({_DATE}|{_IN_DIGITS})",
    re.IGNORECASE,
)
_BEFORE_IDENTITY = re.compile(
    rf"(?<![\d/.\-])({_DATE}|{_IN_DIGITS})(?=[ ,;/|(]{{1,3}}(?:no\.? ?)?(?:nik|ktp)?[ :.]{{0,2}}\[nomor identitas\])",
    re.IGNORECASE,
)
#: A line of a card: "Jakarta, 30-06-2022" above the number.
_LINE_BEFORE_IDENTITY = re.compile(
    rf"((?:^|\n)(?-i:[A-Z])[A-Za-z ]{{2,24}}, )(?:{_DATE}|{_IN_DIGITS})"
    r"(?=\n(?:no\.? ?)?(?:nik|ktp|kk)[ :.]{0,2}\[nomor identitas\])",
    re.IGNORECASE,
)
_YEAR_BESIDE = re.compile(
    r"(\[nama\] ?\((?:th\.? |thn |tahun |alm\.? )?)(?:19[2-9]\d|20[01]\d)(?=(?:[\-–/ ]{1,3}(?:19|20)\d\d)?\))"
)
_IDENTITY_BEHIND = re.compile(
    r"[ ,;/|()]{0,3}(?:no\.? ?)?(?:nik|ktp)?[ :.]{0,2}\[nomor identitas\]", re.IGNORECASE
)
_ENDS = re.compile(r" ?(?:[,;)|/\n]|\.?$|\. |- |nik\b|ktp\b|rt\b)", re.IGNORECASE)
#: What people complain about is younger: a date before it, right beside a name, is one of birth.
_LATEST = 2015
_CENTURY = 30


def without_said(text: str) -> str:
    """`text` without dates that a word calls one of birth. Linear time."""
    text = _SAID.sub(
        lambda m: m[0] if of_an_institution(m[0], m.string, m.start()) else f"{m[1]}{BORN}", text
    )
    text = _SHORT.sub(rf"\1{BORN}", text)
    text = _ASKED.sub(rf"\1{BORN}", text)
    text = _YEAR.sub(
        lambda m: m[0] if of_an_institution(m[0], m.string, m.start()) else f"{m[1]} {BORN}", text
    )
    text = _YEAR_OF_PAPER.sub(rf"\1{BORN}", text)
    return _AGAIN.sub(rf"\1{BORN}", _IN_WORDS.sub(rf"\1{BORN}", text))


def without_beside(text: str) -> str:
    """`text`, whose names and numbers are masked, without dates of birth right beside them. Linear time."""
    if "[nomor identitas]" in text:
        text = _LINE_BEFORE_IDENTITY.sub(rf"\1{BORN}", text)
        text = _BEFORE_IDENTITY.sub(lambda m: BORN if _year(m[1]) < _LATEST else m[0], text)
    if "[nama] (" in text or "[nama](" in text:
        text = _YEAR_BESIDE.sub(rf"\1{BORN}", text)
    return _BESIDE.sub(lambda m: f"{m[1]}{m[2]}{BORN}" if _is_birth(m) else m[0], text)


def _is_birth(found: re.Match[str]) -> bool:
    """Whether a date behind a name or an identity number is one of birth."""
    link, date, text = found[2], found[3], found.string
    ended = _ENDS.match(text, found.end()) is not None
    if ("(" in link and ended) or _IDENTITY_BEHIND.match(text, found.end()) or _SEXED.search(link):
        return True
    if _year(date) >= _LATEST:
        return found[1] != "[nama]" and link != " " and ended
    return ended or re.fullmatch(_IN_DIGITS, date) is not None


_SEXED = re.compile(_SEX, re.IGNORECASE)


def _year(date: str) -> int:
    """The year of a date; of two digits one of this century or of the last."""
    groups = re.findall(r"\d+", date)
    if len(groups) == 1:
        return int(groups[0][-4:])
    year = groups[0] if len(groups[0]) == len("2000") else groups[-1]
    if len(year) > len("00"):
        return int(year)
    return int(year) + (1900 if int(year) > _CENTURY else 2000)
