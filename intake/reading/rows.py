"""What one page of the journal's story changes in the derived store: plain rows, written in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from complaint_queue.blank import ERASED, is_erased
from complaint_queue.following import Advance, Arrival, Outgoing, Standing
from complaint_queue.journal import OutboxEvent
from complaint_queue.sqlite_rows import STATES, micros
from normalizer.record import Complaint

#: Thresholds of the histogram of delays, in milliseconds; the last one holds everything above.
DELAYS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 15000, 60000, 600000, 10**9)
#: Characters of a public text that a search finds and a list shows.
TEXT = 4000
#: Microseconds of a day; as the schema's triggers count them, from Jakarta's midnight (UTC+7, no summer time).
DAY, JAKARTA_AHEAD = 86_400_000_000, 25_200_000_000
_ONE_MINUTE = timedelta(minutes=1) // timedelta(microseconds=1)

_FIELDS = (
    "kind", "kind_confidence", "language", "category", "category_confidence", "kelurahan", "kecamatan", "city",
    "inside", "place_method", "latitude", "longitude", "confidential", "anonymous", "flags", "files", "reporter",
    "why", "text",
)  # fmt: skip
_UPDATE = (
    f"UPDATE complaints SET {', '.join(f'{name} = ?' for name in _FIELDS)}, against = ?, state = ?, "  # noqa: S608
    "sequence = max(sequence, ?) WHERE complaint_id = ? AND sequence <= ?"
)


def mark(db: sqlite3.Connection, name: str, value: int) -> None:
    """Remember how far this part of the story was followed."""
    db.execute(
        "INSERT INTO marks VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value)
    )


def marks(db: sqlite3.Connection) -> dict[str, int]:
    return dict(db.execute("SELECT name, value FROM marks").fetchall())


def add_arrivals(db: sqlite3.Connection, arrivals: Sequence[Arrival]) -> None:
    """New messages, the complaints that they opened, and the counts."""
    for one in arrivals:
        at = micros(one.received_at)
        fresh = db.execute(
            "INSERT INTO messages VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (one.message_id, one.complaint_id, at),
        ).rowcount
        if not fresh:
            continue
        opened = db.execute(
            "INSERT INTO complaints (complaint_id, ticket, account, channel, office, against, opened_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                one.complaint_id,
                one.ticket,
                one.account,
                one.channel,
                one.office_code,
                one.against_office,
                micros(one.opened_at),
            ),
        ).rowcount
        minute = at // _ONE_MINUTE * 60
        db.execute(
            "INSERT INTO lately VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET slot = max(slot, excluded.slot)",
            (one.account, one.channel, minute),
        )
        for table, slot in (("minutes", minute), ("hours", minute - minute % 3600)):
            db.execute(
                f"INSERT INTO {table} VALUES (?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET "  # noqa: S608
                "messages = messages + 1, complaints = complaints + excluded.complaints",
                (slot, one.channel, one.account, opened),
            )


def add_events(db: sqlite3.Connection, events: Iterable[tuple[OutboxEvent, Complaint | None]]) -> None:
    """Events with the record that each carries (None where it does not open)."""
    for event, record in events:
        db.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING",
            (event.position, event.complaint_id, event.sequence, event.kind, micros(event.occurred_at)),
        )
        if record is not None:
            _describe(
                db, event.complaint_id, record, record.against_office, STATES.index("filed"), event.sequence
            )


def add_standings(db: sqlite3.Connection, standings: Sequence[Standing]) -> None:
    """What was decided about complaints that no event speaks of."""
    for one in standings:
        state = STATES.index(one.state)
        if one.state in ("filed", "open"):
            # An event says the rest; here only the waiting ends.
            db.execute("UPDATE complaints SET state = ? WHERE complaint_id = ?", (state, one.complaint_id))
        elif one.record:
            record = msgspec.msgpack.decode(one.record, type=Complaint)
            _describe(db, one.complaint_id, record, one.against_office, state, 0)


def confirm(db: sqlite3.Connection, confirmed: dict[int, datetime]) -> None:
    """Events that the broker has, and how long they took since the last word that they speak of."""
    for position, at in confirmed.items():
        moment = micros(at)
        db.execute("UPDATE events SET confirmed_at = ? WHERE position = ?", (moment, position))
        row = db.execute(
            "SELECT max(m.received_at) FROM events e JOIN messages m USING (complaint_id) "
            "WHERE e.position = ? AND m.received_at <= e.occurred_at",
            (position,),
        ).fetchone()
        if row is None or row[0] is None:
            continue
        delay = max(0, moment - row[0]) // 1000
        upto = next(limit for limit in DELAYS if delay <= limit or limit == DELAYS[-1])
        db.execute(
            "INSERT INTO delays VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET events = events + 1",
            (moment // _ONE_MINUTE * 60, upto),
        )


def add_advances(db: sqlite3.Connection, advances: Sequence[Advance]) -> None:
    """How far the CRM has come. What it wrote to the citizen is theirs alone, and no page of operators shows it."""
    for one in advances:
        steps = [msgspec.structs.replace(step, note="") for step in one.progress.steps]
        db.execute(
            "UPDATE complaints SET stage = ?, steps = ? WHERE complaint_id = ?",
            (one.progress.stage, msgspec.msgpack.encode(steps), one.complaint_id),
        )


def add_replies(db: sqlite3.Connection, replies: Sequence[Outgoing]) -> None:
    """Replies as they stand."""
    db.executemany(
        "INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, "
        "due_at = excluded.due_at, ended_at = excluded.ended_at, delivery = excluded.delivery",
        [
            (
                one.reply_id,
                one.complaint_id,
                one.account,
                one.purpose,
                one.state,
                micros(one.made_at),
                micros(one.due_at),
                None if one.ended_at is None else micros(one.ended_at),
                one.delivery,
            )
            for one in replies
        ],
    )


def _describe(
    db: sqlite3.Connection, complaint_id: int, record: Complaint, against: str, state: int, sequence: int
) -> None:
    before = db.execute(
        "SELECT text, sequence FROM complaints WHERE complaint_id = ?", (complaint_id,)
    ).fetchone()
    if before is None or before[1] > sequence:
        return
    values = _values(record)
    text = values[-1]
    db.execute(_UPDATE, (*values, against, state, sequence, complaint_id, sequence))
    if text != before[0]:
        if before[0]:
            db.execute(
                "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", (complaint_id, before[0])
            )
        if text:
            db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (complaint_id, text))


def _values(record: Complaint) -> tuple[Any, ...]:
    """The columns of `_FIELDS`. Of a confidential complaint only what a statistic needs, down to the kecamatan."""
    place, hidden = record.place, record.confidential
    first = record.categories[0] if record.categories else None
    why = next((e.result for e in reversed(record.evidence) if e.step == "triage"), "")
    if is_erased(record):
        why = ERASED
    point = None if hidden else place.coordinates
    text = "" if hidden else (record.public_text or "")[:TEXT]
    return (
        record.kind,
        record.kind_confidence,
        record.language.code,
        first.code if first else "",
        first.confidence if first else 0.0,
        place.kelurahan.code if place.kelurahan and not hidden else "",
        place.kecamatan.code if place.kecamatan else "",
        place.city.code if place.city else "",
        None if place.inside is None else int(place.inside),
        place.method,
        None if point is None else point.latitude,
        None if point is None else point.longitude,
        int(hidden),
        int(record.anonymous),
        " ".join(record.flags),
        len(record.attachments),
        "" if hidden else record.reporter.reference,
        why,
        text,
    )
