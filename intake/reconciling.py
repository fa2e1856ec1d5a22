"""Once a day the CRM is told what it should have: after midnight in Jakarta, by one gateway, for every day that ended.

A day of which nothing was sent is noted and not spoken of while no day before it was: a new gateway begins silently.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from complaint_queue import topology
from complaint_queue.broker import Where
from complaint_queue.reconciliation import Reconciliation, build, message_of, span_of
from complaint_queue.sender import Sender, sending
from complaint_queue.sent import Sent, Telling
from intake.resending import HEADER
from normalizer.errors import Unavailable
from normalizer.identity import JAKARTA

#: After midnight, so that what was confirmed in the last second is marked (several clocks may differ).
AFTER_MIDNIGHT = timedelta(minutes=10)
#: Days that are told afterwards, when no gateway ran.
LONGEST = 31
LOOK_AGAIN = 60.0
PAGE = 2_000

log = structlog.get_logger()


async def day_of(journal: Telling, day: date) -> tuple[Reconciliation, ...]:
    """The messages of one day, as the journal knows it."""
    since, until = span_of(day)
    found: list[Sent] = []
    after, more = 0, True
    while more:
        page = await journal.sent(since, until, after, PAGE)
        found += page.found
        after, more = page.through, page.more
        await asyncio.sleep(0)
    return build(day, found)


async def tell(sender: Sender, parts: Sequence[Reconciliation], source: str, again: str = "") -> None:
    """Send a day's messages, in order. Raises `Unavailable`."""
    for part in parts:
        key, message = message_of(part, source)
        if again:
            message.headers[HEADER] = again
        await sender.send([(topology.EXCHANGE, key, message)])


@dataclass
class Reconciler:
    """The daily work. `broker` gives the broker's address, empty while there is none."""

    journal: Telling
    clock: Callable[[], datetime]
    broker: Callable[[], Where]
    source: str
    virtual_host: str = topology.VIRTUAL_HOST

    async def run(self) -> None:
        """Tell every day once it is over, until cancelled."""
        while True:
            try:
                await self.once()
            except Unavailable as error:
                log.warning("reconciliation_waits", reason=error.reason)
            await asyncio.sleep(LOOK_AGAIN)

    async def once(self) -> int:
        """Tell what is to be told now; how many days that were."""
        days = await self._days() if self.broker() else []
        if not days:
            return 0
        told = 0
        begun = await self.journal.reconciled_through() is not None
        for day in days:
            parts = await day_of(self.journal, day)
            if parts[0].events or begun:
                async with sending(self.broker(), self.virtual_host) as sender:
                    await tell(sender, parts, self.source)
                log.info("reconciled", day=day.isoformat(), events=parts[0].events, messages=len(parts))
                told += 1
                begun = True
            await self.journal.note_reconciled(day.isoformat(), parts[0].events, parts[0].sha256)
        return told

    async def _days(self) -> list[date]:
        """The days that are over and of which the CRM was not told, the earliest first."""
        yesterday = (self.clock() - AFTER_MIDNIGHT).astimezone(JAKARTA).date() - timedelta(days=1)
        last = await self.journal.reconciled_through()
        first = yesterday if last is None else date.fromisoformat(last) + timedelta(days=1)
        first = max(first, yesterday - timedelta(days=LONGEST - 1))
        return [first + timedelta(days=n) for n in range((yesterday - first).days + 1)]
