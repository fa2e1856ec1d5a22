"""Corrected copies in the PostgreSQL journal (`editing.Editing`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from normalizer.record import RawEvent

from . import postgres_changes as changes
from .codec import Codec
from .postgres_writer import Turn, Writer

if TYPE_CHECKING:
    from .postgres_reads import Reads

T = TypeVar("T")


class PostgresEditing(ABC):
    """The part of `PostgresJournal` that takes corrected copies."""

    codec: Codec

    @abstractmethod
    def _w(self) -> Writer: ...

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], Awaitable[T]]) -> T: ...

    async def edit(self, entry_id: int, copy: RawEvent) -> int:
        line = self._w()
        line.check()
        sealed = self.codec.pack("raw", copy)
        return await line.call(lambda turn: _edit(turn, entry_id, copy.account, sealed), len(sealed))

    async def edits_of(self, entry_id: int) -> tuple[int, ...]:
        sql = "SELECT raw_id FROM edited WHERE entry_id = $1 ORDER BY raw_id"
        rows = await self._ask(lambda reads: reads.db.fetch(sql, entry_id))
        return tuple(row[0] for row in rows)

    async def edited_from(self, raw_id: int) -> int | None:
        sql = "SELECT entry_id FROM edited WHERE raw_id = $1"
        found: int | None = await self._ask(lambda reads: reads.db.fetchval(sql, raw_id))
        return found


async def _edit(turn: Turn, entry_id: int, account: str, sealed: bytes) -> int:
    ended = await turn.db.fetchval(
        "UPDATE quarantine SET state = 'edited' WHERE entry_id = $1 AND state = 'held' AND raw_id IS NOT NULL "
        "AND complaint_id IS NULL RETURNING 1",
        entry_id,
    )
    if ended is None:
        raise LookupError(f"no raw event is held by entry {entry_id}")
    raw_id = await changes.keep(turn, account, sealed, None)
    await turn.db.execute("INSERT INTO edited VALUES ($1, $2)", raw_id, entry_id)
    return raw_id
