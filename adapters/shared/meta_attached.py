"""What is attached to a private message of Messenger or Instagram: files, a place, what was shared. Pure.

developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages and
developers.facebook.com/docs/messenger-platform/instagram/features/webhook
"""

from __future__ import annotations

import math
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Raw, Struct

from adapters.shared.meta_batch import Id
from adapters.shared.meta_graph import on_host
from normalizer.record import Attachment, Coordinates, Place

_FILES = frozenset({"image", "video", "audio", "file", "story_mention"})
#: Where Meta keeps what was uploaded to it: such an address is a file, another one a page to read.
_CDN = ("fbcdn.net", "fbsbx.com", "cdninstagram.com")


class _Spot(Struct, frozen=True):
    lat: float | None = None
    long: float | None = None


class _Payload(Struct, frozen=True):
    url: str | None = None
    title: str | None = None
    sticker_id: Id | None = None
    coordinates: _Spot | None = None


class Attached(Struct, frozen=True):
    """`payload` is typed later: of kinds that we do not read it may be anything."""

    type: str = ""
    payload: Raw = Raw(b"null")
    title: str | None = None
    url: str | None = None


class Found(Struct):
    """What the attachments of one message hold."""

    files: list[Attachment]
    lines: list[str]
    place: Place
    link: str = ""
    passed: str = ""
    """The kind of what was passed over, or of what could not be read (`broken`)."""
    broken: bool = False


def found_in(attachments: tuple[Attached, ...], text: str) -> Found:
    found = Found(files=[], lines=[], place=Place())
    for one in attachments:
        kind = one.type[:40] or "attachment"
        try:
            payload = msgspec.json.decode(one.payload, type=_Payload | None) or _Payload()
        except msgspec.ValidationError:
            payload = _Payload()
            found.broken = found.broken or one.type in _FILES or one.type == "location"
        url = payload.url or one.url or ""
        if payload.sticker_id is not None or one.type == "sticker":
            found.passed = "sticker"
        elif one.type == "location":
            _locate(found, payload)
        elif one.type in _FILES and url:
            found.files.append(file_at(url))
        elif one.type in _FILES:
            found.passed, found.broken = kind, True
        else:
            _share(found, kind, payload.title or one.title or "", url, text)
    return found


def _locate(found: Found, payload: _Payload) -> None:
    """Its title is "Pinned Location" or somebody's name, never an address."""
    place = _place(payload.coordinates)
    if place.coordinates is None:
        found.passed, found.broken = "location", True
    elif found.place.coordinates is None:
        found.place = place


def _share(found: Found, kind: str, title: str, url: str, text: str) -> None:
    """A link preview, a shared post or reel: its title and address are what the citizen points at."""
    if lies_at_meta(url):
        found.files.append(file_at(url))
        url = ""
    known = {text.strip(), *found.lines}
    found.lines += [
        line for line in (title.strip(), url.strip()) if line and line not in known and line not in text
    ]
    if url.startswith(("https://", "http://")):
        found.link = found.link or url
    if not (title or url):
        found.passed = kind


def lies_at_meta(url: str) -> bool:
    """Whether `url` is a file that was uploaded to Meta, and no page."""
    return on_host(_parts(url)[1].lower(), _CDN)


def _place(spot: _Spot | None) -> Place:
    """A shared location; one that lies nowhere on the globe is none."""
    if spot is None or spot.lat is None or spot.long is None:
        return Place()
    if not (math.fabs(spot.lat) <= 90 and math.fabs(spot.long) <= 180):
        return Place()
    return Place(coordinates=Coordinates(latitude=spot.lat, longitude=spot.long), method="coordinates")


def file_at(url: str) -> Attachment:
    """A file behind an address at Meta, which lives for some days; its name if the address tells one."""
    name = unquote(_parts(url)[2].rpartition("/")[2])
    return Attachment(name=name[:120] if "." in name else "", state="pending", remote=url)


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host, path; empty where `url` is no address."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.path
    except ValueError:
        return "", "", ""
