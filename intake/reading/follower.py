"""Follows the journal's story page by page into the derived store, in the background, and gives way in a flood."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from complaint_queue import wire
from complaint_queue.following import Followed
from complaint_queue.journal import OutboxEvent
from complaint_queue.sqlite_rows import micros
from intake.reading import rows
from intake.reading.store import ReadingStore
from normalizer.errors import Unavailable, Unreadable
from normalizer.record import Complaint

#: Rows of one page. Small enough that decoding one never holds the event loop for long.
PAGE = 200
#: Seconds between two looks when nothing is new, when something is, and while more waits than a page holds.
IDLE, SOON, REST = 0.5, 0.2, 0.01
#: Seconds after which an unfinished thing is asked for again.
_AFTER_FAILURE = 5.0
_PRUNE_EVERY = 3600.0

log = structlog.get_logger()
T = TypeVar("T")


class Follower:
    """`run` keeps `store` beside `journal`; `changed` is called when a page brought something.

    `keep` is how long minutes, messages and complaints stay in the store.
    """

    def __init__(
        self,
        journal: Followed,
        store: ReadingStore,
        clock: Callable[[], datetime],
        changed: Callable[[], None] = lambda: None,
        keep: timedelta = timedelta(days=400),
    ) -> None:
        self._journal, self._store, self._clock, self._changed = journal, store, clock, changed
        self._keep = keep
        self._watch = {"events": 0, "open": 0, "triage": 0, "replies": 0}
        self._marks: dict[str, int] | None = None
        self._edge: int | None = None
        self._prune_at = 0.0
        self._anew = self._behind = False

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                if self._anew:
                    await self._store.forget()
                    self._marks, self._anew = None, False
                news = await self.step()
            except Unavailable as error:
                log.warning("following_waits", reason=error.reason)
                self._marks = None
                await asyncio.sleep(_AFTER_FAILURE)
                continue
            await asyncio.sleep(REST if self._behind else SOON if news else IDLE)

    def begin_anew(self) -> None:
        """Have `run` throw the store away and follow the whole story again."""
        self._anew = True

    async def step(self) -> bool:
        """One page of everything. False when nothing new was found."""
        if self._marks is None:
            self._marks = await self._store.ask(rows.marks)
        await self._heed_erasures()
        # What is watched is asked first: a confirm must not be looked for before its event was seen.
        changed = await self._watched()
        # Ids of every kind grow together, so what follows from an arrival is only taken once that is here.
        arrived = await self._page(
            "arrivals", self._journal.arrivals, lambda p: p.message_id, rows.add_arrivals
        )
        self._edge = self._marks["arrivals"] if arrived == PAGE else None
        news = [
            arrived,
            await self._page("events", self._journal.events_after, lambda p: p.position, _add_events),
            await self._page("advances", self._journal.advances, lambda p: p.change, rows.add_advances),
            await self._page("outgoing", self._journal.outgoing, lambda p: p.reply_id, rows.add_replies),
        ]
        self._behind = PAGE in news
        if any(news) or changed:
            self._changed()
        await self._prune()
        return any(news)

    async def _heed_erasures(self) -> None:
        """What was erased from the journal must not be found here: what is left of it on the disk is nobody's to know,
        so the store is thrown away whole."""
        assert self._marks is not None  # noqa: S101 - `step` has read them
        erased = await self._journal.last_erased()
        if erased == self._marks.get("erased", 0):
            return
        if self._marks:
            await self._store.forget()
        await self._store.write(lambda db: rows.mark(db, "erased", erased))
        self._marks = {"erased": erased}

    async def _page(
        self,
        name: str,
        read: Callable[[int, int], Awaitable[tuple[T, ...]]],
        place: Callable[[T], int],
        add: Callable[[sqlite3.Connection, Sequence[T]], None],
    ) -> int:
        """Take the next page of one kind; how many rows it had."""
        assert self._marks is not None  # noqa: S101 - `step` has read them
        found = [
            one
            for one in await read(self._marks.get(name, 0), PAGE)
            if self._edge is None or name == "arrivals" or place(one) <= self._edge
        ]
        if not found:
            return 0
        last = place(found[-1])

        def write(db: sqlite3.Connection) -> None:
            add(db, found)
            rows.mark(db, name, last)

        await self._store.write(write)
        self._marks[name] = last
        return len(found)

    async def _watched(self) -> bool:
        positions = await self._next(
            "events", "SELECT position FROM events WHERE confirmed_at IS NULL AND position"
        )
        confirmed = await self._journal.confirmed_at(positions) if positions else {}
        open_ones = await self._next(
            "open", "SELECT complaint_id FROM complaints WHERE state = 0 AND complaint_id"
        )
        triage = await self._next(
            "triage", "SELECT complaint_id FROM complaints WHERE state = 3 AND complaint_id"
        )
        known = dict.fromkeys(open_ones, "open") | dict.fromkeys(triage, "triage")
        standings = await self._journal.standings(list(known)) if known else ()
        waiting = await self._next(
            "replies", "SELECT reply_id FROM replies WHERE state IN ('waiting', 'sending') AND reply_id"
        )
        replies = await self._journal.outgoing_of(waiting) if waiting else ()
        decided = [one for one in standings if one.state != known[one.complaint_id]]
        if not (confirmed or decided or replies):
            return False

        def write(db: sqlite3.Connection) -> None:
            rows.confirm(db, confirmed)
            rows.add_standings(db, decided)
            rows.add_replies(db, replies)

        await self._store.write(write)
        return bool(confirmed or decided)

    async def _next(self, name: str, sql: str) -> list[int]:
        """The next page of what is unfinished, in turn, so that a long line is seen to its end."""
        after = self._watch[name]

        def ask(db: sqlite3.Connection) -> list[int]:
            return [row[0] for row in db.execute(f"{sql} > ? LIMIT ?", (after, PAGE))]

        found = await self._store.ask(ask)
        self._watch[name] = found[-1] if len(found) == PAGE else 0
        return found

    async def _prune(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._prune_at:
            gone = await self._store.write(lambda db: prune(db, self._clock() - self._keep))
            self._prune_at = now + (REST if gone else _PRUNE_EVERY)


def prune(db: sqlite3.Connection, before: datetime, limit: int = 500) -> int:
    """Forget what is older than `before`, at most `limit` complaints; how many went."""
    edge = micros(before)
    old = db.execute(
        "SELECT complaint_id, text FROM complaints WHERE opened_at < ? ORDER BY opened_at LIMIT ?",
        (edge, limit),
    ).fetchall()
    for complaint_id, text in old:
        if text:
            db.execute("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", (complaint_id, text))
        for table in ("messages", "events", "replies", "complaints"):
            db.execute(f"DELETE FROM {table} WHERE complaint_id = ?", (complaint_id,))  # noqa: S608
    for table in ("minutes", "hours", "delays"):
        db.execute(f"DELETE FROM {table} WHERE slot < ?", (edge // 1_000_000,))  # noqa: S608
    day = (edge + rows.JAKARTA_AHEAD) // rows.DAY
    for table in ("area_days", "stage_days"):
        db.execute(f"DELETE FROM {table} WHERE day < ?", (day,))  # noqa: S608
    return len(old)


def _add_events(db: sqlite3.Connection, events: Sequence[OutboxEvent]) -> None:
    rows.add_events(db, ((event, _record(event)) for event in events))


def _record(event: OutboxEvent) -> Complaint | None:
    if not event.body:
        return None
    try:
        return wire.decode_body(event.body).complaint
    except Unreadable:
        return None
