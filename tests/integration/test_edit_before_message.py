"""An edit may come before its message: the provider was told to try again, and did so later.

Whatever the order, it is one complaint, and the last version is its last word.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import permutations
from pathlib import Path

import pytest

from normalizer.record import Message, Sender
from tests.intake_world import IntakeWorld, intake_world

TEXT = "Lampu jalan di RT 03 RW 05 mati semua. Kelurahan Cakung Barat."
SITI = Sender(reference="siti")
WORDS = Message(external_id="1", text=TEXT, sender=SITI)
FIRST, SECOND = (
    Message(
        external_id="1",
        verb="edit",
        version=str(number),
        text=f"{TEXT} Versi {number}.",
        sender=SITI,
        follows=("1",),
    )
    for number in (1, 2)
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize("settled", [False, True], ids=["told in one go", "filed in between"])
@pytest.mark.parametrize(
    "order",
    list(permutations((WORDS, FIRST, SECOND))),
    ids=lambda order: "-".join(m.version or "0" for m in order),
)
async def test_it_is_one_complaint(world: IntakeWorld, order: tuple[Message, ...], settled: bool) -> None:
    tickets = set()
    for message in order:
        tickets.add((await world.say(message)).ticket)
        if settled:
            await world.settle()
    await world.settle()
    assert len(tickets) == 1
    events = await world.events()
    assert [event.event for event in events].count("created") == 1
    if not settled:
        assert "Versi" in events[0].complaint.text


async def test_edits_of_words_that_never_came_are_one_complaint(world: IntakeWorld) -> None:
    first = await world.say(FIRST)
    await world.settle()
    assert (await world.say(SECOND)).ticket == first.ticket
    assert (await world.say(SECOND)).ticket == first.ticket  # the provider asks again
    await world.settle()
    assert len(await world.events()) == 2
