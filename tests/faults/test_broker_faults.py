"""The broker is killed, stalled or away under load: nothing is lost, and each complaint's order holds.

The publisher alone, with an outbox in memory; with a whole gateway these are rows (rows/broker.py). Longer by
KANAL_BROKER_KILLS, KANAL_STALL_SECONDS, KANAL_DOWN_SECONDS.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

import pytest

from intake.private_rabbitmq import PrivateRabbitMQ
from tests.event_samples import event
from tests.relay import Crm, Relay

KILLS = int(os.environ.get("KANAL_BROKER_KILLS", "2"))
STALL = float(os.environ.get("KANAL_STALL_SECONDS", "12"))
DOWN = float(os.environ.get("KANAL_DOWN_SECONDS", "6"))

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120 + 20 * KILLS + 3 * STALL + 3 * DOWN)]


@contextlib.asynccontextmanager
async def load(relay: Relay, per_second: int) -> AsyncIterator[None]:
    """Write events while the block runs: three of each complaint, a few complaints interleaved."""

    async def write() -> None:
        round_ = 0
        while True:
            for sequence in (1, 2, 3):
                for number in range(round_ * 5 + 1, round_ * 5 + 6):
                    relay.outbox.put(event(number, sequence), number)
                    relay.publisher.wake()
                    await asyncio.sleep(1 / per_second)
            round_ += 1

    task = asyncio.create_task(write())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def check_all_came(relay: Relay, url: str) -> None:
    """Every event of the outbox was consumed, each complaint's in its order, and every marked one is there."""
    crm = await Crm().take(url, limit=len(relay.outbox.events), idle=15)
    assert len(crm.ids) == len(set(crm.ids)) == len(relay.outbox.events), "lost"
    assert all(sequences == sorted(sequences) for sequences in crm.sequences().values())
    assert crm.tally.gaps == []


async def test_a_broker_killed_under_load_loses_nothing_that_it_confirmed(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    relay = Relay(rabbitmq_url)
    async with relay.running():
        async with load(relay, 200):
            for _ in range(KILLS):
                await relay.outbox.until_marked(len(relay.outbox.marked) + 300, within=60)
                await rabbitmq.kill()
                await relay.until_alarm("broker_away")
                await rabbitmq.restart()
        await relay.outbox.until_marked(len(relay.outbox.events), within=60)
    await check_all_came(relay, rabbitmq_url)


async def test_a_stalled_broker_is_noticed_and_the_relay_lives(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    relay = Relay(rabbitmq_url, heartbeat=2)
    async with relay.running() as task:
        async with load(relay, 100):
            await relay.outbox.until_marked(100)
            rabbitmq.stall()
            try:
                before = len(relay.outbox.marked)
                await asyncio.sleep(STALL)
                # What was on its way when the stall began may still have been marked; no more.
                assert len(relay.outbox.marked) - before < 50
                assert not task.done()
                assert "broker_away" in relay.alarms
            finally:
                rabbitmq.resume()
            await relay.until_alarm("broker_away", stands=False, within=15)
        await relay.outbox.until_marked(len(relay.outbox.events), within=60)
    await check_all_came(relay, rabbitmq_url)


async def test_a_short_stall_that_no_one_notices_loses_nothing(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    relay = Relay(rabbitmq_url)
    async with relay.running():
        async with load(relay, 200):
            await relay.outbox.until_marked(50)
            for _ in range(3):
                rabbitmq.stall()
                await asyncio.sleep(0.7)
                rabbitmq.resume()
                await relay.outbox.until_marked(len(relay.outbox.marked) + 50)
        await relay.outbox.until_marked(len(relay.outbox.events))
    assert "broker_away" not in relay.raised
    await check_all_came(relay, rabbitmq_url)


async def test_a_broker_that_was_away_gets_everything_after_its_return(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    relay = Relay(rabbitmq_url)
    async with relay.running():
        async with load(relay, 100):
            await relay.outbox.until_marked(150)
            await rabbitmq.kill()
            await asyncio.sleep(DOWN)
            written = len(relay.outbox.events)
            assert written - len(relay.outbox.marked) > DOWN * 20, (
                "the journal went on while the broker was away"
            )
            await rabbitmq.restart()
            await relay.outbox.until_marked(written, within=60)
        await relay.outbox.until_marked(len(relay.outbox.events))
    await check_all_came(relay, rabbitmq_url)


async def test_cancelling_the_relay_while_the_broker_is_stalled_ends_it_soon(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    relay = Relay(rabbitmq_url)
    relay.outbox.fill(complaints=50)
    async with relay.running() as task:
        await relay.outbox.until_marked(50)
        rabbitmq.stall()
        try:
            relay.outbox.fill(complaints=2000, first=100)
            relay.publisher.wake()
            await asyncio.sleep(0.5)
            async with asyncio.timeout(10):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
        finally:
            rabbitmq.resume()
            relay.stopped = True
