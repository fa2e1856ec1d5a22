"""What the SQLite journal is asked: every query of its reader, on a connection that only reads.

In the lists that workers draw from, a row whose body does not open is left out and named beside the list, so that
one damaged record never hides the others.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from normalizer.errors import Damaged
from normalizer.record import RawEvent

from .codec import Codec
from .journal import (
    ComplaintFile,
    Depths,
    Kept,
    OutboxEvent,
    QuarantineEntry,
    StoredMessage,
)
from .media_rows import contents
from .sqlite_following import FollowReads
from .sqlite_line import Job
from .sqlite_media import MediaReads
from .sqlite_open import translate
from .sqlite_replies import ReplyReads
from .sqlite_rows import STATES, Details, Ids, MessageBody, moment, readable, ticket_text

_EVENT = "e.position, e.complaint_id, k.ticket, e.kind, e.sequence, e.revision, e.occurred_at, e.routing_key, e.body"
_MESSAGE = "message_id, raw_id, received_at, third_party, event_sequence, body, sender"
_ENTRY = "entry_id, account, stage, details, state, since, raw_id, complaint_id"


class Reads:
    """A connection and what can be asked over it."""

    def __init__(self, db: sqlite3.Connection, codec: Codec) -> None:
        self.db, self.codec = db, codec
        self.replies = ReplyReads(db, codec)
        self.media = MediaReads(db, codec)
        self.follow = FollowReads(db, codec)

    def run(self, jobs: list[Job]) -> None:
        """Answer each; handed to a `Line`."""
        for job in jobs:
            try:
                job.result = job.many(self, [job.payload])[0]
            except Exception as error:
                job.error = translate(error)

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self.db.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> Any:
        rows = self.db.execute(sql, values).fetchall()
        return rows[0] if rows else None

    # the way in

    def raw(self, raw_id: int) -> RawEvent:
        row = self._one("SELECT body FROM raws WHERE raw_id = ?", raw_id)
        if row is None:
            raise LookupError(f"there is no raw event {raw_id}")
        return self.codec.unpack("raw", row[0], RawEvent)

    def kept(self, limit: int) -> tuple[Kept, ...]:
        rows = self._all("SELECT raw_id, tries FROM kept ORDER BY raw_id LIMIT ?", limit)
        return tuple(Kept(raw_id=raw_id, tries=tries) for raw_id, tries in rows)

    def cursor(self, account: str, name: str) -> str | None:
        row = self._one("SELECT value FROM cursors WHERE account = ? AND name = ?", account, name)
        return None if row is None else str(row[0])

    # complaints

    def due(self, now: int, limit: int) -> tuple[int, ...]:
        rows = self._all(
            "SELECT complaint_id FROM complaints WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
            now,
            limit,
        )
        return tuple(row[0] for row in rows)

    def next_due(self) -> int | None:
        row = self._one("SELECT min(due_at) FROM complaints WHERE due_at IS NOT NULL")
        due_at: int | None = row[0]
        return due_at

    def complaint_by_ticket(self, ticket: int) -> ComplaintFile | None:
        row = self._one("SELECT complaint_id FROM complaints WHERE ticket = ?", ticket)
        return None if row is None else self.complaint(row[0])

    def complaint(self, complaint_id: int) -> ComplaintFile | None:
        # The version is read first: what joins while the rest is read makes `settle` say no, and never too much.
        row = self._one(
            "SELECT ticket, account, channel, office, opened_at, state, last_sequence, version, against "
            "FROM complaints WHERE complaint_id = ?",
            complaint_id,
        )
        if row is None:
            return None
        messages = self._all(
            f"SELECT {_MESSAGE} FROM messages WHERE message_id = ?1 AND complaint_id = ?1 UNION ALL "  # noqa: S608
            f"SELECT {_MESSAGE} FROM messages WHERE message_id IN "
            "(SELECT message_id FROM joined WHERE complaint_id = ?1)",
            complaint_id,
        )
        record = self._one("SELECT record FROM records WHERE complaint_id = ?", complaint_id)
        pending = self._one("SELECT count(*) FROM media WHERE complaint_id = ?", complaint_id)
        opened = tuple(self._message(m) for m in sorted(messages))
        return ComplaintFile(
            complaint_id=complaint_id,
            ticket=ticket_text(row[0]),
            account=row[1],
            channel=row[2],
            office_code=row[3],
            opened_at=moment(row[4]),
            state=STATES[row[5]],
            last_sequence=row[6],
            version=row[7],
            against_office=row[8],
            messages=opened,
            media_pending=pending[0],
            media=self.media.facts(contents(opened)),
            record=self.codec.open("record", record[0]) if record else b"",
        )

    def _message(self, row: Any) -> StoredMessage:
        message_id, _, received_at, third_party, event_sequence, sealed, sender = row
        body = self.codec.unpack("message", sealed, MessageBody)
        return StoredMessage(
            message_id=message_id,
            message=body.message,
            received_at=moment(received_at),
            raw_sha256=body.raw_sha256,
            third_party=bool(third_party),
            event_sequence=event_sequence,
            sender=sender,
        )

    def raw_hashes(self, message_ids: list[int]) -> dict[int, str]:
        """The raw event that each of these messages was read from, by its SHA-256."""
        found = {}
        for message_id in message_ids:
            row = self._one("SELECT body FROM messages WHERE message_id = ?", message_id)
            if row is not None:
                found[message_id] = self.codec.unpack("message", row[0], MessageBody).raw_sha256
        return found

    def triage(self, limit: int) -> tuple[int, ...]:
        rows = self._all(
            "SELECT complaint_id FROM complaints WHERE state = 3 ORDER BY complaint_id LIMIT ?", limit
        )
        return tuple(row[0] for row in rows)

    def filed(self, account: str, since: int, until: int, limit: int) -> tuple[ComplaintFile, ...]:
        rows = self._all(
            "SELECT complaint_id FROM complaints WHERE complaint_id BETWEEN ? AND ? AND account = ? "
            "AND state = 1 AND opened_at BETWEEN ? AND ? ORDER BY complaint_id DESC LIMIT ?",
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
                found.append(self.complaint(complaint_id))
            except Damaged:
                continue  # whoever settles it next puts it into quarantine
        return tuple(one for one in found if one is not None)

    # the outbox

    def unpublished(self, limit: int, after: int) -> tuple[tuple[OutboxEvent, ...], list[int]]:
        """The events, and the complaints of those that do not open (with everything behind them left out)."""
        rows = self._all(
            f"SELECT {_EVENT} FROM outbox o JOIN events e USING (position) "  # noqa: S608
            "JOIN complaints k ON k.complaint_id = o.complaint_id WHERE o.position > ? AND NOT EXISTS "
            "(SELECT 1 FROM quarantine q WHERE q.complaint_id = o.complaint_id AND q.stage = 'publish' "
            "AND q.state = 'held') ORDER BY o.position LIMIT ?",
            after,
            limit,
        )
        events, damaged = [], []
        for row in rows:
            if row[1] in damaged:
                continue
            try:
                events.append(self._event(row))
            except Damaged:
                damaged.append(row[1])
        return tuple(events), damaged

    def event(self, complaint_id: int, sequence: int) -> tuple[OutboxEvent, bool] | None:
        row = self._one(
            f"SELECT {_EVENT}, EXISTS (SELECT 1 FROM confirmed c WHERE c.position = e.position) "  # noqa: S608
            "FROM events e JOIN complaints k USING (complaint_id) "
            "WHERE e.complaint_id = ? AND e.sequence = ? ORDER BY e.revision DESC LIMIT 1",
            complaint_id,
            sequence,
        )
        return None if row is None else (self._event(row[:-1]), bool(row[-1]))

    def _event(self, row: Any) -> OutboxEvent:
        position, complaint_id, ticket, kind, sequence, revision, occurred_at, routing_key, sealed = row
        return OutboxEvent(
            position=position,
            complaint_id=complaint_id,
            ticket=ticket_text(ticket),
            kind=kind,
            sequence=sequence,
            revision=revision,
            occurred_at=moment(occurred_at),
            routing_key=routing_key,
            body=self.codec.open("event", sealed),
        )

    # quarantine

    def quarantined(self, state: str, limit: int) -> tuple[QuarantineEntry, ...]:
        rows = self._all(
            f"SELECT {_ENTRY} FROM quarantine WHERE state = ? ORDER BY entry_id LIMIT ?",  # noqa: S608
            state,
            limit,
        )
        return tuple(self._entry(row) for row in rows)

    def quarantine_entry(self, entry_id: int) -> QuarantineEntry | None:
        row = self._one(f"SELECT {_ENTRY} FROM quarantine WHERE entry_id = ?", entry_id)  # noqa: S608
        return None if row is None else self._entry(row)

    def _entry(self, row: Any) -> QuarantineEntry:
        entry_id, account, stage, sealed, state, since, raw_id, complaint_id = row
        try:
            details = self.codec.unpack("quarantine", sealed, Details)
        except Damaged as error:
            details = Details(str(error))
        return QuarantineEntry(
            entry_id=entry_id,
            account=account,
            stage=stage,
            reason=details.reason,
            item=details.item,
            external_id=details.external_id,
            state=state,
            since=moment(since),
            raw_id=raw_id,
            complaint_id=complaint_id,
        )

    # watching

    def depths(self) -> Depths:
        row = self._one(
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

    def recent(self, office: str | None, hidden_from: str, limit: int) -> tuple[Any, ...]:
        where = "against <> ?2 OR ?2 = ''"
        if office is not None:
            where = f"office = ?3 AND office <> '' AND against <> office AND ({where})"
        rows = self._all(
            f"SELECT ticket, opened_at, channel FROM complaints WHERE {where} "  # noqa: S608
            "ORDER BY complaint_id DESC LIMIT ?1",
            *(limit, hidden_from),
            *([] if office is None else [office]),
        )
        return readable(lambda row: (ticket_text(row[0]), moment(row[1]), row[2]), rows)

    def about(self, offices: Sequence[str], limit: int) -> tuple[Any, ...]:
        # CROSS JOIN: one walk through the index per office, whatever the planner believes of so rare a column.
        rows = self._all(
            "SELECT ticket, opened_at, against FROM json_each(?1) CROSS JOIN complaints "
            "WHERE against = value AND against <> '' ORDER BY complaint_id DESC LIMIT ?2",
            json.dumps(list(offices)),
            limit,
        )
        return readable(lambda row: (ticket_text(row[0]), moment(row[1]), row[2]), rows)

    def check(self) -> tuple[str, ...]:
        """Everything that SQLite finds wrong with its structure; reads the whole database."""
        problems = tuple(str(row[0]) for row in self._all("PRAGMA integrity_check(100)"))
        return () if problems == ("ok",) else problems
