"""One webhook body of the WhatsApp Cloud API -> one item per message, status and error. Pure.

developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components. A sender may have no telephone number: since
WhatsApp has user names, `from` may be absent or hold the user's id (`ID.1234…`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from adapters.base import Accepted, Ignored, Item, Receipt
from adapters.shared.meta_batch import (
    BROKEN,
    Change,
    Entry,
    Id,
    alone,
    entries,
    guarded,
    moment,
    name_of,
    not_read,
    text_of,
)
from adapters.whatsapp.content import Content, content_of, without_its_file
from adapters.whatsapp.people import Card, person
from normalizer.errors import Unreadable
from normalizer.record import Authenticity, Message


class _Metadata(Struct, frozen=True):
    phone_number_id: Id | None = None
    display_phone_number: str | None = None


class _Value(Struct, frozen=True):
    metadata: _Metadata | None = None
    contacts: tuple[Raw, ...] | None = None
    messages: tuple[Raw, ...] | None = None
    message_echoes: tuple[Raw, ...] | None = None
    statuses: tuple[Raw, ...] | None = None
    errors: tuple[Raw, ...] | None = None


class _Details(Struct, frozen=True):
    details: str | None = None


class _Error(Struct, frozen=True):
    code: Id | None = None
    title: str | None = None
    error_data: _Details | None = None


class _Status(Struct, frozen=True):
    id: Id | None = None
    status: str = ""
    timestamp: Any = None
    errors: tuple[_Error, ...] | None = None


class _Context(Struct, frozen=True):
    id: str | None = None


class _Travel(Struct, frozen=True, rename={"sender": "from"}):
    """What every message says of its way, whatever it holds."""

    id: str | None = None
    type: str = ""
    sender: Id | None = None
    from_user_id: Id | None = None
    group_id: Id | None = None
    timestamp: Any = None
    context: _Context | None = None
    errors: tuple[_Error, ...] | None = None


class _Edit(Struct, frozen=True):
    original_message_id: str
    message: Raw


class _Editing(Struct, frozen=True):
    edit: Raw


class _Notice(Struct, frozen=True):
    type: str | None = None


class _Noticed(Struct, frozen=True):
    system: _Notice


#: The error of a message whose file WhatsApp could not fetch from the citizen.
_FILE_LOST = "131052"
#: Statuses of our own messages; `played` is a voice message that was heard, `deleted` is none of these.
_STATES: dict[str, Literal["sent", "delivered", "read", "failed"]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
    "undelivered": "failed",
}


def parse(body: bytes, number: str) -> Sequence[Item]:
    """Every item in `body`, in Meta's order; `number` is our phone_number_id. Raises `Unreadable`."""
    items: list[Item] = []
    for entry in entries(body, "whatsapp_business_account"):
        if not isinstance(entry, Entry):
            items.append(entry)
            continue
        items += [
            Ignored(reason="unsupported", external_id=name_of(update), detail="messaging")
            for update in entry.messaging
        ]
        for change in entry.changes:
            items += _change(change, number)
    return items


def _change(change: Change, number: str) -> Sequence[Item]:
    try:
        value = msgspec.json.decode(change.value, type=_Value)
    except BROKEN as error:
        return [not_read(error, change.value)]
    told = [
        *(value.messages or ()),
        *(value.message_echoes or ()),
        *(value.statuses or ()),
        *(value.errors or ()),
    ]
    theirs = text_of(value.metadata.phone_number_id) if value.metadata else ""
    if theirs and theirs != number:
        return [
            Ignored(reason="other_account", external_id=name_of(raw), detail=f"phone_number_id {theirs[:40]}")
            for raw in told or (change.value,)
        ]
    if not told:
        reason = "empty" if change.field == "messages" else "unsupported"
        return [Ignored(reason=reason, detail=change.field[:40])]  # type: ignore[arg-type]
    if change.field not in ("messages", ""):
        echoes = len(value.message_echoes or ())
        return [
            Ignored(
                reason="own_echo" if echoes else "unsupported",
                external_id=name_of(raw),
                detail=change.field[:40],
            )
            for raw in told
        ]
    people = _cards(value.contacts or ())
    return [
        *_each(partial(_message, people=people), value.messages),
        *(Ignored(reason="own_echo", external_id=name_of(raw)) for raw in value.message_echoes or ()),
        *_each(_status, value.statuses),
        *_each(_error, value.errors),
    ]


def _each(read: Callable[[Raw], Item], raws: Sequence[Raw] | None) -> Iterator[Item]:
    for raw in raws or ():
        yield from guarded(partial(alone, read, raw), raw)


