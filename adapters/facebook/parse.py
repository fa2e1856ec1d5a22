"""One webhook body of a Facebook page -> one item per update. Pure.

`changes` are what stands on the page for all to read (developers.facebook.com/docs/graph-api/webhooks/reference/page,
fields `feed` and `mention`), `messaging` is what is written to it in private. A comment in which the page is
mentioned comes as both, under one id, and so counts once.
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
from adapters.shared.meta_messaging import file_at, lies_at_meta, read_event
from normalizer.errors import Unreadable
from normalizer.record import Attachment, Authenticity, Message, Sender

#: What people write on a page; other items of the feed (reactions, likes, events, ratings) are none.
_WRITTEN = frozenset(
    {"comment", "post", "status", "photo", "video", "share", "link", "album", "note", "reel"}
)
_NEW, _EDITS = frozenset({"", "add"}), frozenset({"edited", "edit", "update"})
_GONE = frozenset({"remove", "delete", "hide", "block"})
#: Headline of a mention whose words Meta did not send along: without it the clerk would see an empty page.
_MENTIONED = "Disebut di Facebook"


class _Person(Struct, frozen=True):
    id: Id | None = None
    name: str | None = None


class _Post(Struct, frozen=True):
    permalink_url: str | None = None


class _Value(Struct, frozen=True, rename={"sender": "from"}):
    """The value of a `feed` or `mention` change; what may be of several shapes is `Any` and looked at later."""

    item: str | None = None
    verb: str | None = None
    comment_id: Id | None = None
    post_id: Id | None = None
    parent_id: Id | None = None
    photo_id: Id | None = None
    video_id: Id | None = None
    sender: _Person | None = None
    sender_id: Id | None = None
    sender_name: str | None = None
    message: str | None = None
    created_time: Any = None
    edited_time: Any = None
    permalink_url: str | None = None
    photo: Any = None
    photos: Any = None
    video: Any = None
    link: Any = None
    post: Any = None


def parse(body: bytes, page: str) -> Sequence[Item]:
    """Every update in `body`, in Meta's order. Raises `Unreadable` when its frame cannot be read."""
    items: list[Item] = []
    for entry in entries(body, "page", page):
        if not isinstance(entry, Entry):
            items.append(entry)
            continue
        items += [guarded(partial(read_event, event, page), event) for event in entry.messaging]
        items += [guarded(partial(_change, change, page), change.value) for change in entry.changes]
    return items


def _change(change: Change, page: str) -> Item:
    if change.field in ("feed", "mention"):
        return _public(change, page)
    if change.field.startswith("messag") and _is_event(change.value):
        return read_event(change.value, page)
    return Ignored(
        reason="unsupported", external_id=name_of(change.value), detail=change.field[:40] or "no field"
    )


def _is_event(value: Raw) -> bool:
    """Whether a change holds a messaging event, as Meta's test button sends them."""
    return "sender" in msgspec.json.decode(value, type=dict[str, Raw])


def _public(change: Change, page: str) -> Item:
    value = msgspec.json.decode(change.value, type=_Value)
    item, verb = (value.item or "").lower(), (value.verb or "").lower()
    mention = change.field == "mention"
    sender = _sender(value)
    files = _files(value)
    text = _words(value, files)
    external_id = _name(value, item) or derived_id(sender.reference, value.created_time, text)
    unsupported = partial(Ignored, reason="unsupported", external_id=external_id)
    if sender.reference == page:
        return Ignored(reason="own_echo", external_id=external_id)
    if item not in _WRITTEN and not (mention and not item):
        return unsupported(detail=item[:40] or "no item")
    if verb in _GONE:
        return unsupported(detail="removed")
    if verb not in _NEW | _EDITS:
        return unsupported(detail=verb[:40])
    if not (text or files) and not (mention and _name(value, item)):
        return Ignored(reason="empty", external_id=external_id)
    wordless = not (text or files)
    # Its words may come too, as a comment on the page: they must not be taken for a repetition of nothing.
    known, external_id = external_id, f"mention-{external_id}" if wordless else external_id
    edited = verb in _EDITS
    if edited and external_id.startswith("derived-"):
        raise Unreadable("an edit that does not say of what")
    return Accepted(
        message=Message(
            external_id=external_id,
            verb="edit" if edited else "new",
            version=_version(value, text, files) if edited else "",
            sent_at=_when(value, change, edited),
            sender=sender,
            subject=_MENTIONED if wordless else "",
            text=text,
            original_text=value.message or text,
            attachments=files,
            follows=(known,) if edited or wordless else _follows(value, external_id),
            thread_id=text_of(value.post_id) or known,
            permalink=value.permalink_url or _post_link(value),
            reply_to=_way_back(value),
            public=True,
            authenticity=Authenticity(method="signature"),
        )
    )


def _name(value: _Value, item: str) -> str:
    """The id of what was written. A comment's post is not the comment."""
    if item == "comment" or value.comment_id is not None:
        return text_of(value.comment_id)
    return text_of(value.post_id) or text_of(value.photo_id) or text_of(value.video_id)


def _sender(value: _Value) -> Sender:
    """The writer, as far as the app may know: without the permission Meta leaves `from` out."""
    person = value.sender or _Person()
    return Sender(
        reference=text_of(person.id) or text_of(value.sender_id),
        name=(person.name or value.sender_name or "").strip(),
    )


def _files(value: _Value) -> tuple[Attachment, ...]:
    """Photos and videos of a post (several are an album) or of a comment, each once."""
    urls = [value.photo, *(value.photos if isinstance(value.photos, list) else ()), value.video]
    if isinstance(value.link, str) and lies_at_meta(value.link):
        urls.append(value.link)
    return tuple(file_at(url) for url in dict.fromkeys(url for url in urls if isinstance(url, str) and url))


def _words(value: _Value, files: tuple[Attachment, ...]) -> str:
    """What was written, and the link that was shared under it."""
    text = (value.message or "").strip()
    link = value.link if isinstance(value.link, str) else ""
    if link in text or any(file.remote == link for file in files):
        return text
    return "\n".join(part for part in (text, link) if part)


def _version(value: _Value, text: str, files: tuple[Attachment, ...]) -> str:
    """The same for each delivery of one edit; an entry's own time is not, it is when Meta sent it."""
    return derived_id(
        value.created_time, value.edited_time, text, *(file.name or file.remote for file in files)
    )


def _when(value: _Value, change: Change, edited: bool) -> Any:
    return (moment(value.edited_time) if edited else None) or moment(value.created_time) or change.time


def _follows(value: _Value, external_id: str) -> tuple[str, ...]:
    """What a comment stands under. The journal joins them only if one person wrote both."""
    parent = text_of(value.parent_id)
    return (parent,) if parent and parent != external_id else ()


def _post_link(value: _Value) -> str:
    try:
        return msgspec.convert(value.post, _Post).permalink_url or ""
    except msgspec.ValidationError:
        return ""


def _way_back(value: _Value) -> dict[str, str]:
    if value.comment_id is not None:
        return {"comment_id": str(value.comment_id)}
    return {"post_id": str(value.post_id)} if value.post_id is not None else {}
