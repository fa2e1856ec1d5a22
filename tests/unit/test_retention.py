"""Retention works at night, in small steps, and removes only files that nothing names."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from complaint_queue import file_garbage
from intake.config import RetentionTable, load
from intake.retention import Retention
from normalizer.errors import Misconfigured
from normalizer.identity import JAKARTA
from normalizer.record import Attachment, Message, RawEvent
from tests.intake_world import IntakeWorld, intake_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


def retention(world: IntakeWorld, **table: object) -> Retention:
    found = RetentionTable(**table)  # type: ignore[arg-type]
    return Retention(world.journal, world.files, found, world.clock.now, least_rest=0.0)


async def filed(world: IntakeWorld, name: str, photo: bytes = b"") -> None:
    """A complaint with a large raw event, published."""
    attachments: tuple[Attachment, ...] = ()
    if photo:
        sha256 = await world.files.put(photo)
        attachments = (Attachment(sha256=sha256, size=len(photo), state="stored"),)
    text = "Lampu jalan di Kenari padam, tolong diperbaiki"
    await world.say(
        Message(external_id=name, text=text, original_text=name * 70_000, attachments=attachments)
    )
    await world.settle()
    waiting = await world.journal.unpublished(100)
    await world.journal.mark_published([e.position for e in waiting], world.clock.now())


def age(world: IntakeWorld) -> None:
    """A year passes, for the files too."""
    world.clock.forward(400 * 86_400)
    for name in file_garbage.names(world.files.folder):
        os.utime(world.files.folder / name, (1_700_000_000, 1_700_000_000))


async def test_a_large_raw_event_goes_with_its_file_and_the_photo_stays(world: IntakeWorld) -> None:
    await filed(world, "1", photo=b"foto")
    orphan = await world.files.put(b"what a crash left")
    assert len(list(file_garbage.names(world.files.folder))) == 3
    age(world)
    await filed(world, "2")
    assert await retention(world, read_days=365).once(always=True)
    left = set(file_garbage.names(world.files.folder))
    assert world.files.name(hashlib.sha256(b"foto").hexdigest()) in left
    assert world.files.name(orphan) not in left
    assert len(left) == 2, "the photo, and the raw event of today"
    assert len(await world.journal.raws_after(0, 100)) == 1


async def test_nothing_goes_while_a_row_does_not_open(world: IntakeWorld, tmp_path: Path) -> None:
    await filed(world, "1", photo=b"foto")
    age(world)
    with sqlite3.connect(tmp_path / "journal.sqlite3") as db:
        db.execute("UPDATE messages SET body = x'00'")
    db.close()
    before = set(file_garbage.names(world.files.folder))
    assert await retention(world, read_days=0).once(always=True)
    assert set(file_garbage.names(world.files.folder)) == before


async def test_zero_days_are_for_ever(world: IntakeWorld) -> None:
    await filed(world, "1")
    age(world)
    assert await retention(world, read_days=0, ignored_days=0, ended_days=0).once(always=True)
    assert len(await world.journal.raws_after(0, 100)) == 1


@pytest.mark.parametrize(
    ("begin", "end", "hour", "works"),
    [
        ("22:00", "04:30", 23, True),
        ("22:00", "04:30", 4, True),
        ("22:00", "04:30", 5, False),
        ("22:00", "04:30", 12, False),
        ("01:00", "03:00", 2, True),
        ("01:00", "03:00", 3, False),
    ],
)
def test_it_works_when_few_write(begin: str, end: str, hour: int, works: bool) -> None:
    table = RetentionTable(begin=begin, end=end)
    now = datetime(2026, 11, 28, hour, 0, tzinfo=JAKARTA)
    assert Retention(None, None, table, lambda: now).is_time() is works  # type: ignore[arg-type]


async def test_the_morning_ends_it_between_two_steps(world: IntakeWorld) -> None:
    for number in range(3):
        await filed(world, str(number))
    age(world)
    world.clock.at = world.clock.at.astimezone(JAKARTA).replace(hour=12)
    assert not await retention(world, read_days=30, step=1).once()
    assert len(await world.journal.raws_after(0, 100)) == 2, "one step was begun"


def test_the_settings_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "kanal.toml"
    file.write_text('[retention]\nread_days = 90\nbegin = "9 malam"\n')
    with pytest.raises(Misconfigured, match=r"retention\.begin"):
        load(file, {})
    file.write_text("[retention]\nread_days = 90\nended_days = 0\n")
    before = load(file, {}).retention.before(datetime(2026, 11, 28, tzinfo=JAKARTA))
    assert before == {
        "read": datetime(2026, 11, 28, tzinfo=JAKARTA) - timedelta(days=90),
        "ignored": datetime(2026, 11, 28, tzinfo=JAKARTA) - timedelta(days=30),
    }


async def test_a_pruned_raw_event_says_so_in_quarantine(world: IntakeWorld) -> None:
    from intake import quarantine

    raw = RawEvent(account="said", received_at=world.clock.now(), body=b"tidak terbaca")
    raw_id = await world.journal.keep(raw)
    entry = await world.journal.quarantine("parse", "cannot be read", raw_id=raw_id)
    await world.journal.release(entry, "discarded")
    age(world)
    await retention(world).once(always=True)
    seen = await quarantine.view(world.journal, entry)
    assert (seen.raw, seen.damage) == (None, "its raw event was pruned")
