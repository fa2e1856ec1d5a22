"""What is remembered of recent complaints, kept in step with the journal.

Whenever the filing process has started, the fingerprints of the last days are read back, a page at a time, before
anything is filed; what another gateway on the same journal has written since is read before every batch. What is too
old is removed, a little at a time. Without the journal's answer complaints are settled all the same: a link is a help,
and nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from complaint_queue.fingerprints import Remembers, StoredFingerprint
from normalizer.errors import Unavailable

Learn = Callable[[Sequence[StoredFingerprint]], Awaitable[None]]

PAGE = 1000
#: How often what is too old is removed, and how much of it at once.
CLEAN_EVERY, CLEANED = timedelta(minutes=10), 500

log = structlog.get_logger()


@dataclass
class Remembering:
    """`days` is how long a complaint is remembered; `shared`: other gateways write to the journal, too."""

    journal: Remembers
    clock: Callable[[], datetime]
    days: float
    shared: bool = False
    _life: int = 0
    _after: int = 0
    _complete: bool = False
    _cleaned: datetime | None = None

    async def follow(self, learn: Learn, life: int) -> None:
        """Have `learn` taught what the journal has and it does not know yet; in another `life` it knows nothing.

        Raises what `learn` does. That the journal does not answer is no reason to file nothing.
        """
        if life != self._life:
            self._life, self._after, self._complete = life, 0, False
        while self.shared or not self._complete:
            page = await self._page()
            if page is None:
                break
            if page:
                await learn(page)
                self._after = page[-1].position
            if len(page) < PAGE:
                self._complete = True
                break
        await self._clean()

    async def _page(self) -> Sequence[StoredFingerprint] | None:
        try:
            return await self.journal.fingerprints(self._after, self._since(), PAGE)
        except Unavailable as error:
            log.warning("duplicates_wait", reason=error.reason)
            return None

    async def _clean(self) -> None:
        now = self.clock()
        if self._cleaned is not None and now - self._cleaned < CLEAN_EVERY:
            return
        try:
            if await self.journal.forget_fingerprints(self._since(), CLEANED) < CLEANED:
                self._cleaned = now
        except Unavailable as error:
            log.warning("duplicates_wait", reason=error.reason)

    def _since(self) -> datetime:
        return self.clock() - timedelta(days=self.days)
