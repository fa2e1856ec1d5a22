"""tweepy's two clients, bent to what a gateway needs.

tweepy names its host itself, reads the body of every refusal as a JSON object, and reconnects a closed stream at
once and without end. Here: another host, refusals as they came, and one connection at a time.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
from tweepy.asynchronous import AsyncStreamingClient  # type: ignore[import-untyped]
from yarl import URL

from adapters.x.problems import Refusal

#: Longest line of the stream, in bytes: a post with everything that it refers to stays far below.
_LINE = 1024 * 1024
#: As much of a refusal's body is read.
_REFUSAL = 64 * 1024


class Session:
    """An aiohttp session as tweepy uses one, at another address. Raises `Refusal` for whatever is no 2xx.

    aiohttp warns against subclasses of its session, so this holds one.
    """

    def __init__(self, base_url: str, timeout: aiohttp.ClientTimeout) -> None:
        self._base = base_url.rstrip("/")
        self._session = aiohttp.ClientSession(timeout=timeout, read_bufsize=_LINE)
        self.headers = self._session.headers

    @property
    def closed(self) -> bool:
        return self._session.closed

    @contextlib.asynccontextmanager
    async def request(
        self, method: str, url: str | URL, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        wanted = URL(url, encoded=True) if isinstance(url, str) else url
        target = URL(f"{self._base}{wanted.raw_path_qs}", encoded=True)
        options["allow_redirects"] = False  # a credential goes to the configured host alone
        async with self._session.request(method, target, **options) as response:
            if not 200 <= response.status < 300:
                body = await response.content.read(_REFUSAL)
                raise Refusal(response.status, response.headers, body)
            yield response

    async def close(self) -> None:
        await self._session.close()


class Ended(Exception):
    """X, or the network, ended the stream."""


class Stream(AsyncStreamingClient):  # type: ignore[misc]
    """Exactly one connection: each way to end raises, so that tweepy's own loop does not turn.

    `ended` is then why.
    """

    def __init__(self, bearer: str) -> None:
        super().__init__(bearer, return_type=aiohttp.ClientResponse, max_retries=0)
        self.ended: Exception | None = None
        self.connected: Callable[[], Awaitable[None]] | None = None
        self.line: Callable[[bytes], Awaitable[None]] | None = None

    async def on_connect(self) -> None:
        if self.connected:
            await self.connected()

    async def on_data(self, raw_data: bytes) -> None:
        if self.line:
            await self.line(raw_data)

    async def on_keep_alive(self) -> None:
        """A line without content each twenty seconds; the socket's timeout counts them."""

    async def on_closed(self, resp: aiohttp.ClientResponse) -> None:
        raise Ended("by X")

    async def on_connection_error(self) -> None:
        raise Ended("connection error")

    async def on_exception(self, exception: Exception) -> None:
        self.ended = exception

    async def on_disconnect(self) -> None:
        """`XApi.stream` says so."""
