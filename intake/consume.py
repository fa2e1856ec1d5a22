"""A sample of the CRM's consumer: idempotent by event id, acknowledges after handling, watches the order.

It shows what a real one has to do, and `kanal consume` runs it. A message that does not validate is refused and
goes to the dead letters. On the embedded journal `read_journal` only reads, and marks nothing.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog
from aio_pika.abc import AbstractIncomingMessage
from msgspec import Struct, json
from rich.table import Table
from rich.text import Text

from complaint_queue import reconciliation, topology, wire
from complaint_queue.broker import Reach, Where
from complaint_queue.journal import OutboxEvent
from complaint_queue.line import TROUBLE, close, connected
from intake.words import say
from normalizer.errors import Misconfigured, Unavailable, Unreadable
from normalizer.identity import JAKARTA
from normalizer.record import ComplaintEvent

OnEvent = Callable[[ComplaintEvent], Awaitable[None]]

log = structlog.get_logger()


class Gap(Struct, frozen=True, kw_only=True):
    """An event that came out of turn: `expected` and `got` are sequence numbers of one complaint."""

    complaint_id: str
    ticket: str
    expected: int
    got: int


class Reconciled(Struct, frozen=True, kw_only=True):
    """One message about what the CRM should have of a day, compared: `missing` are ids that never came here.

    `whole` is False when this chunk, or all chunks of the day together, are not what their sum says."""

    date: str
    chunk: int
    chunks: int
    events: int
    ids: tuple[str, ...]
    missing: tuple[str, ...]
    whole: bool


class Tally(Struct, kw_only=True):
    """What a run of the consumer saw."""

    handled: int = 0
    duplicates: int = 0
    refused: int = 0
    gaps: list[Gap] = []
    reconciled: list[Reconciled] = []


class Seen:
    """The event ids that were handled, and the last sequence of each complaint; in a file, or in memory.

    A real consumer writes the id in the same transaction as what it does with the event. Here the id follows the
    handling: a crash between the two hands that one event over once more.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS last (complaint TEXT PRIMARY KEY, sequence INTEGER) WITHOUT ROWID"
        )

    def __contains__(self, event_id: str) -> bool:
        return self._db.execute("SELECT 1 FROM seen WHERE id = ?", (event_id,)).fetchone() is not None

    def gap(self, event: ComplaintEvent) -> Gap | None:
        """How the event is out of turn; a new revision of a known event never is."""
        found = self._db.execute(
            "SELECT sequence FROM last WHERE complaint = ?", (event.complaint.complaint_id,)
        )
        expected = (found.fetchone() or (0,))[0] + 1
        if event.sequence == expected or (event.revision > 0 and event.sequence < expected):
            return None
        return Gap(
            complaint_id=event.complaint.complaint_id,
            ticket=event.complaint.ticket,
            expected=expected,
            got=event.sequence,
        )

    def add(self, event: ComplaintEvent) -> None:
        """Remember that it was handled."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event.event_id,))
        self._db.execute(
            "INSERT INTO last VALUES (?, ?) ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)",
            (event.complaint.complaint_id, event.sequence),
        )
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()


async def consume(
    url: Where,
    *,
    on_event: OnEvent,
    limit: int | None = None,
    idle_timeout: float | None = None,
    seen: Seen | None = None,
    private_key: bytes | None = None,
    virtual_host: str = topology.VIRTUAL_HOST,
    queue: str = topology.QUEUE,
    prefetch: int = 100,
    connect_tries: int | None = None,
    single_active: bool = False,
    on_reconciled: Callable[[Reconciled], None] = lambda found: None,
) -> Tally:
    """Hand each event to `on_event` once, until `limit` were handled or `idle_timeout` seconds brought none.

    The connection is made again whenever it breaks, to the next of several hosts;
    `Unavailable` only after `connect_tries` failures in a row.
    `private_key` (32 bytes) opens what confidential complaints carry sealed. When `on_event` raises, its event
    stays in the queue and the error comes out here. `on_reconciled` is told how a day's reconciliation compares.
    """
    own = Seen() if seen is None else seen
    run = _Run(on_event, own, private_key, limit, on_reconciled, remembers=seen is not None)
    reach = Reach(url, virtual_host, "kanal-aduan consumer")
    failures = 0
    try:
        while not run.finished:
            try:
                if not await _until_broken(run, reach, queue, prefetch, idle_timeout, single_active):
                    break
                failures = 0
            except (*TROUBLE, Misconfigured) as error:
                failures += 1
                if connect_tries is not None and failures >= connect_tries:
                    raise Unavailable("RabbitMQ cannot be reached: {why}", why=error) from error
                await asyncio.sleep(min(5.0, 0.2 * 2 ** min(failures, 5)))
            reach.failed()
    finally:
        if seen is None:
            own.close()
    return run.tally


class _Run:
    """One consumer's state over all its connections."""

    def __init__(
        self,
        on_event: OnEvent,
        seen: Seen,
        private_key: bytes | None,
        limit: int | None,
        on_reconciled: Callable[[Reconciled], None],
        remembers: bool,
    ) -> None:
        self._on_event, self._seen, self._private_key, self._limit = on_event, seen, private_key, limit
        self._on_reconciled, self._remembers = on_reconciled, remembers
        self._days: dict[str, dict[int, tuple[str, ...]]] = {}
        self.tally = Tally()

    @property
    def finished(self) -> bool:
        return self._limit is not None and self.tally.handled >= self._limit

    async def handle(self, message: AbstractIncomingMessage) -> None:
        """One message: acknowledged after it was handled, refused for good when it does not validate."""
        try:
            if reconciliation.is_one(message):
                self._compare(reconciliation.decode(message))
                await message.ack()
                return
            event = wire.decode(message)
        except Unreadable as error:
            self.tally.refused += 1
            log.warning("message_refused", message_id=message.message_id, reason=error.reason)
            await message.reject(requeue=False)
            return
        if event.event_id in self._seen:
            self.tally.duplicates += 1
        else:
            gap = self._seen.gap(event)
            if gap is not None:
                self.tally.gaps.append(gap)
                log.warning("out_of_turn", ticket=gap.ticket, expected=gap.expected, got=gap.got)
            await self._on_event(
                event if self._private_key is None else wire.unseal(event, self._private_key)
            )
            self._seen.add(event)
            self.tally.handled += 1
        await message.ack()

    def _compare(self, told: reconciliation.Reconciliation) -> None:
        """What the gateway says that it sent beside what came; it comes after everything that it names."""
        parts = self._days.setdefault(told.date, {})
        parts[told.chunk] = told.ids
        whole = list(told.ids) == sorted(set(told.ids))
        if len(parts) == told.chunks:
            ids = [one for number in sorted(parts) for one in parts[number]]
            whole = whole and len(ids) == told.events and reconciliation.sum_of(ids) == told.sha256
            del self._days[told.date]
        found = Reconciled(
            date=told.date,
            chunk=told.chunk,
            chunks=told.chunks,
            events=told.events,
            ids=told.ids,
            missing=tuple(one for one in told.ids if one not in self._seen),
            whole=whole,
        )
        self.tally.reconciled.append(found)
        if (found.missing and self._remembers) or not whole:
            log.warning("not_reconciled", date=told.date, missing=len(found.missing), whole=whole)
        self._on_reconciled(found)


