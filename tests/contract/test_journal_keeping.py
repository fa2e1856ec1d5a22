"""What every journal promises about its own care: what is pruned and what never is, pages, a return from a backup."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

from complaint_queue.editing import Editing
from complaint_queue.journal import Admission, Held, Journal
from complaint_queue.keeping import Keeping, RawKind, Restored
from normalizer.identity import read_ticket
from normalizer.record import Attachment
from tests.journal_world import HeldClock, admit, event, message, one, raw, settle


class Cared(Journal, Editing, Keeping, Protocol):
    """A journal in full."""


async def published(journal: Cared, clock: HeldClock, name: str, **more: Any) -> int:
    """A complaint of which the CRM has heard; its id."""
    admitted = await one(journal, admit(name, **more))
    await settle(journal, admitted.complaint_id, event(1))
    await confirmed(journal, clock, admitted.complaint_id)
    return admitted.complaint_id


async def confirmed(journal: Cared, clock: HeldClock, complaint_id: int) -> None:
    """The broker has everything of this complaint."""
    waiting = [e.position for e in await journal.unpublished(100) if e.complaint_id == complaint_id]
    await journal.mark_published(waiting, clock())


async def raws(journal: Cared) -> list[int]:
    return [one.raw_id for one in await journal.raws_after(0, 1000)]


async def pruned(journal: Cared, clock: HeldClock, *kinds: RawKind, days: int = 10) -> int:
    """Prune everything of these kinds that is older than so many days, in steps of two."""
    before = {kind: clock() - timedelta(days=days) for kind in kinds or ("read", "ignored", "ended")}
    gone, after, more = 0, 0, True
    while more:
        step = await journal.prune(before, after, 2)  # type: ignore[arg-type]
        gone, after, more = gone + step.gone, step.through, step.more
    return gone


async def test_what_the_crm_has_goes_and_a_retry_still_finds_its_claim(
    journal: Cared, clock: HeldClock
) -> None:
    first = await one(journal, admit("1"))
    await settle(journal, first.complaint_id, event(1))
    await journal.mark_published([e.position for e in await journal.unpublished(100)], clock())
    clock.forward(11 * 86_400)
    await published(journal, clock, "2")
    assert await pruned(journal, clock) == 1
    assert len(await raws(journal)) == 1, "what is younger stays"
    again = await one(journal, admit("1"))
    assert (again.how, again.ticket) == ("duplicate", first.ticket)
    assert len(await raws(journal)) == 1, "a retry brings nothing back"
    file = await journal.complaint(first.complaint_id)
    assert file is not None
    assert [m.message.text for m in file.messages] == [message("1").text]
    (row, _) = await journal.messages_after(0, 10)
    assert not row.raw_is_there
    assert row.raw_id <= await journal.pruned_through()


async def test_what_anybody_waits_for_is_never_pruned(journal: Cared, clock: HeldClock) -> None:
    await journal.keep(raw(b"to be parsed"))
    held = await journal.keep(raw(b"cannot be read"))
    entry = await journal.quarantine("parse", "cannot be read", raw_id=held)
    await one(journal, admit("open"))
    unpublished = await one(journal, admit("unpublished"))
    await settle(journal, unpublished.complaint_id, event(1))
    triage = await one(journal, admit("triage"))
    await settle(journal, triage.complaint_id, state="triage")
    poison = await one(journal, admit("poison"))
    await journal.quarantine("settle", "cannot be settled", complaint_id=poison.complaint_id)
    pending = message("media", attachments=(Attachment(state="pending", remote="file-1"),))
    files = await one(journal, admit("media", message=pending))
    await settle(journal, files.complaint_id, event(1))
    await confirmed(journal, clock, files.complaint_id)
    added = await published(journal, clock, "followed")
    await one(journal, admit("more", follows=(admit("followed").claim,)))
    clock.forward(400 * 86_400)
    before = await raws(journal)
    assert await pruned(journal, clock) == 0
    assert await raws(journal) == before
    # Once nobody waits any more, all of it may go.
    await journal.release(entry, "discarded")
    assert await pruned(journal, clock, "ended") == 1
    told = await journal.complaint(added)
    assert told is not None
    spoken = (told.messages[-1].message_id,)
    await journal.settle(added, told.version, [(event(2, "information_added"), spoken)], b"record", "filed")
    assert await pruned(journal, clock, "read") == 0, "it is not published yet"
    await confirmed(journal, clock, added)
    assert await pruned(journal, clock, "read") == 2, "what opened it, and what was added"


async def test_each_kind_has_its_own_time(journal: Cared, clock: HeldClock) -> None:
    ignored = await journal.keep(raw(b"nothing in it"))
    await journal.finish_kept(ignored, "ignored:empty")
    aside = await one(journal, admit("thanks"))
    await settle(journal, aside.complaint_id, state="set_aside")
    wrong = await journal.keep(raw(b"wrong"))
    entry = await journal.quarantine("parse", "cannot be read", raw_id=wrong)
    copy = await journal.edit(entry, raw(b"right"))
    await journal.admit(Admission(raw=raw(b"right"), messages=(admit("right"),), raw_id=copy))
    right = (await journal.due(clock() + timedelta(days=1)))[0]
    await settle(journal, right, event(1))
    await journal.mark_published([e.position for e in await journal.unpublished(100)], clock())
    clock.forward(11 * 86_400)
    assert await pruned(journal, clock, days=12) == 0
    assert await pruned(journal, clock, "ignored") == 1
    assert await pruned(journal, clock, "ended") == 1
    assert await pruned(journal, clock, "read") == 2
    assert await raws(journal) == []
    assert await journal.edited_from(copy) == entry


async def test_pages_show_everything_once_and_nothing_wrong(journal: Cared, clock: HeldClock) -> None:
    for number in range(5):
        await published(journal, clock, str(number))
    await one(journal, admit("open"))
    await journal.admit(Admission(raw=raw(b"x"), held=(Held(reason="r", claim=b"held" * 4),)))
    messages, after = [], 0
    while page := await journal.messages_after(after, 2):
        messages += page
        after = page[-1].message_id
    assert len(messages) == 6
    assert all(m.raw_is_there and m.complaint_is_there and m.is_linked and not m.damage for m in messages)
    assert [m.message.external_id for m in messages if m.message] == [*"01234", "open"]
    events = await journal.ledger_after(0, 100)
    assert len(events) == 5
    assert all(e.confirmed and not e.waits and not e.overtook and not e.left_out for e in events)
    complaints = await journal.complaints_after(0, 100)
    assert [(c.sequences, c.first, c.last, c.last_sequence) for c in complaints] == [(1, 1, 1, 1)] * 5 + [
        (0, 0, 0, 0)
    ]
    assert all(c.opened_by_message and read_ticket(c.ticket) for c in complaints)
    seen, begin = 0, b""
    while True:
        claims = await journal.claims_from(begin, 3)
        seen += claims.seen
        assert claims.broken == 0
        if claims.following is None:
            break
        begin = claims.following
    assert seen == 7, "six messages and what is held"
    assert await journal.orphans() == {}
    assert (await journal.sizes())["claims"] == 7


async def test_after_a_return_no_ticket_is_given_twice(journal: Cared, clock: HeldClock) -> None:
    taken_at = clock()
    before = await one(journal, admit("1"))
    assert await journal.restored() == Restored()
    clock.forward(86_400)
    back = await journal.note_restored(taken_at)
    assert (back.epoch, await journal.restored()) == (1, back)
    assert before.message_id < back.first_id
    days = ("2026-11-23", "2026-11-24", "2026-11-25")
    tickets = [(await one(journal, admit(day, ticket_day=day))).ticket for day in days]
    assert [t.split("-")[:2] for t in tickets] == [
        ["261123", "100001"],
        ["261124", "100001"],
        ["261125", "0001"],
    ]
    assert (await journal.note_restored(clock())).epoch == 2
    again = await one(journal, admit("again", ticket_day="2026-11-24"))
    assert again.ticket.split("-")[1] == "200001"


async def test_after_a_return_a_new_number_may_bear_a_revision(journal: Cared) -> None:
    admitted = await one(journal, admit("1"))
    await settle(journal, admitted.complaint_id, event(1))
    assert await settle(journal, admitted.complaint_id, event(2, "information_added", revision=1))
    file = await journal.complaint(admitted.complaint_id)
    assert file is not None
    assert file.last_sequence == 2
    (row,) = await journal.complaints_after(0, 10)
    assert (row.sequences, row.last) == (2, 2)
