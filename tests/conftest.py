"""Fixtures that several kinds of tests share: a private RabbitMQ node, third-party material."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
import pytest_asyncio

from complaint_queue import topology
from complaint_queue.publisher import BrokerSettings, broker_url
from intake.private_rabbitmq import PrivateRabbitMQ, find_server
from normalizer.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivateRabbitMQ]:
    """One private node for the whole session; a test that kills or stalls it brings it back."""
    try:
        find_server()
    except Misconfigured as error:
        pytest.skip(str(error))
    async with PrivateRabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as node:
        yield node


@pytest.fixture
async def rabbitmq_url(rabbitmq: PrivateRabbitMQ) -> str:
    """The node's address, with our virtual host declared and its queues empty."""
    connection = await aio_pika.connect(broker_url(BrokerSettings(url=rabbitmq.url)))
    async with connection:
        channel = await connection.channel()
        await topology.declare(channel)
        for name in (topology.COMPLAINTS, topology.COMPLAINTS_DEAD):
            await (await channel.get_queue(name)).purge()
    return rabbitmq.url


@pytest.fixture(scope="session")
def materials() -> Path:
    """The folder with third-party material, which is not part of the repository."""
    folder = Path(os.environ.get("KANAL_MATERIALS", ROOT.parent / "shared" / "materials"))
    if not folder.is_dir():
        pytest.skip("no third-party material here: set KANAL_MATERIALS to its folder")
    return folder
