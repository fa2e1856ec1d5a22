"""The pages of the journal that say where its tables are, kept a second time: without them no row can be found.

They change with a migration alone, and are a few dozen. `kanal mend` puts them back where they are damaged, and then
takes the rows out as usual; the file is `journal.sqlite3.schema`, and is made anew when it is not there.

    CRC-32 of the rest | size of a page | then each: its number, its content
"""

from __future__ import annotations

import os
import sqlite3
import struct
import zlib
from pathlib import Path

import structlog

from . import sqlite_log
from .keys import sync_folder

_HEAD = struct.Struct("<II")
_NUMBER = struct.Struct("<I")
#: In the first page, before its rows: what changes with every transaction
#: (https://www.sqlite.org/fileformat2.html#the_database_header).
_DATABASE_HEADER = 100
_CHANGES, _FREE, _COOKIE, _VALID_FOR = slice(24, 28), slice(32, 40), slice(40, 44), slice(92, 96)
_MAGIC = b"SQLite format 3\0"

Pages = dict[int, bytes]

log = structlog.get_logger()


def beside(database: Path) -> Path:
    return database.with_name(database.name + ".schema")


def keep(db: sqlite3.Connection, database: Path, page_bytes: int) -> None:
    """Keep the pages of `database`, whose log is copied into it; `db` reads it. Nothing is written when they are
    kept already; where it cannot be done, the log says so."""
    file = beside(database)
    try:
        numbers = [row[0] for row in db.execute("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'")]
        with database.open("rb") as source:
            pages = {number: _read(source.fileno(), number, page_bytes) for number in numbers}
        if _rows_of(pages) == _rows_of(read(database)):
            return
        body = _NUMBER.pack(page_bytes) + b"".join(_NUMBER.pack(n) + pages[n] for n in sorted(pages))
        new = file.with_name(file.name + ".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            target.write(_NUMBER.pack(zlib.crc32(body)) + body)
            target.flush()
            os.fsync(target.fileno())
        new.replace(file)
        sync_folder(file.parent)
    except (OSError, sqlite3.Error) as error:  # a full disk, or an SQLite without dbstat
        log.warning("schema_not_kept", reason=str(error))


def read(database: Path) -> Pages:
    """The pages that were kept, by their numbers; none when there is no copy, or it is damaged."""
    try:
        data = beside(database).read_bytes()
    except OSError:
        return {}
    if len(data) < _HEAD.size or zlib.crc32(data[4:]) != _HEAD.unpack_from(data)[0]:
        return {}
    size = _HEAD.unpack_from(data)[1]
    return {
        _NUMBER.unpack_from(data, at)[0]: data[at + 4 : at + 4 + size]
        for at in range(_HEAD.size, len(data), 4 + size)
    }


def put_back(database: Path, page_bytes: int) -> bool:
    """Copy the log, as far as it holds, into a database that nobody has open, and put the kept pages where they were;
    whether that was done. Not done when they are of before a migration."""
    pages = read(database)
    first = pages.get(1, b"")
    if len(first) != page_bytes:
        return False
    log_file = database.with_name(database.name + "-wal")
    descriptor = os.open(database, os.O_RDWR | os.O_CLOEXEC)
    try:
        newest = {} if (found := sqlite_log.load(log_file)) is None else sqlite_log.committed(found)
        end = os.fstat(descriptor).st_size // page_bytes + len(newest)
        there = newest.get(1) or _read(descriptor, 1, page_bytes)
        if max(pages) > end or (there.startswith(_MAGIC) and there[_COOKIE] != first[_COOKIE]):
            return False
        for number, content in {**newest, **pages, 1: _first(first)}.items():
            if number <= end:  # a wrong number makes no hole of a terabyte
                os.pwrite(descriptor, content, (number - 1) * page_bytes)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    for ending in ("-wal", "-wal.sums", "-shm", ".sums"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    sync_folder(database.parent)
    return True


def _first(page: bytes) -> bytes:
    """The first page as it can be used with whatever else is there: with nothing free, and with a size that does not
    count, so that SQLite takes the file's."""
    made = bytearray(page)
    made[_FREE] = bytes(8)
    made[_CHANGES], made[_VALID_FOR] = b"\0\0\0\2", b"\0\0\0\1"
    return bytes(made)


def _rows_of(pages: Pages) -> Pages:
    return {number: page[_DATABASE_HEADER:] if number == 1 else page for number, page in pages.items()}


def _read(descriptor: int, number: int, page_bytes: int) -> bytes:
    return os.pread(descriptor, page_bytes, (number - 1) * page_bytes)
