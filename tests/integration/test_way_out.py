"""The way out, with a real gateway, a real RabbitMQ and the provider's fake: each status is heard once."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aio_pika
import pytest

from adapters.base import Letter, Outgoing
from complaint_queue import statuses, topology
from intake.answering import ACKNOWLEDGEMENTS_AN_HOUR
from normalizer.stages import StatusUpdate
from tests.gateway_process import GatewayProcess
from tests.integration.test_spine import Consumer, created

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(180)]

TEXT = "Jalan berlubang di depan pasar nomor {}, Kelurahan Kenari, Kecamatan Senen."
CRM = "urn:crm-contoh"
#: From the CRM's status to the provider's taking it, at the slow end; the goal is 2 s, the ceiling ten times that.
GOAL, CEILING = 2.0, 20.0


@pytest.fixture
async def gateway(tmp_path: Path, rabbitmq_url: str) -> AsyncIterator[GatewayProcess]:
    process = GatewayProcess(tmp_path, rabbitmq_url)
    # Nothing waits for the morning here, whenever the test runs.
    quiet = '\n[answers]\nquiet_from = "00:00"\nquiet_until = "00:00"\n'
    process.config_file.write_text(process.config_file.read_text() + quiet)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


@asynccontextmanager
async def telegram(gateway: GatewayProcess) -> AsyncIterator[Any]:
    fake = gateway.simulator("telegram-dki")
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()


async def heard(fake: Any, count: int, within: float = 60.0) -> list[Outgoing]:
    async with asyncio.timeout(within):
        while len(fake.heard) < count:
            await asyncio.sleep(0.02)
    found: list[Outgoing] = fake.heard
    return found


def update(ticket: str, stage: str, name: str) -> StatusUpdate:
    return StatusUpdate(status_id=name, ticket=ticket, stage=stage, occurred_at=datetime.now(UTC))


async def tickets(fake: Any, url: str, count: int) -> list[str]:
    """So many complaints, filed."""
    crm = Consumer(url)
    try:
        for number in range(count):
            # What one person writes in one breath is one complaint.
            await fake.send(Letter(number=number + 1, text=TEXT.format(number + 1)))
            await crm.until(number + 1)
        return [record.ticket for record in created(crm.events)]
    finally:
        await crm.close()


async def depth(url: str, queue: str) -> int:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count or 0


async def test_a_status_sent_by_hand_is_heard_on_the_channel(
    gateway: GatewayProcess, rabbitmq_url: str
) -> None:
    async with telegram(gateway) as fake:
        (ticket,) = await tickets(fake, rabbitmq_url, 1)
        (acknowledged,) = await heard(fake, 1)
        assert ticket in acknowledged.text
        code, said = await gateway.run(
            "status", ticket, "Disposisi", "--agency", "Dinas Contoh", "--note", "Tim menuju lokasi."
        )
        assert code == 0, said
        told = (await heard(fake, 2))[1]
    for words in (ticket, "Disposisi", "Dinas Contoh", "Tim menuju lokasi."):
        assert words in told.text


async def test_what_is_no_status_of_ours_goes_to_its_own_dead_letters(
    gateway: GatewayProcess, rabbitmq_url: str
) -> None:
    host = rabbitmq_url.rpartition("/")[2]
    await statuses.send(rabbitmq_url, update("261123-0042-7", "Selesai", "s-1"), CRM, host)
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(topology.STATUS_EXCHANGE)
        await exchange.publish(aio_pika.Message(b"{}", content_type="application/json"), "selesai")
    async with asyncio.timeout(30):
        while await depth(rabbitmq_url, topology.STATUS_DEAD_QUEUE) < 2:
            await asyncio.sleep(0.1)
    assert await depth(rabbitmq_url, topology.DEAD_QUEUE) == 0


async def test_a_provider_that_is_away_hears_everything_once_after_its_return(
    gateway: GatewayProcess, rabbitmq_url: str
) -> None:
    host, count = rabbitmq_url.rpartition("/")[2], ACKNOWLEDGEMENTS_AN_HOUR
    async with telegram(gateway) as fake:
        known = await tickets(fake, rabbitmq_url, count)
        await heard(fake, count)
    for number, ticket in enumerate(known):
        # The CRM repeats itself, and the gateway dies in the middle of it.
        for _ in range(2):
            await statuses.send(rabbitmq_url, update(ticket, "Koordinasi", f"s-{number}"), CRM, host)
        if number == count // 2:
            await gateway.kill()
            await gateway.start()
    async with asyncio.timeout(30):
        while await depth(rabbitmq_url, topology.STATUS_QUEUE):
            await asyncio.sleep(0.1)
    async with telegram(gateway) as fake:
        told = Counter(one.text for one in await heard(fake, count))
        await asyncio.sleep(0.5)
        assert len(fake.heard) == count, "nothing twice: a refused connection leaves no doubt"
    assert all(any(ticket in text for text in told) for ticket in known)


async def test_how_soon_a_status_is_heard(gateway: GatewayProcess, rabbitmq_url: str) -> None:
    host, count = rabbitmq_url.rpartition("/")[2], 2
    async with telegram(gateway) as fake:
        known = await tickets(fake, rabbitmq_url, count)
        await heard(fake, count)
        took = []
        for stage in ("Koordinasi", "Disposisi", "Survei lapangan"):
            for ticket in known:
                before = len(fake.heard)
                started = time.monotonic()
                await statuses.send(rabbitmq_url, update(ticket, stage, f"s-{stage}-{ticket}"), CRM, host)
                await heard(fake, before + 1)
                took.append(time.monotonic() - started)
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"status to provider: p50 {statistics.median(took):.3f} s, p95 {p95:.3f} s (goal {GOAL:g} s)")
    assert p95 < CEILING
