"""One Update of the Telegram Bot API -> one item. Pure; what we do not read is passed over.

https://core.telegram.org/bots/api#update. Webhook and getUpdates carry the same object, so both yield the
same external id, `<chat id>:<message id>` (message ids are unique only within a chat).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from datetime import UTC, datetime

import msgspec
from msgspec import Raw, Struct, structs

from adapters.base import Accepted, Ignored, Item
from adapters.telegram import update as tg
from normalizer.errors import Unreadable
from normalizer.record import Attachment, Authenticity, Contact, Coordinates, Group, Message, Place, Sender

#: Seconds without another part after which an album is whole: Telegram sends its parts within about two.
ALBUM_SILENCE = 3.0
#: Commands that open a complaint or greet; another word behind a slash may be the citizen's own ("/Banjir di").
_OUR_COMMANDS = frozenset({"start", "lapor", "aduan", "pengaduan", "mulai", "help", "bantuan"})
#: What people send instead of words.
_GESTURES = frozenset({"sticker", "dice"})
#: What the ids of tapped buttons begin with; behind it is what answerCallbackQuery wants.
TAP = "callback:"
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


class Us(Struct, frozen=True, kw_only=True):
    """Our bot. While `username` is not known, every mention in a group counts as ours: rather too many."""

    id: int
    username: str = ""


def parse_update(body: bytes, us: Us, albums: Container[str] = ()) -> Item:
    """What one update says. Raises `Unreadable`, naming the field and never its value.

    `albums` are the keys (`album_key`) of those in groups of which a part was addressed to us: only that part names
    us, the others come bare.
    """
    try:
        update = msgspec.json.decode(body, type=dict[str, Raw])
        number = msgspec.json.decode(body, type=tg.UpdateId).update_id
        kind = next((key for key in update if key != "update_id"), "nothing")
        if kind == "callback_query":
            return _tapped(msgspec.json.decode(update[kind], type=tg.CallbackQuery))
        if kind not in ("message", "edited_message"):
            return Ignored(reason="unsupported", external_id=f"update:{number}", detail=kind)
        keys = msgspec.json.decode(update[kind], type=dict[str, Raw]).keys()
        message = msgspec.json.decode(update[kind], type=tg.Message)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Unreadable(f"not an update of the Bot API: {str(error)[:200]}") from None
    content = next((key for key in keys if key not in _TRAVEL), "nothing")
    return _item(message, kind == "edited_message", content, us, albums)


def _tapped(query: tg.CallbackQuery) -> Item:
    """A button under words of ours. Its name says what it means; what it was called nobody repeats."""
    external_id = f"{TAP}{query.id}"
    offered = query.message
    if query.sender.is_bot or offered is None or offered.chat.type != "private" or not query.data:
        return Ignored(reason="unsupported", external_id=external_id, detail="callback_query")
    chat = str(offered.chat.id)
    return Accepted(
        message=Message(
            external_id=external_id,
            sender=_person(query.sender),
            choice=query.data,
            act="note",
            thread_id=chat,
            reply_to={"chat_id": chat},
            authenticity=Authenticity(method="secret"),
        )
    )


def album_key(chat: str, album: str) -> str:
    """What `parse_update` knows an album by: the `thread_id` and the group's key of any of its parts."""
    return f"{chat}:{album}"


def _item(message: tg.Message, edited: bool, content: str, us: Us, albums: Container[str]) -> Item:
    external_id = f"{message.chat.id}:{message.message_id}"
    stranger = _not_a_citizen(message, us)
    if stranger is not None:
        return structs.replace(stranger, external_id=external_id)
    words = message.text or message.caption
    group_chat = message.chat.type in ("group", "supergroup")
    command = _COMMAND.match(words)
    bare = not words and album_key(str(message.chat.id), message.media_group_id) in albums
    if group_chat and not bare and not _addressed_to_us(message, words, command, us):
        return Ignored(reason="unsupported", external_id=external_id, detail="not addressed to the bot")
    files = _files(message)
    place = _place(message)
    if edited and place.coordinates and not message.venue:
        # A live location moves every few seconds, each time as an edit; what counts is where it began.
        return Ignored(reason="unsupported", external_id=external_id, detail="live location moved")
    text = _own_words(words, command, us)
    if not (text or files or place.coordinates):
        # Only our name below another's message: that message is what they point at.
        text = _pointed_at(message, us)
    lines = [text, *_hidden_links(message, text), _contact_line(message.contact) if message.contact else ""]
    text = "\n".join(line for line in lines if line)
    if not (text or files or place.coordinates):
        spoken = (
            _to_the_bot(words, command, content) if message.chat.type == "private" and not edited else None
        )
        if spoken is not None:
            greeting = _message(message, edited, external_id, spoken, words, files, place, group_chat, us)
            return Accepted(message=structs.replace(greeting, act="note"))
        if words:
            return Ignored(reason="empty", external_id=external_id, detail="command" if command else "")
        if content in ("text", "caption"):
            return Ignored(reason="empty", external_id=external_id)
        return Ignored(reason="unsupported", external_id=external_id, detail=content)
    return Accepted(message=_message(message, edited, external_id, text, words, files, place, group_chat, us))


