"""What the SQLite journal writes once a message is claimed: settling, the outbox, kept events, quarantine.

Each function runs inside the writer's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from .journal import ComplaintState, Held, NewEvent
from .sqlite_fingerprints import remember
from .sqlite_replies import Sealed
from .sqlite_replies import add as add_replies
from .sqlite_rows import STATES, Details, day_number, insert, micros, ticket_text, where_in
from .sqlite_writer import Tools

_pack = msgspec.msgpack.Encoder().encode


class Settling(Struct, frozen=True):
    """One `settle` with its bodies sealed."""

    complaint_id: int
    version: int
    events: Sequence[tuple[NewEvent, tuple[int, ...]]]
    bodies: Sequence[bytes]
    record: bytes
    state: ComplaintState
    replies: Sequence[Sealed] = ()
    group: bytes | None = None
    fingerprint: bytes | None = None


def settle_many(tools: Tools, batch: list[Settling]) -> list[Any]:
    """For each: whether it was written, or the ValueError of a sequence that does not continue."""
    db = tools.db
    found = where_in(
        db,
        "SELECT complaint_id, version, last_sequence FROM complaints WHERE complaint_id IN",
        [s.complaint_id for s in batch],
    )
    known = {complaint: (version, last) for complaint, version, last in found}
    results: list[Any] = []
    events: list[tuple[Any, ...]] = []
    spoken: dict[int, list[int]] = {}
    ended, records = [], []
    for s in batch:
        version, last = known.get(s.complaint_id, (None, 0))
        if version != s.version:
            results.append(False)
            continue
        try:
            last = continued(last, [event for event, _ in s.events])
        except ValueError as error:
            results.append(error)
            continue
        known[s.complaint_id] = (version + 1, last)
        for (event, messages), body in zip(s.events, s.bodies, strict=True):
            row = (tools.ids.next(), s.complaint_id, event.sequence, event.revision, event.kind)
            events.append((*row, micros(event.occurred_at), event.routing_key, body))
            if messages:
                spoken.setdefault(event.sequence, []).extend(messages)
        ended.append((s.complaint_id, STATES.index(s.state), last))
        if s.record:
            records.append((s.complaint_id, s.record))
        add_replies(tools, s.replies)
        if s.group is not None:
            db.execute("DELETE FROM groups WHERE name = ? AND complaint_id = ?", (s.group, s.complaint_id))
        results.append(True)
    if events:
        insert(db, "INSERT INTO events", 8, events)
        insert(db, "INSERT INTO outbox", 2, [row[:2] for row in events])
    if records:
        insert(db, "INSERT OR REPLACE INTO records", 2, records)
    remember(tools, prints_of(batch, results))
    for sequence, ids in spoken.items():
        where_in(db, "UPDATE messages SET event_sequence = ? WHERE message_id IN", ids, [sequence])
    if ended:
        insert(
            db,
            "WITH v (id, state, last) AS (",
            3,
            ended,
            ") UPDATE complaints SET state = v.state, last_sequence = v.last, version = version + 1, "
            "due_at = NULL, quiet_until = 0 FROM v WHERE complaint_id = v.id",
        )
    return results


def prints_of(batch: Sequence[Settling], results: Sequence[Any]) -> dict[int, bytes]:
    """The sealed fingerprints of those that are written, by complaint."""
    written = (s for s, result in zip(batch, results, strict=True) if result is True)
    return {s.complaint_id: s.fingerprint for s in written if s.fingerprint is not None}


def continued(last: int, events: Sequence[NewEvent]) -> int:
    """The last sequence after `events`. A revision repeats a sequence; anything else goes on by one (after a return
    from a backup with a revision, too)."""
    for event in events:
        if event.sequence == last + 1:
            last += 1
        elif event.revision == 0 or not 1 <= event.sequence <= last:
            raise ValueError(
                f"event {event.sequence}.{event.revision} does not continue the complaint's sequence {last}"
            )
    return last


def mark_published(tools: Tools, positions: Sequence[int], at: int) -> None:
    """The broker has confirmed these."""
    if positions:
        where_in(tools.db, "DELETE FROM outbox WHERE position IN", positions)
        insert(tools.db, "INSERT OR IGNORE INTO confirmed", 2, [(position, at) for position in positions])


def give_task(tools: Tools, complaint_id: int, *, soon: bool = False) -> None:
    """Make the complaint due: at once, or when the silence of its open group ends. Its version moves on."""
    tools.db.execute(
        "UPDATE complaints SET version = version + 1, "
        "due_at = CASE WHEN state = 0 AND NOT ? THEN max(quiet_until, ?) ELSE ? END WHERE complaint_id = ?",
        (soon, tools.now, tools.now, complaint_id),
    )


def prolong(tools: Tools, until: int) -> None:
    """No open group closes before `until`."""
    tools.db.execute(
        "UPDATE complaints SET due_at = max(due_at, ?1), quiet_until = max(quiet_until, ?1) "
        "WHERE due_at IS NOT NULL AND state = 0 AND quiet_until > 0",
        (until,),
    )


def postpone(tools: Tools, complaint_id: int, until: int) -> None:
    """The complaint's task, if it has one, is due at `until`."""
    tools.db.execute(
        "UPDATE complaints SET due_at = ? WHERE complaint_id = ? AND due_at IS NOT NULL",
        (until, complaint_id),
    )


