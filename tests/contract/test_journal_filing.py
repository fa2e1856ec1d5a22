"""What every journal promises of what was claimed: it is kept, settled, held back or published, and none is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from complaint_queue.journal import Admission, Held, Journal
from normalizer.identity import claim_of
from tests.journal_world import (
    ACCOUNT,
    START,
    HeldClock,
    admit,
    event,
    one,
    raw,
    settle,
)


class TestCursors:
    async def test_it_moves_with_its_messages(self, journal: Journal) -> None:
        assert await journal.cursor(ACCOUNT, "offset") is None
        await one(journal, admit("1"), cursor=("offset", "41"))
        assert await journal.cursor(ACCOUNT, "offset") == "41"
        await journal.admit(Admission(raw=raw(), cursor=("offset", "42")))
        assert await journal.cursor(ACCOUNT, "offset") == "42"
        await journal.keep(raw(), ("offset", "43"))
        assert await journal.cursor(ACCOUNT, "offset") == "43"

    async def test_it_stays_when_the_admission_fails(self, journal: Journal) -> None:
        await one(journal, admit("1"), cursor=("offset", "41"))
        with pytest.raises(ValueError, match="16 bytes"):
            await one(journal, admit("2", group=b"short"), cursor=("offset", "42"))
        assert await journal.cursor(ACCOUNT, "offset") == "41"


class TestKept:
    async def test_it_waits_until_it_is_admitted(self, journal: Journal) -> None:
        first = await journal.keep(raw(b"first mail"))
        second = await journal.keep(raw(b"second mail"))
        assert [(k.raw_id, k.tries) for k in await journal.kept()] == [(first, 0), (second, 0)]
        assert (await journal.begin(first)).body == b"first mail"
        await journal.begin(first)
        assert [(k.raw_id, k.tries) for k in await journal.kept()] == [(first, 2), (second, 0)]
        answers = await journal.admit(Admission(raw=raw(b"first mail"), messages=(admit("1"),), raw_id=first))
        assert answers[0].how == "opened"
        assert [k.raw_id for k in await journal.kept()] == [second]
        assert (await journal.raw(first)).body == b"first mail"

    async def test_what_gave_no_message_ends_with_its_fate(self, journal: Journal) -> None:
        raw_id = await journal.keep(raw())
        await journal.finish_kept(raw_id, "ignored:bounce")
        assert await journal.kept() == ()
        assert await journal.quarantined() == ()
        with pytest.raises(LookupError):
            await journal.begin(raw_id)

    async def test_what_could_not_be_read_is_held_and_can_be_replayed(self, journal: Journal) -> None:
        raw_id = await journal.keep(raw(b"poison"))
        await journal.begin(raw_id)
        await journal.finish_kept(raw_id, "quarantined", Held(reason="the parser crashed"))
        (entry,) = await journal.quarantined()
        assert (entry.raw_id, entry.stage, entry.reason) == (raw_id, "parse", "the parser crashed")
        assert await journal.kept() == ()
        await journal.release(entry.entry_id, "replayed")
        assert [(k.raw_id, k.tries) for k in await journal.kept()] == [(raw_id, 0)]
        assert await journal.quarantined() == ()


class TestSettling:
    async def test_it_writes_the_events_and_ends_the_task(self, journal: Journal, clock: HeldClock) -> None:
        first = await one(journal, admit("1"))
        assert await journal.due(clock()) == (first.complaint_id,)
        assert await settle(journal, first.complaint_id, event(1), event(2, "information_added"))
        assert await journal.due(clock.forward(9999)) == ()
        assert await journal.next_due() is None
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert (file.state, file.last_sequence, file.record) == ("filed", 2, b"record")
        assert file.messages[0].event_sequence == 2
        found = await journal.event(first.complaint_id, 1)
        assert found is not None
        assert (found[0].body, found[0].kind, found[1]) == (b"body of an event", "created", False)

    async def test_it_says_no_when_something_joined_meanwhile(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, admit("1"))
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        await one(journal, admit("2", follows=(claim_of(ACCOUNT, "1"),)))
        assert not await journal.settle(file.complaint_id, file.version, [(event(1), ())], b"record", "filed")
        assert await journal.unpublished(10) == ()
        assert await journal.due(clock()) == (first.complaint_id,)

    async def test_of_two_that_settle_at_once_one_writes(self, journal: Journal) -> None:
        first = await one(journal, admit("1"))
        # All have seen the same version before the first of them writes.
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        results = await asyncio.gather(
            *(
                journal.settle(file.complaint_id, file.version, [(event(1), ())], b"record", "filed")
                for _ in range(8)
            )
        )
        assert sorted(results) == [False] * 7 + [True]
        assert len(await journal.unpublished(10)) == 1

    async def test_a_gap_in_the_sequence_raises_and_harms_no_other(self, journal: Journal) -> None:
        ids = [(await one(journal, admit(str(n)))).complaint_id for n in range(3)]
        results = await asyncio.gather(
            settle(journal, ids[0], event(1)),
            settle(journal, ids[1], event(2)),
            settle(journal, ids[2], event(1)),
            return_exceptions=True,
        )
        assert (results[0], results[2]) == (True, True)
        assert isinstance(results[1], ValueError)
        # Which of two complaints comes first is nobody's promise.
        assert sorted(e.complaint_id for e in await journal.unpublished(10)) == sorted((ids[0], ids[2]))

    async def test_a_revision_repeats_a_sequence(self, journal: Journal) -> None:
        first = await one(journal, admit("1"))
        assert await settle(journal, first.complaint_id, event(1))
        assert await settle(journal, first.complaint_id, event(1, "corrected", revision=1, body=b"better"))
        found = await journal.event(first.complaint_id, 1)
        assert found is not None
        assert (found[0].revision, found[0].body) == (1, b"better")

    async def test_set_aside_without_events(self, journal: Journal, clock: HeldClock) -> None:
        first = await one(journal, admit("1"))
        assert await settle(journal, first.complaint_id, state="set_aside")
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert file.state == "set_aside"
        assert await journal.due(clock.forward(60)) == ()

    async def test_a_postponed_task_comes_later(self, journal: Journal, clock: HeldClock) -> None:
        first = await one(journal, admit("1"))
        await journal.postpone(first.complaint_id, START + timedelta(seconds=20))
        assert await journal.due(clock.forward(19)) == ()
        assert await journal.due(clock.forward(1)) == (first.complaint_id,)


class TestTriage:
    async def test_it_waits_until_a_person_files_it(self, journal: Journal, clock: HeldClock) -> None:
        opened = await one(journal, admit("1"))
        assert await settle(journal, opened.complaint_id, state="triage")
        assert await journal.due(clock.forward(3600)) == ()
        assert await journal.triage() == (opened.complaint_id,)
        depths = await journal.depths()
        assert (depths.triage, depths.oldest_triage) == (1, START)
        await journal.decide(opened.complaint_id, "file")
        assert await journal.triage() == ()
        assert await journal.due(clock.now) == (opened.complaint_id,)
        file = await journal.complaint(opened.complaint_id)
        assert file is not None
        assert (file.state, file.record) == ("open", b"record"), "the record says that it was looked at"

    async def test_what_was_laid_aside_has_no_task_and_cannot_be_decided_again(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        opened = await one(journal, admit("1"))
        await settle(journal, opened.complaint_id, state="triage")
        await journal.decide(opened.complaint_id, "set_aside")
        assert await journal.due(clock.forward(3600)) == ()
        assert (await journal.depths()).triage == 0
        with pytest.raises(LookupError):
            await journal.decide(opened.complaint_id, "file")

    async def test_a_message_that_follows_gives_it_a_task_and_it_stays(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        opened = await one(journal, admit("1"))
        await settle(journal, opened.complaint_id, state="triage")
        again = await one(journal, admit("2", follows=(claim_of(ACCOUNT, "1"),)))
        assert again.complaint_id == opened.complaint_id
        assert await journal.due(clock.now) == (opened.complaint_id,)
        assert await journal.triage() == (opened.complaint_id,)


class TestFiled:
    async def test_the_newest_of_one_account_within_a_span(self, journal: Journal, clock: HeldClock) -> None:
        tickets = []
        for number in ("1", "2", "3"):
            opened = await one(journal, admit(number))
            tickets.append(opened.ticket)
            if number != "2":
                await settle(journal, opened.complaint_id, event(1))
            clock.forward(60)
        late = START + timedelta(seconds=500)
        assert [f.ticket for f in await journal.filed(ACCOUNT, START, late)] == [tickets[2], tickets[0]]
        assert [f.ticket for f in await journal.filed(ACCOUNT, START, late, 1)] == [tickets[2]]
        only = await journal.filed(ACCOUNT, START, START + timedelta(seconds=59))
        assert [f.ticket for f in only] == [tickets[0]]
        assert await journal.filed("another", START, late) == ()


class TestOutbox:
    async def test_events_leave_in_order_and_once(self, journal: Journal) -> None:
        ids = [(await one(journal, admit(str(n)))).complaint_id for n in range(3)]
        for complaint_id in ids:
            assert await settle(journal, complaint_id, event(1), event(2, "information_added"))
        waiting = await journal.unpublished(100)
        assert [(e.complaint_id, e.sequence) for e in waiting] == [(i, n) for i in ids for n in (1, 2)]
        assert [e.position for e in waiting] == sorted(e.position for e in waiting)
        assert [e.position for e in await journal.unpublished(2, waiting[1].position)] == [
            e.position for e in waiting[2:4]
        ]
        await journal.mark_published([waiting[0].position, waiting[3].position], START)
        await journal.mark_published([waiting[0].position], START)
        left = [(e.complaint_id, e.sequence) for e in await journal.unpublished(100)]
        assert left == [(ids[0], 2), (ids[1], 1), (ids[2], 1), (ids[2], 2)]
        found = await journal.event(ids[0], 1)
        assert found is not None
        assert found[1]

    async def test_a_complaint_with_an_event_in_quarantine_waits_whole(self, journal: Journal) -> None:
        ids = [(await one(journal, admit(str(n)))).complaint_id for n in range(2)]
        for complaint_id in ids:
            assert await settle(journal, complaint_id, event(1), event(2, "information_added"))
        entry = await journal.quarantine("publish", "refused by the broker", complaint_id=ids[0])
        assert {e.complaint_id for e in await journal.unpublished(100)} == {ids[1]}
        assert (await journal.depths()).unpublished == 4
        await journal.release(entry, "replayed")
        assert [(e.complaint_id, e.sequence) for e in await journal.unpublished(2)] == [
            (ids[0], 1),
            (ids[0], 2),
        ]

    async def test_an_event_that_is_discarded_lets_the_next_flow(self, journal: Journal) -> None:
        complaint_id = (await one(journal, admit("1"))).complaint_id
        assert await settle(journal, complaint_id, event(1), event(2, "information_added"))
        entry = await journal.quarantine("publish", "refused by the broker", complaint_id=complaint_id)
        await journal.release(entry, "discarded")
        assert [e.sequence for e in await journal.unpublished(10)] == [2]
        found = await journal.event(complaint_id, 1)
        assert found is not None
        assert not found[1]


class TestQuarantine:
    async def test_held_items_of_a_batch_stand_beside_the_good_ones(self, journal: Journal) -> None:
        answers = await journal.admit(
            Admission(
                raw=raw(b"batch"),
                messages=(admit("1"),),
                held=(Held(reason="no text field", item=1, external_id="x-2"),),
            )
        )
        assert answers[0].how == "opened"
        (entry,) = await journal.quarantined()
        assert (entry.account, entry.stage, entry.item) == (ACCOUNT, "parse", 1)
        assert (entry.reason, entry.external_id, entry.state) == ("no text field", "x-2", "held")
        assert entry.raw_id is not None
        assert (await journal.raw(entry.raw_id)).body == b"batch"
        assert await journal.quarantine_entry(entry.entry_id) == entry
        await journal.release(entry.entry_id, "discarded")
        assert await journal.quarantined() == ()
        assert [e.entry_id for e in await journal.quarantined("discarded")] == [entry.entry_id]
        with pytest.raises(LookupError):
            await journal.release(entry.entry_id, "replayed")

    async def test_what_is_held_under_a_claim_is_held_once(self, journal: Journal) -> None:
        held = Held(reason="no date", item=1, claim=claim_of(ACCOUNT, "held"))
        for _ in range(2):
            await asyncio.gather(*(journal.admit(Admission(raw=raw(), held=(held,))) for _ in range(5)))
        (entry,) = await journal.quarantined()
        await journal.release(entry.entry_id, "replayed")
        assert entry.raw_id is not None
        await journal.begin(entry.raw_id)
        await journal.admit(Admission(raw=raw(), held=(held,), raw_id=entry.raw_id))
        assert len(await journal.quarantined()) == 1, "unreadable again, it waits again"

    async def test_a_complaint_in_quarantine_has_no_task_until_it_is_replayed(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, admit("1"))
        entry = await journal.quarantine("settle", "a step failed", complaint_id=first.complaint_id)
        assert await journal.quarantine("settle", "again", complaint_id=first.complaint_id) == entry
        assert await journal.due(clock.forward(60)) == ()
        found = await journal.quarantine_entry(entry)
        assert found is not None
        assert (found.account, found.complaint_id) == (ACCOUNT, first.complaint_id)
        await journal.release(entry, "replayed")
        assert await journal.due(clock()) == (first.complaint_id,)
