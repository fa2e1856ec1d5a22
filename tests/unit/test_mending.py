"""A wrong guess is mended: what was added wrongly stands alone, what stood alone wrongly is an addition."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from intake import control
from intake.mending import Join, Split
from normalizer.errors import Misconfigured
from tests.dialogue_world import DialogueWorld, dialogue_world, said

WHOLE = "Jalan berlubang besar di Kelurahan Kenari, sudah dua minggu rusak."
OTHER = "Sampah menumpuk di Kelurahan Paseban sejak hari Senin kemarin, bau sekali."


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DialogueWorld]:
    async with dialogue_world(tmp_path) as made:
        yield made


class Notes:
    """An audit log in memory."""

    def __init__(self) -> None:
        self.acts: list[tuple[str, str, str]] = []

    async def audit(self, who: str, what: str, subject: str, detail: Mapping[str, str] | None = None) -> None:
        self.acts.append((who, what, subject))


async def carried_out(world: DialogueWorld, order: Split | Join) -> str:
    """The ticket that came of it; the act is noted, and when it failed that is noted too."""
    notes, what = Notes(), type(order).__name__.lower()
    try:
        made = await control.carry_out(world.inside.journal, notes, "os:siti", order)
    except Misconfigured:
        assert [act[1] for act in notes.acts] == [what, f"{what}_failed"]
        raise
    assert [act[:2] for act in notes.acts] == [("os:siti", what)]
    return made


async def _wrongly_added(world: DialogueWorld) -> str:
    """A complaint to which another was added because it named its ticket."""
    await world.write(WHOLE)
    (created,) = await world.events()
    await world.write(f"{OTHER} Lihat juga {created.complaint.ticket}.")
    return created.complaint.ticket


async def test_what_was_added_wrongly_becomes_a_complaint_of_its_own(world: DialogueWorld) -> None:
    ticket = await _wrongly_added(world)
    wrong = (await world.events())[1]
    assert wrong.event == "information_added"
    assert "Sampah" in wrong.complaint.text
    made = await carried_out(world, Split(ticket=ticket, sequence=2))
    told = await world.wait()
    assert made in said(told), "its reporter is told the new number"
    _, _, *after = await world.events()
    corrected = next(e for e in after if e.complaint.ticket == ticket)
    created = next(e for e in after if e.complaint.ticket == made)
    assert (corrected.event, corrected.complaint.text) == ("corrected", WHOLE)
    assert corrected.added is not None
    assert corrected.added.removed == (wrong.sequence,)
    assert [c.code for c in corrected.complaint.categories] == ["jalan_rusak"]
    assert (created.event, created.sequence) == ("created", 1)
    assert created.complaint.text.startswith(OTHER)
    assert created.complaint.related == (ticket,)
    assert created.complaint.place.kelurahan is not None
    assert created.complaint.place.kelurahan.name == "Paseban"


async def test_the_same_order_twice_is_carried_out_once(world: DialogueWorld) -> None:
    ticket = await _wrongly_added(world)
    order = Split(ticket=ticket, sequence=2)
    made = [await carried_out(world, order) for _ in range(2)]
    await world.wait()
    assert made[0] == made[1]
    assert len(await world.events()) == 4


async def test_what_is_written_afterwards_joins_neither_twice(world: DialogueWorld) -> None:
    ticket = await _wrongly_added(world)
    await carried_out(world, Split(ticket=ticket, sequence=2))
    await world.wait()
    await world.write(f"{ticket} lubangnya makin dalam saja")
    last = (await world.events())[-1]
    assert (last.event, last.complaint.ticket) == ("information_added", ticket)
    assert last.complaint.text == f"{WHOLE}\n\n{ticket} lubangnya makin dalam saja"


async def test_a_complaint_that_was_an_addition_is_joined(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    await world.write(OTHER)
    first, second = (e.complaint.ticket for e in await world.events())
    assert await carried_out(world, Join(ticket=second, into=first)) == first
    await world.wait()
    after = {e.complaint.ticket: e for e in (await world.events())[2:]}
    assert after[first].event == "information_added"
    assert after[first].complaint.text == f"{WHOLE}\n\n{OTHER}"
    assert after[first].complaint.related == (second,)
    assert after[second].event == "withdrawn"
    assert after[second].complaint.related == (first,)
    assert f"gabungkan dengan laporan Anda {first}" in said(await world.write(f"status {second}"))


async def test_nobody_is_joined_to_somebody_else(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    await world.write(WHOLE, who="budi")
    first, second = (e.complaint.ticket for e in await world.events())
    with pytest.raises(Misconfigured, match="different reporters"):
        await carried_out(world, Join(ticket=second, into=first))


@pytest.mark.parametrize("sequence", [1, 3])
async def test_only_an_addition_can_be_split(world: DialogueWorld, sequence: int) -> None:
    ticket = await _wrongly_added(world)
    with pytest.raises(Misconfigured, match="brought no addition"):
        await carried_out(world, Split(ticket=ticket, sequence=sequence))


async def test_an_unknown_ticket_is_named(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    (created,) = await world.events()
    for order in (
        Split(ticket="261123-9999-1", sequence=2),
        Join(ticket=created.complaint.ticket, into="261123-9999-1"),
        Join(ticket=created.complaint.ticket, into=created.complaint.ticket),
    ):
        with pytest.raises(Misconfigured):
            await carried_out(world, order)
