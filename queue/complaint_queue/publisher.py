"""Drains the journal's outbox to RabbitMQ: mandatory, persistent, confirmed; marks only what was confirmed.

Many confirms are in flight, but of one complaint only its earliest unconfirmed event, so that order per complaint
holds through every retry. What the broker returns (no queue takes it) stays unpublished and alarms.

A stalled broker makes aio-pika raise `CancelledError` into every pending publish, even into those with a timeout.
So each wait has a deadline of ours, and a `CancelledError` counts as ours only if this task is being cancelled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import aio_pika
import structlog
from aio_pika.abc import AbstractExchange, AbstractRobustConnection  # noqa: F401
from aiormq.exceptions import AMQPError, DeliveryError, PublishError
from msgspec import Struct
from pamqp.exceptions import PAMQPException

from complaint_queue import topology, wire
from complaint_queue.journal import Journal, OutboxEvent
from normalizer.errors import Unavailable

#: Seconds between two looks at the outbox from its start.
LOOK_AGAIN = 5.0

log = structlog.get_logger()


class BrokerSettings(Struct, frozen=True, kw_only=True):
    """Where to publish. Times in seconds; `source` is the CloudEvents source, the gateway's own address."""

    url: str
    virtual_host: str = topology.VIRTUAL_HOST
    source: str = "urn:kanal-aduan"
    heartbeat: int = 10
    confirm_timeout: float = 8.0
    window: int = 256
    first_wait: float = 0.5
    last_wait: float = 15.0


class Counter(Protocol):
    def inc(self, amount: float = 1) -> None: ...


class PublisherMetrics(Protocol):
    """What the publisher counts; `intake.metrics.Metrics` fulfils it."""

    published: Counter
    returned: Counter


def broker_url(settings: BrokerSettings) -> str:
    """The address with virtual host and heartbeat."""
    parts = urlsplit(settings.url)
    query = f"heartbeat={settings.heartbeat}"
    return urlunsplit((parts.scheme, parts.netloc, "/" + quote(settings.virtual_host, safe=""), query, ""))


