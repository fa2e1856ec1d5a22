"""The shared journal: PostgreSQL, for several gateways on one database; synced at every commit.

Fulfils `journal.Journal`. The work is in the modules beside it: `postgres_open` (start), `postgres_writer` (group
commit, and whose turn it is), `postgres_admit` (claims), `postgres_changes` (everything else that is written),
`postgres_work` (what waits for which gateway) and `postgres_reads`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import asyncpg  # type: ignore[import-untyped]
import msgspec
import structlog

from normalizer.errors import Damaged, Unavailable
from normalizer.ports import MediaFacts
from normalizer.record import Attachment, RawEvent

from . import postgres_changes as changes
from . import postgres_media as media
from . import postgres_replies as outgoing
from .claiming import Prepared
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
from .postgres_admit import admit_many
from .postgres_editing import PostgresEditing
from .postgres_erasing import PostgresErasing
from .postgres_fingerprints import PostgresFingerprints
from .postgres_following import PostgresFollowing
from .postgres_keeping import PostgresKeeping
from .postgres_open import at_start, check_key, check_server, connect, migrate, pool, translate
from .postgres_persons import PostgresPersons
from .postgres_reads import Reads
from .postgres_sent import PostgresSent
from .postgres_way_out import PostgresWayOut
from .postgres_work import HEARTBEAT, LEASE, others
from .postgres_writer import Turn, Writer
from .sqlite_changes import Settling
from .sqlite_fingerprints import PURPOSE
from .sqlite_replies import seal
from .sqlite_rows import Details, micros, moment, ticket_from
from .way_out import NewReply

T = TypeVar("T")

#: Connections for asking; writing has one of its own.
READERS = 4
_ALIVE = f"clock_timestamp() + interval '{LEASE:g} seconds'"
_pack = msgspec.msgpack.Encoder().encode
log = structlog.get_logger()


class PostgresJournal(
    PostgresWayOut,
    PostgresFollowing,
    PostgresEditing,
    PostgresKeeping,
    PostgresSent,
    PostgresFingerprints,
    PostgresPersons,
    PostgresErasing,
):
    """A journal in the database at `url` (`postgresql://…`). `clock` gives the time in UTC.

    At most `max_waiting` operations stand in line; the next one raises `Overloaded` before any work.
    """

    def __init__(
        self,
        url: str,
        codec: Codec,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        max_waiting: int = 20_000,
    ) -> None:
        self.healed: list[str] = []  # PostgreSQL sees to its own pages
        self.url, self.codec = url, codec
        self._clock, self._max_waiting = clock, max_waiting
        self._writing = True
        self.gateway = 0
        """Which of the gateways on this database we are; 0 while we only look."""
        self._pool: asyncpg.Pool[Any] | None = None
        self._writer: Writer | None = None
        self._beating: asyncio.Task[None] | None = None

    @classmethod
    def read_only(cls, url: str, codec: Codec) -> PostgresJournal:
        """For looking only; every change is refused, and no work is taken from any gateway."""
        journal = cls(url, codec)
        journal._writing = False
        return journal

    @property
    def commits(self) -> int:
        """Transactions since the start: what waited at one moment shared one."""
        return 0 if self._writer is None else self._writer.commits

    # life

    async def open(self) -> None:
        try:
            await self._open()
        except BaseException as error:
            await self.close()
            if isinstance(error, Exception):
                raise at_start(self.url, error) from error
            raise

    async def _open(self) -> None:
        db = await connect(self.url)
        try:
            await check_server(db, self.url)
            if self._writing:
                await migrate(db, self.url)
                await check_key(db, self.url, self.codec)
                self.gateway = await db.fetchval(
                    f"INSERT INTO gateways (until, words) VALUES ({_ALIVE}, $1) RETURNING gateway",  # noqa: S608
                    f"database process {db.get_server_pid()}",
                )
            else:
                await db.fetchval("SELECT count(*) FROM meta")
        finally:
            await db.close(timeout=2)
        self._pool = await pool(self.url, writing=self._writing, size=READERS)
        if self._writing:
            self._writer = Writer(
                self.url, self.codec, self.gateway, self._clock, max_waiting=self._max_waiting
            )
            self._beating = asyncio.create_task(self._beat(), name="journal-heartbeat")

    async def close(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        if self._writer is not None:
            await self._writer.close()
        if self._pool is not None:
            with suppress(Exception):  # a database that is away notices by itself that we are gone
                async with asyncio.timeout(3):
                    if self.gateway:
                        await self._pool.execute("DELETE FROM gateways WHERE gateway = $1", self.gateway)
                    await self._pool.close()
            self._pool.terminate()
        self._beating = self._writer = self._pool = None

    async def _beat(self) -> None:
        """Say that we are alive, and see to what others left that are not."""
        heard = False
        while True:
            try:
                await self._say_alive()
                if heard:  # after an outage the others are first given the time to be heard of, too
                    await self._bury()
                heard = True
            except Exception as error:
                heard = False
                log.warning("journal_heartbeat_failed", error=str(translate(error)))
            await asyncio.sleep(HEARTBEAT)

    async def _say_alive(self) -> None:
        assert self._pool is not None  # noqa: S101 - only between open and close
        await self._pool.execute(
            "INSERT INTO gateways (gateway, until, words) OVERRIDING SYSTEM VALUE "  # noqa: S608
            f"VALUES ($1, {_ALIVE}, '') ON CONFLICT (gateway) DO UPDATE SET until = excluded.until",
            self.gateway,
        )

    async def _bury(self) -> None:
        """What a dead gateway was saying is said once more; the rest of its work is taken by whoever asks."""

        async def bury(turn: Turn) -> tuple[int, int]:
            dead = await turn.db.fetch(
                "DELETE FROM gateways WHERE until < clock_timestamp() RETURNING gateway"
            )
            if not dead:
                return 0, 0
            return await outgoing.recover(turn, [self.gateway, *await others(turn.db, self.gateway)])

        assert self._pool is not None  # noqa: S101 - only between open and close
        if await self._pool.fetchval("SELECT 1 FROM gateways WHERE until < clock_timestamp() LIMIT 1"):
            again, ended = await self._w().call(bury)
            log.warning("gateway_gone", replies_said_again=again, replies_unknown=ended)

    def _w(self) -> Writer:
        if self._writer is None:
            raise Unavailable(
                "the journal is open for reading only" if self._pool else "the journal is closed"
            )
        return self._writer

    async def _ask(self, question: Callable[[Reads], Awaitable[T]]) -> T:
        if self._pool is None:
            raise Unavailable("the journal is closed")
        try:
            async with self._pool.acquire(timeout=10) as db:
                return await question(Reads(db, self.codec, self.gateway))
        except Exception as error:
            raise translate(error) from error

    # the way in

    async def admit(self, admission: Admission) -> tuple[Admitted, ...]:
        line = self._w()
        line.check()
        prepared = Prepared(admission, self.codec)
        answers: tuple[Admitted, ...] = await line.do(admit_many, prepared, prepared.size)
        return answers

    async def reserve(self, ticket_day: str, count: int) -> tuple[str, ...]:
        return await self._w().call(lambda turn: changes.reserve(turn, ticket_day, count))

    async def keep(self, raw: RawEvent, cursor: tuple[str, str] | None = None) -> int:
        line = self._w()
        line.check()
        sealed = self.codec.seal("raw", _pack(raw))
        return await line.call(lambda turn: changes.keep(turn, raw.account, sealed, cursor), len(sealed))

    async def kept(self, limit: int = 100) -> tuple[Kept, ...]:
        return await self._ask(lambda reads: reads.work.kept(limit))

    async def begin(self, raw_id: int) -> RawEvent:
        sealed = await self._w().call(lambda turn: changes.begin(turn, raw_id))
        try:
            return decode(self.codec.open("raw", sealed), RawEvent)
        except Damaged as error:
            await self.quarantine("parse", str(error), raw_id=raw_id)
            raise

    async def finish_kept(self, raw_id: int, fate: str, held: Held | None = None) -> None:
        await self._w().call(lambda turn: changes.finish_kept(turn, raw_id, fate, held))

    async def raw(self, raw_id: int) -> RawEvent:
        return await self._ask(lambda reads: reads.raw(raw_id))

    async def cursor(self, account: str, name: str) -> str | None:
        return await self._ask(lambda reads: reads.cursor(account, name))

    # complaints

    async def due(self, now: datetime, limit: int = 100) -> tuple[int, ...]:
        return await self._ask(lambda reads: reads.work.due(micros(now), limit))

    async def next_due(self) -> datetime | None:
        due_at = await self._ask(lambda reads: reads.work.next_due())
        return None if due_at is None else moment(due_at)

    async def prolong(self, until: datetime) -> None:
        async def prolong(turn: Turn) -> None:
            await changes.prolong(turn, micros(until), await others(turn.db, turn.gateway))

        await self._w().call(prolong)

    async def postpone(self, complaint_id: int, until: datetime) -> None:
        await self._w().call(lambda turn: changes.postpone(turn, complaint_id, micros(until)))

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
        said = seal(self.codec, replies)
        kept = None if fingerprint is None else self.codec.seal(PURPOSE, fingerprint)
        settling = Settling(complaint_id, version, tuple(events), bodies, sealed, state, said, group, kept)
        written: bool = await line.do(changes.settle_many, settling, len(sealed) + sum(map(len, bodies)))
        return written

    async def triage(self, limit: int = 1000) -> tuple[int, ...]:
        return await self._ask(lambda reads: reads.triage(limit))

    async def decide(self, complaint_id: int, verdict: Literal["file", "set_aside"]) -> None:
        await self._w().call(lambda turn: changes.decide(turn, complaint_id, verdict))

    async def filed(
        self, account: str, since: datetime, until: datetime, limit: int = 100
    ) -> tuple[ComplaintFile, ...]:
        return await self._ask(lambda reads: reads.filed(account, micros(since), micros(until), limit))

    # the outbox

    async def unpublished(self, limit: int, after: int = 0) -> tuple[OutboxEvent, ...]:
        events, damaged = await self._ask(lambda reads: reads.work.unpublished(limit, after))
        await self._set_apart("publish", damaged)
        return events

    async def mark_published(self, positions: Sequence[int], at: datetime) -> None:
        marked = tuple(positions)
        await self._w().call(lambda turn: changes.mark_published(turn, marked, micros(at)))

    async def event(self, complaint_id: int, sequence: int) -> tuple[OutboxEvent, bool] | None:
        return await self._ask(lambda reads: reads.event(complaint_id, sequence))

    # files

    async def media_due(
        self, now: datetime, limit: int = 20, step: MediaStep = "fetch"
    ) -> tuple[MediaJob, ...]:
        jobs, damaged = await self._ask(lambda reads: reads.work.media_due(micros(now), limit, step))
        await self._set_apart("settle", damaged)
        return jobs

    async def media_done(self, job_id: int, attachment: Attachment) -> None:
        await self._w().call(lambda turn: media.media_done(turn, job_id, attachment))

    async def media_read(self, job_id: int, sha256: str, facts: MediaFacts) -> None:
        name, sealed = facts_name(self.codec, sha256), self.codec.pack("media", facts)
        await self._w().call(lambda turn: media.media_read(turn, job_id, name, sealed))

    async def media_facts(self, sha256: str) -> MediaFacts | None:
        found = await self._ask(lambda reads: media.facts(reads.db, self.codec, [sha256]))
        return found.get(sha256)

    async def media_retry(self, job_id: int, at: datetime) -> None:
        await self._w().call(lambda turn: media.media_retry(turn, job_id, micros(at)))

    # quarantine

    async def quarantine(
        self, stage: str, reason: str, *, raw_id: int | None = None, complaint_id: int | None = None
    ) -> int:
        details = Details(reason)
        return await self._w().call(
            lambda turn: changes.quarantine(turn, stage, details, raw_id, complaint_id)
        )

    async def quarantined(self, state: str = "held", limit: int = 1000) -> tuple[QuarantineEntry, ...]:
        return await self._ask(lambda reads: reads.quarantined(state, limit))

    async def quarantine_entry(self, entry_id: int) -> QuarantineEntry | None:
        return await self._ask(lambda reads: reads.quarantine_entry(entry_id))

    async def release(self, entry_id: int, state: Literal["replayed", "discarded"]) -> None:
        await self._w().call(lambda turn: changes.release(turn, entry_id, state))

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
