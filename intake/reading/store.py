"""The derived store itself: one SQLite file that may be thrown away, one thread that writes, two that answer.

It is apart from the journal, so that a long question never pins the journal's log, and it is not synced: what a
crash takes from it is followed again from the last mark.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from normalizer.errors import Unavailable

T = TypeVar("T")


NAME = "reading.sqlite3"
SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
#: Seconds that one question may take, with its wait for a reader; a page never waits longer for its numbers.
LONGEST = 5.0
#: Questions worked on at one moment, so that what the console asks leaves the doors their share.
_READERS = 2
_SHAPE = int.from_bytes(hashlib.sha256(SCHEMA.encode()).digest()[:4], "big") & 0x7FFF_FFFF


class _Question:
    """One question on its way: the connection that works on it, and whether its time is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._over = False

    def begin(self, db: sqlite3.Connection) -> None:
        """In the reader's thread. Raises `OperationalError` when it stood in line for too long."""
        with self._lock:
            if self._over:
                raise sqlite3.OperationalError("no reader was free in time")
            self._db = db

    def end(self) -> None:
        """In the reader's thread: from now on `stop` stops nothing, least of all the connection's next question."""
        with self._lock:
            self._db = None

    def stop(self) -> None:
        """In the event loop."""
        with self._lock:
            self._over = True
            if self._db is not None:
                with suppress(sqlite3.ProgrammingError):  # the store was thrown away meanwhile
                    self._db.interrupt()


class ReadingStore:
    """The store in `folder`. A file of another shape, or a damaged one, is thrown away and built anew."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="reading-writer")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="reading")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._db: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Ready to be written and asked. Raises `Unavailable` where the folder cannot be written."""
        await self._in(self._writer, self._open)

    async def close(self) -> None:
        """Finish what is under way and release the file."""
        for pool in (self._readers, self._writer):
            await asyncio.to_thread(pool.shutdown)
        for db in self._opened:
            db.close()
        self._opened.clear()
        self._db = None

    async def forget(self) -> None:
        """Throw everything away; whoever follows the journal begins anew."""
        await self._in(self._writer, self._anew)

    def remove(self) -> None:
        """Delete the files. Nobody may have them open."""
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + ending).unlink()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` in one transaction. Raises `Unavailable` when nothing was written."""
        return await self._in(self._writer, lambda: self._transaction(work))

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """The answer to `question`, on a connection that only reads. Raises `Unavailable` when it takes too long."""
        # Interrupted from outside: a handler of progress would take the interpreter's lock again and again, and while
        # messages come in each time costs a turn of waiting.
        asked = _Question()
        clock = asyncio.get_running_loop().call_later(LONGEST, asked.stop)
        try:
            return await self._in(self._readers, lambda: self._answer(question, asked))
        except asyncio.CancelledError:
            asked.stop()
            raise
        finally:
            clock.cancel()

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except sqlite3.Error as error:
            raise Unavailable("the derived store cannot be used ({why})", why=error) from error
        except RuntimeError as error:  # the pool is shut: the service stops
            raise Unavailable("the derived store is closed") from error

    # in the writer's thread

    def _open(self) -> None:
        try:
            db = self._connect(writing=True)
            if db.execute("PRAGMA user_version").fetchone()[0] == _SHAPE:
                self._db = db
                return
        except sqlite3.DatabaseError:
            pass
        self._anew()

    def _anew(self) -> None:
        """A fresh file in the place of the old one. Readers open theirs when they are asked next."""
        with self._guard:
            for db in self._opened:
                db.close()
            self._opened.clear()
            self._own = threading.local()
            self.remove()
        self.path.touch(mode=0o600)
        db = self._connect(writing=True)
        db.executescript(f"BEGIN;\n{SCHEMA}\nPRAGMA user_version = {_SHAPE};\nCOMMIT;")
        self._db = db

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._db is None:
            raise Unavailable("the derived store is not open")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._db)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return result

    # in a reader's thread

    def _answer(self, question: Callable[[sqlite3.Connection], T], asked: _Question) -> T:
        with self._guard:
            db: sqlite3.Connection | None = getattr(self._own, "db", None)
            if db is None:
                db = self._own.db = self._connect(writing=False)
        asked.begin(db)
        try:
            return question(db)
        finally:
            asked.end()

    def _connect(self, *, writing: bool) -> sqlite3.Connection:
        mode = "rwc" if writing else "ro"
        db = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode={mode}",
            uri=True,
            timeout=5,
            isolation_level=None,
            check_same_thread=False,
        )
        self._opened.append(db)
        db.execute("PRAGMA cache_size = -16384")
        db.execute("PRAGMA temp_store = MEMORY")
        if writing:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
        else:
            db.execute("PRAGMA query_only = 1")
        return db
