"""What every journal promises of an erasure: what is gone, what stays, what waits, and that the rest never notices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

import msgspec
import pytest

from complaint_queue import wire
from complaint_queue.editing import Editing
from complaint_queue.erasing import Erasing, Erasure
from complaint_queue.following import Followed
from complaint_queue.journal import Admission, Admitted, Held, Journal
from complaint_queue.keeping import Keeping
from complaint_queue.persons import Persons
from complaint_queue.sent import Telling
from complaint_queue.way_out import Conversed, NewReply, Person, Progress, Said, Step
from normalizer.identity import encode_id
from normalizer.ports import MediaFacts
from normalizer.record import Added, Attachment, Complaint, ComplaintEvent, EventKind, Reporter
from tests.journal_world import BUDI, PLANTED, SITI, HeldClock, admit, event, message, one, raw

SHA = "ab" * 32
PHONE = "+6281200000000"


class Forgets(Journal, Followed, Editing, Keeping, Persons, Erasing, Telling, Protocol):
    """A journal in full."""


def record(admitted: Admitted, text: str = PLANTED) -> Complaint:
    return Complaint(
        complaint_id=encode_id(admitted.complaint_id),
        ticket=admitted.ticket,
        channel="sms",
        adapter="sms",
        account="sms-contoh",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        text=text,
        public_text=text,
        reporter=Reporter(reference="ref", name="Siti Contoh"),
    )


async def filed(
    journal: Forgets, clock: HeldClock, admitted: Admitted, kind: EventKind = "created", publish: bool = True
) -> None:
    """What was admitted is told to the CRM, with an acknowledgement, and the broker has it."""
    file = await journal.complaint(admitted.complaint_id)
    assert file is not None
    whole, sequence = record(admitted), file.last_sequence + 1
    told = ComplaintEvent(
        event=kind,
        sequence=sequence,
        occurred_at=clock.now,
        complaint=whole,
        added=Added(text=PLANTED, received_at=clock.now) if sequence > 1 else None,
    )
    fresh = tuple(m.message_id for m in file.messages if m.event_sequence is None)
    said = Said(reply_to={"to": PHONE}, text=f"Terima kasih, {PLANTED}", ticket=file.ticket)
    reply = NewReply(
        person=file.messages[0].sender,
        account="sms-contoh",
        purpose="acknowledgement",
        said=said,
        complaint_id=file.complaint_id,
    )
    body = wire.encode(told)[1]
    assert await journal.settle(
        file.complaint_id,
        file.version,
        [(event(sequence, kind, body=body), fresh)],
        msgspec.msgpack.encode(whole),
        "filed",
        [reply],
        fingerprint=b"what is remembered",
    )
    if publish:
        waiting = [e.position for e in await journal.unpublished(100) if e.complaint_id == file.complaint_id]
        await journal.mark_published(waiting, clock.now)


async def test_what_a_person_said_is_gone_and_another_keeps_theirs(
    journal: Forgets, clock: HeldClock
) -> None:
    photo = Attachment(sha256=SHA, media_type="text/plain", name="siti.txt")
    hers = await one(journal, admit("m-1", message=message("m-1", attachments=(photo,), ticket="a promise")))
    his = await one(journal, admit("m-2", BUDI))
    await filed(journal, clock, hers)
    await filed(journal, clock, his)
    step = Step(stage="Koordinasi", word="Koordinasi", at=clock.now, note=f"untuk Siti: {PLANTED}")
    now = Progress(stage="Koordinasi", rank=2, crm_number="CRM-1", steps=(step,))
    assert await journal.note_status(b"status-1--------", hers.complaint_id, Progress(), now, ()) == "noted"

    assert await journal.waiting([hers.complaint_id, his.complaint_id]) == {}
    await journal.erase(Erasure(keys=(SITI,), complaints=(hers.complaint_id, his.complaint_id)))

    file = await journal.complaint(hers.complaint_id)
    assert file is not None and (file.ticket, file.state, file.last_sequence) == (hers.ticket, "filed", 1)
    (left,) = file.messages
    assert (left.message.text, left.message.attachments, left.message.sender.reference) == ("", (), "")
    assert not any(left.sender)
    assert left.message.ticket == "a promise", "the code on the paper is made of it"
    gone = msgspec.msgpack.decode(file.record, type=Complaint)
    assert (gone.text, gone.reporter, gone.ticket) == ("", Reporter(), hers.ticket)
    assert [(e.step, e.result[:10]) for e in gone.evidence] == [("erased", "2026-11-23")]
    ((told, confirmed),) = [(p.event, p.confirmed_at) for p in await journal.events_of(hers.complaint_id)]
    assert PLANTED.encode() not in told.body and confirmed == clock.now
    assert wire.decode_body(told.body).event_id == f"{encode_id(hers.complaint_id)}.1.0"
    (said,) = await journal.replies_of(hers.complaint_id)
    assert (said.said.text, said.said.reply_to, said.state) == ("", {}, "dropped")
    stage = await journal.progress(hers.complaint_id)
    assert (stage.stage, stage.crm_number, stage.steps[0].note) == ("Koordinasi", "", "")
    assert await journal.messages_by(SITI) == () == await journal.replies_to(SITI)
    assert [f.body for f in await journal.fingerprints(0, clock.now)][-1] == b""
    raws = await journal.raws_after(0, 10)
    assert [len(r.raw.body) > 0 for r in raws if r.raw] == [False, True]

    other = await journal.complaint(his.complaint_id)
    assert other is not None and other.messages[0].message.text == PLANTED
    assert msgspec.msgpack.decode(other.record, type=Complaint).text == PLANTED
    assert (await journal.replies_of(his.complaint_id))[0].state == "waiting"
    assert set(await journal.erased([hers.complaint_id, his.complaint_id])) == {hers.complaint_id}
    (unfinished,) = await journal.unfinished()
    assert unfinished.files == (SHA,) and unfinished.heads
    assert await journal.traces(unfinished.heads) == 0
    await journal.finish([unfinished.erasure_id])
    assert await journal.unfinished() == ()


async def test_a_providers_repeat_makes_no_second_complaint(journal: Forgets, clock: HeldClock) -> None:
    first = await one(journal, admit("m-1"))
    await filed(journal, clock, first)
    await journal.erase(Erasure(keys=(SITI,), complaints=(first.complaint_id,)))
    again = await one(journal, admit("m-1"))
    assert (again.how, again.ticket) == ("duplicate", first.ticket)
    later = await one(journal, admit("m-3", follows=(admit("m-1").claim,)))
    assert later.how == "opened", "who was erased is nobody's known sender"


@pytest.mark.parametrize("why", ["settling", "unpublished", "quarantine", "replying", "triage", "files"])
async def test_what_is_still_on_its_way_is_left_whole(journal: Forgets, clock: HeldClock, why: str) -> None:
    pending = (Attachment(state="pending", remote="file-1"),) if why == "files" else ()
    admitted = await one(journal, admit("m-1", message=message("m-1", attachments=pending)))
    about = admitted.complaint_id
    if why == "triage":
        file = await journal.complaint(about)
        assert file is not None
        await journal.settle(about, file.version, (), msgspec.msgpack.encode(record(admitted)), "triage")
    elif why != "settling":
        await filed(journal, clock, admitted, publish=why != "unpublished")
    if why == "quarantine":
        await journal.quarantine("settle", "it fails", complaint_id=about)
    if why == "replying":
        (reply,) = await journal.replies_due(clock.now)
        assert await journal.begin_reply(reply.reply_id)
    assert await journal.waiting([about]) == {about: why}
    before, told = await journal.complaint(about), await journal.replies_to(SITI)
    await journal.erase(Erasure(keys=(SITI,), complaints=(about,)))
    assert (await journal.complaint(about), await journal.replies_to(SITI)) == (before, told)
    assert await journal.erased([about]) == {} and await journal.unfinished() == ()


async def test_others_in_the_same_raw_event_keep_their_words(journal: Forgets, clock: HeldClock) -> None:
    both = (admit("m-1"), admit("m-2", BUDI))
    hers, his = await journal.admit(Admission(raw=raw(b"Siti and Budi"), messages=both))
    await filed(journal, clock, hers)
    await filed(journal, clock, his)
    await journal.erase(Erasure(keys=(SITI,), complaints=(hers.complaint_id,)))
    (shared,) = await journal.raws_after(0, 10)
    assert shared.raw is not None and shared.raw.body == b""
    messages = await journal.messages_after(0, 10)
    assert [(m.message.text if m.message else "", m.raw_sha256) for m in messages] == [
        ("", ""),
        (PLANTED, ""),
    ]


async def test_a_raw_event_that_only_names_them_and_what_was_decided_about_it(
    journal: Forgets, clock: HeldClock
) -> None:
    await journal.admit(Admission(raw=raw(PHONE.encode()), held=(Held(reason=f"no text from {PHONE}"),)))
    (entry,) = await journal.quarantined()
    assert entry.raw_id is not None
    assert await journal.raws_waiting([entry.raw_id]) == {entry.raw_id}
    await journal.erase(Erasure(keys=(), raws=(entry.raw_id,)))
    assert (await journal.raw(entry.raw_id)).body == PHONE.encode()
    await journal.release(entry.entry_id, "discarded")
    await journal.erase(Erasure(keys=(), raws=(entry.raw_id,)))
    assert (await journal.raw(entry.raw_id)).body == b""
    ended = await journal.quarantine_entry(entry.entry_id)
    assert ended is not None and (ended.reason, ended.state) == ("erased", "discarded")


async def test_the_dialogue_and_what_a_dialogue_said_are_gone(journal: Forgets, clock: HeldClock) -> None:
    admitted = await one(journal, admit("m-1"))
    file = await journal.complaint(admitted.complaint_id)
    assert file is not None
    said = Said(reply_to={"to": PHONE}, text="Di mana tempatnya?")
    turn = Conversed(
        complaint_id=file.complaint_id,
        version=file.version,
        person=SITI,
        before=Person(),
        now=Person(state=b"what was asked"),
        outcome="close",
        replies=(NewReply(person=SITI, account="sms-contoh", purpose="dialogue", said=said),),
    )
    assert await journal.converse(turn)
    await filed(journal, clock, admitted)
    await journal.erase(Erasure(keys=(SITI,), complaints=(file.complaint_id,)))
    assert (await journal.person(SITI)).version == 0
    assert await journal.replies_to(SITI) == ()


async def test_what_was_read_of_files_is_forgotten_when_nobody_else_has_them(journal: Forgets) -> None:
    photo = Attachment(sha256=SHA, media_type="image/jpeg", size=3)
    await one(journal, admit("m-1", message=message("m-1", attachments=(photo,))))
    (job,) = await journal.media_due(datetime(2027, 1, 1, tzinfo=UTC), step="read")
    await journal.media_read(job.job_id, SHA, MediaFacts(width=3, height=2))
    assert await journal.media_facts(SHA) is not None
    await journal.forget_facts([SHA])
    assert await journal.media_facts(SHA) is None


async def test_everything_fits_together_afterwards_and_a_late_word_is_taken(
    journal: Forgets, clock: HeldClock
) -> None:
    admitted = await one(journal, admit("m-1", group=b"group-1---------", quiet=5.0))
    await filed(journal, clock, admitted)
    assert await journal.last_erased() == 0
    await journal.erase(Erasure(keys=(SITI,), complaints=(admitted.complaint_id,)))
    mark = await journal.last_erased()
    assert mark > 0
    late = await one(journal, admit("m-2", group=b"group-1---------", quiet=5.0))
    assert (late.how, late.complaint_id) == ("followed", admitted.complaint_id)
    await filed(journal, clock, admitted, "information_added")
    assert await journal.orphans() == {}
    (told,) = await journal.complaints_after(0, 10)
    assert (told.sequences, told.last, told.damage) == (2, 2, None)
    assert (await journal.erased([admitted.complaint_id]))[admitted.complaint_id].sequence == 1
    await journal.erase(Erasure(keys=(SITI,), complaints=(admitted.complaint_id,)))
    assert (await journal.erased([admitted.complaint_id]))[admitted.complaint_id].sequence == 2
    assert await journal.last_erased() > mark
    assert all(PLANTED.encode() not in p.event.body for p in await journal.events_of(admitted.complaint_id))
