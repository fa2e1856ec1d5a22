"""A mention that comes without its words: set aside from its batch, asked for, and read with the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Accepted, Account
from adapters.shared.meta_mentions import Mention, Words
from intake.kept import ATTEMPTS, KeptWorker
from normalizer.errors import NeedsOperator, ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent
from tests.intake_world import IntakeWorld, intake_world

US = "17840000000000001"
SETTINGS = {
    "app_secret": "contoh",
    "verify_token": "contoh",
    "access_token": "contoh-token",
    "account_id": US,
}
TEXT = "Jalan berlubang besar di Kelurahan Kenari, tolong segera diperbaiki @aduancontoh"


def body(*changes: dict[str, Any]) -> bytes:
    return json.dumps(
        {"object": "instagram", "entry": [{"id": US, "time": 1795408200, "changes": changes}]}
    ).encode()


MENTION = {"field": "mentions", "value": {"media_id": "900", "comment_id": "901"}}
COMMENT = {
    "field": "comments",
    "value": {
        "id": "902",
        "from": {"id": "5", "username": "siti.contoh"},
        "text": TEXT,
        "media": {"id": "900"},
    },
}


def raw(content: bytes) -> RawEvent:
    return RawEvent(account="ig", received_at=datetime.now(UTC), body=content, method="POST")


class Asked:
    """Stands where the Graph API is."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.calls: list[Mention] = []

    async def __call__(self, mention: Mention) -> Words:
        self.calls.append(mention)
        if self.errors:
            raise self.errors.pop(0)
        return Words(text=TEXT, handle="budi.contoh", at="2026-11-23T04:30:00+0000")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def adapter(world: IntakeWorld, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = world.adapter(Account(name="ig", adapter="instagram", settings=SETTINGS))
    monkeypatch.setattr(made, "ask", asked)
    return made


def test_it_is_set_aside_and_the_others_stay(adapter: Any) -> None:
    rest, aside = adapter.set_aside(raw(body(COMMENT, MENTION)))
    (comment,) = adapter.parse(rest)
    assert isinstance(comment, Accepted)
    assert comment.message.external_id == "902"
    assert len(aside) == 1
    assert json.loads(aside[0].body)["entry"][0]["changes"] == [MENTION]
    plain = raw(body(COMMENT))
    assert adapter.set_aside(plain) == (plain, ())


async def keep_and_work(world: IntakeWorld, adapter: Any) -> KeptWorker:
    worker = KeptWorker(world.journal, world.files, world.receiver, world.adapters)
    for one in adapter.set_aside(raw(body(MENTION))).aside:
        await world.receiver.keep(one, None, None)
    for kept in await world.journal.kept():
        await worker.one(kept)
    return worker


async def test_asked_for_it_is_a_complaint_with_its_words(
    world: IntakeWorld, adapter: Any, asked: Asked
) -> None:
    await keep_and_work(world, adapter)
    assert [call.id for call in asked.calls] == ["901"]
    await world.settle()
    (event,) = await world.events()
    assert event.complaint.text == TEXT
    await keep_and_work(world, adapter)  # Meta repeats itself
    await world.settle()
    assert len(await world.events()) == 1


async def test_while_meta_is_away_it_waits(world: IntakeWorld, adapter: Any, asked: Asked) -> None:
    asked.errors.append(ProviderUnavailable("away"))
    worker = await keep_and_work(world, adapter)
    (kept,) = await world.journal.kept()
    await worker.one(kept)
    assert await world.journal.kept() == ()
    await world.settle()
    assert [event.complaint.text for event in await world.events()] == [TEXT]


async def test_while_the_token_is_dead_it_waits_uncounted(
    world: IntakeWorld, adapter: Any, asked: Asked
) -> None:
    asked.errors += [NeedsOperator("the token has ended")] * (ATTEMPTS * 3)
    worker = await keep_and_work(world, adapter)
    for _ in range(ATTEMPTS * 3):
        (kept,) = await world.journal.kept()
        assert kept.tries == 1
        await worker.one(kept)
    assert await world.journal.kept() == ()
    await world.settle()
    assert [event.complaint.text for event in await world.events()] == [TEXT]


async def test_a_heap_that_waits_hides_nobody(world: IntakeWorld, adapter: Any, asked: Asked) -> None:
    worker = KeptWorker(world.journal, world.files, world.receiver, world.adapters)
    for number in range(120):
        mention = {"field": "mentions", "value": {"media_id": "900", "comment_id": str(1000 + number)}}
        await world.receiver.keep(raw(body(mention)), None, None)
    asked.errors += [NeedsOperator("the token has ended")] * 120
    for kept in await world.journal.kept(120):
        await worker.one(kept)
    await world.receiver.keep(raw(body(MENTION)), None, None)
    async with asyncio.timeout(20):
        task = asyncio.create_task(worker.run())
        while len(await world.journal.kept(200)) > 120:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert asked.calls[-1].id == "901"


async def test_what_may_not_be_seen_is_kept_with_its_place(
    world: IntakeWorld, adapter: Any, asked: Asked
) -> None:
    asked.errors.append(ProviderRefused("not ours to see"))
    await keep_and_work(world, adapter)
    assert await world.journal.kept() == ()
    stored = await world.journal.recent()
    assert len(stored) + (await world.journal.depths()).quarantined == 1, "nothing is lost"