def _status(raw: Raw) -> Item:
    """What became of a message of ours.

    developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
    """
    status = msgspec.json.decode(raw, type=_Status)
    state, name = _STATES.get(status.status), text_of(status.id)
    if state is None or not name:
        return Ignored(reason="delivery_receipt", external_id=name, detail=status.status[:40])
    detail = "; ".join(_error_words(error) for error in status.errors or ())[:300]
    return Receipt(external_id=name, state=state, at=moment(status.timestamp), detail=detail)


def _error(raw: Raw) -> Item:
    return Ignored(reason="unsupported", detail=_error_words(msgspec.json.decode(raw, type=_Error)))


def _error_words(error: _Error) -> str:
    details = (error.error_data.details if error.error_data else None) or ""
    words = f"error {text_of(error.code)} {(error.title or '')[:80]}".strip()
    return f"{words}: {details[:120]}" if details and details != error.title else words


def _cards(raws: Sequence[Raw]) -> tuple[Card, ...]:
    """Who the senders are; a card that cannot be read costs a name, never the message."""
    found = []
    for raw in raws:
        try:
            found.append(msgspec.json.decode(raw, type=Card))
        except BROKEN:
            continue
    return tuple(found)


def _message(raw: Raw, *, people: Sequence[Card]) -> Item:
    travel = msgspec.json.decode(raw, type=_Travel)
    if not travel.id:
        raise Unreadable("a message without an id")
    unsupported = partial(Ignored, reason="unsupported", external_id=travel.id)
    if travel.type == "revoke":
        return unsupported(detail="removed")
    original, kind, within = _edited(raw, travel)
    try:
        content = content_of(within, kind)
    except (*BROKEN, Unreadable):
        if not travel.errors:
            raise
        content = None  # WhatsApp itself says that it could not pass it on
    if any(text_of(error.code) == _FILE_LOST for error in travel.errors or ()):
        content = without_its_file(content)
    if content is None:
        return unsupported(detail=_error_words(travel.errors[0]) if travel.errors else _kind(within, kind))
    if not (content.text or content.files or content.place.coordinates):
        if travel.errors:
            return unsupported(detail=_error_words(travel.errors[0]))
        return Ignored(reason="empty", external_id=travel.id, detail=kind[:40])
    message = _accepted(travel, content, people)
    if original:
        # The edit has an id of its own; what it corrects keeps the one under which it is known.
        message = replace(message, external_id=original, verb="edit", version=travel.id, follows=(original,))
    return Accepted(message=message)


def _edited(raw: Raw, travel: _Travel) -> tuple[str, str, Raw]:
    """The id of the message that this one corrects (empty: none), the kind of what it holds, and that itself."""
    if travel.type != "edit":
        return "", travel.type, raw
    edit = msgspec.json.decode(msgspec.json.decode(raw, type=_Editing).edit, type=_Edit)
    return edit.original_message_id, msgspec.json.decode(edit.message, type=_Travel).type, edit.message


def _kind(raw: Raw, kind: str) -> str:
    """What to call a message that says nothing: of WhatsApp's own notices, also which one."""
    if kind == "system":
        try:
            notice = msgspec.json.decode(raw, type=_Noticed).system
        except BROKEN:
            notice = _Notice()
        return f"system {notice.type or ''}".strip()[:60]
    return kind[:40] or "no type"


def _accepted(travel: _Travel, content: Content, people: Sequence[Card]) -> Message:
    sender = person(text_of(travel.sender), text_of(travel.from_user_id), people)
    group = text_of(travel.group_id)
    to = text_of(travel.sender) or text_of(travel.from_user_id) or sender.reference
    way_back = {"to": to} if to else {}
    if group:
        way_back["group_id"] = group
    quoted = travel.context.id if travel.context else None
    at = moment(travel.timestamp)
    return Message(
        external_id=travel.id or "",
        sent_at=at,
        sender=sender,
        text=content.text,
        original_text=content.text,
        attachments=content.files,
        place=content.place,
        # A tapped button says itself what it is about.
        follows=(quoted,) if quoted and quoted != travel.id and not content.choice else (),
        thread_id=group or sender.reference,
        reply_to={
            **way_back,
            "message_id": travel.id or "",
            **({"at": str(int(at.timestamp()))} if at else {}),
        },
        # Others read along in a group, and talk to each other: not every word there is meant for us.
        public=bool(group),
        authenticity=Authenticity(method="signature"),
        choice=content.choice,
        act="note" if content.choice else "",
    )
