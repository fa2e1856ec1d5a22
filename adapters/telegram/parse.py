"""One Update of the Telegram Bot API -> one item. Pure; what we do not read is passed over.

https://core.telegram.org/bots/api#update. Webhook and getUpdates carry the same object, so both yield the
same external id, `<chat id>:<message id>` (message ids are unique only within a chat).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct, field, structs

from adapters.base import Accepted, Ignored, Item
from normalizer.errors import Unreadable
from normalizer.record import Attachment, Authenticity, Contact, Coordinates, Group, Message, Place, Sender

#: Seconds without another part after which an album is whole: Telegram sends its parts within about two.
ALBUM_SILENCE = 3.0
#: Commands that open a complaint or greet; another word behind a slash may be the citizen's own ("/Banjir di").
_OUR_COMMANDS = frozenset({"start", "lapor", "aduan", "pengaduan", "mulai", "help", "bantuan"})
_COMMAND = re.compile(r"/(\w{1,32})(?:@(\w{1,64}))?(?=\s|$)")
#: What `t.me/<bot>?start=<payload>` puts behind /start: our own link's words, not the citizen's.
_DEEP_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: Keys of a Message that say how it travelled, not what it holds; any other key names its kind.
# fmt: off
_TRAVEL = frozenset(
    {
        "message_id", "message_thread_id", "from", "sender_chat", "sender_boost_count",
        "sender_business_bot", "sender_tag", "date", "chat", "business_connection_id", "forward_origin",
        "forward_from", "forward_from_chat", "forward_from_message_id", "forward_signature",
        "forward_sender_name", "forward_date", "is_topic_message", "is_automatic_forward",
        "reply_to_message", "external_reply", "quote", "reply_to_story", "reply_to_checklist_task_id",
        "via_bot", "edit_date", "has_protected_content", "is_from_offline", "is_paid_post",
        "media_group_id", "author_signature", "paid_star_count", "entities", "caption_entities",
        "link_preview_options", "effect_id", "show_caption_above_media", "has_media_spoiler",
        "reply_markup", "direct_messages_topic", "suggested_post_info", "guest_query_id",
    }
)
# fmt: on

_Unix = Annotated[int, Meta(ge=0, le=253_402_300_799)]


class Us(Struct, frozen=True, kw_only=True):
    """Our bot. While `username` is not known, every mention in a group counts as ours: rather too many."""

    id: int
    username: str = ""


class _User(Struct, frozen=True):
    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class _Chat(Struct, frozen=True):
    id: int
    type: str
    title: str = ""
    username: str = ""


class _File(Struct, frozen=True):
    """Any file, and one size of a photo; `file_size` and the rest may be absent."""

    file_id: str
    file_size: Annotated[int, Meta(ge=0)] | None = None
    file_name: str = ""
    mime_type: str = ""
    width: int = 0
    height: int = 0


class _Location(Struct, frozen=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    horizontal_accuracy: float | None = None


class _Venue(Struct, frozen=True):
    location: _Location
    title: str = ""
    address: str = ""


class _Contact(Struct, frozen=True):
    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class _Entity(Struct, frozen=True):
    type: str
    user: _User | None = None


class _Replied(Struct, frozen=True):
    message_id: int
    sender: _User | None = field(default=None, name="from")


class _Message(Struct, frozen=True):
    message_id: int
    date: _Unix
    chat: _Chat
    sender: _User | None = field(default=None, name="from")
    sender_chat: _Chat | None = None
    is_automatic_forward: bool = False
    is_topic_message: bool = False
    message_thread_id: int | None = None
    edit_date: _Unix | None = None
    media_group_id: str = ""
    text: str = ""
    caption: str = ""
    entities: tuple[_Entity, ...] = ()
    caption_entities: tuple[_Entity, ...] = ()
    photo: tuple[_File, ...] = ()
    video: _File | None = None
    voice: _File | None = None
    audio: _File | None = None
    animation: _File | None = None
    document: _File | None = None
    video_note: _File | None = None
    location: _Location | None = None
    venue: _Venue | None = None
    contact: _Contact | None = None
    reply_to_message: _Replied | None = None


class _UpdateId(Struct, frozen=True):
    update_id: int


def update_id(body: bytes | Raw) -> int | None:
    """The number of an update, for the offset; None when even that cannot be read."""
    try:
        return msgspec.json.decode(body, type=_UpdateId).update_id
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


def parse_update(body: bytes, us: Us) -> Item:
    """What one update says. Raises `Unreadable`, naming the field and never its value."""
    try:
        update = msgspec.json.decode(body, type=dict[str, Raw])
        number = msgspec.json.decode(body, type=_UpdateId).update_id
        kind = next((key for key in update if key != "update_id"), "nothing")
        if kind not in ("message", "edited_message"):
            return Ignored(reason="unsupported", external_id=f"update:{number}", detail=kind)
        keys = msgspec.json.decode(update[kind], type=dict[str, Raw]).keys()
        message = msgspec.json.decode(update[kind], type=_Message)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Unreadable(f"not an update of the Bot API: {str(error)[:200]}") from None
    content = next((key for key in keys if key not in _TRAVEL), "nothing")
    return _item(message, kind == "edited_message", content, us)


def _item(message: _Message, edited: bool, content: str, us: Us) -> Item:
    external_id = f"{message.chat.id}:{message.message_id}"
    stranger = _not_a_citizen(message, us)
    if stranger is not None:
        return structs.replace(stranger, external_id=external_id)
    words = message.text or message.caption
    group_chat = message.chat.type in ("group", "supergroup")
    command = _COMMAND.match(words)
    if group_chat and not _addressed_to_us(message, words, command, us):
        return Ignored(reason="unsupported", external_id=external_id, detail="not addressed to the bot")
    files = _files(message)
    place = _place(message)
    if edited and place.coordinates and not message.venue:
        # A live location moves every few seconds, each time as an edit; what counts is where it began.
        return Ignored(reason="unsupported", external_id=external_id, detail="live location moved")
    text = _own_words(words, command, us)
    if message.contact:
        text = "\n".join(part for part in (text, _contact_line(message.contact)) if part)
    if not (text or files or place.coordinates):
        if words:
            return Ignored(reason="empty", external_id=external_id, detail="command" if command else "")
        if content in ("text", "caption"):
            return Ignored(reason="empty", external_id=external_id)
        return Ignored(reason="unsupported", external_id=external_id, detail=content)
    return Accepted(message=_message(message, edited, external_id, text, words, files, place, group_chat, us))


def _not_a_citizen(message: _Message, us: Us) -> Ignored | None:
    """Why nobody wrote this to us."""
    if message.chat.type not in ("private", "group", "supergroup"):
        return Ignored(reason="unsupported", detail=message.chat.type)
    if message.sender and message.sender.id == us.id:
        return Ignored(reason="own_echo")
    if message.is_automatic_forward:
        return Ignored(reason="unsupported", detail="channel post")
    if message.sender_chat:
        return None  # an anonymous administrator: `from` is then a bot of Telegram's own
    if message.sender is None:
        return Ignored(reason="unsupported", detail="no sender")
    return Ignored(reason="unsupported", detail="bot") if message.sender.is_bot else None


def _addressed_to_us(message: _Message, words: str, command: re.Match[str] | None, us: Us) -> bool:
    if command:
        named = command.group(2)
        return not named or not us.username or named.lower() == us.username.lower()
    replied = message.reply_to_message
    if replied and replied.sender and replied.sender.id == us.id:
        return True
    for entity in (*message.entities, *message.caption_entities):
        if entity.type == "text_mention" and entity.user and entity.user.id == us.id:
            return True
        if entity.type == "mention" and not us.username:
            return True
    return bool(us.username and _mention(us).search(words))


def _mention(us: Us) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w@])@{re.escape(us.username)}\b", re.IGNORECASE)


def _own_words(words: str, command: re.Match[str] | None, us: Us) -> str:
    """The citizen's words without what only addresses the bot: the command, the mention that opens them."""
    if command:
        rest = words[command.end() :].strip()
        name = command.group(1).lower()
        if not rest or (name == "start" and _DEEP_LINK.fullmatch(rest)):
            return ""
        return rest if name in _OUR_COMMANDS or command.group(2) else words.strip()
    text = words.strip()
    opening = _mention(us).match(text) if us.username else None
    return text[opening.end() :].lstrip(" ,:\n\t") if opening else text


