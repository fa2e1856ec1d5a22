"""Fingerprints in the SQLite journal (`fingerprints.Remembers`)."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from normalizer.errors import Damaged

from .codec import Codec
from .fingerprints import StoredFingerprint
from .sqlite_rows import Ids, insert, micros

if TYPE_CHECKING:
    from .sqlite_line import Line
    from .sqlite_reads import Reads
    from .sqlite_writer import Tools

T = TypeVar("T")

PURPOSE = "fingerprint"


def remember(tools: Tools, prints: dict[int, bytes]) -> None:
    """Write sealed fingerprints by complaint, each in place of an older one."""
    rows = [(tools.ids.next(), complaint_id, sealed) for complaint_id, sealed in prints.items()]
    if rows:
        insert(tools.db, "INSERT OR REPLACE INTO fingerprints", 3, rows)


def forget(tools: Tools, before: int, limit: int) -> int:
    found = tools.db.execute(
        "DELETE FROM fingerprints WHERE position IN "
        "(SELECT position FROM fingerprints WHERE position < ? ORDER BY position LIMIT ?)",
        (Ids.first_at(before), limit),
    )
    return found.rowcount


def opened(codec: Codec, rows: Sequence[Any]) -> tuple[StoredFingerprint, ...]:
    """Rows of position, complaint and sealed body; one that does not open is empty, so that its position is seen."""
    found = []
    for position, complaint_id, sealed in rows:
        try:
            body = codec.open(PURPOSE, sealed)
        except Damaged:
            body = b""
        found.append(StoredFingerprint(position=position, complaint_id=complaint_id, body=body))
    return tuple(found)


def written(
    db: sqlite3.Connection, codec: Codec, after: int, since: int, limit: int
) -> tuple[StoredFingerprint, ...]:
    rows = db.execute(
        "SELECT position, complaint_id, body FROM fingerprints WHERE position > ? ORDER BY position LIMIT ?",
        (max(after, Ids.first_at(since) - 1), limit),
    ).fetchall()
    return opened(codec, rows)


class SqliteFingerprints(ABC):
    """The part of `SqliteJournal` that remembers."""

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], T]) -> T: ...

    @abstractmethod
    def _w(self) -> Line: ...

    async def fingerprints(
        self, after: int, since: datetime, limit: int = 1000
    ) -> tuple[StoredFingerprint, ...]:
        return await self._ask(lambda reads: written(reads.db, reads.codec, after, micros(since), limit))

    async def forget_fingerprints(self, before: datetime, limit: int = 500) -> int:
        return await self._w().call(lambda tools: forget(tools, micros(before), limit))
