"""A complaint as the journal holds it becomes a record, and the record events: pure but for the clock and the memory
of recent complaints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec.structs import replace

from complaint_queue import wire
from complaint_queue.fingerprints import StoredFingerprint
from complaint_queue.journal import ComplaintFile, NewEvent, StoredMessage
from complaint_queue.keeping import NEVER, Restored
from intake.conversation.dialogue import Understood
from intake.conversation.understanding import understand
from intake.file_addresses import FileAddresses
from intake.filing.work import Failed, Offered, Work, failed_by
from normalizer.assemble import added, assemble, with_added
from normalizer.category import offered
from normalizer.identity import Secrets, encode_id, ticket_day
from normalizer.media import known, with_facts
from normalizer.pipeline import Context, normalise
from normalizer.record import Added, Complaint, ComplaintEvent, EventKind, Evidence

#: Kinds that open no case when we are sure of them: nobody is owed an answer, the message stays in the journal.
SET_ASIDE = ("thanks", "spam")
SURE = 0.9
#: On a public account people also just talk. Below this a message waits, whole, for a person to look at it.
CONFIDENT = 0.7


@dataclass
class Filer:
    """`context.recent` is what complaints are compared with; None: duplicates are not looked for."""

    context: Context
    secrets: Secrets
    adapter_of: Callable[[str], str]
    addresses: FileAddresses
    crm_key: bytes | None
    clock: Callable[[], datetime]
    returned: Restored = NEVER
    """The journal's last return from a backup."""

    def learn(self, page: Sequence[StoredFingerprint]) -> None:
        """Remember what the journal has."""
        if self.context.recent is not None:
            for stored in page:
                self.context.recent.add(stored.complaint_id, stored.body)

    def file(self, file: ComplaintFile) -> Work | Failed:
        """What to write for one complaint; whatever a record does to our code, the others flow."""
        try:
            return self._remembered(file, self.work(file))
        except Exception as error:
            return failed_by(error)

    def understand(self, file: ComplaintFile) -> Understood | Failed:
        """What the messages in the file mean to the bot."""
        try:
            return understand(file, self.adapter_of, self.context)
        except Exception as error:
            return failed_by(error)

    def offer(self, text: str) -> Offered | Failed:
        """Which categories words may belong to that somebody is still typing."""
        try:
            return Offered(codes=offered(text, ticket_day(self.clock()), self.context))
        except Exception as error:
            return failed_by(error)

    def _remembered(self, file: ComplaintFile, work: Work) -> Work:
        """The work, with what is remembered of a complaint that the CRM hears of.

        It is remembered from now on, before it is written: the next one of the same batch may tell of the same. Nothing
        is remembered of what its writer took back.
        """
        recent = self.context.recent
        if recent is None or work.record is None or work.state != "filed" or not work.events:
            return work
        withdrawn = any(event.kind == "withdrawn" for event, _ in work.events)
        packed = b"" if withdrawn else recent.of(work.record)
        recent.add(file.complaint_id, packed)
        return replace(work, fingerprint=packed)

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
            return Work(record=record, state="set_aside")
        if (
            not looked_at
            and record.kind in SET_ASIDE
            and record.kind_confidence >= SURE
            and not file.office_code
        ):
            return Work(record=record, state="set_aside")
        if not looked_at and (why := _unsure(stored, record)):
            held = Evidence(step="triage", result=why, confidence=record.kind_confidence)
            return Work(record=replace(record, evidence=(*record.evidence, held)), state="triage")
        event = self._event(file, record, "created", 1, None, self._revision(file, stored))
        return Work(record=record, events=((event, tuple(m.message_id for m in stored)),))

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
        return Work(record=record, events=tuple(events))

    def _late_files(self, file: ComplaintFile, before: Complaint) -> Work:
        """Files that arrived, turned out to be gone, or were read, after an event had spoken of them."""
        record = with_added(self._refreshed(file, before), (), ())
        record = self._normalised(file, record)
        changed = tuple(a for a in record.attachments if a not in before.attachments)
        if not changed:
            return Work()
        news = Added(received_at=self.clock(), attachments=changed)
        revision = self._revision(file, ())
        event = self._event(file, record, "information_added", file.last_sequence + 1, news, revision)
        return Work(record=record, events=((event, ()),))

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
