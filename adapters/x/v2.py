"""API v2: a post or DM event in `data`, what it refers to in `includes`.

https://docs.x.com/x-api/fundamentals/data-dictionary, https://docs.x.com/x-api/direct-messages/get-dm-events
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta, Struct, convert

from adapters.x.post import Direct, Other, Person, Post, Wording, area, best_variant, file, place
from adapters.x.words import moment, post_in
from normalizer.record import Attachment, Place

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")]
Json = dict[str, Any]


class _Url(Struct, frozen=True):
    url: str
    expanded_url: str = ""
    unwound_url: str = ""
    media_key: str = ""


class _Entities(Struct, frozen=True):
    urls: tuple[_Url, ...] = ()


class _Note(Struct, frozen=True):
    text: str
    entities: _Entities = _Entities()


class _Point(Struct, frozen=True):
    coordinates: list[float] = []


class _Geo(Struct, frozen=True):
    place_id: str = ""
    coordinates: _Point | None = None


class _Box(Struct, frozen=True):
    """GeoJSON: west, south, east, north."""

    bbox: list[float] = []


class _Named(Struct, frozen=True):
    full_name: str = ""
    geo: _Box = _Box()


class _Reference(Struct, frozen=True):
    id: Id
    type: str = ""


class _Attachments(Struct, frozen=True):
    media_keys: tuple[str, ...] = ()


class _Post(Struct, frozen=True):
    id: Id
    text: str
    author_id: Id = ""
    created_at: str = ""
    conversation_id: Id = ""
    in_reply_to_user_id: Id = ""
    note_tweet: _Note | None = None
    entities: _Entities = _Entities()
    attachments: _Attachments = _Attachments()
    geo: _Geo | None = None
    referenced_tweets: tuple[_Reference, ...] = ()
    edit_history_tweet_ids: tuple[Id, ...] = ()


class _Direct(Struct, frozen=True):
    id: Id
    text: str = ""
    sender_id: Id = ""
    created_at: str = ""
    dm_conversation_id: str = ""
    entities: _Entities = _Entities()
    attachments: _Attachments = _Attachments()
    referenced_tweets: tuple[_Reference, ...] = ()


class _Media(Struct, frozen=True):
    media_key: str
    type: str = ""
    url: str = ""
    preview_image_url: str = ""
    alt_text: str = ""
    variants: list[Json] = []


class Includes:
    """The objects beside `data`, found by their id; what is not there is simply not known."""

    def __init__(self, includes: Any) -> None:
        self._all: dict[tuple[str, str], Json] = {}
        for kind, objects in (includes if isinstance(includes, dict) else {}).items():
            for found in objects if isinstance(objects, list) else ():
                if isinstance(found, dict):
                    key = found.get("media_key" if kind == "media" else "id")
                    self._all[kind, str(key)] = found

    def find(self, kind: str, key: str) -> Json | None:
        return self._all.get((kind, key))

    def person(self, number: str) -> Person:
        user = self.find("users", number) or {}
        name, username = user.get("name", ""), user.get("username", "")
        return Person(id=number, name=str(name), username=str(username))

    def other(self, number: str) -> Other | None:
        found = self.find("tweets", number)
        if found is None:
            return None
        post = convert(found, _Post)
        return Other(id=post.id, author=self.person(post.author_id), wording=_wording(post))


def read_post(data: Json, includes: Includes) -> Post:
    """Raises `msgspec.ValidationError`."""
    post = convert(data, _Post)
    answers = _referred(post.referenced_tweets, "replied_to")
    quoted = _referred(post.referenced_tweets, "quoted")
    return Post(
        id=post.id,
        author=includes.person(post.author_id),
        wording=_wording(post),
        sent_at=moment(post.created_at, post.id),
        files=_files(post.attachments, includes),
        place=_place(post.geo, includes),
        conversation=post.conversation_id,
        answers=answers,
        history=post.edit_history_tweet_ids,
        quote=includes.other(quoted),
        answered=includes.other(answers) or _unseen(answers, post.in_reply_to_user_id, includes),
        truncated=not post.note_tweet and _cut_off(post),
        retweet=bool(_referred(post.referenced_tweets, "retweeted")) or _bare_retweet(data),
    )


def read_direct(data: Json, includes: Includes) -> Direct:
    """Raises `msgspec.ValidationError`."""
    direct = convert(data, _Direct)
    shared = next((includes.other(r.id) for r in direct.referenced_tweets), None)
    return Direct(
        id=direct.id,
        author=includes.person(direct.sender_id),
        wording=_words(
            direct.text, direct.entities, _direct_media if direct.attachments.media_keys else _never
        ),
        sent_at=moment(direct.created_at, direct.id),
        files=_files(direct.attachments, includes),
        conversation=direct.dm_conversation_id,
        quote=shared,
    )


def _bare_retweet(data: Json) -> bool:
    """Who asks for no fields gets only id and text: then the old mark is all that tells a retweet."""
    return (
        "author_id" not in data and "referenced_tweets" not in data and str(data["text"]).startswith("RT @")
    )


def _unseen(number: str, author: str, includes: Includes) -> Other | None:
    """A post that is answered and was deleted, or is its author's friends' alone."""
    return Other(id=number, author=includes.person(author)) if number else None


def _cut_off(post: _Post) -> bool:
    """A long post without its note: the text ends in an ellipsis and a link to the post itself."""
    if "…" not in post.text[-30:]:
        return False
    return any(post_in(u.expanded_url) == (post.id, False) for u in post.entities.urls)


def _referred(references: tuple[_Reference, ...], kind: str) -> str:
    return next((r.id for r in references if r.type == kind), "")


def _wording(post: _Post) -> Wording:
    """A post of more than 280 characters has its whole text in the note, with entities of its own."""

    def own_media(address: str) -> bool:
        return post_in(address) == (post.id, True)

    if post.note_tweet:
        both = (*post.note_tweet.entities.urls, *post.entities.urls)
        return _words(post.note_tweet.text, _Entities(urls=both), own_media)
    return _words(post.text, post.entities, own_media)


def _words(text: str, entities: _Entities, is_media: Callable[[str], bool]) -> Wording:
    links = {u.url: u.unwound_url or u.expanded_url for u in entities.urls}
    carried = (u.url for u in entities.urls if u.media_key or is_media(u.expanded_url))
    return Wording(text=text, links=links, media_links=tuple(dict.fromkeys(carried)))


def _direct_media(address: str) -> bool:
    return "/messages/media/" in address


def _never(_: str) -> bool:
    return False


def _files(attachments: _Attachments, includes: Includes) -> tuple[Attachment, ...]:
    return tuple(_file(includes.find("media", key)) for key in attachments.media_keys)


def _file(found: Json | None) -> Attachment:
    if found is None:
        return Attachment(state="unavailable")
    media = convert(found, _Media)
    if media.type == "photo":
        return file(media.url, "photo", media.alt_text)
    video = best_variant(media.variants, "bit_rate")
    if video:
        return file(video, "video", media.alt_text)
    return file(media.preview_image_url, "photo" if media.preview_image_url else "video", media.alt_text)


def _place(geo: _Geo | None, includes: Includes) -> Place:
    if geo is None:
        return Place()
    named = convert(includes.find("places", geo.place_id) or {}, _Named)
    if geo.coordinates:
        return place(geo.coordinates.coordinates, named.full_name)
    if len(named.geo.bbox) == 4:
        west, south, east, north = named.geo.bbox
        return area(west, south, east, north, named.full_name)
    return place(None, named.full_name)
