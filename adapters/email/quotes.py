"""The words that somebody wrote now, without what they answered to and without signatures.

A line scanner in linear time: no expression runs over more than a few joined lines. In doubt a line stays; when
nothing would be left, everything stays, because the citizen's words weigh more than a tidy record.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from adapters.email.added import is_dispensable, without_banner
from adapters.email.addressed import addressed, signs_alone
from adapters.email.attributions import LONGEST_LINE, attribution, is_programmed
from adapters.email.headers import (
    RULER,
    announces_forward,
    announces_original,
    behind_fields,
    field_of,
    from_office,
    header_block,
    is_header,
    mark_of,
)
from adapters.email.marked import (
    MARKED,
    has_words,
    is_answered,
    is_broken_off,
    is_more_than,
    is_signed,
    retold,
)
from adapters.email.signatures import without_signature

#: Own words from which on a forwarded mail shows what they are about, and is not the report itself.
_ENOUGH, _ENOUGH_POINTING = 20, 45
_POINTS_BELOW = re.compile(
    r"\b(?:di ?bawah|berikut|below|following|pelapor|(?:meneruskan|(?:di)?teruskan)|forward\w*"
    r"|(?:pengaduan|laporan|keluhan|aduan|surat|pesan|e?-?mail) (?:ini|tersebut|dari|warga))\b",
    re.IGNORECASE,
)
#: `##- Please type your reply above this line -##`.
_TYPE_ABOVE = re.compile(r"\s?##-.{5,120}-##\s*")
#: `>>> "Siti" <siti@example.org> 03/12/25 10:11 >>>`, as GroupWise begins a quote that has no marks.
_BETWEEN_MARKS = re.compile(r"\s?>>>\s[^>@]{0,100}[\w.+\-]{1,64}@[\w.\-]{1,200}>?[^>]{0,60}>>>\s*")
#: "Jawaban saya di bawah, dengan huruf besar.", above a quote that has no marks; and how long such a note is.
_ANSWERS_WITHIN = re.compile(
    r"\b(?:jawaban(?:nya)? (?:saya|kami|sy)|(?:saya|kami|sy) (?:jawab|tulis|balas|tanggapi)"
    r"|my (?:answers?|repl(?:y|ies)|comments?|responses?)|see (?:answers|replies|comments))\b[^.!?]{0,80}"
    r"\b(?:di ?bawah|di (?:setiap|tiap|masing-masing|sela)|below|in-?line|in (?:red|blue|green|capitals)"
    r"|huruf (?:besar|kapital)|merah|biru)\b",
    re.IGNORECASE,
)
_NOTE = 30
_FORWARDED = re.compile(
    r"\W*(fwd?|fw|terusan|teruskan|diteruskan|tr|wg|rv|enc|i|vs|vb|doorst)\s*:", re.IGNORECASE
)


class _Parts(NamedTuple):
    """The lines that somebody wrote now, those of the mail that they forwarded, of the former the last one that stands
    right below a quote (an answer, even if it is a name), and what is quoted."""

    written: list[str]
    brought: list[str]
    answered: int
    quoted: list[str]


def reply_text(
    text: str, subject: str = "", ours: Callable[[str], bool] | None = None, sender: str = ""
) -> str:
    """`text` without quotes and signatures; of a forwarded mail its words and those that came with it.

    `ours` tells our own addresses: what we wrote is a quote even in a mail that was forwarded to us. `sender` is the
    name that the address bears. Everything stays when nothing else would be left.
    """
    written, brought, answered, quoted = _parted(
        without_banner(text.split("\n")), _is_forwarded(subject), ours
    )
    sender = " ".join(filter(None, (sender, addressed(quoted), signs_alone(written, quoted))))
    result = "\n\n".join(
        part
        for lines, from_line in ((written, answered), (brought, 0))
        if (part := "\n".join(without_signature(lines, sender, from_line)).strip())
    )
    return result if any(c.isalnum() for c in result) else text.strip()


def written_now(text: str, subject: str = "") -> tuple[list[str], list[str]]:
    """The lines that somebody wrote now, their ending included, and those of the mail that they forwarded."""
    parts = _parted(without_banner(text.split("\n")), _is_forwarded(subject), None)
    return parts.written, parts.brought


def _is_forwarded(subject: str) -> bool:
    return _FORWARDED.match(subject) is not None


def _parted(lines: list[str], forwarded: bool, ours: Callable[[str], bool] | None) -> _Parts:
    out: list[str] = []
    quoted: list[str] = []
    answered = 0
    below, last = False, ""
    fields = [field_of(line) for line in lines]
    index = 0

    def parts(brought: int | None = None) -> _Parts:
        """What is told so far; the rest is a quote, or from line `brought` on a mail that was forwarded."""
        if brought is not None:
            return _Parts(_without_rule(out), _brought(lines[brought:]), answered, quoted)
        return _Parts(out, [], answered, quoted + lines[index:])

    while index < len(lines):
        line = lines[index]
        if len(line) <= LONGEST_LINE and _ends_words(line) and has_words(out):
            return parts()
        if MARKED.match(line) and (told := retold(lines, index, out)):
            out.extend(lines[index : index + told])
            index += told
            continue
        if MARKED.match(line) and not is_more_than(lines, index):
            index += 1
            quoted.append(line)
            last = MARKED.sub("", line, count=1).strip(" >") or last
            below = not is_signed(last)
            while out and not out[-1].strip() and index < len(lines) and not lines[index].strip():
                index += 1
            continue
        if below and is_broken_off(lines, index):
            index += 1
            continue
        if len(line) <= LONGEST_LINE and line.strip():
            mark = mark_of(line)
            if announces_forward(line, mark):
                if _says_enough(out) or (has_words(out) and from_office(lines, index, ours)):
                    _without_rule(out)
                    return parts()
                return parts(brought=index + 1)
            original = announces_original(line, mark)
            if original or header_block(fields, index, out):
                if forwarded and not _says_enough(out) and not from_office(lines, index, ours):
                    return parts(brought=index + original)
                if has_words(out):
                    _without_rule(out)
                    words = behind_fields(lines, index + original)
                    if is_answered(lines, words):
                        quoted += lines[index:words]
                        out.append("")
                        index, forwarded = words, False
                        continue
                    if _announces_answers(out) and not MARKED.match(_line(lines, _next_words(lines, words))):
                        return parts(brought=index + original)
                    return parts()
            length = attribution(lines, index)
            if length:
                following = _next_words(lines, index + length)
                if following is not None and MARKED.match(lines[following]):
                    index += length
                    continue
                if is_programmed(lines[index : index + length], _line(lines, following)):
                    if not has_words(out):
                        out += lines[index:]
                    return parts()
        if below and not is_dispensable(line):
            answered, below = len(out), False
        out.append(line)
        index += 1
    if forwarded and not (quoted and _says_enough(out)):
        # Where a forwarded mail begins cannot be told: all of it may be what was meant.
        return _Parts(lines, [], 0, [])
    return parts()


def _announces_answers(own: list[str]) -> bool:
    said = " ".join(own)
    return len(said.split()) <= _NOTE and _ANSWERS_WITHIN.search(said) is not None


def _ends_words(line: str) -> bool:
    return _BETWEEN_MARKS.fullmatch(line) is not None or _TYPE_ABOVE.fullmatch(line) is not None


def _says_enough(own: list[str]) -> bool:
    """Whether somebody's own words are a report of theirs, to which a forwarded mail is an enclosure. A few words, or
    some more that point below, only bring what another one wrote."""
    said = " ".join(own)
    return len(said.split()) >= (_ENOUGH if _POINTS_BELOW.search(said) is None else _ENOUGH_POINTING)


def _brought(lines: list[str]) -> list[str]:
    """The body of a forwarded mail: without its header fields, and without the marks that some programs put before."""
    written = [line for line in lines if line.strip()]
    if written and all(MARKED.match(line) for line in written):
        lines = [MARKED.sub("", line, count=1).removeprefix(" ") for line in lines]
    out: list[str] = []
    index, fields = 0, False
    while index < len(lines):
        line = lines[index]
        if not has_words(out) and len(line) <= LONGEST_LINE and is_header(line, fields):
            index += 1
            fields = bool(line.strip())
            while index < len(lines) and lines[index][:1] in (" ", "\t") and lines[index].strip():
                index += 1
            continue
        out.append(line)
        index += 1
    return out


def _next_words(lines: list[str], index: int) -> int | None:
    while index < len(lines):
        if lines[index].strip():
            return index
        index += 1
    return None


def _line(lines: list[str], index: int | None) -> str:
    return "" if index is None else lines[index]


def _without_rule(out: list[str]) -> list[str]:
    """The ruler that some programs draw above a quote goes with it."""
    while out and (not out[-1].strip() or (len(out[-1]) <= LONGEST_LINE and RULER.fullmatch(out[-1]))):
        out.pop()
    return out
