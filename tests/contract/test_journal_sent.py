"""What every journal knows of what the broker has confirmed: each event once, by the time of its confirm."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from complaint_queue.journal import Journal
from complaint_queue.sent import Sent, Telling
from tests.journal_world import HeldClock, admit, event, one, settle


class Told(Journal, Telling, Protocol):
    """A journal as far as it is asked here."""


async def test_what_was_confirmed_in_a_span_comes_once_and_in_order(journal: Told, clock: HeldClock) -> None:
    positions = []
    for number in range(6):
        admitted = await one(journal, admit(str(number)))
        await settle(journal, admitted.complaint_id, event(1, body=b"body %d" % number))
        (waiting,) = await journal.unpublished(10)
        positions.append(waiting.position)
        await journal.mark_published([waiting.position], clock())
        clock.forward(60)
    last = await one(journal, admit("waits"))
    await settle(journal, last.complaint_id, event(1))
    since = clock() - timedelta(seconds=300)
    until = clock() - timedelta(seconds=60)
    found: list[Sent] = []
    after, more, pages = 0, True, 0
    while more:
        page = await journal.sent(since, until, after, 2)
        found += page.found
        after, more, pages = page.through, page.more, pages + 1
    assert [one.position for one in found] == positions[1:5]
    assert pages == 4, "three pages that are full, and the end"
    first = found[0]
    assert (first.kind, first.channel, first.sequence, first.revision) == ("created", "sms", 1, 0)
    assert first.event_id.endswith(".1.0")
    bodies = await journal.events_at([positions[2], positions[1], 5])
    assert [b.body for b in bodies] == [b"body 1", b"body 2"]


async def test_a_day_is_told_once(journal: Told) -> None:
    assert await journal.reconciled_through() is None
    await journal.note_reconciled("2026-11-26", 3, "a" * 64)
    await journal.note_reconciled("2026-11-27", 0, "b" * 64)
    await journal.note_reconciled("2026-11-26", 3, "a" * 64)
    assert await journal.reconciled_through() == "2026-11-27"
