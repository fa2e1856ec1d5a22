"""Private messages to a Facebook page and to an Instagram account: one messaging event -> its items. Pure.

developers.facebook.com/docs/messenger-platform/reference/webhook-events and
developers.facebook.com/docs/messenger-platform/instagram/features/webhook: the same objects, so one reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Raw, Struct

from adapters.base import Accepted, Ignored, Item, Receipt
from adapters.shared.choices import tapped
from adapters.shared.meta_attached import Attached, Found, found_in
from adapters.shared.meta_batch import Id, derived_id, moment, text_of
from normalizer.errors import Unreadable
from normalizer.record import Authenticity, Contact, Message, Sender

#: What says who and when; any other key of an event names its kind.
_TRAVEL = frozenset(
    {
        "sender",
        "recipient",
        "timestamp",
        "hop_context",
        "prior_message",
        "priorMessage",
        "is_echo",
        "id",
        "time",
    }
)


class _Party(Struct, frozen=True):
    id: Id | None = None
    user_ref: str | None = None
    username: str | None = None
    name: str | None = None


class _ReplyTo(Struct, frozen=True):
    mid: str | None = None


class _QuickReply(Struct, frozen=True):
    payload: Any = None


class _Message(Struct, frozen=True):
    mid: str | None = None
    text: str | None = None
    is_echo: bool | None = None
    is_deleted: bool | None = None
    is_unsupported: bool | None = None
    sticker_id: Id | None = None
    attachments: tuple[Attached, ...] | None = None
    reply_to: _ReplyTo | None = None
    quick_reply: _QuickReply | None = None


class _Edit(Struct, frozen=True):
    mid: str | None = None
    text: str | None = None
    num_edit: Id | None = None


class _Postback(Struct, frozen=True):
    mid: str | None = None
    title: str | None = None
    payload: Any = None


class _Seen(Struct, frozen=True):
    """Messenger names what was delivered and tells up to when all was read; Instagram names what was read."""

    mid: str | None = None
    mids: tuple[str, ...] | None = None
    watermark: Any = None


class _Event(Struct, frozen=True):
    sender: _Party | None = None
    recipient: _Party | None = None
    timestamp: Any = None
    message: _Message | None = None
    message_edit: _Edit | None = None
    postback: _Postback | None = None
    delivery: _Seen | None = None
    read: _Seen | None = None


def read_event(raw: Raw, ours: str) -> Sequence[Item]:
    """What one messaging event says to the page or account `ours`: one item, or a receipt for each message named."""
    kinds = [key for key in msgspec.json.decode(raw, type=dict[str, Raw]) if key not in _TRAVEL]
    event = msgspec.json.decode(raw, type=_Event)
    kind, sender = kinds[0][:40] if kinds else "nothing", event.sender or _Party()
    passed = _passed(event, sender, ours, kind)
    if passed:
        return (passed,)
    if event.message:
        return (_message(event, event.message, sender),)
    if event.message_edit:
        return (_edit(event, event.message_edit, sender),)
    if event.postback:
        return (_postback(event, event.postback, sender),)
    if event.delivery:
        return _receipts(event, event.delivery, "delivered")
    if event.read:
        return _receipts(event, event.read, "read")
    return (Ignored(reason="unsupported", detail=kind),)


def _passed(event: _Event, sender: _Party, ours: str, kind: str) -> Ignored | None:
    """The fate of what we wrote ourselves, and of what was written to somebody else."""
    name = (event.message.mid if event.message else None) or ""
    if event.message and event.message.is_echo:
        return Ignored(reason="own_echo", external_id=name)
    if text_of(sender.id) == ours:
        return Ignored(reason="own_echo", external_id=name, detail="" if event.message else kind)
    recipient = text_of(event.recipient.id) if event.recipient else ""
    if recipient and recipient != ours:
        return Ignored(reason="other_account", external_id=name, detail=f"recipient {recipient[:40]}")
    return None


def _receipts(event: _Event, seen: _Seen, state: Literal["delivered", "read"]) -> Sequence[Item]:
    """One receipt for each message of ours that is named.

    A watermark alone says "everything until then" and names none, so it settles no single answer.
    """
    names = dict.fromkeys(name for name in (seen.mid, *(seen.mids or ())) if name)
    if not names:
        return (Ignored(reason="delivery_receipt", detail=f"{state}, watermark alone"),)
    at = moment(event.timestamp) or moment(seen.watermark)
    return [Receipt(external_id=name, state=state, at=at) for name in names]


def _message(event: _Event, message: _Message, sender: _Party) -> Item:
    text = message.text or ""
    if message.is_deleted:
        return Ignored(reason="unsupported", external_id=message.mid or "", detail="removed")
    found = found_in(message.attachments or (), text)
    words = "\n".join(line for line in (text.strip(), *found.lines) if line)
    if not (words or found.files or found.place.coordinates):
        return _nothing(message, found)
    external_id = message.mid or derived_id(
        text_of(sender.id), event.timestamp, words, *(file.remote for file in found.files)
    )
    choice = _tapped(message.quick_reply.payload) if message.quick_reply else ""
    return Accepted(
        message=Message(
            external_id=external_id,
            sent_at=moment(event.timestamp),
            sender=person(sender),
            text=words,
            original_text=text or words,
            choice=choice,
            act="note" if choice else "",
            attachments=tuple(found.files),
            place=found.place,
            follows=() if choice else _follows(message),
            thread_id=text_of(sender.id) or (sender.user_ref or ""),
            permalink=found.link,
            reply_to=_way_back(sender),
            authenticity=Authenticity(method="signature"),
        )
    )


def _nothing(message: _Message, found: Found) -> Item:
    """The fate of a message in which there is nothing to read."""
    external_id = message.mid or ""
    if found.broken:
        raise Unreadable(f"the attachment ({found.passed}) holds nothing that can be read")
    if message.sticker_id is not None:
        return Ignored(reason="unsupported", external_id=external_id, detail="sticker")
    if found.passed:
        return Ignored(reason="unsupported", external_id=external_id, detail=found.passed)
    if message.is_unsupported:
        return Ignored(reason="unsupported", external_id=external_id, detail="is_unsupported")
    return Ignored(reason="empty", external_id=external_id)


def _edit(event: _Event, edit: _Edit, sender: _Party) -> Item:
    """developers.facebook.com/docs/messenger-platform/reference/webhook-events/message-edits"""
    text, number = (edit.text or "").strip(), text_of(edit.num_edit)
    if not text:
        return Ignored(reason="empty", external_id=edit.mid or "", detail="message_edit")
    if not edit.mid:
        raise Unreadable("an edit without the message's mid")
    first = number == "0"  # the message itself, which Instagram announces so while an app is being tried out
    return Accepted(
        message=Message(
            external_id=edit.mid,
            verb="new" if first else "edit",
            version="" if first else number or derived_id(event.timestamp, text),
            sent_at=moment(event.timestamp),
            sender=person(sender),
            text=text,
            original_text=edit.text or "",
            follows=() if first else (edit.mid,),
            thread_id=text_of(sender.id) or (sender.user_ref or ""),
            reply_to=_way_back(sender),
            authenticity=Authenticity(method="signature"),
        )
    )


def _tapped(payload: Any) -> str:
    return tapped(payload) if isinstance(payload, str) else ""


def _postback(event: _Event, postback: _Postback, sender: _Party) -> Item:
    """A button that was tapped: its words are the page's, not the citizen's. One of ours speaks to the bot."""
    choice = _tapped(postback.payload)
    if choice and sender.id is not None:
        return Accepted(
            message=Message(
                external_id=postback.mid or derived_id(text_of(sender.id), event.timestamp, choice),
                sent_at=moment(event.timestamp),
                sender=person(sender),
                text=postback.title or "",
                original_text=postback.title or "",
                choice=choice,
                act="note",
                thread_id=text_of(sender.id),
                reply_to=_way_back(sender),
                authenticity=Authenticity(method="signature"),
            )
        )
    label = (
        postback.payload if isinstance(postback.payload, str) and postback.payload else postback.title or ""
    )
    detail = f"postback {label[:60]}".strip()
    return Ignored(reason="unsupported", external_id=postback.mid or "", detail=detail)


def person(party: _Party) -> Sender:
    """The writer: an id that is this page's own for them, seldom a name, never a telephone."""
    reference = text_of(party.id) or (f"user_ref:{party.user_ref}" if party.user_ref else "")
    handle = (party.username or "").strip().lstrip("@")
    contacts = (Contact(kind="handle", value=f"@{handle}"),) if handle else ()
    return Sender(reference=reference, name=(party.name or "").strip() or handle, contacts=contacts)


def _way_back(sender: _Party) -> dict[str, str]:
    if sender.id is not None:
        return {"recipient_id": str(sender.id)}
    return {"user_ref": sender.user_ref} if sender.user_ref else {}


def _follows(message: _Message) -> tuple[str, ...]:
    replied = message.reply_to.mid if message.reply_to else None
    return (replied,) if replied and replied != message.mid else ()
