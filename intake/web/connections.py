"""The web server's front: how many connections are open, and how long one may take to say what it wants.

aiohttp waits for ever for a request's head and body. Here a connection that has not said its head in time is cut off,
and so is one whose body trickles; over the limit a new one is told to come again before anything is read. How long a
whole body may take is said where it is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import StreamReader, web

#: Seconds for a whole request head, and how often is looked.
HEAD_SECONDS, LOOK = 15.0, 1.0
#: A body brings at least so many bytes in so many seconds, or all of itself: slow telephones bring far more.
BODY_BYTES, BODY_SECONDS = 1024, 20.0
#: Seconds that a connection may stay open between two requests.
KEEPALIVE = 75.0
#: Bytes of a request's first line: some SMS gateways hand over a message in it, and 1,600 characters outside ASCII take
#: nine to twelve bytes each there.
LONGEST_LINE = 32 * 1024
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 10\r\n"
    b"Content-Type: text/plain\r\nConnection: close\r\n\r\ntry again\n"
)


class Doorway(asyncio.Protocol):
    """One connection: hands everything to aiohttp's protocol, and remembers since when a head is awaited, and how much
    of a body came when it was last looked at."""

    __slots__ = (
        "_body",
        "_doorways",
        "_inner",
        "_moved_at",
        "_received",
        "_seen",
        "_transport",
        "awaited_since",
        "busy",
    )

    def __init__(self, doorways: Doorways, inner: Any) -> None:
        self._doorways, self._inner = doorways, inner
        self._transport: Any = None
        self.busy = False
        self.awaited_since: float | None = None
        self._body: StreamReader | None = None
        self._received = self._seen = 0
        self._moved_at = 0.0

    def connection_made(self, transport: Any) -> None:
        if not self._doorways.enter(self, self._inner):
            transport.write(_FULL)
            transport.close()
            self._inner = None
            return
        self._transport = transport
        self.awaited_since = self._doorways.now()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._inner is None:
            return
        if not self.busy and self.awaited_since is None:
            self.awaited_since = self._doorways.now()
        self._received += len(data)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._inner is None else self._inner.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        if self._inner is not None:
            self._doorways.leave(self, self._inner)
            self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    def begin(self, body: StreamReader) -> None:
        """A head is there, and this is how its body comes."""
        self.busy, self.awaited_since = True, None
        self._body, self._seen, self._moved_at = body, self._received, self._doorways.now()

    def end(self) -> None:
        """The request is answered."""
        self.busy, self._body = False, None

    def trickles(self, now: float, seconds: float) -> bool:
        """Whether the body that we wait for does not come. When we are the ones who do not read, that is no fault."""
        if self._body is None or self._body.is_eof():
            return False
        if self._received - self._seen >= BODY_BYTES or not self._transport.is_reading():
            self._seen, self._moved_at = self._received, now
        return now - self._moved_at >= seconds

    def cut_off(self) -> None:
        """No goodbye: whoever sends a byte a second does not read either."""
        self._transport.abort()


class Doorways:
    """Every open connection. `most` is how many there may be."""

    def __init__(
        self, most: int, head_seconds: float = HEAD_SECONDS, body_seconds: float = BODY_SECONDS
    ) -> None:
        self._most, self._head_seconds, self._body_seconds = most, head_seconds, body_seconds
        self._open: dict[Any, Doorway] = {}
        self._loop = asyncio.get_running_loop()
        self.refused = 0

    def now(self) -> float:
        return self._loop.time()

    def enter(self, doorway: Doorway, inner: Any) -> bool:
        """Count it in; False when there are too many."""
        if len(self._open) >= self._most:
            self.refused += 1
            return False
        self._open[inner] = doorway
        return True

    def leave(self, _: Doorway, inner: Any) -> None:
        self._open.pop(inner, None)

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The head is there: from here on others say how long the answer may take."""
        doorway = self._open.get(request.protocol)
        if doorway is None:
            return await handler(request)
        doorway.begin(request.content)
        try:
            return await handler(request)
        finally:
            doorway.end()

    async def sweep(self) -> None:
        """Cut off who takes too long, until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            now = self.now()
            edge = now - self._head_seconds
            for doorway in list(self._open.values()):
                late = doorway.awaited_since is not None and doorway.awaited_since < edge
                if late or doorway.trickles(now, self._body_seconds):
                    doorway.cut_off()


class GuardedSite(web.BaseSite):
    """Serves `runner` (already set up) on this address, through `doorways`."""

    __slots__ = ("_doorways", "_host", "_port", "_sweeper")

    def __init__(
        self, runner: web.BaseRunner, doorways: Doorways, host: str, port: int, *, backlog: int = 1024
    ) -> None:
        super().__init__(runner, backlog=backlog)
        self._doorways, self._host, self._port = doorways, host, port
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        await super().start()
        inner = self._runner.server
        assert inner is not None  # noqa: S101 - the runner is set up
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Doorway(self._doorways, inner()), self._host, self._port, backlog=self._backlog
        )
        self._sweeper = asyncio.create_task(self._doorways.sweep(), name="connections")

    async def stop(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        await super().stop()
