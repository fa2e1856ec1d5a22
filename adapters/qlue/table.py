"""Records of an exported table, one after the other, as the bytes that they are: CSV (RFC 4180) or JSON lines.

A record is never decoded here, so that what is kept is exactly what stood in the file. In CSV a line ends a record
when its quotes are even; a quote that never closes spoils its own record and not the rest of the file.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Literal, NamedTuple

Kind = Literal["csv", "jsonl"]
#: A record of a report has some hundred bytes. Lines that one quoted value may span, and bytes of a whole record.
LINES_MAX, BYTES_MAX = 400, 256 * 1024


class Record(NamedTuple):
    """`number` counts from 1, the heading of a CSV file not counted; `start` and `end` are bytes in the file."""

    number: int
    start: int
    end: int
    content: bytes


def kind_of(head: bytes) -> Kind:
    """What a file is by its first bytes."""
    return "jsonl" if head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{" else "csv"


def heading(file: BinaryIO) -> bytes:
    """The first record of a CSV file: the names of its columns."""
    file.seek(0)
    return next((lines for _, lines in _records(file, "csv")), b"")


def records(file: BinaryIO, kind: Kind, start: int = 0, number: int = 0) -> Iterator[Record]:
    """The records after the byte `start`, of which `number` stood before it; blank lines are passed over."""
    if start == 0 and kind == "csv":
        start = len(heading(file))
    file.seek(start)
    for at, content in _records(file, kind, start):
        if content.strip():
            number += 1
            yield Record(number, at, at + len(content), content)


def _records(file: BinaryIO, kind: Kind, at: int = 0) -> Iterator[tuple[int, bytes]]:
    waiting: list[bytes] = []
    while True:
        line = waiting.pop() if waiting else file.readline(BYTES_MAX)
        if not line:
            return
        content = line
        if kind == "csv" and line.count(b'"') % 2:
            content, rest = _quoted(line, file, waiting)
            waiting = rest
        yield at, content
        at += len(content)


def _quoted(line: bytes, file: BinaryIO, waiting: list[bytes]) -> tuple[bytes, list[bytes]]:
    """The lines of a record whose quotes are still open, and the lines read beyond it (in reverse)."""
    taken, size = [line], len(line)
    while len(taken) < LINES_MAX and size < BYTES_MAX:
        following = waiting.pop() if waiting else file.readline(BYTES_MAX)
        if not following:
            break
        taken.append(following)
        size += len(following)
        if following.count(b'"') % 2:
            return b"".join(taken), waiting
    # The quote never closes: the first line alone is the spoilt record.
    return line, [*waiting, *reversed(taken[1:])]
