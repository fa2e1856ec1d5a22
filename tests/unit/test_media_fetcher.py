"""Every media job ends: stored, or known to be unavailable; and no account waits for another's trouble."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.base import Account, Adapter
from complaint_queue.journal import MediaJob
from intake.media import MediaFetcher, MediaLimits
from normalizer.errors import NeedsOperator, ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.record import Attachment

START = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(200)
FAST = MediaLimits(size=1000, deadline=5.0, tries=4, at_once=4, at_once_per_account=2, idle=0.02)
Fetch = Callable[[Attachment], AsyncIterator[bytes]]


class FakeJournal:
    """Holds jobs as the journal does; `now` is the time that the fetcher is told."""

    def __init__(self) -> None:
        self.now = START
        self.jobs: dict[int, tuple[MediaJob, datetime]] = {}
        self.done: dict[int, Attachment] = {}
        self.retries: list[tuple[int, float]] = []
        self.broken = 0

    def add(self, job_id: int, account: str = "a", remote: str = "x") -> None:
        attachment = Attachment(name="f", remote=remote, state="pending", declared_type="image/gif")
        job = MediaJob(job_id=job_id, account=account, message_id=1, index=0, attachment=attachment, tries=0)
        self.jobs[job_id] = (job, START)

    async def media_due(self, now: datetime, limit: int = 20) -> tuple[MediaJob, ...]:
        due = sorted((at, job.job_id) for job, at in self.jobs.values() if at <= now)
        return tuple(self.jobs[job_id][0] for _, job_id in due[:limit])

    async def media_done(self, job_id: int, attachment: Attachment) -> None:
        if self.broken:
            self.broken -= 1
            raise Unavailable("no room", retry_after=0)
        self.jobs.pop(job_id, None)
        self.done[job_id] = attachment

    async def media_retry(self, job_id: int, at: datetime) -> None:
        job, _ = self.jobs[job_id]
        self.jobs[job_id] = (replace(job, tries=job.tries + 1), at)
        self.retries.append((job_id, (at - self.now).total_seconds()))


class MemorySpool:
    def __init__(self) -> None:
        self.content, self.size, self.discarded = b"", 0, False

    def write(self, chunk: bytes) -> None:
        self.content += chunk
        self.size = len(self.content)

    def discard(self) -> None:
        self.discarded = True


class MemoryFiles:
    def __init__(self) -> None:
        self.spools: list[MemorySpool] = []
        self.kept: dict[str, bytes] = {}

    def new_spool(self) -> MemorySpool:
        self.spools.append(MemorySpool())
        return self.spools[-1]

    async def keep(self, spool: MemorySpool) -> str:
        sha256 = hashlib.sha256(spool.content).hexdigest()
        self.kept[sha256] = spool.content
        return sha256


class FileServer(Adapter[Any]):
    """An adapter whose files are what `serve` says."""

    name, title, default_channel = "fake", "Fake", "telegram"

    def __init__(self, serve: Fetch) -> None:
        self.account = Account(name="a", adapter="fake")
        self.serve = serve

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self.serve(attachment)


async def whole(_: Attachment) -> AsyncIterator[bytes]:
    yield PNG[:5]
    yield PNG[5:]


def failing(error: Exception) -> Fetch:
    async def serve(_: Attachment) -> AsyncIterator[bytes]:
        yield PNG
        raise error

    return serve


class Bench:
    def __init__(self, limits: MediaLimits = FAST, **adapters: Adapter[Any]) -> None:
        self.journal, self.files, self.woken = FakeJournal(), MemoryFiles(), 0
        self.fetcher = MediaFetcher(
            self.journal, self.files, adapters, lambda: self.journal.now, limits, on_done=self.on_done
        )

    def on_done(self) -> None:
        self.woken += 1

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.fetcher.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not met():
                await asyncio.sleep(0.005)


async def test_a_file_is_stored_with_the_type_of_its_content() -> None:
    bench = Bench(a=FileServer(whole))
    bench.journal.add(1)
    async with bench.running():
        await bench.until(lambda: 1 in bench.journal.done)
    stored = bench.journal.done[1]
    assert (stored.state, stored.media_type, stored.size) == ("stored", "image/png", len(PNG))
    assert stored.sha256 == hashlib.sha256(PNG).hexdigest()
    assert bench.files.kept[stored.sha256] == PNG
    assert (stored.name, stored.declared_type, stored.remote) == ("f", "image/gif", "x")
    assert bench.woken == 1


@pytest.mark.parametrize(
    "serve",
    [failing(ProviderRefused("gone")), failing(ProviderRefused("blocked"))],
)
async def test_what_is_refused_is_unavailable_at_once(serve: Fetch) -> None:
    bench = Bench(a=FileServer(serve))
    bench.journal.add(1)
    async with bench.running():
        await bench.until(lambda: 1 in bench.journal.done)
    assert bench.journal.done[1].state == "unavailable"
    assert not bench.journal.retries
    assert not bench.files.kept
    assert all(spool.discarded for spool in bench.files.spools)
    assert bench.woken == 1


async def test_what_is_too_large_is_cut_off_and_unavailable() -> None:
    given = 0

    async def endless(_: Attachment) -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 400
            yield b"x" * 400

    bench = Bench(a=FileServer(endless))
    bench.journal.add(1)
    async with bench.running():
        await bench.until(lambda: 1 in bench.journal.done)
    assert bench.journal.done[1].state == "unavailable"
    assert given == 1200
    assert bench.files.spools[0].discarded


@pytest.mark.parametrize(
    "error", [ProviderUnavailable("busy"), RuntimeError("a fault of the adapter's own"), KeyError("x")]
)
async def test_failures_wait_ever_longer_and_end(error: Exception) -> None:
    bench = Bench(a=FileServer(failing(error)))
    bench.journal.add(1)
    async with bench.running():
        for count in range(1, FAST.tries):
            await bench.until(lambda count=count: len(bench.journal.retries) == count)  # type: ignore[misc]
            bench.journal.now += timedelta(hours=1)
            bench.fetcher.wake()
        await bench.until(lambda: 1 in bench.journal.done)
    assert bench.journal.done[1].state == "unavailable"
    waits = [wait for _, wait in bench.journal.retries]
    assert len(waits) == FAST.tries - 1
    for number, wait in enumerate(waits):
        assert 0.7 * 2 * 2**number < wait < 1.3 * 2 * 2**number
    assert bench.woken == 1


async def test_the_providers_own_wait_is_heeded() -> None:
    bench = Bench(a=FileServer(failing(ProviderUnavailable("limit", retry_after=77))))
    bench.journal.add(1)
    async with bench.running():
        await bench.until(lambda: bool(bench.journal.retries))
    assert bench.journal.retries == [(1, 77.0)]


async def test_a_weekend_without_a_token_costs_no_photo() -> None:
    mended, asked = False, 0

    async def serve(attachment: Attachment) -> AsyncIterator[bytes]:
        nonlocal asked
        asked += 1
        if not mended:
            raise NeedsOperator("the token has ended", retry_after=3600)
        async for chunk in whole(attachment):
            yield chunk

    bench = Bench(a=FileServer(serve), b=FileServer(whole))
    # More than the fetcher looks at in one go, all of them older than the other account's.
    photos = range(1, FAST.at_once * 50 + 20)
    for job_id in photos:
        bench.journal.add(job_id)
    async with bench.running():
        await bench.until(lambda: asked > 0 and not bench.fetcher._running)
        for hour in range(62):
            before = asked
            bench.journal.now += timedelta(hours=1)
            bench.fetcher.wake()
            await bench.until(lambda before=before: asked > before)  # type: ignore[misc]
            await bench.until(lambda: not bench.fetcher._running)
            assert asked - before <= FAST.at_once_per_account, "one look an hour, not one for each photo"
            bench.journal.add(10_000 + hour, account="b")
            bench.fetcher.wake()
            await bench.until(lambda hour=hour: 10_000 + hour in bench.journal.done)  # type: ignore[misc]
        assert bench.journal.retries == [], "no attempt was counted"
        assert not set(photos) & set(bench.journal.done)
        mended = True
        bench.journal.now += timedelta(seconds=FAST.operator_wait + 1)
        bench.fetcher.wake()
        await bench.until(lambda: set(photos) <= set(bench.journal.done))
    assert {bench.journal.done[job_id].state for job_id in photos} == {"stored"}


async def test_a_file_that_does_not_come_is_tried_again_after_the_deadline() -> None:
    async def hanging(_: Attachment) -> AsyncIterator[bytes]:
        yield PNG
        await asyncio.Event().wait()

    bench = Bench(MediaLimits(deadline=0.05, idle=0.02), a=FileServer(hanging))
    bench.journal.add(1)
    async with bench.running():
        await bench.until(lambda: bool(bench.journal.retries))
    assert not bench.journal.done
    assert bench.files.spools[0].discarded


async def test_one_accounts_trouble_holds_up_nobody_else() -> None:
    now, most = 0, 0

    async def hanging(_: Attachment) -> AsyncIterator[bytes]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.Event().wait()
        yield b""

    bench = Bench(slow=FileServer(hanging), a=FileServer(whole))
    for job_id in range(1, 101):
        bench.journal.add(job_id, account="slow")
    for job_id in range(101, 121):
        bench.journal.add(job_id)
    async with bench.running():
        await bench.until(lambda: len(bench.journal.done) == 20)
    assert set(bench.journal.done) == set(range(101, 121))
    assert most == FAST.at_once_per_account


async def test_an_account_that_fetches_nothing_and_one_that_is_gone() -> None:
    class Mute(Adapter[Any]):
        def __init__(self) -> None:
            self.account = Account(name="mute", adapter="fake")

    bench = Bench(mute=Mute())
    bench.journal.add(1, account="mute")
    bench.journal.add(2, account="removed")
    async with bench.running():
        await bench.until(lambda: 1 in bench.journal.done and bool(bench.journal.retries))
    assert bench.journal.done[1].state == "unavailable"
    assert bench.journal.retries == [(2, 600.0)]


async def test_our_own_full_disk_leaves_the_job_due() -> None:
    bench = Bench(a=FileServer(whole))
    bench.journal.broken = 2
    bench.journal.add(1)
    async with bench.running():
        await bench.until(lambda: 1 in bench.journal.done)
    assert bench.journal.done[1].state == "stored"
    assert not bench.journal.retries


async def test_a_stop_in_the_middle_leaves_the_job_for_the_next_start() -> None:
    began = asyncio.Event()

    async def hanging(_: Attachment) -> AsyncIterator[bytes]:
        yield PNG
        began.set()
        await asyncio.Event().wait()

    bench = Bench(a=FileServer(hanging))
    bench.journal.add(1)
    async with bench.running():
        await asyncio.wait_for(began.wait(), 10)
    assert 1 in bench.journal.jobs
    assert bench.files.spools[0].discarded
    bench.fetcher = MediaFetcher(bench.journal, bench.files, {"a": FileServer(whole)}, lambda: START, FAST)
    async with bench.running():
        await bench.until(lambda: 1 in bench.journal.done)
    assert bench.journal.done[1].state == "stored"
