"""Private messages to a Facebook page and to an Instagram account: one messaging event -> its items. Pure.

developers.facebook.com/docs/messenger-platform/reference/webhook-events and
developers.facebook.com/docs/messenger-platform/instagram/features/webhook: the same objects, so one reader.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Raw, Struct

from adapters.base import Accepted, Ignored, Item, Receipt
from adapters.shared.meta_batch import Id, derived_id, moment, text_of
from adapters.shared.meta_graph import on_host
from normalizer.errors import Unreadable
from normalizer.record import Attachment, Authenticity, Contact, Coordinates, Message, Place, Sender

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
_FILES = frozenset({"image", "video", "audio", "file", "story_mention"})
#: Where Meta keeps what was uploaded to it: such an address is a file, another one a page to read.
_CDN = ("fbcdn.net", "fbsbx.com", "cdninstagram.com")


class _Party(Struct, frozen=True):
    id: Id | None = None
    user_ref: str | None = None
    username: str | None = None
    name: str | None = None


class _Spot(Struct, frozen=True):
    lat: float | None = None
    long: float | None = None


class _Payload(Struct, frozen=True):
    url: str | None = None
    title: str | None = None
    sticker_id: Id | None = None
    coordinates: _Spot | None = None


class _Attachment(Struct, frozen=True):
    """`payload` is typed later: of kinds that we do not read it may be anything."""

    type: str = ""
    payload: Raw = Raw(b"null")
    title: str | None = None
    url: str | None = None


class _ReplyTo(Struct, frozen=True):
    mid: str | None = None


class _Message(Struct, frozen=True):
    mid: str | None = None
    text: str | None = None
    is_echo: bool | None = None
    is_deleted: bool | None = None
    is_unsupported: bool | None = None
    sticker_id: Id | None = None
    attachments: tuple[_Attachment, ...] | None = None
    reply_to: _ReplyTo | None = None


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


class _Found(Struct):
    """What the attachments of one message hold."""

    files: list[Attachment]
    lines: list[str]
    place: Place
    link: str = ""
    passed: str = ""
    """The kind of what was passed over, or of what could not be read (`broken`)."""
    broken: bool = False


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
        return (_postback(event.postback),)
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
    found = _found(message.attachments or (), text)
    words = "\n".join(line for line in (text.strip(), *found.lines) if line)
    if not (words or found.files or found.place.coordinates):
        return _nothing(message, found)
    external_id = message.mid or derived_id(
        text_of(sender.id), event.timestamp, words, *_remotes(found.files)
    )
    return Accepted(
        message=Message(
            external_id=external_id,
            sent_at=moment(event.timestamp),
            sender=person(sender),
            text=words,
            original_text=text or words,
            attachments=tuple(found.files),
            place=found.place,
            follows=_follows(message),
            thread_id=text_of(sender.id) or (sender.user_ref or ""),
            permalink=found.link,
            reply_to=_way_back(sender),
            authenticity=Authenticity(method="signature"),
        )
    )


def _nothing(message: _Message, found: _Found) -> Item:
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


def _postback(postback: _Postback) -> Item:
    """A button that was tapped: its words are ours, not the citizen's."""
    label = (
        postback.payload if isinstance(postback.payload, str) and postback.payload else postback.title or ""
    )
    detail = f"postback {label[:60]}".strip()
    return Ignored(reason="unsupported", external_id=postback.mid or "", detail=detail)


def _found(attachments: tuple[_Attachment, ...], text: str) -> _Found:
    found = _Found(files=[], lines=[], place=Place())
    for one in attachments:
        kind = one.type[:40] or "attachment"
        try:
            payload = msgspec.json.decode(one.payload, type=_Payload | None) or _Payload()
        except msgspec.ValidationError:
            payload = _Payload()
            found.broken = found.broken or one.type in _FILES or one.type == "location"
        url = payload.url or one.url or ""
        if payload.sticker_id is not None or one.type == "sticker":
            found.passed = "sticker"
        elif one.type == "location":
            _locate(found, payload)
        elif one.type in _FILES and url:
            found.files.append(file_at(url))
        elif one.type in _FILES:
            found.passed, found.broken = kind, True
        else:
            _share(found, kind, payload.title or one.title or "", url, text)
    return found


def _locate(found: _Found, payload: _Payload) -> None:
    """Its title is "Pinned Location" or somebody's name, never an address."""
    place = _place(payload.coordinates)
    if place.coordinates is None:
        found.passed, found.broken = "location", True
    elif found.place.coordinates is None:
        found.place = place


def _share(found: _Found, kind: str, title: str, url: str, text: str) -> None:
    """A link preview, a shared post or reel: its title and address are what the citizen points at."""
    if lies_at_meta(url):
        found.files.append(file_at(url))
        url = ""
    known = {text.strip(), *found.lines}
    found.lines += [
        line for line in (title.strip(), url.strip()) if line and line not in known and line not in text
    ]
    if url.startswith(("https://", "http://")):
        found.link = found.link or url
    if not (title or url):
        found.passed = kind


def lies_at_meta(url: str) -> bool:
    """Whether `url` is a file that was uploaded to Meta, and no page."""
    return on_host(_parts(url)[1].lower(), _CDN)


def _place(spot: _Spot | None) -> Place:
    """A shared location; one that lies nowhere on the globe is none."""
    if spot is None or spot.lat is None or spot.long is None:
        return Place()
    if not (math.fabs(spot.lat) <= 90 and math.fabs(spot.long) <= 180):
        return Place()
    return Place(coordinates=Coordinates(latitude=spot.lat, longitude=spot.long), method="coordinates")


def file_at(url: str) -> Attachment:
    """A file behind an address at Meta, which lives for some days; its name if the address tells one."""
    name = unquote(_parts(url)[2].rpartition("/")[2])
    return Attachment(name=name[:120] if "." in name else "", state="pending", remote=url)


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


def _remotes(files: list[Attachment]) -> list[str]:
    return [file.remote for file in files]


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host, path; empty where `url` is no address."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.path
    except ValueError:
        return "", "", ""
