"""Files in the PostgreSQL journal: jobs that fetch them, jobs that read them, and what was read.

Each function that changes something runs inside the writer's turn.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from normalizer.ports import MediaFacts
from normalizer.record import Attachment

from .codec import Codec, decode
from .media_rows import STEPS, facts_name, opened_facts, step_of
from .postgres_changes import give_task
from .postgres_rows import Db
from .postgres_writer import Turn
from .sqlite_rows import MessageBody

_pack = msgspec.msgpack.Encoder().encode


async def media_retry(turn: Turn, job_id: int, at: int) -> None:
    """The try failed; it is due again at `at`."""
    await turn.db.execute("UPDATE media SET due_at = $1, tries = tries + 1 WHERE job_id = $2", at, job_id)


async def media_done(turn: Turn, job_id: int, attachment: Attachment) -> None:
    """Put the attachment's final form into the stored message, and end the job or go on to reading the file."""
    db = turn.db
    job = await db.fetchrow("SELECT message_id, complaint_id, place FROM media WHERE job_id = $1", job_id)
    if job is None:  # done before: a worker that was thought dead
        return
    message_id, complaint_id, place = job
    sealed = await db.fetchval("SELECT body FROM messages WHERE message_id = $1", message_id)
    body = decode(turn.codec.open("message", sealed), MessageBody)
    attachments = list(body.message.attachments)
    attachments[place] = attachment
    message = replace(body.message, attachments=tuple(attachments))
    sealed = turn.codec.seal("message", _pack(replace(body, message=message)))
    await db.execute("UPDATE messages SET body = $1 WHERE message_id = $2", sealed, message_id)
    if step_of(attachment) == "read":
        await db.execute(
            "UPDATE media SET step = $1, due_at = $2, tries = 0, holder = $3 WHERE job_id = $4",
            STEPS.index("read"),
            turn.now,
            turn.gateway,
            job_id,
        )
        await _moved_on(turn, complaint_id)
    else:
        await db.execute("DELETE FROM media WHERE job_id = $1", job_id)
        await _go_on(turn, complaint_id)


async def media_read(turn: Turn, job_id: int, name: bytes, sealed: bytes) -> None:
    """Keep what was read, and end the job."""
    await turn.db.execute(
        "INSERT INTO media_facts VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        name,
        sealed,
    )
    complaint_id = await turn.db.fetchval(
        "DELETE FROM media WHERE job_id = $1 RETURNING complaint_id", job_id
    )
    if complaint_id is not None:
        await _go_on(turn, complaint_id)


async def _moved_on(turn: Turn, complaint_id: int) -> None:
    """Whoever settles it now works with what is no longer so."""
    await turn.db.execute("UPDATE complaints SET version = version + 1 WHERE complaint_id = $1", complaint_id)


async def _go_on(turn: Turn, complaint_id: int) -> None:
    """A file has ended: the complaint has a task, unless its first event waits for more of them."""
    row = await turn.db.fetchrow(
        "SELECT (SELECT count(*) FROM media WHERE complaint_id = c.complaint_id), last_sequence = 0 "
        "FROM complaints c WHERE complaint_id = $1",
        complaint_id,
    )
    if row is not None and row[0] and row[1]:
        await _moved_on(turn, complaint_id)
    else:
        await give_task(turn, complaint_id)


async def facts(db: Db, codec: Codec, sha256: Sequence[str]) -> dict[str, MediaFacts]:
    """What was read of these contents; those of which nothing was are left out."""
    if not sha256:
        return {}
    rows = await db.fetch(
        "SELECT name, body FROM media_facts WHERE name = ANY ($1::bytea[])",
        [facts_name(codec, one) for one in sha256],
    )
    return opened_facts(codec, sha256, rows)
