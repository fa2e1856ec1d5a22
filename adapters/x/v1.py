"""The v1.1 shapes, which the Account Activity webhooks still speak: statuses and message_create events.

https://docs.x.com/x-api/enterprise-gnip-2.0/fundamentals/account-activity
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert

from adapters.x.post import (
    Direct,
    Other,
    Person,
    Post,
    Wording,
    area,
    best_variant,
    conversation_of,
    file,
    place,
)
from adapters.x.words import moment, unix_milliseconds
from normalizer.record import Attachment, Place

Number = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")] | Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
Json = dict[str, Any]


class _User(Struct, frozen=True):
    id_str: str = ""
    id: Number = ""
    name: str = ""
    screen_name: str = ""


class _Url(Struct, frozen=True):
    url: str = ""
    expanded_url: str = ""


class _Variants(Struct, frozen=True):
    variants: list[Json] = []


class _Media(Struct, frozen=True):
    url: str = ""
    media_url_https: str = ""
    media_url: str = ""
    type: str = "photo"
    ext_alt_text: str = ""
    video_info: _Variants = _Variants()


class _Entities(Struct, frozen=True):
    urls: tuple[_Url, ...] = ()
    media: tuple[_Media, ...] = ()


class _Extended(Struct, frozen=True):
    full_text: str
    entities: _Entities = _Entities()
    extended_entities: _Entities = _Entities()


class _Point(Struct, frozen=True):
    coordinates: list[float] = []


class _Box(Struct, frozen=True):
    """One ring of corners, each longitude first."""

    coordinates: list[list[list[float]]] = []


class _Named(Struct, frozen=True):
    full_name: str = ""
    name: str = ""
    bounding_box: _Box = _Box()


class _History(Struct, frozen=True):
    initial_tweet_id: Number = ""
    edit_tweet_ids: tuple[Number, ...] = ()


class _Link(Struct, frozen=True):
    url: str = ""
    expanded: str = ""


class _Status(Struct, frozen=True):
    user: _User = _User()
    id_str: str = ""
    id: Number = ""
    text: str = ""
    full_text: str = ""
    truncated: bool = False
    created_at: str = ""
    entities: _Entities = _Entities()
    extended_entities: _Entities = _Entities()
    extended_tweet: _Extended | None = None
    coordinates: _Point | None = None
    geo: _Point | None = None
    place: _Named | None = None
    in_reply_to_status_id_str: str = ""
    in_reply_to_status_id: Number = ""
    in_reply_to_user_id_str: str = ""
    in_reply_to_screen_name: str = ""
    conversation_id_str: str = ""
    quoted_status: Json | None = None
    quoted_status_permalink: _Link | None = None
    edit_history: _History | None = None


class _DirectMedia(Struct, frozen=True):
    media: _Media | None = None
    location: Json | None = None


class _Data(Struct, frozen=True):
    text: str = ""
    entities: _Entities = _Entities()
    attachment: _DirectMedia = _DirectMedia()


class _Target(Struct, frozen=True):
    recipient_id: Number = ""


class _Create(Struct, frozen=True):
    sender_id: Number
    message_data: _Data
    target: _Target = _Target()


class _Event(Struct, frozen=True):
    id: Number
    message_create: _Create
    created_timestamp: Number = ""


def read_post(data: Json) -> Post:
    """A status. Raises `msgspec.ValidationError`."""
    status = convert(data, _Status)
    number = _identity(status)
    if not any(isinstance(data.get(key), str) for key in ("text", "full_text")) and not status.extended_tweet:
        raise ValidationError("Object missing required field `text`")
    extended, author = status.extended_tweet, _person(status.user)
    if not (author.id or author.username):
        raise ValidationError("Object missing required field `user`")
    answers = _checked(status.in_reply_to_status_id_str or str(status.in_reply_to_status_id))
    answered = Person(id=status.in_reply_to_user_id_str, username=status.in_reply_to_screen_name)
    return Post(
        id=number,
        author=author,
        wording=_wording(status),
        sent_at=moment(status.created_at, number),
        files=tuple(_file(media) for media in _media(status)),
        place=_place(status),
        conversation=_checked(status.conversation_id_str),
        answers=answers,
        answered=Other(id=answers, author=answered) if answers else None,
        history=_versions(status.edit_history),
        quote=_other(status.quoted_status),
        retweet="retweeted_status" in data,
        truncated=status.truncated and extended is None and not status.full_text,
    )


def read_direct(event: Json, users: Any) -> Direct:
    """A `message_create` event; `users` are the people of the same body by id. Raises `ValidationError`."""
    found = convert(event, _Event)
    create, data = found.message_create, found.message_create.message_data
    author = _known(users, str(create.sender_id))
    media = data.attachment.media
    number, sender = str(found.id), str(create.sender_id)
    entities = _Entities(urls=data.entities.urls, media=(media,) if media else ())
    return Direct(
        id=number,
        author=Person(id=sender, name=author.name, username=author.username),
        wording=_words(data.text, entities),
        sent_at=unix_milliseconds(str(found.created_timestamp), number),
        files=(_file(media),) if media else (),
        place=_shared(data.attachment.location),
        conversation=conversation_of(sender, str(create.target.recipient_id)),
    )


def _versions(history: _History | None) -> tuple[str, ...]:
    """The ids of all versions of a post, as far as they are told."""
    if history is None:
        return ()
    return tuple(str(number) for number in (history.initial_tweet_id, *history.edit_tweet_ids) if number)


def _checked(number: str) -> str:
    return number if number.isascii() and number.isdigit() else ""


def _identity(status: _Status) -> str:
    number = status.id_str or str(status.id)
    if not _checked(number) or len(number) > 19:
        raise ValidationError("Expected the digits of an id - at `$.id_str`")
    return number


def _person(user: _User) -> Person:
    return Person(id=user.id_str or str(user.id), name=user.name, username=user.screen_name)


def _known(users: Any, number: str) -> Person:
    """One of the people beside the events; X Activity wraps each in `data`, and calls the handle `username`."""
    known = users.get(number) if isinstance(users, dict) else None
    if isinstance(known, dict) and isinstance(known.get("data"), dict):
        known = known["data"]
    if not isinstance(known, dict):
        return Person()
    user = convert(
        {"name": known.get("name", ""), "screen_name": known.get("screen_name") or known.get("username", "")},
        _User,
    )
    return Person(name=user.name, username=user.screen_name)


def _media(status: _Status) -> tuple[_Media, ...]:
    """All of a post's media; `entities` names only the first one, and calls a video a photo."""
    inner = status.extended_tweet
    if inner:
        full = inner.extended_entities.media or inner.entities.media
        if full:
            return full
    return status.extended_entities.media or status.entities.media


