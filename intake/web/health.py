"""Whether the gateway lives, whether it can take messages, and its numbers.

/health/live    200 while the event loop turns
/health/ready   200 when the journal takes writes, 503 when it does not; the body says what is degraded
/metrics        Prometheus text
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from aiohttp import web
from prometheus_client import generate_latest

from complaint_queue.journal import Depths, Journal
from intake.alarms.watching import waits
from intake.metrics import Metrics
from intake.words import span
from normalizer.errors import Unavailable
from normalizer.sentence import Sentence


@dataclass(frozen=True)
class Health:
    """`broker` says `connected`, `away` or `none`; `alarms` are the words of what is wrong now."""

    journal: Journal
    metrics: Metrics
    clock: Callable[[], datetime]
    broker: Callable[[], str]
    alarms: Callable[[], dict[str, str]]
    alarm_after: float

    def mount(self, app: web.Application) -> None:
        """Add the routes to `app`."""
        app.router.add_get("/health/live", self.live)
        app.router.add_get("/health/ready", self.ready)
        app.router.add_get("/metrics", self.numbers)

    async def live(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(self, _: web.Request) -> web.Response:
        try:
            depths = await self.journal.depths()
            await self.journal.probe()
        except Unavailable as error:
            body = {"status": "unready", "problems": [error.reason]}
            return web.json_response(body, status=503, headers={"Retry-After": "5"})
        alarms = self.alarms() | waits(depths, self.clock())
        problems = [f"{name}: {words}" for name, words in alarms.items()]
        age = self._age(depths)
        if self.broker() == "away":
            problems.append("the broker is away; the journal holds everything")
        if self.broker() != "none" and age > self.alarm_after:
            problems.append(str(Sentence("the oldest unpublished event is {age} old", age=span(age))))
        body = {
            "status": "degraded" if problems else "ready",
            "broker": self.broker(),
            "problems": problems,
            "waiting": msgspec.to_builtins(depths),
        }
        return web.json_response(body, dumps=lambda value: msgspec.json.encode(value).decode())

    async def numbers(self, _: web.Request) -> web.Response:
        depths = await self.journal.depths()
        for queue in (
            "kept",
            "open_complaints",
            "tasks",
            "unpublished",
            "media_pending",
            "quarantined",
            "triage",
        ):
            self.metrics.waiting.labels(queue).set(getattr(depths, queue))
        self.metrics.oldest_unpublished.set(self._age(depths))
        return web.Response(body=generate_latest(self.metrics.registry), content_type="text/plain")

    def _age(self, depths: Depths) -> float:
        return self._since(depths.oldest_unpublished)

    def _since(self, moment: datetime | None) -> float:
        return (self.clock() - moment).total_seconds() if moment else 0.0
