"""What every journal tells whoever follows it: everything, once, in the order of the commits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from complaint_queue.following import FollowedJournal
from tests.contract.test_journal_way_out import noted, reply
from tests.journal_world import START, HeldClock, admit, event, one, settle


async def test_arrivals_come_once_and_in_order_however_many_are_asked_for(journal: FollowedJournal) -> None:
    admitted = await asyncio.gather(*(one(journal, admit(str(n))) for n in range(50)))
    seen: list[int] = []
    while page := await journal.arrivals(seen[-1] if seen else 0, 7):
        seen += [arrival.message_id for arrival in page]
    assert seen == sorted(a.message_id for a in admitted)
    first = (await journal.arrivals(0, 1))[0]
    assert (first.complaint_id, first.channel, first.received_at) == (first.message_id, "sms", START)
    assert first.ticket in {a.ticket for a in admitted}


async def test_an_event_is_seen_before_and_after_its_confirm(
    journal: FollowedJournal, clock: HeldClock
) -> None:
    admitted = await one(journal, admit("1"))
    await settle(journal, admitted.complaint_id, event(1, body=b"words of an event"))
    (seen,) = await journal.events_after(0, 10)
    assert (seen.complaint_id, seen.kind, seen.body) == (
        admitted.complaint_id,
        "created",
        b"words of an event",
    )
    assert await journal.confirmed_at([seen.position]) == {}
    clock.forward(3)
    await journal.mark_published([seen.position], clock())
    assert await journal.confirmed_at([seen.position, 1]) == {seen.position: clock()}
    assert await journal.events_after(0, 10) == (seen,)
    assert await journal.events_after(seen.position, 10) == ()


async def test_where_complaints_stand(journal: FollowedJournal) -> None:
    filed, open_one, waits = [await one(journal, admit(str(n))) for n in range(3)]
    await settle(journal, filed.complaint_id, event(1))
    await settle(journal, waits.complaint_id, state="triage")
    found = await journal.standings([filed.complaint_id, open_one.complaint_id, waits.complaint_id, 5])
    assert {s.complaint_id: (s.state, s.record) for s in found} == {
        filed.complaint_id: ("filed", b"record"),
        open_one.complaint_id: ("open", b""),
        waits.complaint_id: ("triage", b"record"),
    }


async def test_the_crms_words_are_seen_again_whenever_they_change(journal: FollowedJournal) -> None:
    await noted(journal, complaint=7)
    await noted(journal, complaint=8)
    before = await journal.advances(0, 10)
    assert [a.complaint_id for a in before] == [7, 8]
    assert before[0].progress.stage == "Koordinasi"
    await noted(journal, complaint=7)
    (after,) = await journal.advances(before[-1].change, 10)
    assert (after.complaint_id, len(after.progress.steps)) == (7, 2)


async def test_replies_are_seen_without_their_words_and_with_their_end(
    journal: FollowedJournal, clock: HeldClock
) -> None:
    await noted(journal, reply("kata yang tidak ikut"), complaint=7)
    (made,) = await journal.outgoing(0, 10)
    assert (made.state, made.account, made.ended_at) == ("waiting", "telegram-contoh", None)
    await journal.begin_reply(made.reply_id)
    await journal.reply_sent(made.reply_id, None, clock.forward(2))
    assert await journal.outgoing(made.reply_id, 10) == ()
    (ended,) = await journal.outgoing_of([made.reply_id])
    assert (ended.state, ended.ended_at) == ("sent", clock())


async def test_ids_go_on_growing_after_a_restart_with_a_clock_that_stepped_back(
    factory: Callable[..., FollowedJournal], clock: HeldClock, tmp_path: Path
) -> None:
    first = factory(tmp_path, clock)
    await first.open()
    clock.forward(3600)
    await noted(first, reply("satu"), complaint=7)
    (change,) = await first.advances(0, 10)
    (before,) = await first.outgoing(0, 10)
    await first.close()
    clock.forward(-7200)
    again = factory(tmp_path, clock)
    await again.open()
    try:
        await noted(again, reply("dua"), complaint=8)
        assert [a.complaint_id for a in await again.advances(change.change, 10)] == [8]
        assert len(await again.outgoing(before.reply_id, 10)) == 1
    finally:
        await again.close()
