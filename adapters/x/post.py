"""One post or direct message, whichever of X's shapes it came in, and the item it becomes. Pure."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, structs

from adapters.base import Accepted, Ignored, Item
from adapters.x.words import expanded, only_mentions, post_in, unescaped, withheld, without_mention
from normalizer.record import Attachment, Authenticity, Contact, Coordinates, Message, Place, Sender

#: Metres in a degree of latitude; a bounding box with no larger radius is a spot (a shop, a crossing).
_DEGREE, _SPOT = 111_320.0, 250.0


class Us(Struct, frozen=True, kw_only=True):
    """Our account: what it writes is an echo, and @username is an address, not a word."""

    user_id: str
    username: str
    proof: str = "none"
    """How the raw event proved itself, for `Authenticity.method`."""


class Person(Struct, frozen=True, kw_only=True):
    """An author; any of it may be unknown."""

    id: str = ""
    name: str = ""
    username: str = ""


class Wording(Struct, frozen=True, kw_only=True):
    """A text as X gives it, with what its t.co links stand for, and the links that only carry its media."""

    text: str = ""
    links: dict[str, str] = {}
    media_links: tuple[str, ...] = ()


class Other(Struct, frozen=True, kw_only=True):
    """Another post that this one quotes or answers; its words are empty where X does not show them to us."""

    id: str
    author: Person = Person()
    wording: Wording = Wording()


class Post(Struct, frozen=True, kw_only=True):
    """A public post. `history` are the ids of all its versions, its own among them, when X says so."""

    id: str
    author: Person
    wording: Wording
    sent_at: datetime | None = None
    files: tuple[Attachment, ...] = ()
    place: Place = Place()
    conversation: str = ""
    answers: str = ""
    history: tuple[str, ...] = ()
    quote: Other | None = None
    answered: Other | None = None
    retweet: bool = False
    truncated: bool = False


class Direct(Struct, frozen=True, kw_only=True):
    """A direct message."""

    id: str
    author: Person
    wording: Wording
    sent_at: datetime | None = None
    files: tuple[Attachment, ...] = ()
    place: Place = Place()
    conversation: str = ""
    quote: Other | None = None


def post_item(post: Post, us: Us) -> Item:
    """What becomes of a public post."""
    if _is_us(post.author, us):
        return Ignored(reason="own_echo", external_id=post.id)
    if post.retweet:
        return Ignored(reason="unsupported", external_id=post.id, detail="retweet")
    if withheld(post.wording.text):
        return Ignored(reason="unsupported", external_id=post.id, detail="withheld")
    text = _text(post.wording, post.quote, us, post.id)
    if only_mentions(text) and not (post.files or post.place.coordinates):
        # Only names below another's post: that post is what they point at.
        text = "" if post.answered is None else _context("Menanggapi", post.answered, us)
    if not (text or post.files or post.place.coordinates):
        return Ignored(reason="empty", external_id=post.id)
    first = min(post.history, key=int, default=post.id)
    edit = int(first) < int(post.id)
    earlier = post.history if edit else _thread(post, us)
    message = Message(
        external_id=post.id,
        verb="edit" if edit else "new",
        sent_at=post.sent_at,
        sender=_sender(post.author),
        text=text,
        original_text=unescaped(post.wording.text),
        attachments=post.files,
        place=post.place,
        follows=tuple(dict.fromkeys(number for number in earlier if number and number != post.id)),
        thread_id=post.conversation or post.answers or post.id,
        permalink=link_to(post.id, post.author),
        reply_to={"post_id": post.id} | ({"participant_id": post.author.id} if post.author.id else {}),
        public=True,
        authenticity=Authenticity(method=us.proof),
        flags=("text_truncated",) if post.truncated else (),
    )
    return Accepted(message=message)


def direct_item(direct: Direct, us: Us) -> Item:
    """What becomes of a direct message."""
    if _is_us(direct.author, us):
        return Ignored(reason="own_echo", external_id=direct.id)
    text = _text(direct.wording, direct.quote, us, direct.id)
    if not (text or direct.files or direct.place.coordinates):
        return Ignored(reason="empty", external_id=direct.id)
    message = Message(
        external_id=direct.id,
        sent_at=direct.sent_at,
        sender=_sender(direct.author),
        text=text,
        original_text=unescaped(direct.wording.text),
        attachments=direct.files,
        place=direct.place,
        thread_id=direct.conversation,
        reply_to={"participant_id": direct.author.id},
        authenticity=Authenticity(method=us.proof),
    )
    return Accepted(message=message)


def conversation_of(one: str, other: str) -> str:
    """The id that X gives a conversation of two: both user ids, the smaller first."""
    return "-".join(sorted((one, other), key=int)) if one and other else ""


def file(address: str, kind: str, caption: str = "", declared: str = "") -> Attachment:
    """A photo in the size it was uploaded, a video as it is; one without an address is known, not to be had."""
    if not address:
        return Attachment(state="unavailable", declared_type=declared or _declared(kind), caption=caption)
    parts = urlsplit(address)
    if kind == "photo" and parts.hostname == "pbs.twimg.com" and not parts.query:
        address = f"{address.removesuffix(':large')}?name=orig"
    name = parts.path.rpartition("/")[2]
    return Attachment(
        name=name.partition(":")[0],
        declared_type=declared or _declared(kind),
        state="pending",
        remote=address,
        caption=caption,
    )


def best_variant(variants: list[dict[str, Any]], bit_rate: str) -> str:
    """The address of a video's sharpest file; playlists (m3u8) are none. `bit_rate` is the key's name."""
    files = [v for v in variants if v.get("content_type") == "video/mp4" and isinstance(v.get("url"), str)]

    def rate(variant: dict[str, Any]) -> float:
        value = variant.get(bit_rate)
        return float(value) if isinstance(value, int | float) else 0.0

    return str(max(files, key=rate)["url"]) if files else ""


def place(point: list[float] | None, name: str) -> Place:
    """`point` is GeoJSON's: longitude, latitude; one that is not on earth is not taken."""
    if point and len(point) == 2 and -180 <= point[0] <= 180 and -90 <= point[1] <= 90:
        spot = Coordinates(latitude=point[1], longitude=point[0])
        return Place(coordinates=spot, address=name, method="coordinates")
    return Place(address=name, method="address") if name else Place()


