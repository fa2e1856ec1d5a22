"""A journal whose structure is damaged, made anew from every row that can still be read.

The `.recover` of Debian 12's sqlite3 cannot do it: it ends with an error and an empty database. A damaged page hides
what stands in it; what is behind it is found by halving, and where there are no row ids, read from the other end.
Where a page is lost that lists others, their rows are looked for in every page (`sqlite_orphans`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path

from normalizer.sentence import Sentence

from .keys import sync_folder
from .sqlite_open import PAGE_BYTES, UNREADABLE, legible, migrate
from .sqlite_orphans import Table, insert, table_of, take_orphans

_LAST = (1 << 63) - 1
_TABLES = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name"

Row = tuple[object, ...]


def problems(path: Path) -> list[str]:
    """What SQLite finds wrong with the structure."""
    try:
        with closing(_open(path)) as db:
            found = [str(row[0]) for row in db.execute("PRAGMA quick_check(3)")]
    except UNREADABLE as error:
        return [str(error)]
    return [] if found == ["ok"] else found


def salvage(path: Path) -> list[Sentence]:
    """Put a sound database in the place of `path`: what was taken from each table. Raises `sqlite3.DatabaseError`
    when not even the list of tables can be read; then nothing has changed."""
    new = path.with_name(path.name + ".salvaged")
    new.unlink(missing_ok=True)
    with closing(_open(path)) as old, closing(sqlite3.connect(new, isolation_level=None)) as db:
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        migrate(db, new)
        ours = {name for name, _ in db.execute(_TABLES)}
        tables = [table_of(old, *row) for row in old.execute(_TABLES) if row[0] in ours]
        db.execute("BEGIN")
        gaps = {one.name: found for one in tables if (found := _taken(old, db, one))}
        if gaps:
            take_orphans(path, db, tables, gaps)
        done = [
            Sentence(
                "{table}: {rows} rows taken, {gaps} gaps where pages are damaged",
                table=name,
                rows=db.execute(f"SELECT count(*) FROM {name}").fetchone()[0],  # noqa: S608
                gaps=count,
            )
            for name, count in gaps.items()
        ]
        db.execute("COMMIT")
    descriptor = os.open(new, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    for ending in ("-wal", "-wal.sums", "-shm", ".sums", ".schema"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    new.replace(path)
    sync_folder(path.parent)
    return done


def _taken(old: sqlite3.Connection, db: sqlite3.Connection, table: Table) -> int:
    """Take what pages lead to; how many gaps there are."""
    rows = _rows(old, table.name, not table.has_row_ids)
    return sum(row is None or not insert(db, table, row) for row in rows)


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    db.execute("PRAGMA query_only = 1")
    db.text_factory = legible  # which rows are not as they were written is told
    return db


def _rows(db: sqlite3.Connection, table: str, keyed: bool) -> Iterator[Row | None]:
    """Every row that can be read; None for each gap. The same row may come twice."""
    if keyed:  # no row ids: from both ends
        order = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[5])
        for direction in ("ASC", "DESC"):
            ordered = ", ".join(f"{column} {direction}" for column in order.split(", "))
            whole = yield from _until_damage(db, f"SELECT * FROM {table} ORDER BY {ordered}")  # noqa: S608
            if whole:
                return
            if direction == "ASC":
                yield None
        return
    begin = -_LAST - 1
    while True:
        last = begin - 1
        sql = f"SELECT rowid, * FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid"  # noqa: S608
        with suppress(sqlite3.DatabaseError):
            for row in db.execute(sql, (begin,)):
                if row[0] <= last:  # a page that points back
                    break
                last = row[0]
                yield row[1:]
            else:
                return
        # The row before the damage is among those that were not given out: Python has read one more by then.
        following = _next_readable(db, table, last + 1)
        if following is None:
            yield None
            return
        if last < begin:  # nothing more could be read from here: rows before the next one may be lost
            yield None
        begin = following
        with suppress(sqlite3.DatabaseError):
            alone = f"SELECT * FROM {table} NOT INDEXED WHERE rowid = ?"  # noqa: S608
            if (found := db.execute(alone, (begin,)).fetchone()) is not None:
                yield found
                begin += 1
                continue
        yield None  # its id can be read, and no more of it
        begin += 1


def _until_damage(db: sqlite3.Connection, sql: str) -> Generator[Row | None, None, bool]:
    """What can be read of a query before the damage; whether that was all."""
    count = 0
    try:
        for row in db.execute(sql):
            yield row
            count += 1
    except sqlite3.DatabaseError:
        # Python reads one row ahead: the last whole one is not given out.
        with suppress(sqlite3.DatabaseError):
            yield from db.execute(f"{sql} LIMIT 1 OFFSET {count}")
        return False
    return True


def _next_readable(db: sqlite3.Connection, table: str, after: int) -> int | None:
    """The first row id behind the damage that begins at `after`; None when there is none."""

    def first_from(at: int) -> int | None:
        sql = f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT 1"  # noqa: S608
        try:
            row = db.execute(sql, (at,)).fetchone()
        except sqlite3.DatabaseError:
            return None
        return _LAST if row is None else int(row[0])

    if after > _LAST:
        return None
    low, high = after, _LAST if first_from(after) is None else after
    while low < high:
        middle = (low + high) // 2
        if first_from(middle) is None:
            low = middle + 1
        else:
            high = middle
    found = first_from(low)
    return None if found is None or found == _LAST or found < after else found
