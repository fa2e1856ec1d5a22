"""Erasing from the SQLite journal (`erasing.Erasing`), down to the bytes of its files.

`PRAGMA secure_delete` has what is written over zeroed, in a page and on pages that become free; the log, in which the
old pages lie, is copied into the database and cut to nothing right after the commit. What an older program left in the
free space of a page is found by the first bytes of a sealed body (`traces`); it goes when the database is written anew.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from normalizer.errors import Unavailable

from .claiming import Hand
from .erasing_journal import ErasingRows
from .erasing_rows import HEAD, Steps
from .keys import sync_folder
from .sqlite_keeping import numbered
from .sqlite_line import Line
from .sqlite_open import lock
from .sqlite_writer import Tools

_CHUNK = 4 * 1024 * 1024
#: Beside the database: its log, and the copies that `kanal mend` and a rewriting may leave.
_LOG, _ANEW = "-wal", ".anew"


class SqliteErasing(ErasingRows):
    """The part of `SqliteJournal` that forgets."""

    path: Path

    @abstractmethod
    def _w(self) -> Line: ...

    async def _write(self, steps: Callable[[Hand], Steps[None]]) -> None:
        await self._w().call(lambda tools: _run(tools, steps(tools)))

    async def traces(self, heads: Sequence[bytes]) -> int:
        return await asyncio.to_thread(traces, self.path, heads)


def _run(tools: Tools, steps: Steps[None]) -> None:
    tools.db.execute("PRAGMA secure_delete = ON")
    try:
        sql, values = next(steps)
        while True:
            sql, values = steps.send(tools.db.execute(numbered(sql), values).fetchall())
    except StopIteration:
        tools.cut_log = True
    finally:
        tools.db.execute("PRAGMA secure_delete = FAST")


def traces(database: Path, heads: Sequence[bytes]) -> int:
    """How many of `heads` stand anywhere in the database or its log."""
    wanted = set(heads)
    found: set[bytes] = set()
    starts = re.compile(
        b"|".join(re.escape(start) for start in {head[:5] for head in wanted} or {b"\0" * HEAD})
    )
    for path in (database, database.with_name(database.name + _LOG)):
        with suppress(FileNotFoundError), path.open("rb") as file:
            rest = b""
            while chunk := file.read(_CHUNK):
                whole = rest + chunk
                found |= {
                    head
                    for match in starts.finditer(whole)
                    if (head := whole[match.start() : match.start() + HEAD]) in wanted
                }
                rest = whole[-HEAD:]
    return len(found)


def write_anew(database: Path) -> None:
    """Write the whole database anew, so that it has no free space, while nobody has it open.

    Raises `Misconfigured` where a gateway has it, `Unavailable` where somebody reads it. A crash leaves the old one, or
    the new one, without its checksums, which the next start makes.
    """
    holder = lock(database)
    try:
        anew = database.with_name(database.name + _ANEW)
        anew.unlink(missing_ok=True)
        with closing(sqlite3.connect(database, timeout=1)) as db:
            if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise Unavailable("the journal is being read by another process")
            db.execute("VACUUM INTO ?", (str(anew),))
        anew.chmod(0o600)
        with anew.open("rb") as file:
            os.fsync(file.fileno())
        # What is known of the old one's pages goes first: the next start makes it anew.
        for ending in (".sums", ".schema", f"{_LOG}.sums", _LOG, "-shm"):
            database.with_name(database.name + ending).unlink(missing_ok=True)
        sync_folder(database.parent)
        anew.rename(database)
        sync_folder(database.parent)
    finally:
        os.close(holder)
