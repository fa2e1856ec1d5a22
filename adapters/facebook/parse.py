"""One webhook body of a Facebook page -> one item per update. Pure.

`changes` are what stands on the page for all to read (developers.facebook.com/docs/graph-api/webhooks/reference/page,
fields `feed`, `mention` and `ratings`), `messaging` is what is written to it in private. A comment in which the page is
mentioned comes as both, under one id, and so counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Accepted, Ignored, Item
from adapters.shared.meta_attached import file_at, lies_at_meta
from adapters.shared.meta_batch import Change, Id, derived_id, moment, name_of, text_of, updates
from adapters.shared.meta_mentions import Mention, Words
from adapters.shared.meta_messaging import read_event
from normalizer.errors import Unreadable
from normalizer.record import Attachment, Authenticity, Message, Sender

_PUBLIC = frozenset({"feed", "mention", "ratings"})
#: What is no writing, whatever comes with it.
_TAPPED = frozenset({"reaction", "like", "follow", "connection"})
#: What people write on a page; another item of the feed (an event, a milestone) is that only if it has words.
_WRITTEN = frozenset(
    {"comment", "post", "status", "photo", "video", "share", "link", "album", "note", "reel", "rating"}
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
    """The value of a `feed`, `mention` or `ratings` change; what may be of several shapes is `Any`, looked at later."""

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
    open_graph_story_id: Id | None = None
    review_text: str | None = None
    reviewer_id: Id | None = None
    reviewer_name: str | None = None


def parse(body: bytes, page: str, words: Mapping[str, Words] = {}) -> Sequence[Item]:
    """Every update in `body`, in Meta's order; `words` of mentions that came without, by id.

    Raises `Unreadable` when its frame cannot be read.
    """
    event, change = partial(read_event, ours=page), partial(_change, page=page, words=words)
    return updates(body, "page", page, event, change)


def wordless(change: Change) -> Mention | None:
    """The mention that `change` is, if its words have to be asked for."""
    if change.field != "mention":
        return None
    value = msgspec.json.decode(change.value, type=_Value)
    if (value.verb or "add").lower() != "add" or _files(value) or _words(value, ()):
        return None
    mention = Mention(text_of(value.post_id), text_of(value.comment_id))
    return mention if mention.id else None


def _change(change: Change, page: str, words: Mapping[str, Words]) -> Item:
    if change.field in _PUBLIC:
        return _public(change, page, words)
    return Ignored(
        reason="unsupported", external_id=name_of(change.value), detail=change.field[:40] or "no field"
    )


def _public(change: Change, page: str, words: Mapping[str, Words]) -> Item:
    value = msgspec.json.decode(change.value, type=_Value)
    mention = wordless(change)
    if mention and mention.id in words:
        value = _told(value, words[mention.id])
    item, verb = (value.item or "").lower(), (value.verb or "").lower()
    mentioned = change.field == "mention"
    sender = _sender(value)
    files = _files(value)
    text = _words(value, files)
    given = _name(value, item)
    unsupported = partial(Ignored, reason="unsupported", external_id=given)
    if sender.reference == page:
        return Ignored(reason="own_echo", external_id=given)
    if item in _TAPPED or not (item in _WRITTEN or text or (mentioned and not item)):
        return unsupported(detail=item[:40] or change.field)
    if verb in _GONE:
        return unsupported(detail="removed")
    if verb not in _NEW | _EDITS:
        return unsupported(detail=verb[:40])
    bare, edited = not (text or files), verb in _EDITS
    if bare and not (mentioned and given):
        return Ignored(reason="empty", external_id=given)
    if edited and not given:
        raise Unreadable("an edit that does not say of what")
    known = given or derived_id(sender.reference, value.created_time, text)
    # Its words may come too, as a comment on the page: they must not be taken for a repetition of nothing.
    external_id = f"mention-{known}" if bare else known
    return Accepted(
        message=Message(
            external_id=external_id,
            verb="edit" if edited else "new",
            version=_version(value, text, files) if edited else "",
            sent_at=_when(value, change, edited),
            sender=sender,
            subject=_MENTIONED if bare else "",
            text=text,
            original_text=value.message or value.review_text or text,
            attachments=files,
            follows=(known,) if edited or bare else _follows(value, external_id),
            thread_id=text_of(value.post_id) or known,
            permalink=value.permalink_url or _post_link(value),
            reply_to=_way_back(value),
            public=True,
            authenticity=Authenticity(method="signature"),
        )
    )


def _told(value: _Value, words: Words) -> _Value:
    """A mention as it would have come with its words."""
    return replace(
        value,
        sender=_Person(words.sender_id, words.name) if words.sender_id or words.name else value.sender,
        message=words.text,
        created_time=words.at or value.created_time,
        permalink_url=words.permalink or value.permalink_url,
        photos=list(words.files),
    )


def _name(value: _Value, item: str) -> str:
    """The id of what was written. A comment's post is not the comment."""
    if item == "comment" or value.comment_id is not None:
        return text_of(value.comment_id)
    for name in (value.post_id, value.photo_id, value.video_id, value.open_graph_story_id):
        if name is not None:
            return text_of(name)
    return ""


def _sender(value: _Value) -> Sender:
    """The writer, as far as the app may know: without the permission Meta leaves `from` out."""
    person = value.sender or _Person()
    return Sender(
        reference=text_of(person.id) or text_of(value.sender_id) or text_of(value.reviewer_id),
        name=(person.name or value.sender_name or value.reviewer_name or "").strip(),
    )


def _files(value: _Value) -> tuple[Attachment, ...]:
    """Photos and videos of a post (several are an album) or of a comment, each once."""
    urls = [value.photo, *(value.photos if isinstance(value.photos, list) else ()), value.video]
    if isinstance(value.link, str) and lies_at_meta(value.link):
        urls.append(value.link)
    return tuple(file_at(url) for url in dict.fromkeys(url for url in urls if isinstance(url, str) and url))


def _words(value: _Value, files: tuple[Attachment, ...]) -> str:
    """What was written, and the link that was shared under it."""
    text = (value.message or value.review_text or "").strip()
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
