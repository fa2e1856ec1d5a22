"""A page or a batch, cut into its items before any of them is read: what one of them holds harms no other.

JSON is cut by its brackets alone, without recursion, so that an item may be nested ten thousand deep, or hold what is
no JSON (NaN, a broken escape, other bytes than UTF-8): it is then that item's own misfortune. XML cannot be cut so:
it is read whole (`xmltree`), and each item is handed on as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from adapters.sp4n_lapor import xmltree
from adapters.sp4n_lapor.reading import listed, reach, steps, walk
from normalizer.errors import Unreadable

_STRING = rb'"(?:[^"\\]|\\.)*+"'
_STOPS = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^,\]}\s]+", re.DOTALL)
_SPACE = re.compile(rb"[\s\xef\xbb\xbf]*")
#: What decoding one item may raise, whatever it holds.
BROKEN = (msgspec.DecodeError, RecursionError, ValueError, OverflowError)

Form = Literal["json", "xml"]


def cut(
    body: bytes, path: str, form: Form = "json", most: int = 1000, may_be_absent: bool = False
) -> list[bytes]:
    """The items of the list at `path`, each as its own JSON. Raises `Unreadable` when there is no such list.

    XML has no empty list but one that is absent: `may_be_absent` allows that where something stands above it.
    """
    if form == "xml":
        tree, way = xmltree.read(body), steps(path)
        found = reach(tree, way)
        if found is None and may_be_absent and way and reach(tree, way[:-1]) is not None:
            return []
        if found is None:
            raise Unreadable(f"the document has no {path!r}")
        items = [msgspec.json.encode(item) for item in listed(found)]
    else:
        place = _find(body, steps(path))
        if place is None or body[place : place + 1] not in (b"[", b"{"):
            raise Unreadable(f"the body has no list at {path!r}" if path else "the body is no JSON")
        if body[place : place + 1] == b"{":
            items = [body[place : _end(body, place)]]
        else:
            items = [body[start:end] for start, end in _elements(body, place)]
    if len(items) > most:
        raise Unreadable(f"more than {most} items")
    return items


def value_at(body: bytes, path: str, form: Form = "json") -> Any:
    """One small value of the frame, such as the token of the next page; None when it is absent or broken."""
    if form == "xml":
        return walk(xmltree.read(body), path)
    place = _find(body, steps(path))
    return None if place is None else decoded(body[place : _end(body, place)])


def decoded(item: bytes) -> Any:
    """One item; None when it cannot be decoded."""
    try:
        return msgspec.json.decode(item)
    except BROKEN:
        return None


def _find(body: bytes, way: list[str]) -> int | None:
    """Where the value at the end of `way` begins."""
    at = _skip_space(body, 0)
    for step in way:
        opening = body[at : at + 1]
        if opening == b"{":
            found = next((start for name, start in _members(body, at) if name == step), None)
        elif opening == b"[" and step.isdecimal():
            found = next((s for i, (s, _) in enumerate(_elements(body, at)) if i == int(step)), None)
        else:
            return None
        if found is None:
            return None
        at = found
    return at


def _members(body: bytes, at: int) -> Iterator[tuple[str, int]]:
    """Names in the object that begins at `at`, and where their values begin."""
    at = _skip_space(body, at + 1)
    while body[at : at + 1] == b'"':
        after = _end(body, at)
        name = decoded(body[at:after])
        colon = _skip_space(body, after)
        if body[colon : colon + 1] != b":":
            raise Unreadable("an object's name has no value")
        start = _skip_space(body, colon + 1)
        yield str(name), start
        at = _after_comma(body, _end(body, start), b"}")
    if body[at : at + 1] != b"}":
        raise Unreadable("an object does not end")


def _elements(body: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Where each element of the list that begins at `at` begins and ends."""
    at = _skip_space(body, at + 1)
    while body[at : at + 1] != b"]":
        end = _end(body, at)
        yield at, end
        at = _after_comma(body, end, b"]")


def _after_comma(body: bytes, at: int, closing: bytes) -> int:
    at = _skip_space(body, at)
    if body[at : at + 1] == b",":
        return _skip_space(body, at + 1)
    if body[at : at + 1] != closing:
        raise Unreadable("the body is no JSON: a comma or an end is missing")
    return at


def _end(body: bytes, at: int) -> int:
    """Where the value that begins at `at` ends."""
    if body[at : at + 1] not in (b"[", b"{"):
        found = _SCALAR.match(body, at)
        if found is None:
            raise Unreadable("the body is no JSON: a value is missing")
        return found.end()
    depth = 0
    for stop in _STOPS.finditer(body, at):
        if stop.group() in (b"[", b"{"):
            depth += 1
        elif stop.group() in (b"]", b"}"):
            depth -= 1
            if depth == 0:
                return stop.end()
    raise Unreadable("the body is no JSON: it does not end")


def _skip_space(body: bytes, at: int) -> int:
    found = _SPACE.match(body, at)
    return found.end() if found else at
