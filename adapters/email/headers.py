"""What announces a quoted or a forwarded mail: a program's mark ("-------- Pesan asli --------"), header fields."""

from __future__ import annotations

import re
from collections.abc import Callable

from adapters.email.attributions import LONGEST_LINE
from adapters.email.marked import MARKED, TIME
from adapters.email.quote_words import (
    FORWARD_MARKS,
    FORWARDED_BY,
    HEADER_KEYS,
    OFFICES,
    ORIGINAL_BETWEEN_RULES,
    ORIGINAL_MARKS,
    SENT_BY,
)
from adapters.email.sign_off import says_something

_ORNAMENTS = r"\s\-_=*>.~|–—‐‑─━#\[\]"
_DASHES = re.compile(f"[{_ORNAMENTS}]+")
RULER = re.compile(f"[{_ORNAMENTS}]{{2,}}")
_ADORNED = re.compile(r"\W{3,}.*\W{3,}|\s*\[.*\]\s*")
#: Telephones may lose the line breaks: "-------- Pesan asli --------Dari: …Kepada: …".
_GLUED = re.compile(r"\s{0,9}-{3,} ?([a-z][a-z ]{3,30}[a-z]) ?-{3,} {0,3}(?=(?:dari|from)\b)")
_GLUED_TO = re.compile(r"(?:kepada|ke|to)\s?:", re.IGNORECASE)
_BLOCK = frozenset(("from", "sent", "to", "subject"))
_DAY = re.compile(r"\b\d{1,2}[ /.-]\w{1,9}[ /.-]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")
#: Lines that a block of header fields may take, with what is wrapped.
_FIELD_LINES = 12
_KEY = re.compile(r"\*{0,2}([^:：*]{1,20}?)\*{0,2}\s?[:：]\*{0,2}\s*(.*)")
_ADDRESS = re.compile(r"[\w.+\-]{1,64}@[\w.\-]{1,200}")


def is_header(line: str, fields: bool) -> bool:
    """A header field, known, or among known ones (`fields`); or a line that announces a forwarded mail."""
    if _header_kind(line) or not line.strip() or announces_forward(line, mark_of(line)):
        return True
    return fields and _KEY.match(line.strip()) is not None


def field_of(line: str) -> tuple[str | None, str]:
    """Which of the known header fields a line is, and what it says."""
    if ":" not in line and "：" not in line:
        return None, ""
    match = _KEY.match(line[: 2 * LONGEST_LINE].replace("\u200e", "").strip()[:LONGEST_LINE])
    return (HEADER_KEYS.get(match[1].strip().replace(".", "").casefold()), match[2]) if match else (None, "")


def _header_kind(line: str) -> str | None:
    return field_of(line)[0]


def from_office(lines: list[str], index: int, ours: Callable[[str], bool] | None) -> bool:
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


def mark_of(line: str) -> str:
    """A line such as `-------- Pesan asli --------` without its ornaments."""
    return " ".join(_DASHES.sub(" ", line).casefold().strip(" :：").split())


def announces_forward(line: str, mark: str) -> bool:
    """Whether a line, with its `mark`, says that a forwarded mail follows."""
    if mark in FORWARD_MARKS or _glued(line) in FORWARD_MARKS:
        return True
    return mark.startswith(FORWARDED_BY) and len(mark) <= 90 and _ADORNED.fullmatch(line) is not None


def announces_original(line: str, mark: str) -> bool:
    """Whether a line, with its `mark`, says that the mail follows which is answered."""
    if mark in ORIGINAL_MARKS or _glued(line) in ORIGINAL_MARKS:
        return True
    if _ADORNED.fullmatch(line) is None:
        return False
    # "--- Pesan dari Admin, 02/03/2026 15:40 ---", as ticket systems write it.
    if mark.startswith(SENT_BY) and len(mark) <= LONGEST_LINE and TIME.search(line) is not None:
        return True
    # "--- Pesan yang diteruskan / balasan ---"
    kinds = mark.split(" / ")
    return mark in ORIGINAL_BETWEEN_RULES or (len(kinds) == 2 and kinds[0] in FORWARD_MARKS | ORIGINAL_MARKS)


def _glued(line: str) -> str:
    glued = _GLUED.match(line.casefold())
    return glued[1].strip() if glued else ""


def behind_fields(lines: list[str], index: int) -> int:
    """The first line that is no header field, from line `index` on."""
    while index < len(lines) and len(lines[index]) <= LONGEST_LINE and is_header(lines[index], fields=True):
        index += 1
    return index


def header_block(fields: list[tuple[str | None, str]], index: int, above: list[str]) -> bool:
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
