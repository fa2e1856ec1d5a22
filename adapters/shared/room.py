"""Large bodies from strangers: together they may fill so much memory, and each has to keep moving.

A body takes room as its bytes arrive, not by what it announces; so those who trickle hold nearly nothing, and those
who stop are gone after half a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from normalizer.errors import Malformed, Overloaded, TooLarge

#: In so many seconds at least so many bytes have to come: 2 KiB a second, a poor mobile connection.
STRIDE, LEAST = 25.0, 50 * 1024


class Room:
    """Room for `limit` bytes of bodies at one moment, over all requests that share it."""

    def __init__(self, limit: int) -> None:
        self._limit, self.held = limit, 0

    @asynccontextmanager
    async def body(self, request: web.Request, most: int) -> AsyncIterator[bytes]:
        """The whole body as it came; its room is free again when the block ends.

        Raises `TooLarge` above `most` bytes, `Overloaded` when the room is full, `Malformed` when it trickles or is
        packed: a few bytes of a bomb would fill the whole room.
        """
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Malformed("Content-Encoding", "the body is compressed", "send it as it is")
        if request.content_length is not None and request.content_length > most:
            raise TooLarge(most, request.content_length)
        body = bytearray()
        try:
            while not await self._stride(request, body, most):
                pass
            yield bytes(body)
        finally:
            self.held -= len(body)

    async def _stride(self, request: web.Request, body: bytearray, most: int) -> bool:
        """Read for `STRIDE` seconds; whether that was all."""
        before = len(body)
        try:
            async with asyncio.timeout(STRIDE):
                async for chunk in request.content.iter_any():
                    self.held += len(chunk)
                    body += chunk
                    if len(body) > most:
                        raise TooLarge(most)
                    if self.held > self._limit:
                        raise Overloaded("too many large forms at this moment", retry_after=15)
        except TimeoutError:
            if len(body) - before < LEAST:
                raise Malformed("body", "did not arrive in time", "send it again") from None
            return False
        return True
