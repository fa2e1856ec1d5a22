"""Names of private persons, found by what stands before them: a title, "atas nama", "saya", "Hormat saya," and so on.

A name is one to four capitalised words that are no office, no institution and no ordinary beginning of a sentence
(`not a name` in data/phrases.csv). Written small it is believed only when its first word is a common first name
(data/first_names.csv). The names of streets, schools and stations stay, and so do officials who are called by their
office: "Gubernur", "Pak Lurah".
"""

from __future__ import annotations

import re
from functools import lru_cache

from normalizer.folding import fold
from normalizer.gazetteer import read_table
from normalizer.phrases import Phrases, words_in

MASK = "[nama]"

_WORD = r"[A-Z][\w'’]{0,30}"
_NAME = rf"{_WORD}\.?(?: (?:(?:bin|binti|van|de|al|el)\b|{_WORD}\.?)){{0,4}}"
_SMALL = r"[a-z']{3,20}(?: [a-z']{3,20}){0,2}"
#: What may stand between the trigger and the name: "nama saya adalah: Bpk. H. …".
_TITLE = (
    r"(?:(?:bapak|pak|ibu|bu|saudara|saudari|sodara|mas|mbak|mba|bang|kak|haji|nyonya|tuan|nona)(?![\w.])"
    r"|(?:bpk|sdr|sdri|h|hj|ny|tn|nn|alm|almh|ust|mr|mrs|ms|miss)(?!\w)\.?)"
)
_NEXT = re.compile(
    rf"(?: ?\b(?i:adalah|ialah|is)\b)?\.?[ \n]{{0,2}}[:,]?[ \n]{{0,3}}(?:(?i:{_TITLE}) ?){{0,2}}({_NAME}|{_SMALL})"
)
#: Written out, a title ends no sentence that goes on with a name: "terima kasih, Pak. Lampunya …".
_NEXT_TITLED = re.compile(rf"(?: ?(?i:{_TITLE}))?:? ({_NAME}|[a-z']{{3,20}}\b)")
_NEXT_SHORT = re.compile(rf"\.?(?: ?(?i:{_TITLE}))?:? ?({_NAME}|[a-z']{{3,20}}\b)")
#: A street or a mosque is called after somebody; its name is an address.
_CALLED_AFTER = re.compile(
    r"(?i:\b(?:jl|jln|jalan|gg|gang|masjid|mesjid|musala|musholla|mushola|gor|taman|stadion|rs|rsud|kampung|kp|rptra"
    r"|lapangan|gedung|jembatan|pasar|halte)\.? )$"
)
#: Who is told with an age has been introduced: "Yulia Safitri (22 th)".
_AGED = re.compile(rf"({_WORD}(?: {_WORD}){{1,3}})(?=,? \(?\d{{1,2}} ?(?:th|thn|tahun|years?)\b)")
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


@lru_cache(maxsize=1)
def _triggers() -> Phrases[str]:
    """What may stand before a name, and how it is to be read: `said`, `maybe`, `title`, `short` (it may bear a dot)."""
    lists = ("said", "maybe", "title", "short")
    return Phrases({trigger: how for how in lists for trigger in sorted(words_in(f"name after {how}"))})


def without_names(text: str) -> str:
    """`text` with names masked. Linear time."""
    text = _AGED.sub(lambda m: MASK if _length(m[1]) else m[0], text)
    done, out = 0, []
    folded = fold(text)
    for at, end, how in _found(folded):
        if at < done:
            continue
        match, count = _name(text, at, end, how)
        if match is None or not count:
            continue
        words = match[1].split(" ")
        last = words[count - 1]
        stop = match.start(1) + len(" ".join(words[:count]))
        # The dot of a shortened name belongs to it; that of a sentence stays.
        if last.endswith(".") and len(last) > 2:
            stop -= 1
        out += [text[done : match.start(1)], MASK]
        done = stop
    if not out:
        return text
    return _DONE.sub(MASK, "".join((*out, text[done:])))


def _found(folded: str) -> list[tuple[int, int, str]]:
    """Where triggers begin and end in the text, in its order, longer ones first. Single spaces are not needed."""
    return sorted(
        ((start, end, how) for start, end, _, how in _triggers().find(folded)), key=lambda f: (f[0], -f[1])
    )


def _name(text: str, at: int, end: int, how: str) -> tuple[re.Match[str] | None, int]:
    """The match whose group 1 begins with a name, and how many of its words are the name."""
    if how in ("title", "short"):
        pattern = _NEXT_TITLED if how == "title" else _NEXT_SHORT
        match = pattern.match(text, end)
        if match is None or _CALLED_AFTER.search(text, max(0, at - 12), at):
            return None, 0
        return match, _length(match[1], surely=match[1][0].isupper())
    match = _NEXT.match(text, end)
    if match is None:
        return None, 0
    count = _length(match[1], surely=how == "said")
    if how == "maybe" and count == 1 and match[1].split()[0].strip(".").lower() not in _first_names():
        count = 0
    return match, count


def _length(found: str, *, surely: bool = False) -> int:
    """How many words of `found`, from its first on, are a name."""
    words = found.split()
    plain = [word.strip(".'’").lower() for word in words]
    known, no_name = _first_names(), _no_names()
    if (
        plain[0] in no_name
        or any(" ".join(plain[:n]) in _regions() for n in (3, 2))
        or (found.isupper() and len(found) < 4)
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
