"""Sending again what the broker has confirmed, for a CRM that lost some of it: the same events under the same ids.

The CRM's consumer drops every id that it has, so sending too much does no harm. Events go in the order in which they
were written, never two of one complaint at once, at a bounded rate; an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import aio_pika
import msgspec
from msgspec import Struct

from complaint_queue import topology, wire
from complaint_queue.erasing import Erasing
from complaint_queue.journal import Journal, OutboxEvent
from complaint_queue.keeping import Keeping
from complaint_queue.sender import Parcel, Sender
from complaint_queue.sent import Sent, Telling
from normalizer.errors import Misconfigured

#: The header that a message bears when it was sent again: when that was.
HEADER = "kanal-resend"
NAME = "resend.json"
#: Confirmed events looked at in one question; events on their way at once.
PAGE, AT_ONCE = 2_000, 50


class Told(Journal, Keeping, Telling, Erasing, Protocol):
    """The journal as it is needed here."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be sent again: what was confirmed from `since` on and before `until`, perhaps of one channel or one
    complaint only."""

    since: datetime
    until: datetime
    channel: str = ""
    ticket: str = ""


class Mark(Struct, frozen=True, kw_only=True):
    """How far a run has come."""

    wanted: Wanted
    position: int
    sent: int


@dataclass
class Resending:
    """One run. `folder` is where it leaves its mark; `rate` is in events a second."""

    journal: Told
    wanted: Wanted
    folder: Path
    source: str
    rate: float = 100.0
    progress: Callable[[str, int, int], None] = lambda name, done, total: None
    counts: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    erased: int = 0
    """Left out, because their reporter had their data erased: such an event says nothing."""

    async def count(self) -> Counter[str]:
        """How many there are, by kind and channel (`created.sms`); nothing is sent."""
        async for page in self._pages(0):
            self.counts.update(f"{one.kind}.{one.channel}" for one in page)
        return self.counts

    async def run(self, sender: Sender) -> int:
        """Send them; how many were sent, with those of an interrupted run. Raises `Unavailable` where it stopped."""
        mark = self._mark()
        after, self.sent = (mark.position, mark.sent) if mark is not None else (0, 0)
        total = self.counts.total() or (await self.count()).total()
        when = datetime.now(UTC).isoformat(timespec="seconds")
        async for page in self._pages(after):
            for batch in apart(page, AT_ONCE):
                began = asyncio.get_running_loop().time()
                await sender.send([self._parcel(event, when) for event in await self._bodies(batch)])
                self.sent += len(batch)
                self._leave(Mark(wanted=self.wanted, position=batch[-1].position, sent=self.sent))
                self.progress("resend", self.sent, max(total, self.sent))
                spent = asyncio.get_running_loop().time() - began
                await asyncio.sleep(max(0.0, len(batch) / self.rate - spent))
        with suppress(FileNotFoundError):
            (self.folder / NAME).unlink()
        return self.sent

    async def _pages(self, after: int) -> AsyncIterator[Sequence[Sent]]:
        self.erased = 0
        if self.wanted.ticket:
            yield await self._told([one for one in await self._of_ticket() if one.position > after])
            return
        more = True
        while more:
            page = await self.journal.sent(self.wanted.since, self.wanted.until, after, PAGE)
            after, more = page.through, page.more
            found = [one for one in page.found if self.wanted.channel in ("", one.channel)]
            found = await self._told(found)
            if found:
                yield found

    async def _told(self, found: list[Sent]) -> list[Sent]:
        """Those that still say something."""
        if not await self.journal.last_erased():
            return found
        erased = await self.journal.erased({one.complaint_id for one in found})
        left = [
            one
            for one in found
            if one.complaint_id not in erased or one.sequence > erased[one.complaint_id].sequence
        ]
        self.erased += len(found) - len(left)
        return left

    async def _of_ticket(self) -> list[Sent]:
        """Everything of one complaint that does not wait in the outbox, also what was never marked as confirmed."""
        file = await self.journal.complaint_by_ticket(self.wanted.ticket)
        if file is None:
            raise Misconfigured(
                "--ticket", "there is no {ticket}", "copy it with its last digit", ticket=self.wanted.ticket
            )
        found = []
        for sequence in range(1, file.last_sequence + 1):
            known = await self.journal.event(file.complaint_id, sequence)
            if known is None:
                continue
            event = known[0]
            (row,) = await self.journal.ledger_after(event.position - 1, 1)
            if row.waits or (row.left_out and not row.confirmed):
                break  # what follows it would come out of turn
            found.append(
                Sent(
                    position=event.position,
                    complaint_id=event.complaint_id,
                    channel=file.channel,
                    kind=event.kind,
                    sequence=event.sequence,
                    revision=event.revision,
                    at=0,
                )
            )
        return found

    async def _bodies(self, batch: Sequence[Sent]) -> tuple[OutboxEvent, ...]:
        return await self.journal.events_at([one.position for one in batch])

    def _parcel(self, event: OutboxEvent, when: str) -> Parcel:
        message = aio_pika.Message(
            event.body,
            headers={**wire.headers(event, self.source), HEADER: when},
            content_type=wire.CONTENT_TYPE,
            message_id=wire.event_id(event),
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        return topology.EXCHANGE, event.routing_key, message

    def _mark(self) -> Mark | None:
        """Where an interrupted run of the same kind stopped."""
        try:
            mark = msgspec.json.decode((self.folder / NAME).read_bytes(), type=Mark)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        return mark if mark.wanted == self.wanted else None

    def _leave(self, mark: Mark) -> None:
        beside = self.folder / f".{NAME}.{os.getpid()}"
        beside.write_bytes(msgspec.json.encode(mark))
        beside.rename(self.folder / NAME)


def apart(page: Sequence[Sent], most: int) -> list[list[Sent]]:
    """A page in batches, in order, none with two events of one complaint."""
    batches: list[list[Sent]] = []
    complaints: set[int] = set()
    for one in page:
        if not batches or len(batches[-1]) >= most or one.complaint_id in complaints:
            batches.append([])
            complaints.clear()
        batches[-1].append(one)
        complaints.add(one.complaint_id)
    return batches
