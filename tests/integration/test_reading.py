"""The derived store follows the journal: everything is found in it, nothing private, and it can be built anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from complaint_queue.way_out import NewReply, Progress, Said, Step
from intake.reading import mapped, questions
from intake.reading import store as store_module
from intake.reading.follower import Follower, prune
from intake.reading.store import ReadingStore
from normalizer.errors import Unavailable
from normalizer.identity import JAKARTA
from normalizer.record import Contact, Message, Sender
from tests.intake_world import START, IntakeWorld, intake_world

PERSON = b"siti-contoh-----"


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

    async def publish(self) -> None:
        """What the publisher would do with a broker that takes everything, two seconds later."""
        events = await self.intake.journal.unpublished(1000)
        self.intake.clock.forward(2)
        await self.intake.journal.mark_published([e.position for e in events], self.intake.clock.now())

    async def areas(self, **more: str) -> dict[str, int]:
        """Complaints by kelurahan a day before and after, counted from their rows."""
        span = mapped.Filter(since=START - timedelta(days=1), until=START + timedelta(days=1), **more)
        return mapped.totals(await self.store.ask(lambda db: mapped.area_steps(db, span, timedelta(hours=2))))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with intake_world(tmp_path) as intake:
        store = ReadingStore(tmp_path)
        await store.open()
        yield World(intake, store, Follower(intake.journal, store, intake.clock.now))
        await store.close()


def said(text: str, number: int = 1, **more: object) -> Message:
    sender = Sender(
        reference=f"+62812000000{number}",
        name="Siti Contoh",
        contacts=(Contact(kind="phone", value=f"+62812000000{number}"),),
    )
    return Message(external_id=f"{number}-{text}", text=text, sender=sender, **more)  # type: ignore[arg-type]


POTHOLE = "Jalan berlubang parah di Kelurahan Kenari depan pasar, sudah dua motor jatuh"


async def test_a_complaint_is_found_by_ticket_words_and_person(world: World) -> None:
    fate = await world.intake.say(said(POTHOLE))
    await world.intake.settle()
    await world.follow()
    row = await world.store.ask(lambda db: questions.by_ticket(db, fate.ticket))
    assert row is not None
    assert (row.state, row.category, row.kelurahan) == ("filed", "jalan_rusak", "31.71.04.1002")
    for typed in ("berlubang", "KENARI motor", "berl", 'jatuh" OR "x'):
        found = await world.store.ask(lambda db, typed=typed: questions.by_words(db, typed))  # type: ignore[misc]
        assert [r.ticket for r in found] == ([] if "OR" in typed else [fate.ticket]), typed
    found = await world.store.ask(lambda db: questions.by_reporters(db, [row.reporter]))
    assert [r.ticket for r in found] == [fate.ticket]


async def test_nothing_of_a_confidential_complaint_can_be_read(world: World) -> None:
    text = POTHOLE + ". Hubungi saya di 0812-0000-0001"
    await world.intake.say(said(text, confidential=True))
    await world.intake.say(said(text.replace("parah", "dalam"), 2))
    await world.intake.settle()
    await world.publish()
    await world.follow()
    raw = b"".join(p.read_bytes() for p in world.store.path.parent.glob("reading.sqlite3*"))
    assert b"berlubang dalam" in raw
    assert b"berlubang parah" not in raw
    for planted in (b"0812-0000-0001", b"+62812000000", b"Siti Contoh"):
        assert planted not in raw
    hidden, open_one = await world.store.ask(lambda db: questions.newest(db))
    if not hidden.confidential:
        hidden, open_one = open_one, hidden
    assert (hidden.text, hidden.kelurahan, hidden.reporter) == ("", "", "")
    assert open_one.kelurahan == "31.71.04.1002"


async def test_the_way_of_a_message_from_arrival_to_stage(world: World) -> None:
    fate = await world.intake.say(said(POTHOLE))
    await world.intake.settle()
    await world.follow()
    backlog = await world.store.ask(questions.backlog)
    assert backlog.waiting == 1
    await world.publish()
    journal = world.intake.journal
    file = await journal.complaint_by_ticket(fate.ticket)
    assert file is not None
    reply = NewReply(
        person=PERSON,
        account="said",
        purpose="status",
        said=Said(reply_to={}, text="kata-kata"),
        complaint_id=file.complaint_id,
    )
    at, note = world.intake.clock.now(), "Petugas menelepon Ibu di 0812-0000-1708"
    step = Step(stage="Koordinasi", word="Koordinasi", at=at, agency="Dinas Bina Marga", note=note)
    now = Progress(stage="Koordinasi", rank=2, steps=(step,))
    await journal.note_status(b"status-1--------", file.complaint_id, Progress(), now, [reply])
    await world.follow()
    assert (await world.store.ask(questions.backlog)) == questions.Backlog(0, None)
    story = await world.store.ask(lambda db: questions.story(db, file.complaint_id))
    assert [(h.what, h.word) for h in story] == [
        ("message", "received"),
        ("event", "created"),
        ("confirmed", "created"),
        ("reply", "waiting"),
        ("stage", "Koordinasi"),
    ]
    (waiting,) = await journal.replies_due(world.intake.clock.now())
    await journal.begin_reply(waiting.reply_id)
    await journal.reply_sent(waiting.reply_id, None, world.intake.clock.now())
    await world.follow()
    assert await world.store.ask(lambda db: questions.reply_states(db, START)) == {"sent": 1}
    assert await world.store.ask(lambda db: questions.stages(db, START)) == {"Koordinasi": 1}
    kept = await world.store.ask(
        lambda db: [bytes(row[0]) for row in db.execute("SELECT steps FROM complaints")]
    )
    assert b"Dinas Bina Marga" in kept[0] and b"0812" not in kept[0], (
        "what the citizen is told is theirs alone"
    )
    delays = await world.store.ask(lambda db: questions.delays(db, START - timedelta(hours=1)))
    assert delays.events == 1
    assert delays.half == 600000  # 62 s on the held clock: the next threshold


async def test_what_waits_for_a_decision_comes_and_goes(world: World) -> None:
    fate = await world.intake.say(said("Kenari pagi ini cerah", public=True))
    await world.intake.settle()
    await world.follow()
    (row,) = await world.store.ask(questions.waiting)
    assert (row.ticket, row.state) == (fate.ticket, "triage")
    assert await world.store.ask(questions.count_waiting) == 1
    await world.intake.journal.decide(row.complaint_id, "file")
    await world.follow()
    assert await world.store.ask(questions.waiting) == []
    await world.intake.settle()
    await world.follow()
    filed = await world.store.ask(lambda db: questions.by_ticket(db, fate.ticket))
    assert filed is not None
    assert filed.state == "filed"
    await world.intake.say(said("pagi semua", 2, public=True))
    await world.intake.settle()
    await world.follow()
    (row,) = await world.store.ask(questions.waiting)
    await world.intake.journal.decide(row.complaint_id, "set_aside")
    await world.follow()
    assert await world.store.ask(questions.waiting) == []
    assert [r.ticket for r in await world.store.ask(questions.newest)] == [fate.ticket]


async def test_counts_by_minute_and_hour_and_the_map(world: World) -> None:
    for number in range(1, 6):
        await world.intake.say(said(f"{POTHOLE} {'!' * number}", number))
    await world.intake.say(said("Sampah menumpuk di Kelurahan Galur, bau sekali", 7))
    await world.intake.settle()
    await world.follow()
    for seconds in (60, 3600):
        slots = await world.store.ask(lambda db, s=seconds: questions.rate(db, START - timedelta(hours=2), s))  # type: ignore[misc]
        assert [(s.channel, s.messages, s.complaints) for s in slots] == [("twitter", 6, 6)]
        assert slots[0].start % seconds == 0
    (day,) = await world.store.ask(lambda db: questions.rate(db, START - timedelta(days=1), 86400))
    assert datetime.fromtimestamp(day.start, JAKARTA) == START.astimezone(JAKARTA).replace(hour=0, minute=0)
    assert day.messages == 6
    assert await world.areas() == {"31.71.04.1002": 5, "31.71.08.1003": 1}
    assert await world.areas(category="sampah") == {"31.71.08.1003": 1}
    (news,) = await world.store.ask(lambda db: questions.accounts(db, START - timedelta(hours=1)))
    assert (news.account, news.messages) == ("said", 6)


async def test_it_is_built_anew_in_pages_and_is_the_same(world: World) -> None:
    for number in range(1, 10):
        await world.intake.say(said(f"{POTHOLE} nomor {number}", number))
    await world.intake.settle()
    await world.publish()
    await world.follow()
    before = await world.store.ask(_everything)
    assert len(before["complaints"]) == 9
    await world.store.forget()
    fresh = Follower(world.intake.journal, world.store, world.intake.clock.now)
    while await fresh.step():
        pass
    await fresh.step()
    assert await world.store.ask(_everything) == before
    # A crash between the store's sync and ours: followed from the last mark again, and nothing counted twice.
    await world.store.write(lambda db: db.execute("UPDATE marks SET value = 0"))
    again = Follower(world.intake.journal, world.store, world.intake.clock.now)
    while await again.step():
        pass
    assert await world.store.ask(_everything) == before


async def test_a_damaged_or_older_store_is_thrown_away(world: World) -> None:
    await world.intake.say(said(POTHOLE))
    await world.intake.settle()
    await world.follow()
    for spoil in (lambda p: p.write_bytes(b"no database at all" * 100), _older):
        await world.store.close()
        for ending in ("-wal", "-shm"):
            world.store.path.with_name(world.store.path.name + ending).unlink(missing_ok=True)
        spoil(world.store.path)
        store = ReadingStore(world.store.path.parent)
        await store.open()
        follower = Follower(world.intake.journal, store, world.intake.clock.now)
        while await follower.step():
            pass
        assert len(await store.ask(questions.newest)) == 1
        world.store = store


async def test_old_complaints_leave_in_small_steps(world: World) -> None:
    for number in range(1, 8):
        await world.intake.say(said(f"{POTHOLE} nomor {number}", number))
    await world.intake.settle()
    await world.follow()
    edge = START + timedelta(days=1)
    gone = []
    while count := await world.store.write(lambda db: prune(db, edge, 3)):
        gone.append(count)
    assert gone == [3, 3, 1]
    left = await world.store.ask(_everything)
    assert {name: len(rows) for name, rows in left.items() if rows} == {}
    assert await world.store.ask(lambda db: questions.by_words(db, "berlubang")) == []


async def test_an_office_does_not_see_what_is_about_it(world: World) -> None:
    await world.intake.say(said(POTHOLE, against_office="31.71.04.1002"))
    await world.intake.settle()
    await world.follow()
    for hidden, count in (("", 1), ("31.71.04.1002", 0), ("31.71.08.1003", 1)):
        rows = await world.store.ask(lambda db, h=hidden: questions.by_words(db, "berlubang", hidden_from=h))  # type: ignore[misc]
        areas = await world.areas(hidden_from=hidden)
        assert (len(rows), len(areas)) == (count, count), hidden


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


async def test_a_question_without_end_is_cut_off_and_the_next_one_is_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurried:
        hurried.setattr(store_module, "LONGEST", 0.2)
        # More than there are readers: one stands in line, and gives up there.
        asked = [world.store.ask(lambda db: db.execute(ENDLESS).fetchone()) for _ in range(3)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert await world.store.ask(questions.count_waiting) == 0


async def test_who_asks_no_longer_leaves_the_readers_free(world: World) -> None:
    for _ in range(2):
        asked = asyncio.create_task(world.store.ask(lambda db: db.execute(ENDLESS).fetchone()))
        await asyncio.sleep(0.05)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    assert await world.store.ask(questions.count_waiting) == 0


async def test_the_loop_follows_by_itself_and_ends_when_told(world: World) -> None:
    changed = asyncio.Event()
    follower = Follower(world.intake.journal, world.store, world.intake.clock.now, changed.set)
    task = asyncio.create_task(follower.run())
    await world.intake.say(said(POTHOLE))
    await asyncio.wait_for(changed.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _older(path: Path) -> None:
    import sqlite3

    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()


def _everything(db: object) -> dict[str, list[object]]:
    tables = ("complaints", "messages", "events", "replies", "minutes", "hours", "delays")
    return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # type: ignore[attr-defined]  # noqa: S608


async def test_what_waits_is_found_by_an_index(world: World) -> None:
    for sql, index in (
        ("SELECT count(*) FROM complaints WHERE state = 3", "complaints_undecided"),
        (
            "SELECT complaint_id FROM complaints WHERE state = 0 AND complaint_id > 7 LIMIT 5",
            "complaints_open",
        ),
    ):
        plan = await world.store.ask(lambda db, s=sql: db.execute(f"EXPLAIN QUERY PLAN {s}").fetchall())  # type: ignore[misc]
        assert index in plan[0][-1]
