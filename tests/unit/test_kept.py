"""The process that parses mail dies by itself, over no mail: then no mail is at fault, and the next ones are read."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.base import Account
from intake.kept import KeptWorker
from normalizer.record import RawEvent
from tests.intake_world import START, IntakeWorld, intake_world

MAIL = (
    b"From: siti@example.org\r\nTo: dki@jakarta.go.id\r\nSubject: Lampu\r\n"
    b"Message-ID: <%d@example.org>\r\n\r\nLampu jalan padam.\r\n"
)


class Post:
    """A gateway's insides that read mail."""

    def __init__(self, world: IntakeWorld) -> None:
        self.world = world
        self.worker = KeptWorker(world.journal, world.files, world.receiver, world.adapters)

    async def bring(self, *numbers: int) -> None:
        """Some mails, and wait until none of them waits any more."""
        for number in numbers:
            raw = RawEvent(account="surat", received_at=START, body=MAIL % number)
            await self.world.receiver.keep(raw, None, None)
        self.worker.wake()
        await until(self._nothing_waits)

    async def _nothing_waits(self) -> bool:
        return not await self.world.journal.kept()

    async def kill(self) -> None:
        """As the system does that wants its memory; returns when it was noticed."""
        pool = self.worker._pool
        assert pool is not None
        for pid in list(pool._pool_manager.worker_manager.workers):
            os.kill(pid, signal.SIGKILL)

        async def broken() -> bool:
            return not pool.active

        await until(broken)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await condition():
            await asyncio.sleep(0.02)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with intake_world(tmp_path) as world:
        world.adapter(Account(name="surat", adapter="email", settings={}))
        made = Post(world)
        running = asyncio.create_task(made.worker.run())
        try:
            yield made
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            made.worker.close()


async def test_a_parser_that_dies_over_nothing_costs_no_mail(post: Post) -> None:
    await post.bring(1)
    await post.kill()
    await post.bring(2, 3)
    assert await post.world.journal.quarantined() == ()
    await post.world.settle()
    assert len(await post.world.events()) == 3


async def test_a_parser_that_dies_at_its_start_costs_no_mail(post: Post) -> None:
    """What waits for it then is ended with it, and nobody knows which of them it had begun with."""
    bringing = asyncio.create_task(post.bring(1, 2, 3))

    async def begun() -> bool:
        return post.worker._pool is not None and bool(post.worker._pool._pool_manager.worker_manager.workers)

    await until(begun)
    await post.kill()
    await bringing
    assert await post.world.journal.quarantined() == ()
    await post.world.settle()
    assert len(await post.world.events()) == 3
