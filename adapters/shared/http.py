"""Reading a request's body within bounds of size and time, for everything that listens on HTTP."""

from __future__ import annotations

import asyncio

from aiohttp import web

from normalizer.errors import Malformed, TooLarge

#: A machine's body that has not arrived by then will not: seconds.
BODY_DEADLINE = 25.0


async def read_body(request: web.Request, limit: int, deadline: float = BODY_DEADLINE) -> bytes:
    """The whole body as it came, at most `limit` bytes, within `deadline` seconds.

    Raises `TooLarge` before it is all in memory, and `Malformed` when it trickles.
    """
    if request.content_length is not None and request.content_length > limit:
        raise TooLarge(limit, request.content_length)
    if not request.can_read_body:
        return b""
    body = bytearray()
    try:
        async with asyncio.timeout(deadline):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise TooLarge(limit)
    except TimeoutError:
        raise Malformed("body", "did not arrive in time", "send it again") from None
    return bytes(body)
