"""How the PostgreSQL journal looks after what it holds (`keeping.Keeping`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from . import keeping_rows as rows
from .codec import Codec
from .keeping import (
    Pruning,
    RawKind,
    Restored,
    WalkedClaims,
    WalkedComplaint,
    WalkedEvent,
    WalkedFacts,
    WalkedMessage,
    WalkedRaw,
)
from .postgres_writer import Turn, Writer
from .sqlite_keeping import leap, leapt_days
from .sqlite_rows import micros

if TYPE_CHECKING:
    from .postgres_reads import Reads

T = TypeVar("T")
_CLAIMS = (
    "SELECT c.claim, EXISTS (SELECT 1 FROM messages m WHERE m.message_id = c.message_id "
    "AND m.complaint_id = c.complaint_id) OR c.message_id = 0 FROM claims c WHERE c.claim >= $1 "
    "ORDER BY c.claim LIMIT $2"
)


class PostgresKeeping(ABC):
    """The part of `PostgresJournal` that looks after what it holds."""

    codec: Codec

    @abstractmethod
    def _w(self) -> Writer: ...

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], Awaitable[T]]) -> T: ...

    async def prune(self, before: Mapping[RawKind, datetime], after: int, limit: int) -> Pruning:
        ages = rows.Ages({kind: micros(moment) for kind, moment in before.items()})
        return await self._w().call(lambda turn: _prune(turn, ages, after, limit))

    async def pruned_through(self) -> int:
        found = await self._rows("SELECT coalesce(max(through), 0) FROM pruned")
        return int(found[0][0])

    async def raws_after(self, after: int, limit: int) -> tuple[WalkedRaw, ...]:
        return await self._walk(rows.RAWS, rows.Walks(self.codec).raw, after, limit)

    async def messages_after(self, after: int, limit: int) -> tuple[WalkedMessage, ...]:
        return await self._walk(rows.MESSAGES, rows.Walks(self.codec).message, after, limit)

    async def ledger_after(self, after: int, limit: int) -> tuple[WalkedEvent, ...]:
        return await self._walk(rows.LEDGER, rows.Walks(self.codec).event, after, limit)

    async def complaints_after(self, after: int, limit: int) -> tuple[WalkedComplaint, ...]:
        return await self._walk(rows.COMPLAINTS, rows.Walks(self.codec).complaint, after, limit)

    async def facts_after(self, after: bytes, limit: int) -> tuple[WalkedFacts, ...]:
        return await self._walk(rows.FACTS, rows.Walks(self.codec).facts, after, limit)

    async def claims_from(self, begin: bytes, limit: int) -> WalkedClaims:
        found = await self._rows(_CLAIMS, begin, limit + 1)
        page, rest = found[:limit], found[limit:]
        return WalkedClaims(
            seen=len(page),
            broken=sum(not row[1] for row in page),
            following=bytes(rest[0][0]) if rest else None,
        )

    async def orphans(self) -> dict[str, int]:
        found = {}
        for table, condition in rows.ORPHANS.items():
            count = (await self._rows(f"SELECT count(*) FROM {condition}"))[0][0]  # noqa: S608
            if count:
                found[table] = int(count)
        return found

    async def sizes(self) -> dict[str, int]:
        return {
            table: int((await self._rows(f"SELECT count(*) FROM {table}"))[0][0])  # noqa: S608
            for table in rows.SIZES
        }

    async def restored(self) -> Restored:
        found = await self._rows("SELECT epoch, first_id FROM restored ORDER BY epoch DESC LIMIT 1")
        return Restored(epoch=found[0][0], first_id=found[0][1]) if found else Restored()

    async def note_restored(self, taken_at: datetime) -> Restored:
        return await self._w().call(lambda turn: _restored(turn, taken_at))

    async def _rows(self, sql: str, *values: Any) -> list[Any]:
        return await self._ask(lambda reads: reads.db.fetch(sql, *values))

    async def _walk(self, sql: str, made: Callable[[Any], T], after: Any, limit: int) -> tuple[T, ...]:
        return tuple(map(made, await self._rows(sql, after, limit)))


async def _prune(turn: Turn, ages: rows.Ages, after: int, limit: int) -> Pruning:
    page = await turn.db.fetch(rows.PRUNABLE, after, ages.furthest, limit)
    gone = ages.chosen(page)
    if gone:
        await turn.db.execute("DELETE FROM raws WHERE raw_id = ANY ($1::bigint[])", gone)
        await turn.db.execute("DELETE FROM fates WHERE raw_id = ANY ($1::bigint[])", gone)
        await turn.db.execute(
            "INSERT INTO pruned VALUES (1, $1) ON CONFLICT (one) "
            "DO UPDATE SET through = greatest(pruned.through, excluded.through)",
            gone[-1],
        )
    return Pruning(gone=len(gone), through=page[-1][0] if page else after, more=len(page) == limit)


async def _restored(turn: Turn, taken_at: datetime) -> Restored:
    db = turn.db
    first_id = turn.ids.next()
    epoch = await db.fetchval("SELECT coalesce(max(epoch), 0) + 1 FROM restored")
    await db.execute("INSERT INTO restored VALUES ($1, $2, $3)", epoch, first_id, turn.now)
    for day in leapt_days(taken_at, turn.now):
        last = await db.fetchval("SELECT last FROM days WHERE day = $1", day)
        await db.execute(
            "INSERT INTO days VALUES ($1, $2) ON CONFLICT (day) DO UPDATE SET last = excluded.last",
            day,
            leap(last or 0),
        )
    return Restored(epoch=epoch, first_id=first_id)
