"""What the PostgreSQL journal tells whoever follows it: `following.Followed`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from .codec import Codec
from .following import Advance, Arrival, Outgoing, Standing
from .journal import OutboxEvent
from .postgres_rows import Db
from .sqlite_rows import moment, readable
from .stored import EVENT, Follows

if TYPE_CHECKING:
    from .postgres_reads import Reads

T = TypeVar("T")

_OUTGOING = (
    "SELECT r.reply_id, r.complaint_id, r.account, r.purpose, r.state, r.due_at, r.ended_at, "
    "(SELECT d.state FROM deliveries d WHERE d.reply_id = r.reply_id AND d.reply_id > 0 LIMIT 1) FROM replies r "
)


class FollowReads:
    """A connection and what a follower asks over it."""

    def __init__(self, db: Db, codec: Codec) -> None:
        self.db, self.follows = db, Follows(codec)

    async def arrivals(self, after: int, limit: int) -> tuple[Arrival, ...]:
        rows = await self.db.fetch(
            "SELECT m.message_id, m.complaint_id, k.ticket, k.account, k.channel, k.office, k.against, "
            "m.received_at, k.opened_at FROM messages m JOIN complaints k USING (complaint_id) "
            "WHERE m.message_id > $1 ORDER BY m.message_id LIMIT $2",
            after,
            limit,
        )
        return readable(self.follows.arrival, rows)

    async def events_after(self, after: int, limit: int) -> tuple[OutboxEvent, ...]:
        rows = await self.db.fetch(
            f"SELECT {EVENT} FROM events e JOIN complaints k USING (complaint_id) "  # noqa: S608
            "WHERE e.position > $1 ORDER BY e.position LIMIT $2",
            after,
            limit,
        )
        return readable(self.follows.event, rows)

    async def confirmed_at(self, positions: Sequence[int]) -> dict[int, int]:
        rows = await self.db.fetch(
            "SELECT position, at FROM confirmed WHERE position = ANY ($1::bigint[])", list(positions)
        )
        return {row[0]: row[1] for row in rows}

    async def standings(self, complaint_ids: Sequence[int]) -> tuple[Standing, ...]:
        rows = await self.db.fetch(
            "SELECT k.complaint_id, k.state, k.against, r.record FROM complaints k "
            "LEFT JOIN records r USING (complaint_id) WHERE k.complaint_id = ANY ($1::bigint[])",
            list(complaint_ids),
        )
        return readable(self.follows.standing, rows)

    async def advances(self, after: int, limit: int) -> tuple[Advance, ...]:
        rows = await self.db.fetch(
            "SELECT change, complaint_id, body FROM progress WHERE change > $1 ORDER BY change LIMIT $2",
            after,
            limit,
        )
        # One that does not open is left out: a later status of the same complaint meets it, and says so.
        return readable(self.follows.advance, rows)

    async def outgoing(self, after: int, limit: int) -> tuple[Outgoing, ...]:
        return self._outgoing(
            await self.db.fetch(
                f"{_OUTGOING} WHERE r.reply_id > $1 ORDER BY r.reply_id LIMIT $2", after, limit
            )
        )

    async def outgoing_of(self, reply_ids: Sequence[int]) -> tuple[Outgoing, ...]:
        return self._outgoing(
            await self.db.fetch(f"{_OUTGOING} WHERE r.reply_id = ANY ($1::bigint[])", list(reply_ids))
        )

    def _outgoing(self, rows: Sequence[Any]) -> tuple[Outgoing, ...]:
        return readable(self.follows.outgoing, rows)


class PostgresFollowing(ABC):
    """The part of `PostgresJournal` that lets itself be followed."""

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], Awaitable[T]]) -> T: ...

    async def arrivals(self, after: int, limit: int) -> tuple[Arrival, ...]:
        return await self._ask(lambda reads: reads.follow.arrivals(after, limit))

    async def events_after(self, after: int, limit: int) -> tuple[OutboxEvent, ...]:
        return await self._ask(lambda reads: reads.follow.events_after(after, limit))

    async def confirmed_at(self, positions: Sequence[int]) -> dict[int, datetime]:
        found = await self._ask(lambda reads: reads.follow.confirmed_at(positions))
        return {position: moment(at) for position, at in found.items()}

    async def standings(self, complaint_ids: Sequence[int]) -> tuple[Standing, ...]:
        return await self._ask(lambda reads: reads.follow.standings(complaint_ids))

    async def advances(self, after: int, limit: int) -> tuple[Advance, ...]:
        return await self._ask(lambda reads: reads.follow.advances(after, limit))

    async def outgoing(self, after: int, limit: int) -> tuple[Outgoing, ...]:
        return await self._ask(lambda reads: reads.follow.outgoing(after, limit))

    async def outgoing_of(self, reply_ids: Sequence[int]) -> tuple[Outgoing, ...]:
        return await self._ask(lambda reads: reads.follow.outgoing_of(reply_ids))
