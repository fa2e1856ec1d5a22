"""What every journal finds of one person: what they wrote, what the CRM got of it, what they were told."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from complaint_queue.editing import Editing
from complaint_queue.journal import Admission, Held, Journal
from complaint_queue.persons import Persons
from complaint_queue.way_out import NewReply, Said
from tests.journal_world import BUDI, SITI, HeldClock, admit, event, one, raw, settle


class Found(Journal, Editing, Persons, Protocol):
    """A journal as it is asked here."""


async def test_what_one_person_wrote_is_found_and_nothing_of_another(journal: Found) -> None:
    first = await one(journal, admit("m-1"))
    await one(journal, admit("m-2", BUDI))
    more = await one(journal, admit("m-3", follows=(admit("m-1").claim,)))
    written = await journal.messages_by(SITI)
    assert [(w.message_id, w.complaint_id) for w in written] == [
        (first.message_id, first.complaint_id),
        (more.message_id, first.complaint_id),
    ]
    assert all(w.raw_id for w in written)
    spoken = await journal.senders_after(0, 2)
    assert [(s.key, s.account) for s in spoken] == [(SITI, "sms-contoh"), (BUDI, "sms-contoh")]
    assert spoken[0].sender is not None and spoken[0].sender.reference == "+6281200000000"
    assert [s.key for s in await journal.senders_after(spoken[-1].message_id, 2)] == [SITI]


async def test_a_raw_event_of_several_people_names_them_all(journal: Found) -> None:
    await journal.admit(Admission(raw=raw(), messages=(admit("m-1"), admit("m-2", BUDI))))
    (written,) = await journal.messages_by(SITI)
    assert await journal.senders_of_raw(written.raw_id) == {SITI, BUDI}


async def test_a_corrected_copy_leads_to_its_original(journal: Found) -> None:
    await journal.admit(Admission(raw=raw(b"torn"), held=(Held(reason="unreadable"),)))
    (entry,) = await journal.quarantined()
    copy = await journal.edit(entry.entry_id, raw(b"whole"))
    assert await journal.original_of(copy) == entry.raw_id
    assert await journal.original_of(entry.raw_id or 0) is None


async def test_events_come_with_when_the_broker_had_them(journal: Found, clock: HeldClock) -> None:
    admitted = await one(journal, admit("m-1"))
    await settle(journal, admitted.complaint_id, event(1), event(2, "information_added"))
    (first, _) = await journal.unpublished(10)
    await journal.mark_published([first.position], clock.now)
    told = await journal.events_of(admitted.complaint_id)
    assert [(p.event.sequence, p.confirmed_at) for p in told] == [(1, clock.now), (2, None)]


async def test_what_a_person_was_told_is_found_whatever_it_was_about(
    journal: Found, clock: HeldClock
) -> None:
    admitted = await one(journal, admit("m-1"))
    file = await journal.complaint(admitted.complaint_id)
    assert file is not None
    said = [
        NewReply(
            person=person,
            account="sms-contoh",
            purpose="acknowledgement",
            said=Said(reply_to={"to": "+6281200000000"}, text=words),
            complaint_id=about,
            after=clock.now + timedelta(hours=1),
        )
        for person, words, about in (
            (SITI, "terima kasih", file.complaint_id),
            (SITI, "halo", 0),
            (BUDI, "lain", 0),
        )
    ]
    assert await journal.settle(file.complaint_id, file.version, (), b"record", "set_aside", said)
    told = await journal.replies_to(SITI)
    assert [(about, entry.said.text, entry.state) for about, entry in told] == [
        (file.complaint_id, "terima kasih", "waiting"),
        (0, "halo", "waiting"),
    ]
