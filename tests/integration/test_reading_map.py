"""The map's days, counted as complaints came, are the days counted anew from their rows: after a rebuild, after news,
corrections, splits and joins; and so are its hours and its points."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from complaint_queue.way_out import Progress, Step
from intake.mending import Correction, Join, Split, correct, join, split
from intake.reading import mapped, questions
from intake.reading.follower import Follower, prune
from intake.reading.mapped import Filter
from intake.reading.store import ReadingStore
from normalizer.gazetteer import kelurahan_table
from normalizer.identity import JAKARTA
from normalizer.record import Contact, Coordinates, Message, Place, Region, Sender
from tests.intake_world import START, IntakeWorld, intake_world

PLACES = ("Kenari, Senen", "Galur, Johar Baru", "Cideng, Gambir")
OFFICES = ("", "", "31.71.04.1002")
WORDS = ("Jalan berlubang parah", "Sampah menumpuk dan bau", "Lampu jalan padam", "Mohon diperhatikan")
DAY = timedelta(days=1)
#: After whatever day on which this is tried: what is mended bears the day's own date.
END = START + 36_500 * DAY
FIRST = START.astimezone(JAKARTA).replace(hour=0, minute=0, second=0).astimezone(UTC)
COUNTED = """
    SELECT (opened_at - ?) / ?, kelurahan, count(*) FROM complaints
    WHERE state = 1 AND kelurahan <> '' AND (?3 = '' OR category = ?3) AND (?4 = '' OR channel = ?4)
        AND (?5 = '' OR against <> ?5) GROUP BY 1, 2
