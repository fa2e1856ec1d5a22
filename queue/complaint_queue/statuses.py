"""The CRM's status updates: CloudEvents 1.0 in binary mode from the status queue, acknowledged once they are kept.

What is unreadable or names no ticket of ours goes to the dead letters, where `kanal quarantine` sees it. When the
journal cannot keep one it stays in the queue: the broker hands it over again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aio_pika
import msgspec
import structlog
from aio_pika.abc import AbstractIncomingMessage

from complaint_queue import topology
from complaint_queue.broker import Reach, Where
from complaint_queue.line import TROUBLE, close, connected
from complaint_queue.wire import CONTENT_TYPE, PREFIX, SPEC_VERSION, Delivered, rfc3339
from normalizer.errors import Misconfigured, Unavailable, Unreadable
from normalizer.record import SCHEMA_VERSION
from normalizer.stages import StatusUpdate

TYPE = "id.go.jakarta.aduan.complaint.status"
DATA_SCHEMA = f"urn:kanal-aduan:schema:status-update:{SCHEMA_VERSION}"
#: Seconds between two looks at a journal that takes nothing, and the longest between two at a broker that is away.
AGAIN, LONGEST_AGAIN = 1.0, 15.0

#: Keeps one update; False when its ticket is none of ours. Raises `Unavailable` when it could not be kept.
Keep = Callable[[StatusUpdate], Awaitable[bool]]

log = structlog.get_logger()
_decoder = msgspec.json.Decoder(StatusUpdate)


def decode(message: Delivered) -> StatusUpdate:
    """The update in a message. Raises `Unreadable` with the field that does not validate."""
    if (message.content_type or "").partition(";")[0].strip() != CONTENT_TYPE:
        raise Unreadable(f"content type {message.content_type!r} is not {CONTENT_TYPE}")
    try:
        update = _decoder.decode(message.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"the body is no status update: {error}") from None
    for name, value in (("type", TYPE), ("id", update.status_id), ("specversion", SPEC_VERSION)):
        if str(message.headers.get(PREFIX + name, value)) != value:
            raise Unreadable(f"{PREFIX}{name} does not fit the body")
    if not update.status_id or not update.ticket or not update.stage:
        raise Unreadable("status_id, ticket and stage must not be empty")
    if update.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise Unreadable(f"schema version {update.schema_version} is of another major version")
    return update


def message_of(update: StatusUpdate, source: str) -> aio_pika.Message:
    """The update as the CRM sends it; `source` is the CRM's address."""
    return aio_pika.Message(
        msgspec.json.encode(update),
        content_type=CONTENT_TYPE,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=update.status_id,
        headers={
            f"{PREFIX}specversion": SPEC_VERSION,
            f"{PREFIX}type": TYPE,
            f"{PREFIX}source": source,
            f"{PREFIX}id": update.status_id,
            f"{PREFIX}time": rfc3339(update.occurred_at),
            f"{PREFIX}subject": update.ticket,
            f"{PREFIX}dataschema": DATA_SCHEMA,
        },
    )


async def send(
    url: Where,
    update: StatusUpdate,
    source: str,
    virtual_host: str = topology.VIRTUAL_HOST,
    single_active: bool = False,
) -> None:
    """Publish one update with a confirm, as the CRM would. Raises `Unavailable`."""
    try:
        connection, socket = await connected(Reach(url, virtual_host, "kanal-aduan status"))
        try:
            async with asyncio.timeout(10):
                channel = await connection.channel(publisher_confirms=True)
                await topology.declare(channel, single_active=single_active)
                exchange = await channel.get_exchange(topology.STATUS_EXCHANGE, ensure=False)
                await exchange.publish(message_of(update, source), update.stage.lower(), mandatory=True)
        finally:
            await close(connection, socket)
    except TROUBLE as error:
        raise Unavailable("RabbitMQ cannot be reached: {why}", why=error or type(error).__name__) from error


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the body that the CRM sends."""
    (top,), components = msgspec.json.schema_components([StatusUpdate], ref_template="#/$defs/{name}")
    for component in components.values():
        if "description" in component:
            component["description"] = " ".join(component["description"].split())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": DATA_SCHEMA,
        **top,
        "$defs": components,
    }


@dataclass
class StatusConsumer:
    """Takes updates off the queue until cancelled, on a connection of its own."""

    url: Where
    keep: Keep
    virtual_host: str = topology.VIRTUAL_HOST
    prefetch: int = 50
    single_active: bool = False
    connected: bool = False
    taken: int = 0
    refused: int = 0

    async def run(self) -> None:
        """Connect again whenever the connection breaks."""
        reach = Reach(self.url, self.virtual_host, "kanal-aduan statuses")
        failures = 0
        while True:
            try:
                await self._until_broken(reach)
                failures = 0
            except (*TROUBLE, Misconfigured) as error:
                failures += 1
                if failures == 1:
                    log.warning("statuses_wait", error=str(error) or type(error).__name__)
            finally:
                self.connected = False
            reach.failed()
            await asyncio.sleep(min(LONGEST_AGAIN, 0.2 * 2 ** min(failures, 7)))

    async def _until_broken(self, reach: Reach) -> None:
        waiting: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        connection, socket = await connected(reach)
        try:
            async with asyncio.timeout(10):
                channel = await connection.channel()
                await channel.set_qos(prefetch_count=self.prefetch)
                await topology.declare(channel, single_active=self.single_active)
                source = await channel.get_queue(topology.STATUS_QUEUE, ensure=False)
                connection.close_callbacks.add(lambda *_: waiting.put_nowait(None))
                channel.close_callbacks.add(lambda *_: waiting.put_nowait(None))
                await source.consume(waiting.put)
            self.connected = True
            while (message := await waiting.get()) is not None:
                await self._take(message)
        finally:
            await close(connection, socket)

    async def _take(self, message: AbstractIncomingMessage) -> None:
        try:
            known = await self.keep(decode(message))
        except Unreadable as error:
            log.warning("status_refused", message_id=message.message_id, reason=error.reason)
            known = False
        except Unavailable as error:
            log.warning("status_waits", reason=error.reason)
            await asyncio.sleep(AGAIN)
            await message.nack(requeue=True)
            return
        if known:
            self.taken += 1
            await message.ack()
        else:
            self.refused += 1
            await message.reject(requeue=False)
