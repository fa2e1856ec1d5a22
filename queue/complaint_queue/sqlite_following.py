"""What the SQLite journal tells whoever follows it (`following.Followed`), over its reader's connection."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from .codec import Codec
from .following import Advance, Arrival, Outgoing, Standing
from .journal import OutboxEvent
from .sqlite_rows import moment, readable, where_in
from .stored import EVENT, Follows

if TYPE_CHECKING:
    from .sqlite_reads import Reads

T = TypeVar("T")

_ARRIVAL = (
    "SELECT m.message_id, m.complaint_id, k.ticket, k.account, k.channel, k.office, k.against, m.received_at, "
    "k.opened_at FROM messages m JOIN complaints k USING (complaint_id) "
    "WHERE m.message_id > ? ORDER BY m.message_id LIMIT ?"
)
_STANDING = (
    "SELECT k.complaint_id, k.state, k.against, r.record FROM complaints k LEFT JOIN records r USING (complaint_id) "
    "WHERE k.complaint_id IN"
)
#: `> 0` stands in the index: without saying so, each reply would read all deliveries that there ever were.
_OUTGOING = (
    "SELECT r.reply_id, r.complaint_id, r.account, r.purpose, r.state, r.due_at, r.ended_at, "
    "(SELECT d.state FROM deliveries d WHERE d.reply_id = r.reply_id AND d.reply_id > 0) FROM replies r "
)


class FollowReads:
    """A connection and what a follower asks over it."""

    def __init__(self, db: sqlite3.Connection, codec: Codec) -> None:
        self.db, self.follows = db, Follows(codec)

    def arrivals(self, after: int, limit: int) -> tuple[Arrival, ...]:
        return readable(self.follows.arrival, self._all(_ARRIVAL, after, limit))

    def events_after(self, after: int, limit: int) -> tuple[OutboxEvent, ...]:
        rows = self._all(
            f"SELECT {EVENT} FROM events e JOIN complaints k USING (complaint_id) "  # noqa: S608
            "WHERE e.position > ? ORDER BY e.position LIMIT ?",
            after,
            limit,
        )
        return readable(self.follows.event, rows)

    def confirmed_at(self, positions: Sequence[int]) -> dict[int, int]:
        return dict(where_in(self.db, "SELECT position, at FROM confirmed WHERE position IN", positions))

    def standings(self, complaint_ids: Sequence[int]) -> tuple[Standing, ...]:
        return readable(self.follows.standing, _once(where_in(self.db, _STANDING, complaint_ids)))

    def advances(self, after: int, limit: int) -> tuple[Advance, ...]:
        rows = self._all(
            "SELECT change, complaint_id, body FROM progress WHERE change > ? ORDER BY change LIMIT ?",
            after,
            limit,
        )
        # One that does not open is left out: a later status of the same complaint meets it, and says so.
        return readable(self.follows.advance, rows)

    def outgoing(self, after: int, limit: int) -> tuple[Outgoing, ...]:
        rows = self._all(f"{_OUTGOING} WHERE r.reply_id > ? ORDER BY r.reply_id LIMIT ?", after, limit)
        return readable(self.follows.outgoing, rows)

    def outgoing_of(self, reply_ids: Sequence[int]) -> tuple[Outgoing, ...]:
        rows = _once(where_in(self.db, f"{_OUTGOING} WHERE r.reply_id IN", reply_ids))
        return readable(self.follows.outgoing, rows)

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self.db.execute(sql, values).fetchall()


def _once(rows: list[Any]) -> list[Any]:
    return list({row[0]: row for row in rows}.values())


class SqliteFollowing(ABC):
    """The part of `SqliteJournal` that lets itself be followed."""

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], T]) -> T: ...

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
