"""One webhook body of an Instagram account -> one item per update. Pure.

Messages come as at Messenger under object `instagram`, or as changes of field `messages`; comments and mentions as
changes, whose field and value may stand in the entry itself.
developers.facebook.com/docs/instagram-platform/webhooks
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw, Struct

from adapters.base import Accepted, Ignored, Item
from adapters.shared.meta_batch import (
    Change,
    Entry,
    Id,
    derived_id,
    entries,
    guarded,
    moment,
    name_of,
    text_of,
)
from adapters.shared.meta_messaging import read_event
from normalizer.errors import Unreadable
from normalizer.record import Authenticity, Contact, Message, Sender

_COMMENTS = frozenset({"comments", "live_comments"})
#: Headline of a mention: Meta tells where it stands, never what it says.
_MENTIONED = "Disebut di Instagram"


class _Person(Struct, frozen=True):
    id: Id | None = None
    username: str | None = None
    self_ig_scoped_id: Id | None = None


class _Media(Struct, frozen=True):
    id: Id | None = None


class _Comment(Struct, frozen=True, rename={"sender": "from"}):
    id: Id | None = None
    comment_id: Id | None = None
    sender: _Person | None = None
    text: str | None = None
    parent_id: Id | None = None
    media: _Media | None = None
    timestamp: Any = None


class _Mention(Struct, frozen=True):
    media_id: Id | None = None
    comment_id: Id | None = None


def parse(body: bytes, account: str) -> Sequence[Item]:
    """Every update in `body`, in Meta's order. Raises `Unreadable` when its frame cannot be read."""
    items: list[Item] = []
    for entry in entries(body, "instagram", account):
        if not isinstance(entry, Entry):
            items.append(entry)
            continue
        items += [guarded(partial(read_event, event, account), event) for event in entry.messaging]
        items += [guarded(partial(_change, change, account), change.value) for change in entry.changes]
    return items


def _change(change: Change, account: str) -> Item:
    if change.field in _COMMENTS:
        return _comment(change, account)
    if change.field == "mentions":
        return _mention(change)
    if change.field.startswith("messag") and _is_event(change.value):
        return read_event(change.value, account)
    return Ignored(
        reason="unsupported", external_id=name_of(change.value), detail=change.field[:40] or "no field"
    )


def _is_event(value: Raw) -> bool:
    return "sender" in msgspec.json.decode(value, type=dict[str, Raw])


def _comment(change: Change, account: str) -> Item:
    """A comment under one of our posts, or in a live video of ours; everybody reads it."""
    value = msgspec.json.decode(change.value, type=_Comment)
    person = value.sender or _Person()
    sender = _sender(person)
    text = (value.text or "").strip()
    media = text_of(value.media.id) if value.media else ""
    when = moment(value.timestamp) or change.time
    given = text_of(value.id) or text_of(value.comment_id)
    external_id = given or derived_id(sender.reference, media, value.timestamp, text)
    if account in (sender.reference, text_of(person.self_ig_scoped_id)):
        return Ignored(reason="own_echo", external_id=external_id)
    if not text:
        return Ignored(reason="empty", external_id=external_id, detail=change.field)
    parent = text_of(value.parent_id)
    return Accepted(
        message=Message(
            external_id=external_id,
            sent_at=when,
            sender=sender,
            text=text,
            original_text=value.text or "",
            follows=(parent,) if parent and parent != external_id else (),
            thread_id=media or external_id,
            reply_to={"comment_id": given} if given else {},
            public=True,
            authenticity=Authenticity(method="signature"),
        )
    )


def _mention(change: Change) -> Item:
    """Somebody named us in a post or comment of their own: where, but neither who nor in which words."""
    value = msgspec.json.decode(change.value, type=_Mention)
    media, comment = text_of(value.media_id), text_of(value.comment_id)
    if not (media or comment):
        raise Unreadable("a mention that does not say where")
    return Accepted(
        message=Message(
            external_id=comment or media,
            sent_at=change.time,
            subject=_MENTIONED,
            thread_id=media or comment,
            reply_to={"media_id": media, "comment_id": comment} if comment else {"media_id": media},
            public=True,
            authenticity=Authenticity(method="signature"),
        )
    )


def _sender(person: _Person) -> Sender:
    handle = (person.username or "").strip().lstrip("@")
    contacts = (Contact(kind="handle", value=f"@{handle}"),) if handle else ()
    return Sender(reference=text_of(person.id) or handle, name=handle, contacts=contacts)
