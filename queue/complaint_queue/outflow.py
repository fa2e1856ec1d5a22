"""The order in which events may be sent: pure bookkeeping, no broker, no clock.

Within a complaint an event is ready only when the one before it is confirmed. What failed waits until its time,
and its complaint's followers wait behind it.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable

from complaint_queue.journal import OutboxEvent


class Outflow:
    """Events taken from the journal that are not marked there yet."""

    def __init__(self) -> None:
        self._ready: deque[OutboxEvent] = deque()
        self._followers: dict[int, deque[OutboxEvent]] = {}
        self._last: dict[int, int] = {}
        self._later: list[tuple[float, int, OutboxEvent]] = []
        self._known: set[int] = set()
        self._tries: dict[int, int] = {}

    def __len__(self) -> int:
        """How many are held, in whatever state."""
        return len(self._known)

    @property
    def ready(self) -> int:
        return len(self._ready)

    @property
    def next_retry(self) -> float | None:
        return self._later[0][0] if self._later else None

    def knows(self, position: int) -> bool:
        """Held, be it ready, sent, waiting, or confirmed and not yet marked."""
        return position in self._known

    def leads_to(self, event: OutboxEvent) -> bool:
        """Whether the event right before this one is held as its complaint's last, and not confirmed yet.

        An earlier one does not do: what lies between may be another gateway's to send.
        """
        return self._last.get(event.complaint_id) == event.sequence - 1

    def add(self, event: OutboxEvent) -> None:
        """Take an event over, in the journal's order; one that is held already changes nothing."""
        if event.position in self._known:
            return
        self._known.add(event.position)
        self._last[event.complaint_id] = event.sequence
        followers = self._followers.get(event.complaint_id)
        if followers is None:
            self._followers[event.complaint_id] = deque()
            self._ready.append(event)
        else:
            followers.append(event)

    def take(self) -> OutboxEvent | None:
        """The next event that may be sent now."""
        return self._ready.popleft() if self._ready else None

    def give_back(self, events: Iterable[OutboxEvent]) -> None:
        """Events whose fate is unknown are sent again, before all others, in their order."""
        self._ready.extendleft(reversed(list(events)))

    def confirmed(self, event: OutboxEvent) -> None:
        """The broker has it: the complaint's next event becomes ready."""
        self._tries.pop(event.position, None)
        followers = self._followers[event.complaint_id]
        if followers:
            self._ready.append(followers.popleft())
        else:
            del self._followers[event.complaint_id], self._last[event.complaint_id]

    def failed(self, event: OutboxEvent, now: float, first: float, longest: float) -> int:
        """The broker did not take it: try again after a wait that doubles. How often it has failed."""
        tries = self._tries[event.position] = self._tries.get(event.position, 0) + 1
        wait = min(longest, first * 2 ** min(tries - 1, 16))
        heapq.heappush(self._later, (now + wait, event.position, event))
        return tries

    def retry_due(self, now: float) -> None:
        """What has waited long enough becomes ready."""
        while self._later and self._later[0][0] <= now:
            self._ready.append(heapq.heappop(self._later)[2])

    def marked(self, positions: Iterable[int]) -> None:
        """The journal knows that these are published: forget them."""
        self._known.difference_update(positions)

    def drop(self, event: OutboxEvent) -> None:
        """Forget an event and its complaint's followers: they wait in the journal, in quarantine."""
        self._tries.pop(event.position, None)
        self._known.discard(event.position)
        self._last.pop(event.complaint_id, None)
        self._known.difference_update(f.position for f in self._followers.pop(event.complaint_id, ()))
