"""Which RabbitMQ this gateway publishes to, and how it stands now.

`KANAL_AMQP_URL` (or `broker.url`) decides. Without one, a broker on localhost is used if it answers; else the
journal holds everything, and we look again from time to time. `KANAL_BROKER=none` keeps it that way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from complaint_queue.broker import Hosts, Where
from complaint_queue.journal import Journal
from complaint_queue.publisher import BrokerSettings, Publisher
from complaint_queue.statuses import Keep, StatusConsumer
from intake.config import BrokerTable
from intake.metrics import Metrics
from normalizer.sentence import Sentence

LOCAL = "amqp://guest:guest@127.0.0.1:5672/"
LOOK_AGAIN = 30.0

log = structlog.get_logger()


async def answers(host: str, port: int, within: float = 0.5) -> bool:
    """Whether an AMQP 0-9-1 broker answers there: it greets with Connection.Start, a frame of type 1."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(within):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"AMQP\x00\x00\x09\x01")
                return (await reader.readexactly(1)) == b"\x01"
            finally:
                writer.close()
    return False


async def chosen(table: BrokerTable) -> Where:
    """The broker that is configured, else one on localhost that answers; empty when there is none."""
    if table.url:
        return table.hosts()
    local = os.environ.get("KANAL_BROKER") != "none" and await answers("127.0.0.1", 5672)
    return LOCAL if local else ""


@dataclass
class Broker:
    """The way out to RabbitMQ, once it is known which one."""

    table: BrokerTable
    journal: Journal
    source: str
    clock: Callable[[], datetime]
    metrics: Metrics
    alarm: Callable[[str, str | None], None]
    keep: Keep
    """Keeps a status of the CRM; see `complaint_queue.statuses`."""
    publisher: Publisher | None = None
    url: Where = ""
    _found: asyncio.Event = field(default_factory=asyncio.Event)

    async def find(self) -> None:
        """Decide which broker; called at start, and again while there is none."""
        self.url = await chosen(self.table)
        if self.url and self.publisher is None:
            settings = BrokerSettings(
                url=self.url,
                virtual_host=self.table.virtual_host,
                source=self.source,
                alarm_after=self.table.alarm_after,
                single_active_consumer=self.table.single_active_consumer,
            )
            self.publisher = Publisher(
                self.journal, settings, on_alarm=self.alarm, clock=self.clock, metrics=self.metrics
            )
            self._found.set()

    async def run(self) -> None:
        """Publish until cancelled; with no broker, look for one."""
        while self.publisher is None:
            await asyncio.sleep(LOOK_AGAIN)
            await self.find()
        await self.publisher.run()

    async def take_statuses(self) -> None:
        """Take the CRM's statuses until cancelled, once there is a broker."""
        await self._found.wait()
        single = self.table.single_active_consumer
        await StatusConsumer(self.url, self.keep, self.table.virtual_host, single_active=single).run()

    def wake(self) -> None:
        """New events wait in the outbox."""
        if self.publisher is not None:
            self.publisher.wake()

    @property
    def state(self) -> str:
        """`connected`, `away` or `none`."""
        if self.publisher is None:
            return "none"
        return "connected" if self.publisher.connected else "away"

    @property
    def words(self) -> Sentence:
        """Which broker, for the start-up lines; never its password."""
        if not self.url:
            return Sentence("none: the journal holds every event (set KANAL_AMQP_URL to publish)")
        hosts = Hosts.of(self.url).names
        return Sentence(
            "RabbitMQ at {hosts}, virtual host {vhost}", hosts=hosts, vhost=self.table.virtual_host
        )
