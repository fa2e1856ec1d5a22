"""The walk-in form: multipart bytes and the clerk's envelope become one message, or every wrong field at once.

The envelope is written by our own page after it has proved the session: `clerk` (login) and `office_code`.
Problems are keys of the page's message files (`problem.<key>`), so that they can be said in the clerk's language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import phonenumbers

from adapters.base import Accepted
from adapters.walkin.multipart import Part, read
from adapters.walkin.nik import Nik, read_nik
from normalizer.categories import categories
from normalizer.errors import InvalidForm, Unreadable
from normalizer.gazetteer import Kelurahan, kelurahan_table
from normalizer.identity import ticket_day
from normalizer.offices import Office, offices
from normalizer.record import (
    Attachment,
    Authenticity,
    Contact,
    Coordinates,
    Message,
    Place,
    RawEvent,
    Region,
    Sender,
)
from normalizer.text import storable

TEXT_MIN, TEXT_MAX = 10, 20_000
LINE_MAX = 200
FILES_MAX, FILE_BYTES_MAX = 10, 10 * 1024 * 1024
_PAGE_ORDER = (
    *("form_id", "text", "category", "kelurahan", "address", "files"),
    *("name", "phone", "nik", "email", "on_behalf_of", "consent"),
)
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.IGNORECASE)
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1", b"avif")


def parse(raw: RawEvent) -> Sequence[Accepted]:
    """The one message of a form. Raises `InvalidForm`, `Malformed` or, without a clerk, `Unreadable`."""
    office = offices().get(raw.envelope.get("office_code", ""))
    if office is None or not raw.envelope.get("clerk"):
        raise Unreadable("a walk-in form without a clerk or an office")
    form = Form(read(raw.body, raw.headers.get("content-type", "")), raw, office)
    message = form.message()
    if form.problems:
        raise InvalidForm(tuple(sorted(form.problems, key=lambda problem: _PAGE_ORDER.index(problem[0]))))
    return (Accepted(message=message, contents=dict(enumerate(part.content for part in form.files))),)


class Form:
    """The fields of one form, and what is wrong with them (`problems`)."""

    def __init__(self, parts: Sequence[Part], raw: RawEvent, office: Office) -> None:
        self._fields: dict[str, str] = {}
        for part in parts:
            if part.filename is None:
                self._fields.setdefault(part.name, storable(part.text))
        self.files = tuple(p for p in parts if p.filename is not None and p.name == "files" and p.content)
        self.problems: list[tuple[str, str]] = []
        self._raw, self._office = raw, office

    def message(self) -> Message:
        """What the form says; only good when `problems` stayed empty."""
        external_id = self._external_id()
        name = self._line("name")
        nik = self._nik()
        contacts = (*self._phone(), *self._email())
        sender = Sender(
            reference=self._reference(external_id, name, nik, contacts), name=name, contacts=contacts, nik=nik
        )
        message = Message(
            external_id=external_id,
            sent_at=self._raw.received_at,
            sender=sender,
            on_behalf_of=self._line("on_behalf_of"),
            text=self._text(),
            original_text=self._fields.get("text", ""),
            category=self._category(),
            place=self._place(),
            attachments=self._attachments(),
            anonymous=self._ticked("anonymous"),
            confidential=self._ticked("confidential"),
            channel=self._office.channel,
            office_code=self._office.code,
            clerk_id=self._raw.envelope["clerk"],
            authenticity=Authenticity(method="session"),
        )
        if not self._ticked("consent"):
            self._wrong("consent", "consent")
        return message

    def _wrong(self, field: str, problem: str) -> None:
        self.problems.append((field, problem))

    def _line(self, field: str) -> str:
        value = " ".join(self._fields.get(field, "").split())
        if len(value) > LINE_MAX:
            self._wrong(field, "too_long")
        return value

    def _ticked(self, field: str) -> bool:
        return self._fields.get(field, "") not in ("", "0", "off")

    def _external_id(self) -> str:
        """The form's own id without the page's signature: a form sent twice is one complaint."""
        number = self._fields.get("form_id", "").partition(".")[0]
        if not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", number):
            self._wrong("form_id", "form_id")
        return number

    def _nik(self) -> str:
        written = self._line("nik")
        if not written:
            return ""
        read_as = read_nik(written, ticket_day(self._raw.received_at))
        if isinstance(read_as, Nik):
            return read_as.number
        self._wrong("nik", f"nik_{read_as}")
        return ""

    def _phone(self) -> tuple[Contact, ...]:
        written = self._line("phone")
        if not written:
            return ()
        try:
            number = phonenumbers.parse(written, "ID")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            self._wrong("phone", "phone")
            return ()
        return (Contact(kind="phone", value=phonenumbers.format_number(number, _E164)),)

    def _email(self) -> tuple[Contact, ...]:
        written = self._line("email")
        if written and not _EMAIL.fullmatch(written):
            self._wrong("email", "email")
        return (Contact(kind="email", value=written.lower()),) if written else ()

    def _reference(self, external_id: str, name: str, nik: str, contacts: tuple[Contact, ...]) -> str:
        """The same citizen at the same counter is found again; without any identity, each form stands alone."""
        if nik:
            return f"nik:{nik}"
        if contacts:
            return f"{contacts[0].kind}:{contacts[0].value}"
        if name and not self._ticked("anonymous"):
            return f"name:{self._office.code}:{name.casefold()}"
        return f"form:{external_id}"

    def _text(self) -> str:
        text = self._fields.get("text", "").strip()
        if not text:
            self._wrong("text", "text_missing")
        elif len(text) < TEXT_MIN:
            self._wrong("text", "text_short")
        elif len(text) > TEXT_MAX:
            self._wrong("text", "text_long")
        return text

    def _category(self) -> str:
        code = self._line("category")
        if code and code not in {c.code for c in categories(ticket_day(self._raw.received_at))}:
            self._wrong("category", "category")
        return code

    def _place(self) -> Place:
        address, written = self._line("address"), self._line("kelurahan")
        if not written:
            return Place(address=address, method="address", confidence=0.5) if address else Place()
        found = find_kelurahan(written)
        if len(found) != 1:
            self._wrong("kelurahan", "kelurahan_unclear" if found else "kelurahan_unknown")
            return Place(address=address)
        chosen = found[0]
        return Place(
            coordinates=Coordinates(latitude=chosen.latitude, longitude=chosen.longitude),
            address=address,
            kelurahan=Region(code=chosen.code, name=chosen.name),
            kecamatan=Region(code=chosen.kecamatan_code, name=chosen.kecamatan),
            city=Region(code=chosen.city_code, name=chosen.city),
            inside=True,
            method="clerk",
            confidence=1.0,
            evidence=(written,),
        )

    def _attachments(self) -> tuple[Attachment, ...]:
        if len(self.files) > FILES_MAX:
            self._wrong("files", "files_many")
        if any(len(part.content) > FILE_BYTES_MAX for part in self.files):
            self._wrong("files", "files_large")
        types = [media_type(part.content) for part in self.files]
        if not all(types):
            self._wrong("files", "files_type")
        return tuple(
            Attachment(
                name=file_name(part.filename or ""),
                media_type=kind or "application/octet-stream",
                declared_type=part.media_type,
                size=len(part.content),
            )
            for part, kind in zip(self.files, types, strict=True)
        )


_E164 = phonenumbers.PhoneNumberFormat.E164


def media_type(content: bytes) -> str:
    """The type of a picture or PDF by its first bytes; empty for anything else."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "image/avif" if content[8:12] == b"avif" else "image/heic"
    return ""


def file_name(written: str) -> str:
    """The last part of the name that a browser sent, for people to read; nothing is ever stored under it."""
    return storable(re.split(r"[\\/]", written)[-1])[:LINE_MAX]


def kelurahan_label(one: Kelurahan) -> str:
    """How the page offers a kelurahan: `Cideng, Gambir, Jakarta Pusat`."""
    return f"{one.name}, {one.kecamatan}, {one.city.removeprefix('Kota Administrasi ')}"


def find_kelurahan(written: str) -> tuple[Kelurahan, ...]:
    """The kelurahan that a code, a label of the page, or a bare name means; several when the name is shared."""
    wanted = _fold(written)
    found = []
    for one in kelurahan_table():
        if wanted in (_fold(one.code), _fold(kelurahan_label(one))):
            return (one,)
        if wanted in (_fold(one.name), _fold("kelurahan " + one.name)):
            found.append(one)
    return tuple(found)


def _fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
