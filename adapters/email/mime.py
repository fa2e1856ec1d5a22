"""A mail's bytes as a tree of parts (RFC 5322, RFC 2045, RFC 2046), tolerant and bounded.

The standard library's parser recurses and crashes on what strangers send. This one works on slices, never raises,
and stops at caps: what lies behind a cap stays unsplit in the part before it and `Mail.cut` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.email.words import charset_text, parameters, unfold

MAX_HEADER_BYTES = 256 * 1024
MAX_HEADERS = 1000
MAX_PARTS = 500
MAX_DEPTH = 100
#: Every level of nesting searches its bytes again: this bounds the sum, whatever the shape.
MAX_SEARCHED = 256 * 1024 * 1024
#: Lines that look like boundaries, in the whole mail.
MAX_MARKS = 100_000

_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_END_OF_LINE = re.compile(rb"\r?\n|\r")


@dataclass
class Part:
    """One node: its header fields (lower-case names, unfolded raw values, in order) and its still encoded body."""

    fields: list[tuple[str, bytes]]
    body: bytes
    parts: list[Part] = field(default_factory=list)
    default_type: str = "text/plain"
    depth: int = 0

    def raw(self, name: str) -> bytes:
        """The first field called `name`, or nothing."""
        for key, value in self.fields:
            if key == name:
                return value
        return b""

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.fields if key == name]

    def text(self, name: str) -> str:
        """The first field called `name` as plain characters, without decoding encoded words."""
        return charset_text(self.raw(name)).strip()

    @property
    def media_type(self) -> str:
        """`type/subtype` in lower case; the default when it is missing or broken."""
        declared = self.text("content-type").partition(";")[0].strip().lower()
        kind, slash, sub = declared.partition("/")
        if slash and kind and sub and " " not in declared:
            return declared
        return "text/plain" if declared in ("text", "plain") else self.default_type

    @property
    def type_parameters(self) -> dict[str, str]:
        return parameters(self.raw("content-type"))

    @property
    def disposition(self) -> str:
        """`attachment`, `inline`, or nothing."""
        return self.text("content-disposition").partition(";")[0].strip().lower()

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in the order of the mail."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.parts))


@dataclass
class Mail:
    """The root of a mail; `cut` when a cap was reached."""

    root: Part
    cut: bool = False


def read(data: bytes) -> Mail:
    """The tree of a whole mail."""
    budget = _Budget()
    root = _part(data, "text/plain", 0, budget)
    waiting = [root]
    while waiting:
        part = waiting.pop(0)
        _split(part, budget)
        waiting.extend(child for child in part.parts if child.media_type.startswith("multipart/"))
    return Mail(root, budget.cut)


def read_header(data: bytes) -> Part:
    """Only the top header; the body stays whole."""
    return _part(data, "text/plain", 0, _Budget())


class _Budget:
    def __init__(self) -> None:
        self.parts = MAX_PARTS
        self.searched = MAX_SEARCHED
        self.marks = MAX_MARKS
        self.cut = False


def _part(data: bytes, default_type: str, depth: int, budget: _Budget) -> Part:
    fields, start, cut = _header(data)
    budget.cut |= cut
    return Part(fields, data[start:], default_type=default_type, depth=depth)


def _header(data: bytes) -> tuple[list[tuple[str, bytes]], int, bool]:
    """The header fields, where the body begins, and whether a cap cut fields off."""
    fields: list[tuple[str, bytes]] = []
    name, lines, position, cut = "", [], 0, False  # type: str, list[bytes], int, bool
    end = len(data)
    while position < end:
        match = _END_OF_LINE.search(data, position)
        stop, after = (match.start(), match.end()) if match else (end, end)
        line = data[position:stop]
        if not line.strip(b" \t") and (not line or not lines):
            position = after
            break
        if line[:1] in b" \t" and lines:
            lines.append(line)
        elif _FIELD.match(line):
            _close(fields, name, lines)
            key, _, value = line.partition(b":")
            name, lines = key.strip().decode("ascii").lower(), [value]
        elif not _is_noise(data, line, after):
            break
        position = after
        if position > MAX_HEADER_BYTES or len(fields) >= MAX_HEADERS:
            cut = True
            position = _end_of_header(data, position)
            break
    _close(fields, name, lines)
    return fields, position, cut


def _close(fields: list[tuple[str, bytes]], name: str, lines: list[bytes]) -> None:
    if name:
        fields.append((name, unfold(lines)))


def _is_noise(data: bytes, line: bytes, after: int) -> bool:
    """A line that is no field, yet fields go on behind it: an mbox separator, or dirt."""
    if line.startswith((b"From ", b">From ")):
        return True
    if line.startswith(b"--"):
        return False
    match = _END_OF_LINE.search(data, after)
    following = data[after : match.start() if match else len(data)]
    return _FIELD.match(following) is not None and b" " not in following.partition(b":")[0].strip()


def _end_of_header(data: bytes, position: int) -> int:
    found = [at + len(mark) for mark in (b"\n\n", b"\n\r\n") if (at := data.find(mark, position - 2)) >= 0]
    return min(found, default=len(data))


def _split(part: Part, budget: _Budget) -> None:
    if not part.media_type.startswith("multipart/"):
        return
    boundary = part.type_parameters.get("boundary", "").rstrip()
    if not boundary or len(boundary) > 500:
        return
    if part.depth >= MAX_DEPTH or budget.searched < len(part.body):
        budget.cut = True
        return
    budget.searched -= len(part.body)
    default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    for start, stop in _sections(part.body, b"--" + boundary.encode("utf-8", "replace"), budget):
        if budget.parts <= 0:
            budget.cut = True
            break
        budget.parts -= 1
        part.parts.append(_part(part.body[start:stop], default, part.depth + 1, budget))


def _sections(body: bytes, mark: bytes, budget: _Budget) -> Iterator[tuple[int, int]]:
    """Where the body parts between the boundary lines lie, the line break before a boundary left out."""
    begin = -1
    position = body.find(mark)
    while position >= 0:
        budget.marks -= 1
        if budget.marks < 0:
            budget.cut = True
            break
        after = position + len(mark)
        closing = body[after : after + 2] == b"--"
        tail_from = after + 2 if closing else after
        tail = _END_OF_LINE.search(body, tail_from, tail_from + 300)
        tail_end = tail.start() if tail else min(len(body), tail_from + 300)
        at_line_start = position == 0 or body[position - 1 : position] in (b"\n", b"\r")
        # Behind a closing mark anything may stand: some senders glue the next text to it.
        if at_line_start and (closing or not body[tail_from:tail_end].strip(b" \t")):
            if begin >= 0:
                yield begin, _before_break(body, position, begin)
            if closing:
                return
            begin = tail.end() if tail else len(body)
        position = body.find(mark, after)
    if begin >= 0:
        yield begin, len(body)


def _before_break(body: bytes, position: int, begin: int) -> int:
    if body[position - 2 : position] == b"\r\n":
        position -= 2
    elif position:
        position -= 1
    return max(position, begin)
