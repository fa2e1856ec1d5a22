"""The broker that tests share: one private RabbitMQ node per test session."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import pytest

from complaint_queue import topology
from intake.private_rabbitmq import PrivateRabbitMQ, installed


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRabbitMQ]:
    """A running node. A test that kills or stalls it leaves it running again."""
    if not installed():
        pytest.skip("RabbitMQ's package is not installed")
    folder: Path = tmp_path_factory.mktemp("rabbitmq")
    node = PrivateRabbitMQ(folder)
    try:
        asyncio.run(node.start())
        yield node
    finally:
        asyncio.run(node.stop())


@pytest.fixture
async def rabbitmq_url(rabbitmq: PrivateRabbitMQ) -> str:
    """The node's address, with queues that are new and empty."""
    connection = await aio_pika.connect(rabbitmq.url)
    async with connection:
        channel = await connection.channel()
        for queue in (topology.QUEUE, topology.DEAD_QUEUE):
            await channel.queue_delete(queue)
        for exchange in (topology.EXCHANGE, topology.DEAD_EXCHANGE):
            await channel.exchange_delete(exchange)
        await topology.declare(channel)
    return rabbitmq.url
