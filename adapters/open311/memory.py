"""Whether an equal report came a moment ago: GeoReport has no idempotency, so a retry is known by its content.

What came first within the window gives the report its identity, and what comes after it is the same one. The first
moment is a cursor of the account's: it moves in the transaction that admits the report, so it survives a restart. The
cursors are a fixed number of slots. When another report has taken the slot, `parse` still knows a retry by the
hour of the first one; only a retry across the turn of an hour would be missed then.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from msgspec import Struct

from adapters.base import Cursor, Inbox

#: How long an equal report counts as the same, from the first one on.
WINDOW = timedelta(hours=1)
_SLOTS = 4096


class Turn(Struct, frozen=True, kw_only=True):
    """When the first equal report came; `cursor` remembers it if this is the first."""

    first_seen: datetime
    cursor: Cursor | None


class Memory:
    """One account's memory of reports. Equal ones take turns, so that two at once are not both the first."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._locks = [asyncio.Lock() for _ in range(_SLOTS)]

    @asynccontextmanager
    async def turn(self, client: str, digest: str, now: datetime) -> AsyncIterator[Turn]:
        """The turn of a client's report whose content has this digest (hexadecimal), received at `now`."""
        slot = int(digest[:8], 16) % _SLOTS
        name = f"seen-{slot:03x}"
        async with self._locks[slot]:
            known, _, written = (await self._inbox.cursor(name) or "").partition(" ")
            first_seen = datetime.fromisoformat(written) if written else now
            if known == f"{client}:{digest}" and timedelta() <= now - first_seen < WINDOW:
                yield Turn(first_seen=first_seen, cursor=None)
            else:
                mark = f"{client}:{digest} {now.isoformat()}"
                yield Turn(first_seen=now, cursor=Cursor(name=name, value=mark))
