"""Wrong guesses mended by a person: an addition becomes a complaint of its own, a complaint becomes an addition; and
what a clerk wrote down wrong is set right.

Nothing is moved and nothing forgotten. The words are admitted once more where they belong, with what they came from
in `related`; where they did not belong the CRM gets a *corrected* event that names what to leave out, or a *withdrawn*
one.
The order itself is the raw event: the log says what belonged where, and when that was changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from complaint_queue.journal import Admission, Admit, ComplaintFile, Journal, StoredMessage
from normalizer.errors import Misconfigured
from normalizer.identity import claim_of, ticket_day
from normalizer.record import Group, Message, Place, RawEvent

#: Seconds within which all parts of what was split are there; they come in one transaction.
_AT_ONCE = 1.0


class Split(Struct, frozen=True, kw_only=True, tag="split"):
    """Take the addition that is event number `sequence` out of `ticket`: it becomes a complaint of its own."""

    ticket: str
    sequence: int


class Join(Struct, frozen=True, kw_only=True, tag="join"):
    """Everything that `ticket` says is an addition to `into`, by the same reporter; `ticket` ends."""

    ticket: str
    into: str


class Correction(Struct, frozen=True, kw_only=True, tag="correction"):
    """What a clerk, asked by the citizen, sets right in what they wrote down themselves. `number` names it: the same
    one twice is one correction. `place` and `category` take the place of what was chosen before, when they say
    something."""

    ticket: str
    number: str
    clerk: str
    text: str
    place: Place = Place()
    category: str = ""


async def correct(journal: Journal, order: Correction) -> None:
    """The CRM hears it as a *corrected* event. Raises `Misconfigured` when it does not have the complaint yet."""
    file = await _filed(journal, "ticket", order.ticket)
    message = Message(
        external_id=order.number,
        sender=file.messages[0].message.sender,
        text=order.text,
        original_text=order.text,
        place=order.place,
        category=order.category,
        clerk_id=order.clerk,
        act="correct",
    )
    admission = _admission(file.account, order, [_addition(file, message)], by=order.clerk)
    await journal.admit(admission)


async def split(journal: Journal, order: Split) -> str:
    """The ticket of the new complaint; the same when it is asked for again. Raises `Misconfigured`."""
    old = await _filed(journal, "ticket", order.ticket)
    parts = [m for m in old.messages if m.event_sequence == order.sequence and not m.message.act]
    if order.sequence < 2 or not parts:
        raise Misconfigured(
            "sequence",
            "event {sequence} of {ticket} brought no addition",
            "take the number of an information_added event: `kanal consume` shows them",
            sequence=order.sequence,
            ticket=order.ticket,
        )
    name = f"split:{order.ticket}:{order.sequence}"
    copies = [_copy(part, name, order.ticket, index, len(parts)) for index, part in enumerate(parts)]
    admits = [
        Admit(
            message=copy,
            claim=claim_of(old.account, copy.external_id),
            sender=part.sender,
            channel=old.channel,
            ticket_day=_today(),
            group=_group_key(name),
            parts=len(parts),
            quiet=_AT_ONCE,
            office_code=old.office_code,
        )
        for copy, part in zip(copies, parts, strict=True)
    ]
    head = old.messages[0]
    mark = Message(
        external_id=name,
        sender=head.message.sender,
        act="mend",
        removes=tuple(part.message.external_id for part in parts),
    )
    admits.append(_addition(old, mark))
    answers = await journal.admit(_admission(old.account, order, admits))
    return answers[0].ticket


async def join(journal: Journal, order: Join) -> str:
    """The ticket that it was joined to. Raises `Misconfigured`."""
    source = await _filed(journal, "ticket", order.ticket)
    into = await _filed(journal, "into", order.into)
    if source.complaint_id == into.complaint_id:
        raise Misconfigured("into", "it is the same complaint", "name another ticket")
    if source.messages[0].sender != into.messages[0].sender:
        raise Misconfigured(
            "into",
            "the two have different reporters: each has a right to their own answer",
            "leave them apart; the CRM links what is about the same thing",
        )
    name = f"join:{order.ticket}:{order.into}"
    if any(m.message.act == "withdraw" and m.message.external_id != name for m in source.messages):
        raise Misconfigured(
            "ticket", "{ticket} was withdrawn", "there is nothing to join", ticket=order.ticket
        )
    own = [m for m in source.messages if not m.third_party and m.message.act in ("", "correct")]
    copies = [_copy(part, name, order.ticket, index, 1) for index, part in enumerate(own)]
    end = Message(
        external_id=name, sender=source.messages[0].message.sender, act="withdraw", related=(order.into,)
    )
    admits = [*(_addition(into, replace(copy, group=None)) for copy in copies), _addition(source, end)]
    await journal.admit(_admission(into.account, order, admits))
    return into.ticket


async def _filed(journal: Journal, field: str, ticket: str) -> ComplaintFile:
    file = await journal.complaint_by_ticket(ticket)
    if file is None or file.state != "filed" or not file.messages:
        raise Misconfigured(
            field,
            "{ticket} is not a complaint that the CRM has",
            "copy it with its last digit",
            ticket=ticket,
        )
    return file


def _copy(part: StoredMessage, name: str, ticket: str, index: int, parts: int) -> Message:
    """The same words under another name: they stay where they are, too."""
    return replace(
        part.message,
        external_id=f"{part.message.external_id}#{name}",
        verb="new",
        version="",
        follows=(),
        group=Group(key=name, parts=parts, order=index, silence=_AT_ONCE),
        act="",
        hold="",
        choice="",
        related=(ticket,),
    )


def _addition(file: ComplaintFile, message: Message) -> Admit:
    """`message` as its reporter's own, to a complaint that is filed."""
    head = file.messages[0]
    first = head.message
    return Admit(
        message=message,
        claim=claim_of(file.account, f"{message.external_id}>{file.ticket}"),
        sender=head.sender,
        channel=file.channel,
        ticket_day=_today(),
        follows=(claim_of(file.account, first.external_id, first.verb, first.version),),
    )


def _admission(
    account: str, order: Split | Join | Correction, admits: Sequence[Admit], by: str = "operator"
) -> Admission:
    raw = RawEvent(
        account=account,
        received_at=datetime.now(UTC),
        body=msgspec.json.encode(order),
        envelope={"by": by},
    )
    return Admission(raw=raw, messages=tuple(admits))


def _group_key(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=16, person=b"kanal.mend").digest()


def _today() -> str:
    return ticket_day(datetime.now(UTC)).isoformat()
