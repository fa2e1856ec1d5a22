"""The objects of the Telegram Bot API, as far as we read them. https://core.telegram.org/bots/api#available-types

Fields that nobody reads here are passed over, so that a new one changes nothing.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct, field

Unix = Annotated[int, Meta(ge=0, le=253_402_300_799)]


class User(Struct, frozen=True):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class Chat(Struct, frozen=True):
    id: int
    type: str
    title: str = ""
    username: str = ""


class File(Struct, frozen=True):
    """Any file, and one size of a photo; `file_size` and the rest may be absent."""

    file_id: str
    file_unique_id: str = ""
    file_size: Annotated[int, Meta(ge=0)] | None = None
    file_name: str = ""
    mime_type: str = ""
    width: int = 0
    height: int = 0


class Location(Struct, frozen=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    horizontal_accuracy: float | None = None


class Venue(Struct, frozen=True):
    location: Location
    title: str = ""
    address: str = ""


class Contact(Struct, frozen=True):
    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class Entity(Struct, frozen=True):
    type: str
    user: User | None = None
    url: str = ""


class Replied(Struct, frozen=True):
    """`forum_topic_created` is there when nobody replied: every message of a topic refers to the topic's first."""

    message_id: int
    sender: User | None = field(default=None, name="from")
    sender_chat: Chat | None = None
    text: str = ""
    caption: str = ""
    forum_topic_created: Raw = Raw()


class Origin(Struct, frozen=True):
    """Who wrote a forwarded message first, as far as they let it be known."""

    type: str = ""
    sender_user: User | None = None


class Quote(Struct, frozen=True):
    text: str = ""


class Message(Struct, frozen=True):
    message_id: int
    date: Unix
    chat: Chat
    sender: User | None = field(default=None, name="from")
    sender_chat: Chat | None = None
    is_automatic_forward: bool = False
    is_topic_message: bool = False
    message_thread_id: int | None = None
    edit_date: Unix | None = None
    media_group_id: str = ""
    text: str = ""
    caption: str = ""
    entities: tuple[Entity, ...] = ()
    caption_entities: tuple[Entity, ...] = ()
    photo: tuple[File, ...] = ()
    video: File | None = None
    voice: File | None = None
    audio: File | None = None
    animation: File | None = None
    document: File | None = None
    video_note: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None
    reply_to_message: Replied | None = None
    quote: Quote | None = None
    forward_origin: Origin | None = None


class Offered(Struct, frozen=True):
    """The message whose button was tapped; one that Telegram no longer has keeps these two fields."""

    chat: Chat
    message_id: int


class CallbackQuery(Struct, frozen=True):
    """A tapped button. https://core.telegram.org/bots/api#callbackquery"""

    id: str
    sender: User = field(name="from")
    message: Offered | None = None
    data: str = ""


class UpdateId(Struct, frozen=True):
    update_id: int


def update_id(body: bytes | Raw) -> int | None:
    """The number of an update, for the offset; None when even that cannot be read."""
    try:
        return msgspec.json.decode(body, type=UpdateId).update_id
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
