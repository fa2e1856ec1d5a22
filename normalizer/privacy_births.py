"""Dates of birth: told by a word ("lahir", "TTL", "ultahnya"), or standing right beside a name or an identity number.

How dates are written is in `birth_dates.py`, further dates beside a first one in `privacy_births_again.py`. Dates of
events stay, also where they are an institution's: "ulang tahun Jakarta", "Hari Lahir Pancasila"; and years that bound
who is meant: "kelahiran 1965 ke atas". A date beside a name is one of birth in brackets, beside a NIK, or when it is
older than what people complain about.
"""

from __future__ import annotations

import re

from normalizer.birth_dates import (
    COUNTED,
    DATE,
    DATE_IN_WORDS,
    DAY_AND_MONTH,
    DAY_AND_MONTH_IN_DIGITS,
    DAY_AND_MONTH_IN_WORDS,
    IN_DIGITS,
    IN_MONTH,
    MONTH_ALONE,
    SIX_DIGITS,
    WHOLE_YEAR_IN_WORDS,
    YEAR,
    YEAR_IN_WORDS,
    YEAR_WORD,
)
from normalizer.birth_links import ENDED, NO_COUNT, NO_THINGS, TIGHT, TIGHT_TO_YEAR
from normalizer.birth_words import BORN_WORDS, REMEMBERED, of_an_institution, of_another_day
from normalizer.privacy_births_again import without_further
from normalizer.privacy_numbers import BORN

