"""RabbitMQ dies, or stalls, under a gateway at 100 messages/s: every message is answered, and all arrive in order.

Small in `make test`; at full length with KANAL_BROKER_DOWN=60 KANAL_BROKER_STALL=40.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from intake.consume import consume
from intake.private_rabbitmq import PrivateRabbitMQ
from normalizer.record import ComplaintEvent
from tests.gateway_process import GatewayProcess

DOWN = float(os.environ.get("KANAL_BROKER_DOWN", "8"))
STALL = float(os.environ.get("KANAL_BROKER_STALL", "14"))
RATE = 100
#: Of each citizen's messages, one opens a complaint and two correct it: their order must hold.
STEPS = 3


def update(person: int, step: int) -> dict[str, Any]:
    sender = {"id": 500000 + person, "is_bot": False, "first_name": "Siti"}
    text = f"Sampah menumpuk di Kelurahan Kenari, titik {person} ke {('nol', 'satu', 'dua')[step]}"
    body: dict[str, Any] = {"message_id": 1, "from": sender, "chat": {"id": sender["id"], "type": "private"}}
    body |= {"date": 1795400000, "text": text}
    if step == 0:
        return {"update_id": person * 10, "message": body}
    return {"update_id": person * 10 + step, "edited_message": {**body, "edit_date": 1795400000 + step}}


class Load:
    """Posts at a steady rate, each citizen's steps in order; counts answers and how long they took."""

    def __init__(self, gateway: GatewayProcess) -> None:
        self.gateway = gateway
        self.statuses: Counter[int] = Counter()
        self.people = 0
        self.slowest = 0.0

    async def run(self, seconds: float) -> None:
        secret = self.gateway.config.resolve("auto:telegram-secret")
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        end = time.monotonic() + seconds
        async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as tasks:
            while time.monotonic() < end:
                self.people += 1
                tasks.create_task(self._person(session, self.people))
                await asyncio.sleep(STEPS / RATE)

    async def _person(self, session: aiohttp.ClientSession, person: int) -> None:
        for step in range(STEPS):
            started = time.monotonic()
            url = self.gateway.url + "/hooks/telegram-dki"
            async with session.post(url, json=update(person, step)) as answer:
                self.statuses[answer.status] += 1
            self.slowest = max(self.slowest, time.monotonic() - started)


async def drained(url: str, people: int, since: datetime) -> dict[str, list[ComplaintEvent]]:
    """The events of every complaint that was received `since` then, in the order in which the consumer got them.

    A queue that was emptied while its node was coming back may still bring what another test left in it.
    """
    got: dict[str, list[ComplaintEvent]] = defaultdict(list)

    async def on_event(event: ComplaintEvent) -> None:
        if event.complaint.received_at >= since:
            got[event.complaint.complaint_id].append(event)

    await consume(url, on_event=on_event, idle_timeout=25.0 if len(got) < people else 3.0)
    return got


@pytest.mark.rabbitmq
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", ["killed", "stalled"])
async def test_a_broker_that_goes_away_costs_nothing(
    fault: str, tmp_path: Path, rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    since = datetime.now(UTC).replace(microsecond=0)
    gateway = GatewayProcess(tmp_path, rabbitmq_url)
    await gateway.start()
    load = Load(gateway)
    seconds = (DOWN if fault == "killed" else STALL) + 4
    try:
        work = asyncio.create_task(load.run(seconds))
        await asyncio.sleep(2)
        if fault == "killed":
            await rabbitmq.kill()
            await asyncio.sleep(DOWN)
            await rabbitmq.restart()
        else:
            rabbitmq.stall()
            await asyncio.sleep(STALL)
            rabbitmq.resume()
        await work
        back = time.monotonic()
        async with asyncio.timeout(150):
            while (await gateway.health())["waiting"]["unpublished"]:
                await asyncio.sleep(0.2)
        drain_seconds = time.monotonic() - back
        got = await drained(rabbitmq_url, load.people, since)
    finally:
        if fault == "stalled":
            rabbitmq.resume()
        await gateway.stop()
    sent = load.people * STEPS
    print(
        f"\n{fault} for {seconds - 4:.0f} s: {sent} messages, answers {dict(load.statuses)}, "
        f"slowest answer {load.slowest * 1000:.0f} ms, drained in {drain_seconds:.1f} s"
    )
    assert load.statuses == {200: sent}, "every message is acknowledged while the broker is away"
    assert len(got) == load.people, "every complaint arrives"
    for events in got.values():
        numbers = list(dict.fromkeys(event.sequence for event in events))
        assert numbers == list(range(1, len(numbers) + 1)), "order per complaint holds"
        assert "ke dua" in events[-1].complaint.text, "the last correction is the last word"
