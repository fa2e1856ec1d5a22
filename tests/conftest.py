"""What tests of several kinds share: one private RabbitMQ node per session, and third-party material."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from complaint_queue.postgres_open import connect, migrate
from intake import private_postgres
from intake.private_postgres import PrivatePostgres
from intake.private_rabbitmq import PrivateRabbitMQ, installed
from tests.relay import declare_empty
from tests.s3_server import S3Server

# How long an example takes says nothing of a property: a busy machine must not fail one.
hypothesis.settings.register_profile("kanal", deadline=None)
hypothesis.settings.load_profile("kanal")


@pytest.fixture(scope="session")
def materials() -> Path:
    """The folder with third-party material, which is not part of the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "materials"
    folder = Path(os.environ.get("KANAL_MATERIALS", beside))
    if not folder.is_dir():
        pytest.skip("no third-party material here: set KANAL_MATERIALS to its folder")
    return folder


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
    """The node's address, with the queues as the gateway declares them, and empty."""
    await declare_empty(rabbitmq.url)
    return rabbitmq.url


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server in a process of its own."""
    server = S3Server()
    try:
        server.start(tmp_path_factory.mktemp("s3") / "log")
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """A running server for what needs no crash: it syncs nothing. Its database `prepared` holds an empty journal."""
    if not private_postgres.installed():
        pytest.skip("PostgreSQL's package is not installed")
    server = PrivatePostgres(durable=False)
    try:
        asyncio.run(_prepare(server))
        yield server
    finally:
        asyncio.run(server.stop())


async def _prepare(server: PrivatePostgres) -> None:
    await server.start()
    url = server.url(await server.database(name="prepared"))
    db = await connect(url)
    try:
        await migrate(db, url)
    finally:
        await db.close()


@pytest.fixture
async def postgres_url(postgres: PrivatePostgres) -> AsyncIterator[str]:
    """A fresh database with an empty journal."""
    name = await postgres.database("prepared")
    yield postgres.url(name)
    await postgres.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
