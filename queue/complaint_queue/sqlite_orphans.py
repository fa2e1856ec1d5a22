"""Rows of a damaged SQLite database to which no page leads any more: one page that lists others hides them all.

Every page says itself whether it holds rows of a table, and each row how long it is and of which types. Of which table
it is nothing says: one of those whose columns it fits and in which rows are missing.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import sqlite_log
from .sqlite_open import PAGE_BYTES
from .sqlite_page import NO_ROW, Page, Value, cells, holds_rows, row
from .sqlite_sums import page_size

_TRUNK = struct.Struct(">II")
_TYPES = {"INTEGER": int, "TEXT": str, "BLOB": bytes}


@dataclass(frozen=True)
class Table:
    """A table as far as one can tell a row of it by."""

    name: str
    columns: tuple[tuple[str, str, bool, bool], ...]
    """Of each: its name, its type, whether it may be NULL, whether an older row may lack it."""
    key: str
    """The column that is the row id; empty where there is none."""
    has_row_ids: bool

    def fits(self, values: tuple[Value, ...]) -> bool:
        """Whether a row with these values can be one of it."""
        if not self.key or len(values) > len(self.columns):
            return False
        missing = self.columns[len(values) :]
        return all(may_lack for *_, may_lack in missing) and all(
            value is None
            if name == self.key or (value is None and may_be_null)
            else isinstance(value, _TYPES.get(kind, object))
            for value, (name, kind, may_be_null, _) in zip(values, self.columns, strict=False)
        )

    def with_key(self, row_id: int, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """The values with the row id, which stands beside them, in its column."""
        at = [name for name, *_ in self.columns].index(self.key)
        return (*values[:at], row_id, *values[at + 1 :])


def table_of(db: sqlite3.Connection, name: str, sql: str) -> Table:
    """The table of that name, which `sql` made."""
    columns = list(db.execute(f"PRAGMA table_info({name})"))
    keys = [(row[1], row[2]) for row in columns if row[5]]
    has_row_ids = "WITHOUT ROWID" not in sql.upper()
    return Table(
        name,
        tuple((row[1], row[2], not row[3], not row[3] or row[4] is not None) for row in columns),
        keys[0][0] if has_row_ids and len(keys) == 1 and keys[0][1].upper() == "INTEGER" else "",
        has_row_ids,
    )


def insert(db: sqlite3.Connection, table: Table, values: Sequence[object]) -> bool:
    """Put a row in unless its key is there; whether it can have been written at all."""
    names = ", ".join(name for name, *_ in table.columns[: len(values)])
    marks = ", ".join("?" * len(values))
    try:
        db.execute(f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({marks})", values)  # noqa: S608
    except sqlite3.IntegrityError:
        return False
    return True


def take_orphans(path: Path, db: sqlite3.Connection, tables: list[Table], gaps: Collection[str]) -> None:
    """Take what stands in pages that nothing leads to, into tables with gaps. A row that more than one of these could
    have, or that says nothing but numbers, is left: nobody knows whose it is."""
    with path.open("rb") as file:
        found = sqlite_log.load(path.with_name(path.name + "-wal"))
        newest = {} if found is None else sqlite_log.committed(found)
        size = page_size(path, PAGE_BYTES)

        def page(number: int) -> bytes:
            return newest.get(number) or os.pread(file.fileno(), size, (number - 1) * size)

        count = max(path.stat().st_size // size, max(newest, default=0))
        for row_id, values in _rows(page, count):
            fitting = [table for table in tables if table.fits(values)]
            with_gaps = [table for table in fitting if table.name in gaps]
            if len(with_gaps) != 1 or (len(values) < 3 and not isinstance(values[-1], str | bytes)):
                continue
            if not any(_has(db, table, row_id) for table in fitting):
                (table,) = with_gaps
                insert(db, table, table.with_key(row_id, values))


def _has(db: sqlite3.Connection, table: Table, row_id: int) -> bool:
    sql = f"SELECT 1 FROM {table.name} WHERE {table.key} = ?"  # noqa: S608
    return db.execute(sql, (row_id,)).fetchone() is not None


def _rows(page: Page, count: int) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """The id and the columns of each row that stands whole in a page from 2 to `count`, unless the page is free."""
    free = _free(page, count)
    for number in range(2, count + 1):
        content = page(number)
        if holds_rows(content) and number not in free:
            for at in cells(content):
                with suppress(*NO_ROW):
                    yield row(content, at, page, count)


def _free(page: Page, count: int) -> set[int]:
    """Pages that hold nothing any more: the trunks of the list of them, and what these list."""
    found: set[int] = set()
    trunk = int.from_bytes(page(1)[32:36], "big")
    while 0 < trunk <= count and trunk not in found:
        content = page(trunk)
        following, listed = _TRUNK.unpack_from(content)
        found.add(trunk)
        found.update(struct.unpack_from(f">{min(listed, len(content) // 4 - 2)}I", content, _TRUNK.size))
        trunk = following
    return found