class Publisher:
    """One relay from journal to broker. `run` never ends by itself; `wake` says that something new waits."""

    def __init__(
        self,
        journal: Journal,
        settings: BrokerSettings,
        *,
        on_alarm: Callable[[str, str | None], None],
        clock: Callable[[], datetime],
        metrics: PublisherMetrics,
    ) -> None:
        self._journal, self._settings, self._clock, self._metrics = journal, settings, clock, metrics
        self._alarm = on_alarm
        self._wake = asyncio.Event()
        self.connected = False
        self.last_confirm: datetime | None = None

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Connect, drain, and begin again with backoff when the broker goes away."""
        wait = self._settings.first_wait
        while True:
            try:
                before = self.last_confirm
                await self._session()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                reason = "the connection was cut"
            except (AMQPError, PAMQPException, OSError, TimeoutError, RuntimeError, Unavailable) as error:
                reason = f"{type(error).__name__}: {error}"
            finally:
                self.connected = False
            if self.last_confirm != before:
                wait = self._settings.first_wait
            self._alarm("broker", f"RabbitMQ is away ({reason}); the journal holds everything")
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._settings.last_wait)

    async def _session(self) -> None:
        async with asyncio.timeout(self._settings.confirm_timeout):
            connection = await aio_pika.connect(broker_url(self._settings))
        try:
            async with asyncio.timeout(self._settings.confirm_timeout):
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
                await topology.declare(channel)
                exchange = await channel.get_exchange(topology.EVENTS, ensure=False)
            self.connected = True
            self._alarm("broker", None)
            log.info("publisher_connected")
            await _Relay(self, exchange).run()
        finally:
            with suppress(Exception, asyncio.CancelledError):
                async with asyncio.timeout(2):
                    await connection.close()


class _Relay:
    """One connection's work: what is in flight, and which complaints have something in flight."""

    def __init__(self, publisher: Publisher, exchange: AbstractExchange) -> None:
        self._publisher, self._exchange = publisher, exchange
        self._journal, self._settings = publisher._journal, publisher._settings
        self._lines: dict[int, deque[OutboxEvent]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._confirmed: list[int] = []
        self._slots = asyncio.Semaphore(self._settings.window)
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._returned: set[int] = set()
        self._held: set[int] = set()  # positions in a line, or confirmed and not yet marked

    async def run(self) -> None:
        """Until the connection breaks. What came back is tried again with every look from the start."""
        after, loop = 0, asyncio.get_running_loop()
        looked = loop.time()
        try:
            while True:
                self._publisher._wake.clear()
                if loop.time() - looked > LOOK_AGAIN:
                    after, looked = 0, loop.time()
                events = await self._journal.unpublished(self._settings.window * 2, after)
                for event in events:
                    after = event.position
                    if event.position not in self._held:
                        await self._enqueue(event)
                if not await self._mark() and not events:
                    await self._idle()
        finally:
            await self._end()

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._broken.done():
            self._broken.exception()
        else:
            self._broken.cancel()
        await self._mark()

    async def _enqueue(self, event: OutboxEvent) -> None:
        self._held.add(event.position)
        line = self._lines.get(event.complaint_id)
        if line is not None:
            line.append(event)
            return
        await self._or_broken(self._slots.acquire())
        self._lines[event.complaint_id] = deque((event,))
        task = asyncio.create_task(self._send_line(event.complaint_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_line(self, complaint_id: int) -> None:
        """Send one complaint's events, each after the confirm of the one before."""
        line = self._lines[complaint_id]
        try:
            while line:
                if not await self._send(line[0]):
                    return
                line.popleft()
        finally:
            self._held.difference_update(event.position for event in line)
            del self._lines[complaint_id]
            self._slots.release()

    async def _send(self, event: OutboxEvent) -> bool:
        message = aio_pika.Message(
            event.body,
            headers=dict(wire.headers(event, self._settings.source)),
            content_type=wire.CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=wire.event_id(event),
            timestamp=event.occurred_at,
        )
        try:
            async with asyncio.timeout(self._settings.confirm_timeout):
                await self._exchange.publish(message, event.routing_key, mandatory=True)
        except PublishError:
            self._not_taken(event, "no queue takes it")
            return False
        except DeliveryError:
            self._not_taken(event, "the broker refused it")
            return False
        except asyncio.CancelledError:
            self._break(ConnectionResetError("the broker stalled"))
            return False
        except Exception as error:
            self._break(error)
            return False
        self._confirmed.append(event.position)
        if len(self._confirmed) == 1:
            self._publisher._wake.set()
        return True

    def _not_taken(self, event: OutboxEvent, why: str) -> None:
        self._publisher._metrics.returned.inc()
        self._publisher._alarm("unroutable", f"an event came back from RabbitMQ: {why} ({event.routing_key})")
        self._returned.add(event.position)

    def _break(self, error: Exception) -> None:
        if not self._broken.done():
            self._broken.set_exception(error)

    async def _idle(self) -> None:
        """With nothing to do, wait for news, at most a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._or_broken(self._publisher._wake.wait())

    async def _mark(self) -> bool:
        confirmed, self._confirmed = self._confirmed, []
        if not confirmed:
            return False
        now = self._publisher._clock()
        await self._journal.mark_published(confirmed, now)
        self._publisher.last_confirm = now
        self._publisher._metrics.published.inc(len(confirmed))
        self._held.difference_update(confirmed)
        if self._returned and not self._returned.difference(confirmed):
            self._publisher._alarm("unroutable", None)
        self._returned.difference_update(confirmed)
        return True

    async def _or_broken(self, work: object) -> None:
        """Await `work`, unless the connection breaks first: then raise why."""
        waiting = asyncio.ensure_future(work)  # type: ignore[call-overload]
        try:
            await asyncio.wait((waiting, self._broken), return_when=asyncio.FIRST_COMPLETED)
            if self._broken.done():
                self._broken.result()
        finally:
            if not waiting.done():
                waiting.cancel()
