"""What a report of the JAKI app says, or everything that is wrong with it at once. Pure.

The message's external id is the `Idempotency-Key`: a repeat is found by its claim. What the gateway knows of the
uploads that a report names stands in the envelope, `upload:<id>`; without it an attachment is simply pending.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from adapters.app.problems import FieldProblem
from adapters.app.strict_json import loads
from adapters.base import Accepted
from normalizer.categories import categories
from normalizer.errors import Malformed
from normalizer.gazetteer import find_region
from normalizer.identity import ticket_day
from normalizer.numbers import is_nik
from normalizer.record import Attachment, Contact, Coordinates, Message, Place, RawEvent, Sender

TEXT_MAX, ADDRESS_MAX, NAME_MAX, ID_MAX, ATTACHMENTS_MAX = 20_000, 500, 200, 128, 10
#: Metres; a telephone that knows its place less well does not know it.
ACCURACY_MAX = 100_000.0
KEY_HEADER = "idempotency-key"
REMOTE = "upload:"

_KEY = re.compile(r"[A-Za-z0-9._:-]{16,128}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_UPLOAD = re.compile(r"(?:[^?#\s]*/uploads/)?([A-Za-z0-9_-]{43})")
_FIELDS = (
    *("text", "category", "latitude", "longitude", "accuracy", "address", "kelurahan_code", "reporter"),
    *("anonymous", "confidential", "created_at", "language", "attachments"),
)
_REPORTER_FIELDS = ("id", "name", "phone", "email", "nik")


class InvalidReport(Malformed):
    """Every wrong field of a report."""

    http_status = 422

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(problems[0].pointer, problems[0].problem, problems[0].cure)
        self.problems = tuple(problems)


class Known(Struct, frozen=True, omit_defaults=True):
    """What is known of an upload: the sender's `name` and `type` for it, bytes, and the type by its content; and its
    SHA-256 when it is in the store already."""

    name: str = ""
    type: str = ""
    size: int = 0
    media_type: str = "application/octet-stream"
    sha256: str = ""


def idempotency_key(written: str) -> str | None:
    """The key in the header, which the IETF's draft wants in quotes and many send without; None when unusable."""
    bare = written[1:-1] if len(written) > 2 and written[0] == written[-1] == '"' else written
    return bare if _KEY.fullmatch(bare) else None


def parse(raw: RawEvent) -> Sequence[Accepted]:
    """The one message. Raises `Malformed` for what is no report at all, `InvalidReport` for wrong fields."""
    key = idempotency_key(raw.headers.get(KEY_HEADER, ""))
    if key is None:
        raise Malformed(
            "Idempotency-Key", "is absent or unusable", "send 16 to 128 letters, digits or . _ : -"
        )
    report = Report(loads(raw.body), ticket_day(raw.received_at))
    message = report.message(key, raw.envelope)
    if report.problems:
        raise InvalidReport(report.problems)
    return (Accepted(message=message),)


