"""One connection for publishing: ready frames out, confirms and returns in.

aio-pika opens the connection; the channel is one of its underlay, aiormq, with two differences. Confirms go
straight to a callback instead of a future per message: when a stalled broker breaks the connection, aiormq
cancels every future that waits, and a `CancelledError` that nobody asked for ends whatever awaits it. And the
socket is ours to abort, because a polite close of a stalled connection waits for the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aio_pika
from aiormq.abc import AbstractConnection as UnderlayConnection
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from pamqp import commands
from yarl import URL

from complaint_queue.broker import Reach

#: Called with delivery tag, whether all earlier ones are meant too, and whether the broker took them.
OnConfirm = Callable[[int, bool, bool], None]
#: Called with the message id of what came back, and the broker's reason.
OnReturn = Callable[[str, str], None]

#: What comes out of aio-pika when the broker is away, refuses, or leaves in the middle.
TROUBLE = (aio_pika.exceptions.AMQPError, OSError, TimeoutError, RuntimeError)

POLITE_CLOSE = 1.0
_ABORTED = 5.0


class BrokerLost(Exception):
    """The connection or its channel ended; `refused` when the broker closed the channel over a message (406)."""

    def __init__(self, reason: str, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class Socket(TransportFactory):
    """Keeps hold of the transport that aiormq opens, so that it can be aborted."""

    def __init__(self) -> None:
        self._writer: asyncio.StreamWriter | None = None

    async def create(self, url: URL, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        factory = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, self._writer = await factory.create(url, **kwargs)
        return reader, self._writer

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()


class _ConfirmChannel(Channel):
    """A channel in confirm mode that tells callbacks, not futures."""

    def __init__(
        self, connection: UnderlayConnection, number: int, on_confirm: OnConfirm, on_return: OnReturn
    ):
        super().__init__(connection, number, publisher_confirms=True)
        self._tell_confirm, self._tell_return = on_confirm, on_return

    async def _on_confirm_frame(self, frame: Any) -> None:
        self._tell_confirm(frame.delivery_tag, bool(frame.multiple), isinstance(frame, commands.Basic.Ack))

    async def _on_return_frame(self, frame: commands.Basic.Return) -> None:
        header: Any = await self._get_frame()
        message = await self._read_content(frame, header)
        self._tell_return(str(message.header.properties.message_id), f"{frame.reply_code} {frame.reply_text}")


class Line:
    """An open connection with its channel. Delivery tags count from 1 in the order of `send`."""

    def __init__(self, connection: aio_pika.Connection, channel: Channel, socket: Socket) -> None:
        self.connection, self.channel = connection, channel
        self._socket = socket
        self.next_tag = 1
        self.ended = asyncio.Event()
        channel.closing.add_done_callback(lambda _: self.ended.set())

    @property
    def frame_max(self) -> int:
        return int(self._underlay.connection_tune.frame_max or 0)

    @property
    def _underlay(self) -> UnderlayConnection:
        if self.connection.transport is None:
            raise BrokerLost("the connection is closed")
        return self.connection.transport.connection

    @classmethod
    async def open(
        cls,
        url: URL,
        within: float,
        on_confirm: OnConfirm,
        on_return: OnReturn,
        prepare: Callable[[aio_pika.Connection], Any],
    ) -> Line:
        """Connect, run `prepare` (which declares), open the channel. TimeoutError after `within` seconds."""
        connection, socket = connection_of(url)
        try:
            async with asyncio.timeout(within):
                await connection.connect()
                await prepare(connection)
                if connection.transport is None:
                    raise BrokerLost("the connection closed while it was being opened")
                underlay = connection.transport.connection
                number = max(underlay.channels, default=0) + 1
                channel = _ConfirmChannel(underlay, number, on_confirm, on_return)
                underlay.channels[number] = channel
                await channel.open()
        except BaseException:
            await close(connection, socket, 0.0)
            raise
        return cls(connection, channel, socket)

    async def send(self, payload: bytes, count: int) -> None:
        """Write the ready frames of `count` messages at once; the first gets `next_tag`."""
        self.next_tag += count
        await self.channel.write_queue.put(ChannelFrame(payload=payload, should_close=False))

    def check(self) -> None:
        """Raise `BrokerLost` with the broker's reason once the line has ended."""
        if self.ended.is_set():
            closing = self.channel.closing
            reason = None if closing.cancelled() else closing.exception()
            refused = isinstance(reason, aio_pika.exceptions.ChannelPreconditionFailed)
            raise BrokerLost(str(reason) or type(reason).__name__, refused)

    async def blocked(self) -> bool:
        """Whether the broker has said that it takes nothing for now (memory or disk alarm)."""
        try:
            await asyncio.wait_for(self._underlay.ready(), 0.01)
        except TimeoutError:
            return True
        return False

    async def close(self) -> None:
        """Politely while the broker answers; else the socket is aborted. Never waits long."""
        await close(self.connection, self._socket, 0.0 if self.ended.is_set() else POLITE_CLOSE)


def connection_of(url: URL) -> tuple[aio_pika.Connection, Socket]:
    """A connection that is not opened yet, and its socket; end both by `close`."""
    connection, socket = aio_pika.Connection(url), Socket()
    connection.kwargs["transport_factory"] = socket
    return connection, socket


async def connected(reach: Reach, within: float = 10.0) -> tuple[aio_pika.Connection, Socket]:
    """Connect to the first host that answers, each within so many seconds; end it by `close`.

    Raises what the last of them failed with.
    """
    for left in reversed(range(len(reach))):
        connection, socket = connection_of(reach.url)
        try:
            async with asyncio.timeout(within):
                await connection.connect()
        except Exception:
            await close(connection, socket, 0.0)
            reach.failed()
            if not left:
                raise
        except BaseException:
            await close(connection, socket, 0.0)
            raise
        else:
            break
    return connection, socket


async def close(connection: aio_pika.Connection, socket: Socket, polite: float = POLITE_CLOSE) -> None:
    """Close within `polite` seconds, or abort, and see the end of it.

    Closing must not be cancelled on its way: aio-pika would then wait for ever for a callback that nobody calls.
    Whatever broke the connection comes out of its closing once more, be it a stray CancelledError.
    """
    closing = asyncio.ensure_future(connection.close())
    try:
        await asyncio.wait([closing], timeout=polite)
    finally:
        socket.abort()
        await asyncio.wait([closing], timeout=_ABORTED)
        if closing.done() and not closing.cancelled():
            closing.exception()
