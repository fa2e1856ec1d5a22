"""The words that somebody wrote now, without what they answered to and without signatures.

A line scanner in linear time: no expression runs over more than a few joined lines. In doubt a line stays; when
nothing would be left, everything stays, because the citizen's words weigh more than a tidy record.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from adapters.email.quote_words import (
    FORWARD_MARKS,
    HEADER_KEYS,
    OFFICES,
    ORIGINAL_MARKS,
    STARTERS,
    VERBS,
    VERBS_ALONE,
)
from adapters.email.signatures import RULE, without_signature

_LONGEST_LINE = 400
_MARKED = re.compile(r"\s{0,3}[>|]")
_MORE_THAN = re.compile(r"\s{0,3}>\s?\d+(?![\d.)]).*[^?]$")
_INDONESIAN = ("pada ", "tanggal ", "tgl ")
_TIME = re.compile(r"\d{1,2}[.:h]\s?\d{2}")
_YEAR = re.compile(r"(19|20)\d{2}")
_DASHES = re.compile(r"[\s\-_=*>.~|–—]+")
_KEY = re.compile(r"\*{0,2}([^:：*]{1,20}?)\*{0,2}\s?[:：]\*{0,2}\s*(.*)")
#: Yahoo's program for Android puts the quote itself behind the words that announce it.
_INLINE = re.compile(r"(\b(?:menulis|wrote):)\s{2,}\S.*")
_ADDRESS = re.compile(r"[\w.+\-]{1,64}@[\w.\-]{1,200}")
_FORWARDED = re.compile(
    r"\W*(fwd?|fw|terusan|teruskan|diteruskan|tr|wg|rv|enc|i|vs|vb|doorst)\s*:", re.IGNORECASE
)


def reply_text(text: str, subject: str = "", ours: Callable[[str], bool] | None = None) -> str:
    """`text` without quotes and signatures; of a forwarded mail its words and those that came with it.

    `ours` tells our own addresses: what we wrote is a quote even in a mail that was forwarded to us. Everything stays
    when nothing else would be left.
    """
    forwarded = _FORWARDED.match(subject) is not None
    written, brought = _parted(text.split("\n"), forwarded, ours)
    result = "\n\n".join(
        part for lines in (written, brought) if (part := "\n".join(without_signature(lines)).strip())
    )
    return result if any(c.isalnum() for c in result) else text.strip()


def _parted(
    lines: list[str], forwarded: bool, ours: Callable[[str], bool] | None
) -> tuple[list[str], list[str]]:
    """The lines that somebody wrote now, and those of the mail that they forwarded."""
    out: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        if _MARKED.match(line) and not _is_more_than(lines, index):
            index += 1
            continue
        if len(line) <= _LONGEST_LINE and line.strip():
            mark = _mark(line)
            if mark in FORWARD_MARKS:
                return _without_rule(out), _brought(lines[index + 1 :])
            original = mark in ORIGINAL_MARKS
            if original or _header_block(lines, index):
                if forwarded and not _from_office(lines, index, ours):
                    return _without_rule(out), _brought(lines[index + original :])
                if _has_words(out):
                    return _without_rule(out), []
            length = _attribution(lines, index)
            if length:
                following = _next_words(lines, index + length)
                if following is not None and _MARKED.match(lines[following]):
                    index += length
                    continue
                if _is_programmed(lines[index : index + length]):
                    return (out, []) if _has_words(out) else (out + lines[index:], [])
        out.append(line)
        index += 1
    # Where a forwarded mail begins cannot be told: all of it may be what was meant.
    return (lines, []) if forwarded else (out, [])


def _brought(lines: list[str]) -> list[str]:
    """The body of a forwarded mail: without its header fields, and without the marks that some programs put before."""
    written = [line for line in lines if line.strip()]
    if written and all(_MARKED.match(line) for line in written):
        lines = [_MARKED.sub("", line, count=1).removeprefix(" ") for line in lines]
    out: list[str] = []
    index, fields = 0, False
    while index < len(lines):
        line = lines[index]
        if not _has_words(out) and len(line) <= _LONGEST_LINE and _is_header(line, fields):
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
    if _header_kind(line) or not line.strip() or _mark(line) in FORWARD_MARKS:
        return True
    return fields and _KEY.match(line.strip()) is not None


def _header_kind(line: str) -> str | None:
    match = _KEY.match(line.replace("\u200e", "").strip())
    return HEADER_KEYS.get(match[1].strip().casefold()) if match else None


def _from_office(lines: list[str], index: int, ours: Callable[[str], bool] | None) -> bool:
    """Whether an office like ours wrote the mail whose header fields begin about `index`."""
    for line in lines[index : index + 8]:
        if len(line) <= _LONGEST_LINE and _header_kind(line) == "from":
            sender = line.casefold()
            addresses = _ADDRESS.findall(sender)
            return any(word in sender for word in OFFICES) or (
                ours is not None and any(ours(address) for address in addresses)
            )
    return False


def _mark(line: str) -> str:
    """A line such as `-------- Pesan asli --------` without its ornaments."""
    return " ".join(_DASHES.sub(" ", line).casefold().strip(" :：").split())


def _has_words(lines: list[str]) -> bool:
    return any(any(c.isalnum() for c in line) for line in lines)


def _next_words(lines: list[str], index: int) -> int | None:
    while index < len(lines):
        if lines[index].strip():
            return index
        index += 1
    return None


def _without_rule(out: list[str]) -> list[str]:
    """The ruler that some programs draw above a quote goes with it."""
    while out and (not out[-1].strip() or RULE.fullmatch(out[-1])):
        out.pop()
    return out


def _attribution(lines: list[str], index: int) -> int:
    """How many lines from `index` on say who wrote what is quoted below: `Pada … menulis:`; 0 when none do."""
    first = _INLINE.sub(r"\1", lines[index].strip()).strip("*_").casefold()
    begins = first.startswith(STARTERS)
    if not begins and not _YEAR.search(first) and "@" not in first and not first.endswith((":", "：")):
        return 0
    joined = ""
    for count in range(1, 5):
        if index + count > len(lines) or not lines[index + count - 1].strip():
            return 0
        line = _INLINE.sub(r"\1", lines[index + count - 1].strip())
        joined = (joined + " " + line.strip("*_")).strip().casefold()
        if len(joined) > _LONGEST_LINE:
            return 0
        if joined.endswith((":", "：")) and _says_wrote(joined, begins):
            return count
        if not begins and count == 2:
            return 0
    return 0


def _is_programmed(lines: list[str]) -> bool:
    """Whether a program wrote the line that says who wrote: "Pada hari Senin pukul 9.15 Pak RW menulis:" is a sentence
    of a letter, in Indonesian the programs always give the address."""
    said = " ".join(lines)
    if any(mark in said for mark in "@<["):
        return True
    return _TIME.search(said) is not None and not said.strip().casefold().startswith(_INDONESIAN)


def _is_more_than(lines: list[str], index: int) -> bool:
    """Whether `>` means "more than" in the middle of a paragraph: "> 20 rumah terendam"."""
    if not index or not lines[index - 1].strip() or _MORE_THAN.match(lines[index]) is None:
        return False
    return not any(_MARKED.match(line) for line in (lines[index - 1], *lines[index + 1 : index + 2]))


def _says_wrote(joined: str, begins: bool) -> bool:
    dated = _TIME.search(joined) is not None or "@" in joined
    if begins and dated and any(verb in joined for verb in VERBS):
        return True
    body = joined.rstrip(":： ")
    if not (dated or _YEAR.search(joined)):
        return False
    if body.endswith(VERBS_ALONE):
        return True
    # `2025年11月3日(月) 10:15 Siti <siti@example.org>:` has no verb at all.
    if not body.endswith(">") or "@" not in body or _TIME.search(body) is None:
        return False
    return _YEAR.search(body) is not None


def _header_block(lines: list[str], index: int) -> bool:
    """`Dari: … Dikirim: … Kepada: … Perihal: …` as programs write it: with a time, or an address.

    A letter begins with words like these too; but no citizen writes the minute into them.
    """
    match = _KEY.match(lines[index].strip())
    if match is None or HEADER_KEYS.get(match[1].strip().casefold()) not in ("from", "sent"):
        return False
    found: set[str] = set()
    proof = timed = False
    for line in lines[index : index + 8]:
        match = _KEY.match(line.replace("\u200e", "").strip()[:_LONGEST_LINE])
        kind = HEADER_KEYS.get(match[1].strip().casefold()) if match else None
        if match is None or kind is None:
            continue
        found.add(kind)
        if kind == "sent":
            timed = _TIME.search(match[2]) is not None
        proof = proof or "@" in match[2]
    return {"from", "sent"} <= found and len(found) >= 3 and (timed or proof)
