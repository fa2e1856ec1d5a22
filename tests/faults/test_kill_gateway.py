"""kill -9 of the gateway at random instants, under load from all doors: nothing acknowledged is lost.

The load are the adapters' own simulators over their real transports. Each sender tries the same message again
until it is acknowledged, as providers do, and writes it into a ledger only then. At the end every word of the
ledger must stand in exactly one complaint that the consumer got.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from adapters.base import Letter, Simulator
from intake.consume import consume
from normalizer.record import ComplaintEvent
from tests.gateway_process import GatewayProcess

KILLS = int(os.environ.get("KANAL_KILLS", "30"))
DOORS = ("email-dki", "sms-kannel", "sms-twilio", "telegram-dki", "loket")


def word(door: str, number: int) -> str:
    """A mark that survives every step of the normaliser: letters alone."""
    digits = "".join("abcdefghij"[int(d)] for d in f"{number:06d}")
    return f"tanda{door.replace('-', '')}x{digits}"


class Load:
    """Citizens and clerks who keep trying until they are told that we have it."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self.gateway = gateway
        self.ledger: list[str] = []
        self.stopping = False
        self.refused: Counter[str] = Counter()

    async def door(self, name: str) -> None:
        simulator = await self._started(name)
        number = 0
        try:
            while not self.stopping:
                number += 1
                text = f"Lampu jalan mati di Jalan Kramat, Kelurahan Kenari, Senen. {word(name, number)}"
                await self._until_taken(simulator, name, Letter(number=number, text=text))
                self.ledger.append(word(name, number))
                await asyncio.sleep(0.01)
        finally:
            await simulator.stop()

    async def _started(self, name: str) -> Simulator:
        """The provider's side, up and signed in; the gateway may be dead at this instant."""
        while True:
            simulator = self.gateway.simulator(name)
            try:
                await simulator.start()
                return simulator
            except Exception as error:
                self.refused[type(error).__name__] += 1
                await simulator.stop()
                await asyncio.sleep(0.1)

    async def _until_taken(self, simulator: Simulator, name: str, letter: Letter) -> None:
        while True:
            try:
                async with asyncio.timeout(20):
                    await simulator.send(letter)
                return
            except Exception as error:  # refused, cut off, or no one there: all mean "not acknowledged"
                self.refused[type(error).__name__] += 1
                await asyncio.sleep(0.1)


@pytest.mark.rabbitmq
@pytest.mark.timeout(900)
async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, rabbitmq_url: str) -> None:
    gateway = GatewayProcess(tmp_path, rabbitmq_url)
    await gateway.add_clerk()
    starts = [await gateway.start()]
    load = Load(gateway)
    senders = [asyncio.create_task(load.door(name)) for name in DOORS]
    chance = random.Random(2611)
    try:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.05, 1.2))
            await gateway.kill()
            starts.append(await gateway.start())
        await asyncio.sleep(1)
        load.stopping = True
        await asyncio.gather(*senders)
        got = await drain(rabbitmq_url, set(load.ledger))
    finally:
        for sender in senders:
            sender.cancel()
        await gateway.stop()

    missing = [mark for mark in load.ledger if got[mark] == 0]
    doubled = {mark: count for mark, count in got.items() if count > 1}
    doors = Counter(mark[5:].split("x")[0] for mark in load.ledger)
    print(
        f"\n{KILLS} kills, {len(load.ledger)} acknowledged {dict(doors)}, refused {dict(load.refused)}, "
        f"slowest start {max(starts):.2f} s"
    )
    assert not missing, f"{len(missing)} of {len(load.ledger)} acknowledged are lost: {missing[:5]}"
    assert not doubled, f"doubled after dedup: {list(doubled.items())[:5]}"
    assert len(doors) == len(DOORS), "every door was under load"
    assert max(starts) < 50, "ready within 5 s; the test's ceiling is ten times wider"


async def drain(url: str, expected: set[str]) -> Counter[str]:
    """How many complaints hold each mark, after the consumer's dedup by event id."""
    complaints: dict[str, str] = {}

    async def on_event(event: ComplaintEvent) -> None:
        if event.event == "created":
            complaints[event.complaint.complaint_id] = event.complaint.original_text or event.complaint.text

    await consume(url, on_event=on_event, idle_timeout=8.0)
    counts: Counter[str] = Counter()
    for text in complaints.values():
        counts.update(part.strip(".") for part in text.split() if part.startswith("tanda"))
    return counts
