"""A copy of a SQLite database that others write meanwhile: one moment of it, taken in small steps.

SQLite's online backup starts again whenever another process has written, so beside a busy gateway it would never end.
Here a read transaction holds one moment of the write-ahead log for as long as the copy takes: the copy is whole and
consistent, writers go on, and only the log grows until the copy is done.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from .keys import sync_folder

#: Pages of one step; after each, as long a rest as the step took.
STEP = 512


def copy(source: Path, target: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Copy the database at `source` to `target` (replaced, synced, one file without a log). Blocks.

    Raises `sqlite3.Error` or `OSError`; then `target` is as it was.
    """
    beside = target.with_name(f".{target.name}.new")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    reader = sqlite3.connect(
        f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None
    )
    try:
        writer = sqlite3.connect(beside, isolation_level=None)
        try:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            began = time.monotonic()

            def rest(_: int, remaining: int, total: int) -> None:
                nonlocal began
                progress(total - remaining, total)
                time.sleep(min(0.1, time.monotonic() - began))
                began = time.monotonic()

            reader.backup(writer, pages=STEP, progress=rest)
            writer.execute("PRAGMA journal_mode = DELETE").fetchone()
            problems = [row[0] for row in writer.execute("PRAGMA quick_check(1)")]
            if problems != ["ok"]:
                raise sqlite3.DatabaseError(f"the copy is not sound: {problems[0]}")
        finally:
            writer.close()
        descriptor = os.open(beside, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        beside.rename(target)
        sync_folder(target.parent)
    finally:
        reader.close()
        beside.unlink(missing_ok=True)
