"""Where providers call: `/hooks/<account>` and below, for every account whose adapter is a `Webhook`.

Once its origin is proved, a provider never hears 4xx except "too large": what we cannot read is in quarantine and
answered 200; what we cannot keep is answered 503, so that it comes again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web

from adapters.base import Adapter, HttpAnswer, SetsAside, Webhook
from adapters.shared.http import read_body
from intake.metrics import Metrics
from intake.receive import Receiver
from intake.web.remote import remote_of
from normalizer.errors import Rejected, Unavailable
from normalizer.record import RawEvent

log = structlog.get_logger()


@dataclass(frozen=True)
class Hooks:
    """The one handler behind all webhook accounts."""

    receiver: Receiver
    adapters: Mapping[str, Adapter[Any]]
    clock: Callable[[], datetime]
    public_url: str
    metrics: Metrics
    trusted_proxies: tuple[str, ...] = ()
    kept: Callable[[], None] = lambda: None
    """Told when something was set aside, to be prepared and parsed later."""

    def mount(self, app: web.Application) -> None:
        """Add the routes to `app`."""
        app.router.add_route("*", "/hooks/{account}", self.handle)
        app.router.add_route("*", "/hooks/{account}/{tail:.*}", self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        name = request.match_info["account"]
        adapter = self.adapters.get(name)
        if not isinstance(adapter, Webhook):
            return web.Response(status=404, text="no such door\n")
        try:
            return await self._answer(request, name, adapter)
        except Unavailable as error:
            log.warning("try_again", account=name, reason=error.reason)
            self.metrics.rejected.labels(name, type(error).__name__).inc()
            return web.Response(
                status=503, headers={"Retry-After": str(error.retry_after)}, text="try again\n"
            )
        except Rejected as error:
            log.info("rejected", account=name, error=type(error).__name__, reason=str(error))
            self.metrics.rejected.labels(name, type(error).__name__).inc()
            return web.Response(status=error.http_status, text=_words(error))

    async def _answer(self, request: web.Request, name: str, adapter: Any) -> web.Response:
        body = await read_body(request, adapter.max_bytes)
        started = time.perf_counter()
        raw = RawEvent(
            account=name,
            received_at=self.clock(),
            body=body,
            method=request.method,
            url=self.public_url + request.raw_path,
            headers={key.lower(): value for key, value in request.headers.items()},
            envelope={"remote": remote_of(request, self.trusted_proxies)},
        )
        greeting = adapter.handshake(raw)
        if greeting is not None:
            return _response(greeting)
        if request.method not in adapter.methods:
            return web.Response(status=405, headers={"Allow": ", ".join(adapter.methods)}, text="method\n")
        adapter.verify(raw)
        if isinstance(adapter, SetsAside):
            raw, aside = adapter.set_aside(raw)
            for one in aside:
                await self.receiver.keep(one, None, None)
            if aside:
                self.kept()
        fates = await self.receiver.receive(adapter, raw)
        self.metrics.answer_seconds.labels(name).observe(time.perf_counter() - started)
        return _response(adapter.answer(fates))


def _words(error: Rejected) -> str:
    return f"{error}\n" if error.public else "forbidden\n"


def _response(answer: HttpAnswer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type or None)