def _wording(status: _Status) -> Wording:
    inner = status.extended_tweet
    text = inner.full_text if inner else status.full_text or status.text
    outer = status.entities
    urls = (*outer.urls, *(inner.entities.urls if inner else ()))
    if status.quoted_status_permalink:
        link = status.quoted_status_permalink
        urls = (*urls, _Url(url=link.url, expanded_url=link.expanded))
    return _words(text, _Entities(urls=urls, media=_media(status)))


def _words(text: str, entities: _Entities) -> Wording:
    carried = (m.url for m in entities.media if m.url)
    links = {u.url: u.expanded_url for u in entities.urls}
    return Wording(text=text, links=links, media_links=tuple(dict.fromkeys(carried)))


def _file(media: _Media) -> Attachment:
    still = media.media_url_https or media.media_url
    if media.type == "photo":
        return file(still, "photo", media.ext_alt_text)
    video = best_variant(media.video_info.variants, "bitrate")
    if video:
        return file(video, "video", media.ext_alt_text)
    return file(still, "photo" if still else "video", media.ext_alt_text)


def _place(status: _Status) -> Place:
    """`coordinates` is GeoJSON; the older `geo` has latitude first."""
    point = status.coordinates.coordinates if status.coordinates else None
    if point is None and status.geo:
        point = status.geo.coordinates[::-1]
    named = status.place or _Named()
    name = named.full_name or named.name
    corners = [corner for ring in named.bounding_box.coordinates for corner in ring if len(corner) == 2]
    if point is None and corners:
        west, south = (min(corner[i] for corner in corners) for i in (0, 1))
        east, north = (max(corner[i] for corner in corners) for i in (0, 1))
        return area(west, south, east, north, name)
    return place(point, name)


def _shared(location: Json | None) -> Place:
    """A place in a direct message: `shared_coordinate` (GeoJSON within) or `shared_place`."""
    if location is None:
        return Place()
    spot = location.get("shared_coordinate")
    inner = spot.get("coordinates") if isinstance(spot, dict) else None
    point = convert(inner, _Point).coordinates if isinstance(inner, dict) else None
    named = location.get("shared_place")
    inner = named.get("place") if isinstance(named, dict) else None
    found = convert(inner, _Named) if isinstance(inner, dict) else _Named()
    return place(point, found.full_name or found.name)


def _other(data: Json | None) -> Other | None:
    if data is None:
        return None
    status = convert(data, _Status)
    return Other(id=_identity(status), author=_person(status.user), wording=_wording(status))
