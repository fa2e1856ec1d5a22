"""A provider's API as far as our answers go through it: it checks what the real one checks, and reports back.

Only addresses on loopback are played. `heard` is what citizens were told; `faults` is what the next calls meet
instead of an answer, for the tests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Generic, Literal, TypeVar
from urllib.parse import urlsplit

import phonenumbers
from aiohttp import web
from msgspec import Struct

from adapters.base import Outgoing
from adapters.sms.providers.base import Provider
from normalizer.record import RawEvent

#: "too often"; an answer of the 5xx kind; a connection that ends after the request, without an answer.
Fault = Literal["throttled", "down", "silent"]
Post = Callable[[RawEvent], Awaitable[Any]]
S = TypeVar("S", bound=Struct)


class Fake(Generic[S]):
    """Base of every fake. `setting` names the option that holds the API's address."""

    setting: ClassVar[str] = "api_base_url"
    method: ClassVar[str] = "POST"

    def __init__(self, provider: Provider[S], hook: str, post: Post) -> None:
        self.provider, self.settings, self.hook = provider, provider.settings, hook
        self.heard: list[Outgoing] = []
        self.faults: deque[Fault] = deque()
        self.calls: list[float] = []
        """When each call came, in seconds of the loop's clock."""
        self._post = post
        self._reports: set[asyncio.Task[Any]] = set()

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port to listen at; None where the settings name another server than one on loopback."""
        return loopback(getattr(self.settings, self.setting))

    def mount(self, app: web.Application) -> None:
        app.router.add_route(self.method, "/{path:.*}", self._handle)

    def pushed(self, raw: RawEvent) -> None:
        """A message is about to be pushed; for a provider that keeps what it pushes."""

    async def start(self) -> None:
        """For a fake that is no server."""

    async def stop(self) -> None:
        """Every report that was promised has gone out, or could not."""
        await asyncio.gather(*self._reports, return_exceptions=True)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(asyncio.get_running_loop().time())
        fault = self.faults.popleft() if self.faults else None
        if fault == "throttled":
            return self.throttled()
        if fault == "down":
            return web.Response(status=503, text="Service Unavailable")
        if fault == "silent" and request.transport is not None:
            await request.read()
            request.transport.abort()
        return await self.take(request)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """The provider's answer to one call."""
        raise NotImplementedError

    def throttled(self) -> web.StreamResponse:
        """The provider's way of saying "too often"."""
        return web.Response(status=429, headers={"Retry-After": "1"})

    def told(self, to: str, text: str) -> None:
        self.heard.append(Outgoing(text=text, key=to))

    def report(self, raw: RawEvent) -> None:
        """Call the hook with `raw`, proved, once this answer is out."""

        async def later() -> None:
            await asyncio.sleep(0.01)  # the gateway shall have read the id that this is about
            await self._post(self.provider.prove(raw))

        task = asyncio.create_task(later())
        self._reports.add(task)
        task.add_done_callback(self._reports.discard)


def loopback(url: str) -> tuple[str, int] | None:
    """Host and port of an address with a port on this machine; None of any other."""
    where = urlsplit(url)
    if where.hostname in ("127.0.0.1", "localhost", "::1") and where.port:
        return where.hostname, where.port
    return None


def callable_number(number: str) -> bool:
    """Whether a telephone network could know this number, in E.164 with or without its plus."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse("+" + number.removeprefix("+")))
    except phonenumbers.NumberParseException:
        return False
