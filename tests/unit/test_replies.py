"""What becomes of an answer when the provider takes it, refuses it, is away or says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Account, Outgoing, Receipt
from intake import replies
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.record import Message, RawEvent, Sender
from tests.answering_world import POTHOLE, Speaking, World, answering_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with answering_world(tmp_path) as made:
        yield made


async def test_what_the_provider_cannot_take_now_is_said_later_and_in_order(world: World) -> None:
    ticket = await world.complain()
    world.account.fail = [ProviderUnavailable("down"), ProviderUnavailable("down", retry_after=120.0)]
    assert await world.say() == []
    await world.status(ticket, "Koordinasi")
    world.inside.clock.forward(10)
    assert await world.say() == []
    world.inside.clock.forward(60)
    assert await world.say() == [], "the provider asked for two minutes"
    world.inside.clock.forward(61)
    told = await world.say()
    assert ["Nomor tiket" in told[0].text, "Koordinasi" in told[1].text] == [True, True]
    assert [entry.tries for entry in await world.entries(ticket)] == [3, 1]


async def test_a_refusal_ends_it_and_the_next_is_said(world: World) -> None:
    ticket = await world.complain()
    world.account.fail = [ProviderRefused("the bot was blocked")]
    assert await world.say() == []
    (entry,) = await world.entries(ticket)
    assert (entry.state, entry.said.trouble) == ("refused", "the bot was blocked")
    await world.status(ticket, "Koordinasi")
    assert len(await world.say()) == 1


@pytest.mark.parametrize("error", [OutcomeUnknown("no answer"), RuntimeError("broken adapter")])
async def test_an_unknown_outcome_is_repeated_once_and_counted(world: World, error: Exception) -> None:
    ticket = await world.complain()
    world.account.fail = [error, None]
    assert await world.say() == []
    world.inside.clock.forward(10)
    assert len(await world.say()) == 1
    (entry,) = await world.entries(ticket)
    assert (entry.state, entry.unsure) == ("sent", 1)
    await world.status(ticket, "Koordinasi")
    world.account.fail = [error, error]
    for _ in range(4):
        await world.say()
        world.inside.clock.forward(600)
    assert [entry.state for entry in await world.entries(ticket)] == ["sent", "unknown"]


class Hanging(Speaking):
    """A provider that takes every request and never answers."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked = 0

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        self.asked += 1
        await asyncio.Event().wait()
        raise AssertionError


async def complaints_of(world: World, people: int, account: str = "said") -> None:
    for number in range(people):
        who = Sender(reference=f"{account}-{number}")
        message = Message(
            external_id=f"{account}-{number}", text=POTHOLE, sender=who, reply_to={"chat": str(number)}
        )
        await world.inside.say(message, account=account)
    await world.inside.settle()


async def test_a_provider_that_is_down_is_not_asked_for_each_who_waits(world: World) -> None:
    await complaints_of(world, 60)
    world.account.fail = [ProviderUnavailable("down")] * 1000
    for _ in range(60):
        await world.say()
        world.inside.clock.forward(5)
    asked = 1000 - len(world.account.fail)
    assert replies.OF_ONE <= asked <= replies.OF_ONE + 14, (
        "five minutes: one wave, then one alone after each rest"
    )
    world.account.fail = []
    world.inside.clock.forward(60)
    assert len(await world.say()) >= 60 - replies.OF_ONE
    world.inside.clock.forward(900)
    await world.say()
    assert len(world.account.told) == 60, "as soon as one was told, all are"


async def test_a_provider_that_never_answers_holds_up_nobody_else(world: World) -> None:
    hanging = Hanging(Account(name="stumm", adapter="said", channel="twitter"), None, world.account.ports)
    world.inside.adapters["stumm"] = hanging
    await complaints_of(world, 40, "stumm")
    await complaints_of(world, 1)
    running = asyncio.create_task(world.worker.run())
    try:
        async with asyncio.timeout(10):
            while not world.account.told:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert hanging.asked == replies.OF_ONE


