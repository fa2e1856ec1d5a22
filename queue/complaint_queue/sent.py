"""What a journal knows of what the broker has confirmed: for sending it again, and for telling the CRM what it has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from normalizer.identity import encode_id
from normalizer.record import EventKind

from .journal import OutboxEvent


class Sent(Struct, frozen=True, kw_only=True):
    """A confirmed event without its body. `position` orders the events as they were written."""

    position: int
    complaint_id: int
    channel: str
    kind: EventKind
    sequence: int
    revision: int
    at: int
    """When it was confirmed, in microseconds since 1970."""

    @property
    def event_id(self) -> str:
        return f"{encode_id(self.complaint_id)}.{self.sequence}.{self.revision}"


class SentPage(Struct, frozen=True, kw_only=True):
    """Of the confirmed events that were looked at those of the span; the last one looked at; whether more follow."""

    found: tuple[Sent, ...]
    through: int
    more: bool


class Telling(Protocol):
    """The part of a journal that knows what the CRM has been sent."""

    async def sent(self, since: datetime, until: datetime, after: int, limit: int) -> SentPage:
        """Look at the next `limit` confirmed events past the position `after`: which of them were confirmed from
        `since` on and before `until`?"""

    async def events_at(self, positions: Sequence[int]) -> tuple[OutboxEvent, ...]:
        """These events with their bodies, in order; one that does not open is left out."""

    async def reconciled_through(self) -> str | None:
        """The last day (ISO, Jakarta) of which the CRM was told; None: of none."""

    async def note_reconciled(self, day: str, events: int, sha256: str) -> None:
        """The CRM was told of this day."""


#: A page of confirmed events; of those outside the span only the position comes.
SENT = """
SELECT c.position, c.at, e.complaint_id, k.channel, e.kind, e.sequence, e.revision
FROM (SELECT position, at FROM confirmed WHERE position > $1 ORDER BY position LIMIT $2) c
LEFT JOIN events e ON e.position = c.position AND c.at >= $3 AND c.at < $4
LEFT JOIN complaints k ON k.complaint_id = e.complaint_id
ORDER BY c.position
"""


def page_of(rows: Sequence[Any], after: int, limit: int) -> SentPage:
    """The rows of `SENT` as a page."""
    found = tuple(
        Sent(
            position=row[0],
            at=row[1],
            complaint_id=row[2],
            channel=row[3] or "",
            kind=row[4],
            sequence=row[5],
            revision=row[6],
        )
        for row in rows
        if row[2] is not None
    )
    return SentPage(found=found, through=rows[-1][0] if rows else after, more=len(rows) == limit)


def iso_day(number: int) -> str:
    """`261127` as `2026-11-27`."""
    return f"20{number // 10_000:02d}-{number // 100 % 100:02d}-{number % 100:02d}"
