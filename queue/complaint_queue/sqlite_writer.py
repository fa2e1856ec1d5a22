"""The writer of the SQLite journal: one thread, one transaction and one sync for all who wait at a moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from normalizer.errors import Unavailable

from . import points
from .codec import Codec
from .sqlite_line import Job, Many
from .sqlite_open import PAGE_BYTES, last_id, translate
from .sqlite_rows import Ids, micros, ticket_number
from .sqlite_sums import Sums

#: Bytes written to the log (estimated) after which it is copied into the database. Bounds both the log's size and
#: how long a checkpoint takes.
CHECKPOINT_BYTES = 4 * 1024 * 1024


class Tools:
    """What a write has in its hands: the connection, the time, ids, and the day's ticket numbers."""

    __slots__ = ("_clock", "_days", "codec", "cut_log", "db", "ids", "now")

    def __init__(
        self, db: sqlite3.Connection, codec: Codec, clock: Callable[[], datetime], node: int = 0
    ) -> None:
        self.db, self.codec, self._clock = db, codec, clock
        self.ids = Ids(node, last_id(db))
        self.now = 0
        self.cut_log = False
        """Whether the log holds what must leave the disk."""
        self._days: dict[int, int] = {}

    def begin(self) -> None:
        """Start a transaction."""
        self.now = micros(self._clock())
        self.ids.at(self.now)
        self._days.clear()
        self.db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since `begin` durable."""
        if self._days:
            self.db.executemany("INSERT OR REPLACE INTO days VALUES (?, ?)", list(self._days.items()))
        self.db.execute("COMMIT")

    def rollback(self) -> None:
        """Forget everything since `begin`."""
        try:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
        except sqlite3.Error:
            # SQLite has already rolled back by itself after the worst errors.
            pass

    def next_ticket(self, day: int) -> int:
        """The day's next ticket. Its counter moves in this transaction, so no number is given twice."""
        number = self._days[day] = self.last_number(day) + 1
        return ticket_number(day, number)

    def last_number(self, day: int) -> int:
        """The last number that was given on that day, 0 when none was."""
        last = self._days.get(day)
        if last is None:
            row = self.db.execute("SELECT last FROM days WHERE day = ?", (day,)).fetchone()
            last = row[0] if row else 0
        return int(last)


class Writer:
    """Does groups of jobs; handed to a `Line`."""

    def __init__(self, tools: Tools, sums: Sums, committed: Callable[[], None]) -> None:
        self._tools, self._sums, self._committed = tools, sums, committed
        self._since_checkpoint = CHECKPOINT_BYTES  # what a former run left in the log goes first

    def run(self, jobs: list[Job]) -> None:
        """All in one transaction. When that fails each runs alone, so that only what is wrong fails."""
        try:
            self._together(jobs)
        except Exception as error:
            self._failed(jobs, error)
        self._since_checkpoint += sum(2 * PAGE_BYTES + job.size for job in jobs)
        if self._tools.cut_log:
            self._cut_log()
        if self._since_checkpoint >= CHECKPOINT_BYTES:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Copy the log into the database, as far as readers allow. A failure only means: later."""
        self._since_checkpoint = 0
        try:
            row = self._tools.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._sums.checkpointed(row[2])
        except sqlite3.Error:
            self._since_checkpoint = CHECKPOINT_BYTES // 2

    def _cut_log(self) -> None:
        """Copy the whole log into the database and cut it to nothing; while somebody reads an older page of it, the
        next write tries again."""
        db = self._tools.db
        try:
            _, frames, copied = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._sums.checkpointed(copied)
            if frames == copied:
                db.execute("PRAGMA busy_timeout = 100")
                self._tools.cut_log = bool(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        except sqlite3.Error:
            pass
        finally:
            db.execute("PRAGMA busy_timeout = 5000")

    def _together(self, jobs: list[Job]) -> None:
        tools = self._tools
        kinds: dict[Many, list[Job]] = {}
        for job in jobs:
            kinds.setdefault(job.many, []).append(job)
        results: list[tuple[Job, object]] = []
        try:
            tools.begin()
            for many, same in kinds.items():
                results += zip(same, many(tools, [job.payload for job in same]), strict=True)
            points.reached("written")
            tools.commit()
            self._sums.committed()
            points.reached("committed")
            self._committed()
        except BaseException:
            tools.rollback()
            raise
        for job, result in results:
            if isinstance(result, BaseException):
                job.error = result
            else:
                job.result = result

    def _failed(self, jobs: list[Job], error: Exception) -> None:
        if len(jobs) == 1:
            jobs[0].error = translate(error)
            return
        storage: Unavailable | None = None
        for job in jobs:
            if storage is not None:
                # The disk refuses: asking it once more for every waiting caller would only make them wait.
                job.error = type(storage)(storage.reason, storage.retry_after)
                continue
            try:
                self._together([job])
            except Exception as alone:
                job.error = translate(alone)
                if isinstance(job.error, Unavailable):
                    storage = job.error