def _message(
    message: _Message,
    edited: bool,
    external_id: str,
    text: str,
    words: str,
    files: tuple[Attachment, ...],
    place: Place,
    group_chat: bool,
    us: Us,
) -> Message:
    sender = _sender(message)
    reply_to = {"chat_id": str(message.chat.id), "message_id": str(message.message_id)}
    if message.is_topic_message and message.message_thread_id is not None:
        reply_to["message_thread_id"] = str(message.message_thread_id)
    album = message.media_group_id and not edited
    return Message(
        external_id=external_id,
        verb="edit" if edited else "new",
        version=str(message.edit_date or message.date) if edited else "",
        sent_at=datetime.fromtimestamp(message.edit_date or message.date if edited else message.date, UTC),
        sender=sender,
        text=text,
        original_text=words or text,
        attachments=files,
        place=place,
        # The order is the message's number: Telegram numbers the parts of an album as they stand in it.
        group=Group(key=message.media_group_id, order=message.message_id, silence=ALBUM_SILENCE)
        if album
        else None,
        follows=(external_id,) if edited else _follows(message, us),
        thread_id=str(message.chat.id),
        permalink=_permalink(message),
        reply_to=reply_to,
        public=group_chat,
        authenticity=Authenticity(method="secret"),
    )


def _follows(message: _Message, us: Us) -> tuple[str, ...]:
    """A reply adds to one's own earlier words, or to what the bot said about them; not to somebody else's."""
    replied = message.reply_to_message
    if not replied or not replied.sender:
        return ()
    ours = replied.sender.id == us.id
    own = message.sender is not None and not message.sender_chat and replied.sender.id == message.sender.id
    return (f"{message.chat.id}:{replied.message_id}",) if ours or own else ()


