"""What the PostgreSQL journal knows of what the broker has confirmed (`sent.Telling`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from . import sent
from .codec import Codec
from .journal import OutboxEvent
from .postgres_writer import Turn, Writer
from .sqlite_rows import day_number, micros, readable
from .stored import EVENT, Stored

if TYPE_CHECKING:
    from .postgres_reads import Reads

T = TypeVar("T")
_EVENTS = (
    f"SELECT {EVENT} FROM events e JOIN complaints k USING (complaint_id) "  # noqa: S608
    "WHERE e.position = ANY ($1::bigint[]) ORDER BY e.position"
)


class PostgresSent(ABC):
    """The part of `PostgresJournal` that knows what the CRM has been sent."""

    codec: Codec

    @abstractmethod
    def _w(self) -> Writer: ...

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], Awaitable[T]]) -> T: ...

    async def sent(self, since: datetime, until: datetime, after: int, limit: int) -> sent.SentPage:
        span = (after, limit, micros(since), micros(until))
        rows = await self._ask(lambda reads: reads.db.fetch(sent.SENT, *span))
        return sent.page_of(rows, after, limit)

    async def events_at(self, positions: Sequence[int]) -> tuple[OutboxEvent, ...]:
        rows = await self._ask(lambda reads: reads.db.fetch(_EVENTS, list(positions)))
        return readable(Stored(self.codec).event, rows)

    async def reconciled_through(self) -> str | None:
        day = await self._ask(lambda reads: reads.db.fetchval("SELECT max(day) FROM reconciled"))
        return None if day is None else sent.iso_day(day)

    async def note_reconciled(self, day: str, events: int, sha256: str) -> None:
        async def note(turn: Turn) -> None:
            await turn.db.execute(
                "INSERT INTO reconciled VALUES ($1, $2, $3, $4) ON CONFLICT (day) DO UPDATE "
                "SET at = excluded.at, events = excluded.events, sha256 = excluded.sha256",
                day_number(day),
                turn.now,
                events,
                sha256,
            )

        await self._w().call(note)