async def test_what_a_death_left_in_doubt_is_repeated_one_after_another(world: World) -> None:
    """So that the next death, a moment later, leaves one in doubt for good, and not all of them."""
    hanging = Hanging(Account(name="stumm", adapter="said", channel="twitter"), None, world.account.ports)
    world.inside.adapters["stumm"] = hanging
    await complaints_of(world, 6, "stumm")
    for life, asked in enumerate((6, 1, 1)):
        hanging.asked = 0
        worker = replies.ReplyWorker(
            world.inside.journal, world.inside.adapters, world.inside.clock.now, world.inside.metrics
        )
        running = asyncio.create_task(worker.run())
        who = Sender(reference=f"life-{life}")
        await world.complain(number=f"life-{life}", sender=who)
        worker.wake()  # others are heard meanwhile
        try:
            async with asyncio.timeout(10):
                while len(world.account.told) <= life or hanging.asked < asked:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert hanging.asked == asked
        world.inside.clock.forward(1)


class Failing(Speaking):
    """A provider that is away until it is back; of what it is asked meanwhile it takes some without saying so."""

    away = False

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        if self.away:
            if int(outgoing.key) % 3 == 0:
                await super().reply(reply_to, outgoing)
                raise OutcomeUnknown("the connection broke after the request")
            raise ProviderUnavailable("connection refused")
        return await super().reply(reply_to, outgoing)


async def test_a_provider_that_is_down_for_two_minutes(world: World) -> None:
    """None lost; none repeated but those whose outcome nobody knew, and those are counted."""
    failing = world.inside.adapters["said"] = Failing(world.account.account, None, world.account.ports)
    tickets = []
    for number in range(30):
        who = {"sender": Sender(reference=f"p-{number}"), "reply_to": {"chat": str(number)}}
        tickets.append(
            await world.complain(f"Jalan berlubang nomor {number} di Kelurahan Kenari.", str(number), **who)
        )
    await world.say()
    while await world.worker.turn():
        await world.worker.idle()
    failing.told.clear()

    failing.away = True
    for second, ticket in enumerate(tickets):
        await world.status(ticket, "Koordinasi", note=f"kabar{second:02d}z")
        world.inside.clock.forward(4)
        await world.worker.turn()
        await world.worker.idle()
    failing.away = False
    for _ in range(40):
        world.inside.clock.forward(60)
        while await world.worker.turn():
            await world.worker.idle()

    heard = [sum(f"kabar{second:02d}z" in one.text for one in failing.told) for second in range(30)]
    unsure = [sum(entry.unsure for entry in await world.entries(ticket)) for ticket in tickets]
    states = {entry.state for ticket in tickets for entry in await world.entries(ticket)}
    assert min(heard) == 1, "none is lost"
    assert max(heard) <= 2
    assert all(count == 1 for count, doubt in zip(heard, unsure, strict=True) if not doubt), (
        "no needless repetition"
    )
    assert states <= {"sent", "unknown"}
    assert sum(unsure) >= 1, "some outcomes were unknown, and are counted"


class KeepsStatus(Speaking):
    """A provider with a status of its own for each report."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.pushed: list[tuple[str, str]] = []

    async def push_status(self, reply_to: Mapping[str, str], stage: str, text: str, key: str) -> str:
        self.pushed.append((stage, text))
        return f"p-{key}"


async def test_a_provider_with_a_status_of_its_own_gets_it(world: World) -> None:
    account = world.account
    keeps = world.inside.adapters["said"] = KeepsStatus(account.account, None, account.ports)
    ticket = await world.complain()
    while await world.worker.turn():
        await world.worker.idle()
    await world.status(ticket, "Selesai", note="Sudah diperbaiki.")
    while await world.worker.turn():
        await world.worker.idle()
    ((stage, text),) = keeps.pushed
    assert stage == "Selesai"
    assert "Sudah diperbaiki." in text
    assert len(keeps.told) == 1, "the acknowledgement alone: nobody there can tap a rating"


async def test_an_outcome_that_cannot_be_noted_is_noted_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "FIRST_NOTE", 0.01)
    ticket = await world.complain()
    journal, tries = world.inside.journal, 0
    whole = journal.reply_sent

    async def full(*given: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Unavailable("the disk is full")
        await whole(*given)

    monkeypatch.setattr(journal, "reply_sent", full)
    assert len(await world.say()) == 1
    assert [entry.state for entry in await world.entries(ticket)] == ["sent"]
    assert tries == 3


async def test_a_receipt_of_the_provider_is_seen_on_the_answer(world: World) -> None:
    ticket = await world.complain()
    await world.say()
    raw = RawEvent(account="said", received_at=world.inside.clock.now(), body=b"receipt")
    items = [Receipt(external_id="m-1", state="delivered")]
    await world.inside.receiver.admit(world.account, raw, items)
    assert [entry.delivery for entry in await world.entries(ticket)] == ["delivered"]
