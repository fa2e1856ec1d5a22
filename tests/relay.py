"""A running publisher over an outbox in memory, and the CRM's side of it, for tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aio_pika

from complaint_queue import topology
from complaint_queue.publisher import BrokerSettings, Publisher
from intake.consume import Tally, consume
from normalizer.record import ComplaintEvent
from tests.event_samples import SOURCE, MemoryOutbox


class Relay:
    """The publisher with its outbox, and the alarms that stand now or ever stood."""

    def __init__(self, url: str, **settings: Any) -> None:
        quick = {"confirm_timeout": 3.0, "connect_timeout": 3.0, "retry_first": 0.2, "retry_longest": 1.0}
        self.outbox = MemoryOutbox()
        self.alarms: dict[str, str] = {}
        self.raised: set[str] = set()
        self.changed = asyncio.Event()
        self.stopped = False
        self.publisher = Publisher(
            self.outbox,  # type: ignore[arg-type]  # the part of the journal that a publisher uses
            BrokerSettings(**{"url": url, "source": SOURCE, **quick, **settings}),
            on_alarm=self._on_alarm,
            clock=lambda: datetime.now(UTC),
        )

    def _on_alarm(self, name: str, words: str | None) -> None:
        if words is None:
            self.alarms.pop(name, None)
        else:
            self.alarms[name] = words
            self.raised.add(name)
        self.changed.set()

    async def until_alarm(self, name: str, *, stands: bool = True, within: float = 30.0) -> None:
        """Wait until an alarm stands, or until it is over."""
        async with asyncio.timeout(within):
            while (name in self.alarms) != stands:
                self.changed.clear()
                await self.changed.wait()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.publisher.run())
        try:
            yield task
            assert self.stopped or not task.done(), "the relay must live"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class Crm:
    """The CRM: what it handled, in order."""

    def __init__(self) -> None:
        self.events: list[ComplaintEvent] = []
        self.tally = Tally()

    async def on_event(self, event: ComplaintEvent) -> None:
        self.events.append(event)

    async def take(self, url: str, *, limit: int | None = None, idle: float | None = 2.0) -> Crm:
        """Consume until `limit` or idleness."""
        async with asyncio.timeout(90):
            self.tally = await consume(url, on_event=self.on_event, limit=limit, idle_timeout=idle)
        return self

    @property
    def ids(self) -> list[str]:
        return [event.event_id for event in self.events]

    def sequences(self) -> dict[str, list[int]]:
        """The sequence numbers of each complaint as they came."""
        found: dict[str, list[int]] = {}
        for event in self.events:
            found.setdefault(event.complaint.complaint_id, []).append(event.sequence)
        return found


async def unbind(url: str) -> None:
    """Take the binding away: whatever is published comes back."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        queue = await channel.get_queue(topology.QUEUE)
        await queue.unbind(topology.EXCHANGE, "#")


async def bind(url: str) -> None:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        await topology.declare(channel)


async def declare_empty(url: str) -> None:
    """The queues as the gateway declares them, and empty.

    They are emptied, not made anew: RabbitMQ 3.10 forgets a quorum queue that is killed in its first second.
    """
    async with await aio_pika.connect(url) as connection:
        try:
            await topology.declare(await connection.channel())
        except aio_pika.exceptions.ChannelPreconditionFailed:
            channel = await connection.channel()
            for queue in (topology.QUEUE, topology.DEAD_QUEUE):
                await channel.queue_delete(queue)
            await topology.declare(channel)
        channel = await connection.channel()
        for queue in (topology.QUEUE, topology.DEAD_QUEUE):
            await (await channel.get_queue(queue)).purge()
