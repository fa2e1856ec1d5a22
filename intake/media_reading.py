"""Reads stored files: what a photo says of time and place, the copies that may be shown, how long a film is.

A file is a durable job from the moment it is stored (`complaint_queue.journal.MediaStep`), whichever door it came
by. The job ends: with what was read, or with the remark that the file could not be. The original is never touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from complaint_queue.journal import MediaJob, MediaStep
from intake.content.frames import Found
from intake.content.reader import Content, ContentReader, ReaderDied
from intake.metrics import Metrics
from normalizer.errors import Damaged, Unavailable
from normalizer.media import sniff
from normalizer.ports import MediaFacts

#: How often a file is tried whose reading was cut short, and seconds before the second try; each wait is double.
TRIES, FIRST_WAIT = 6, 1.0
#: Seconds between two looks for jobs that nobody announced.
IDLE = 5.0
AT_ONCE = 20
#: A file says nothing useful in more words.
_MOST_REMARKS, _LONGEST_REMARK = 8, 200

log = structlog.get_logger()


class ReadingJournal(Protocol):
    """The part of `complaint_queue.journal.Journal` that is used here."""

    async def media_due(
        self, now: datetime, limit: int = 20, step: MediaStep = "fetch"
    ) -> tuple[MediaJob, ...]: ...
    async def media_read(self, job_id: int, sha256: str, facts: MediaFacts) -> None: ...
    async def media_facts(self, sha256: str) -> MediaFacts | None: ...
    async def media_retry(self, job_id: int, at: datetime) -> None: ...


class ReadingFiles(Protocol):
    """The part of the file store that is used here."""

    def opened(self, sha256: str) -> AbstractAsyncContextManager[Content]: ...
    async def put(self, content: bytes) -> str: ...


def facts_of(found: Found, media_type: str, public: str = "", thumbnail: str = "") -> MediaFacts:
    """What was read, checked, because it comes from a process that met strangers. `public` and `thumbnail` are the
    SHA-256 of its copies."""
    digits = found.perceptual_hash
    return MediaFacts(
        media_type=media_type,
        width=max(0, found.width),
        height=max(0, found.height),
        duration=found.duration,
        captured_at=found.captured_at,
        captured_place=found.captured_place,
        metadata_place=found.reveals_place,
        perceptual_hash=digits if len(digits) == 16 and set(digits) <= set("0123456789abcdef") else "",
        public_sha256=public,
        thumbnail_sha256=thumbnail,
        remarks=tuple(words[:_LONGEST_REMARK] for words in found.remarks[:_MOST_REMARKS]),
    )


@dataclass
class MediaReading:
    """Works off the journal's jobs of reading, one after the other; `on_done` is called after each that ended."""

    journal: ReadingJournal
    files: ReadingFiles
    now: Callable[[], datetime]
    metrics: Metrics
    on_done: Callable[[], None] = lambda: None
    reader: ContentReader = field(default_factory=ContentReader)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Look at once: a file was stored."""
        self._news.set()

    async def run(self) -> None:
        """Read until cancelled; the file in hand then is read anew after the next start."""
        try:
            while True:
                self._news.clear()
                if not await self._some():
                    try:
                        async with asyncio.timeout(IDLE):
                            await self._news.wait()
                    except TimeoutError:
                        continue
        finally:
            await self.reader.close()

    async def _some(self) -> bool:
        """Whether there was something to read."""
        jobs = await self.journal.media_due(self.now(), AT_ONCE, "read")
        for job in jobs:
            try:
                await self.one(job)
            except Unavailable as error:
                # Our own store or journal: the job stays due, and we rest so that it does not spin.
                log.warning("reading_waits", job=job.job_id, reason=error.reason)
                await asyncio.sleep(error.retry_after)
        return bool(jobs)

    async def one(self, job: MediaJob) -> None:
        """Read one file, unless its content was read before, and end its job; or leave it for another try."""
        sha256, kind = job.attachment.sha256, job.attachment.media_type
        facts = await self.journal.media_facts(sha256)
        outcome = "known"
        if facts is None:
            try:
                async with self.files.opened(sha256) as content:
                    found = await self.reader.read(content, kind)
            except ReaderDied as error:
                log.warning("reader_died", job=job.job_id, tries=job.tries + 1, reason=str(error))
                if job.tries + 1 < TRIES:
                    self._counted(kind, "again")
                    wait = timedelta(seconds=FIRST_WAIT * 2**job.tries)
                    await self.journal.media_retry(job.job_id, self.now() + wait)
                    return
                found = Found(remarks=("the file ended its reader every time",))
            except Damaged as error:
                log.error("damaged", job=job.job_id, error=str(error))
                found = Found(remarks=("the stored file is damaged",))
            facts = await self._kept(found, kind)
            outcome = "shown" if facts.public_sha256 else "read"
        await self.journal.media_read(job.job_id, sha256, facts)
        self._counted(kind, outcome)
        self.on_done()

    async def _kept(self, found: Found, kind: str) -> MediaFacts:
        """The facts, once the copies are stored and synced."""
        if not found.public or not sniff(found.public) == sniff(found.thumbnail) == "image/jpeg":
            return facts_of(found, kind)
        public, thumbnail = await self.files.put(found.public), await self.files.put(found.thumbnail)
        return facts_of(found, kind, public, thumbnail)

    def _counted(self, media_type: str, outcome: str) -> None:
        self.metrics.media_read.labels(media_type.partition("/")[0], outcome).inc()
