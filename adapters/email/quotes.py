"""The words that somebody wrote now, without what they answered to and without signatures.

A line scanner in linear time: no expression runs over more than a few joined lines. In doubt a line stays; when
nothing would be left, everything stays, because the citizen's words weigh more than a tidy record.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from adapters.email.added import without_banner
from adapters.email.attributions import LONGEST_LINE, attribution, is_programmed
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

#: A quoted line; not the row of a table, which has a stroke at its end, too.
_MARKED = re.compile(r"\s{0,3}(?:>|\|+(?![^|]*\|))")
#: The end of a marked line that the sender's program broke in two: long, and in the middle of a sentence.
_BROKEN_OFF = re.compile(r"[^.?!:;>\s]\s*$")
_BROKEN, _BROKEN_WORDS = 56, 4
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
#: "Petugas bilang ke saya:", above words that the sender marks by hand.
_TELLS = re.compile(
    r"\b(?:bilang|berkata|katanya|kata (?:bu|ibu|pak|bapak|petugas|dia|beliau)|ngomong|bunyinya|ucap(?:nya)?"
    r"|said|told)\b"
    r".{0,60}:\s*$",
    re.IGNORECASE,
)
_TOLD_LINES = 6
_MORE_THAN = re.compile(r"\s{0,3}>\s?\d+(?![\d.)]).*[^?]$")
#: A time of day, not the beginning of "12.03.2025".
_TIME = re.compile(r"(?<![\d.])\d{1,2}[.:h]\s?\d{2}(?!\.?\d*\.?\d{4})")
_ORNAMENTS = r"\s\-_=*>.~|–—‐‑─━#\[\]"
_DASHES = re.compile(f"[{_ORNAMENTS}]+")
_RULER = re.compile(f"[{_ORNAMENTS}]{{2,}}")
_ADORNED = re.compile(r"\W{3,}.*\W{3,}|\s*\[.*\]\s*")
#: Samsung's program may lose the line break: "-------- Pesan asli --------Dari: …".
_GLUED = re.compile(r"-{3,} ?([a-z][a-z ]{3,30}[a-z]) ?-{3,} ?(?:dari|from)\b")
_BLOCK = frozenset(("from", "sent", "to", "subject"))
_DAY = re.compile(r"\b\d{1,2}[ /.-]\w{1,9}[ /.-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")
#: Lines that a block of header fields may take, with what is wrapped.
_FIELD_LINES = 12
_KEY = re.compile(r"\*{0,2}([^:：*]{1,20}?)\*{0,2}\s?[:：]\*{0,2}\s*(.*)")
_ADDRESS = re.compile(r"[\w.+\-]{1,64}@[\w.\-]{1,200}")
_FORWARDED = re.compile(
    r"\W*(fwd?|fw|terusan|teruskan|diteruskan|tr|wg|rv|enc|i|vs|vb|doorst)\s*:", re.IGNORECASE
)


def reply_text(
    text: str, subject: str = "", ours: Callable[[str], bool] | None = None, sender: str = ""
) -> str:
    """`text` without quotes and signatures; of a forwarded mail its words and those that came with it.

    `ours` tells our own addresses: what we wrote is a quote even in a mail that was forwarded to us. `sender` is the
    name that the address bears. Everything stays when nothing else would be left.
    """
    written, brought, answered = _parted(without_banner(text.split("\n")), _is_forwarded(subject), ours)
    result = "\n\n".join(
        part
        for lines, from_line in ((written, answered), (brought, 0))
        if (part := "\n".join(without_signature(lines, sender, from_line)).strip())
    )
    return result if any(c.isalnum() for c in result) else text.strip()


def written_now(text: str, subject: str = "") -> tuple[list[str], list[str]]:
    """The lines that somebody wrote now, their ending included, and those of the mail that they forwarded."""
    written, brought, _ = _parted(without_banner(text.split("\n")), _is_forwarded(subject), None)
    return written, brought


def _is_forwarded(subject: str) -> bool:
    return _FORWARDED.match(subject) is not None


def _parted(
    lines: list[str], forwarded: bool, ours: Callable[[str], bool] | None
) -> tuple[list[str], list[str], int]:
    """The lines that somebody wrote now, those of the mail that they forwarded, and of the former the last one that
    stands right below a quote: an answer, even if it is a name."""
    out: list[str] = []
    answered = 0
    below, quoted = False, ""
    fields = [_field(line) for line in lines]
    index = 0
    while index < len(lines):
        line = lines[index]
        if len(line) <= LONGEST_LINE and _ends_words(line) and _has_words(out):
            return out, [], answered
        if _MARKED.match(line) and (told := _told(lines, index, out)):
            out.extend(lines[index : index + told])
            index += told
            continue
        if _MARKED.match(line) and not _is_more_than(lines, index):
            index += 1
            quoted = _MARKED.sub("", line, count=1).strip(" >") or quoted
            below = not _is_signed(quoted)
            while out and not out[-1].strip() and index < len(lines) and not lines[index].strip():
                index += 1
            continue
        if below and _is_broken_off(lines, index):
            index += 1
            continue
        if len(line) <= LONGEST_LINE and line.strip():
            mark = _mark(line)
            if _announces_forward(line, mark):
                if _says_enough(out) or (_has_words(out) and _from_office(lines, index + 1, ours)):
                    return _without_rule(out), [], answered
                return _without_rule(out), _brought(lines[index + 1 :]), answered
            original = _announces_original(line, mark)
            if original or _header_block(fields, index, out):
                if forwarded and not _says_enough(out) and not _from_office(lines, index, ours):
                    return _without_rule(out), _brought(lines[index + original :]), answered
                if _has_words(out):
                    return _without_rule(out), [], answered
            length = attribution(lines, index)
            if length:
                following = _next_words(lines, index + length)
                if following is not None and _MARKED.match(lines[following]):
                    index += length
                    continue
                if is_programmed(lines[index : index + length], _line(lines, following)):
                    return (out if _has_words(out) else out + lines[index:]), [], answered
        if below and line.strip():
            answered, below = len(out), False
        out.append(line)
        index += 1
    # Where a forwarded mail begins cannot be told: all of it may be what was meant.
    return (lines, [], 0) if forwarded else (out, [], answered)


def _ends_words(line: str) -> bool:
    return _BETWEEN_MARKS.fullmatch(line) is not None or _TYPE_ABOVE.fullmatch(line) is not None


def _says_enough(own: list[str]) -> bool:
    """Whether somebody's own words are a report of theirs, to which a forwarded mail is an enclosure. A few words, or
    some more that point below, only bring what another one wrote."""
    said = " ".join(own)
    return len(said.split()) >= (_ENOUGH if _POINTS_BELOW.search(said) is None else _ENOUGH_POINTING)


def _is_broken_off(lines: list[str], index: int) -> bool:
    """Whether line `index`, bare between marked ones, is the end of the one above, which a program wrapped."""
    line = lines[index]
    if not 0 < index < len(lines) - 1 or not line[:1].islower() or len(line.split()) > _BROKEN_WORDS:
        return False
    above = lines[index - 1]
    marked = _MARKED.match(above) and _MARKED.match(lines[index + 1])
    return bool(marked) and len(above) >= _BROKEN and _BROKEN_OFF.search(above) is not None


def _told(lines: list[str], index: int, above: list[str]) -> int:
    """How many marked lines from `index` on are what the sender tells that somebody said: the only ones of the mail,
    few, right below the sentence that tells of it, and with more of the sender's words behind them."""
    said = next((line for line in reversed(above) if line.strip()), "")
    if (
        len(said) > LONGEST_LINE
        or not _TELLS.search(said)
        or any(c in said for c in "@<>")
        or _TIME.search(said)
    ):
        return 0
    end = index
    while end < len(lines) and end - index <= _TOLD_LINES and _MARKED.match(lines[end]):
        end += 1
    behind = lines[end:]
    if end - index > _TOLD_LINES or not _has_words(behind) or any(map(_MARKED.match, (*above, *behind))):
        return 0
    return end - index