_WORD = re.compile(rf"\b(?:{BORN_WORDS})\b|\bl\.|(?<=\()b\.", re.IGNORECASE)
#: Behind a word for birth: a whole date. Each pattern's only group is what stands between.
_DATE = re.compile(rf"([^\d\n]{{0,60}}?(?<!\d))(?:{DATE})", re.IGNORECASE)
_IN_DIGITS = re.compile(rf"([^\d\n]{{0,52}}?(?<![\d/.\-]))(?:{IN_DIGITS})", re.IGNORECASE)
_IN_WORDS = re.compile(rf"([^\d\n]{{0,40}}?\b)(?:{DATE_IN_WORDS})", re.IGNORECASE)
_SIX_DIGITS = re.compile(rf"{TIGHT}(?:{SIX_DIGITS})", re.IGNORECASE)
#: A year.
_YEAR = re.compile(
    rf"{TIGHT_TO_YEAR}(?:(?:{MONTH_ALONE} ?|{IN_MONTH} \d{{1,2}},? )?"
    rf"(?:(?:{YEAR_WORD} ?)?{YEAR}{NO_THINGS}(?: bulan {MONTH_ALONE})?"
    rf"|(?:{YEAR_WORD} ?'?|')\d\d\b(?![\-/.]\d){NO_COUNT})|(?:[3-9]\d|0\d)\b{ENDED})",
    re.IGNORECASE,
)
_YEAR_IN_WORDS = re.compile(rf"{TIGHT}(?:{YEAR_WORD} {YEAR_IN_WORDS}|{WHOLE_YEAR_IN_WORDS})", re.IGNORECASE)
#: A day without its year.
_DAY = re.compile(rf"{TIGHT}(?:{DAY_AND_MONTH}|{DAY_AND_MONTH_IN_DIGITS}{NO_COUNT})", re.IGNORECASE)
_DAY_IN_WORDS = re.compile(rf"{TIGHT}(?:{DAY_AND_MONTH_IN_WORDS})", re.IGNORECASE)
_DIGIT, _FAR = re.compile(r"\d"), 96
_NUMERAL = re.compile(rf"\b{COUNTED}", re.IGNORECASE)
#: Before the word: "17-8-45 laire", "th 1988 lahirnya".
_AHEAD = re.compile(
    rf"(?<![\d/.\-])(?P<whole>{DATE}|{IN_DIGITS})(?: (?:itu|adalah|pas|saat)| =)? $"
    rf"|\b(?P<year>{YEAR_WORD} ?{YEAR}|{YEAR}) $"
    rf"|(?<!\d)(?P<day>{DAY_AND_MONTH})(?: (?:itu|adalah|pas|saat))? $",
    re.IGNORECASE,
)
_AHEAD_IN_WORDS = re.compile(rf"\b(?P<whole>{DATE_IN_WORDS})(?: (?:itu|adalah|pas|saat))? $", re.IGNORECASE)
_AHEAD_FAR = 60
#: Which of the words the date may stand before, and whose day it is then.
_VERB = re.compile(r"(?:lahir|la?hr|lhir|lair|miyos|ultah|ulang tahun)(?!an)", re.IGNORECASE)
_PERSON = (
    r"(?:saya|sy|aku|gue|gw|gua|ane|aye|kula|abdi|anak\w*|adi?k\w*|adek\w*|cucu\w*|istri|suami|ibu|bapak|bpk|mama|papa"
    r"|dia|beliau|kakak\w*|nenek|kakek|ponakan|keponakan|my|his|her)"
)
_OWNED = re.compile(rf"\b{_PERSON}\b", re.IGNORECASE)
_OWNED_BEFORE = re.compile(rf"\b{_PERSON}(?: (?:jg|juga|yg|yang))? $", re.IGNORECASE)
_OWNED_BEHIND = re.compile(rf" (?:{_PERSON}\b|di (?!mana|sini|situ))", re.IGNORECASE)
_SUFFIXED = re.compile(r"(?:ny[ae]|ny|n[ae]|ku|mu|ipun|(?<=[hr])e)$", re.IGNORECASE)
_PLACED = re.compile(r":|\b[A-Z]")
#: "51 kelahiran tahun 2025": births that are counted, and papers about them, are no person's date.
_COUNTED = re.compile(
    r"(?:\d|\b(?:data|(?:angka|jumlah|tingkat|total|rekap|laporan|statistik|pencatatan|pelaporan|layanan)"
    r"(?: \w{2,10})?)) k[ae]lahiran\w*$|\d (?:bayi|balita|orang|warga|ekor) (?:(?:yang|yg|baru) )?lahir\w*$",
    re.IGNORECASE,
)
_OF_A_PAPER = re.compile(
    r"\b(?:akta|aktah|akte|surat|ket|keterangan|pencatatan|pelaporan|biaya|bantuan|pengurusan)\.? $",
    re.IGNORECASE,
)
#: Giving birth, of which people tell as of any other day.
_LABOUR = re.compile(r"lahiran|lairan", re.IGNORECASE)
#: In these years a paper about a birth may have been issued, of which people complain.
_RECENT = re.compile(r"20[2-9]\d")
#: "lahir di sini, 2010 pindah".
_STORY_BEHIND = re.compile(
    r" (?:pindah|baru|sudah|udah|kami|saya|sy|mulai|ada|masih|(?:me|di|ber)[a-z]{3,})\b", re.IGNORECASE
)
#: Years that say who is meant, not when somebody was born.
_BOUND_BEHIND = re.compile(
    r"[ -]?an\b| ?(?:\+|ke ?(?:atas|bawah|depan|belakang)\b|and (?:above|later|earlier))"
    r"| ?(?:[-–]|sampai|sampe|s[/.]?d\.?|hingga|to|until)(?: dengan)?(?: (?:tahun|thn?))? ?"
    r"(?:\d{1,2} [a-z]{3,9} )?(?:19|20)\d\d\b"
    r"|,? (?:dan|atau|or|and) (?:sebelum|sesudah|setelah|lebih|later|earlier|before|after)",
    re.IGNORECASE,
)
_GROUP_BEFORE = re.compile(
    r"(?<!saya )(?<!aku )(?<!sy )\b(?:untuk|utk|khusus|buat|bagi|warga|alumni|angkatan|generasi|semua|seluruh|peserta"
    r"|pendaftar|siswa|murid|calon|anak-anak|(?<!punya )(?<!ada )anak|minimal|maksimal|maks|min|max"
    r"|batas)(?: (?:yang|yg|dengan))? (?:kelahiran|(?<=g )lahir)$",
    re.IGNORECASE,
)
_BEFORE, _BEHIND = 32, 40
#: "tl 03/07/93", written small: TL is a bus line.
_SHORT = re.compile(rf"(\b(?-i:tl|t\.l\.) ?[:.]? ?)(?:{DATE}|{IN_DIGITS})", re.IGNORECASE)
#: The answer to a question, on the next line perhaps: "Tanggal lahirnya? Anak saya 3 Mei 2014", "tgl lahir¶Saya: ...".
_ASKED = re.compile(
    r"(\b(?:tanggal|tgl|kapan) lahir(?:nya)?\b(?:[^?\d\n]{0,20}\?\s{1,3}[^\d?]{0,50}?| ?[.:]?\n(?:[a-z .]{1,20}: ?)?))"
    rf"(?:{DATE}|{IN_DIGITS})",
    re.IGNORECASE,
)
_SEX = (
    r"(?:(?:L|P|laki-laki|perempuan|pria|wanita|lk|pr|lansia|balita|ybs|almh?|almarhum(?:ah)?"
    r"|(?:usia |umur )?\d{1,2} ?(?:th|thn|tahun|bln|bulan))"
    r"[,;/ ]{1,3})"
)
#: A date right behind a name or the number of an identity card, with a place or a sex between.
_BESIDE = re.compile(
    r"(\[nama\]|\[nomor identitas\])"
    rf"((?: ?[,;/|\-–:(]{{1,2}} ?| |\n){_SEX}?(?:tgl\.? |tanggal |di )?"
    r"(?:(?-i:[A-Z][a-z]{2,15})(?: (?-i:[A-Z][a-z]{2,15}))?,? )?)"
    rf"({DATE}|{IN_DIGITS})",
    re.IGNORECASE,
)
_BEFORE_IDENTITY = re.compile(
    rf"(?<![\d/.\-])({DATE}|{IN_DIGITS})(?=[ ,;/|(]{{1,3}}(?:no\.? ?)?(?:nik|ktp)?[ :.]{{0,2}}\[nomor identitas\])",
    re.IGNORECASE,
)
#: A line of a card: "Jakarta, 30-06-2022" above the number.
_LINE_BEFORE_IDENTITY = re.compile(
    rf"((?:^|\n)(?-i:[A-Z])[A-Za-z ]{{2,24}}, )(?:{DATE}|{IN_DIGITS})"
    r"(?=\n(?:no\.? ?)?(?:nik|ktp|kk)[ :.]{0,2}\[nomor identitas\])",
    re.IGNORECASE,
)
_YEAR_BESIDE = re.compile(
    r"(\[nama\] ?\((?:th\.? |thn |tahun |alm\.? )?)(?:19[2-9]\d|20[01]\d)(?=(?:[\-–/ ]{1,3}(?:19|20)\d\d)?\))"
)
#: A date in brackets behind an age: "17 tahun (11 September 2008)".
_AGED = re.compile(
    rf"(\b\d{{1,2}} ?(?:th|thn|tahun|taun|bln|bulan|years old|yo)\.? ?\((?:lahir )?)(?:{DATE}|{IN_DIGITS})(?=\))",
    re.IGNORECASE,
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
    text = _SHORT.sub(rf"\1{BORN}", text)
    text = _ASKED.sub(rf"\1{BORN}", text)
    out, done = [], 0
    in_words = _NUMERAL.search(text) is not None
    for word in _WORD.finditer(text):
        if word.start() < done:
            continue
        span = _said(text, word, done, in_words=in_words)
        if span is not None:
            out += [text[done : span[0]], BORN]
            done = span[1]
    return without_further("".join([*out, text[done:]]))


def _said(text: str, word: re.Match[str], done: int, *, in_words: bool) -> tuple[int, int] | None:
    """Where the date stands that a word calls one of birth; nothing before `done` is looked at. `in_words`: whether the
    text tells numbers in words."""
    start, end = word.span()
    before = text[max(done, start - _BEFORE) : start]
    digits = _DIGIT.search(text, end, end + _FAR) is not None
    for pattern, of_words, may_be in _RULES:
        found = pattern.match(text, end) if (in_words if of_words else digits) else None
        if found is None:
            continue
        if of_an_institution(text[start : found.end()], text, start):
            return None
        if may_be(before, word[0], found) and not _bounds(found):
            return found.end(1), found.end()
    return _said_before(text, word, done, in_words=in_words)


def _always(before: str, word: str, found: re.Match[str]) -> bool:
    """A whole date behind "l." or "b." stands right behind it; behind any other word it is one of birth."""
    return not word.endswith(".") or found[1] in ("", " ")


def _has_year(before: str, word: str, found: re.Match[str]) -> bool:
    """Whether a year that stands behind `word` is one of birth."""
    whose = f"{before}{word}"
    if REMEMBERED.match(word) or _COUNTED.search(whose) or _GROUP_BEFORE.search(whose):
        return False
    if word.lower() == "ttl" and not _PLACED.search(found[1]):  # a total, too
        return False
    if "," in found[1] and _STORY_BEHIND.match(found.string, found.end()):
        return False
    issued = (_OF_A_PAPER.search(before) or _LABOUR.match(word)) and _RECENT.search(found[0])
    return not issued and (not word.endswith(".") or before[-1:] == "(")


def _has_day(before: str, word: str, found: re.Match[str]) -> bool:
    """Whether a day without a year behind `word` is a birthday."""
    if word.endswith(".") or _LABOUR.match(word):
        return False
    if _COUNTED.search(f"{before}{word}") or _OF_A_PAPER.search(before):
        return False
    return not REMEMBERED.match(word) or _is_owned(before, word, found[1])


def _is_owned(before: str, word: str, between: str) -> bool:
    """Whether it is somebody's birthday, not a thing's."""
    return any((_SUFFIXED.search(word), _OWNED.search(between), _OWNED_BEFORE.search(before)))


#: What may stand behind a word for birth, as it is looked for: whether it is told in words, and what else it takes.
_RULES = (
    (_DATE, False, _always),
    (_IN_DIGITS, False, _always),
    (_IN_WORDS, True, _always),
    (_SIX_DIGITS, False, _always),
    (_YEAR, False, _has_year),
    (_YEAR_IN_WORDS, True, _has_year),
    (_DAY, False, _has_day),
    (_DAY_IN_WORDS, True, _has_day),
)


def _bounds(found: re.Match[str]) -> bool:
    """Whether a date bounds whose birth is meant, or is the date of something else."""
    return of_another_day(found[1]) or _BOUND_BEHIND.match(found.string, found.end()) is not None


def _said_before(text: str, word: re.Match[str], done: int, *, in_words: bool) -> tuple[int, int] | None:
    """Where a date of birth stands right before `word`."""
    start, end = word.span()
    if not _VERB.match(word[0]):
        return None
    far = max(done, start - _AHEAD_FAR)
    found = _AHEAD.search(text, far, start) if _DIGIT.search(text, far, start) else None
    if found is None and in_words:
        found = _AHEAD_IN_WORDS.search(text, far, start)
    if found is None or of_an_institution(text[start : end + _BEHIND], text, start):
        return None
    before = text[max(0, found.start() - _BEFORE) : found.start()]
    if of_another_day(before):
        return None
    kind = found.lastgroup or ""
    owned = _SUFFIXED.search(word[0]) or _OWNED_BEHIND.match(text, end)
    if REMEMBERED.match(word[0]):
        # With a year it is the day of something that happened on a birthday.
        return found.span(kind) if owned and kind == "day" else None
    if not owned and kind != "whole":
        return None
    return found.span(kind)


def without_beside(text: str) -> str:
    """`text`, whose names and numbers are masked, without dates of birth right beside them. Linear time."""
    if "[nomor identitas]" in text:
        text = _LINE_BEFORE_IDENTITY.sub(rf"\1{BORN}", text)
        text = _BEFORE_IDENTITY.sub(lambda m: BORN if _year(m[1]) < _LATEST else m[0], text)
    text = _AGED.sub(rf"\1{BORN}", text)
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
    return ended or re.fullmatch(IN_DIGITS, date) is not None


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
