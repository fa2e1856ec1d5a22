"""Closing a complaint: what is due is loaded, filed (`intake.filing`) and written.

Runs outside the answer's path. A complaint is settled when its task is due: at once for most doors, after all
parts or some silence for an album or a long SMS. Files that are still at the provider are waited for a little, so
that the first event already holds them; what comes later becomes *information added*.

Many are under way at one time, each for itself: what some of them need at the same moment (a page of the journal, a
turn of the filing process, a sync) is done for all of them together.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import msgspec
import structlog

from complaint_queue import points
from complaint_queue.journal import ComplaintFile, Journal
from complaint_queue.way_out import NewReply
from intake.fairness import Fairness
from intake.filing.work import Failed, Filing, Work, failed_by
from intake.logs import redact
from intake.metrics import Metrics
from normalizer.errors import Damaged, Unavailable
from normalizer.identity import encode_id
from normalizer.moderation import is_emergency
from normalizer.record import Complaint, Message

Acknowledge = Callable[[ComplaintFile, Complaint], Awaitable[tuple[NewReply, ...]]]

TRIES = 3
#: In an emergency the words go ahead of their photos: seconds, in which most photos are read.
URGENT_WAIT = 2.0
#: So many are under way at one time. In a flood few: whoever knocks waits for a few, never for all.
AT_ONCE, FLOOD_AT_ONCE = 48, 4
#: Messages a second. Up to the first, filing keeps up with what comes and never rests; from the second on it rests
#: fully, because it could not keep up anyhow; between them in proportion.
KEPT_UP, FLOOD = 80.0, 160.0
#: Seconds over which they are counted; so many in less time are enough to tell.
LOOK_EVERY, MANY = 1.0, 40
#: Nor does it rest while all turns of the event loop are shorter than this (seconds) and it works less than this share
#: of the time: then nobody waits.
BUSY_TURN, BUSY_SHARE = 0.002, 0.4
#: The full rest is this many times what the last complaint took, at most `LONGEST_REST` seconds.
REST, LONGEST_REST = 2.0, 1.0

log = structlog.get_logger()


def flooded(rate: float) -> float:
    """How much of a flood it is when `rate` messages a second come: 0, none, to 1."""
    return min(1.0, max(0.0, (rate - KEPT_UP) / (FLOOD - KEPT_UP)))


def rest(spent: float, flood: float) -> float:
    """Seconds to rest after `spent` seconds of filing, in so much of a flood."""
    return min(spent * REST, LONGEST_REST) * flood


@dataclass
class Settler:
    """The loop that settles what is due. `published` is called when new events wait for the publisher."""

    journal: Journal
    filing: Filing
    clock: Callable[[], datetime]
    metrics: Metrics
    published: Callable[[], None]
    acknowledge: Acknowledge | None = None
    """What the reporter of a newly filed complaint is told; None: nothing."""
    converse: Callable[[ComplaintFile], Awaitable[bool]] | None = None
    """The bot's turn about a complaint that is being told to it; True: it is not to be filed now."""
    telling: Callable[[str, Message], bytes | None] = lambda account, message: None
    """The key under which somebody's words joined a complaint while it was told; None: nobody told it to the bot."""
    media_wait: float = 20.0
    fairness: Fairness = field(default_factory=Fairness)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failed: dict[int, int] = field(default_factory=dict)
    _in_hand: set[int] = field(default_factory=set)
    _people: WeakValueDictionary[bytes, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _flood: float = 0.0
    _spent: float = 0.0
    _came: int = 0
    _turn: float = 0.0
    _worked: float = 0.0
    _looked_at: float = 0.0

    def wake(self) -> None:
        """Something came that is to be settled."""
        self._came += 1
        self._wake.set()

    async def run(self) -> None:
        """Settle until cancelled."""
        self._in_hand.clear()
        with suppress(Unavailable):  # then the first complaint tells
            await self.filing.ready()
        async with asyncio.TaskGroup() as hands:
            while True:
                self._wake.clear()
                for complaint_id in (due := await self._due()):
                    self._in_hand.add(complaint_id)
                    hands.create_task(self._in_turn(complaint_id))
                if due:
                    await self._give_way()
                else:
                    await self._sleep()

    async def _due(self) -> list[int]:
        """What is due and in nobody's hands, as many as there are hands for."""
        held = frozenset(self._in_hand)
        room = max(FLOOD_AT_ONCE, round(AT_ONCE * (1 - self._flood) ** 2)) - len(held)
        if room <= 0:
            return []
        try:
            due = await self.journal.due(self.clock(), room + len(held))
        except Unavailable as error:
            log.warning("settle_waits", reason=error.reason)
            await asyncio.sleep(1)
            return []
        # What was in hand when we looked may be done since: then what we saw of it is no longer so.
        return [one for one in due if one not in held][:room]

    async def _in_turn(self, complaint_id: int) -> None:
        began = asyncio.get_running_loop().time()
        try:
            await self.settle(complaint_id)
        finally:
            self._spent = asyncio.get_running_loop().time() - began
            self._in_hand.discard(complaint_id)
            self._wake.set()

    async def _give_way(self) -> None:
        """In a flood the doors come first: rest in proportion to the seconds that were spent on the last complaint.

        Nothing is lost by settling later; but as soon as the flood is over, what waits goes as fast as it can.
        """
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.sleep(0)
        self._turn = max(self._turn, loop.time() - before)
        since = before - self._looked_at
        if since >= LOOK_EVERY or self._came >= MANY:
            # Fewer in less time would not tell a flood from some that happen to meet.
            worked = time.thread_time()
            busy = self._turn > BUSY_TURN or worked - self._worked > BUSY_SHARE * since
            # It ebbs slowly: a window in which fewer came by chance is no reason to begin with very many.
            self._flood = max(flooded(self._came / since) if busy else 0.0, self._flood / 2)
            self._came, self._turn, self._worked, self._looked_at = 0, 0.0, worked, before
        if seconds := rest(self._spent, self._flood):
            await asyncio.sleep(seconds)

    async def _sleep(self) -> None:
        following = None if self._in_hand else await self.journal.next_due()
        seconds = 60.0 if following is None else (following - self.clock()).total_seconds()
        try:
            # With something in hand: its end wakes us, and what becomes due meanwhile waits no longer than that.
            async with asyncio.timeout(0.1 if self._in_hand else min(max(seconds, 0.005), 60.0)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def settle(self, complaint_id: int) -> None:
        """Settle what is due of one complaint, or leave it for later."""
        file = None
        try:
            file = await self._load(complaint_id)
            if file is None or await self._kept_by_the_bot(file):
                return
            until = self._waits_its_turn(file) or self._waits_for_media(file)
            if until is not None:
                await self.journal.postpone(complaint_id, until)
            elif await self._write(file, await self.filing.file(file)):
                points.reached("filed")
                self.published()
        except Unavailable as error:
            log.warning("settle_waits", reason=error.reason)
            await asyncio.sleep(1)
        except Exception as error:  # whatever becomes of one, the others flow
            if file is None:
                raise
            await self._failure(file, failed_by(error))

    async def _kept_by_the_bot(self, file: ComplaintFile) -> bool:
        """Whether it is still being told. One person's turns are taken one after another.

        A bot that fails keeps nothing: the complaint is filed as it is.
        """
        if self.converse is None or not file.messages:
            return False
        turn = self._people.setdefault(file.messages[0].sender, asyncio.Lock())
        async with turn:
            try:
                return await self.converse(file)
            except Unavailable as error:
                log.warning("dialogue_waits", reason=error.reason)
                await asyncio.sleep(1)
                return True
            except Exception as error:
                log.error("dialogue_failed", ticket=file.ticket, error=type(error).__name__, exc_info=error)
                return False

    async def _load(self, complaint_id: int) -> ComplaintFile | None:
        try:
            return await self.journal.complaint(complaint_id)
        except Damaged as error:  # the journal has put it into quarantine; the others flow
            log.error("damaged", complaint_id=encode_id(complaint_id), error=str(error))
            return None

    def _waits_its_turn(self, file: ComplaintFile) -> datetime | None:
        """Until when a new complaint of somebody who brings very many has to wait; None: it is filed now."""
        if file.last_sequence or file.office_code or not file.messages:
            return None
        until = self.fairness.turn(file.messages[0].sender, file.complaint_id, self.clock())
        if until is not None:
            self.metrics.slowed.labels(file.account).inc()
        return until

    def _waits_for_media(self, file: ComplaintFile) -> datetime | None:
        """Until when the first words about these messages may wait for their files; None: not any longer."""
        fresh = [m for m in file.messages if m.event_sequence is None]
        if not file.media_pending or not fresh:
            return None
        urgent = any(is_emergency(f"{m.message.subject}\n{m.message.text}") for m in fresh)
        wait = min(self.media_wait, URGENT_WAIT) if urgent else self.media_wait
        until = max(m.received_at for m in fresh) + timedelta(seconds=wait)
        return until if until > self.clock() else None

    async def _write(self, file: ComplaintFile, work: Work | Failed) -> bool:
        if isinstance(work, Failed):
            await self._failure(file, work)
            return False
        record = b"" if work.record is None else msgspec.msgpack.encode(work.record)
        replies: tuple[NewReply, ...] = ()
        if self.acknowledge is not None and work.record is not None and work.opens(file):
            replies = await self.acknowledge(file, work.record)
        points.reached("assembled")
        written = await self.journal.settle(
            file.complaint_id,
            file.version,
            work.events,
            record or file.record,
            work.state,
            replies,
            self._told_under(file),
            work.fingerprint,
        )
        self._failed.pop(file.complaint_id, None)
        if not written:  # something joined meanwhile: the task is still due
            return False
        for event, _ in work.events:
            self.metrics.settled.labels(event.kind).inc()
        if work.state != "filed":
            self.metrics.settled.labels(work.state).inc()
        return bool(work.events)

    def _told_under(self, file: ComplaintFile) -> bytes | None:
        first = file.messages[0].message if file.messages and file.state == "open" else None
        return None if first is None else self.telling(file.account, first)

    async def _failure(self, file: ComplaintFile, failed: Failed) -> None:
        tries = self._failed[file.complaint_id] = self._failed.get(file.complaint_id, 0) + 1
        log.error("settle_failed", ticket=file.ticket, tries=tries, error=failed.kind, exception=failed.trace)
        if tries >= TRIES:
            del self._failed[file.complaint_id]
            reason = redact(f"{failed.kind}: {failed.why}")
            await self.journal.quarantine("settle", reason, complaint_id=file.complaint_id)
        else:
            await self.journal.postpone(file.complaint_id, self.clock() + timedelta(seconds=tries))