def _is_signed(quoted: str) -> bool:
    """Whether the last line of a quote is the office's name or its thanks: what stands below answers no question."""
    if len(quoted) > LONGEST_LINE:
        return False
    said = quoted.casefold()
    return any(word in said for word in OFFICES) or (
        "?" not in said and said.startswith(("terima kasih", "thank"))
    )


def _brought(lines: list[str]) -> list[str]:
    """The body of a forwarded mail: without its header fields, and without the marks that some programs put before."""
    written = [line for line in lines if line.strip()]
    if written and all(_MARKED.match(line) for line in written):
        lines = [_MARKED.sub("", line, count=1).removeprefix(" ") for line in lines]
    out: list[str] = []
    index, fields = 0, False
    while index < len(lines):
        line = lines[index]
        if not _has_words(out) and len(line) <= LONGEST_LINE and _is_header(line, fields):
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
    for marked in lines[index : index + 8]:
        line = _MARKED.sub("", marked, count=1)
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
    return mark in FORWARD_MARKS or (
        mark.startswith(FORWARDED_BY) and len(mark) <= 90 and _ADORNED.fullmatch(line) is not None
    )


def _announces_original(line: str, mark: str) -> bool:
    if mark in ORIGINAL_MARKS or (mark in ORIGINAL_BETWEEN_RULES and _ADORNED.fullmatch(line) is not None):
        return True
    glued = _GLUED.match(line.casefold())
    return glued is not None and glued[1] in ORIGINAL_MARKS


def _has_words(lines: list[str]) -> bool:
    return any(any(c.isalnum() for c in line) for line in lines)


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


def _is_more_than(lines: list[str], index: int) -> bool:
    """Whether `>` means "more than" in the middle of a paragraph: "> 20 rumah terendam"."""
    if not index or not lines[index - 1].strip() or _MORE_THAN.match(lines[index]) is None:
        return False
    return not any(_MARKED.match(line) for line in (lines[index - 1], *lines[index + 1 : index + 2]))


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
            timed = timed or _TIME.search(value) is not None
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
