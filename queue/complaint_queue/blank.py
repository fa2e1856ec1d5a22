"""What is left of a person's words when they were erased: values of the same kinds that say nothing.

They open, decode and fit together as before, so that whoever reads the journal (a late message that joins, the
console's store, `kanal verify`) meets nothing new. Of a complaint stays what a statistic needs, down to the kecamatan.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from normalizer.identity import encode_id
from normalizer.record import (
    Added,
    Complaint,
    ComplaintEvent,
    EventKind,
    Evidence,
    Message,
    Place,
    RawEvent,
    Reporter,
)

from .way_out import Progress, Said

#: The step of the evidence that says when it was done, and the key of a raw event's envelope.
ERASED = "erased"
#: Stands for whoever it was.
NOBODY = bytes(16)


def message(message_id: int, before: Message) -> Message:
    """With what papers and receipts rest on: a ticket that was promised, and who at which counter took it."""
    return Message(
        external_id=f"{ERASED}:{encode_id(message_id)}",
        verb=before.verb,
        office_code=before.office_code,
        against_office=before.against_office,
        clerk_id=before.clerk_id,
        confidential=before.confidential,
        act=before.act,
        rating=before.rating,
        ticket=before.ticket,
    )


def raw(before: RawEvent, at: datetime) -> RawEvent:
    return RawEvent(account=before.account, received_at=before.received_at, envelope={ERASED: at.isoformat()})


def record(before: Complaint, at: datetime) -> Complaint:
    place = before.place
    return Complaint(
        complaint_id=before.complaint_id,
        ticket=before.ticket,
        channel=before.channel,
        adapter=before.adapter,
        account=before.account,
        received_at=before.received_at,
        office_code=before.office_code,
        against_office=before.against_office,
        kind=before.kind,
        kind_confidence=before.kind_confidence,
        language=before.language,
        reporter=Reporter(),
        anonymous=before.anonymous,
        confidential=before.confidential,
        place=Place(kecamatan=place.kecamatan, city=place.city, inside=place.inside),
        categories=before.categories,
        flags=before.flags,
        evidence=(Evidence(step=ERASED, result=at.isoformat(timespec="seconds")),),
    )


def is_erased(complaint: Complaint) -> bool:
    return any(one.step == ERASED for one in complaint.evidence)


def event(
    before: ComplaintEvent | None,
    kind: EventKind,
    sequence: int,
    revision: int,
    occurred_at: datetime,
    complaint: Complaint,
) -> ComplaintEvent:
    """`complaint` is the record that it carries from now on; `before` None: it could not be read."""
    added = before.added if before is not None else None
    return ComplaintEvent(
        event=kind,
        sequence=sequence,
        revision=revision,
        occurred_at=occurred_at,
        complaint=complaint,
        added=None
        if added is None
        else Added(
            received_at=added.received_at,
            third_party=added.third_party,
            edit=added.edit,
            rating=added.rating,
            removed=added.removed,
        ),
    )


def said(before: Said) -> Said:
    return Said(
        reply_to={}, text="", ticket=before.ticket, private=before.private, stage=before.stage, trouble=ERASED
    )


def progress(before: Progress) -> Progress:
    """The stages stay; the CRM's number and what officials wrote do not."""
    return replace(before, crm_number="", steps=tuple(replace(step, note="") for step in before.steps))
