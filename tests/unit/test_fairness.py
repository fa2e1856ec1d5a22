"""A flooder is slowed, a flood of citizens is not, and everything is filed in the end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from intake.fairness import Fairness
from normalizer.record import Message, Sender
from tests.intake_world import START, intake_world


def test_a_burst_goes_at_once_and_then_one_in_each_interval() -> None:
    fairness = Fairness(burst=3, interval=10)
    turns = [fairness.turn(b"budi", n, START) for n in range(6)]
    assert turns[:3] == [None] * 3
    assert turns[3:] == [START + timedelta(seconds=10 * n) for n in (1, 2, 3)]
    assert fairness.turn(b"siti", 100, START) is None
    # Asked again before its moment it is told the same, and does not lose its place; then it goes.
    assert fairness.turn(b"budi", 4, START) == turns[4]
    assert fairness.turn(b"budi", 4, START + timedelta(seconds=20)) is None
    later = START + timedelta(minutes=10)
    assert [fairness.turn(b"budi", n, later) for n in range(200, 203)] == [None] * 3


def test_memory_is_bounded_by_a_number_of_senders() -> None:
    fairness = Fairness(burst=1, interval=10, most=100)
    for number in range(5000):
        fairness.turn(number.to_bytes(16, "big"), number, START)
        fairness.turn(b"one sender", 10_000 + number, START)
    assert len(fairness._next) <= 100
    assert len(fairness._reserved) <= 100


async def test_citizens_are_filed_past_a_flooders_heap_and_nothing_is_lost(tmp_path: Path) -> None:
    async with intake_world(tmp_path) as world:
        world.settler.fairness = Fairness(burst=5, interval=2)
        flood, citizens = [], []
        for number in range(40):
            heap = Message(
                external_id=f"f{number}",
                text=f"Sampah di Kenari {number}",
                sender=Sender(reference="flooder"),
            )
            flood.append((await world.say(heap)).ticket)
        for number in range(40):
            one = Message(
                external_id=f"c{number}",
                text=f"Banjir di Galur {number}",
                sender=Sender(reference=str(number)),
            )
            citizens.append((await world.say(one)).ticket)
        await world.settle(after=0)
        filed = {event.complaint.ticket for event in await world.events()}
        assert set(citizens) <= filed
        assert len(filed & set(flood)) == 5
        await world.settle(after=30)
        assert len({e.complaint.ticket for e in await world.events()} & set(flood)) == 20
        await world.settle(after=60)
        assert {e.complaint.ticket for e in await world.events()} == set(flood) | set(citizens)


async def test_what_an_office_enters_is_never_slowed(tmp_path: Path) -> None:
    async with intake_world(tmp_path) as world:
        world.settler.fairness = Fairness(burst=2, interval=3600)
        for number in range(10):
            await world.say(
                Message(
                    external_id=f"w{number}",
                    text=f"Lampu jalan mati {number}",
                    sender=Sender(reference="loket"),
                    office_code="31.71.04.1002",
                )
            )
        await world.settle(after=0)
        assert len(await world.events()) == 10
