"""The operator's commands beside a running gateway: verify, backup, restore, resend, reconcile, dead letters, audit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aio_pika
import pytest

from adapters.base import Letter
from complaint_queue import topology
from intake.consume import Seen, consume
from normalizer.record import ComplaintEvent
from tests.gateway_process import GatewayProcess

pytestmark = [pytest.mark.timeout(180), pytest.mark.rabbitmq]
TEXT = "Lampu jalan di Kenari padam, tolong diperbaiki"


@pytest.fixture
async def gateway(tmp_path: Path, rabbitmq_url: str) -> AsyncIterator[GatewayProcess]:
    process = GatewayProcess(tmp_path, rabbitmq_url)
    await process.start()
    yield process
    await process.kill()


async def told(gateway: GatewayProcess, *command: str, code: int = 0) -> Any:
    """What a command prints as JSON."""
    (found,) = await each(gateway, *command, code=code)
    return found


async def each(gateway: GatewayProcess, *command: str, code: int = 0) -> list[Any]:
    """What a command that lists prints as JSON: one object per line."""
    found, out = await gateway.run(*command, "--json")
    assert found == code, out
    return [json.loads(line) for line in out.splitlines()]


async def test_a_day_in_an_operators_life(gateway: GatewayProcess, rabbitmq_url: str, tmp_path: Path) -> None:
    kannel = gateway.simulator("sms-kannel")
    await kannel.start()
    for number in range(3):
        await kannel.send(Letter(number=number, text=f"{TEXT} {number}", sender=f"Siti Contoh {number}"))
    await kannel.stop()
    seen, came = Seen(tmp_path / "crm.sqlite"), list[ComplaintEvent]()

    async def take(event: ComplaintEvent) -> None:
        came.append(event)

    await consume(rabbitmq_url, on_event=take, limit=3, idle_timeout=20, seen=seen)
    assert len(came) == 3
    async with asyncio.timeout(20):  # the confirms are marked
        while (await gateway.health())["waiting"]["unpublished"]:
            await asyncio.sleep(0.1)

    found = await told(gateway, "verify")
    assert (found["ok"], found["seen"]["events"], found["problems"]) == (True, 3, [])
    manifest = await told(gateway, "backup", str(tmp_path / "cadangan"))
    assert manifest["with_keys"] is False

    counted = await told(gateway, "resend", "--since", "2020-01-01", "--dry-run")
    assert (counted["events"], counted["sent"], counted["counts"]) == (3, 0, {"created.sms": 3})
    code, out = await gateway.run("resend")
    assert code == 2
    assert "--since" in out
    sent = await told(gateway, "resend", "--ticket", came[0].complaint.ticket)
    assert sent["sent"] == 1
    tally = await consume(rabbitmq_url, on_event=take, idle_timeout=2, seen=seen)
    assert (tally.handled, tally.duplicates) == (0, 1)
    seen.close()

    code, out = await gateway.run("reconcile", "--date", "2020-01-01", "--dry-run")
    assert code == 0, out
    assert (await gateway.run("reconcile", "--date", "2999-01-01"))[0] == 2

    assert await each(gateway, "deadletters", "list") == []
    await gateway.run("resend", "--ticket", came[0].complaint.ticket)
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        message = await (await channel.get_queue(topology.QUEUE)).get(timeout=5)
        assert message is not None
        await message.reject(requeue=False)
    letters: list[Any] = []
    async with asyncio.timeout(20):
        while not letters:
            letters = await each(gateway, "deadletters", "list")
    assert letters[0]["message_id"] == came[0].event_id
    assert TEXT not in json.dumps(letters), "a list shows nobody's words"
    shown = await told(gateway, "deadletters", "show", letters[0]["key"])
    assert TEXT in shown["body"]
    code, out = await gateway.run("deadletters", "replay", letters[0]["key"])
    assert code == 0, out
    assert await each(gateway, "deadletters", "list") == []

    acts = [act["what"] for act in await each(gateway, "audit")]
    assert acts == ["backup", "resend", "resend", "deadletter_replay"]

    # The disk is gone; the keys were kept elsewhere.
    keys = (gateway.folder / "data" / "keys.json").read_bytes()
    code, out = await gateway.run("restore", str(tmp_path / "cadangan"))
    assert code == 2, "a gateway lives there"
    assert "a gateway runs" in out
    await gateway.kill()
    (gateway.folder / "data").rename(gateway.folder / "data.lost")
    (gateway.folder / "data").mkdir(mode=0o700)
    (gateway.folder / "data" / "keys.json").write_bytes(keys)
    (gateway.folder / "data" / "keys.json").chmod(0o600)
    back = await told(gateway, "restore", str(tmp_path / "cadangan"))
    assert back["restored"]["epoch"] == 1
    assert (await told(gateway, "verify"))["ok"]
    await gateway.start()
    assert (await told(gateway, "verify"))["ok"]
