"""News as they come (server-sent events, WHATWG HTML 9.2): one snapshot a second at most, whoever watches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

#: Seconds between two looks, and after how many without news a line is sent, so that proxies keep the way open.
EVERY, BREATH = 2.0, 20.0
#: Watchers at one moment; a wall display and the shift's screens.
MOST = 60


class Live:
    """Shares one snapshot between all who watch. `end` lets them go when the service stops."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        self._watching = 0
        self._snapshot: tuple[float, bytes] = (0.0, b"")
        self._lock = asyncio.Lock()

    async def end(self, _: web.Application) -> None:
        self._over.set()

    async def watch(self, request: web.Request, look: Callable[[], Awaitable[object]]) -> web.StreamResponse:
        """Send what `look` finds, whenever it is something else. 503 over the limit."""
        if self._watching >= MOST:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "10"})
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        )
        response.headers["X-Accel-Buffering"] = "no"
        await response.prepare(request)
        self._watching += 1
        try:
            await self._send(response, look)
        except (ConnectionResetError, ConnectionError):
            pass
        finally:
            self._watching -= 1
        return response

    async def _send(self, response: web.StreamResponse, look: Callable[[], Awaitable[object]]) -> None:
        said, quiet = b"", 0.0
        await response.write(b"retry: 3000\n\n")
        while not self._over.is_set():
            found = await self._look(look)
            if found != said or quiet >= BREATH:
                await response.write(b"data: " + found + b"\n\n")
                said, quiet = found, 0.0
            quiet += EVERY
            try:
                async with asyncio.timeout(EVERY):
                    await self._over.wait()
            except TimeoutError:
                continue

    async def _look(self, look: Callable[[], Awaitable[object]]) -> bytes:
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if now - self._snapshot[0] >= EVERY / 2:
                self._snapshot = (now, msgspec.json.encode(await look()))
            return self._snapshot[1]


LIVE: web.AppKey[Live] = web.AppKey("console_live", Live)
