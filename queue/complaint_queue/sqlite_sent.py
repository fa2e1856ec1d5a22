"""What the SQLite journal knows of what the broker has confirmed (`sent.Telling`)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from . import sent
from .codec import Codec
from .journal import OutboxEvent
from .sqlite_line import Line
from .sqlite_rows import day_number, micros, readable, where_in
from .stored import EVENT, Stored

if TYPE_CHECKING:
    from .sqlite_reads import Reads

T = TypeVar("T")
_SENT = re.sub(r"\$(\d)", r"?\1", sent.SENT)
_EVENTS = f"SELECT {EVENT} FROM events e JOIN complaints k USING (complaint_id) WHERE e.position IN"  # noqa: S608


class SqliteSent(ABC):
    """The part of `SqliteJournal` that knows what the CRM has been sent."""

    codec: Codec

    @abstractmethod
    def _w(self) -> Line: ...

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], T]) -> T: ...

    async def sent(self, since: datetime, until: datetime, after: int, limit: int) -> sent.SentPage:
        span = (after, limit, micros(since), micros(until))
        rows = await self._ask(lambda reads: reads.db.execute(_SENT, span).fetchall())
        return sent.page_of(rows, after, limit)

    async def events_at(self, positions: Sequence[int]) -> tuple[OutboxEvent, ...]:
        rows = await self._ask(lambda reads: where_in(reads.db, _EVENTS, positions))
        once = sorted({row[0]: row for row in rows}.items())
        return readable(Stored(self.codec).event, [row for _, row in once])

    async def reconciled_through(self) -> str | None:
        sql = "SELECT max(day) FROM reconciled"
        row = await self._ask(lambda reads: reads.db.execute(sql).fetchone())
        return None if row[0] is None else sent.iso_day(row[0])

    async def note_reconciled(self, day: str, events: int, sha256: str) -> None:
        number = day_number(day)
        await self._w().call(
            lambda tools: (
                tools.db.execute(
                    "INSERT OR REPLACE INTO reconciled VALUES (?, ?, ?, ?)",
                    (number, tools.now, events, sha256),
                ).rowcount
            )
        )
