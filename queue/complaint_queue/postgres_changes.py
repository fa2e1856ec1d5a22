"""What the PostgreSQL journal writes once a message is claimed: settling, the outbox, kept events, quarantine.

Each function runs inside the writer's turn. Whoever gives a complaint its task also goes on with it (`holder`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .journal import Held
from .postgres_fingerprints import remember
from .postgres_replies import add as add_replies
from .postgres_rows import Together
from .postgres_writer import Turn
from .sqlite_changes import Settling, continued, prints_of
from .sqlite_rows import STATES, Details, day_number, micros, ticket_text

_pack = msgspec.msgpack.Encoder().encode


async def settle_many(turn: Turn, batch: list[Settling]) -> list[Any]:
    """For each: whether it was written, or the ValueError of a sequence that does not continue."""
    found = await turn.db.fetch(
        "SELECT complaint_id, version, last_sequence FROM complaints WHERE complaint_id = ANY ($1::bigint[])",
        [s.complaint_id for s in batch],
    )
    known = {complaint: (version, last) for complaint, version, last in found}
    results: list[Any] = []
    events: list[tuple[Any, ...]] = []
    spoken: list[tuple[int, int]] = []
    ended, records, out = [], [], Together()
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
            row = (turn.ids.next(), s.complaint_id, event.sequence, event.revision, event.kind)
            events.append((*row, micros(event.occurred_at), event.routing_key, body))
            spoken += ((message, event.sequence) for message in messages)
        ended.append((s.complaint_id, STATES.index(s.state), last))
        if s.record:
            records.append((s.complaint_id, s.record))
        results.append(True)
    written = [s for s, result in zip(batch, results, strict=True) if result is True]
    out.insert("events", "bigint bigint int int text bigint text bytea", events)
    out.insert("outbox", "bigint bigint bigint", [(*row[:2], turn.gateway) for row in events])
    out.insert(
        "records",
        "bigint bytea",
        records,
        "ON CONFLICT (complaint_id) DO UPDATE SET record = excluded.record",
    )
    if spoken:
        out.add(
            "UPDATE messages m SET event_sequence = v.sequence FROM unnest($1::bigint[], $2::int[]) "
            "AS v (id, sequence) WHERE m.message_id = v.id",
            *map(list, zip(*spoken, strict=True)),
        )
    if ended:
        out.add(
            "UPDATE complaints c SET state = v.state, last_sequence = v.last, version = version + 1, "
            "due_at = NULL, quiet_until = 0 FROM unnest($1::bigint[], $2::int[], $3::int[]) "
            "AS v (id, state, last) WHERE c.complaint_id = v.id",
            *map(list, zip(*ended, strict=True)),
        )
    groups = [(s.group, s.complaint_id) for s in written if s.group is not None]
    if groups:
        out.add(
            "DELETE FROM groups g USING unnest($1::bytea[], $2::bigint[]) AS v (name, complaint) "
            "WHERE g.name = v.name AND g.complaint_id = v.complaint",
            *map(list, zip(*groups, strict=True)),
        )
    remember(turn, out, prints_of(batch, results))
    add_replies(turn, out, [reply for s in written for reply in s.replies])
    await out.run(turn.db)
    return results


async def mark_published(turn: Turn, positions: Sequence[int], at: int) -> None:
    """The broker has confirmed these."""
    if positions:
        await turn.db.execute(
            "WITH gone AS (DELETE FROM outbox WHERE position = ANY ($1::bigint[])) INSERT INTO confirmed "
            "SELECT DISTINCT position, $2::bigint FROM unnest($1::bigint[]) AS v (position) ON CONFLICT DO NOTHING",
            list(positions),
            at,
        )


async def give_task(turn: Turn, complaint_id: int, *, soon: bool = False) -> None:
    """Make the complaint due: at once, or when the silence of its open group ends. Its version moves on."""
    await turn.db.execute(
        "UPDATE complaints SET version = version + 1, holder = $4, "
        "due_at = CASE WHEN state = 0 AND NOT $1 THEN greatest(quiet_until, $2) ELSE $2 END WHERE complaint_id = $3",
        soon,
        turn.now,
        complaint_id,
        turn.gateway,
    )


async def postpone(turn: Turn, complaint_id: int, until: int) -> None:
    """The complaint's task, if it has one, is due at `until`."""
    await turn.db.execute(
        "UPDATE complaints SET due_at = $1 WHERE complaint_id = $2 AND due_at IS NOT NULL",
        until,
        complaint_id,
    )


async def prolong(turn: Turn, until: int, others: Sequence[int]) -> None:
    """No open group closes before `until`, but for those that `others` wait for."""
    await turn.db.execute(
        "UPDATE complaints SET due_at = greatest(due_at, $1), quiet_until = greatest(quiet_until, $1) "
        "WHERE due_at IS NOT NULL AND state = 0 AND quiet_until > 0 AND holder <> ALL ($2::bigint[])",
        until,
        list(others),
    )


async def decide(turn: Turn, complaint_id: int, verdict: str) -> None:
    """A person has looked at a complaint in triage. LookupError when it is not there."""
    state, due_at = ("open", turn.now) if verdict == "file" else ("set_aside", None)
    found = await turn.db.fetchval(
        "UPDATE complaints SET state = $1, version = version + 1, due_at = $2, holder = $3 "
        "WHERE complaint_id = $4 AND state = 3 RETURNING 1",
        STATES.index(state),
        due_at,
        turn.gateway,
        complaint_id,
    )
    if found is None:
        raise LookupError(f"complaint {complaint_id} does not wait in triage")


