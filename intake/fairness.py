"""Whose turn it is in a flood: one sender's heap is filed slowly, so that everybody else's complaint is not behind it.

Nothing is refused and nothing is lost: what a provider brings is claimed and answered as ever, only the filing of one
sender's many complaints is spread out. Ten thousand citizens with one complaint each are ten thousand senders, and
none of them waits. What an office enters is never slowed: one counter serves many people.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Fairness:
    """The generic cell rate algorithm (ITU-T I.371) per sender: `burst` complaints at once, then one in `interval`
    seconds. At most `most` senders are remembered, the least recent forgotten first."""

    burst: int = 100
    interval: float = 6.0
    most: int = 20_000
    _next: OrderedDict[bytes, datetime] = field(default_factory=OrderedDict)
    _reserved: dict[int, datetime] = field(default_factory=dict)

    def turn(self, sender: bytes, complaint_id: int, now: datetime) -> datetime | None:
        """When this complaint may be filed; None: now. It is promised that moment, and asked no second time."""
        promised = self._reserved.get(complaint_id)
        if promised is not None:
            if promised > now:
                return promised
            del self._reserved[complaint_id]
            return None
        step = timedelta(seconds=self.interval)
        free = max(self._next.pop(sender, now), now)
        self._next[sender] = free + step
        while len(self._next) > self.most:
            self._next.popitem(last=False)
        at = free - step * (self.burst - 1)
        if at <= now:
            return None
        if len(self._reserved) < self.most:
            self._reserved[complaint_id] = at
        return at
