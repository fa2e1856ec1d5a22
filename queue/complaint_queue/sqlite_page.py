"""A page of SQLite's that holds rows of a table, read by ourselves where SQLite does not get to it or must not look.

The format is at https://www.sqlite.org/fileformat2.html, "B-tree Pages" and "Record Format".
"""

from __future__ import annotations

import struct
from collections.abc import Callable

#: The content of the page of this number; empty when there is none.
Page = Callable[[int], bytes]
Value = int | float | str | bytes | None

_LEAF_OF_A_TABLE = 0x0D
_HEAD = 8
_SIZES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
#: What `row` raises where there is none.
NO_ROW = (IndexError, KeyError, ValueError, struct.error)


def holds_rows(page: bytes, start: int = 0) -> bool:
    """Whether it says that it is a leaf of a table. `start`: where it begins (100 in the first page)."""
    return len(page) >= start + _HEAD and page[start] == _LEAF_OF_A_TABLE


def cells(page: bytes, start: int = 0) -> list[int]:
    """Where each row of such a page begins: the size of its record, its row id, its record."""
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    begin = start + _HEAD
    places = range(begin, begin + 2 * min(count, (len(page) - begin) // 2), 2)
    return [int.from_bytes(page[place : place + 2], "big") for place in places]


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to nine bytes, and where it ends. Raises IndexError where the data ends first."""
    value = 0
    for _ in range(8):
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return value, at
    return value << 8 | data[at], at + 1


def row(content: bytes, at: int, page: Page, count: int) -> tuple[int, tuple[Value, ...]]:
    """The id and the columns of the row that begins there; the column that is an `INTEGER PRIMARY KEY` is None. Raises
    `NO_ROW`. `count`: pages of the database, of which `page` gives any."""
    size, at = varint(content, at)
    rowid, at = varint(content, at)
    record = _payload(content, at, size, page, count)
    head, place = varint(record, 0)
    types = []
    while place < head:
        kind, place = varint(record, place)
        types.append(kind)
    values = []
    for kind in types:
        length = _SIZES[kind] if kind < 12 else (kind - 12) // 2
        values.append(_value(kind, record[place : place + length]))
        place += length
    if place != len(record) or len(record) != size:
        raise ValueError("no record")
    return rowid - (1 << 64) if rowid >> 63 else rowid, tuple(values)


def _payload(content: bytes, at: int, size: int, page: Page, count: int) -> bytes:
    """A record, of which what has no room here goes on in a chain of other pages."""
    usable = len(content)
    here = size
    if size > usable - 35:
        least = (usable - 12) * 32 // 255 - 23
        here = least + (size - least) % (usable - 4)
        here = here if here <= usable - 35 else least
    parts, missing = [content[at : at + here]], size - here
    following = int.from_bytes(content[at + here : at + here + 4], "big") if missing else 0
    seen: set[int] = set()
    while missing > 0 and 0 < following <= count:
        if following in seen:
            raise ValueError("a chain of pages that comes back to itself")
        seen.add(following)
        more = page(following)
        following = int.from_bytes(more[:4], "big")
        parts.append(more[4 : 4 + missing])
        missing -= len(parts[-1])
    return b"".join(parts)


def _value(kind: int, data: bytes) -> Value:
    if kind == 0:
        return None
    if kind <= 6:
        return int.from_bytes(data, "big", signed=True)
    if kind == 7:
        value: float = struct.unpack(">d", data)[0]
        return value
    if kind <= 9:
        return kind - 8
    return data.decode() if kind % 2 else data
