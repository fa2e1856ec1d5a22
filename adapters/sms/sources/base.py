"""A loop that fetches: again and again, with a growing pause while the provider or our own store is away."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

import structlog
from msgspec import Struct

from adapters.base import Cursor, Ports
from adapters.sms.line import Line
from normalizer.errors import ProviderUnavailable, Unavailable
from normalizer.record import RawEvent

#: Seconds before a failed look is repeated; doubles up to the last.
FIRST_WAIT, LAST_WAIT = 0.5, 60.0
S = TypeVar("S", bound=Struct)

log = structlog.get_logger()


class Source(Generic[S]):
    """Base of every source; `pause` is the seconds between two looks when all is well."""

    def __init__(self, account: str, settings: S, line: Line, ports: Ports) -> None:
        self.account, self.settings, self.line, self.ports = account, settings, line, ports

    @property
    def pause(self) -> float:
        raise NotImplementedError

    def wanted(self) -> bool:
        """Whether the settings ask for it."""
        raise NotImplementedError

    async def look(self) -> None:
        """Fetch and hand on what is new. Raises `ProviderUnavailable` or `Unavailable`: then it is looked again."""
        raise NotImplementedError

    async def run(self) -> None:
        wait = FIRST_WAIT
        while True:
            pause = self.pause
            try:
                await self.look()
                wait = FIRST_WAIT
            except (ProviderUnavailable, Unavailable) as error:
                pause = error.retry_after or wait
                wait = min(wait * 2, LAST_WAIT)
                log.warning("sms_source_waits", account=self.account, why=error.reason, seconds=pause)
            await asyncio.sleep(pause)

    async def hand_on(
        self, body: bytes, envelope: dict[str, str] | None = None, cursor: Cursor | None = None
    ) -> None:
        """What was fetched, as one raw event; durable when this returns. Raises `Unavailable`."""
        raw = RawEvent(
            account=self.account, received_at=self.ports.clock.now(), body=body, envelope=envelope or {}
        )
        await self.ports.inbox.receive(raw, cursor=cursor)