async def _until_broken(
    run: _Run, reach: Reach, queue: str, prefetch: int, idle: float | None, single_active: bool
) -> bool:
    """Consume over one connection. False when idle, True when it broke or the limit is reached."""
    waiting: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
    connection, socket = await connected(reach)
    try:
        async with asyncio.timeout(10):
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=prefetch)
            await topology.declare(channel, single_active=single_active)
            source = await channel.get_queue(queue, ensure=False)
            connection.close_callbacks.add(lambda *_: waiting.put_nowait(None))
            channel.close_callbacks.add(lambda *_: waiting.put_nowait(None))
            await source.consume(waiting.put)
        while not run.finished:
            try:
                async with asyncio.timeout(idle):
                    message = await waiting.get()
            except TimeoutError:
                return False
            if message is None:
                return True
            await run.handle(message)
        return True
    finally:
        await close(connection, socket)


class OutboxReader(Protocol):
    """The part of the journal that is read here."""

    async def unpublished(self, limit: int, after: int = 0) -> tuple[OutboxEvent, ...]: ...


async def read_journal(
    journal: OutboxReader,
    *,
    on_event: OnEvent,
    limit: int | None = None,
    idle_timeout: float | None = 0.0,
    poll: float = 0.5,
) -> Tally:
    """The same from the embedded journal, where no broker is: read what waits in the outbox, and mark nothing.

    With `idle_timeout` 0 it ends with the last event that is there; None follows for ever.
    """
    tally, after, idle = Tally(), 0, 0.0
    while True:
        page = await journal.unpublished(200, after)
        for stored in page:
            after = stored.position
            await on_event(wire.decode_body(stored.body))
            tally.handled += 1
            if limit is not None and tally.handled >= limit:
                return tally
        if page:
            idle = 0.0
            continue
        if idle_timeout is not None and idle >= idle_timeout:
            return tally
        await asyncio.sleep(poll)
        idle += poll


def render_json_line(event: ComplaintEvent) -> str:
    """The event as one line of JSON, as it stands on the wire."""
    return json.encode(event).decode()


def render_table(events: list[ComplaintEvent]) -> Table:
    """Events as a table for people, times in Jakarta; it fits a terminal of eighty columns."""
    table = Table(title=say("consume_title", count=len(events)), show_lines=True, expand=True)
    for heading, share in zip(say("consume_columns").split("|"), (1, 2), strict=True):
        table.add_column(heading, overflow="fold", ratio=share)
    for event in events:
        complaint = event.complaint
        files = f" {say('demo_files', count=len(complaint.attachments))}" if complaint.attachments else ""
        said = _shortened(complaint.text if event.added is None else event.added.text)
        left = (
            complaint.ticket,
            f"{event.event} #{event.sequence}",
            complaint.channel,
            _clock(event.occurred_at),
        )
        # What citizens write may look like rich's markup: Text takes it as it is.
        table.add_row(
            Text("\n").join(map(Text, left)), Text(f"{_where(event)}\n{_reporter(event)}\n{said}{files}")
        )
    return table


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(JAKARTA):%d-%m-%Y %H:%M:%S}"


def _reporter(event: ComplaintEvent) -> str:
    reporter = event.complaint.reporter
    if event.complaint.confidential and not reporter.name:
        return f"({say('demo_confidential')})"
    return reporter.name or (reporter.contacts[0].value if reporter.contacts else "-")


def _where(event: ComplaintEvent) -> str:
    place = event.complaint.place
    names = [r.name for r in (place.kelurahan, place.kecamatan, place.city) if r is not None]
    return ", ".join(names) or place.address or "-"


def _shortened(text: str, most: int = 120) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= most else one_line[: most - 1] + "…"
