"""What every journal promises of its own life: opened, closed, killed, full, and read by nobody else."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from complaint_queue.journal import Admission, Admit, Held, Journal
from normalizer.errors import Unavailable
from tests.journal_world import (
    ACCOUNT,
    START,
    Disk,
    HeldClock,
    admit,
    event,
    message,
    one,
    raw,
    settle,
    with_photos,
)


class TestLife:
    async def test_everything_is_there_after_a_new_start(
        self,
        factory: Callable[[Path, Callable[[], datetime]], Journal],
        tmp_path: Path,
        clock: HeldClock,
    ) -> None:
        journal = factory(tmp_path, clock)
        await journal.open()
        first = await one(journal, admit("1", group=b"group-of-parts--", quiet=10), cursor=("offset", "7"))
        second = await one(journal, with_photos("2", 1))
        kept = await journal.keep(raw(b"mail"))
        await journal.begin(kept)
        held = await journal.quarantine("parse", "unreadable", raw_id=await journal.keep(raw(b"x")))
        assert await settle(journal, second.complaint_id, event(1))

        async def seen() -> tuple[object, ...]:
            return (
                await journal.depths(),
                await journal.complaint(first.complaint_id),
                await journal.complaint(second.complaint_id),
                await journal.unpublished(10),
                await journal.media_due(clock()),
                await journal.kept(),
                await journal.quarantine_entry(held),
                await journal.cursor(ACCOUNT, "offset"),
                await journal.recent(),
            )

        before = await seen()
        await journal.close()
        clock.now -= timedelta(days=1)  # the clock stepped back while we were away
        journal = factory(tmp_path, clock)
        await journal.open()
        try:
            clock.forward(86400)
            assert await seen() == before
            assert (await one(journal, admit("1"))).how == "duplicate"
            joined = await one(journal, admit("3", group=b"group-of-parts--", quiet=10))
            assert (joined.how, joined.ticket) == ("joined", first.ticket)
            assert joined.message_id > second.message_id
            assert (await one(journal, admit("4"))).ticket.startswith("261123-0003-")
        finally:
            await journal.close()

    async def test_depths_count_what_waits(self, journal: Journal) -> None:
        await journal.keep(raw())
        await one(journal, admit("1"))
        second = await one(journal, with_photos("2", 1))
        await settle(journal, second.complaint_id, event(1))
        await journal.quarantine("settle", "why", complaint_id=second.complaint_id)
        depths = await journal.depths()
        assert (depths.kept, depths.open_complaints, depths.tasks) == (1, 1, 1)
        assert (depths.unpublished, depths.oldest_unpublished) == (1, START)
        assert (depths.media_pending, depths.quarantined) == (1, 1)

    async def test_recent_shows_an_office_its_own(self, journal: Journal) -> None:
        mine = await one(journal, admit("1", office_code="31.71.01.1001"))
        other = await one(journal, admit("2", office_code="31.71.01.1002"))
        assert await journal.recent("31.71.01.1001") == ((mine.ticket, START, "sms"),)
        assert [row[0] for row in await journal.recent()] == [other.ticket, mine.ticket]
        assert await journal.recent("") == ()

    async def test_what_is_about_an_office_is_not_in_its_list(self, journal: Journal) -> None:
        mine, other = "31.71.01.1001", "31.71.01.1002"

        def against(number: str, office: str, entered: str) -> Admit:
            return admit(number, message=message(number, against_office=office), office_code=entered)

        plain = await one(journal, admit("1", office_code=mine))
        own = await one(journal, against("2", mine, mine))
        about_other = await one(journal, against("3", other, mine))
        elsewhere = await one(journal, against("4", mine, other))

        def tickets(rows: tuple[tuple[str, datetime, str], ...]) -> list[str]:
            return [row[0] for row in rows]

        assert tickets(await journal.recent(mine)) == [about_other.ticket, plain.ticket]
        assert tickets(await journal.recent(other)) == [elsewhere.ticket]
        assert tickets(await journal.recent(other, hidden_from=mine)) == []
        assert tickets(await journal.recent(hidden_from=mine)) == [about_other.ticket, plain.ticket]
        assert len(await journal.recent()) == 4
        assert await journal.about((mine,)) == (
            (elsewhere.ticket, START, mine),
            (own.ticket, START, mine),
        )
        assert tickets(await journal.about((mine, other), limit=2)) == [elsewhere.ticket, about_other.ticket]
        assert await journal.about(()) == await journal.about(("",)) == ()
        file = await journal.complaint(own.complaint_id)
        assert file is not None
        assert (file.office_code, file.against_office) == (mine, mine)

    async def test_no_text_can_be_read_in_the_files(self, journal: Journal, disk: Disk) -> None:
        planted = "tetangga saya di nomor tujuh"
        secret = raw(planted.encode())
        await journal.admit(
            Admission(
                raw=secret,
                messages=(admit("1", message=message("1", planted)),),
                held=(Held(reason=planted, item=1, external_id=planted),),
            )
        )
        await journal.keep(secret)
        await journal.quarantine("parse", planted)
        second = await one(journal, admit("2"))
        file = await journal.complaint(second.complaint_id)
        assert file is not None
        spoken = [(event(1, body=planted.encode()), (second.message_id,))]
        assert await journal.settle(second.complaint_id, file.version, spoken, planted.encode(), "filed")
        stored = await disk.files()
        assert sum(map(len, stored.values())) > 1000
        for path, content in stored.items():
            assert planted.encode() not in content, path
            assert b"+6281200000000" not in content, path
        await journal.close()
        for path, content in (await disk.files()).items():
            assert planted.encode() not in content, path

    async def test_duplicates_store_no_raw_event(self, journal: Journal, disk: Disk) -> None:
        body = os.urandom(60_000)
        again = Admission(raw=raw(body), messages=(admit("1"),))
        await journal.admit(again)
        before = await disk.written()
        for _ in range(20):
            assert (await journal.admit(again))[0].how == "duplicate"
        assert await disk.written() - before < 20 * 30_000

    async def test_a_probe_writes_and_a_closed_journal_says_so(self, journal: Journal) -> None:
        await journal.probe()
        await journal.close()
        with pytest.raises(Unavailable):
            await journal.probe()
