"""What the gateway asks its embedded journal all day long reads no table from end to end, however much lies in it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from complaint_queue.journal_sqlite import SqliteJournal
from intake.reading.follower import Follower
from intake.reading.store import ReadingStore
from normalizer.record import Sender
from tests.answering_world import answering_world

#: Tables that hold a handful of rows, or only what waits just now.
SMALL = {"kept", "outbox", "cursors", "erasing"}
_SCAN = re.compile(r"^SCAN (\w+)$")  # without an index
_ALIAS = re.compile(r"(?:FROM|JOIN|UPDATE) (\w+) (?:AS )?(\w+)\b", re.IGNORECASE)


async def test_no_question_of_every_day_reads_a_whole_table(tmp_path: Path) -> None:
    asked: set[str] = set()
    async with answering_world(tmp_path) as world:
        journal, now = world.inside.journal, world.inside.clock.now
        assert isinstance(journal, SqliteJournal)
        await journal._ask(lambda reads: reads.db.set_trace_callback(asked.add))
        await journal._w().call(lambda tools: tools.db.set_trace_callback(asked.add))
        for number in range(3):
            ticket = await world.complain(number=str(number), sender=Sender(reference=f"p-{number}"))
            await world.status(ticket, "Koordinasi")
        assert await world.say(), "the answers were asked for"
        await journal.next_reply()
        await journal.next_due()
        await journal.kept()
        events = await journal.unpublished(100)
        await journal.mark_published([event.position for event in events], now())
        await journal.depths()
        store = ReadingStore(tmp_path)
        await store.open()
        try:
            while await Follower(journal, store, now).step():
                pass
        finally:
            await store.close()
        path = journal.path
    assert len(asked) > 30
    with closing(sqlite3.connect(path)) as db:
        found = {one: sql for sql in asked for one in scanned(db, sql)}
    assert not found


def scanned(db: sqlite3.Connection, sql: str) -> set[str]:
    """The tables that a statement reads from end to end."""
    if not sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
        return set()
    alias = {short: table for table, short in _ALIAS.findall(sql)}
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    tables = {alias.get(name[1], name[1]) for step in plan if (name := _SCAN.match(step))}
    known = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return tables & known - SMALL
