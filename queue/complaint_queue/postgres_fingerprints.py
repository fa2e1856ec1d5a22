"""Fingerprints in the PostgreSQL journal (`fingerprints.Remembers`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from .fingerprints import StoredFingerprint
from .postgres_rows import Together
from .sqlite_fingerprints import opened
from .sqlite_rows import Ids, micros

if TYPE_CHECKING:
    from .postgres_reads import Reads
    from .postgres_writer import Turn, Writer

T = TypeVar("T")


def remember(turn: Turn, out: Together, prints: dict[int, bytes]) -> None:
    """Write sealed fingerprints by complaint, each in place of an older one."""
    out.insert(
        "fingerprints",
        "bigint bigint bytea",
        [(turn.ids.next(), complaint_id, sealed) for complaint_id, sealed in prints.items()],
        "ON CONFLICT (complaint_id) DO UPDATE SET position = excluded.position, body = excluded.body",
    )


class PostgresFingerprints(ABC):
    """The part of `PostgresJournal` that remembers."""

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], Awaitable[T]]) -> T: ...

    @abstractmethod
    def _w(self) -> Writer: ...

    async def fingerprints(
        self, after: int, since: datetime, limit: int = 1000
    ) -> tuple[StoredFingerprint, ...]:
        async def written(reads: Reads) -> tuple[StoredFingerprint, ...]:
            rows = await reads.db.fetch(
                "SELECT position, complaint_id, body FROM fingerprints WHERE position > $1 "
                "ORDER BY position LIMIT $2",
                max(after, Ids.first_at(micros(since)) - 1),
                limit,
            )
            return opened(reads.codec, rows)

        return await self._ask(written)

    async def forget_fingerprints(self, before: datetime, limit: int = 500) -> int:
        async def forget(turn: Turn) -> int:
            gone = await turn.db.fetch(
                "DELETE FROM fingerprints WHERE position IN (SELECT position FROM fingerprints "
                "WHERE position < $1 ORDER BY position LIMIT $2) RETURNING position",
                Ids.first_at(micros(before)),
                limit,
            )
            return len(gone)

        return await self._w().call(forget)
