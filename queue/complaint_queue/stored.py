"""Rows as a journal stores them, opened into the values of the port."""

from __future__ import annotations

from typing import Any

from normalizer.errors import Damaged

from .codec import Codec
from .following import Advance, Arrival, Outgoing, Standing
from .journal import ComplaintFile, MediaJob, OutboxEvent, QuarantineEntry, StoredMessage
from .sqlite_rows import STATES, Details, Ids, MessageBody, moment, ticket_text
from .way_out import REPLY_STATES, Progress, ReplyEntry, Said, WaitingReply

EVENT = "e.position, e.complaint_id, k.ticket, e.kind, e.sequence, e.revision, e.occurred_at, e.routing_key, e.body"
MESSAGE = "message_id, raw_id, received_at, third_party, event_sequence, body, sender"
ENTRY = "entry_id, account, stage, details, state, since, raw_id, complaint_id"
COMPLAINT = "ticket, account, channel, office, opened_at, state, last_sequence, version, against"
REPLY = "reply_id, person, account, complaint_id, purpose, tries, unsure, due_at, body"


class Stored:
    """Opens rows in the order of the columns above. Raises `Damaged` for a body that does not open."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def complaint(
        self, complaint_id: int, row: Any, messages: list[Any], record: bytes | None, pending: int
    ) -> ComplaintFile:
        return ComplaintFile(
            complaint_id=complaint_id,
            ticket=ticket_text(row[0]),
            account=row[1],
            channel=row[2],
            office_code=row[3],
            opened_at=moment(row[4]),
            state=STATES[row[5]],
            last_sequence=row[6],
            version=row[7],
            against_office=row[8],
            messages=tuple(self.message(m) for m in sorted(messages, key=lambda m: int(m[0]))),
            media_pending=pending,
            record=self.codec.open("record", record) if record else b"",
        )

    def message(self, row: Any) -> StoredMessage:
        message_id, _, received_at, third_party, event_sequence, sealed, sender = row
        body = self.codec.unpack("message", sealed, MessageBody)
        return StoredMessage(
            message_id=message_id,
            message=body.message,
            received_at=moment(received_at),
            raw_sha256=body.raw_sha256,
            third_party=bool(third_party),
            event_sequence=event_sequence,
            sender=sender,
        )

    def event(self, row: Any) -> OutboxEvent:
        position, complaint_id, ticket, kind, sequence, revision, occurred_at, routing_key, sealed = row
        return OutboxEvent(
            position=position,
            complaint_id=complaint_id,
            ticket=ticket_text(ticket),
            kind=kind,
            sequence=sequence,
            revision=revision,
            occurred_at=moment(occurred_at),
            routing_key=routing_key,
            body=self.codec.open("event", sealed),
        )

    def media(self, row: Any) -> MediaJob:
        job_id, account, message_id, place, tries, sealed = row
        message = self.codec.unpack("message", sealed, MessageBody).message
        return MediaJob(
            job_id=job_id,
            account=account,
            message_id=message_id,
            index=place,
            attachment=message.attachments[place],
            tries=tries,
        )

    def entry(self, row: Any) -> QuarantineEntry:
        """Also of what does not open: an operator must see it."""
        entry_id, account, stage, sealed, state, since, raw_id, complaint_id = row
        try:
            details = self.codec.unpack("quarantine", sealed, Details)
        except Damaged as error:
            details = Details(str(error))
        return QuarantineEntry(
            entry_id=entry_id,
            account=account,
            stage=stage,
            reason=details.reason,
            item=details.item,
            external_id=details.external_id,
            state=state,
            since=moment(since),
            raw_id=raw_id,
            complaint_id=complaint_id,
        )

    def waiting(self, row: Any) -> WaitingReply:
        reply_id, person, account, complaint_id, purpose, tries, unsure, due_at, sealed = row
        return WaitingReply(
            reply_id=reply_id,
            person=person,
            account=account,
            complaint_id=complaint_id,
            purpose=purpose,
            said=self.codec.unpack("reply", sealed, Said),
            tries=tries,
            unsure=bool(unsure),
            made_at=moment(Ids.time_of(reply_id)),
            due_at=moment(due_at),
        )

    def reply(self, row: Any) -> ReplyEntry:
        reply_id, purpose, state, ended_at, tries, unsure, sealed, delivery = row
        return ReplyEntry(
            reply_id=reply_id,
            purpose=purpose,
            state=REPLY_STATES[state],
            made_at=moment(Ids.time_of(reply_id)),
            ended_at=None if ended_at is None else moment(ended_at),
            tries=tries,
            unsure=unsure,
            delivery=delivery or "",
            said=self.codec.unpack("reply", sealed, Said),
        )


class Follows:
    """Opens the rows that a follower asks for. A body that does not open hides nothing else."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def arrival(self, row: Any) -> Arrival:
        message_id, complaint_id, ticket, account, channel, office, against, received_at, opened_at = row
        return Arrival(
            message_id=message_id,
            complaint_id=complaint_id,
            ticket=ticket_text(ticket),
            account=account,
            channel=channel,
            office_code=office,
            against_office=against,
            received_at=moment(received_at),
            opened_at=moment(opened_at),
        )

    def event(self, row: Any) -> OutboxEvent:
        """With an empty body where it does not open. Raises `Damaged` where not even its ticket can be read."""
        try:
            return Stored(self.codec).event(row)
        except Damaged:
            return Stored(self.codec).event((*tuple(row)[:-1], self.codec.seal("event", b"")))

    def standing(self, row: Any) -> Standing:
        complaint_id, state, against, sealed = row
        try:
            record = self.codec.open("record", sealed) if sealed else b""
        except Damaged:
            record = b""
        return Standing(complaint_id=complaint_id, state=STATES[state], against_office=against, record=record)

    def advance(self, row: Any) -> Advance:
        change, complaint_id, sealed = row
        progress = self.codec.unpack("progress", sealed, Progress)
        return Advance(change=change, complaint_id=complaint_id, progress=progress)

    def outgoing(self, row: Any) -> Outgoing:
        reply_id, complaint_id, account, purpose, state, due_at, ended_at, delivery = row
        return Outgoing(
            reply_id=reply_id,
            complaint_id=complaint_id,
            account=account,
            purpose=purpose,
            state=REPLY_STATES[state],
            made_at=moment(Ids.time_of(reply_id)),
            due_at=moment(due_at),
            ended_at=None if ended_at is None else moment(ended_at),
            delivery=delivery or "",
        )
