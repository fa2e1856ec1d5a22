"""The embedded journal: SQLite with a write-ahead log, synced at every commit, one writer, one reader.

Fulfils `journal.Journal`. The work is in the modules beside it: `sqlite_open` (start), `sqlite_line` and
`sqlite_writer` (group commit), `sqlite_admit` (claims), `sqlite_changes` (everything else that is written) and
`sqlite_reads`.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import structlog

from normalizer.errors import Damaged, Misconfigured, Unavailable
from normalizer.ports import MediaFacts
from normalizer.record import Attachment, RawEvent
from normalizer.sentence import Sentence

from . import sqlite_changes as changes
from . import sqlite_media as media
from . import sqlite_replies as outgoing
from . import sqlite_schema_copy as schema_copy
from .codec import Codec, decode
from .journal import (
    Admission,
    Admitted,
    ComplaintFile,
    Depths,
    Held,
    Kept,
    MediaJob,
    MediaStep,
    NewEvent,
    OutboxEvent,
    QuarantineEntry,
)
from .media_rows import facts_name
from .sqlite_admit import Prepared, admit_many
from .sqlite_damage import compare, examine
from .sqlite_editing import SqliteEditing
from .sqlite_erasing import SqliteErasing
from .sqlite_fingerprints import PURPOSE, SqliteFingerprints
from .sqlite_following import SqliteFollowing
from .sqlite_keeping import SqliteKeeping
from .sqlite_line import Line
from .sqlite_open import CHECK_PAGES, PAGE_BYTES, SETTING, connect, leave, lock, open_for_writing
from .sqlite_persons import SqlitePersons
from .sqlite_reads import Reads
from .sqlite_rows import Details, micros, moment, ticket_from
from .sqlite_sent import SqliteSent
from .sqlite_sums import Sums, page_size
from .sqlite_way_out import SqliteWayOut
from .sqlite_writer import Tools, Writer
from .way_out import NewReply

T = TypeVar("T")

log = structlog.get_logger()

_pack = msgspec.msgpack.Encoder().encode


class SqliteJournal(
    SqliteWayOut,
    SqliteFollowing,
    SqliteEditing,
    SqliteKeeping,
    SqliteSent,
    SqliteFingerprints,
    SqlitePersons,
    SqliteErasing,
):
    """A journal in one file (and its log beside it) at `path`. `clock` gives the time in UTC.

    At most `max_waiting` operations stand in line; the next one raises `Overloaded` before any work.
    """

    def __init__(
        self,
        path: Path,
        codec: Codec,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        max_waiting: int = 20_000,
        node: int = 0,
    ) -> None:
        self.path, self.codec = path, codec
        self._clock, self._max_waiting, self._node = clock, max_waiting, node
        self._writing = True
        self._lock: int | None = None
        self._write_db: sqlite3.Connection | None = None
        self._read_db: sqlite3.Connection | None = None
        self._sums: Sums | None = None
        self.healed: list[str] = []
        self._writer: Line | None = None
        self._reader: Line | None = None
        self.commits = 0
        """Transactions since the start: what waited at one moment shared one."""

    @classmethod
    def read_only(cls, path: Path, codec: Codec) -> SqliteJournal:
        """The journal at `path` for looking only, also beside a running gateway; every change is refused."""
        journal = cls(path, codec)
        journal._writing = False
        return journal

    # life

    async def open(self) -> None:
        try:
            tools = await asyncio.to_thread(self._connect)
        except BaseException:
            self._release()
            raise
        assert self._read_db is not None  # noqa: S101 - _connect made it
        reads = Reads(self._read_db, self.codec)
        self._reader = Line("journal-reader", reads.run, max_waiting=self._max_waiting)
        if tools is not None:
            assert self._sums is not None  # noqa: S101 - _connect made it
            writer = Writer(tools, self._sums, self._committed)
            self._writer = Line("journal-writer", writer.run, max_waiting=self._max_waiting)

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer.close()
        if self._reader is not None:
            await self._reader.close()
        self._writer = self._reader = None
        await asyncio.to_thread(self._release)

    def _committed(self) -> None:
        self.commits += 1

    def _connect(self) -> Tools | None:
        if not self._writing:
            self._read_db = self._connect_reader()
            return None
        self._lock = lock(self.path)
        if self.path.exists() and self.path.stat().st_size:
            whole = self.path.stat().st_size <= CHECK_PAGES
            for healed in map(str, examine(self.path, page_size(self.path, PAGE_BYTES), whole=whole)):
                self.healed.append(healed)
                log.error("journal_healed", path=str(self.path), what=healed)
        self._write_db = open_for_writing(self.path, self.codec)
        self._read_db = self._connect_reader()
        size = page_size(self.path, PAGE_BYTES)
        copied = 0
        with suppress(sqlite3.Error):  # a full disk: the log holds it as well, and the writer tries again
            _, frames, copied = self._write_db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if frames == copied:
                schema_copy.keep(self._read_db, self.path, size)
        self._sums = Sums(self.path, size)
        self._sums.open(copied)
        return Tools(self._write_db, self.codec, self._clock, self._node)

    def _connect_reader(self) -> sqlite3.Connection:
        try:
            db = connect(self.path, writing=False)
            db.execute("SELECT count(*) FROM meta").fetchone()
        except sqlite3.Error as error:
            raise Misconfigured(
                SETTING,
                "{path} cannot be read ({why})",
                "start `kanal serve` once with this data folder, as the user who owns it",
                path=self.path,
                why=error,
            ) from None
        return db

    def _release(self) -> None:
        if self._read_db is not None:
            self._read_db.close()
        if self._write_db is not None:
            if self._log_is_copied(self._write_db):
                self._write_db.close()
            else:  # then the log stays, and the next start reads it
                leave(self._write_db, self.path)
        if self._sums is not None:
            self._sums.close()
        if self._lock is not None:
            os.close(self._lock)
        self._read_db = self._write_db = self._lock = self._sums = None

    def _log_is_copied(self, db: sqlite3.Connection) -> bool:
        """Copy the log into the database; whether all of it is there and the log is empty."""
        with suppress(sqlite3.Error):
            _, frames, copied = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if self._sums is not None:
                self._sums.checkpointed(copied)
            if frames == copied:
                busy: int = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                return not busy
        return False

    def _w(self) -> Line:
        if self._writer is None:
            raise Unavailable(
                "the journal is open for reading only" if self._reader else "the journal is closed"
            )
        return self._writer

    async def _ask(self, question: Callable[[Reads], T]) -> T:
        if self._reader is None:
            raise Unavailable("the journal is closed")
        return await self._reader.call(question)

    # the way in

    async def admit(self, admission: Admission) -> tuple[Admitted, ...]:
        line = self._w()
        line.check()
        prepared = Prepared(admission, self.codec)
        answers: tuple[Admitted, ...] = await line.do(admit_many, prepared, prepared.size)
        return answers

    async def reserve(self, ticket_day: str, count: int) -> tuple[str, ...]:
        return await self._w().call(lambda tools: changes.reserve(tools, ticket_day, count))

    async def keep(self, raw: RawEvent, cursor: tuple[str, str] | None = None) -> int:
        line = self._w()
        line.check()
        sealed = self.codec.seal("raw", _pack(raw))
        return await line.call(lambda tools: changes.keep(tools, raw.account, sealed, cursor), len(sealed))

    async def kept(self, limit: int = 100) -> tuple[Kept, ...]:
        return await self._ask(lambda reads: reads.kept(limit))

    async def begin(self, raw_id: int) -> RawEvent:
        sealed = await self._w().call(lambda tools: changes.begin(tools, raw_id))
        try:
            return decode(self.codec.open("raw", sealed), RawEvent)
        except Damaged as error:
            await self.quarantine("parse", str(error), raw_id=raw_id)
            raise

    async def finish_kept(self, raw_id: int, fate: str, held: Held | None = None) -> None:
        await self._w().call(lambda tools: changes.finish_kept(tools, raw_id, fate, held))

    async def raw(self, raw_id: int) -> RawEvent:
        return await self._ask(lambda reads: reads.raw(raw_id))

    async def cursor(self, account: str, name: str) -> str | None:
        return await self._ask(lambda reads: reads.cursor(account, name))

    # complaints

    async def due(self, now: datetime, limit: int = 100) -> tuple[int, ...]:
        return await self._ask(lambda reads: reads.due(micros(now), limit))

    async def next_due(self) -> datetime | None:
        due_at = await self._ask(lambda reads: reads.next_due())
        return None if due_at is None else moment(due_at)

    async def prolong(self, until: datetime) -> None:
        await self._w().call(lambda tools: changes.prolong(tools, micros(until)))

    async def postpone(self, complaint_id: int, until: datetime) -> None:
        await self._w().call(lambda tools: changes.postpone(tools, complaint_id, micros(until)))

    async def complaint(self, complaint_id: int) -> ComplaintFile | None:
        try:
            return await self._ask(lambda reads: reads.complaint(complaint_id))
        except Damaged as error:
            if self._writer is not None:
                await self.quarantine("settle", str(error), complaint_id=complaint_id)
            raise

    async def complaint_by_ticket(self, ticket: str) -> ComplaintFile | None:
        number = ticket_from(ticket)
        return None if number is None else await self._ask(lambda reads: reads.complaint_by_ticket(number))

    async def settle(
        self,
        complaint_id: int,
        version: int,
        events: Sequence[tuple[NewEvent, tuple[int, ...]]],
        record: bytes,
        state: Literal["filed", "set_aside", "triage"],
        replies: Sequence[NewReply] = (),
        group: bytes | None = None,
        fingerprint: bytes | None = None,
    ) -> bool:
        line = self._w()
        line.check()
        bodies = [self.codec.seal("event", event.body) for event, _ in events]
        sealed = self.codec.seal("record", record) if record else b""
        said = outgoing.seal(self.codec, replies)
        kept = None if fingerprint is None else self.codec.seal(PURPOSE, fingerprint)
        settling = changes.Settling(
            complaint_id, version, tuple(events), bodies, sealed, state, said, group, kept
        )
        written: bool = await line.do(changes.settle_many, settling, len(sealed) + sum(map(len, bodies)))
        return written

    async def triage(self, limit: int = 1000) -> tuple[int, ...]:
        return await self._ask(lambda reads: reads.triage(limit))

    async def decide(self, complaint_id: int, verdict: Literal["file", "set_aside"]) -> None:
        await self._w().call(lambda tools: changes.decide(tools, complaint_id, verdict))

    async def filed(
        self, account: str, since: datetime, until: datetime, limit: int = 100
    ) -> tuple[ComplaintFile, ...]:
        return await self._ask(lambda reads: reads.filed(account, micros(since), micros(until), limit))

    # the outbox

    async def unpublished(self, limit: int, after: int = 0) -> tuple[OutboxEvent, ...]:
        events, damaged = await self._ask(lambda reads: reads.unpublished(limit, after))
        await self._set_apart("publish", damaged)
        return events

    async def mark_published(self, positions: Sequence[int], at: datetime) -> None:
        marked = tuple(positions)
        await self._w().call(lambda tools: changes.mark_published(tools, marked, micros(at)))

    async def event(self, complaint_id: int, sequence: int) -> tuple[OutboxEvent, bool] | None:
        return await self._ask(lambda reads: reads.event(complaint_id, sequence))

    # files

    async def media_due(
        self, now: datetime, limit: int = 20, step: MediaStep = "fetch"
    ) -> tuple[MediaJob, ...]:
        jobs, damaged = await self._ask(lambda reads: reads.media.due(micros(now), limit, step))
        await self._set_apart("settle", damaged)
        return jobs

    async def media_done(self, job_id: int, attachment: Attachment) -> None:
        await self._w().call(lambda tools: media.media_done(tools, job_id, attachment))

    async def media_read(self, job_id: int, sha256: str, facts: MediaFacts) -> None:
        name, sealed = facts_name(self.codec, sha256), self.codec.pack("media", facts)
        await self._w().call(lambda tools: media.media_read(tools, job_id, name, sealed))

    async def media_facts(self, sha256: str) -> MediaFacts | None:
        return (await self._ask(lambda reads: reads.media.facts([sha256]))).get(sha256)

    async def media_retry(self, job_id: int, at: datetime) -> None:
        await self._w().call(lambda tools: media.media_retry(tools, job_id, micros(at)))

    # quarantine

    async def quarantine(
        self, stage: str, reason: str, *, raw_id: int | None = None, complaint_id: int | None = None
    ) -> int:
        details = Details(reason)
        return await self._w().call(
            lambda tools: changes.quarantine(tools, stage, details, raw_id, complaint_id)
        )

    async def quarantined(self, state: str = "held", limit: int = 1000) -> tuple[QuarantineEntry, ...]:
        return await self._ask(lambda reads: reads.quarantined(state, limit))

    async def quarantine_entry(self, entry_id: int) -> QuarantineEntry | None:
        return await self._ask(lambda reads: reads.quarantine_entry(entry_id))

    async def release(self, entry_id: int, state: Literal["replayed", "discarded"]) -> None:
        await self._w().call(lambda tools: changes.release(tools, entry_id, state))

    async def _set_apart(self, stage: str, complaints: Sequence[int]) -> None:
        """What does not open must not hide what does: it waits for an operator."""
        if self._writer is not None:
            for complaint_id in complaints:
                await self.quarantine(stage, "its stored body is damaged", complaint_id=complaint_id)

    # watching

    async def probe(self) -> None:
        await self._w().call(changes.probe)

    async def depths(self) -> Depths:
        return await self._ask(lambda reads: reads.depths())

    async def recent(
        self, office_code: str | None = None, limit: int = 100, *, hidden_from: str = ""
    ) -> tuple[tuple[str, datetime, str], ...]:
        return await self._ask(lambda reads: reads.recent(office_code, hidden_from, limit))

    async def about(self, offices: Sequence[str], limit: int = 100) -> tuple[tuple[str, datetime, str], ...]:
        return await self._ask(lambda reads: reads.about(offices, limit))

    async def check(self) -> tuple[Sentence, ...]:
        """What SQLite finds wrong with the whole database, for `kanal doctor`; empty when it is sound."""
        structure = await self._ask(lambda reads: reads.check())
        size = page_size(self.path, PAGE_BYTES)
        pages = await asyncio.to_thread(compare, self.path, size)
        return (
            *(Sentence("{what}", what=one) for one in structure),
            *(Sentence("not what was written: {page}", page=page) for page in pages),
        )
