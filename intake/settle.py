"""Closing a complaint: what was said becomes a record, the record an event in the outbox.

Runs outside the answer's path. A complaint is settled when its task is due: at once for most doors, after all
parts or some silence for an album or a long SMS. Files that are still at the provider are waited for a little, so
that the first event already holds them; what comes later becomes *information added*.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import structlog
from msgspec.structs import replace

from complaint_queue import points, wire
from complaint_queue.journal import ComplaintFile, Journal, NewEvent, StoredMessage
from complaint_queue.keeping import NEVER, Restored
from complaint_queue.way_out import NewReply
from intake.fairness import Fairness
from intake.file_addresses import FileAddresses
from intake.logs import redact
from intake.metrics import Metrics
from intake.remembering import Remembering
from normalizer.assemble import added, assemble, with_added
from normalizer.errors import Damaged, Unavailable
from normalizer.identity import Secrets, encode_id
from normalizer.media import known, with_facts
from normalizer.moderation import is_emergency
from normalizer.pipeline import Context, normalise
from normalizer.record import Added, Complaint, ComplaintEvent, EventKind, Evidence, Message

Acknowledge = Callable[[ComplaintFile, Complaint], Awaitable[tuple[NewReply, ...]]]

#: Kinds that open no case when we are sure of them: nobody is owed an answer, the message stays in the journal.
SET_ASIDE = ("thanks", "spam")
SURE = 0.9
#: On a public account people also just talk. Below this a message waits, whole, for a person to look at it.
CONFIDENT = 0.7
TRIES = 3
#: In an emergency the words go ahead of their photos: seconds, in which most photos are read.
URGENT_WAIT = 2.0
#: Messages a second. Up to the first, filing keeps up with what comes and never rests; from the second on it rests
#: fully, because it could not keep up anyhow; between them in proportion.
KEPT_UP, FLOOD = 60.0, 160.0
#: Nor does it rest while one turn of the event loop is shorter than this (seconds): then nobody waits.
BUSY_TURN = 0.002
#: The full rest is this many times the last batch's duration, at most `LONGEST_REST` seconds.
REST, LONGEST_REST = 2.0, 1.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Work:
    """What settling one complaint writes."""

    file: ComplaintFile
    record: Complaint | None
    events: tuple[tuple[NewEvent, tuple[int, ...]], ...]
    state: Literal["filed", "set_aside", "triage"] = "filed"
    fingerprint: bytes | None = None

    @property
    def opens(self) -> bool:
        """Whether the CRM hears of this complaint for the first time."""
        return any(event.kind == "created" for event, _ in self.events) and self.file.last_sequence == 0


def rest(spent: float, rate: float) -> float:
    """Seconds to rest after `spent` seconds of filing, while `rate` messages a second come."""
    share = min(1.0, max(0.0, (rate - KEPT_UP) / (FLOOD - KEPT_UP)))
    return min(spent * REST, LONGEST_REST) * share


@dataclass
class Settler:
    """The loop that settles what is due. `published` is called when new events wait for the publisher."""

    journal: Journal
    context: Context
    secrets: Secrets
    adapter_of: Callable[[str], str]
    addresses: FileAddresses
    crm_key: bytes | None
    clock: Callable[[], datetime]
    metrics: Metrics
    published: Callable[[], None]
    acknowledge: Acknowledge | None = None
    """What the reporter of a newly filed complaint is told; None: nothing."""
    converse: Callable[[ComplaintFile], Awaitable[bool]] | None = None
    """The bot's turn about a complaint that is being told to it; True: it is not to be filed now."""
    telling: Callable[[str, Message], bytes | None] = lambda account, message: None
    """The key under which somebody's words joined a complaint while it was told; None: nobody told it to the bot."""
    remembering: Remembering | None = None
    """What later complaints are compared with; None: duplicates are not looked for."""
    media_wait: float = 20.0
    fairness: Fairness = field(default_factory=Fairness)
    returned: Restored = NEVER
    """The journal's last return from a backup."""
    batch: int = 32
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failed: dict[int, int] = field(default_factory=dict)
    _came: int = 0
    _looked_at: float = 0.0

    def wake(self) -> None:
        """Something came that is to be settled."""
        self._came += 1
        self._wake.set()

    async def run(self) -> None:
        """Settle until cancelled."""
        while True:
            self._wake.clear()
            due = await self.journal.due(self.clock(), self.batch)
            if due:
                started = asyncio.get_running_loop().time()
                await self._settle_all(due)
                await self._give_way(asyncio.get_running_loop().time() - started)
            else:
                await self._sleep()

    async def _give_way(self, spent: float) -> None:
        """In a flood the doors come first: rest in proportion to what was `spent` (seconds) on the last batch.

        Nothing is lost by settling later; but as soon as the flood is over, what waits goes as fast as it can.
        """
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.sleep(0)
        turn = loop.time() - before
        came, self._came = self._came, 0
        since, self._looked_at = before - self._looked_at, before
        if turn > BUSY_TURN and (seconds := rest(spent, came / max(since, 0.001))):
            await asyncio.sleep(seconds)

    async def _sleep(self) -> None:
        following = await self.journal.next_due()
        seconds = 60.0 if following is None else (following - self.clock()).total_seconds()
        try:
            async with asyncio.timeout(min(max(seconds, 0.005), 60.0)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _settle_all(self, due: Sequence[int]) -> None:
        files = [file for file in await asyncio.gather(*map(self._load, due)) if file is not None]
        kept = await self._kept_by_the_bot(files)
        ready = []
        for file in files:
            if file.complaint_id in kept:
                continue
            until = self._waits_its_turn(file) or self._waits_for_media(file)
            if until is None:
                ready.append(file)
            else:
                await self.journal.postpone(file.complaint_id, until)
        if self.remembering is not None:
            await self.remembering.follow()
        done = await asyncio.to_thread(lambda: [self._attempt(file) for file in ready])
        results = await asyncio.gather(*(self._write(work) for work in done))
        if any(results):
            points.reached("filed")
            self.published()

    async def _kept_by_the_bot(self, files: Sequence[ComplaintFile]) -> set[int]:
        """Which of them are still being told. Everybody's turns are taken at the same time, so that one sync of the
        journal does for many; one person's are taken one after another."""
        if self.converse is None:
            return set()
        people: dict[bytes, list[ComplaintFile]] = {}
        for file in files:
            people.setdefault(file.messages[0].sender if file.messages else b"", []).append(file)

        async def turns(of_one: Sequence[ComplaintFile]) -> list[int]:
            return [file.complaint_id for file in of_one if await self._told_to_the_bot(file)]

        return {one for kept in await asyncio.gather(*map(turns, people.values())) for one in kept}

    async def _told_to_the_bot(self, file: ComplaintFile) -> bool:
        """Whether the bot keeps it for now. A bot that fails keeps nothing: the complaint is filed as it is."""
        if self.converse is None:
            return False
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

    def _attempt(self, file: ComplaintFile) -> Work | tuple[ComplaintFile, Exception]:
        try:
            return self._remembered(self.work(file))
        except Exception as error:  # whatever a record does to our code, the others flow
            return file, error

    def _remembered(self, work: Work) -> Work:
        """The work, with what is remembered of a complaint that the CRM hears of."""
        if self.remembering is None or work.record is None or work.state != "filed" or not work.events:
            return work
        kinds = [event.kind for event, _ in work.events]
        packed = self.remembering.of(work.file.complaint_id, work.record, kinds)
        return dataclasses.replace(work, fingerprint=packed)

    async def _write(self, work: Work | tuple[ComplaintFile, Exception]) -> bool:
        if isinstance(work, tuple):
            await self._failure(*work)
            return False
        record = b"" if work.record is None else msgspec.msgpack.encode(work.record)
        replies: tuple[NewReply, ...] = ()
        try:
            if self.acknowledge is not None and work.record is not None and work.opens:
                replies = await self.acknowledge(work.file, work.record)
            points.reached("assembled")
            written = await self.journal.settle(
                work.file.complaint_id,
                work.file.version,
                work.events,
                record or work.file.record,
                work.state,
                replies,
                self._told_under(work.file),
                work.fingerprint,
            )
        except Unavailable as error:
            log.warning("settle_waits", reason=error.reason)
            await asyncio.sleep(1)
            return False
        self._failed.pop(work.file.complaint_id, None)
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

    async def _failure(self, file: ComplaintFile, error: Exception) -> None:
        tries = self._failed[file.complaint_id] = self._failed.get(file.complaint_id, 0) + 1
        log.error(
            "settle_failed", ticket=file.ticket, tries=tries, error=type(error).__name__, exc_info=error
        )
        if tries >= TRIES:
            del self._failed[file.complaint_id]
            reason = redact(f"{type(error).__name__}: {error}")
            await self.journal.quarantine("settle", reason, complaint_id=file.complaint_id)
        else:
            await self.journal.postpone(file.complaint_id, self.clock() + timedelta(seconds=tries))

    def work(self, file: ComplaintFile) -> Work:
        """What to write for a complaint as the journal holds it; pure but for the clock."""
        if file.last_sequence == 0:
            return self._first(file)
        before = msgspec.msgpack.decode(file.record, type=Complaint)
        fresh = [m for m in file.messages if m.event_sequence is None]
        if fresh:
            return self._information(file, before, fresh)
        return self._late_files(file, before)

    def _first(self, file: ComplaintFile) -> Work:
        stored = file.messages
        record = self._assembled(file, stored)
        looked_at = file.state == "open" and bool(file.record)
        if all(m.message.act == "note" for m in stored):
            # Said to the bot, which is switched off or failed: a greeting or a tapped button is no case.
            return Work(file, record, (), "set_aside")
        if (
            not looked_at
            and record.kind in SET_ASIDE
            and record.kind_confidence >= SURE
            and not file.office_code
        ):
            return Work(file, record, (), "set_aside")
        if not looked_at and (why := _unsure(stored, record)):
            held = Evidence(step="triage", result=why, confidence=record.kind_confidence)
            return Work(file, replace(record, evidence=(*record.evidence, held)), (), "triage")
        event = self._event(file, record, "created", 1, None, self._revision(file, stored))
        return Work(file, record, ((event, tuple(m.message_id for m in stored)),))

    def _assembled(self, file: ComplaintFile, stored: Sequence[StoredMessage]) -> Complaint:
        """The record as these messages of the file say it, after every step."""
        head, adapter = file.messages[0], self.adapter_of(file.account)
        reference = head.message.sender.reference or head.message.external_id
        record = assemble(
            complaint_id=encode_id(file.complaint_id),
            ticket=file.ticket,
            adapter=adapter,
            account=file.account,
            channel=file.channel,
            received_at=head.received_at,
            messages=[m.message for m in stored],
            raw_sha256=_unique(m.raw_sha256 for m in stored),
            reference=self.secrets.person(adapter, reference).hex(),
        )
        if head.third_party:
            record = replace(record, flags=(*record.flags, "third_party"))
        return self._normalised(file, record)

    def _mended(self, file: ComplaintFile, before: Complaint) -> Complaint:
        """The record without what an operator took out of it."""
        gone = {name for m in file.messages for name in m.message.removes}
        left = [
            m
            for m in file.messages
            if not m.third_party and m.message.act in ("", "correct") and m.message.external_id not in gone
        ]
        record = self._assembled(file, left or file.messages[:1])
        return replace(record, crm_number=before.crm_number, related=before.related)

    def _information(self, file: ComplaintFile, before: Complaint, fresh: Sequence[StoredMessage]) -> Work:
        """One event for what the reporter added, one for each thing they want done, one for what strangers did."""
        record, events, sequence = before, [], file.last_sequence
        for kind, third_party, chosen in _by_event(fresh):
            messages = [m.message for m in chosen]
            if kind in ("information_added", "corrected") and not third_party and messages[0].act != "mend":
                record = with_added(record, messages, _unique(m.raw_sha256 for m in chosen))
                record = self._normalised(file, self._refreshed(file, record))
            removes = {name for m in messages for name in m.removes}
            removed = tuple(
                sorted({m.event_sequence or 0 for m in file.messages if m.message.external_id in removes})
            )
            if removed:
                record = self._mended(file, record)
            related = _unique((*record.related, *(ticket for m in messages for ticket in m.related)))
            record = replace(record, related=related)
            news = added(messages, chosen[-1].received_at, third_party=third_party)
            brought = tuple(with_facts(a, file.media) for a in news.attachments)
            news = replace(
                news,
                attachments=self.addresses.added(brought, confidential=record.confidential),
                rating=messages[-1].rating,
                removed=removed,
            )
            sequence += 1
            event = self._event(file, record, kind, sequence, news, self._revision(file, chosen))
            events.append((event, tuple(m.message_id for m in chosen)))
        return Work(file, record, tuple(events))

    def _late_files(self, file: ComplaintFile, before: Complaint) -> Work:
        """Files that arrived, turned out to be gone, or were read, after an event had spoken of them."""
        record = with_added(self._refreshed(file, before), (), ())
        record = self._normalised(file, record)
        changed = tuple(a for a in record.attachments if a not in before.attachments)
        if not changed:
            return Work(file, None, ())
        news = Added(received_at=self.clock(), attachments=changed)
        revision = self._revision(file, ())
        event = self._event(file, record, "information_added", file.last_sequence + 1, news, revision)
        return Work(file, record, ((event, ()),))

    def _refreshed(self, file: ComplaintFile, record: Complaint) -> Complaint:
        """The record with its pending files as the messages hold them now."""
        now = {a.remote: a for m in file.messages for a in m.message.attachments if a.remote}
        return replace(
            record,
            attachments=tuple(
                now.get(a.remote, a) if a.state == "pending" else a for a in record.attachments
            ),
        )

    def _normalised(self, file: ComplaintFile, record: Complaint) -> Complaint:
        """The record after every step, which know what was read from its files, with addresses for them."""
        record = normalise(record, known(self.context, file.media))
        attachments = self.addresses.added(record.attachments, confidential=record.confidential)
        return replace(record, attachments=attachments)

    def _revision(self, file: ComplaintFile, spoken_of: Sequence[StoredMessage]) -> int:
        """0, but after a return from a backup: then the CRM may have had an event of this number that we no longer
        know. What says the same may have the same id, and is dropped; what says something else may not."""
        first = self.returned.first_id
        new = not spoken_of or any(m.message_id >= first for m in spoken_of)
        return self.returned.epoch if file.complaint_id < first and new else 0

    def _event(
        self,
        file: ComplaintFile,
        record: Complaint,
        kind: EventKind,
        sequence: int,
        news: Added | None,
        revision: int,
    ) -> NewEvent:
        event = ComplaintEvent(
            event=kind,
            sequence=sequence,
            revision=revision,
            occurred_at=self.clock(),
            complaint=record,
            added=news,
        )
        routing_key, body = wire.encode(event, crm_key=self.crm_key)
        return NewEvent(
            kind=kind,
            sequence=sequence,
            revision=event.revision,
            occurred_at=event.occurred_at,
            routing_key=routing_key,
            body=body,
        )


_ACTS: dict[str, EventKind] = {
    "correct": "corrected",
    "mend": "corrected",
    "withdraw": "withdrawn",
    "rate": "rated",
}


def _by_event(
    fresh: Sequence[StoredMessage],
) -> list[tuple[EventKind, bool, list[StoredMessage]]]:
    """What came for a filed complaint, by the event that it makes: (kind, third party, its messages).

    What was added comes first, then corrections, a withdrawal and ratings; a stranger can only add.
    """
    found: list[tuple[EventKind, bool, list[StoredMessage]]] = []
    own = [m for m in fresh if not m.third_party]
    for act in ("", *_ACTS):
        chosen = [m for m in own if m.message.act == act]
        if chosen:
            found.append((_ACTS.get(act, "information_added"), False, chosen))
    others = [m for m in fresh if m.third_party]
    if others:
        found.append(("information_added", True, others))
    return found


def _unsure(stored: Sequence[StoredMessage], record: Complaint) -> str:
    """Why a person has to look before this becomes a case; empty when nobody has to."""
    for one in stored:
        if one.message.hold:
            return one.message.hold
    talk = stored[0].message.public and not (
        record.kind == "complaint" and record.kind_confidence >= CONFIDENT
    )
    return "not_surely_a_complaint" if talk else ""


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
