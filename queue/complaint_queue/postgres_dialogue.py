"""Turns of a dialogue in PostgreSQL: the person's state, where their words belong, and what is said, at once."""

from __future__ import annotations

from collections.abc import Sequence

from .postgres_changes import give_task
from .postgres_replies import add
from .postgres_rows import Together
from .postgres_writer import Turn
from .sqlite_replies import Sealed
from .sqlite_rows import STATES, micros
from .way_out import Conversed


async def converse(
    turn: Turn,
    said: Conversed,
    state: bytes,
    moved: Sequence[tuple[int, int, bytes]],
    replies: Sequence[Sealed],
) -> bool:
    """One turn of a dialogue, on top of what it was worked out from."""
    db = turn.db
    version = await db.fetchval("SELECT version FROM complaints WHERE complaint_id = $1", said.complaint_id)
    person = await db.fetchval("SELECT version FROM people WHERE person = $1", said.person)
    if version != said.version or (person or 0) != said.before.version:
        return False
    for message_id, to, body in moved:
        await db.execute(
            "UPDATE messages SET complaint_id = $1, body = $2 WHERE message_id = $3", to, body, message_id
        )
        if to == said.complaint_id:
            continue
        await db.execute(
            "DELETE FROM joined WHERE message_id = $1 AND complaint_id = $2", message_id, said.complaint_id
        )
        await db.execute("INSERT INTO joined VALUES ($1, $2) ON CONFLICT DO NOTHING", to, message_id)
        await db.execute("UPDATE media SET complaint_id = $1 WHERE message_id = $2", to, message_id)
        await give_task(turn, to, soon=True)
    out = Together()
    out.add(
        "INSERT INTO people VALUES ($1, $2, $3, $4) ON CONFLICT (person) "
        "DO UPDATE SET version = excluded.version, stopped = excluded.stopped, body = excluded.body",
        *(said.person, said.before.version + 1, said.now.stopped, state),
    )
    if said.outcome != "wait" and said.group is not None:
        out.add("DELETE FROM groups WHERE name = $1 AND complaint_id = $2", said.group, said.complaint_id)
    state_now, due_at = {
        "wait": ("open", turn.now if said.until is None else micros(said.until)),
        "close": ("open", turn.now),
        "aside": ("set_aside", None),
    }[said.outcome]
    out.add(
        "UPDATE complaints SET state = $1, due_at = $2, quiet_until = 0, version = version + 1, holder = $3 "
        "WHERE complaint_id = $4",
        *(STATES.index(state_now), due_at, turn.gateway, said.complaint_id),
    )
    add(turn, out, replies)
    await out.run(db)
    return True
