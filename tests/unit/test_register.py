"""What an account is told of its own complaints: never a confidential one, and never too few for their sake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.base import Filed
from adapters.open311 import register as open311
from complaint_queue.way_out import Progress, Step
from intake import register
from intake.register import AccountRegister
from normalizer.record import Message, Place, Sender
from tests.intake_world import START, IntakeWorld, intake_world

SITI = Sender(reference="1001", name="Siti Contoh")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


async def file(world: IntakeWorld, number: int, **more: object) -> str:
    text = f"Jalan berlubang nomor {number} di Kelurahan Kenari."
    fate = await world.say(Message(external_id=str(number), text=text, sender=SITI, **more))  # type: ignore[arg-type]
    await world.settle(1.0)
    return fate.ticket


async def test_confidential_ones_take_nobodys_place(world: IntakeWorld) -> None:
    told = [await file(world, number) for number in range(3)]
    for number in range(3, 10):
        await file(world, number, confidential=True)
    seen = await AccountRegister(world.journal, "said").between(START, START + timedelta(days=1), 3)
    assert [one.ticket for one in seen] == told[::-1]


async def test_the_stage_is_the_crms(world: IntakeWorld) -> None:
    ticket = await file(world, 1)
    own = AccountRegister(world.journal, "said")
    first = await own.find(ticket)
    assert first is not None
    assert first.stage == register.FIRST_STAGE
    found = await world.journal.complaint_by_ticket(ticket)
    assert found is not None
    at = START + timedelta(hours=2)
    step = Step(stage="Selesai", word="Selesai", at=at)
    now = Progress(stage="Selesai", rank=4, steps=(step,))
    await world.journal.note_status(b"s" * 16, found.complaint_id, Progress(), now, ())
    last = await own.find(ticket)
    assert last is not None
    assert (last.stage, last.updated_at) == ("Selesai", at)


async def test_an_address_is_told_without_its_people(world: IntakeWorld) -> None:
    address = "Jl. Melati Raya No. 5 RT 05/RW 03, rumah Siti Contoh, 0812-0000-1234"
    ticket = await file(world, 1, place=Place(address=address, method="address"))
    filed = await AccountRegister(world.journal, "said").find(ticket)
    assert filed is not None
    assert filed.place.address == "Jl. Melati Raya No. […] RT 05/RW 03, rumah [nama], [nomor telepon]"


class Many:
    """A register of 2,500 requests of which one in five hundred fits."""

    def __init__(self) -> None:
        self.filed = [
            Filed(
                ticket=f"t-{number}",
                channel="open311",
                account="peta",
                stage="Menunggu" if number % 500 else "Selesai",
                requested_at=START + timedelta(seconds=number),
                updated_at=START + timedelta(seconds=number),
                place=Place(),
            )
            for number in range(2500)
        ]

    async def find(self, ticket: str) -> Filed | None:
        return next((one for one in self.filed if one.ticket == ticket), None)

    async def between(self, since: object, until: object, limit: int) -> list[Filed]:
        fits = [one for one in reversed(self.filed) if since <= one.requested_at <= until]  # type: ignore[operator]
        return fits[:limit]


async def test_a_filter_looks_behind_the_first_thousand() -> None:
    public = open311.PublicRegister(Many(), "peta", "id", listed=True)
    question = open311.Question(
        tickets=(),
        since=START,
        until=START + timedelta(days=1),
        codes=frozenset(),
        statuses=frozenset({"closed"}),
        by_id=False,
    )
    found = await public.ask(question)
    assert [one.service_request_id for one in found] == [f"t-{n}" for n in (2000, 1500, 1000, 500, 0)]
