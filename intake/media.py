"""Fetches what lies at the providers: photos and files that a message only points to.

A job is durable from the moment its message was admitted, so a restart loses none. It ends in one of two ways:
the file is in the store, or it is known to be unavailable; in both the complaint goes on. While only the operator can
help (a token that ended) an account's jobs wait, and no attempt is counted.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from msgspec.structs import replace

from adapters.base import Adapter, FetchesMedia, Spool
from complaint_queue.journal import MediaJob
from intake.guard import GuardedFetch, safe_session
from normalizer.errors import NeedsOperator, ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.media import sniff
from normalizer.record import Attachment

__all__ = ["GuardedFetch", "MediaFetcher", "MediaLimits", "safe_session"]

_HEAD = 4096
log = structlog.get_logger()


class MediaJournal(Protocol):
    """The part of `complaint_queue.journal.Journal` that is used here."""

    async def media_due(self, now: datetime, limit: int = 20) -> tuple[MediaJob, ...]: ...
    async def media_done(self, job_id: int, attachment: Attachment) -> None: ...
    async def media_retry(self, job_id: int, at: datetime) -> None: ...


class MediaFiles(Protocol):
    """The part of the file store that is used here; `keep` returns the content's SHA-256 once it is synced."""

    def new_spool(self) -> Any: ...
    async def keep(self, spool: Any) -> str: ...


@dataclass(frozen=True)
class MediaLimits:
    """`size` in bytes, times in seconds. `tries` with these waits last about three hours.

    An account that needs its operator is asked again every `operator_wait`, as long as it takes.
    """

    size: int = 100 * 1024 * 1024
    deadline: float = 180.0
    tries: int = 14
    first_wait: float = 2.0
    last_wait: float = 1800.0
    operator_wait: float = 900.0
    at_once: int = 12
    at_once_per_account: int = 4
    idle: float = 5.0


async def keep_all(files: MediaFiles, chunks: AsyncIterator[bytes]) -> str:
    """The content in the store; its SHA-256. Raises `Unavailable`, and whatever `chunks` does."""
    spool = files.new_spool()
    try:
        async for chunk in chunks:
            spool.write(chunk)
        return await files.keep(spool)
    finally:
        spool.discard()


