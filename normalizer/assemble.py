"""From messages to the raw complaint that the steps then work on; and what a later message adds to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from normalizer.privacy import public
from normalizer.record import (
    Added,
    Attachment,
    CategorySuggestion,
    Complaint,
    Flag,
    Language,
    Message,
    Place,
    Reporter,
)

T = TypeVar("T")

#: Flags that do not come from the text, and so outlive a change of it.
_LASTING: tuple[Flag, ...] = (
    "possible_duplicate",
    "third_party",
    "duplicate_message_id",
    "edited_by_operator",
)
#: Ways of finding a place that do not depend on the text.
_GIVEN = ("office", "clerk", "coordinates")


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def _original(message: Message) -> str:
    return message.original_text or message.text


def _edited(messages: Sequence[Message]) -> list[Message]:
    """The messages with every edit folded into the one that it follows; an edit of nothing known stands alone."""
    current: list[Message] = []
    for message in messages:
        if message.act == "note":  # it answered the bot, and tells nothing
            continue
        names = {message.external_id, *message.follows}
        edit = next((i for i, m in enumerate(current) if m.verb == "edit" and _is_of(m, message)), None)
        if message.verb == "new" and edit is not None:  # it comes late: its words were already changed
            later = current[edit]
            current[edit] = msgspec.structs.replace(
                later, attachments=message.attachments + later.attachments, place=_place((message, later))
            )
            continue
        index = next((i for i, m in enumerate(current) if m.external_id in names), None)
        if message.verb != "edit" or index is None:
            current.append(message)
            continue
        before = current[index]
        current[index] = msgspec.structs.replace(
            before,
            text=message.text,
            original_text=_original(message),
            subject=message.subject or before.subject,
            attachments=before.attachments + message.attachments,
            place=_place((before, message)),
            category=message.category or before.category,
            anonymous=before.anonymous or message.anonymous,
            confidential=before.confidential or message.confidential,
            flags=_unique(before.flags + message.flags),
        )
    return current


def _is_of(edit: Message, message: Message) -> bool:
    return message.external_id == edit.external_id or message.external_id in edit.follows


def _in_order(messages: Sequence[Message]) -> list[Message]:
    """Arrival order, but the parts of a group sorted by their own order, where the group's first part stands."""
    first: dict[str, int] = {}
    for index, message in enumerate(messages):
        if message.group is not None:
            first.setdefault(message.group.key, index)

    def position(item: tuple[int, Message]) -> tuple[int, int, int]:
        index, message = item
        if message.group is None:
            return index, 0, index
        return first[message.group.key], message.group.order, index

    return [message for _, message in sorted(enumerate(messages), key=position)]


def _joined(messages: Sequence[Message], original: bool = False) -> str:
    """The texts in order: within a group by its joiner, between messages by a newline."""
    text, group = "", None
    for message in messages:
        part = _original(message) if original else message.text
        if not part:
            continue
        same = group is not None and message.group is not None and message.group.key == group
        text += (message.parts_joiner if same else "\n") + part if text else part
        group = message.group.key if message.group is not None else None
    return text


