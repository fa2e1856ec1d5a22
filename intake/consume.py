"""The sample CRM consumer: what the CRM team's own consumer has to do, on one page.

Idempotent by event id, acknowledges only after its handler has finished, and notices a gap in a complaint's
sequence. Without a broker `read_journal` shows the same events out of the journal, and marks nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aio_pika
import msgspec
import structlog
from aio_pika.abc import AbstractIncomingMessage
from rich.table import Table

from complaint_queue import topology, wire
from complaint_queue.journal import Journal
from complaint_queue.publisher import BrokerSettings, broker_url
from normalizer.errors import Unreadable
from normalizer.record import Complaint, ComplaintEvent

log = structlog.get_logger()

Handler = Callable[[ComplaintEvent], Awaitable[None]]


@dataclass
class Seen:
    """What this consumer has handled: event ids, and the last sequence of each complaint.

    A real CRM keeps this in its own database, in the transaction of the handler.
    """

    ids: set[str] = field(default_factory=set)
    last: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    gaps: list[str] = field(default_factory=list)

    def is_new(self, event: ComplaintEvent) -> bool:
        """Whether to handle it; notes a gap or a disorder within the complaint."""
        if event.event_id in self.ids:
            self.duplicates += 1
            return False
        self.ids.add(event.event_id)
        complaint = event.complaint.complaint_id
        if event.sequence != self.last.get(complaint, 0) + 1 and event.revision == 0:
            self.gaps.append(event.event_id)
            log.warning("sequence_gap", event_id=event.event_id, last=self.last.get(complaint, 0))
        self.last[complaint] = max(event.sequence, self.last.get(complaint, 0))
        return True


async def consume(
    url: str,
    *,
    on_event: Handler,
    virtual_host: str = topology.VIRTUAL_HOST,
    limit: int | None = None,
    idle_timeout: float | None = None,
    prefetch: int = 200,
    seen: Seen | None = None,
) -> Seen:
    """Hand every new event to `on_event`, then acknowledge it.

    Ends after `limit` new events, or when nothing came for `idle_timeout` seconds; with neither, it goes on until
    cancelled and connects again by itself. A body that does not validate goes to the dead letters.
    """
    seen = seen or Seen()
    connection = await aio_pika.connect_robust(
        broker_url(BrokerSettings(url=url, virtual_host=virtual_host)), reconnect_interval=1
    )
    news: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    handled = 0
    try:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=prefetch)
        queue = await topology.declare(channel)
        await queue.consume(news.put)
        while limit is None or handled < limit:
            try:
                async with asyncio.timeout(idle_timeout):
                    delivery = await news.get()
            except TimeoutError:
                break
            handled += await _handle(delivery, on_event, seen)
    finally:
        with contextlib.suppress(Exception):
            await connection.close()
    return seen


async def _handle(delivery: AbstractIncomingMessage, on_event: Handler, seen: Seen) -> bool:
    try:
        event = wire.decode(delivery.body, delivery.headers, delivery.message_id)
    except Unreadable as error:
        log.error("dead_letter", reason=error.reason)
        await _settle(delivery.reject(requeue=False))
        return False
    new = seen.is_new(event)
    if new:
        await on_event(event)
    await _settle(delivery.ack())
    return new


async def _settle(answer: Awaitable[None]) -> None:
    """A lost connection takes the acknowledgement with it; the event comes again and is known by its id."""
    with contextlib.suppress(aio_pika.exceptions.AMQPError, RuntimeError, ConnectionError):
        await answer


async def read_journal(journal: Journal, *, limit: int | None = None) -> AsyncIterator[ComplaintEvent]:
    """The events that wait in the outbox, in order; nothing is marked."""
    after, count = 0, 0
    while events := await journal.unpublished(200, after):
        for waiting in events:
            after = waiting.position
            yield msgspec.json.decode(waiting.body, type=ComplaintEvent)
            count += 1
            if limit is not None and count >= limit:
                return


def json_line(event: ComplaintEvent) -> str:
    """One event as one line of JSON."""
    return msgspec.json.encode(event).decode()


def table(events: list[ComplaintEvent]) -> Table:
    """Events for people: what happened, to which ticket, through which door, where, what."""
    shown = Table(title=None, expand=True, show_lines=False)
    for name in ("Tiket", "Peristiwa", "Kanal", "Bahasa", "Tempat", "Isi"):
        shown.add_column(name, overflow="fold", no_wrap=name == "Tiket")
    for event in events:
        record = event.complaint
        shown.add_row(
            record.ticket, event.event, record.channel, record.language.code, where(record), _short(record)
        )
    return shown


def where(record: Complaint) -> str:
    """The narrowest region that is known, in words."""
    place = record.place
    for region in (place.kelurahan, place.kecamatan, place.city):
        if region is not None:
            return region.name
    return "di luar Jakarta" if place.inside is False else "—"


def _short(record: Complaint) -> str:
    text = " ".join(record.text.split())
    files = f" [{len(record.attachments)} lampiran]" if record.attachments else ""
    return (text if len(text) <= 90 else text[:89] + "…") + files