class MediaFetcher:
    """Works off the journal's media jobs, several at a time; `on_done` is called after each that ended."""

    def __init__(
        self,
        journal: MediaJournal,
        files: MediaFiles,
        adapters: Mapping[str, Adapter[Any]],
        now: Callable[[], datetime],
        limits: MediaLimits = MediaLimits(),
        *,
        on_done: Callable[[], None] = lambda: None,
    ) -> None:
        self._journal, self._files, self._adapters, self._now = journal, files, adapters, now
        self._limits, self._on_done = limits, on_done
        self._running: dict[int, tuple[str, asyncio.Task[None]]] = {}
        self._resting: dict[str, datetime] = {}
        """Accounts that need their operator, and when they are asked again; a restart asks at once."""
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Look again at once: a message with media was admitted."""
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled; what is under way then is begun anew at the next start."""
        try:
            while True:
                self._news.clear()
                await self._start_due()
                try:
                    async with asyncio.timeout(self._limits.idle):
                        await self._news.wait()
                except TimeoutError:
                    continue
        finally:
            tasks = [task for _, task in self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _due(self) -> tuple[MediaJob, ...]:
        """Jobs of accounts that do not rest; far more than run at once, so that no account's heap hides the others."""
        now, limit = self._now(), self._limits.at_once * 50
        self._resting = {account: until for account, until in self._resting.items() if until > now}
        while True:
            due = await self._journal.media_due(now, limit)
            found = tuple(job for job in due if job.account not in self._resting)
            if found or len(due) < limit:
                return found
            limit *= 2

    async def _start_due(self) -> None:
        before = set(self._running)
        due = await self._due()
        busy = Counter(account for account, _ in self._running.values())
        for job in due:
            if len(self._running) >= self._limits.at_once:
                return
            if job.job_id in before:
                continue  # it runs, or ended while the journal was asked: then the answer is too old for it
            if busy[job.account] >= self._limits.at_once_per_account:
                continue
            busy[job.account] += 1
            task = asyncio.create_task(self._work(job), name=f"media-{job.job_id}")
            self._running[job.job_id] = (job.account, task)
            task.add_done_callback(partial(self._ended, job.job_id))

    def _ended(self, job_id: int, _: asyncio.Task[None]) -> None:
        self._running.pop(job_id, None)
        self._news.set()

    async def _work(self, job: MediaJob) -> None:
        try:
            await self._decide(job)
        except Unavailable as error:
            # Our own store or journal: the job stays due, and rests here so that it does not spin.
            log.warning("media_not_kept", account=job.account, job=job.job_id, reason=error.reason)
            await asyncio.sleep(error.retry_after)
        except Exception as error:
            log.error("media_failed", account=job.account, job=job.job_id, error=type(error).__name__)
            await asyncio.sleep(self._limits.idle)

    async def _decide(self, job: MediaJob) -> None:
        try:
            attachment = await self._fetch(job)
        except ProviderRefused as error:
            await self._give_up(job, error.reason)
        except NeedsOperator as error:
            wait = self._limits.operator_wait
            self._resting[job.account] = self._now() + timedelta(seconds=wait)
            log.warning("media_needs_operator", account=job.account, job=job.job_id, reason=error.reason)
        except ProviderUnavailable as error:
            await self._try_later(job, error.reason, error.retry_after)
        except Unavailable:
            raise
        except Exception as error:
            # An adapter's own fault must not end the others' work; its text may hold an address, so not logged.
            await self._try_later(job, type(error).__name__, None)
        else:
            await self._journal.media_done(job.job_id, attachment)
            self._on_done()

    async def _fetch(self, job: MediaJob) -> Attachment:
        adapter = self._adapters.get(job.account)
        if adapter is None:
            raise ProviderUnavailable("its account is not configured any more", retry_after=600)
        if not isinstance(adapter, FetchesMedia):
            raise ProviderRefused("its account cannot fetch files")
        spool = self._files.new_spool()
        try:
            async with asyncio.timeout(self._limits.deadline):
                head = await self._stream(adapter.fetch(job.attachment), spool)
            size = spool.size
            if not size:
                raise ProviderUnavailable("the file came empty")
            sha256 = await self._files.keep(spool)
        except TimeoutError:
            raise ProviderUnavailable(f"the file did not come in {self._limits.deadline:.0f} s") from None
        finally:
            spool.discard()
        media_type = sniff(head) or "application/octet-stream"
        return replace(job.attachment, state="stored", sha256=sha256, size=size, media_type=media_type)

    async def _stream(self, chunks: AsyncIterator[bytes], spool: Spool) -> bytes:
        """Write everything to `spool`; its first bytes, by which its type is known."""
        head = b""
        try:
            async for chunk in chunks:
                if spool.size + len(chunk) > self._limits.size:
                    raise ProviderRefused(f"larger than the limit of {self._limits.size} bytes")
                head += chunk[: _HEAD - len(head)]
                spool.write(chunk)
        finally:
            close = getattr(chunks, "aclose", None)
            if close is not None:
                await close()
        return head

    async def _give_up(self, job: MediaJob, reason: str) -> None:
        log.warning("media_unavailable", account=job.account, job=job.job_id, reason=reason)
        await self._journal.media_done(job.job_id, replace(job.attachment, state="unavailable"))
        self._on_done()

    async def _try_later(self, job: MediaJob, reason: str, retry_after: float | None) -> None:
        if job.tries + 1 >= self._limits.tries:
            await self._give_up(job, f"{reason}, {job.tries + 1} times")
            return
        wait = min(self._limits.first_wait * 2**job.tries, self._limits.last_wait)
        # Spread, so that files which failed together do not come back together.
        wait *= random.uniform(0.75, 1.25)  # noqa: S311
        wait = max(wait, retry_after or 0.0)
        log.info("media_waits", account=job.account, job=job.job_id, reason=reason, seconds=round(wait, 1))
        await self._journal.media_retry(job.job_id, self._now() + timedelta(seconds=wait))
