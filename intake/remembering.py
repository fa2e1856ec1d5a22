"""What is remembered of recent complaints, kept in step with the journal.

At a start the fingerprints of the last days are read back, a page at a time, before anything is settled; what another
gateway on the same journal has written since is read before every batch. What is too old is removed, a little at a
time. Without the journal's answer complaints are settled all the same: a link is a help, and nothing waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from complaint_queue.fingerprints import Remembers, StoredFingerprint
from normalizer.duplicate_memory import Recent
from normalizer.errors import Unavailable
from normalizer.record import Complaint, EventKind

PAGE = 1000
#: How often what is too old is removed, and how much of it at once.
CLEAN_EVERY, CLEANED = timedelta(minutes=10), 500

log = structlog.get_logger()


@dataclass
class Remembering:
    """`shared`: other gateways write to the journal, too."""

    journal: Remembers
    recent: Recent
    clock: Callable[[], datetime]
    shared: bool = False
    _after: int = 0
    _complete: bool = False
    _cleaned: datetime | None = None

    async def follow(self) -> None:
        """Learn what the journal has and we do not know yet."""
        try:
            while self.shared or not self._complete:
                page = await self.journal.fingerprints(self._after, self._since(), PAGE)
                if page:
                    self._after = page[-1].position
                    await asyncio.to_thread(self._learn, page)
                if len(page) < PAGE:
                    self._complete = True
                    break
            await self._clean()
        except Unavailable as error:
            log.warning("duplicates_wait", reason=error.reason)

    def _learn(self, page: Sequence[StoredFingerprint]) -> None:
        for stored in page:
            self.recent.add(stored.complaint_id, stored.body)

    async def _clean(self) -> None:
        now = self.clock()
        if self._cleaned is not None and now - self._cleaned < CLEAN_EVERY:
            return
        if await self.journal.forget_fingerprints(self._since(), CLEANED) < CLEANED:
            self._cleaned = now

    def _since(self) -> datetime:
        return self.clock() - timedelta(days=self.recent.days)

    def of(self, complaint_id: int, record: Complaint, events: Sequence[EventKind]) -> bytes:
        """The fingerprint of a complaint that is being filed. It is remembered from now on, before it is written: the
        next one of the same batch may tell of the same. Empty when nothing is remembered of it, as of what its writer
        took back."""
        packed = b"" if "withdrawn" in events else self.recent.of(record)
        self.recent.add(complaint_id, packed)
        return packed