def area(west: float, south: float, east: float, north: float, name: str) -> Place:
    """A bounding box: a spot where it is small enough to be one, else only its name, since its middle means nothing."""
    middle = (south + north) / 2
    height = abs(north - south) * _DEGREE
    width = abs(east - west) * _DEGREE * math.cos(math.radians(middle))
    radius = math.hypot(width, height) / 2
    if not radius <= _SPOT:
        return place(None, name)
    found = place([(west + east) / 2, middle], name)
    if found.coordinates is None:
        return found
    return structs.replace(found, coordinates=structs.replace(found.coordinates, accuracy=round(radius)))


def _declared(kind: str) -> str:
    return "image/jpeg" if kind == "photo" else "video/mp4"


def _is_us(author: Person, us: Us) -> bool:
    if author.id:
        return author.id == us.user_id
    return bool(author.username) and author.username.lower() == us.username.lower()


def _sender(author: Person) -> Sender:
    handle = f"@{author.username}" if author.username else ""
    contacts = (Contact(kind="handle", value=handle),) if handle else ()
    return Sender(reference=author.id or handle, name=author.name, contacts=contacts)


def _thread(post: Post, us: Us) -> tuple[str, ...]:
    """What `post` adds to if it is the author's own: the post it answers, the thread's first, the one it quotes.

    What we said about theirs counts too; who quotes somebody else points at it, and adds nothing.
    """
    quote = post.quote
    own = quote is not None and (_is_us(quote.author, us) or quote.author.id == post.author.id != "")
    return (post.answers, post.conversation, quote.id if quote and own else "")


def _text(wording: Wording, quote: Other | None, us: Us, number: str) -> str:
    """The author's words, then those of the post that they quote; the links that only lead there are left out.

    A text that X has cut off ends in a link to itself.
    """
    shown = {(number, False), (quote.id, False)} if quote else {(number, False)}
    hidden = {
        *wording.media_links,
        *(short for short, long in wording.links.items() if post_in(long) in shown),
    }
    own = without_mention(expanded(unescaped(wording.text), wording.links, hidden), us.username)
    return "\n\n".join(part for part in (own, _context("Mengutip", quote, us) if quote else "") if part)


def _context(verb: str, other: Other, us: Us) -> str:
    """Another's words, said to be another's; our own are no part of a complaint."""
    if _is_us(other.author, us) or withheld(other.wording.text):
        return ""
    wording = other.wording
    text = expanded(unescaped(wording.text), wording.links, wording.media_links)
    name = f" @{other.author.username}" if other.author.username else ""
    return f"{verb}{name}: {text or link_to(other.id, other.author)}"


def link_to(number: str, author: Person) -> str:
    """Where people read a post; X finds it without its author's name too."""
    return f"https://x.com/{author.username or 'i'}/status/{number}"
