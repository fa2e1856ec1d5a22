"""What a gateway works on, of all that waits in a journal which it shares with others.

Every piece of work has a holder: the gateway that took the message in. While that one is alive nobody else touches
it; when it has not been heard of for `LEASE` seconds, whoever asks next takes its work over, a row at a time and
never waiting for another that does the same. That only saves work: what must not happen twice is guarded where it
is written (claims, a complaint's version, `begin_reply`, the order of a complaint's events).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from normalizer.errors import Damaged

from .journal import Kept, MediaJob, MediaStep, OutboxEvent
from .media_rows import STEPS
from .postgres_rows import Db
from .stored import EVENT, REPLY, Stored
from .way_out import WaitingReply

#: Seconds for which a gateway counts as alive after it was heard of, and how often it is heard of.
LEASE, HEARTBEAT = 12.0, 3.0
#: The gateways that are alive, but for $1; none for somebody who only looks (0).
_OTHERS = (
    "ARRAY(SELECT gateway FROM gateways "
    "WHERE $1::bigint NOT IN (0::bigint, gateway) AND until > clock_timestamp())"
)


async def others(db: Db, gateway: int) -> list[int]:
    """The other gateways that are alive."""
    found: list[int] = await db.fetchval(f"SELECT {_OTHERS}", gateway)
    return found


async def _mine(db: Db, gateway: int, table: str, key: str, rows: Sequence[Any]) -> list[Any]:
    """Of `rows` (its key first, its holder last) those that are ours, or that we now took from a dead gateway."""
    foreign = [row[0] for row in rows if row[-1] != gateway]
    if not foreign or gateway == 0:
        return list(rows)
    taken = await db.fetch(
        f"UPDATE {table} SET holder = $1 WHERE {key} IN (SELECT {key} FROM {table} WHERE {key} = ANY ($2::bigint[]) "  # noqa: S608
        f"AND holder <> ALL ({_OTHERS}) FOR UPDATE SKIP LOCKED) RETURNING {key}",
        gateway,
        foreign,
    )
    ours = {row[0] for row in taken}
    return [row for row in rows if row[-1] == gateway or row[0] in ours]


class Work:
    """What waits for one gateway; 0 is nobody, who looks at everything and takes nothing."""

    def __init__(self, db: Db, stored: Stored, gateway: int) -> None:
        self.db, self.stored, self.gateway = db, stored, gateway

    async def kept(self, limit: int) -> tuple[Kept, ...]:
        rows = await self.db.fetch(
            f"SELECT raw_id, tries, holder FROM kept WHERE holder <> ALL ({_OTHERS}) ORDER BY raw_id LIMIT $2",  # noqa: S608
            self.gateway,
            limit,
        )
        mine = await _mine(self.db, self.gateway, "kept", "raw_id", rows)
        return tuple(Kept(raw_id=row[0], tries=row[1]) for row in mine)

    async def due(self, now: int, limit: int) -> tuple[int, ...]:
        rows = await self.db.fetch(
            "SELECT complaint_id, holder FROM complaints WHERE due_at IS NOT NULL AND due_at <= $2 "  # noqa: S608
            f"AND holder <> ALL ({_OTHERS}) ORDER BY due_at LIMIT $3",
            self.gateway,
            now,
            limit,
        )
        mine = await _mine(self.db, self.gateway, "complaints", "complaint_id", rows)
        return tuple(row[0] for row in mine)

    async def next_due(self) -> int | None:
        due_at: int | None = await self.db.fetchval(
            f"SELECT min(due_at) FROM complaints WHERE due_at IS NOT NULL AND holder <> ALL ({_OTHERS})",  # noqa: S608
            self.gateway,
        )
        return due_at

    async def unpublished(self, limit: int, after: int) -> tuple[tuple[OutboxEvent, ...], list[int]]:
        """The events, and the complaints of those that do not open (with everything behind them left out)."""
        rows = await self.db.fetch(
            f"SELECT {EVENT}, o.holder FROM outbox o JOIN events e USING (position) "  # noqa: S608
            "JOIN complaints k ON k.complaint_id = o.complaint_id WHERE o.position > $2 "
            f"AND o.holder <> ALL ({_OTHERS}) AND NOT EXISTS "
            "(SELECT 1 FROM quarantine q WHERE q.complaint_id = o.complaint_id AND q.stage = 'publish' "
            "AND q.state = 'held') ORDER BY o.position LIMIT $3",
            self.gateway,
            after,
            limit,
        )
        events: list[OutboxEvent] = []
        damaged: list[int] = []
        for row in await _mine(self.db, self.gateway, "outbox", "position", rows):
            if row[1] in damaged:
                continue
            try:
                events.append(self.stored.event(tuple(row)[:-1]))
            except Damaged:
                damaged.append(row[1])
        return tuple(events), damaged

    async def media_due(
        self, now: int, limit: int, step: MediaStep
    ) -> tuple[tuple[MediaJob, ...], list[int]]:
        """The jobs, and the complaints of those whose message does not open."""
        rows = await self.db.fetch(
            "SELECT j.job_id, k.account, j.message_id, j.place, j.tries, m.body, j.complaint_id, j.holder "  # noqa: S608
            "FROM media j JOIN messages m USING (message_id) JOIN complaints k ON k.complaint_id = j.complaint_id "
            f"WHERE j.step = $4 AND j.due_at <= $2 AND j.holder <> ALL ({_OTHERS}) "
            "ORDER BY j.due_at, j.job_id LIMIT $3",
            self.gateway,
            now,
            limit,
            STEPS.index(step),
        )
        jobs, damaged = [], []
        for row in await _mine(self.db, self.gateway, "media", "job_id", rows):
            try:
                jobs.append(self.stored.media(tuple(row)[:-2]))
            except Damaged:
                damaged.append(row[-2])
        return tuple(jobs), damaged

    async def replies_due(
        self, now: int, limit: int, without: Sequence[str]
    ) -> tuple[tuple[WaitingReply, ...], list[int]]:
        """The replies, and the ids of those whose words do not open. Whoever begins one has it."""
        rows = await self.db.fetch(
            f"SELECT {REPLY} FROM replies r WHERE state = 0 AND due_at <= $1 "  # noqa: S608
            "AND account <> ALL ($3::text[]) AND NOT EXISTS "
            "(SELECT 1 FROM replies e WHERE e.person = r.person AND e.reply_id < r.reply_id AND e.state < 2 "
            "AND (e.state = 1 OR e.due_at <= $1 OR e.tries > 0)) ORDER BY due_at, reply_id LIMIT $2",
            now,
            limit,
            list(without),
        )
        found, damaged = [], []
        for row in rows:
            try:
                found.append(self.stored.waiting(row))
            except Damaged:
                damaged.append(row[0])
        return tuple(found), damaged

    async def next_reply(self, without: Sequence[str]) -> int | None:
        due_at: int | None = await self.db.fetchval(
            "SELECT due_at FROM replies r WHERE state = 0 AND account <> ALL ($1::text[]) "
            "AND NOT EXISTS (SELECT 1 FROM replies e "
            "WHERE e.person = r.person AND e.reply_id < r.reply_id AND e.state < 2 "
            "AND (e.state = 1 OR e.due_at <= r.due_at OR e.tries > 0)) ORDER BY due_at LIMIT 1",
            list(without),
        )
        return due_at