"""


@dataclass
class World:
    intake: IntakeWorld
    store: ReadingStore
    follower: Follower

    async def follow(self) -> None:
        """Until nothing is new; the things that are watched are asked for once more."""
        while await self.follower.step():
            pass
        await self.follower.step()

    async def say(self, number: int, text: str, **more: object) -> str:
        """A message of person `number % 9` that is filed and followed; its ticket."""
        person = f"+6281200000{number % 9:03d}"
        sender = Sender(reference=person, name="Siti Contoh", contacts=(Contact(kind="phone", value=person),))
        message = Message(external_id=f"m{number}", text=text, sender=sender, **more)  # type: ignore[arg-type]
        fate = await self.intake.say(message)
        await self.intake.settle()
        await self.follow()
        return fate.ticket

    async def compare(self) -> Counter[str]:
        """Every view of the map beside the rows themselves; the whole, by kelurahan."""
        found = await self.store.ask(lambda db: db.execute("SELECT DISTINCT category FROM complaints"))
        categories = sorted({"", *(row[0] for row in found)})
        assert len(categories) > 3
        for category in categories:
            for channel in ("", "twitter", "sms"):
                for office in set(OFFICES):
                    chosen = Filter(
                        since=FIRST, until=END, category=category, channel=channel, hidden_from=office
                    )
                    for step in (DAY, timedelta(hours=2)):
                        steps, rows = await self.store.ask(lambda db, c=chosen, s=step: _both(db, c, s))  # type: ignore[misc]
                        assert steps == rows, (chosen, step)
                        assert bool(steps) or channel == "sms" or category, chosen
        stages = await self.store.ask(lambda db: questions.stages(db, FIRST))
        filed = "SELECT stage, count(*) FROM complaints WHERE state = 1 GROUP BY 1"
        assert stages == await self.store.ask(lambda db: dict(db.execute(filed).fetchall()))
        whole = Filter(since=FIRST, until=END)
        steps = await self.store.ask(lambda db: mapped.area_steps(db, whole, DAY))
        return Counter(mapped.totals(steps))


def _both(db: sqlite3.Connection, chosen: Filter, step: timedelta) -> tuple[object, object]:
    micros = timedelta(microseconds=1)
    begin = (chosen.since - datetime(1970, 1, 1, tzinfo=UTC)) // micros
    given = (begin, step // micros, chosen.category, chosen.channel, chosen.hidden_from)
    rows: dict[int, dict[str, int]] = {}
    for number, code, count in db.execute(COUNTED, given):
        rows.setdefault(number, {})[code] = count
    return mapped.area_steps(db, chosen, step), rows


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with intake_world(tmp_path) as intake:
        store = ReadingStore(tmp_path)
        await store.open()
        yield World(intake, store, Follower(intake.journal, store, intake.clock.now))
        await store.close()


async def test_the_days_of_the_map_are_its_rows_whatever_happens_to_them(world: World) -> None:
    chance = random.Random(2611)
    tickets: list[str] = []
    for number in range(30):
        world.intake.clock.forward(chance.uniform(600, 4 * 3600))
        text = f"{chance.choice(WORDS)} nomor {number} di Kelurahan {chance.choice(PLACES)}"
        tickets.append(await world.say(number, text, against_office=chance.choice(OFFICES)))
    before = await world.compare()
    assert len(before) == 3
    journal = world.intake.journal

    # A clerk sets another place and another kind right.
    row = await world.store.ask(lambda db: questions.by_ticket(db, tickets[3]))
    assert row is not None
    elsewhere = next(one for one in kelurahan_table() if one.name == "Paseban")
    place = Place(kelurahan=Region(code=elsewhere.code, name=elsewhere.name), method="chosen", confidence=1.0)
    order = Correction(
        ticket=tickets[3],
        number="k1",
        clerk="siti",
        text="Pohon tumbang",
        place=place,
        category="pohon",
    )
    await correct(journal, order)
    await world.intake.settle()
    await world.follow()
    corrected = await world.store.ask(lambda db: questions.by_ticket(db, tickets[3]))
    assert corrected is not None
    assert row.kelurahan != elsewhere.code
    assert (corrected.kelurahan, corrected.category) == (elsewhere.code, "pohon")
    after = await world.compare()
    assert after == before - Counter([row.kelurahan]) + Counter([corrected.kelurahan])

    # An addition becomes a complaint of its own.
    await world.say(104, "Sampah menumpuk di Kelurahan Paseban, Senen.", follows=("m14",))
    made = await split(journal, Split(ticket=tickets[14], sequence=2))
    await world.intake.settle()
    await world.follow()
    assert made not in tickets
    assert sum((await world.compare()).values()) == sum(after.values()) + 1

    # A complaint becomes an addition to another of the same person.
    assert await join(journal, Join(ticket=tickets[20], into=tickets[11])) == tickets[11]
    await world.intake.settle()
    await world.follow()
    last = await world.compare()

    # The CRM takes one up.
    file = await journal.complaint_by_ticket(tickets[7])
    assert file is not None
    step = Step(stage="Koordinasi", word="Koordinasi", at=world.intake.clock.now(), agency="Dinas Bina Marga")
    progress = Progress(stage="Koordinasi", rank=2, steps=(step,))
    await journal.note_status(b"status-1--------", file.complaint_id, Progress(), progress, [])
    await world.follow()
    assert await world.compare() == last
    assert (await world.store.ask(lambda db: questions.stages(db, FIRST)))["Koordinasi"] == 1

    # Built anew, it is the same; and what is forgotten leaves the counts.
    everything = await world.store.ask(_days)
    await world.store.forget()
    world.follower = Follower(journal, world.store, world.intake.clock.now)
    await world.follow()
    assert await world.store.ask(_days) == everything
    assert await world.compare() == last
    while await world.store.write(lambda db: prune(db, START + DAY, 3)):
        pass
    kept = await world.store.ask(lambda db: mapped.area_steps(db, Filter(since=FIRST, until=END), DAY))
    assert kept
    assert min(kept) >= 1
    while await world.store.write(lambda db: prune(db, END, 300)):
        pass
    assert await world.store.ask(_days) == ([], [])


async def test_points_are_the_newest_of_those_that_are_asked_for(world: World) -> None:
    tickets = []
    for number in range(6):
        world.intake.clock.forward(600)
        place = Place(
            coordinates=Coordinates(latitude=-6.19 - number / 100, longitude=106.84), method="coordinates"
        )
        tickets.append(
            await world.say(
                number, f"{WORDS[number % 2]} nomor {number}", place=place, against_office=OFFICES[number % 3]
            )
        )
    await world.say(7, f"{WORDS[0]} di Kelurahan Kenari tanpa titik")
    until = world.intake.clock.now() + timedelta(seconds=1)
    for more, expected in (
        ({}, [5, 4, 3, 2, 1, 0]),
        ({"category": "sampah"}, [5, 3, 1]),
        ({"hidden_from": OFFICES[2]}, [4, 3, 1, 0]),
        ({"channel": "sms"}, []),
    ):
        chosen = Filter(since=START, until=until, **more)  # type: ignore[arg-type]
        spots = await world.store.ask(lambda db, c=chosen: mapped.spots(db, c))  # type: ignore[misc]
        assert [spot.ticket for spot in spots] == [tickets[at] for at in expected], more
    (newest,) = await world.store.ask(lambda db: mapped.spots(db, Filter(since=START, until=until), 1))
    assert (newest.ticket, newest.latitude, newest.longitude) == (tickets[5], -6.24, 106.84)


async def test_the_map_is_answered_from_its_indexes(world: World) -> None:
    month = Filter(since=START, until=START + 30 * DAY, category="sampah")
    plans: list[str] = []

    def explained(db: sqlite3.Connection) -> None:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        try:
            mapped.area_steps(db, month, DAY)
            mapped.area_steps(db, month, timedelta(hours=2))
            mapped.spots(db, month)
        finally:
            db.set_trace_callback(None)
        plans.extend(" | ".join(row[-1] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")) for sql in asked)

    await world.store.ask(explained)
    days, hours, spots = plans
    assert "SEARCH area_days USING PRIMARY KEY" in days
    assert "TEMP B-TREE" not in days, "nothing is sorted"
    assert "USING COVERING INDEX complaints_map" in hours
    assert "USING COVERING INDEX complaints_spots" in spots


def _days(db: sqlite3.Connection) -> tuple[list[object], list[object]]:
    """What was counted and is not zero."""
    areas = db.execute("SELECT * FROM area_days WHERE complaints > 0").fetchall()
    return areas, db.execute("SELECT * FROM stage_days WHERE complaints > 0").fetchall()
