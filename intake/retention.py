"""How long what arrived is kept: raw events go after their time, in small steps at night; claims and complaints stay.

Never pruned is what anybody waits for: what is to be parsed, what is in quarantine, and whatever belongs to a
complaint that is open, in triage, not published yet, or waits for files. Attachments are not pruned by age: they are
part of what a citizen told, the record names them, and the CRM may ask for them again. Files that nothing refers to any
more (large raw events whose time is over, what a crash left) are removed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from complaint_queue.file_port import Files
from complaint_queue.keeping import Keeping
from intake.config import RetentionTable
from intake.references import wanted_files
from normalizer.errors import Damaged, Unavailable
from normalizer.identity import JAKARTA

#: Files younger than this (seconds) are never garbage: their journal entry may still be on its way.
GRACE = 3 * 86_400.0
#: Of every second of work, so many of rest; and the least rest between two steps (seconds).
REST, LEAST_REST = 9.0, 0.2
#: Files looked at between two rests.
FILES_AT_ONCE = 200
LOOK_AGAIN = 60.0

#: Awaited after each step with the moment (of the loop) at which it began.
Breathe = Callable[[float], Awaitable[None]]

log = structlog.get_logger()


@dataclass
class Retention:
    """The nightly work; one gateway does it where several share a journal."""

    journal: Keeping
    files: Files
    table: RetentionTable
    clock: Callable[[], datetime]
    least_rest: float = LEAST_REST
    _done: datetime | None = None

    async def run(self) -> None:
        """Work every night until cancelled."""
        while True:
            if self.is_time() and not self._done_tonight():
                try:
                    if await self.once():
                        self._done = self.clock()
                except Unavailable as error:
                    log.warning("retention_waits", reason=error.reason)
            await asyncio.sleep(LOOK_AGAIN)

    def is_time(self) -> bool:
        """Whether the hour is one in which few people write."""
        begin, end = self.table.hours()
        now = self.clock().astimezone(JAKARTA).time()
        return begin <= now < end if begin < end else now >= begin or now < end

    def _done_tonight(self) -> bool:
        return self._done is not None and self.clock() - self._done < timedelta(hours=12)

    async def once(self, *, always: bool = False) -> bool:
        """One whole round; False when the night was over before it was done."""

        async def breathe(began: float) -> None:
            spent = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(self.least_rest, spent * REST))
            if not (always or self.is_time()):
                raise _NightIsOver

        try:
            await self._prune(breathe)
            await self._remove_garbage(breathe)
        except _NightIsOver:
            return False
        return True

    async def _prune(self, breathe: Breathe) -> None:
        before = self.table.before(self.clock())
        gone, after, more = 0, 0, bool(before)
        while more:
            began = asyncio.get_running_loop().time()
            step = await self.journal.prune(before, after, self.table.step)
            gone, after, more = gone + step.gone, step.through, step.more
            await breathe(began)
        if gone:
            log.info("pruned", raw_events=gone)

    async def _remove_garbage(self, breathe: Breathe) -> None:
        loop = asyncio.get_running_loop()
        older_than = self.clock().timestamp() - GRACE
        try:
            wanted = await wanted_files(self.journal, self.files, breathe)
        except Damaged as error:
            # Who knows what a row that does not open refers to: then no file goes.
            log.error("garbage_kept", error=str(error))
            return
        count, size = 0, 0
        await self.files.tend(wanted, older_than)
        async for page in self.files.unwanted(wanted, older_than, FILES_AT_ONCE):
            began = loop.time()
            for name in page:
                freed = await self.files.remove(name, older_than)
                count, size = count + bool(freed), size + freed
            await breathe(began)
        if count:
            log.info("garbage_removed", files=count, bytes=size)


class _NightIsOver(Exception):
    """Work goes on the next night."""
