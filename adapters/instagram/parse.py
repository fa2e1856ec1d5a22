"""One webhook body of an Instagram account -> one item per update. Pure.

Messages come as at Messenger under object `instagram`, or as changes of field `messages`; comments and mentions as
changes, whose field and value may stand in the entry itself.
developers.facebook.com/docs/instagram-platform/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from adapters.base import Accepted, Ignored, Item
from adapters.shared.meta_attached import file_at
from adapters.shared.meta_batch import Change, Id, derived_id, moment, name_of, text_of, updates
from adapters.shared.meta_mentions import Mention, Words
from adapters.shared.meta_messaging import read_event
from normalizer.errors import Unreadable
from normalizer.record import Authenticity, Contact, Message, Sender

_COMMENTS = frozenset({"comments", "live_comments"})
#: Headline of a mention whose words could not be had: without it the clerk would see an empty page.
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


def parse(body: bytes, account: str, words: Mapping[str, Words] = {}) -> Sequence[Item]:
    """Every update in `body`, in Meta's order; `words` of mentions, by id.

    Raises `Unreadable` when its frame cannot be read.
    """
    event, change = partial(read_event, ours=account), partial(_change, account=account, words=words)
    return updates(body, "instagram", account, event, change)


def wordless(change: Change) -> Mention | None:
    """The mention that `change` is: Instagram tells where it stands, neither who wrote it nor what."""
    if change.field != "mentions":
        return None
    value = msgspec.json.decode(change.value, type=_Mention)
    mention = Mention(text_of(value.media_id), text_of(value.comment_id))
    return mention if mention.id else None


def _change(change: Change, account: str, words: Mapping[str, Words]) -> Item:
    if change.field in _COMMENTS:
        return _comment(change, account)
    if change.field == "mentions":
        return _mention(change, words)
    return Ignored(
        reason="unsupported", external_id=name_of(change.value), detail=change.field[:40] or "no field"
    )


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


def _mention(change: Change, words: Mapping[str, Words]) -> Item:
    """Somebody named us in a post or comment of their own."""
    mention = wordless(change)
    if mention is None:
        raise Unreadable("a mention that does not say where")
    told = words.get(mention.id, Words())
    text = told.text.strip()
    way_back = {"media_id": mention.post, "comment_id": mention.comment}
    return Accepted(
        message=Message(
            external_id=mention.id,
            sent_at=moment(told.at) or change.time,
            sender=_sender(_Person(username=told.handle)),
            subject="" if text or told.files else _MENTIONED,
            text=text,
            original_text=told.text,
            attachments=tuple(file_at(url) for url in told.files),
            thread_id=mention.post or mention.comment,
            permalink=told.permalink,
            reply_to={key: value for key, value in way_back.items() if value},
            public=True,
            authenticity=Authenticity(method="signature"),
        )
    )


def _sender(person: _Person) -> Sender:
    handle = (person.username or "").strip().lstrip("@")
    contacts = (Contact(kind="handle", value=f"@{handle}"),) if handle else ()
    return Sender(reference=text_of(person.id) or handle, name=handle, contacts=contacts)
