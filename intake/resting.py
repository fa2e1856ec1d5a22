"""Which accounts are asked nothing just now, because their provider is away or all their turns are taken.

A provider that failed a few times in a row is left alone for a while, twice as long each time; then one answer alone
finds out whether it is back. So a provider that is down costs one attempt a minute instead of one for each answer that
waits for it, and what waits elsewhere is not held up (a circuit breaker, half open with one probe).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Failures in a row that may be one person's alone: a chat that is over its limit, a number that is being ported.
TOLERATED = 3
#: Seconds of the first rest and of the longest.
FIRST_REST, LONGEST_REST = 2.0, 60.0


@dataclass
class _Provider:
    failures: int = 0
    until: datetime | None = None

    def rests(self, now: datetime) -> bool:
        return self.until is not None and self.until > now


class Resting:
    """The accounts' failures in a row. `turns` is how many answers of one account may be on their way at once."""

    def __init__(self, turns: int) -> None:
        self._turns = turns
        self._providers: dict[str, _Provider] = {}

    def answered(self, account: str) -> bool:
        """The provider said something, yes or no: it is there. True when it was thought to be away."""
        provider = self._providers.pop(account, None)
        return provider is not None and provider.failures >= TOLERATED

    def failed(self, account: str, now: datetime) -> float:
        """The provider could not be reached, or was not able. Seconds of the rest that begins; 0 when none does.

        Those that were on their way together fail together, and count once when a rest has begun.
        """
        provider = self._providers.setdefault(account, _Provider())
        if provider.rests(now):
            return 0.0
        provider.failures += 1
        if provider.failures < TOLERATED:
            return 0.0
        seconds = min(LONGEST_REST, FIRST_REST * 2.0 ** min(provider.failures - TOLERATED, 10))
        provider.until = now + timedelta(seconds=seconds)
        return seconds

    def closed(self, now: datetime, on_their_way: Mapping[str, int]) -> tuple[str, ...]:
        """The accounts for which nothing is begun now, given how many answers of each are on their way."""
        full = {name for name, count in on_their_way.items() if count >= self._room(name)}
        return (
            *full,
            *(name for name, one in self._providers.items() if one.rests(now) and name not in full),
        )

    def room(self, account: str, on_their_way: Mapping[str, int]) -> int:
        """How many more answers of the account may be begun."""
        return max(0, self._room(account) - on_their_way.get(account, 0))

    def next(self, now: datetime) -> datetime | None:
        """When the first of the rests is over; None when nobody rests."""
        return min(
            (one.until for one in self._providers.values() if one.until and one.until > now), default=None
        )

    def _room(self, account: str) -> int:
        provider = self._providers.get(account)
        return 1 if provider is not None and provider.failures >= TOLERATED else self._turns
