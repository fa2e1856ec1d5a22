"""A citizen's form, from our own page or from the portal: one message, or every wrong field at once.

Our own doors write the envelope: `door` (`web` or `portal`), and `hold`, why a person has to look first. The page
sends multipart/form-data; the portal sends that too, or one JSON object of the same fields (`Report`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

from adapters.base import Accepted
from adapters.shared.form import PICTURES, Form, chosen_files, text_fields
from adapters.shared.multipart import Part, read
from normalizer.errors import InvalidForm, Malformed, Unreadable
from normalizer.identity import ticket_day
from normalizer.record import Contact, Coordinates, Message, Place, RawEvent, Sender
from normalizer.text import storable

KINDS = PICTURES | {"video/mp4", "video/quicktime", "video/3gpp", "video/webm", "video/x-matroska"}
PAGE_ORDER = (
    *("form_id", "text", "category", "files", "lat", "long", "accuracy", "address", "kelurahan"),
    *("name", "phone", "email", "anonymous", "confidential", "consent"),
)
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class File(Struct, frozen=True, kw_only=True):
    """One photo, letter or video: `content` is base64 of its bytes."""

    content: bytes
    name: str = ""
    media_type: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """What the portal sends as JSON. `lat` and `long` are WGS 84 degrees, `accuracy` metres.

    `form_id` is 16 to 64 letters, digits, `-` and `_`: the same id is the same report, however often it is sent. It
    may stand in the header `Idempotency-Key` instead. `consent` has to be true: the citizen agreed to the use of the
    data. `kelurahan` is a Kemendagri code, or a name as our page offers it; `category` a code of the CRM's table.
    """

    text: str
    consent: bool
    form_id: str = ""
    category: str = ""
    address: str = ""
    kelurahan: str = ""
    lat: float | None = None
    long: float | None = None
    accuracy: float | None = None
    name: str = ""
    phone: str = ""
    email: str = ""
    anonymous: bool = False
    confidential: bool = False
    files: list[File] = []


def parse(raw: RawEvent) -> Sequence[Accepted]:
    """The one message of a form. Raises `InvalidForm` with every wrong field, `Malformed`, `Unreadable`."""
    if raw.envelope.get("door") not in ("web", "portal"):
        raise Unreadable("a form that came through neither of our doors")
    form = _form(raw)
    message = _message(form, raw)
    if form.problems:
        raise InvalidForm(tuple(sorted(set(form.problems), key=_order)))
    return (Accepted(message=message, contents=dict(enumerate(part.content for part in form.files))),)


def _order(problem: tuple[str, str]) -> tuple[int, str, str]:
    field, key = problem
    return PAGE_ORDER.index(field) if field in PAGE_ORDER else len(PAGE_ORDER), field, key


def _form(raw: RawEvent) -> Form:
    content_type = raw.headers.get("content-type", "")
    day = ticket_day(raw.received_at)
    if raw.envelope["door"] == "portal" and not content_type.lower().startswith("multipart/"):
        fields, files, problems = _from_json(raw.body)
        form = Form(fields, files, day)
        form.problems += problems
    else:
        parts = read(raw.body, content_type)
        form = Form(text_fields(parts), chosen_files(parts), day)
    return _with_key(form, raw.headers.get("idempotency-key", ""))


def _with_key(form: Form, key: str) -> Form:
    """The header's id and the form's are one and the same."""
    given = form.fields.get("form_id", "").partition(".")[0]
    if key and given and key != given:
        form.wrong("form_id", "form_id_differs")
    elif key and _KEY.fullmatch(key):
        form.fields = {**form.fields, "form_id": key}
    return form


def _from_json(body: bytes) -> tuple[dict[str, str], tuple[Part, ...], list[tuple[str, str]]]:
    """Fields as the page would send them, files, and what is of the wrong type: each field by itself."""
    try:
        given = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Malformed(
            "body", "is not one JSON object", "Send the fields as a JSON object in UTF-8"
        ) from None
    types = get_type_hints(Report)
    fields: dict[str, str] = {}
    files: tuple[Part, ...] = ()
    problems: list[tuple[str, str]] = []
    for name, written in given.items():
        if name not in types:
            problems.append((storable(name)[:60], "unknown_field"))
            continue
        try:
            value = msgspec.json.decode(written, type=types[name])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            problems.append((name, "type"))
            continue
        if name == "files":
            files = tuple(map(_part, value))
        else:
            fields[name] = _as_typed(value)
    return fields, files, problems


def _part(file: File) -> Part:
    return Part(name="files", content=file.content, filename=file.name, media_type=file.media_type)


def _as_typed(value: Any) -> str:
    if isinstance(value, str):
        return storable(value)
    return "" if value is None else "1" if value is True else "0" if value is False else repr(value)


def _message(form: Form, raw: RawEvent) -> Message:
    """What the form says; only good when its `problems` stayed empty."""
    external_id = form.form_id()
    contacts = (*form.phone(), *form.email())
    message = Message(
        external_id=external_id,
        sent_at=raw.received_at,
        sender=Sender(reference=_reference(external_id, contacts), name=form.line("name"), contacts=contacts),
        text=form.text(),
        original_text=form.fields.get("text", ""),
        category=form.category(),
        place=_place(form),
        attachments=form.attachments(KINDS, "files_kind"),
        anonymous=form.ticked("anonymous"),
        confidential=form.ticked("confidential"),
        hold=raw.envelope.get("hold", ""),
    )
    if not form.ticked("consent"):
        form.wrong("consent", "consent_own")
    return message


def _reference(external_id: str, contacts: tuple[Contact, ...]) -> str:
    """The same telephone or address is the same person; without either, each form stands alone."""
    return f"{contacts[0].kind}:{contacts[0].value}" if contacts else f"form:{external_id}"


def _place(form: Form) -> Place:
    """The device's position is where it happened; the kelurahan that was chosen says which one that is."""
    place = form.place()
    latitude, longitude = _degrees(form, "lat", 90), _degrees(form, "long", 180)
    if latitude is None and longitude is None:
        return place
    if latitude is None or longitude is None:
        form.wrong("lat" if latitude is None else "long", "position_half")
        return place
    accuracy = _number(form.fields.get("accuracy", ""))
    point = Coordinates(
        latitude=latitude, longitude=longitude, accuracy=accuracy if accuracy and accuracy > 0 else None
    )
    named = place.kelurahan is not None
    return msgspec.structs.replace(place, coordinates=point, method=place.method if named else "coordinates")


def _degrees(form: Form, field: str, most: int) -> float | None:
    written = form.fields.get(field, "").strip()
    if not written:
        return None
    number = _number(written)
    if number is None or abs(number) > most:
        form.wrong(field, "position")
        return 0.0
    return number


def _number(written: str) -> float | None:
    try:
        number = float(written)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