def decide(tools: Tools, complaint_id: int, verdict: str) -> None:
    """A person has looked at a complaint in triage. LookupError when it is not there."""
    found = tools.db.execute(
        "UPDATE complaints SET state = ?, version = version + 1, due_at = ? WHERE complaint_id = ? AND state = 3",
        (STATES.index("open"), tools.now, complaint_id)
        if verdict == "file"
        else (STATES.index("set_aside"), None, complaint_id),
    )
    if found.rowcount != 1:
        raise LookupError(f"complaint {complaint_id} does not wait in triage")


def reserve(tools: Tools, ticket_day: str, count: int) -> tuple[str, ...]:
    """The day's next tickets; its count moves past them."""
    day = day_number(ticket_day)
    return tuple(ticket_text(tools.next_ticket(day)) for _ in range(count))


# raw events that wait


def probe(tools: Tools) -> None:
    """A write that changes nothing but a mark of its own."""
    tools.db.execute("INSERT OR REPLACE INTO meta VALUES ('probe', ?)", (str(tools.now),))


def keep(tools: Tools, account: str, sealed: bytes, cursor: tuple[str, str] | None) -> int:
    """Store a raw event that will be parsed later."""
    raw_id = tools.ids.next()
    tools.db.execute("INSERT INTO raws VALUES (?, ?, ?)", (raw_id, account, sealed))
    tools.db.execute("INSERT INTO kept VALUES (?, 0)", (raw_id,))
    if cursor is not None:
        tools.db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", (account, *cursor))
    return raw_id


def begin(tools: Tools, raw_id: int) -> bytes:
    """Count a try; the sealed raw event. LookupError when it does not wait any more."""
    tools.db.execute("UPDATE kept SET tries = tries + 1 WHERE raw_id = ?", (raw_id,))
    row = tools.db.execute(
        "SELECT body FROM raws JOIN kept USING (raw_id) WHERE raw_id = ?", (raw_id,)
    ).fetchone()
    if row is None:
        raise LookupError(f"no raw event {raw_id} waits to be parsed")
    sealed: bytes = row[0]
    return sealed


def finish_kept(tools: Tools, raw_id: int, fate: str, held: Held | None) -> None:
    """End the waiting of a raw event that gave no message."""
    tools.db.execute("DELETE FROM kept WHERE raw_id = ?", (raw_id,))
    tools.db.execute("INSERT OR REPLACE INTO fates VALUES (?, ?)", (raw_id, fate))
    if held is not None:
        quarantine(tools, "parse", Details(held.reason, held.item, held.external_id), raw_id, None)


# quarantine


def quarantine(
    tools: Tools, stage: str, details: Details, raw_id: int | None, complaint_id: int | None
) -> int:
    """Hold a raw event or a complaint for an operator: it is not tried again by itself.

    A complaint that is held at this stage already keeps its entry.
    """
    db, account = tools.db, ""
    if raw_id is not None:
        row = db.execute("SELECT account FROM raws WHERE raw_id = ?", (raw_id,)).fetchone()
        db.execute("DELETE FROM kept WHERE raw_id = ?", (raw_id,))
        account = row[0] if row else ""
    if complaint_id is not None:
        row = db.execute("SELECT account FROM complaints WHERE complaint_id = ?", (complaint_id,)).fetchone()
        account = row[0] if row else account
        if stage == "settle":
            db.execute("UPDATE complaints SET due_at = NULL WHERE complaint_id = ?", (complaint_id,))
        held = db.execute(
            "SELECT entry_id FROM quarantine WHERE complaint_id = ? AND stage = ? AND state = 'held'",
            (complaint_id, stage),
        ).fetchone()
        if held is not None:
            return int(held[0])
    entry_id = tools.ids.next()
    sealed = tools.codec.seal("quarantine", _pack(details))
    row = (entry_id, account, stage, "held", tools.now, raw_id, complaint_id, sealed)
    db.execute("INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return entry_id


def release(tools: Tools, entry_id: int, state: str) -> None:
    """End an entry as the operator decided. LookupError when it is not held."""
    db = tools.db
    row = db.execute(
        "SELECT stage, raw_id, complaint_id FROM quarantine WHERE entry_id = ? AND state = 'held'",
        (entry_id,),
    ).fetchone()
    if row is None:
        raise LookupError(f"no entry {entry_id} is held")
    stage, raw_id, complaint_id = row
    db.execute("UPDATE quarantine SET state = ? WHERE entry_id = ?", (state, entry_id))
    if state == "replayed":
        if complaint_id is not None and stage != "publish":
            give_task(tools, complaint_id, soon=True)
        elif raw_id is not None:
            db.execute("INSERT OR REPLACE INTO kept VALUES (?, 0)", (raw_id,))
    elif stage == "publish" and complaint_id is not None:
        # The event that could not be published leaves the outbox; those behind it flow again.
        db.execute(
            "DELETE FROM outbox WHERE position = (SELECT min(position) FROM outbox WHERE complaint_id = ?)",
            (complaint_id,),
        )
