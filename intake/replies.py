"""What waits to be said goes out through the account that the complaint came from.

One attempt: noted as begun (synced), the provider asked, the outcome noted. An attempt that may have arrived all the
same is repeated once and counted; what the provider refuses for good ends with its reason. A provider that is away is
not asked for each of those who wait (`intake.resting`).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from adapters.base import Adapter, Outgoing, Replies, TakesStatus
from adapters.shared.choices import numbered
from complaint_queue import points
from complaint_queue.journal import Journal
from complaint_queue.way_out import WaitingReply
from intake.metrics import Metrics
from intake.resting import Resting
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.identity import claim_of

#: Seconds before another attempt: doubled each time, up to the longest; a provider's own wait wins if it is longer.
FIRST_WAIT, LONGEST_WAIT = 2.0, 900.0
#: Seconds between attempts to note an outcome in a journal that takes nothing.
FIRST_NOTE, LONGEST_NOTE = 0.5, 30.0
#: After this nobody wants to hear it any more.
TOO_OLD = timedelta(days=7)
#: How many answers are on their way at once; each adapter keeps its provider's pace.
AT_ONCE = 32
#: How many of them one account may have, so that a provider that keeps us waiting leaves room for the others.
OF_ONE = 16
#: Seconds between two looks at what is due while somebody rests: what waits for them is looked through each time.
LOOKS = 0.05
#: A look that took more seconds than this is followed by a pause so many times as long, at most the longest: whoever
#: else reads the journal stands in the same line, and what is to be filed goes before what is to be said.
SLOW_LOOK, SHARE, LONGEST_PAUSE = 0.05, 4.0, 2.0
#: Seconds that one attempt may take, its turn within the provider's pace included.
PATIENCE = 120.0

log = structlog.get_logger()


@dataclass
class ReplyWorker:
    """The loop that says what is due. `wake` it when something new waits."""

    journal: Journal
    adapters: Mapping[str, Adapter[Any]]
    clock: Callable[[], datetime]
    metrics: Metrics
    at_once: int = AT_ONCE
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _on_their_way: Counter[str] = field(default_factory=Counter)
    _resting: Resting = field(default_factory=lambda: Resting(OF_ONE))
    _unsure_of: set[str] = field(default_factory=set)
    """Accounts that are repeating something that may have been heard: one at a time each, so that a second death leaves
    one in doubt and not sixteen."""

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Say what is due until cancelled; what is on its way is then left as begun."""
        again, ended = await self.journal.recover_replies()
        if again or ended:
            log.warning("replies_recovered", said_again=again, outcome_unknown=ended)
            self.metrics.replies.labels("", "unsure").inc(again)
            self.metrics.replies.labels("", "unknown").inc(ended)
        try:
            while True:
                self._wake.clear()
                if not await self.turn():
                    await self._sleep()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            self._busy.clear()

    async def turn(self) -> int:
        """Begin what is due and may be begun; how many were begun."""
        room = self.at_once - len(self._busy)
        closed = self._closed()
        began = time.monotonic()
        due = await self.journal.replies_due(self.clock(), self.at_once, closed) if room > 0 else ()
        begun = 0
        for one in due:
            if one.reply_id in self._busy or not self._resting.room(one.account, self._on_their_way):
                continue
            if one.unsure and one.account in self._unsure_of:
                continue
            self._begin(one)
            begun += 1
            if begun == room:
                break
        took = time.monotonic() - began
        if closed or took > SLOW_LOOK:
            await asyncio.sleep(max(LOOKS, min(took * SHARE, LONGEST_PAUSE)))
        return begun

    def _closed(self) -> tuple[str, ...]:
        return (*self._resting.closed(self.clock(), self._on_their_way), *self._unsure_of)

    def _begin(self, one: WaitingReply) -> None:
        task = asyncio.create_task(self._say(one), name=f"reply:{one.account}")
        self._busy[one.reply_id] = task
        self._on_their_way[one.account] += 1
        if one.unsure:
            self._unsure_of.add(one.account)
        task.add_done_callback(lambda _: self._done(one))

    async def idle(self) -> None:
        """Wait until nothing is on its way; for tests and for `kanal status`."""
        while self._busy:
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            await asyncio.sleep(0)

    def _done(self, one: WaitingReply) -> None:
        self._busy.pop(one.reply_id, None)
        self._on_their_way[one.account] -= 1
        if one.unsure:
            self._unsure_of.discard(one.account)
        self._wake.set()

    async def _sleep(self) -> None:
        """Until something is due, somebody's rest is over, or whoever is done or brings something wakes us."""
        now = self.clock()
        full = len(self._busy) >= self.at_once
        due = None if full else await self.journal.next_reply(self._closed())
        seconds = min(
            [
                60.0,
                *((one - now).total_seconds() for one in (due, self._resting.next(now)) if one is not None),
            ]
        )
        try:
            async with asyncio.timeout(max(seconds, LOOKS if self._busy else 0.005)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _say(self, one: WaitingReply) -> None:
        try:
            if not await self.journal.begin_reply(one.reply_id):
                return
            points.reached("saying")
            await self._attempt(one)
        except Unavailable as error:  # nothing was begun: it still waits
            log.warning("reply_waits", account=one.account, reason=error.reason)
            await asyncio.sleep(1)

    async def _attempt(self, one: WaitingReply) -> None:
        adapter = self.adapters.get(one.account)
        if not isinstance(adapter, Replies):
            await self._end(one, "dropped", "the account is gone or cannot answer")
            return
        if one.purpose != "dialogue" and (await self.journal.person(one.person)).stopped:
            await self._end(one, "dropped", "the person asked us to stop")
            return
        try:
            async with asyncio.timeout(PATIENCE):
                external_id = await _spoken(adapter, one)
        except ProviderRefused as error:
            self._answers(one.account)
            await self._end(one, "refused", error.reason)
        except OutcomeUnknown as error:
            self._fails(one.account)
            await self._unsure(one, error.reason, error.retry_after)
        except ProviderUnavailable as error:
            self._fails(one.account)
            await self._later(one, error.reason, error.retry_after)
        except TimeoutError:  # it may still be on its way
            self._fails(one.account)
            await self._unsure(one, f"no answer in {PATIENCE:g} s", None)
        except Exception as error:  # whatever an adapter does, the others are answered
            log.exception("reply_failed", account=one.account)
            await self._unsure(one, f"{type(error).__name__}: {error}", None)
        else:
            points.reached("said")
            self._answers(one.account)
            name = claim_of(one.account, external_id) if external_id else None
            await self._noted(lambda: self.journal.reply_sent(one.reply_id, name, self.clock()))
            self._count(one, "sent")

    def _answers(self, account: str) -> None:
        if self._resting.answered(account):
            log.info("provider_back", account=account)

    def _fails(self, account: str) -> None:
        if seconds := self._resting.failed(account, self.clock()):
            log.warning("provider_rests", account=account, seconds=seconds)

    async def _later(
        self, one: WaitingReply, reason: str, wait: float | None, *, unsure: bool = False
    ) -> None:
        now = self.clock()
        if one.made_at < now - TOO_OLD:
            await self._end(one, "dropped", f"too old; at last: {reason}")
            return
        own = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(one.tries, 12))
        seconds = max(own, wait or 0.0)
        again = now + timedelta(seconds=seconds)
        await self._noted(lambda: self.journal.reply_later(one.reply_id, again, unsure=unsure))
        self._count(one, "unsure" if unsure else "later")
        log.info("reply_waits", account=one.account, tries=one.tries + 1, seconds=seconds, reason=reason)

    async def _unsure(self, one: WaitingReply, reason: str, wait: float | None) -> None:
        if one.unsure:
            await self._end(one, "unknown", reason)
        else:
            await self._later(one, reason, wait, unsure=True)

    async def _end(self, one: WaitingReply, state: Any, reason: str) -> None:
        await self._noted(lambda: self.journal.reply_ended(one.reply_id, state, reason))
        self._count(one, state)
        log.warning("reply_ended", account=one.account, state=state, purpose=one.purpose, reason=reason)

    async def _noted(self, write: Callable[[], Awaitable[None]]) -> None:
        """Note an outcome, however long the journal takes nothing. If we end first, it counts as unsure."""
        wait = FIRST_NOTE
        while True:
            try:
                return await write()
            except Unavailable as error:
                log.error("reply_not_noted", reason=error.reason)
                await asyncio.sleep(wait)
                wait = min(LONGEST_NOTE, wait * 2)

    def _count(self, one: WaitingReply, outcome: str) -> None:
        self.metrics.replies.labels(one.account, outcome).inc()
        if outcome == "sent":
            waited = (self.clock() - max(one.made_at, one.due_at)).total_seconds()
            self.metrics.reply_seconds.labels(one.purpose).observe(max(0.0, waited))


async def _spoken(adapter: Any, one: WaitingReply) -> str:
    """The provider's id of what was said. A provider with a status of its own for each report gets that."""
    said, key = one.said, str(one.reply_id)
    if said.stage and isinstance(adapter, TakesStatus):
        return await adapter.push_status(said.reply_to, said.stage, said.text, key)
    outgoing = Outgoing(
        text=said.text if len(said.choices) <= adapter.buttons else numbered(said.text, said.choices),
        key=key,
        ticket=said.ticket,
        subject=said.subject,
        private=said.private,
        choices=said.choices if len(said.choices) <= adapter.buttons else (),
    )
    external_id: str = await adapter.reply(said.reply_to, outgoing)
    return external_id
