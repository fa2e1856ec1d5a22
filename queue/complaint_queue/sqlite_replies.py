"""The way out in SQLite: replies, deliveries, statuses and progress. What is written runs in the writer's transaction.

See `way_out` for what each of them promises.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from normalizer.errors import Damaged
from normalizer.record import EventKind

from .codec import Codec
from .sqlite_rows import Ids, insert, micros, moment
from .sqlite_writer import Tools
from .way_out import (
    REPLY_STATES,
    NewReply,
    Outcome,
    Person,
    Progress,
    ProviderWord,
    ReplyEntry,
    ReplyState,
    Said,
    WaitingReply,
)

_WAITING, _SENDING, _SENT, _REFUSED, _UNKNOWN, _DROPPED = range(6)
#: Later words of a provider about one message win over earlier ones, whatever the order of arrival.
RANK = {"": 0, "queued": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}
_pack = msgspec.msgpack.Encoder().encode


class Sealed(Struct, frozen=True):
    """A new reply with its words sealed, before it stands in line."""

    reply: NewReply
    body: bytes


def seal(codec: Codec, replies: Sequence[NewReply]) -> tuple[Sealed, ...]:
    """Seal the words outside the writer's thread. ValueError for a key that is none."""
    for reply in replies:
        if len(reply.person) != 16:
            raise ValueError("person is a key of 16 bytes")
    return tuple(Sealed(reply, codec.seal("reply", _pack(reply.said))) for reply in replies)


def add(tools: Tools, sealed: Sequence[Sealed]) -> None:
    """Put replies in line."""
    rows = []
    for one in sealed:
        r = one.reply
        due_at = tools.now if r.after is None else max(tools.now, micros(r.after))
        row = (tools.ids.next(), r.person, r.account, r.complaint_id, r.purpose, _WAITING, due_at, 0, 0, None)
        rows.append((*row, r.mark, one.body))
    if rows:
        insert(tools.db, "INSERT INTO replies", 12, rows)


def note_status(
    tools: Tools,
    name: bytes,
    complaint_id: int,
    before: Progress,
    sealed_now: bytes,
    replies: Sequence[Sealed],
) -> Outcome:
    """One status of the CRM: once, and only on top of the progress that it was worked out from."""
    db = tools.db
    if db.execute("SELECT 1 FROM statuses WHERE name = ?", (name,)).fetchone() is not None:
        return "duplicate"
    row = db.execute("SELECT body FROM progress WHERE complaint_id = ?", (complaint_id,)).fetchone()
    known = Progress() if row is None else tools.codec.unpack("progress", row[0], Progress)
    if known != before:
        return "moved"
    db.execute("INSERT INTO statuses VALUES (?, ?, ?)", (name, complaint_id, tools.now))
    db.execute(
        "INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", (complaint_id, sealed_now, tools.ids.next())
    )
    add(tools, replies)
    return "noted"


def begin(tools: Tools, reply_id: int) -> bool:
    """Count an attempt."""
    changed = tools.db.execute(
        "UPDATE replies SET state = ?, tries = tries + 1 WHERE reply_id = ? AND state = ?",
        (_SENDING, reply_id, _WAITING),
    )
    return changed.rowcount == 1


def sent(tools: Tools, reply_id: int, name: bytes | None, at: int) -> None:
    """The provider took it; what it has said of it already stays."""
    db = tools.db
    db.execute("UPDATE replies SET state = ?, ended_at = ? WHERE reply_id = ?", (_SENT, at, reply_id))
    if name is not None:
        db.execute(
            "INSERT INTO deliveries VALUES (?, ?, '', ?) ON CONFLICT DO UPDATE SET reply_id = excluded.reply_id",
            (name, reply_id, at),
        )


def later(tools: Tools, reply_id: int, at: int, unsure: bool) -> None:
    """The attempt failed; it is due again at `at`, and what waits behind it not before: else all of that would be
    looked through, at each look, to find what may be said."""
    tools.db.execute(
        "UPDATE replies SET state = ?, due_at = ?, unsure = unsure + ? WHERE reply_id = ? AND state = ?",
        (_WAITING, at, unsure, reply_id, _SENDING),
    )
    tools.db.execute(
        "UPDATE replies SET due_at = ?1 WHERE person = (SELECT person FROM replies WHERE reply_id = ?2) "
        "AND reply_id > ?2 AND state = 0 AND due_at < ?1",
        (at, reply_id),
    )


def ended(tools: Tools, reply_id: int, state: ReplyState, reason: str) -> None:
    """Nothing more is tried. The reason is sealed beside the words: it may quote an address."""
    row = tools.db.execute("SELECT body FROM replies WHERE reply_id = ?", (reply_id,)).fetchone()
    if row is None:
        return
    said = tools.codec.unpack("reply", row[0], Said)
    tools.db.execute(
        "UPDATE replies SET state = ?, ended_at = ?, body = ? WHERE reply_id = ? AND state < ?",
        (
            REPLY_STATES.index(state),
            tools.now,
            tools.codec.seal("reply", _pack(msgspec.structs.replace(said, trouble=reason[:300]))),
            reply_id,
            _SENT,
        ),
    )


def set_aside(tools: Tools, reply_id: int) -> None:
    """Its words do not open: it ends, so that those behind it leave."""
    tools.db.execute(
        "UPDATE replies SET state = ?, ended_at = ? WHERE reply_id = ? AND state < ?",
        (_DROPPED, tools.now, reply_id, _SENT),
    )


