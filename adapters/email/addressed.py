"""Whom a quote speaks to: "Kepada: Siti <siti@example.org>", "Halo Kak Siti,". Who answers it bears that name.

So a last line that is nothing but this name is a signature, even if no list knows the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.email.added import without_tail
from adapters.email.quote_words import NO_NAME, OFFICES, TITLES
from adapters.email.sign_off_words import GROUPS, ROLES
from normalizer.name_frames import pronounced
from normalizer.name_words import PLACE, UNKNOWN, kind_of

#: How long a line may be, and how many of a quote are looked at.
_LONGEST, _LINES = 400, 200
_MARKS = re.compile(r"[\s>|]{0,20}")
_TO = re.compile(
    r"\*?(?:to|kepada|ke|untuk|penerima|an|à|para|aan|till|til|do|宛先|收件人|받는사람|кому)\*?\s?[:：]\*?\s*"
    r"[\"']?(?P<name>[^<>@\"';:,]{2,60}?)[\"']?\s*(?:<|\[|;|$)",
    re.IGNORECASE,
)
#: "Yth. Ibu Siti Contoh,", "Pak Romli, …", "Dear Ms. Contoh": a greeting or a title, then words written large.
_GREETING = re.compile(
    r"(?:(?P<greets>(?i:yth|dear|halo|hallo|hai|hello|hi|kepada|selamat \w{4,6}|assalamu\W?alaikum))\b[\s.,]{0,3})?"
    r"(?P<called>(?:[^\W\d_][\w'’-]*\.?\s?){1,6})[,.:!;]?"
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_GREETS = frozenset(("yth", "bpk", "sdr", "sdri", "ibu", "bapak", "saudara", "saudari", "mr", "mrs", "ms"))
_MOST = 4


def addressed(quoted: Sequence[str]) -> str:
    """The names of those whom a quote was written to, parted by blanks; "" when it does not tell."""
    found: list[str] = []
    for line in quoted[:_LINES]:
        if len(line) <= _LONGEST:
            named = _names(line[_MARKS.match(line).end() :].strip())  # type: ignore[union-attr]
            found += [word for word in named if kind_of()[word.casefold()] != PLACE]
    return " ".join(dict.fromkeys(found))


def signs_alone(written: list[str], quoted: Sequence[str]) -> str:
    """A last word that stands by itself below a finished sentence, above a quote that asks nothing, when no list holds
    it: the name of whoever wrote; else "". Without a quote, or below a question, it may be the place."""
    lines = without_tail(written)
    if not quoted or len(lines) < 3 or lines[-2].strip() or any("?" in line for line in quoted):
        return ""
    word = lines[-1].strip().rstrip(".,")
    above = next((line.rstrip() for line in reversed(lines[:-2]) if line.strip()), "")
    small = word.casefold()
    named = word.isalpha() and word.istitle() and 4 <= len(word) <= 15 and above[-1:] in (".", "!")
    return (
        word if named and kind_of()[small] == UNKNOWN and small not in NO_NAME and pronounced(small) else ""
    )


def _names(line: str) -> list[str]:
    to = _TO.match(line)
    if to is not None:
        named = to["name"].strip()
        return [] if any(word in named.casefold() for word in OFFICES) else _WORD.findall(named)
    greeting = _GREETING.match(line)
    if greeting is None:
        return []
    words = _WORD.findall(greeting["called"])
    titles = 0
    while titles < len(words) and words[titles].casefold() in TITLES | _GREETS:
        titles += 1
    if not (titles or greeting["greets"]):
        return []
    if words[titles : titles + 1] and words[titles].casefold() in GROUPS | ROLES:
        return []  # "Yth. Warga Gang Contoh," speaks to many, "Bapak Lurah" to an office
    names: list[str] = []
    for word in words[titles : titles + _MOST]:
        if not word[0].isupper():
            break
        names.append(word)
    return names
