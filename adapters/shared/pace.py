"""Waiting one's turn: no provider is called more often than it documents, over all of an account's conversations.

    pace = Pace(Limit(30, 1.0), each=(Limit(1, 1.0), Limit(20, 60.0)))   # Telegram: 30 a second, 1 a second per chat
    await pace.turn("chat 42")

The counting is `aiolimiter`'s leaky bucket. A provider that says "too often" all the same (429) is obeyed with
`hold`: nobody gets a turn before that time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import NamedTuple

from aiolimiter import AsyncLimiter

#: Conversations whose own bucket is remembered; the one that was silent longest is forgotten first.
_REMEMBERED = 10_000


class Limit(NamedTuple):
    """At most `calls` in `seconds`."""

    calls: float
    seconds: float


class Pace:
    """The limits of one account: `everyone` over all calls, `each` for one address (a chat, a recipient)."""

    def __init__(self, *everyone: Limit, each: tuple[Limit, ...] = ()) -> None:
        self._everyone = [AsyncLimiter(*limit) for limit in everyone]
        self._each = each
        self._known: OrderedDict[str, list[AsyncLimiter]] = OrderedDict()
        self._held_until = 0.0

    async def turn(self, address: str = "") -> None:
        """Return when one call to `address` is within every limit."""
        for limiter in (*self._of(address), *self._everyone):
            await limiter.acquire()
        # last, so that those who waited for the buckets meanwhile obey a hold that came then
        wait = self._held_until - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    def hold(self, seconds: float) -> None:
        """Nobody gets a turn for so long: the provider has said so."""
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + seconds)

    def _of(self, address: str) -> list[AsyncLimiter]:
        if not self._each:
            return []
        found = self._known.get(address)
        if found is None:
            found = self._known[address] = [AsyncLimiter(*limit) for limit in self._each]
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(address)
        return found