def _without_doubles(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Each content once; files not stored yet are told apart by the provider's id."""
    kept: dict[str, Attachment] = {}
    for number, attachment in enumerate(attachments):
        name = attachment.sha256 or attachment.remote or f"#{number}"
        before = kept.get(name)
        if before is None:
            kept[name] = attachment
        elif attachment.caption and not before.caption:
            kept[name] = msgspec.structs.replace(before, caption=attachment.caption)
    return tuple(kept.values())


def _place(messages: Sequence[Message]) -> Place:
    """One place out of all: regions from whoever named them (a clerk), coordinates from whoever sent them."""
    merged = Place()
    for message in messages:
        place = message.place
        if place == Place():
            continue
        regions = place if place.kelurahan or place.kecamatan or place.city else merged
        named = place.method not in ("none", "coordinates", "photo") or merged.method == "none"
        merged = Place(
            coordinates=place.coordinates or merged.coordinates,
            address=place.address or merged.address,
            kelurahan=regions.kelurahan,
            kecamatan=regions.kecamatan,
            city=regions.city,
            inside=place.inside if place.inside is not None else merged.inside,
            method=place.method if named else merged.method,
            confidence=max(place.confidence, merged.confidence),
            evidence=_unique(merged.evidence + place.evidence),
        )
    if merged.coordinates is not None and merged.method == "none":
        merged = msgspec.structs.replace(merged, method="coordinates")
    return merged


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def assemble(
    *,
    complaint_id: str,
    ticket: str,
    adapter: str,
    account: str,
    channel: str,
    received_at: datetime,
    messages: Sequence[Message],
    raw_sha256: Sequence[str],
    reference: str,
) -> Complaint:
    """The complaint as its messages (at least one, in the order of arrival) say it, before any step.

    The first message gives sender, thread, permalink, office and clerk; what it leaves empty a later one may
    fill. `anonymous` and `confidential` hold as soon as one message asks for them.
    """
    if not messages:
        raise ValueError("a complaint has at least one message")
    # Of notes alone no case is made, but they too are looked at.
    parts = _edited(_in_order(messages)) or list(messages)
    senders = [m.sender for m in parts]
    chosen = _unique(m.category for m in parts if m.category)
    return Complaint(
        complaint_id=complaint_id,
        ticket=ticket,
        channel=channel,
        adapter=adapter,
        account=account,
        received_at=received_at,
        sent_at=next((m.sent_at for m in parts if m.sent_at), None),
        office_code=_first(m.office_code for m in parts),
        against_office=_first(m.against_office for m in parts),
        clerk_id=_first(m.clerk_id for m in parts),
        on_behalf_of=_first(m.on_behalf_of for m in parts),
        external_ids=_unique(m.external_id for m in messages),
        thread_id=_first(m.thread_id for m in parts),
        permalink=_first(m.permalink for m in parts),
        lapor_number=_first(m.lapor_number for m in parts),
        subject=_first(m.subject for m in parts),
        text=_joined(parts),
        original_text=_joined(parts, original=True),
        reporter=Reporter(
            reference=reference,
            name=_first(s.name for s in senders),
            contacts=_unique(c for s in senders for c in s.contacts),
            nik=_first(s.nik for s in senders),
        ),
        anonymous=any(m.anonymous for m in parts),
        confidential=any(m.confidential for m in parts),
        place=_place(parts),
        categories=tuple(CategorySuggestion(code=code, confidence=1.0) for code in chosen),
        attachments=_without_doubles(a for m in parts for a in m.attachments),
        flags=_unique(flag for m in parts for flag in m.flags),
        authenticity=parts[0].authenticity,
        raw_sha256=_unique(raw_sha256),
        related=_unique(ticket for m in parts for ticket in m.related),
    )


def added(
    messages: Sequence[Message], received_at: datetime, third_party: bool, *, confidential: bool = False
) -> Added:
    """What `messages` bring to a complaint that already exists; `confidential` when the complaint is."""
    parts = _edited(_in_order(messages))
    text = _joined(parts)
    strict = confidential or any(m.confidential for m in parts)
    return Added(
        text=text,
        public_text=public(
            text,
            names=_unique(m.sender.name for m in parts if m.sender.name),
            own=_unique(c.value for m in parts for c in m.sender.contacts if c.kind == "handle"),
            strict=strict,
        ),
        attachments=_without_doubles(a for m in parts for a in m.attachments),
        received_at=received_at,
        third_party=third_party,
        edit=bool(messages) and all(m.verb == "edit" for m in messages),
    )


def with_added(complaint: Complaint, messages: Sequence[Message], raw_sha256: Sequence[str]) -> Complaint:
    """The whole record after `messages` joined it, ready to be normalised again.

    An edit replaces the text when it is of the complaint's only message; else it is appended, because the record
    does not say which part of the text came from which message. What the steps read from the old text is
    forgotten; what a person or a device gave stays, until a later message chooses another category.
    """
    parts = _edited(_in_order(messages))
    whole = (
        bool(parts)
        and parts[0].verb == "edit"
        and len(complaint.external_ids) == 1
        and complaint.external_ids[0] in {parts[0].external_id, *parts[0].follows}
    )
    old, old_original = ("", "") if whole else (complaint.text, complaint.original_text)
    text, original = _joined(parts), _joined(parts, original=True)
    # The office of a walk-in is only a hint, found anew each time; taken for a choice it would outweigh the words.
    hint = complaint.place.method == "office" and complaint.place.confidence <= 0.5
    given = complaint.place if complaint.place.method in _GIVEN and not hint else Place()
    if given.method == "coordinates":
        # What the step read from a point is read again; taken as it stands it would be somebody's choice.
        given = Place(coordinates=given.coordinates, address=given.address, method="coordinates")
    place = _place((Message(external_id="", place=given), *parts))
    return msgspec.structs.replace(
        complaint,
        text=f"{old}\n\n{text}" if old and text else old or text,
        original_text=f"{old_original}\n\n{original}"
        if old_original and original
        else old_original or original,
        public_text="",
        language=Language(),
        kind_confidence=0.0,
        external_ids=_unique((*complaint.external_ids, *(m.external_id for m in messages))),
        attachments=_without_doubles((*complaint.attachments, *(a for m in parts for a in m.attachments))),
        anonymous=complaint.anonymous or any(m.anonymous for m in parts),
        confidential=complaint.confidential or any(m.confidential for m in parts),
        place=place,
        categories=tuple(
            CategorySuggestion(code=code, confidence=1.0)
            for code in _unique(m.category for m in parts if m.category)
        )
        or tuple(c for c in complaint.categories if c.confidence == 1.0),
        flags=_unique(f for f in (*complaint.flags, *(f for m in parts for f in m.flags)) if f in _LASTING),
        raw_sha256=_unique((*complaint.raw_sha256, *raw_sha256)),
        related=_unique((*complaint.related, *(ticket for m in parts for ticket in m.related))),
        evidence=(),
    )
