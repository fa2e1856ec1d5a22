"""Ten citizens and one pothole, through the real way in: linked across channels and a restart, each with an event of
its own."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from msgspec.structs import replace

from complaint_queue.keys import Keyring
from intake.filing.filer import Filer
from intake.remembering import Remembering
from normalizer.duplicate_memory import DAYS, Recent
from normalizer.record import Complaint, Message, Sender
from tests.intake_world import FilingHere, IntakeWorld, intake_world

POTHOLE = (
    "Jalan berlubang di Jl. Cendana Wangi 3 depan bengkel, Kelurahan Kalisari, sudah ada yang jatuh",
    "lobang gede bgt jl cendana wangi 3 kalisari dpn bengkel, ojol td pagi nyungsep",
    "Mohon tambal lubang dalam di Jalan Cendana Wangi 3, Kalisari, dekat bengkel motor. Terima kasih.",
    "jl cendana wangi 3 kalisari bolong dpn bengkel, bahaya bgt",
    "There is a deep pothole on Jalan Cendana Wangi 3 in Kalisari, in front of the workshop",
)
OTHER = "Lampu jalan mati di Jalan Anggur Hitam 2, Kelurahan Pondok Ranggon, gelap sekali"
CHANNELS = ("sms", "whatsapp", "twitter", "email", "telegram")


async def tell(world: IntakeWorld, number: int, text: str, **more: object) -> str:
    """One citizen's message on one of the channels; its ticket."""
    channel = CHANNELS[number % len(CHANNELS)]
    message = Message(
        external_id=f"m{number}",
        text=text,
        channel=channel,
        sender=Sender(reference=f"citizen-{number}"),
        **more,  # type: ignore[arg-type]
    )
    fate = await world.say(message)
    await world.settle(90)
    return fate.ticket


def remembered(filer: Filer) -> int:
    assert filer.context.recent is not None
    return len(filer.context.recent)


def linked(record: Complaint) -> set[str]:
    return {link.ticket for link in record.possible_duplicates}


async def test_ten_citizens_tell_of_one_pothole_with_a_restart_in_between(tmp_path: Path) -> None:
    keys = Keyring([os.urandom(32)], os.urandom(32))
    tickets: list[str] = []
    async with intake_world(tmp_path, keys) as world:
        other = await tell(world, 100, OTHER)
        tickets += [await tell(world, number, POTHOLE[number % 5]) for number in range(5)]
        assert remembered(world.filer) == 6
    async with intake_world(tmp_path, keys) as world:
        tickets += [await tell(world, number, POTHOLE[number % 5]) for number in range(5, 10)]
        assert len(set(tickets)) == 10
        for number, ticket in enumerate(tickets):
            record = await world.record(ticket)
            assert linked(record) == set(tickets[:number]), number
            assert ("possible_duplicate" in record.flags) is bool(number)
            assert other not in linked(record)
        # Every complaint is an event of its own; the earlier ones were not sent again.
        created = [e for e in await world.events() if e.event == "created"]
        assert len(created) == len(await world.events()) == 11


async def test_a_redelivery_an_edit_and_added_words_are_no_duplicates_of_themselves(tmp_path: Path) -> None:
    async with intake_world(tmp_path) as world:
        first = await tell(world, 1, POTHOLE[0])
        second = await tell(world, 2, POTHOLE[1])
        again = Message(
            external_id="m2", text=POTHOLE[1], channel="twitter", sender=Sender(reference="citizen-2")
        )
        await world.say(again)
        edit = replace(
            again, external_id="m2", verb="edit", version="2", text=POTHOLE[1] + " tolong", follows=("m2",)
        )
        await world.say(edit)
        more = replace(again, external_id="m3", text="masih belum ditambal", follows=("m1",))
        await world.say(replace(more, sender=Sender(reference="citizen-1")))
        await world.settle(90)
        assert linked(await world.record(first)) == set()
        assert linked(await world.record(second)) == {first}
        kinds = [(e.complaint.ticket, e.event) for e in await world.events()]
        assert kinds.count((second, "created")) == kinds.count((first, "created")) == 1
        assert len({t for t, _ in kinds}) == 2


async def test_a_confidential_report_is_no_ones_duplicate(tmp_path: Path) -> None:
    async with intake_world(tmp_path) as world:
        await tell(world, 1, POTHOLE[0], confidential=True)
        public = await tell(world, 2, POTHOLE[1])
        hidden = await tell(world, 3, POTHOLE[2], confidential=True)
        assert linked(await world.record(public)) == linked(await world.record(hidden)) == set()
        stored = await world.journal.fingerprints(0, world.clock.now().replace(year=2020))
        assert sorted(bool(f.body) for f in stored) == [False, False, True]


async def test_what_is_taken_back_is_forgotten(tmp_path: Path) -> None:
    async with intake_world(tmp_path) as world:
        first = await tell(world, 1, POTHOLE[0])
        back = Message(
            external_id="m1-back",
            act="withdraw",
            follows=("m1",),
            channel="sms",
            sender=Sender(reference="citizen-1"),
        )
        await world.say(back)
        await world.settle(90)
        assert [e.event for e in await world.events() if e.complaint.ticket == first] == [
            "created",
            "withdrawn",
        ]
        second = await tell(world, 2, POTHOLE[1])
        assert linked(await world.record(second)) == set()


async def test_two_gateways_on_one_journal_learn_of_each_other(tmp_path: Path) -> None:
    keys = Keyring([os.urandom(32)], os.urandom(32))
    async with intake_world(tmp_path, keys) as world:
        context = dataclasses.replace(world.filer.context, recent=Recent(b"x"))
        remembering = Remembering(world.journal, world.clock.now, DAYS, shared=True)
        there = FilingHere(dataclasses.replace(world.filer, context=context), remembering)
        await tell(world, 1, POTHOLE[0])
        await there.ready()
        assert remembered(there.filer) == 1
        await tell(world, 2, POTHOLE[1])
        await there.ready()
        assert remembered(there.filer) == 2
