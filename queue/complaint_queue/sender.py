"""Sending a few messages by hand: one connection, each message persistent, mandatory, and confirmed before it counts.

The publisher is for the outbox; this is for what an operator has sent again, and for the daily reconciliation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel

from complaint_queue import topology
from complaint_queue.broker import Reach, Where
from complaint_queue.line import TROUBLE, close, connected
from normalizer.errors import Unavailable

#: Seconds in which the broker has to answer.
PATIENCE = 15.0

#: (exchange, routing key, message)
Parcel = tuple[str, str, aio_pika.Message]


class Sender:
    """Over an open channel with confirms."""

    def __init__(self, channel: AbstractChannel) -> None:
        self.channel = channel
        self._exchanges: dict[str, aio_pika.abc.AbstractExchange] = {}

    async def send(self, parcels: Sequence[Parcel]) -> None:
        """All are confirmed when this returns. Raises `Unavailable`; then nobody knows which of them were taken.

        Several at once may overtake each other: never two of one complaint.
        """
        with_exchange = [(await self._exchange(name), key, message) for name, key, message in parcels]
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(
                    *(
                        exchange.publish(message, key, mandatory=True)
                        for exchange, key, message in with_exchange
                    )
                )
        except (aio_pika.exceptions.AMQPError, aio_pika.exceptions.DeliveryError) as error:
            raise Unavailable(
                "RabbitMQ does not take it: {why}", why=error or type(error).__name__
            ) from error
        except (OSError, TimeoutError, RuntimeError) as error:
            raise Unavailable("RabbitMQ does not answer: {why}", why=error or type(error).__name__) from error

    async def _exchange(self, name: str) -> aio_pika.abc.AbstractExchange:
        if name not in self._exchanges:
            self._exchanges[name] = (
                await self.channel.get_exchange(name, ensure=False) if name else self.channel.default_exchange
            )
        return self._exchanges[name]


@asynccontextmanager
async def sending(url: Where, virtual_host: str = topology.VIRTUAL_HOST) -> AsyncIterator[Sender]:
    """A connection for as long as it is needed. Raises `Unavailable`."""
    async with AsyncExitStack() as stack:
        try:
            connection, socket = await connected(Reach(url, virtual_host, "kanal-aduan by hand"), PATIENCE)
            stack.push_async_callback(close, connection, socket)
            async with asyncio.timeout(PATIENCE):
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        except TROUBLE as error:
            raise Unavailable(
                "RabbitMQ cannot be reached: {why}", why=error or type(error).__name__
            ) from error
        yield Sender(channel)
