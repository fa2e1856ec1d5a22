"""Names of private persons, found by what stands before them: a title, "atas nama", "saya", "Hormat saya," and the like.

A name is one to four capitalised words that are no office, no institution and no ordinary beginning of a sentence
(`not a name` in data/phrases.csv). Written small it is believed only when its first word is a common first name
(data/first_names.csv). The names of streets, schools and stations stay, and so do officials who are called by their
office: "Gubernur", "Pak Lurah".
"""

from __future__ import annotations

import re
from functools import lru_cache

from normalizer.gazetteer import read_table
from normalizer.phrases import words_in

MASK = "[nama]"

#: Written out, a title ends no sentence that goes on with a name: "terima kasih, Pak. Lampunya …".
_TITLE = (
    r"(?:(?i:bapak|pak|ibu|bu|saudara|saudari|sodara|sodari|mas|mbak|mba|bang|abang|kak|kakak|haji|nyonya|tuan|nona"
    r"|almarhum|almarhumah|ustaz|ustadz|ustadzah|om|tante|engkong|mpok|babeh|cik|koh|eyang|mbah|nenek|kakek|teh|kang)\b"
    r"|(?i:bpk|sdr|sdri|h|hj|ny|tn|nn|alm|almh|ust|mr|mrs|ms|miss)\b\.?)"
)
_WORD = r"[A-Z][\w'’]{0,30}"
_NAME = rf"{_WORD}\.?(?: (?:(?:bin|binti|van|de|al|el)\b|{_WORD}\.?)){{0,4}}"
_SMALL = r"[a-z']{3,20}(?: [a-z']{3,20}){0,2}"
#: After these a name is expected, whatever it looks like.
_SAID = (
    r"(?i:nama saya|nama sy|nama gue|nama gw|nama aku|nama lengkap|nama pelapor|nama|namanya|bernama|atas nama|a/n"
    r"|a\.n\.?|an\.|dgn nama|dengan nama|perkenalkan saya|perkenalkan|ttd\.?|tertanda|hormat saya|hormat kami"
    r"|salam hormat|hormat|wassalam|regards|my name is|name|panggil saya|sebut saja)"
)
#: After these stands a name only when it has two words, or begins with a common first name.
_MAYBE = (
    r"(?i:saya|sy|aku|gue|gw|pelapor|plpr|pengadu|pemohon|penggugat|terlapor|korban|saksi|pemilik|milik|punya|penyewa"
    r"|ahli waris|kuasa|anak saya|anaknya|anak kami|suami saya|istri saya|ayah saya|adik saya|kakak saya|tetangga saya"
    r"|tetangga kami|tetangga|mertua saya|teman saya|putra saya|putri saya|anak|suami|istri|ayah|putri|putra|salam"
    r"|almarhum|i am|i'm|ibunya|bapaknya|contact|kontak|hubungi|hub|penanggung jawab|oleh|bersama)"
)
_GAP = r"[ \n]{0,2}[:,]?[ \n]{0,3}"
_AFTER_SAID = re.compile(
    rf"\b({_SAID}(?: ?(?i:adalah|ialah|is)\b)?{_GAP}(?:{_TITLE} ?){{0,2}})((?:{_NAME})|{_SMALL})"
)
_AFTER_MAYBE = re.compile(rf"\b({_MAYBE}{_GAP}(?:{_TITLE} ?){{0,2}})((?:{_NAME})|{_SMALL})")
_TITLED = re.compile(rf"(?<![\w.])({_TITLE}(?: ?{_TITLE})?:? )((?:{_NAME})|[a-z']{{3,20}}\b)")
#: A street or a mosque is called after somebody; its name is an address.
_CALLED_AFTER = re.compile(
    r"(?i:\b(?:jl|jln|jalan|gg|gang|masjid|mesjid|musala|musholla|mushola|gor|taman|stadion|rs|rsud|kampung|kp|rptra"
    r"|lapangan|gedung|jembatan|pasar|halte)\.? )$"
)
_DONE = re.compile(r"\[nama\](?:[ .]\[nama\])+")


@lru_cache(maxsize=1)
def _first_names() -> frozenset[str]:
    return frozenset(name for row in read_table("first_names.csv") for name in row["names"].split(";"))


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    rows = read_table("kelurahan.csv")
    return frozenset(row[key].lower() for row in rows for key in ("name", "kecamatan"))


@lru_cache(maxsize=1)
def _no_names() -> frozenset[str]:
    return words_in("not a name") | words_in("office")


def without_names(text: str) -> str:
    """`text` with names masked. Linear time."""
    text = _AFTER_SAID.sub(_said, text)
    text = _AFTER_MAYBE.sub(_maybe, text)
    return _DONE.sub(MASK, _TITLED.sub(_titled, text))


def _said(match: re.Match[str]) -> str:
    return _masked(match, _length(match[2], surely=True))


def _maybe(match: re.Match[str]) -> str:
    count = _length(match[2])
    words = match[2].split()
    if count == 1 and words[0].strip(".").lower() not in _first_names():
        count = 0
    return _masked(match, count)


def _titled(match: re.Match[str]) -> str:
    if _CALLED_AFTER.search(match.string, max(0, match.start() - 12), match.start()):
        return match[0]
    return _masked(match, _length(match[2], surely=match[2][0].isupper()))


def _length(found: str, *, surely: bool = False) -> int:
    """How many words of `found`, from its first on, are a name."""
    words = found.split()
    plain = [word.strip(".'’").lower() for word in words]
    known, no_name = _first_names(), _no_names()
    if (
        plain[0] in no_name
        or any(" ".join(plain[:n]) in _regions() for n in (3, 2))
        or found.isupper()
        and len(found) < 4
    ):
        return 0
    if plain[0] in _regions() and plain[0] not in known:
        return 0
    if not words[0][0].isupper():
        if plain[0] not in known:
            return 0
        count = 1
        while count < len(words) and plain[count] in known:
            count += 1
        return count
    if not surely and len(words) == 1 and plain[0] not in known:
        return 0
    count = 1
    while count < len(words) and plain[count] not in no_name:
        count += 1
    if not surely and count == 1 and plain[0] not in known:
        return 0
    return count


def _masked(match: re.Match[str], count: int) -> str:
    if not count:
        return match[0]
    rest = match[2].split(" ")[count:]
    dot = "." if not rest and match[2].endswith(".") and len(match[2].split()[-1]) > 2 else ""
    return f"{match[1]}{' '.join((MASK, *rest))}{dot}"
