"""The operator's socket: an order reaches the journal of the gateway that runs, and nobody else may give one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from intake import control
from intake.staff.store import StaffStore
from normalizer.errors import Misconfigured
from normalizer.record import RawEvent


class World:
    """A journal with one entry in quarantine, and whether the gateway was woken."""

    def __init__(self, folder: Path, journal: SqliteJournal, staff: StaffStore) -> None:
        self.folder, self.journal, self.staff, self.woken = folder, journal, staff, 0
        self.entry = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture(params=["shallow", "deep"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    # A socket's path has room for 108 bytes; a data folder may lie deeper.
    folder = tmp_path / ("d" if request.param == "shallow" else "d" * 120)
    folder.mkdir()
    journal = SqliteJournal(folder / "journal.sqlite3", Codec(load_or_create(folder / "keys.json", {})))
    await journal.open()
    staff = StaffStore(folder / "staff.sqlite3", lambda: datetime.now(UTC))
    await staff.open()
    found = World(folder, journal, staff)
    raw = RawEvent(account="sms", received_at=datetime.now(UTC), body=b"tidak terbaca")
    raw_id = await journal.keep(raw)
    found.entry = await journal.quarantine("parse", "cannot be read", raw_id=raw_id)
    yield found
    await staff.close()
    await journal.close()


@contextlib.asynccontextmanager
async def listening(world: World) -> AsyncIterator[None]:
    task = asyncio.create_task(control.Control(world.folder, world.journal, world.staff, world.wake).run())
    async with asyncio.timeout(10):
        while not (world.folder / control.NAME).exists():
            await asyncio.sleep(0.01)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert not (world.folder / control.NAME).exists()


async def test_an_order_is_carried_out_once(world: World) -> None:
    order = control.Release(entry_id=world.entry, state="replayed")
    async with listening(world):
        assert stat.S_IMODE((world.folder / control.NAME).stat().st_mode) == 0o600
        assert await control.ask(world.folder, order) == control.Reply()
        again = await control.ask(world.folder, order)
    assert again is not None
    assert "replayed before" in again.error
    assert world.woken == 1
    assert [kept.tries for kept in await world.journal.kept()] == [0], "it waits to be read again"


async def test_without_a_gateway_nobody_answers(world: World) -> None:
    order = control.Release(entry_id=world.entry, state="discarded", reason="uji")
    assert await control.ask(world.folder, order) is None
    await control.carry_out(world.journal, world.staff, "os:siti", order)
    none = control.Release(entry_id=999, state="discarded", reason="uji")
    with pytest.raises(Misconfigured, match="there is no entry"):
        await control.carry_out(world.journal, world.staff, "os:siti", none)
    ((_, who, what, _),) = await world.staff.audit_log()
    assert (who, what) == ("os:siti", "quarantine_discard")


async def test_who_gives_an_order_is_whom_the_kernel_names(world: World) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    note = control.Note(what="uji", subject="1", detail={"reason": "coba"})
    async with listening(world):
        for claimed in ("orang-lain", f"{me} (sudo siti)"):
            assert await control.ask(world.folder, note, claimed) == control.Reply()
    lines = await world.staff.audit_lines()
    assert [line.who for line in reversed(lines)] == [f"os:{me}", f"os:{me} (sudo siti)"]
    assert lines[0].detail == {"reason": "coba"}


async def test_an_edited_copy_of_the_largest_inline_size_fits_an_order(world: World) -> None:
    change = control.Changed(part="body", body=os.urandom(64 * 1024))
    async with listening(world):
        reply = await control.ask(world.folder, control.Edit(entry_id=world.entry, change=change))
    assert reply == control.Reply()
    (kept,) = await world.journal.kept()
    assert (await world.journal.raw(kept.raw_id)).body == change.body


async def test_what_is_no_order_changes_nothing(world: World) -> None:
    async with listening(world):
        with control._reachable(world.folder) as path:
            reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"entry_id": "all", "state": "deleted"}\n')
        assert b"error" in await reader.readline()
        writer.close()
    assert world.woken == 0
    entry = await world.journal.quarantine_entry(world.entry)
    assert entry is not None
    assert entry.state == "held"