def _not_a_citizen(message: tg.Message, us: Us) -> Ignored | None:
    """Why nobody wrote this to us."""
    if message.chat.type not in ("private", "group", "supergroup"):
        return Ignored(reason="unsupported", detail=message.chat.type)
    if message.sender and message.sender.id == us.id:
        return Ignored(reason="own_echo")
    origin = message.forward_origin
    if origin and origin.sender_user and origin.sender_user.id == us.id:
        return Ignored(reason="own_echo", detail="forwarded")
    if message.is_automatic_forward:
        return Ignored(reason="unsupported", detail="channel post")
    if message.sender_chat:
        return None  # an anonymous administrator: `from` is then a bot of Telegram's own
    if message.sender is None:
        return Ignored(reason="unsupported", detail="no sender")
    return Ignored(reason="unsupported", detail="bot") if message.sender.is_bot else None


def _addressed_to_us(message: tg.Message, words: str, command: re.Match[str] | None, us: Us) -> bool:
    if command:
        named = command.group(2)
        return not named or not us.username or named.lower() == us.username.lower()
    replied = _replied(message)
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


def _to_the_bot(words: str, command: re.Match[str] | None, content: str) -> str | None:
    """What is said to the bot alone and tells no case: a bare command, a sticker (no words). None: nothing is."""
    if command:
        name = command.group(1).lower()
        return "/menu" if name == "start" or words.strip() != command[0] else f"/{name}"
    return "" if content in _GESTURES else None


def _replied(message: tg.Message) -> tg.Replied | None:
    """The message that this one answers, if somebody chose to."""
    replied = message.reply_to_message
    return replied if replied and not replied.forum_topic_created else None


def _pointed_at(message: tg.Message, us: Us) -> str:
    """Another's words that this message answers without any of its own, said to be another's."""
    replied, writer = _replied(message), message.sender
    if replied is None or replied.sender is None or replied.sender.is_bot or replied.sender.id == us.id:
        return ""
    if writer and replied.sender.id == writer.id:
        return ""
    words = (message.quote.text if message.quote else "") or replied.text or replied.caption
    return f"Menanggapi {replied.sender.first_name}: {words.strip()}" if words.strip() else ""


def _hidden_links(message: tg.Message, text: str) -> list[str]:
    """The addresses behind words that were made links: who reads plain text would never see them."""
    entities = (*message.entities, *message.caption_entities)
    links = (entity.url for entity in entities if entity.type == "text_link")
    return [
        link for link in dict.fromkeys(links) if link.startswith(("http://", "https://")) and link not in text
    ]


def _message(
    message: tg.Message,
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
    if group_chat and not message.sender_chat:
        # What is for one person alone goes to their private chat.
        reply_to["user_id"] = sender.reference
    album = message.media_group_id and not edited
    return Message(
        external_id=external_id,
        verb="edit" if edited else "new",
        version=_version(message, words) if edited else "",
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


def _version(message: tg.Message, words: str) -> str:
    """The same for the same edit, another for another: a second is long enough for two of them."""
    files = [file.file_unique_id for file, _ in _attached(message)]
    content = "\x1f".join((words, *files)).encode("utf-8", "surrogatepass")
    return f"{message.edit_date or message.date}-{hashlib.blake2b(content, digest_size=6).hexdigest()}"


def _follows(message: tg.Message, us: Us) -> tuple[str, ...]:
    """A reply adds to one's own earlier words, or to what the bot said about them; not to somebody else's."""
    replied = _replied(message)
    if not replied or not replied.sender:
        return ()
    ours = replied.sender.id == us.id
    own = message.sender is not None and not message.sender_chat and replied.sender.id == message.sender.id
    return (f"{message.chat.id}:{replied.message_id}",) if ours or own else ()


def _sender(message: tg.Message) -> Sender:
    if message.sender_chat:
        return Sender(reference=str(message.sender_chat.id), name=message.sender_chat.title)
    user = message.sender
    assert user is not None, "`_not_a_citizen` has seen to it"  # noqa: S101
    person = _person(user)
    card = message.contact
    phone = _international(card.phone_number) if card and card.user_id == user.id else ""
    if phone:
        return structs.replace(person, contacts=(*person.contacts, Contact(kind="phone", value=phone)))
    return person


def _person(user: tg.User) -> Sender:
    contacts = (Contact(kind="handle", value=f"@{user.username}"),) if user.username else ()
    return Sender(
        reference=str(user.id), name=f"{user.first_name} {user.last_name}".strip(), contacts=contacts
    )


def _international(number: str) -> str:
    """Telegram writes its users' numbers with the country code and, more often than not, without the plus."""
    digits = "".join(c for c in number if c in "0123456789")
    if not digits:
        return ""
    return f"+62{digits[1:]}" if digits.startswith("0") else f"+{digits}"


def _contact_line(card: tg.Contact) -> str:
    name = f"{card.first_name} {card.last_name}".strip()
    return "Kontak: " + ", ".join(part for part in (name, card.phone_number) if part)


def _place(message: tg.Message) -> Place:
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


def _attached(message: tg.Message) -> list[tuple[tg.File, str]]:
    """The files of a message, each with its type as far as it is told."""
    found: list[tuple[tg.File, str]] = []
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
    return found


def _files(message: tg.Message) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            name=file.file_name,
            declared_type=declared,
            size=file.file_size or 0,
            state="pending",
            remote=file.file_id,
            caption=message.caption,
        )
        for file, declared in _attached(message)
    )


def _permalink(message: tg.Message) -> str:
    """https://core.telegram.org/api/links#message-links; only supergroups have them."""
    if message.chat.type != "supergroup":
        return ""
    if message.chat.username:
        return f"https://t.me/{message.chat.username}/{message.message_id}"
    inner = str(message.chat.id).removeprefix("-100")
    return f"https://t.me/c/{inner}/{message.message_id}"
