"""The line before the writer: groups share a sync, failures stay alone, and there is an end to what it holds."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from complaint_queue.codec import Codec
from complaint_queue.journal import Admission
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from complaint_queue.sqlite_line import Job, Line, each
from complaint_queue.sqlite_open import translate
from normalizer.errors import Damaged, Overloaded, StorageFull, Unavailable
from normalizer.record import RawEvent

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


class Gate:
    """A worker that waits to be let through, and remembers its groups."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.groups: list[int] = []

    def run(self, jobs: list[Job]) -> None:
        self.open.wait(10)
        self.groups.append(len(jobs))
        for job in jobs:
            job.result = job.many(None, [job.payload])[0]


async def test_what_waits_at_one_moment_is_done_together() -> None:
    gate = Gate()
    line = Line("test", gate.run, max_waiting=100)
    calls = [asyncio.ensure_future(line.call(lambda _, n=n: n)) for n in range(50)]  # type: ignore[misc]
    await asyncio.sleep(0)
    gate.open.set()
    assert await asyncio.gather(*calls) == list(range(50))
    assert len(gate.groups) <= 2
    await line.close()


async def test_over_its_bounds_it_refuses_before_any_work() -> None:
    gate = Gate()
    line = Line("test", gate.run, max_waiting=3, max_bytes=1000)
    calls = [asyncio.ensure_future(line.call(lambda _: 1)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await line.call(lambda _: 1)
    gate.open.set()
    await asyncio.gather(*calls)
    assert await line.call(lambda _: 2) == 2
    gate.open.clear()
    large = asyncio.ensure_future(line.do(each, lambda _: 1, 1000))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        line.check()
    gate.open.set()
    await large
    await line.close()
    with pytest.raises(Unavailable):
        line.check()


async def test_closing_finishes_what_waits() -> None:
    gate = Gate()
    line = Line("test", gate.run, max_waiting=100)
    calls = [asyncio.ensure_future(line.call(lambda _: 1)) for _ in range(10)]
    await asyncio.sleep(0)
    gate.open.set()
    await line.close()
    assert await asyncio.gather(*calls) == [1] * 10


async def test_a_worker_that_fails_leaves_nobody_waiting() -> None:
    def fails(jobs: list[Job]) -> None:
        raise RuntimeError("broken")

    line = Line("test", fails, max_waiting=10)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable, match="broken"):
            await line.call(lambda _: 1)
    await line.close()


async def test_a_caller_that_leaves_does_not_disturb_the_others(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j", Codec(Keyring([os.urandom(32)], os.urandom(32))), lambda: NOW)
    await journal.open()
    raw = RawEvent(account="a", received_at=NOW, body=b"x")
    calls = [asyncio.ensure_future(journal.keep(raw)) for _ in range(10)]
    await asyncio.sleep(0)
    calls[3].cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(r, int) for r in results) == 9
    assert isinstance(results[3], asyncio.CancelledError)
    await journal.probe()
    await journal.close()


async def test_one_write_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j", Codec(Keyring([os.urandom(32)], os.urandom(32))), lambda: NOW)
    await journal.open()
    raw = RawEvent(account="a", received_at=NOW, body=b"x")
    line = journal._w()

    def wrong(tools: Any) -> None:
        tools.db.execute("INSERT INTO kept VALUES (1, 0)")
        raise ZeroDivisionError

    results = await asyncio.gather(
        journal.keep(raw),
        line.call(wrong),
        journal.admit(Admission(raw=raw, cursor=("c", "1"))),
        journal.keep(raw),
        return_exceptions=True,
    )
    assert isinstance(results[1], ZeroDivisionError)
    assert [type(r) for r in results] == [int, ZeroDivisionError, tuple, int]
    assert [k.raw_id for k in await journal.kept()] == sorted(r for r in results if isinstance(r, int))
    assert await journal.cursor("a", "c") == "1"
    await journal.close()


async def test_many_callers_share_few_syncs(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j", Codec(Keyring([os.urandom(32)], os.urandom(32))), lambda: NOW)
    await journal.open()
    raw = RawEvent(account="a", received_at=NOW, body=b"x" * 100)
    before = journal.commits
    await asyncio.gather(*(journal.keep(raw) for _ in range(400)))
    assert journal.commits - before < 40
    await journal.close()


def test_errors_of_the_disk_are_said_in_our_words() -> None:
    def made(code: int) -> sqlite3.Error:
        error = sqlite3.OperationalError("from sqlite")
        error.sqlite_errorcode = code
        return error

    assert type(translate(made(sqlite3.SQLITE_FULL))) is StorageFull
    assert type(translate(made(sqlite3.SQLITE_IOERR_FSYNC))) is Unavailable
    assert type(translate(made(sqlite3.SQLITE_CORRUPT))) is Damaged
    assert type(translate(OSError(5, "I/O error"))) is Unavailable
    ours = ValueError("ours")
    assert translate(ours) is ours
