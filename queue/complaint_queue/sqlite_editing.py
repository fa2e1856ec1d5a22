"""Corrected copies in the SQLite journal (`editing.Editing`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from normalizer.record import RawEvent

from . import sqlite_changes as changes
from .codec import Codec
from .sqlite_line import Line
from .sqlite_writer import Tools

if TYPE_CHECKING:
    from .sqlite_reads import Reads

T = TypeVar("T")


class SqliteEditing(ABC):
    """The part of `SqliteJournal` that takes corrected copies."""

    codec: Codec

    @abstractmethod
    def _w(self) -> Line: ...

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], T]) -> T: ...

    async def edit(self, entry_id: int, copy: RawEvent) -> int:
        line = self._w()
        line.check()
        sealed = self.codec.pack("raw", copy)
        return await line.call(lambda tools: _edit(tools, entry_id, copy.account, sealed), len(sealed))

    async def edits_of(self, entry_id: int) -> tuple[int, ...]:
        sql = "SELECT raw_id FROM edited WHERE entry_id = ? ORDER BY raw_id"
        rows = await self._ask(lambda reads: reads.db.execute(sql, (entry_id,)).fetchall())
        return tuple(row[0] for row in rows)

    async def edited_from(self, raw_id: int) -> int | None:
        sql = "SELECT entry_id FROM edited WHERE raw_id = ?"
        row = await self._ask(lambda reads: reads.db.execute(sql, (raw_id,)).fetchone())
        return None if row is None else int(row[0])


def _edit(tools: Tools, entry_id: int, account: str, sealed: bytes) -> int:
    ended = tools.db.execute(
        "UPDATE quarantine SET state = 'edited' WHERE entry_id = ? AND state = 'held' AND raw_id IS NOT NULL "
        "AND complaint_id IS NULL",
        (entry_id,),
    )
    if ended.rowcount != 1:
        raise LookupError(f"no raw event is held by entry {entry_id}")
    raw_id = changes.keep(tools, account, sealed, None)
    tools.db.execute("INSERT INTO edited VALUES (?, ?)", (raw_id, entry_id))
    return raw_id
