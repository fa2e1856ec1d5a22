"""A form that a person filled in: its fields read one by one, and everything that is wrong with them at once.

Problems are pairs of a field's name and the key of a sentence (`problem.<key>` in the pages' message files), so that
each door can say them in the citizen's own language.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import phonenumbers

from adapters.shared.multipart import Part
from normalizer.categories import categories
from normalizer.gazetteer import Kelurahan, kelurahan_table
from normalizer.media import HEAD, sniff
from normalizer.record import Attachment, Contact, Coordinates, Place, Region
from normalizer.text import storable

TEXT_MIN, TEXT_MAX = 10, 20_000
LINE_MAX = 200
FILES_MAX, FILE_BYTES_MAX = 10, 10 * 1024 * 1024
#: What a photo or a scanned letter may be.
PICTURES = frozenset(
    (
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "image/heic",
        "image/heif",
        "image/avif",
        "application/pdf",
    )
)
#: Our own pages sign their form's number behind a dot; the number alone is the form's id.
_FORM_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.IGNORECASE)
_E164 = phonenumbers.PhoneNumberFormat.E164


def text_fields(parts: Iterable[Part]) -> dict[str, str]:
    """The fields of a multipart form; of a name that comes twice, the first."""
    fields: dict[str, str] = {}
    for part in parts:
        if part.filename is None:
            fields.setdefault(part.name, storable(part.text))
    return fields


def chosen_files(parts: Iterable[Part], name: str = "files") -> tuple[Part, ...]:
    """The files that were chosen in the input called `name`."""
    return tuple(part for part in parts if part.filename is not None and part.name == name and part.content)


class Form:
    """The fields of one form on the day `day` (a date in Jakarta). What was read is good while `problems` is empty."""

    def __init__(self, fields: Mapping[str, str], files: Sequence[Part], day: date) -> None:
        self.fields, self.files, self.day = fields, files, day
        self.problems: list[tuple[str, str]] = []

    def wrong(self, field: str, problem: str) -> None:
        self.problems.append((field, problem))

    def line(self, field: str) -> str:
        """One line of text; white space is made single."""
        value = " ".join(self.fields.get(field, "").split())
        if len(value) > LINE_MAX:
            self.wrong(field, "too_long")
        return value

    def ticked(self, field: str) -> bool:
        return self.fields.get(field, "") not in ("", "0", "off", "false")

    def form_id(self) -> str:
        """The form's own id without the page's signature: a form sent twice is one complaint."""
        number = self.fields.get("form_id", "").partition(".")[0]
        if not _FORM_ID.fullmatch(number):
            self.wrong("form_id", "form_id")
        return number

    def text(self) -> str:
        text = self.fields.get("text", "").strip()
        if not text:
            self.wrong("text", "text_missing")
        elif len(text) < TEXT_MIN:
            self.wrong("text", "text_short")
        elif len(text) > TEXT_MAX:
            self.wrong("text", "text_long")
        return text

    def phone(self) -> tuple[Contact, ...]:
        written = self.line("phone")
        if not written:
            return ()
        try:
            number = phonenumbers.parse(written, "ID")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            self.wrong("phone", "phone")
            return ()
        return (Contact(kind="phone", value=phonenumbers.format_number(number, _E164)),)

    def email(self) -> tuple[Contact, ...]:
        written = self.line("email")
        if written and not _EMAIL.fullmatch(written):
            self.wrong("email", "email")
        return (Contact(kind="email", value=written.lower()),) if written else ()

    def category(self) -> str:
        code = self.line("category")
        if code and code not in {c.code for c in categories(self.day)}:
            self.wrong("category", "category")
        return code

    def place(self) -> Place:
        """The address, and the kelurahan that was chosen from the list (method `clerk`, as a person chose it)."""
        address, written = self.line("address"), self.line("kelurahan")
        if not written:
            return Place(address=address, method="address", confidence=0.5) if address else Place()
        found = find_kelurahan(written)
        if len(found) != 1:
            self.wrong("kelurahan", "kelurahan_unclear" if found else "kelurahan_unknown")
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

    def attachments(
        self, kinds: Collection[str] = PICTURES, problem: str = "files_type"
    ) -> tuple[Attachment, ...]:
        """The files, typed by their content; `problem` is said when one is of none of the `kinds`."""
        if len(self.files) > FILES_MAX:
            self.wrong("files", "files_many")
        if any(len(part.content) > FILE_BYTES_MAX for part in self.files):
            self.wrong("files", "files_large")
        types = [sniff(part.content[:HEAD]) for part in self.files]
        if not all(kind in kinds for kind in types):
            self.wrong("files", problem)
        return tuple(
            Attachment(
                name=file_name(part.filename or ""),
                media_type=kind,
                declared_type=part.media_type,
                size=len(part.content),
            )
            for part, kind in zip(self.files, types, strict=True)
        )


def file_name(written: str) -> str:
    """The last part of the name that a browser sent, for people to read; nothing is ever stored under it."""
    return storable(re.split(r"[\\/]", written)[-1])[:LINE_MAX]


def kelurahan_label(one: Kelurahan) -> str:
    """How a page offers a kelurahan: `Cideng, Gambir, Jakarta Pusat`."""
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
