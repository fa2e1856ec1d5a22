"""Turns of a dialogue in SQLite: the person's state, where their words belong, and what is said, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from .sqlite_changes import give_task
from .sqlite_replies import Sealed, add
from .sqlite_rows import STATES, micros
from .sqlite_writer import Tools
from .way_out import Conversed


def converse(
    tools: Tools,
    turn: Conversed,
    state: bytes,
    moved: Sequence[tuple[int, int, bytes]],
    replies: Sequence[Sealed],
) -> bool:
    """One turn of a dialogue, on top of what it was worked out from."""
    db = tools.db
    row = db.execute("SELECT version FROM complaints WHERE complaint_id = ?", (turn.complaint_id,)).fetchone()
    person = db.execute("SELECT version FROM people WHERE person = ?", (turn.person,)).fetchone()
    if row is None or row[0] != turn.version or (person[0] if person else 0) != turn.before.version:
        return False
    db.execute(
        "INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?)",
        (turn.person, turn.before.version + 1, turn.now.stopped, state),
    )
    for message_id, to, body in moved:
        db.execute(
            "UPDATE messages SET complaint_id = ?, body = ? WHERE message_id = ?", (to, body, message_id)
        )
        if to == turn.complaint_id:
            continue
        db.execute(
            "DELETE FROM joined WHERE message_id = ? AND complaint_id = ?", (message_id, turn.complaint_id)
        )
        db.execute("INSERT OR IGNORE INTO joined VALUES (?, ?)", (to, message_id))
        db.execute("UPDATE media SET complaint_id = ? WHERE message_id = ?", (to, message_id))
        give_task(tools, to, soon=True)
    if turn.outcome != "wait" and turn.group is not None:
        db.execute("DELETE FROM groups WHERE name = ? AND complaint_id = ?", (turn.group, turn.complaint_id))
    state_now, due_at = {
        "wait": ("open", tools.now if turn.until is None else micros(turn.until)),
        "close": ("open", tools.now),
        "aside": ("set_aside", None),
    }[turn.outcome]
    db.execute(
        "UPDATE complaints SET state = ?, due_at = ?, quiet_until = 0, version = version + 1 WHERE complaint_id = ?",
        (STATES.index(state_now), due_at, turn.complaint_id),
    )
    add(tools, replies)
    return True
