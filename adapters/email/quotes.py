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
from adapters.email.marked import (
    MARKED,
    TIME,
    has_words,
    is_answered,
    is_broken_off,
    is_more_than,
    is_signed,
    retold,
)
from adapters.email.quote_words import (
    FORWARD_MARKS,
    FORWARDED_BY,
    HEADER_KEYS,
    OFFICES,
    ORIGINAL_BETWEEN_RULES,
    ORIGINAL_MARKS,
)
from adapters.email.sign_off import says_something
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
_ORNAMENTS = r"\s\-_=*>.~|–—‐‑─━#\[\]"
_DASHES = re.compile(f"[{_ORNAMENTS}]+")
_RULER = re.compile(f"[{_ORNAMENTS}]{{2,}}")
_ADORNED = re.compile(r"\W{3,}.*\W{3,}|\s*\[.*\]\s*")
#: Telephones may lose the line breaks: "-------- Pesan asli --------Dari: …Kepada: …".
_GLUED = re.compile(r"\s{0,9}-{3,} ?([a-z][a-z ]{3,30}[a-z]) ?-{3,} {0,3}(?=(?:dari|from)\b)")
_GLUED_TO = re.compile(r"(?:kepada|ke|to)\s?:", re.IGNORECASE)
#: "Jawaban saya di bawah, dengan huruf besar.", above a quote that has no marks; and how long such a note is.
_ANSWERS_WITHIN = re.compile(
    r"\b(?:jawaban(?:nya)? (?:saya|kami|sy)|(?:saya|kami|sy) (?:jawab|tulis|balas|tanggapi)"
    r"|my (?:answers?|repl(?:y|ies)|comments?|responses?)|see (?:answers|replies|comments))\b[^.!?]{0,80}"
    r"\b(?:di ?bawah|di (?:setiap|tiap|masing-masing|sela)|below|in-?line|in (?:red|blue|green|capitals)"
    r"|huruf (?:besar|kapital)|merah|biru)\b",
    re.IGNORECASE,
)
_NOTE = 30
_BLOCK = frozenset(("from", "sent", "to", "subject"))
_DAY = re.compile(r"\b\d{1,2}[ /.-]\w{1,9}[ /.-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")
#: Lines that a block of header fields may take, with what is wrapped.
_FIELD_LINES = 12
_KEY = re.compile(r"\*{0,2}([^:：*]{1,20}?)\*{0,2}\s?[:：]\*{0,2}\s*(.*)")
_ADDRESS = re.compile(r"[\w.+\-]{1,64}@[\w.\-]{1,200}")
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
    fields = [_field(line) for line in lines]
    index = 0

    def parts(brought: int = 0) -> _Parts:
        """What is told so far; the rest is a quote, or from line `brought` on a mail that was forwarded."""
        if brought:
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
            mark = _mark(line)
            if _announces_forward(line, mark):
                if _says_enough(out) or (has_words(out) and _from_office(lines, index, ours)):
                    _without_rule(out)
                    return parts()
                return parts(brought=index + 1)
            original = _announces_original(line, mark)
            if original or _header_block(fields, index, out):
                if forwarded and not _says_enough(out) and not _from_office(lines, index, ours):
                    return parts(brought=index + original)
                if has_words(out):
                    _without_rule(out)
                    words = _behind_fields(lines, index + original)
                    if is_answered(lines, words):
                        quoted += lines[index:words]
                        out.append("")
                        index = words
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


def _behind_fields(lines: list[str], index: int) -> int:
    """The first line that is no header field, from line `index` on."""
    while index < len(lines) and len(lines[index]) <= LONGEST_LINE and _is_header(lines[index], fields=True):
        index += 1
    return index


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
        if not has_words(out) and len(line) <= LONGEST_LINE and _is_header(line, fields):
            index += 1
            fields = bool(line.strip())
            while index < len(lines) and lines[index][:1] in (" ", "\t") and lines[index].strip():
                index += 1
            continue
        out.append(line)
        index += 1
    return out


