"""What the PostgreSQL journal is asked by whoever looks at it: every query but those that hand out work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from normalizer.errors import Damaged
from normalizer.record import EventKind, RawEvent

from . import postgres_media as media
from .codec import Codec
from .journal import ComplaintFile, Depths, OutboxEvent, QuarantineEntry
from .media_rows import contents
from .postgres_following import FollowReads
from .postgres_rows import Db
from .postgres_work import Work
from .sqlite_rows import Ids, MessageBody, moment, readable, ticket_text
from .stored import COMPLAINT, ENTRY, EVENT, MESSAGE, Stored
from .way_out import Person, Progress, ReplyEntry


class Reads:
    """A connection and what can be asked over it; `work` is what waits for this gateway."""

    def __init__(self, db: Db, codec: Codec, gateway: int) -> None:
        self.db, self.codec = db, codec
        self.stored = Stored(codec)
        self.work = Work(db, self.stored, gateway)
        self.follow = FollowReads(db, codec)

    # the way in

    async def raw(self, raw_id: int) -> RawEvent:
        sealed = await self.db.fetchval("SELECT body FROM raws WHERE raw_id = $1", raw_id)
        if sealed is None:
            raise LookupError(f"there is no raw event {raw_id}")
        return self.codec.unpack("raw", sealed, RawEvent)

    async def cursor(self, account: str, name: str) -> str | None:
        value: str | None = await self.db.fetchval(
            "SELECT value FROM cursors WHERE account = $1 AND name = $2", account, name
        )
        return value

    # complaints

    async def complaint_by_ticket(self, ticket: int) -> ComplaintFile | None:
        found = await self.db.fetchval("SELECT complaint_id FROM complaints WHERE ticket = $1", ticket)
        return None if found is None else await self.complaint(found)

    async def complaint(self, complaint_id: int) -> ComplaintFile | None:
        # The version is read first: what joins while the rest is read makes `settle` say no, and never too much.
        row = await self.db.fetchrow(
            f"SELECT {COMPLAINT}, (SELECT record FROM records r WHERE r.complaint_id = c.complaint_id), "  # noqa: S608
            "(SELECT count(*) FROM media m WHERE m.complaint_id = c.complaint_id) "
            "FROM complaints c WHERE complaint_id = $1",
            complaint_id,
        )
        if row is None:
            return None
        messages = await self.db.fetch(
            f"SELECT {MESSAGE} FROM messages WHERE message_id = $1 AND complaint_id = $1 UNION ALL "  # noqa: S608
            f"SELECT {MESSAGE} FROM messages WHERE message_id IN "
            "(SELECT message_id FROM joined WHERE complaint_id = $1)",
            complaint_id,
        )
        file = self.stored.complaint(complaint_id, row, messages, row[-2], row[-1])
        found = await media.facts(self.db, self.codec, contents(file.messages))
        return replace(file, media=found) if found else file

    async def raw_hashes(self, message_ids: Sequence[int]) -> dict[int, str]:
        """The raw event that each of these messages was read from, by its SHA-256."""
        rows = await self.db.fetch(
            "SELECT message_id, body FROM messages WHERE message_id = ANY ($1::bigint[])", list(message_ids)
        )
        return {row[0]: self.codec.unpack("message", row[1], MessageBody).raw_sha256 for row in rows}

    async def triage(self, limit: int) -> tuple[int, ...]:
        rows = await self.db.fetch(
            "SELECT complaint_id FROM complaints WHERE state = 3 ORDER BY complaint_id LIMIT $1", limit
        )
        return tuple(row[0] for row in rows)

    async def filed(self, account: str, since: int, until: int, limit: int) -> tuple[ComplaintFile, ...]:
        rows = await self.db.fetch(
            "SELECT complaint_id FROM complaints WHERE complaint_id BETWEEN $1 AND $2 AND account = $3 "
            "AND state = 1 AND opened_at BETWEEN $4 AND $5 ORDER BY complaint_id DESC LIMIT $6",
            Ids.first_at(since),
            Ids.first_at(until + 60_000_000),  # ids may run ahead of the clock under load
            account,
            since,
            until,
            limit,
        )
        found = []
        for (complaint_id,) in rows:
            try:
                found.append(await self.complaint(complaint_id))
            except Damaged:
                continue  # whoever settles it next puts it into quarantine
        return tuple(one for one in found if one is not None)

    async def event(self, complaint_id: int, sequence: int) -> tuple[OutboxEvent, bool] | None:
        row = await self.db.fetchrow(
            f"SELECT {EVENT}, EXISTS (SELECT 1 FROM confirmed c WHERE c.position = e.position) "  # noqa: S608
            "FROM events e JOIN complaints k USING (complaint_id) "
            "WHERE e.complaint_id = $1 AND e.sequence = $2 ORDER BY e.revision DESC LIMIT 1",
            complaint_id,
            sequence,
        )
        return None if row is None else (self.stored.event(tuple(row)[:-1]), bool(row[-1]))

    # quarantine

    async def quarantined(self, state: str, limit: int) -> tuple[QuarantineEntry, ...]:
        rows = await self.db.fetch(
            f"SELECT {ENTRY} FROM quarantine WHERE state = $1 ORDER BY entry_id LIMIT $2",  # noqa: S608
            state,
            limit,
        )
        return tuple(self.stored.entry(row) for row in rows)

    async def quarantine_entry(self, entry_id: int) -> QuarantineEntry | None:
        row = await self.db.fetchrow(f"SELECT {ENTRY} FROM quarantine WHERE entry_id = $1", entry_id)  # noqa: S608
        return None if row is None else self.stored.entry(row)

    # the way out

    async def replies_of(self, complaint_id: int) -> tuple[ReplyEntry, ...]:
        rows = await self.db.fetch(
            "SELECT r.reply_id, purpose, r.state, ended_at, tries, unsure, body, "
            "(SELECT d.state FROM deliveries d WHERE d.reply_id = r.reply_id AND d.reply_id > 0 LIMIT 1) "
            "FROM replies r WHERE complaint_id = $1 AND complaint_id > 0 ORDER BY r.reply_id",
            complaint_id,
        )
        return tuple(self.stored.reply(row) for row in rows)

    async def person(self, person: bytes) -> Person:
        row = await self.db.fetchrow("SELECT version, stopped, body FROM people WHERE person = $1", person)
        if row is None:
            return Person()
        return Person(version=row[0], stopped=row[1], state=self.codec.open("person", row[2]))

    async def kinds(self, complaint_id: int) -> tuple[EventKind, ...]:
        rows = await self.db.fetch(
            "SELECT kind FROM events WHERE complaint_id = $1 AND revision = 0 ORDER BY sequence", complaint_id
        )
        return tuple(row[0] for row in rows)

    async def told(self, person: bytes, purpose: str, since: int, mark: bytes | None) -> int:
        count: int = await self.db.fetchval(
            "SELECT count(*) FROM replies WHERE person = $1 AND reply_id >= $2 AND purpose = $3 AND state <> 5 "
            "AND ($4::bytea IS NULL OR mark = $4)",
            person,
            Ids.first_at(since),
            purpose,
            mark,
        )
        return count

    async def progress(self, complaint_id: int) -> Progress:
        sealed = await self.db.fetchval("SELECT body FROM progress WHERE complaint_id = $1", complaint_id)
        return Progress() if sealed is None else self.codec.unpack("progress", sealed, Progress)

    # watching

    async def depths(self) -> Depths:
        row = await self.db.fetchrow(
            "SELECT (SELECT count(*) FROM kept), "
            "(SELECT count(*) FROM complaints WHERE due_at IS NOT NULL AND state = 0), "
            "(SELECT count(*) FROM complaints WHERE due_at IS NOT NULL), "
            "(SELECT count(*) FROM outbox), "
            "(SELECT occurred_at FROM events WHERE position = (SELECT min(position) FROM outbox)), "
            "(SELECT count(*) FROM media), "
            "(SELECT count(*) FROM quarantine WHERE state = 'held'), "
            "(SELECT count(*) FROM complaints WHERE state = 3), "
            "(SELECT min(opened_at) FROM complaints WHERE state = 3)"
        )
        assert row is not None  # noqa: S101 - it selects one row
        return Depths(
            kept=row[0],
            open_complaints=row[1],
            tasks=row[2],
            unpublished=row[3],
            oldest_unpublished=None if row[4] is None else moment(row[4]),
            media_pending=row[5],
            quarantined=row[6],
            triage=row[7],
            oldest_triage=None if row[8] is None else moment(row[8]),
        )

    async def recent(self, office: str | None, hidden_from: str, limit: int) -> tuple[Any, ...]:
        where = "(against <> $2 OR $2 = '')"
        if office is not None:
            where = f"office = $3 AND office <> '' AND against <> office AND {where}"
        rows = await self.db.fetch(
            f"SELECT ticket, opened_at, channel FROM complaints WHERE {where} "  # noqa: S608
            "ORDER BY complaint_id DESC LIMIT $1",
            *(limit, hidden_from),
            *([] if office is None else [office]),
        )
        return readable(lambda row: (ticket_text(row[0]), moment(row[1]), row[2]), rows)

    async def about(self, offices: Sequence[str], limit: int) -> tuple[Any, ...]:
        rows = await self.db.fetch(
            "SELECT ticket, opened_at, against FROM complaints WHERE against = ANY ($1::text[]) AND against <> '' "
            "ORDER BY complaint_id DESC LIMIT $2",
            list(offices),
            limit,
        )
        return readable(lambda row: (ticket_text(row[0]), moment(row[1]), row[2]), rows)
