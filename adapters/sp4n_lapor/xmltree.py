"""LAPOR's older XML as plain values, so that one mapping reads both shapes.

An element is its text; with attributes or children it is a table of both, in which repeated names make a list and
remaining text stands as `#text`. The root's own name is no part of a path. A document type is refused, and with it
every entity: no bombs, no files. What XML forbids and yet is sent (control characters) is left out.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from normalizer.errors import Unreadable

#: Deeper elements are passed over: no report is nested so.
DEEPEST = 40
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_.-]{1,40})["']""")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,9}));")
_ENCODINGS = {"utf-8", "utf8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16"}


class _Tree:
    """Builds the value of one document from expat's events; without recursion."""

    def __init__(self) -> None:
        self.root: Any = None
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []
        self._passed = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._passed or len(self._open) >= DEEPEST:
            self._passed += 1
            return
        self._open.append((_local(name), {_local(key): value for key, value in attributes.items()}, []))

    def data(self, text: str) -> None:
        if not self._passed and self._open:
            self._open[-1][2].append(text)

    def end(self, _: str) -> None:
        if self._passed:
            self._passed -= 1
            return
        name, table, parts = self._open.pop()
        words = "".join(parts).strip()
        if table and words:
            table["#text"] = words
        value: Any = table or words
        if not self._open:
            self.root = value
            return
        above = self._open[-1][1]
        if name not in above:
            above[name] = value
        elif isinstance(above[name], list):
            above[name].append(value)
        else:
            above[name] = [above[name], value]


def read(body: bytes) -> Any:
    """The document's value. Raises `Unreadable`."""
    text = _REFERENCE.sub(_allowed, _FORBIDDEN.sub("", _decoded(body)))
    tree, parser = _Tree(), expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.CharacterDataHandler = tree.data
    parser.StartDoctypeDeclHandler = _refused
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise Unreadable(f"not well-formed XML: line {error.lineno}, code {error.code}") from None
    return tree.root


def _decoded(body: bytes) -> str:
    declared = _DECLARED.match(body)
    name = declared.group(1).decode().lower() if declared else "utf-8"
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        name = "utf-16"
    if name not in _ENCODINGS:
        raise Unreadable(f"XML in {name}, which LAPOR does not use")
    return body.decode(name, "replace").lstrip("\ufeff")


def _allowed(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    legal = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE
    return found.group() if legal or 0x10000 <= number < 0x110000 else ""


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refused(*_: Any) -> None:
    raise Unreadable("the document brings a document type, which no report needs")
