"""Albums and edits through the real receiver and journal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Account
from normalizer.record import RawEvent
from tests.intake_world import IntakeWorld, intake_world

SITI = {"id": 700100200, "is_bot": False, "first_name": "Siti"}
GROUP = {"id": -1001234567890, "type": "supergroup", "title": "Warga"}
PRIVATE = {"id": 700100200, "type": "private"}
TEXT = "Jalan berlubang di depan pasar, Kelurahan Kenari, Kecamatan Senen. Tolong diperbaiki."
SETTINGS = {"token": "7000000001:CONTOH-bukan-token-asli", "secret": "rahasia", "username": "AduanContohBot"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as one:
        one.adapter(Account(name="telegram", adapter="telegram", settings=SETTINGS))
        yield one


async def came(world: IntakeWorld, kind: str = "message", **fields: Any) -> Any:
    body = {"date": 1795408200, "from": SITI, **fields}
    update = {"update_id": int(body["message_id"]), kind: body}
    raw = RawEvent(
        account="telegram", received_at=world.clock.now(), body=json.dumps(update).encode(), method="POST"
    )
    (fate,) = await world.receive("telegram", raw)
    return fate


def photo(number: int) -> list[dict[str, Any]]:
    return [{"file_id": f"f{number}", "file_unique_id": f"u{number}", "width": 9, "height": 9}]


async def test_the_bare_parts_of_a_groups_album_join_the_one_that_names_us(world: IntakeWorld) -> None:
    album = {"chat": GROUP, "media_group_id": "137"}
    first = await came(world, message_id=1, caption=f"@AduanContohBot {TEXT}", photo=photo(1), **album)
    others = [await came(world, message_id=number, photo=photo(number), **album) for number in (2, 3)]
    foreign = await came(world, message_id=4, photo=photo(4), chat=GROUP, media_group_id="138")
    assert first.outcome == "accepted"
    assert {fate.ticket for fate in others} == {first.ticket}
    assert all(fate.joined for fate in others)
    assert (foreign.outcome, foreign.reason) == ("ignored", "unsupported"), "an album that is not for us"
    again = await came(world, message_id=2, photo=photo(2), **album)
    assert again.outcome == "duplicate"
    await world.settle()
    assert len((await world.record(first.ticket)).attachments) == 3


async def test_two_edits_of_one_second_are_two_and_a_repetition_is_none(world: IntakeWorld) -> None:
    first = await came(world, message_id=1, chat=PRIVATE, text=TEXT)
    edit: dict[str, Any] = {"message_id": 1, "chat": PRIVATE, "edit_date": 1795408300}
    one = await came(world, "edited_message", text=f"{TEXT} RT 30", **edit)
    two = await came(world, "edited_message", text=f"{TEXT} RT 03", **edit)
    again = await came(world, "edited_message", text=f"{TEXT} RT 03", **edit)
    assert [fate.outcome for fate in (first, one, two, again)] == [
        "accepted",
        "accepted",
        "accepted",
        "duplicate",
    ]
    assert {fate.ticket for fate in (one, two, again)} == {first.ticket}
    await world.settle()
    record = await world.record(first.ticket)
    assert record.text.endswith("RT 03")
