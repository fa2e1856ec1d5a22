"""Drains the journal to RabbitMQ: mandatory, persistent, confirmed; an event is marked only on its confirm.

Many confirms are in flight at once, but of one complaint only one event: order per complaint holds through
retries. Whatever the broker does (dies, stalls, blocks, refuses, returns), the events stay in the journal and the
publisher comes back by itself. What can never be sent goes to quarantine, and its complaint's followers wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

import aio_pika
import aiormq
import structlog

from complaint_queue import points, topology, wire
from complaint_queue.broker import BrokerSettings, address
from complaint_queue.frames import Frames
from complaint_queue.journal import Journal, OutboxEvent
from complaint_queue.line import BrokerLost, Line
from complaint_queue.outflow import Outflow
from normalizer.errors import KanalError

__all__ = ["BrokerSettings", "Publisher", "PublisherMetrics", "address"]

log = structlog.get_logger()

_FETCH = 1_000
_BATCH_BYTES = 256 * 1024
_RESCAN, _LOOK_AGAIN = 5.0, 0.5
_TICK = 0.5
_SUSPECT_TRIES = 2


class Refusing(BrokerLost):
    """The channel takes nothing. One that was opened while a cluster's queue had no leader goes on so for as long as
    the former leader is away (seen with RabbitMQ 3.10); a new channel is taken by the new leader."""


class Count(Protocol):
    """Something that counts; a Prometheus counter is one."""

    def inc(self, amount: float = 1) -> object: ...


class PublisherMetrics(Protocol):
    """What the publisher counts."""

    @property
    def published(self) -> Count: ...
    @property
    def returned(self) -> Count: ...


class Publisher:
    """The relay from the journal's outbox to the broker.

    `on_alarm(name, words)` raises an alarm for the operator, `on_alarm(name, None)` ends it. Names:
    `broker_away`, `broker_blocked`, `broker_refuses`, `unroutable`, `topology`, `unpublished_old`.
    """

    def __init__(
        self,
        journal: Journal,
        settings: BrokerSettings,
        *,
        on_alarm: Callable[[str, str | None], None],
        clock: Callable[[], datetime],
        metrics: PublisherMetrics | None = None,
    ) -> None:
        self._journal, self._settings = journal, settings
        self._reach = settings.reach("kanal-aduan publisher")
        self._alarm, self._clock, self._metrics = on_alarm, clock, metrics
        self.connected = False
        self.last_confirm: datetime | None = None
        self.oldest_unpublished: datetime | None = None
        self._outflow = Outflow()
        self._in_flight: dict[int, OutboxEvent] = {}
        self._flight_bytes = 0
        self._progress = 0.0
        self._blocked = False
        self._refusing_since: float | None = None
        self._has_taken = False
        self._returned: dict[str, str] = {}
        self._unroutable: set[int] = set()
        self._refused: set[int] = set()
        self._suspects: dict[int, int] = {}
        self._to_mark: list[int] = []
        self._cursor = 0
        self._rescan_at = 0.0
        self._hungry = True
        self._fetch: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._marks = asyncio.Event()

    def wake(self) -> None:
        """New events were written to the outbox."""
        self._hungry = True
        self._news.set()

    async def run(self) -> None:
        """Publish until cancelled; no failure of broker or journal ends it."""
        helpers = [asyncio.create_task(self._for_ever(f)) for f in (self._mark, self._watch)]
        wait = self._settings.retry_first / 4
        try:
            while True:
                lasted = await self._attempt()
                wait = (
                    self._settings.retry_first / 4
                    if lasted
                    else min(wait * 2, self._settings.retry_longest / 4)
                )
                await asyncio.sleep(wait)
        finally:
            for helper in (*helpers, *([self._fetch] if self._fetch else [])):
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            with contextlib.suppress(Exception):
                await self._mark_once()

    async def _attempt(self) -> bool:
        """One connection from beginning to end; whether it had been up."""
        was_up = False
        try:
            was_up = await self._session()
        except asyncio.CancelledError:
            # A stalled broker cancels whatever waits on its connection. Only a cancellation of ours counts.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._away("the connection broke")
        except Refusing as error:
            log.warning("broker_refuses_all", why=str(error))
            self._reach.failed()
            was_up = self._has_taken
        except Exception as error:  # whatever it is, the relay must live
            was_up = isinstance(error, BrokerLost)
            self._away(_words(error, self._reach.virtual_host))
        return was_up

    def _away(self, why: str) -> None:
        log.warning("broker_away", why=why)
        self._reach.failed()
        self._alarm("broker_away", f"RabbitMQ cannot be reached ({why}); the journal holds every event")

    async def _session(self) -> bool:
        line = await Line.open(
            self._reach.url,
            self._settings.connect_timeout,
            self._on_confirm,
            self._on_return,
            self._prepare,
        )
        try:
            self.connected = True
            self._alarm("broker_away", None)
            await self._drain(line)
        except BrokerLost as lost:
            if lost.refused:
                await self._suspect(lost)
            raise
        finally:
            self._give_back()
            await line.close()
        return True

    def _give_back(self) -> None:
        """The connection is gone: what was on its way, and may have arrived or not, is sent again."""
        self.connected = False
        self._outflow.give_back(self._in_flight.values())
        self._in_flight.clear()
        self._returned.clear()
        self._flight_bytes = 0
        self._unblocked()

    async def _prepare(self, connection: aio_pika.Connection) -> None:
        if not self._settings.declare:
            return
        try:
            channel = await connection.channel()
            await topology.declare(channel, single_active=self._settings.single_active_consumer)
            await channel.close()
        except (
            aio_pika.exceptions.ChannelPreconditionFailed,
            aiormq.exceptions.ChannelAccessRefused,
        ) as error:
            # The exchange may be there all the same; `mandatory` finds out whether it routes.
            self._alarm(
                "topology",
                f"queues differ from what is needed: {error}. Delete the queue that is named, "
                "or set broker.declare = false when somebody else declares them",
            )
        else:
            self._alarm("topology", None)

    async def _drain(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        frames = Frames(topology.EXCHANGE, self._settings.source, line.channel.number, line.frame_max)
        line.channel.closing.add_done_callback(lambda _: self._news.set())
        self._hungry, self._progress = True, loop.time()
        self._refusing_since, self._has_taken = None, False
        while True:
            self._news.clear()
            line.check()
            self._outflow.retry_due(loop.time())
            self._fetch_more(loop.time())
            await self._send(line, frames)
            await self._check_stall(line, loop.time())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._news.wait()

    # out of the journal

    def _fetch_more(self, now: float) -> None:
        if self._fetch is not None or len(self._outflow) >= self._settings.held:
            return
        if now >= self._rescan_at:
            # From the start again: what came out of quarantine stands before the cursor.
            self._cursor, self._rescan_at, self._hungry = 0, now + _RESCAN, True
        if self._hungry and self._outflow.ready < _FETCH:
            self._fetch = asyncio.create_task(self._fetch_once())

    async def _fetch_once(self) -> None:
        try:
            self._hungry = False
            events = await self._journal.unpublished(_FETCH, self._cursor)
            for event in events:
                if await self._follows(event):
                    self._outflow.add(event)
            if events:
                self._cursor = max(self._cursor, events[-1].position)
            self._hungry = self._hungry or len(events) == _FETCH
        except KanalError as error:
            log.warning("outbox_unreadable", error=str(error))
        finally:
            self._fetch = None
            self._news.set()

    async def _follows(self, event: OutboxEvent) -> bool:
        """Whether all earlier events of its complaint are confirmed or held here, so that order can be kept."""
        if self._outflow.knows(event.position):
            return False
        if event.sequence == 1 or self._outflow.leads_to(event):
            return True
        before = await self._journal.event(event.complaint_id, event.sequence - 1)
        if before is None or before[1] or self._outflow.knows(before[0].position):
            return True
        # Another gateway sends that one: it may be confirmed at any moment.
        self._rescan_at = min(self._rescan_at, asyncio.get_running_loop().time() + _LOOK_AGAIN)
        return False

    # to the broker

    async def _send(self, line: Line, frames: Frames) -> None:
        while True:
            batch: list[OutboxEvent] = []
            payload: list[bytes] = []
            size = 0
            window = 1 if self._suspects else self._settings.window
            while size < _BATCH_BYTES and len(self._in_flight) + len(batch) < window:
                if self._flight_bytes + size > self._settings.window_bytes:
                    break
                event = self._outflow.take()
                if event is None:
                    break
                data = await self._frames_of(event, frames)
                if data:
                    batch.append(event)
                    payload.append(data)
                    size += len(data)
            if not batch:
                return
            if not self._in_flight:
                self._progress = asyncio.get_running_loop().time()
            # In flight before the first byte leaves: whatever breaks from here on, they are given back.
            first = line.next_tag
            self._in_flight.update(zip(range(first, first + len(batch)), batch, strict=True))
            self._flight_bytes += size
            # A writer that died leaves aiormq's bounded queue full for ever.
            async with asyncio.timeout(self._settings.confirm_timeout):
                await line.send(b"".join(payload), len(batch))
            points.reached("sent")
            line.check()

    async def _frames_of(self, event: OutboxEvent, frames: Frames) -> bytes:
        """The ready frames, or nothing when the event went to quarantine."""
        if len(event.body) > self._settings.max_body:
            await self._quarantine(
                event, f"{len(event.body)} bytes; the broker takes {self._settings.max_body}"
            )
            return b""
        try:
            return frames.of(event)
        except ValueError as error:
            await self._quarantine(event, str(error))
            return b""

    async def _quarantine(self, event: OutboxEvent, reason: str) -> None:
        words = f"{wire.event_id(event)} cannot be published: {reason}"
        log.error("event_quarantined", event_id=wire.event_id(event), reason=reason)
        try:
            await self._journal.quarantine("publish", words, complaint_id=event.complaint_id)
        except KanalError:
            now = asyncio.get_running_loop().time()
            self._outflow.failed(event, now, self._settings.retry_first, self._settings.retry_longest)
        else:
            self._outflow.drop(event)

    async def _suspect(self, lost: BrokerLost) -> None:
        """The broker closed the channel over one of the messages in flight: send them one by one to find it."""
        if len(self._in_flight) > 1:
            self._suspects.update({e.position: 0 for e in self._in_flight.values()})
            return
        for tag, event in list(self._in_flight.items()):
            tries = self._suspects[event.position] = self._suspects.get(event.position, 0) + 1
            if tries >= _SUSPECT_TRIES:
                del self._suspects[event.position], self._in_flight[tag]
                await self._quarantine(event, str(lost))

    async def _check_stall(self, line: Line, now: float) -> None:
        patience = self._settings.confirm_timeout if self._has_taken else self._settings.retry_first
        if self._refusing_since is not None and now - self._refusing_since >= patience:
            raise Refusing(f"nothing was taken for {patience:g} s; a new connection is tried")
        progress = self._progress
        if not self._in_flight or now - progress < self._settings.confirm_timeout:
            self._unblocked()
            return
        blocked = await line.blocked()
        if self._progress != progress:
            return
        if not blocked:
            raise BrokerLost(f"no confirm for {self._settings.confirm_timeout:g} s")
        self._blocked = True
        self._alarm(
            "broker_blocked", "RabbitMQ takes nothing for now (memory or disk alarm); the journal holds on"
        )

    # from the broker

    def _on_return(self, message_id: str, reason: str) -> None:
        self._returned[message_id] = reason

    def _on_confirm(self, tag: int, multiple: bool, taken: bool) -> None:
        if multiple:
            tags = []
            for one in self._in_flight:
                if one > tag:
                    break
                tags.append(one)
        else:
            tags = [tag]
        loop_time = self._progress = asyncio.get_running_loop().time()
        for one in tags:
            event = self._in_flight.pop(one, None)
            if event is None:
                continue
            self._flight_bytes -= len(event.body)
            back = self._returned.pop(wire.event_id(event), None) if self._returned else None
            if back is not None or not taken:
                self._not_taken(event, back, loop_time)
            else:
                self._taken(event)
        if not self._in_flight:
            self._flight_bytes = 0
        self._unblocked()
        self._news.set()
        self._marks.set()

    def _unblocked(self) -> None:
        if self._blocked:
            self._blocked = False
            self._alarm("broker_blocked", None)

    def _taken(self, event: OutboxEvent) -> None:
        self._refusing_since, self._has_taken = None, True
        self._outflow.confirmed(event)
        self._to_mark.append(event.position)
        if self._suspects:
            self._suspects.pop(event.position, None)
        for alarm, positions in (("unroutable", self._unroutable), ("broker_refuses", self._refused)):
            if event.position in positions:
                positions.discard(event.position)
                if not positions:
                    self._alarm(alarm, None)

    def _not_taken(self, event: OutboxEvent, back: str | None, now: float) -> None:
        self._outflow.failed(event, now, self._settings.retry_first, self._settings.retry_longest)
        if back is not None:
            if self._metrics is not None:
                self._metrics.returned.inc()
            self._unroutable.add(event.position)
            self._alarm(
                "unroutable",
                f"RabbitMQ returns events that no queue takes ({back}). Bind {topology.QUEUE} to "
                f"{topology.EXCHANGE} with #; they are sent again by themselves",
            )
        else:
            self._refusing_since = self._refusing_since or now
            self._refused.add(event.position)
            self._alarm(
                "broker_refuses", f"RabbitMQ refuses events: is {topology.QUEUE} full? They are sent again"
            )

    # back into the journal, and watching

    async def _for_ever(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
            except Exception as error:
                log.warning("publisher_helper_failed", error=str(error))
                await asyncio.sleep(_TICK)

    async def _mark(self) -> None:
        await self._marks.wait()
        self._marks.clear()
        await self._mark_once()

    async def _mark_once(self) -> None:
        positions, self._to_mark = self._to_mark, []
        if not positions:
            return
        now = self._clock()
        points.reached("confirmed")
        try:
            await self._journal.mark_published(positions, now)
        except BaseException:
            self._to_mark += positions
            self._marks.set()
            raise
        points.reached("marked")
        self._outflow.marked(positions)
        self.last_confirm = now
        if self._metrics is not None:
            self._metrics.published.inc(len(positions))

    async def _watch(self) -> None:
        """The oldest unpublished event, and an alarm on its age, whatever the reason is."""
        self.oldest_unpublished = oldest = (await self._journal.depths()).oldest_unpublished
        after = timedelta(seconds=self._settings.alarm_after)
        old = oldest is not None and self._clock() - oldest > after
        words = (
            f"the oldest event has waited for RabbitMQ since {oldest:%Y-%m-%d %H:%M:%S} UTC" if old else None
        )
        self._alarm("unpublished_old", words)
        await asyncio.sleep(min(_RESCAN, self._settings.alarm_after / 4))


def _words(error: BaseException, virtual_host: str) -> str:
    """What an operator reads. aiormq hides the reason when a broker closes a connection at its opening."""
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, aiormq.exceptions.InvalidFrameError) and "Connection.Close" in str(error):
        return (
            f"it closes the connection: is virtual host {virtual_host} there, and may this user enter it? "
            f"rabbitmqctl add_vhost {virtual_host}; rabbitmqctl set_permissions -p {virtual_host} USER '.*' '.*' '.*'"
        )
    return str(error) or type(error).__name__