def _sender(message: _Message) -> Sender:
    if message.sender_chat:
        return Sender(reference=str(message.sender_chat.id), name=message.sender_chat.title)
    user = message.sender
    assert user is not None, "`_not_a_citizen` has seen to it"  # noqa: S101
    contacts: tuple[Contact, ...] = ()
    if user.username:
        contacts = (Contact(kind="handle", value=f"@{user.username}"),)
    card = message.contact
    phone = _international(card.phone_number) if card and card.user_id == user.id else ""
    if phone:
        contacts = (*contacts, Contact(kind="phone", value=phone))
    return Sender(
        reference=str(user.id), name=f"{user.first_name} {user.last_name}".strip(), contacts=contacts
    )


def _international(number: str) -> str:
    """Telegram writes its users' numbers with the country code and, more often than not, without the plus."""
    digits = "".join(c for c in number if c in "0123456789")
    if not digits:
        return ""
    return f"+62{digits[1:]}" if digits.startswith("0") else f"+{digits}"


def _contact_line(card: _Contact) -> str:
    name = f"{card.first_name} {card.last_name}".strip()
    return "Kontak: " + ", ".join(part for part in (name, card.phone_number) if part)


def _place(message: _Message) -> Place:
    spot = message.venue.location if message.venue else message.location
    if spot is None:
        return Place()
    address = ""
    if message.venue:
        address = ", ".join(part for part in (message.venue.title, message.venue.address) if part)
    coordinates = Coordinates(
        latitude=spot.latitude, longitude=spot.longitude, accuracy=spot.horizontal_accuracy
    )
    return Place(coordinates=coordinates, address=address, method="coordinates")


def _files(message: _Message) -> tuple[Attachment, ...]:
    found: list[tuple[_File, str]] = []
    if message.photo:
        # The sizes come smallest first by habit, not by promise.
        largest = max(message.photo, key=lambda size: (size.width * size.height, size.file_size or 0))
        found.append((largest, "image/jpeg"))
    # An animation comes with a `document` of the same file, for older readers.
    document = None if message.animation else message.document
    plain = (message.video, message.voice, message.audio, message.animation, document)
    found += [(file, file.mime_type) for file in plain if file]
    if message.video_note:
        found.append((message.video_note, "video/mp4"))
    return tuple(
        Attachment(
            name=file.file_name,
            declared_type=declared,
            size=file.file_size or 0,
            state="pending",
            remote=file.file_id,
            caption=message.caption,
        )
        for file, declared in found
    )


def _permalink(message: _Message) -> str:
    """https://core.telegram.org/api/links#message-links; only supergroups have them."""
    if message.chat.type != "supergroup":
        return ""
    if message.chat.username:
        return f"https://t.me/{message.chat.username}/{message.message_id}"
    inner = str(message.chat.id).removeprefix("-100")
    return f"https://t.me/c/{inner}/{message.message_id}"
