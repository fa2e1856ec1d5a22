"""What a journal tells whoever follows it: the derived store behind the console reads this, and nothing else.

Ids grow in the order of the commits, so a follower remembers the last id that it saw and asks for what came after.
What changes later (a confirm, a state, a reply's end) it asks for by the ids that it still watches. Nothing here
is written by following, and nothing waits for a follower.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from .journal import ComplaintState, Journal, OutboxEvent
from .way_out import DeliveryState, Progress, Purpose, ReplyState


class Arrival(Struct, frozen=True, kw_only=True):
    """One message that was claimed. It opened its complaint when both ids are equal."""

    message_id: int
    complaint_id: int
    ticket: str
    account: str
    channel: str
    office_code: str
    against_office: str
    received_at: datetime
    opened_at: datetime


class Standing(Struct, frozen=True, kw_only=True):
    """Where a complaint stands now. `record` is as `ComplaintFile.record`, empty while there is none."""

    complaint_id: int
    state: ComplaintState
    against_office: str
    record: bytes


class Advance(Struct, frozen=True, kw_only=True):
    """How far the CRM has come with a complaint; `change` orders the advances."""

    change: int
    complaint_id: int
    progress: Progress


class Outgoing(Struct, frozen=True, kw_only=True):
    """A reply without its words."""

    reply_id: int
    complaint_id: int
    account: str
    purpose: Purpose
    state: ReplyState
    made_at: datetime
    due_at: datetime
    ended_at: datetime | None
    delivery: DeliveryState | str = ""


class Followed(Protocol):
    """The part of a journal that can be followed. Lists are in the order of their ids, the oldest first."""

    async def arrivals(self, after: int, limit: int) -> tuple[Arrival, ...]:
        """Messages with an id greater than `after`."""

    async def events_after(self, after: int, limit: int) -> tuple[OutboxEvent, ...]:
        """Events past this position, published or not; one whose body is damaged has an empty body."""

    async def confirmed_at(self, positions: Sequence[int]) -> dict[int, datetime]:
        """When the broker confirmed those of these events that it has."""

    async def standings(self, complaint_ids: Sequence[int]) -> tuple[Standing, ...]: ...

    async def advances(self, after: int, limit: int) -> tuple[Advance, ...]:
        """The last word about each complaint of which the CRM said something since the change `after`."""

    async def outgoing(self, after: int, limit: int) -> tuple[Outgoing, ...]:
        """Replies with an id greater than `after`."""

    async def last_erased(self) -> int:
        """A number that grows with every complaint whose reporter had their data erased; 0: none ever had."""

    async def outgoing_of(self, reply_ids: Sequence[int]) -> tuple[Outgoing, ...]: ...


class FollowedJournal(Journal, Followed, Protocol):
    """What every journal is in full."""