def _is_header(line: str, fields: bool) -> bool:
    """A header field, known, or among known ones (`fields`); or a line that announces a forwarded mail."""
    if _header_kind(line) or not line.strip() or _announces_forward(line, _mark(line)):
        return True
    return fields and _KEY.match(line.strip()) is not None


def _field(line: str) -> tuple[str | None, str]:
    """Which of the known header fields a line is, and what it says."""
    if ":" not in line and "：" not in line:
        return None, ""
    match = _KEY.match(line[: 2 * LONGEST_LINE].replace("\u200e", "").strip()[:LONGEST_LINE])
    return (HEADER_KEYS.get(match[1].strip().replace(".", "").casefold()), match[2]) if match else (None, "")


def _header_kind(line: str) -> str | None:
    return _field(line)[0]


def _from_office(lines: list[str], index: int, ours: Callable[[str], bool] | None) -> bool:
    """Whether an office like ours wrote the mail whose header fields begin about `index`."""
    for marked in lines[index : index + 9]:
        line = MARKED.sub("", marked, count=1)
        glued = _GLUED.match(line.casefold()) if len(line) <= 2 * LONGEST_LINE else None
        if glued is not None:
            line = _GLUED_TO.split(line[glued.end() :], maxsplit=1)[0].strip()
        if len(line) <= LONGEST_LINE and _header_kind(line) == "from":
            sender = line.casefold()
            addresses = _ADDRESS.findall(sender)
            return any(word in sender for word in OFFICES) or (
                ours is not None and any(ours(address) for address in addresses)
            )
    return False


def _mark(line: str) -> str:
    """A line such as `-------- Pesan asli --------` without its ornaments."""
    return " ".join(_DASHES.sub(" ", line).casefold().strip(" :：").split())


def _announces_forward(line: str, mark: str) -> bool:
    if mark in FORWARD_MARKS or _glued(line) in FORWARD_MARKS:
        return True
    return mark.startswith(FORWARDED_BY) and len(mark) <= 90 and _ADORNED.fullmatch(line) is not None


def _announces_original(line: str, mark: str) -> bool:
    if mark in ORIGINAL_MARKS or _glued(line) in ORIGINAL_MARKS:
        return True
    if _ADORNED.fullmatch(line) is None:
        return False
    # "--- Pesan yang diteruskan / balasan ---"
    kinds = mark.split(" / ")
    return mark in ORIGINAL_BETWEEN_RULES or (len(kinds) == 2 and kinds[0] in FORWARD_MARKS | ORIGINAL_MARKS)


def _glued(line: str) -> str:
    glued = _GLUED.match(line.casefold())
    return glued[1].strip() if glued else ""


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
    while out and (not out[-1].strip() or (len(out[-1]) <= LONGEST_LINE and _RULER.fullmatch(out[-1]))):
        out.pop()
    return out


def _header_block(fields: list[tuple[str | None, str]], index: int, above: list[str]) -> bool:
    """`Dari: … Dikirim: … Kepada: … Perihal: …` as programs write it: with a time, or an address.

    A letter begins with words like these too; but no citizen writes the minute into them.
    """
    first = fields[index][0]
    if first is None:
        return False
    found: set[str] = set()
    proof = timed = False
    for kind, value in fields[index : index + _FIELD_LINES]:
        if kind is None:
            continue
        found.add(kind)
        if kind == "sent":
            timed = timed or TIME.search(value) is not None
        proof = proof or "@" in value
    if {"from", "sent", "to", "subject"} <= found and _is_dated(fields, index) and says_something(above):
        # Some programs give the day alone; a letter may begin so below its greeting.
        return True
    if not {"from", "sent", "to"} <= found:
        # A program that leaves out to whom still gives an address and the minute.
        return first == "from" and {"from", "sent", "subject"} <= found and timed and proof
    return timed and (proof or "subject" in found)


def _is_dated(fields: list[tuple[str | None, str]], index: int) -> bool:
    """Whether four lines right below each other are the four fields, and the one that says when is a day."""
    block = dict(fields[index : index + len(_BLOCK)])
    return block.keys() == _BLOCK and _DAY.search(block["sent"]) is not None