class Report:
    """The fields of one report, read one by one, and what is wrong with them (`problems`)."""

    def __init__(self, fields: Mapping[str, Any], day: date) -> None:
        self._fields, self._day = fields, day
        self.problems: list[FieldProblem] = []
        self.uploads: tuple[str, ...] = ()
        """Ids of the uploads that it names, in order; an id's place in the list is its JSON pointer's."""

    def message(self, key: str, envelope: Mapping[str, str] = {}) -> Message:
        """What the report says; only good when `problems` stayed empty."""
        self._unknown(self._fields, _FIELDS, "#")
        text = self._text("#/text", self._fields.get("text"), TEXT_MAX, required=True, lines=True)
        sender = self._reporter()
        language = self._language()
        category = self._category()
        place = self._place()
        return Message(
            external_id=key,
            sent_at=self._created_at(),
            sender=sender,
            text=text,
            original_text=self._fields["text"] if text else "",
            category=category,
            place=place,
            attachments=self._attachments(envelope),
            anonymous=self._flag("anonymous"),
            confidential=self._flag("confidential"),
            reply_to={"report": key, "reporter": sender.reference, "language": language},
        )

    def wrong(self, pointer: str, problem: str, cure: str) -> None:
        self.problems.append(FieldProblem(pointer, problem, cure))

    def _unknown(self, fields: Mapping[str, Any], known: Sequence[str], where: str) -> None:
        """A misspelt `confidental` that is overlooked would betray somebody: nothing is overlooked."""
        for name in fields:
            if name not in known:
                shown = name[:60].encode("ascii", "backslashreplace").decode()
                pointer = f"{where}/{shown.replace('~', '~0').replace('/', '~1')}"
                self.wrong(pointer, "there is no such field", f"use only: {', '.join(known)}")

    def _text(
        self, pointer: str, value: Any, most: int, *, required: bool = False, lines: bool = False
    ) -> str:
        """A string of at most `most` characters; one line of it unless `lines`."""
        if value is None and not required:
            return ""
        if not isinstance(value, str):
            self.wrong(pointer, "is absent" if value is None else "is no string", "send a string")
            return ""
        text: str = value
        try:
            text.encode()
        except UnicodeEncodeError:
            self.wrong(
                pointer,
                "has half a surrogate pair",
                "escape characters beyond U+FFFF as pairs, or not at all",
            )
            return ""
        if "\0" in text:
            self.wrong(pointer, "has a NUL character", "leave U+0000 out")
            return ""
        text = text.strip() if lines else " ".join(text.split())
        if required and not text:
            self.wrong(pointer, "is empty", "send at least one word")
        if len(text) > most:
            self.wrong(pointer, f"has {len(text)} characters", f"send at most {most}")
        return text

    def _flag(self, name: str) -> bool:
        value = self._fields.get(name)
        if value is not None and not isinstance(value, bool):
            self.wrong(f"#/{name}", "is neither true nor false", "send true or false, without quotes")
        return value is True

    def _reporter(self) -> Sender:
        given = self._fields.get("reporter")
        if given is None:
            return Sender()
        if not isinstance(given, dict):
            self.wrong(
                "#/reporter", "is no object", 'send {"id": "…"} and what else you know, or leave it out'
            )
            return Sender()
        where = "#/reporter"
        self._unknown(given, _REPORTER_FIELDS, where)
        contacts = []
        phone = self._text(f"{where}/phone", given.get("phone"), 40)
        if phone and not _PHONE.fullmatch(phone):
            self.wrong(f"{where}/phone", "is not in E.164", "send + and country code, as +6281200000000")
        elif phone:
            contacts.append(Contact(kind="phone", value=phone))
        email = self._text(f"{where}/email", given.get("email"), 254)
        if email and not _EMAIL.fullmatch(email):
            self.wrong(f"{where}/email", "is no address", "send one address, as siti@example.org")
        elif email:
            contacts.append(Contact(kind="email", value=email.lower()))
        nik = self._text(f"{where}/nik", given.get("nik"), 40)
        if nik and not is_nik(nik):
            self.wrong(
                f"{where}/nik", "cannot be a NIK", "send the 16 digits of the identity card, as a string"
            )
        return Sender(
            reference=self._text(f"{where}/id", given.get("id"), ID_MAX, required=True),
            name=self._text(f"{where}/name", given.get("name"), NAME_MAX),
            contacts=tuple(contacts),
            nik=nik,
        )

    def _category(self) -> str:
        code = self._text("#/category", self._fields.get("category"), 100)
        known = [c.code for c in categories(self._day)]
        if code and code not in known:
            self.wrong("#/category", "is no category of the CRM", f"send none, or one of: {', '.join(known)}")
        return code

    def _language(self) -> str:
        code = self._text("#/language", self._fields.get("language"), 35)
        if code and not _LANGUAGE.fullmatch(code):
            self.wrong(
                "#/language", "is no language tag", "send an ISO 639 code in small letters, as id or en"
            )
        return code

    def _created_at(self) -> datetime | None:
        written = self._text("#/created_at", self._fields.get("created_at"), 40)
        if not written:
            return None
        found = _TIME.fullmatch(written)
        try:
            if found is None:
                raise ValueError
            day, minute, second, fraction, zone = found.groups()
            # RFC 3339 has leap seconds and up to any number of digits; Python has 59 and six.
            second = "59" if second == "60" else second
            at = f"{day}T{minute}:{second}{(fraction or '')[:7]}{'+00:00' if zone in 'Zz' else zone}"
            return datetime.fromisoformat(at).astimezone(UTC)
        except (ValueError, OverflowError):
            self.wrong(
                "#/created_at", "is no time of RFC 3339 with its zone", "send it as 2026-11-24T08:15:00+07:00"
            )
            return None

    def _number(self, name: str) -> float | None:
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(f"#/{name}", "is no number", "send a JSON number without quotes, as -6.19357")
            return math.nan
        return float(value)

    def _coordinates(self) -> Coordinates | None:
        latitude, longitude, accuracy = map(self._number, ("latitude", "longitude", "accuracy"))
        if accuracy is not None and not math.isnan(accuracy) and not 0 <= accuracy <= ACCURACY_MAX:
            self.wrong(
                "#/accuracy", "is no radius", f"send metres from 0 to {ACCURACY_MAX:.0f}, or leave it out"
            )
        if latitude is None and longitude is None:
            if accuracy is not None:
                self.wrong(
                    "#/accuracy", "has no coordinates to belong to", "send latitude and longitude with it"
                )
            return None
        for name, value in (("latitude", latitude), ("longitude", longitude)):
            if value is None:
                self.wrong(f"#/{name}", "is absent", "send latitude and longitude together, or neither")
        if latitude is None or longitude is None or math.isnan(latitude) or math.isnan(longitude):
            return None
        return self._point(
            latitude, longitude, None if accuracy is None or math.isnan(accuracy) else accuracy
        )

    def _point(self, latitude: float, longitude: float, accuracy: float | None) -> Coordinates | None:
        if 90 < abs(latitude) <= 180 and abs(longitude) <= 90:
            cure = f"swap them: latitude {longitude:g}, longitude {latitude:g}"
            self.wrong("#/latitude", "latitude and longitude are swapped", cure)
            self.wrong("#/longitude", "latitude and longitude are swapped", cure)
        elif latitude == 0 and longitude == 0:
            self.wrong(
                "#/latitude", "0, 0 is what a device says that has no fix", "leave latitude and longitude out"
            )
        else:
            if abs(latitude) > 90:
                self.wrong(
                    "#/latitude", "is out of range", "send WGS 84 degrees, -90 to 90 (Jakarta: about -6.2)"
                )
            if abs(longitude) > 180:
                self.wrong(
                    "#/longitude",
                    "is out of range",
                    "send WGS 84 degrees, -180 to 180 (Jakarta: about 106.8)",
                )
            if abs(latitude) <= 90 and abs(longitude) <= 180:
                return Coordinates(latitude=latitude, longitude=longitude, accuracy=accuracy)
        return None

    def _place(self) -> Place:
        coordinates = self._coordinates()
        address = self._text("#/address", self._fields.get("address"), ADDRESS_MAX)
        code = self._text("#/kelurahan_code", self._fields.get("kelurahan_code"), 40)
        found = find_region(code) if code else None
        if code and (found is None or found.kelurahan is None):
            self.wrong(
                "#/kelurahan_code", "is no kelurahan of Jakarta", "send Kemendagri's code, as 31.71.04.1002"
            )
            found = None
        method = "coordinates" if coordinates else "address" if address else "none"
        if found is None:
            return Place(coordinates=coordinates, address=address, method=method)
        # Chosen from a list by the citizen, which the normaliser trusts as it does a clerk's choice.
        return Place(
            coordinates=coordinates,
            address=address,
            kelurahan=found.kelurahan,
            kecamatan=found.kecamatan,
            city=found.city,
            method="clerk",
            confidence=1.0,
            evidence=(code,),
        )

    def _attachments(self, envelope: Mapping[str, str]) -> tuple[Attachment, ...]:
        given = self._fields.get("attachments")
        if given is None:
            return ()
        if not isinstance(given, list):
            self.wrong("#/attachments", "is no list", "send a list of upload ids or addresses")
            return ()
        if len(given) > ATTACHMENTS_MAX:
            self.wrong("#/attachments", f"has {len(given)} entries", f"send at most {ATTACHMENTS_MAX}")
        ids: list[str] = []
        for index, written in enumerate(given[:ATTACHMENTS_MAX]):
            found = _UPLOAD.fullmatch(written) if isinstance(written, str) and len(written) <= 1000 else None
            if found is None:
                self.wrong(
                    f"#/attachments/{index}",
                    "names no upload",
                    "send the Location that its creation answered",
                )
            elif found[1] in ids:
                self.wrong(f"#/attachments/{index}", "is there twice", "name each upload once")
            ids.append(found[1] if found else "")
        self.uploads = tuple(ids)
        return tuple(_attachment(one, envelope) for one in ids if one)


def _attachment(upload: str, envelope: Mapping[str, str]) -> Attachment:
    known = msgspec.json.decode(envelope.get(REMOTE + upload, "{}"), type=Known)
    return Attachment(
        name=known.name,
        media_type=known.media_type,
        declared_type=known.type,
        size=known.size,
        sha256=known.sha256,
        state="stored" if known.sha256 else "pending",
        remote=REMOTE + upload,
    )