async def reserve(turn: Turn, ticket_day: str, count: int) -> tuple[str, ...]:
    """The day's next tickets; its count moves past them."""
    day = day_number(ticket_day)
    if day not in turn.days:
        turn.days[day] = await turn.db.fetchval("SELECT last FROM days WHERE day = $1", day) or 0
    tickets = tuple(ticket_text(turn.next_ticket(day)) for _ in range(count))
    await turn.db.execute(
        "INSERT INTO days VALUES ($1, $2) ON CONFLICT (day) DO UPDATE SET last = excluded.last",
        day,
        turn.days[day],
    )
    return tickets


# raw events that wait


async def probe(turn: Turn) -> None:
    """A write that changes nothing but a mark of its own."""
    await turn.db.execute(
        "INSERT INTO meta VALUES ('probe', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        str(turn.now).encode(),
    )


async def keep(turn: Turn, account: str, sealed: bytes, cursor: tuple[str, str] | None) -> int:
    """Store a raw event that will be parsed later."""
    raw_id, out = turn.ids.next(), Together()
    out.add("INSERT INTO raws VALUES ($1, $2, $3)", raw_id, account, sealed)
    out.add("INSERT INTO kept VALUES ($1, 0, $2)", raw_id, turn.gateway)
    if cursor is not None:
        out.add(
            "INSERT INTO cursors VALUES ($1, $2, $3) "
            "ON CONFLICT (account, name) DO UPDATE SET value = excluded.value",
            account,
            *cursor,
        )
    await out.run(turn.db)
    return raw_id


async def begin(turn: Turn, raw_id: int) -> bytes:
    """Count a try; the sealed raw event. LookupError when it does not wait any more."""
    sealed: bytes | None = await turn.db.fetchval(
        "UPDATE kept SET tries = tries + 1 FROM raws WHERE kept.raw_id = $1 AND raws.raw_id = $1 RETURNING body",
        raw_id,
    )
    if sealed is None:
        raise LookupError(f"no raw event {raw_id} waits to be parsed")
    return sealed


async def finish_kept(turn: Turn, raw_id: int, fate: str, held: Held | None) -> None:
    """End the waiting of a raw event that gave no message."""
    await turn.db.execute(
        "WITH gone AS (DELETE FROM kept WHERE raw_id = $1) INSERT INTO fates VALUES ($1, $2) "
        "ON CONFLICT (raw_id) DO UPDATE SET fate = excluded.fate",
        raw_id,
        fate,
    )
    if held is not None:
        await quarantine(turn, "parse", Details(held.reason, held.item, held.external_id), raw_id, None)


# quarantine


async def quarantine(
    turn: Turn, stage: str, details: Details, raw_id: int | None, complaint_id: int | None
) -> int:
    """Hold a raw event or a complaint for an operator: it is not tried again by itself.

    A complaint that is held at this stage already keeps its entry.
    """
    db, account = turn.db, ""
    if raw_id is not None:
        account = await db.fetchval("SELECT account FROM raws WHERE raw_id = $1", raw_id) or ""
        await db.execute("DELETE FROM kept WHERE raw_id = $1", raw_id)
    if complaint_id is not None:
        found = await db.fetchval("SELECT account FROM complaints WHERE complaint_id = $1", complaint_id)
        account = found or account
        if stage == "settle":
            await db.execute("UPDATE complaints SET due_at = NULL WHERE complaint_id = $1", complaint_id)
        held = await db.fetchval(
            "SELECT entry_id FROM quarantine WHERE complaint_id = $1 AND stage = $2 AND state = 'held'",
            complaint_id,
            stage,
        )
        if held is not None:
            return int(held)
    entry_id = turn.ids.next()
    sealed = turn.codec.seal("quarantine", _pack(details))
    await db.execute(
        "INSERT INTO quarantine VALUES ($1, $2, $3, 'held', $4, $5, $6, $7)",
        *(entry_id, account, stage, turn.now, raw_id, complaint_id, sealed),
    )
    return entry_id


async def release(turn: Turn, entry_id: int, state: str) -> None:
    """End an entry as the operator decided. LookupError when it is not held."""
    db = turn.db
    row = await db.fetchrow(
        "UPDATE quarantine SET state = $1 WHERE entry_id = $2 AND state = 'held' "
        "RETURNING stage, raw_id, complaint_id",
        state,
        entry_id,
    )
    if row is None:
        raise LookupError(f"no entry {entry_id} is held")
    stage, raw_id, complaint_id = row
    if state == "replayed":
        if complaint_id is not None and stage != "publish":
            await give_task(turn, complaint_id, soon=True)
        elif raw_id is not None:
            await db.execute(
                "INSERT INTO kept VALUES ($1, 0, $2) ON CONFLICT (raw_id) DO UPDATE SET tries = 0, "
                "holder = excluded.holder",
                raw_id,
                turn.gateway,
            )
    elif stage == "publish" and complaint_id is not None:
        # The event that could not be published leaves the outbox; those behind it flow again.
        await db.execute(
            "DELETE FROM outbox WHERE position = (SELECT min(position) FROM outbox WHERE complaint_id = $1)",
            complaint_id,
        )
