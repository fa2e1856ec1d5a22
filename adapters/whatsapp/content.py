"""What a WhatsApp message holds, by its type: words, files, a place. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from adapters.shared.choices import tapped
from adapters.shared.meta_batch import BROKEN
from normalizer.errors import Unreadable
from normalizer.record import Attachment, Coordinates, Place

_FILES = frozenset({"image", "audio", "voice", "video", "document"})
#: Types that say something, and so cannot be without it.
_SPOKEN = _FILES | {"text", "location", "interactive", "button", "contacts"}
#: Keys of a filled-in form that are for machines.
_FORM_KEYS = frozenset({"flow_token", "wa_flow_response_params"})
#: How deep the fields of a form may lie.
_FORM_DEPTH = 4


class Content(Struct, frozen=True, kw_only=True):
    """What there is to read in one message."""

    text: str = ""
    files: tuple[Attachment, ...] = ()
    place: Place = Place()
    choice: str = ""
    """The button of ours that was tapped."""


class _Text(Struct, frozen=True):
    body: str | None = None


class _File(Struct, frozen=True):
    id: str | None = None
    mime_type: str | None = None
    caption: str | None = None
    filename: str | None = None


class _Spot(Struct, frozen=True):
    latitude: float | None = None
    longitude: float | None = None
    name: str | None = None
    address: str | None = None


class _Button(Struct, frozen=True):
    text: str | None = None
    payload: str | None = None


class _Choice(Struct, frozen=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None


class _Form(Struct, frozen=True):
    body: str | None = None
    response_json: str | None = None


class _Interactive(Struct, frozen=True):
    button_reply: _Choice | None = None
    list_reply: _Choice | None = None
    nfm_reply: _Form | None = None


class _Order(Struct, frozen=True):
    text: str | None = None


class _Name(Struct, frozen=True):
    formatted_name: str | None = None


class _Phone(Struct, frozen=True):
    phone: str | None = None
    wa_id: str | None = None


class _VCard(Struct, frozen=True):
    name: _Name | None = None
    phones: tuple[_Phone, ...] | None = None


def content_of(raw: Raw, kind: str) -> Content | None:
    """What a message of type `kind` holds; None for types that say nothing (stickers, reactions, those unknown)."""
    parts = msgspec.json.decode(raw, type=dict[str, Raw])
    if kind not in parts:
        if kind in _SPOKEN:
            raise Unreadable(f"a message of type {kind} without {kind}")
        return None
    part = parts[kind]
    if kind in _FILES:
        return _file(part, kind)
    if kind == "text":
        return Content(text=(msgspec.json.decode(part, type=_Text).body or "").strip())
    if kind == "location":
        return _location(part)
    if kind == "button":
        button = msgspec.json.decode(part, type=_Button)
        return Content(text=(button.text or button.payload or "").strip(), choice=tapped(button.payload))
    if kind == "interactive":
        return _interactive(part)
    if kind == "order":
        return _order(part)
    if kind == "contacts":
        cards = msgspec.json.decode(part, type=tuple[_VCard, ...])
        return Content(text="\n".join(_card_line(card) for card in cards))
    return None


def without_its_file(content: Content | None) -> Content:
    """What is left of a message whose file WhatsApp lost: the clerk has to see that there was one."""
    found = content or Content()
    return found if found.files else replace(found, files=(Attachment(state="unavailable"),))


def _file(part: Raw, kind: str) -> Content:
    file = msgspec.json.decode(part, type=_File)
    caption = (file.caption or "").strip()
    if not file.id:
        if caption:
            return Content(text=caption)
        raise Unreadable(f"{kind} without an id")
    attachment = Attachment(
        name=file.filename or "",
        declared_type=(file.mime_type or "").partition(";")[0].strip(),
        state="pending",
        remote=file.id,
        caption=caption,
    )
    return Content(text=caption, files=(attachment,))


def _location(part: Raw) -> Content:
    spot = msgspec.json.decode(part, type=_Spot)
    if spot.latitude is None or spot.longitude is None:
        raise Unreadable("a location without coordinates")
    if not (math.fabs(spot.latitude) <= 90 and math.fabs(spot.longitude) <= 180):
        raise Unreadable("a location outside the globe")
    name, address = (spot.name or "").strip(), (spot.address or "").strip()
    lines = [address] if name and address.startswith(name) else [name, address]
    return Content(
        place=Place(
            coordinates=Coordinates(latitude=spot.latitude, longitude=spot.longitude),
            address=", ".join(line for line in lines if line),
            method="coordinates",
        )
    )


def _interactive(part: Raw) -> Content | None:
    """An answer to a menu or form that we showed: the words that were chosen or filled in."""
    found = msgspec.json.decode(part, type=_Interactive)
    choice = found.button_reply or found.list_reply
    if choice:
        text = "\n".join(p.strip() for p in (choice.title, choice.description) if p)
        return Content(text=text, choice=tapped(choice.id))
    if found.nfm_reply:
        return _form(found.nfm_reply)
    return None


def _order(part: Raw) -> Content | None:
    """What somebody wrote along with a shopping cart; the goods are nothing to complain of."""
    text = (msgspec.json.decode(part, type=_Order).text or "").strip()
    return Content(text=text) if text else None


def _form(form: _Form) -> Content:
    """The fields of a form as lines and its photos as files; without any, the line that the citizen saw.

    developers.facebook.com/documentation/business-messaging/whatsapp/flows/guides/receiveflowresponse
    """
    body = (form.body or "").strip()
    try:
        fields = msgspec.json.decode(form.response_json or "null")
    except BROKEN:
        return Content(text=body)
    lines: list[str] = []
    files: list[Attachment] = []
    if isinstance(fields, dict):
        for key, value in fields.items():
            if key not in _FORM_KEYS:
                said = ", ".join(_said(value, files))
                lines += [f"{key}: {said}"] if said else []
    return Content(text="\n".join(lines) or body, files=tuple(files))


def _said(value: Any, files: list[Attachment], depth: int = 0) -> Iterator[str]:
    """The words in one field: several where several were ticked, named where an address has parts. Files go aside."""
    if isinstance(value, dict) and "mime_type" in value and isinstance(value.get("id"), str | int):
        names = (value.get("file_name"), value.get("mime_type"))
        name, kind = (one if isinstance(one, str) else "" for one in names)
        files.append(Attachment(name=name, declared_type=kind, state="pending", remote=str(value["id"])))
    elif isinstance(value, dict | list) and depth < _FORM_DEPTH:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from (
                f"{key} {one}" if isinstance(key, str) else one for one in _said(inner, files, depth + 1)
            )
    elif isinstance(value, bool):
        yield "ya" if value else "tidak"
    elif isinstance(value, str | int | float) and value != "":
        yield str(value)


def _card_line(card: _VCard) -> str:
    name = (card.name.formatted_name if card.name else None) or ""
    phones = [phone.phone or phone.wa_id or "" for phone in card.phones or ()]
    return "Kontak: " + ", ".join(part for part in (name.strip(), *phones) if part)
