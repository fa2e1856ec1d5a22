"""How the SQLite journal looks after what it holds (`keeping.Keeping`)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from struct import Struct as Layout
from typing import TYPE_CHECKING, Any, TypeVar

from normalizer.identity import ticket_day

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
from .sqlite_line import Line
from .sqlite_rows import day_number, micros, where_in
from .sqlite_writer import Tools

if TYPE_CHECKING:
    from .sqlite_reads import Reads

T = TypeVar("T")
_HALVES = Layout(">qq")
READ_LATER = timedelta(days=2)
#: A whole claim is found by its first half; those that share it are kept apart.
_CLAIMS = (
    "SELECT c.key, EXISTS (SELECT 1 FROM messages m WHERE m.message_id = c.message_id "
    "AND m.complaint_id = c.complaint_id) OR c.message_id = 0 FROM claims c WHERE c.key >= ? ORDER BY c.key LIMIT ?"
)
_MORE_CLAIMS = (
    "SELECT count(*), coalesce(sum(c.message_id <> 0 AND NOT EXISTS (SELECT 1 FROM messages m "
    "WHERE m.message_id = c.message_id AND m.complaint_id = c.complaint_id)), 0) FROM more_claims c"
)


def numbered(text: str) -> str:
    """SQL of both databases as SQLite has its numbered values."""
    return re.sub(r"\$(\d)", r"?\1", text)


class SqliteKeeping(ABC):
    """The part of `SqliteJournal` that looks after what it holds."""

    codec: Codec

    @abstractmethod
    def _w(self) -> Line: ...

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], T]) -> T: ...

    async def prune(self, before: Mapping[RawKind, datetime], after: int, limit: int) -> Pruning:
        ages = rows.Ages({kind: micros(moment) for kind, moment in before.items()})
        return await self._w().call(lambda tools: _prune(tools, ages, after, limit))

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
        first = _HALVES.unpack(begin)[0] if begin else -(1 << 63)
        found = await self._rows(_CLAIMS, first, limit + 1)
        page, rest = found[:limit], found[limit:]
        seen, broken = len(page), sum(not good for _, good in page)
        if not rest:
            more = (await self._rows(_MORE_CLAIMS))[0]
            seen, broken = seen + more[0], broken + more[1]
        following = _HALVES.pack(rest[0][0], 0) if rest else None
        return WalkedClaims(seen=seen, broken=broken, following=following)

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
        return await self._w().call(lambda tools: _restored(tools, taken_at))

    async def _rows(self, sql: str, *values: Any) -> list[Any]:
        return await self._ask(lambda reads: reads.db.execute(sql, values).fetchall())

    async def _walk(self, sql: str, made: Callable[[Any], T], after: Any, limit: int) -> tuple[T, ...]:
        found = await self._rows(numbered(sql), after, limit)
        return tuple(map(made, found))


def _prune(tools: Tools, ages: rows.Ages, after: int, limit: int) -> Pruning:
    db = tools.db
    page = db.execute(numbered(rows.PRUNABLE), (after, ages.furthest, limit)).fetchall()
    gone = ages.chosen(page)
    if gone:
        where_in(db, "DELETE FROM raws WHERE raw_id IN", gone)
        where_in(db, "DELETE FROM fates WHERE raw_id IN", gone)
        db.execute(
            "INSERT INTO pruned VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET through = max(through, excluded.through)",
            (gone[-1],),
        )
    return Pruning(gone=len(gone), through=page[-1][0] if page else after, more=len(page) == limit)


def _restored(tools: Tools, taken_at: datetime) -> Restored:
    db = tools.db
    first_id = tools.ids.next()
    epoch = db.execute("SELECT coalesce(max(epoch), 0) + 1 FROM restored").fetchone()[0]
    db.execute("INSERT INTO restored VALUES (?, ?, ?)", (epoch, first_id, tools.now))
    for day in leapt_days(taken_at, tools.now):
        row = db.execute("SELECT last FROM days WHERE day = ?", (day,)).fetchone()
        db.execute("INSERT OR REPLACE INTO days VALUES (?, ?)", (day, leap(row[0] if row else 0)))
    return Restored(epoch=epoch, first_id=first_id)


def leap(last: int) -> int:
    """The ticket number from which a day goes on: nobody gave so many in between."""
    return (last // rows.LEAP + 1) * rows.LEAP


def leapt_days(taken_at: datetime, now: int) -> list[int]:
    """The days of which tickets may have been given since a backup, as `days` names them.

    A mail that came before it and was read after it has a ticket of the day on which it came.
    """
    first, last = ticket_day(taken_at - READ_LATER), ticket_day(datetime.fromtimestamp(now / 1_000_000, UTC))
    count = max(0, (last - first).days)
    return [day_number((first + timedelta(days=n)).isoformat()) for n in range(count + 1)]
