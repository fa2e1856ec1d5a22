"""What becomes of a message once it is durable: a case, something laid aside, or a person's decision."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from complaint_queue.journal import ComplaintFile
from complaint_queue.way_out import NewReply
from intake.register import AccountRegister
from intake.settle import BUSY_TURN, FLOOD, KEPT_UP, LONGEST_REST, LOOK_EVERY, flooded, rest
from normalizer.record import Complaint, Message, Sender
from tests.intake_world import START, IntakeWorld, intake_world

SITI = Sender(reference="1001", name="Siti Contoh")
POTHOLE = "Jalan berlubang besar di Kelurahan Kenari sudah dua minggu rusak, mohon segera diperbaiki."
TALK = "Selamat pagi Jakarta, semoga hari ini menyenangkan"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


async def test_a_confident_complaint_on_a_public_account_is_filed(world: IntakeWorld) -> None:
    await world.say(Message(external_id="1", text=POTHOLE, sender=SITI, public=True))
    await world.settle()
    (event,) = await world.events()
    assert (event.event, event.complaint.channel) == ("created", "twitter")
    assert await world.journal.triage() == ()


async def test_public_talk_waits_whole_for_a_person(world: IntakeWorld) -> None:
    fate = await world.say(Message(external_id="1", text=TALK, sender=SITI, public=True))
    await world.settle()
    assert await world.events() == []
    assert len(await world.journal.triage()) == 1
    record = await world.record(fate.ticket)
    assert record.text == TALK
    assert record.evidence[-1].step == "triage"
    assert record.evidence[-1].result == "not_surely_a_complaint"


async def test_the_same_words_in_private_are_a_complaint(world: IntakeWorld) -> None:
    await world.say(Message(external_id="1", text=TALK, sender=SITI))
    await world.settle()
    assert len(await world.events()) == 1


@pytest.mark.parametrize("text", [TALK, "Jam buka RPTRA berapa ya?", POTHOLE])
async def test_what_a_person_files_is_published_whatever_we_thought(world: IntakeWorld, text: str) -> None:
    await world.say(Message(external_id="1", text=text, sender=SITI, public=True, hold="no_proof_of_work"))
    await world.settle()
    assert await world.events() == []
    (waiting,) = await world.journal.triage()
    await world.journal.decide(waiting, "file")
    await world.settle()
    (event,) = await world.events()
    assert (event.event, event.sequence, event.complaint.text) == ("created", 1, text)


async def test_what_is_added_while_it_waits_is_in_the_first_event(world: IntakeWorld) -> None:
    fate = await world.say(Message(external_id="1", text=POTHOLE, sender=SITI, hold="no_proof_of_work"))
    await world.settle()
    more = Message(external_id="2", text="Depan pasar ya.", sender=SITI, follows=("1",))
    assert (await world.say(more)).ticket == fate.ticket
    await world.settle()
    assert await world.events() == []
    (waiting,) = await world.journal.triage()
    await world.journal.decide(waiting, "file")
    await world.settle()
    (event,) = await world.events()
    assert event.event == "created"
    assert POTHOLE in event.complaint.text
    assert "Depan pasar ya." in event.complaint.text


async def test_what_was_laid_aside_stays_unpublished(world: IntakeWorld) -> None:
    await world.say(Message(external_id="1", text=TALK, sender=SITI, public=True))
    await world.settle()
    (waiting,) = await world.journal.triage()
    await world.journal.decide(waiting, "set_aside")
    await world.settle()
    assert await world.events() == []
    assert await world.journal.triage() == ()


class TestRegister:
    async def test_it_shows_the_masked_text_and_nothing_of_the_reporter(self, world: IntakeWorld) -> None:
        text = f"{POTHOLE} Hubungi saya 0812-0000-0001."
        fate = await world.say(Message(external_id="1", text=text, sender=SITI))
        await world.settle()
        register = AccountRegister(world.journal, "said")
        found = await register.find(fate.ticket)
        assert found is not None
        assert found.stage == "Menunggu"
        assert "0812" not in found.text
        assert found.place.kelurahan is not None
        assert "Siti" not in repr(found)
        assert await register.between(START, START + timedelta(days=1), 10) == [found]
        assert (
            await AccountRegister(world.journal, "another").between(START, START + timedelta(days=1), 10)
            == []
        )

    async def test_of_a_confidential_one_only_the_stage(self, world: IntakeWorld) -> None:
        fate = await world.say(Message(external_id="1", text=POTHOLE, sender=SITI, confidential=True))
        register = AccountRegister(world.journal, "said")
        for _ in range(2):  # before and after it is filed
            found = await register.find(fate.ticket)
            assert found is not None
            assert found.confidential
            assert (found.text, found.categories, found.place.kelurahan) == ("", (), None)
            await world.settle()
        assert await register.between(START, START + timedelta(days=1), 10) == []

    async def test_what_waits_for_a_moderator_shows_no_text(self, world: IntakeWorld) -> None:
        fate = await world.say(Message(external_id="1", text=POTHOLE, sender=SITI, hold="no_proof_of_work"))
        await world.settle()
        found = await AccountRegister(world.journal, "said").find(fate.ticket)
        assert found is not None
        assert (found.stage, found.text) == ("Menunggu", "")
        assert await AccountRegister(world.journal, "said").find("261123-9999-0") is None


async def test_an_error_over_one_is_its_own(world: IntakeWorld) -> None:
    tickets = [
        (await world.say(Message(external_id=str(n), text=f"{POTHOLE} {n}", sender=SITI))).ticket
        for n in range(5)
    ]

    async def fails(file: ComplaintFile, record: Complaint) -> tuple[NewReply, ...]:
        if file.ticket == tickets[2]:
            raise ZeroDivisionError
        return ()

    world.settler.acknowledge = fails
    loop = asyncio.create_task(world.settler.run())
    try:
        async with asyncio.timeout(60):
            while len(await world.events()) < 4 or not await world.journal.quarantined():
                world.clock.forward(5)
                world.settler.wake()
                await asyncio.sleep(0.05)
        assert not loop.done()
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
    assert {e.complaint.ticket for e in await world.events()} == {*tickets} - {tickets[2]}
    (entry,) = await world.journal.quarantined()
    assert (entry.stage, "ZeroDivisionError" in entry.reason) == ("settle", True)


async def test_settling_rests_while_the_doors_are_busy_and_not_after(world: IntakeWorld) -> None:
    """Rests are seconds long, so what a test waits for can be told from what the machine does meanwhile."""
    loop, settler = asyncio.get_running_loop(), world.settler
    settler._spent = 10.0

    async def rested(messages: int) -> bool:
        settler._flood = 0.0
        for _ in range(messages):
            settler.wake()
        await asyncio.sleep(LOOK_EVERY)
        loop.call_soon(time.sleep, 5 * BUSY_TURN)  # somebody else's turn, that long
        began = loop.time()
        await settler._give_way()
        return loop.time() - began >= LONGEST_REST

    await settler._give_way()
    assert await rested(messages=1000)
    assert not await rested(messages=0)


def test_filing_keeps_up_with_what_it_can_keep_up_with() -> None:
    assert rest(0.3, flooded(KEPT_UP)) == 0
    assert rest(0.3, flooded((KEPT_UP + FLOOD) / 2)) == pytest.approx(0.3)
    assert rest(0.3, flooded(FLOOD)) == rest(0.3, flooded(10 * FLOOD)) == pytest.approx(0.6)
    assert rest(10, flooded(FLOOD)) == LONGEST_REST
