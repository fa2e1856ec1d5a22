"""Files in the SQLite journal: jobs that fetch them, jobs that read them, and what was read.

Each function that changes something runs inside the writer's transaction.
"""

from __future__ import annotations

import sqlite3

import msgspec
from msgspec.structs import replace

from normalizer.errors import Damaged
from normalizer.ports import MediaFacts
from normalizer.record import Attachment

from .codec import Codec, decode
from .journal import MediaJob, MediaStep
from .media_rows import STEPS, facts_name, opened_facts, step_of
from .sqlite_changes import give_task
from .sqlite_rows import MessageBody, where_in
from .sqlite_writer import Tools

_pack = msgspec.msgpack.Encoder().encode


def media_retry(tools: Tools, job_id: int, at: int) -> None:
    """The try failed; it is due again at `at`."""
    tools.db.execute("UPDATE media SET due_at = ?, tries = tries + 1 WHERE job_id = ?", (at, job_id))


def media_done(tools: Tools, job_id: int, attachment: Attachment) -> None:
    """Put the attachment's final form into the stored message, and end the job or go on to reading the file."""
    db = tools.db
    job = db.execute(
        "SELECT message_id, complaint_id, place FROM media WHERE job_id = ?", (job_id,)
    ).fetchone()
    if job is None:  # done before: a worker that was thought dead
        return
    message_id, complaint_id, place = job
    sealed = db.execute("SELECT body FROM messages WHERE message_id = ?", (message_id,)).fetchone()[0]
    body = decode(tools.codec.open("message", sealed), MessageBody)
    attachments = list(body.message.attachments)
    attachments[place] = attachment
    message = replace(body.message, attachments=tuple(attachments))
    sealed = tools.codec.seal("message", _pack(replace(body, message=message)))
    db.execute("UPDATE messages SET body = ? WHERE message_id = ?", (sealed, message_id))
    if step_of(attachment) == "read":
        db.execute(
            "UPDATE media SET step = ?, due_at = ?, tries = 0 WHERE job_id = ?",
            (STEPS.index("read"), tools.now, job_id),
        )
        _moved_on(tools, complaint_id)
    else:
        db.execute("DELETE FROM media WHERE job_id = ?", (job_id,))
        _go_on(tools, complaint_id)


def media_read(tools: Tools, job_id: int, name: bytes, sealed: bytes) -> None:
    """Keep what was read, and end the job."""
    db = tools.db
    db.execute("INSERT OR REPLACE INTO media_facts VALUES (?, ?)", (name, sealed))
    row = db.execute("DELETE FROM media WHERE job_id = ? RETURNING complaint_id", (job_id,)).fetchone()
    if row is not None:
        _go_on(tools, row[0])


def _moved_on(tools: Tools, complaint_id: int) -> None:
    """Whoever settles it now works with what is no longer so."""
    tools.db.execute("UPDATE complaints SET version = version + 1 WHERE complaint_id = ?", (complaint_id,))


def _go_on(tools: Tools, complaint_id: int) -> None:
    """A file has ended: the complaint has a task, unless its first event waits for more of them."""
    waits, silent = tools.db.execute(
        "SELECT (SELECT count(*) FROM media WHERE complaint_id = c.complaint_id), last_sequence = 0 "
        "FROM complaints c WHERE complaint_id = ?",
        (complaint_id,),
    ).fetchone()
    if waits and silent:
        _moved_on(tools, complaint_id)
    else:
        give_task(tools, complaint_id)


# what is asked


class MediaReads:
    """What the journal is asked about files, over the reader's connection."""

    def __init__(self, db: sqlite3.Connection, codec: Codec) -> None:
        self.db, self.codec = db, codec

    def due(self, now: int, limit: int, step: MediaStep) -> tuple[tuple[MediaJob, ...], list[int]]:
        """The jobs, and the complaints of those whose message does not open."""
        rows = self.db.execute(
            "SELECT j.job_id, k.account, j.message_id, j.place, j.tries, m.body, j.complaint_id FROM media j "
            "JOIN messages m USING (message_id) JOIN complaints k ON k.complaint_id = j.complaint_id "
            "WHERE j.step = ? AND j.due_at <= ? ORDER BY j.due_at LIMIT ?",
            (STEPS.index(step), now, limit),
        ).fetchall()
        jobs, damaged = [], []
        for job_id, account, message_id, place, tries, sealed, complaint_id in rows:
            try:
                message = self.codec.unpack("message", sealed, MessageBody).message
            except Damaged:
                damaged.append(complaint_id)
                continue
            jobs.append(
                MediaJob(
                    job_id=job_id,
                    account=account,
                    message_id=message_id,
                    index=place,
                    attachment=message.attachments[place],
                    tries=tries,
                )
            )
        return tuple(jobs), damaged

    def facts(self, sha256: list[str]) -> dict[str, MediaFacts]:
        """What was read of these contents; those of which nothing was are left out."""
        if not sha256:
            return {}
        names = [facts_name(self.codec, one) for one in sha256]
        rows = where_in(self.db, "SELECT name, body FROM media_facts WHERE name IN", names)
        return opened_facts(self.codec, sha256, rows)