def recover(tools: Tools) -> tuple[int, int]:
    """What was being sent when the process ended: once more, and then no more."""
    again = tools.db.execute(
        "UPDATE replies SET state = ?, unsure = 1 WHERE state = ? AND unsure = 0", (_WAITING, _SENDING)
    ).rowcount
    given_up = tools.db.execute(
        "UPDATE replies SET state = ?, ended_at = ? WHERE state = ?", (_UNKNOWN, tools.now, _SENDING)
    ).rowcount
    return again, given_up


def note_words(tools: Tools, words: Sequence[ProviderWord]) -> None:
    """What providers say of our messages; a late lower word changes nothing."""
    for word in words:
        row = tools.db.execute("SELECT state FROM deliveries WHERE name = ?", (word.name,)).fetchone()
        if row is None:
            tools.db.execute("INSERT INTO deliveries VALUES (?, 0, ?, ?)", (word.name, word.state, tools.now))
        elif RANK[word.state] > RANK[row[0]]:
            tools.db.execute(
                "UPDATE deliveries SET state = ?, at = ? WHERE name = ?", (word.state, tools.now, word.name)
            )


class ReplyReads:
    """What is asked of the way out, over the reader's connection."""

    def __init__(self, db: sqlite3.Connection, codec: Codec) -> None:
        self.db, self.codec = db, codec

    def due(self, now: int, limit: int, without: Sequence[str]) -> tuple[tuple[WaitingReply, ...], list[int]]:
        """The replies, and the ids of those whose words do not open.

        `state < 2` stands in the index: without saying so again, SQLite would not use it.
        """
        rows = self.db.execute(
            "SELECT reply_id, person, account, complaint_id, purpose, tries, unsure, due_at, body FROM replies r "
            "WHERE state = 0 AND state < 2 AND due_at <= ?1 AND account NOT IN (SELECT value FROM json_each(?3)) "
            "AND NOT EXISTS (SELECT 1 FROM replies e WHERE e.person = r.person AND e.reply_id < r.reply_id "
            "AND e.state < 2 AND (e.state = 1 OR e.due_at <= ?1 OR e.tries > 0)) ORDER BY due_at LIMIT ?2",
            (now, limit, json.dumps(without)),
        ).fetchall()
        found, damaged = [], []
        for reply_id, person, account, complaint_id, purpose, tries, unsure, due_at, sealed in rows:
            try:
                said = self.codec.unpack("reply", sealed, Said)
            except Damaged:
                damaged.append(reply_id)
                continue
            found.append(
                WaitingReply(
                    reply_id=reply_id,
                    person=person,
                    account=account,
                    complaint_id=complaint_id,
                    purpose=purpose,
                    said=said,
                    tries=tries,
                    unsure=bool(unsure),
                    made_at=moment(Ids.time_of(reply_id)),
                    due_at=moment(due_at),
                )
            )
        return tuple(found), damaged

    def next(self, without: Sequence[str]) -> int | None:
        row = self.db.execute(
            "SELECT due_at FROM replies r WHERE state = 0 AND state < 2 "
            "AND account NOT IN (SELECT value FROM json_each(?)) "
            "AND NOT EXISTS (SELECT 1 FROM replies e WHERE e.person = r.person AND e.reply_id < r.reply_id "
            "AND e.state < 2 AND (e.state = 1 OR e.due_at <= r.due_at OR e.tries > 0)) ORDER BY due_at LIMIT 1",
            (json.dumps(without),),
        ).fetchone()
        return None if row is None else row[0]

    def of(self, complaint_id: int) -> tuple[ReplyEntry, ...]:
        rows = self.db.execute(
            "SELECT r.reply_id, purpose, r.state, ended_at, tries, unsure, body, "
            "(SELECT d.state FROM deliveries d WHERE d.reply_id = r.reply_id AND d.reply_id > 0) "
            "FROM replies r WHERE complaint_id = ? AND complaint_id > 0 ORDER BY r.reply_id",
            (complaint_id,),
        ).fetchall()
        return tuple(self._entry(row) for row in rows)

    def _entry(self, row: Any) -> ReplyEntry:
        reply_id, purpose, state, ended_at, tries, unsure, sealed, delivery = row
        return ReplyEntry(
            reply_id=reply_id,
            purpose=purpose,
            state=REPLY_STATES[state],
            made_at=moment(Ids.time_of(reply_id)),
            ended_at=None if ended_at is None else moment(ended_at),
            tries=tries,
            unsure=unsure,
            delivery=delivery or "",
            said=self.codec.unpack("reply", sealed, Said),
        )

    def person(self, person: bytes) -> Person:
        row = self.db.execute(
            "SELECT version, stopped, body FROM people WHERE person = ?", (person,)
        ).fetchone()
        if row is None:
            return Person()
        return Person(version=row[0], stopped=bool(row[1]), state=self.codec.open("person", row[2]))

    def kinds(self, complaint_id: int) -> tuple[EventKind, ...]:
        rows = self.db.execute(
            "SELECT kind FROM events WHERE complaint_id = ? AND revision = 0 ORDER BY sequence",
            (complaint_id,),
        ).fetchall()
        return tuple(row[0] for row in rows)

    def told(self, person: bytes, purpose: str, since: int, mark: bytes | None) -> int:
        row = self.db.execute(
            "SELECT count(*) FROM replies WHERE person = ?1 AND reply_id >= ?2 AND purpose = ?3 AND state <> 5 "
            "AND (?4 IS NULL OR mark = ?4)",
            (person, Ids.first_at(since), purpose, mark),
        ).fetchone()
        return int(row[0])

    def progress(self, complaint_id: int) -> Progress:
        row = self.db.execute("SELECT body FROM progress WHERE complaint_id = ?", (complaint_id,)).fetchone()
        return Progress() if row is None else self.codec.unpack("progress", row[0], Progress)
