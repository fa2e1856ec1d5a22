"""The dead letters: what the CRM refused or could not take, and statuses that named no ticket of ours.

To look, messages are taken without acknowledging them, and the channel is closed: RabbitMQ puts them back. What was
given back is handed out first, and what is then not taken moves ahead of what is, so a look always takes all of them,
up to a bound: then their order stays (seen with RabbitMQ 3.10's quorum queues). To send one again, it is published and
confirmed first and only then acknowledged, so a crash in between leaves two copies with one id, never none.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from msgspec import Struct

from complaint_queue import topology
from complaint_queue.broker import Where
from complaint_queue.line import TROUBLE
from complaint_queue.sender import PATIENCE, Sender, sending
from complaint_queue.wire import PREFIX
from normalizer.errors import Unavailable

Which = Literal["events", "statuses"]
QUEUES: dict[Which, str] = {"events": topology.DEAD_QUEUE, "statuses": topology.STATUS_DEAD_QUEUE}
_HOME: dict[Which, str] = {"events": topology.EXCHANGE, "statuses": topology.STATUS_EXCHANGE}
#: Counts how often an operator has sent a message again.
REPLAYS = "kanal-replays"
#: Messages and bytes that are held at once.
MOST, MOST_BYTES = 1_000, 64 * 1024 * 1024
_DEATH = "x-death"


class DeadLetter(Struct, frozen=True, kw_only=True):
    """One message. `key` is what it is called by: twelve hexadecimal digits of its id and body. `why`: `rejected`,
    `delivery_limit` or another word of RabbitMQ's; `exchange` and `routing_key` are where it came from."""

    key: str
    which: Which
    message_id: str
    type: str
    subject: str
    why: str
    since: datetime | None
    exchange: str
    routing_key: str
    replays: int
    size: int
    sha256: str
    headers: dict[str, str]
    body: bytes


def letter_of(message: AbstractIncomingMessage, which: Which) -> DeadLetter:
    """A message as it lies there."""
    death = _death(message.headers)
    exchange = str(death.get("exchange", _HOME[which]))
    keys = death.get("routing-keys") or [message.routing_key or ""]
    since = death.get("time")
    name = f"{message.message_id or ''}\0".encode() + message.body
    return DeadLetter(
        key=hashlib.sha256(name).hexdigest()[:12],
        which=which,
        message_id=message.message_id or "",
        type=str(message.headers.get(PREFIX + "type", "")),
        subject=str(message.headers.get(PREFIX + "subject", "")),
        why=str(death.get("reason", "")),
        since=since.replace(tzinfo=UTC) if isinstance(since, datetime) and since.tzinfo is None else since,
        exchange=exchange if exchange in _HOME.values() else _HOME[which],
        routing_key=str(keys[0]),
        replays=_number(message.headers.get(REPLAYS)),
        size=len(message.body),
        sha256=hashlib.sha256(message.body).hexdigest(),
        headers={k: str(v) for k, v in message.headers.items() if not k.startswith("x-")},
        body=message.body,
    )


def _death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The last death of a message; RabbitMQ lists the newest first."""
    deaths = headers.get(_DEATH)
    found = deaths[0] if isinstance(deaths, list) and deaths else {}
    return found if isinstance(found, Mapping) else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


@dataclass
class Box:
    """The dead letters of one queue, held over one channel; what is not ended goes back when it closes."""

    which: Which
    sender: Sender
    whole: bool = False
    """Whether nothing lies behind what was taken."""
    _held: list[tuple[DeadLetter, AbstractIncomingMessage]] = field(default_factory=list)

    async def take(self) -> tuple[DeadLetter, ...]:
        """All of them, up to the bound, in order."""
        queue = await self.sender.channel.get_queue(QUEUES[self.which], ensure=False)
        size = 0
        while len(self._held) < MOST and size < MOST_BYTES:
            message = await queue.get(no_ack=False, fail=False)
            if message is None:
                self.whole = True
                break
            self._held.append((letter_of(message, self.which), message))
            size += len(message.body)
        return tuple(letter for letter, _ in self._held)

    async def replay(self, letter: DeadLetter) -> None:
        """Publish it where it came from, see it confirmed, then take it off the dead letters."""
        message = self._message(letter)
        again = aio_pika.Message(
            message.body,
            headers={k: v for k, v in message.headers.items() if not k.startswith("x-")}
            | {REPLAYS: letter.replays + 1},
            content_type=message.content_type,
            content_encoding=message.content_encoding,
            message_id=message.message_id,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await self.sender.send([(letter.exchange, letter.routing_key, again)])
        await message.ack()

    async def discard(self, letter: DeadLetter) -> None:
        """Take it off the dead letters for good."""
        await self._message(letter).ack()

    def _message(self, letter: DeadLetter) -> AbstractIncomingMessage:
        return next(message for one, message in self._held if one is letter)


@asynccontextmanager
async def opened(url: Where, which: Which, virtual_host: str = topology.VIRTUAL_HOST) -> AsyncIterator[Box]:
    """The dead letters of one queue for as long as they are needed. Raises `Unavailable`."""
    async with sending(url, virtual_host) as sender:
        try:
            yield Box(which, sender)
            async with asyncio.timeout(PATIENCE):
                await sender.channel.close()  # what was not ended is back before this returns
        except TROUBLE as error:
            raise Unavailable("RabbitMQ: {why}", why=error or type(error).__name__) from error


async def peek(
    url: Where, which: Which, limit: int = 100, virtual_host: str = topology.VIRTUAL_HOST
) -> tuple[DeadLetter, ...]:
    """The first `limit` dead letters; all of them stay where they are."""
    async with opened(url, which, virtual_host) as box:
        return (await box.take())[:limit]


def chosen(letters: Sequence[DeadLetter], keys: Collection[str] | None) -> list[DeadLetter]:
    """Those that are meant by their keys; None: all."""
    return [one for one in letters if keys is None or one.key in keys]
