"""A piece of an exported table becomes messages: one per row, and a row that cannot be read says why.

The layouts of the old exports are not published, so each of our fields is looked for under several column names,
and the account's settings may name others (`fields`).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers

from adapters.base import Accepted, Ignored, Item, NotRead
from normalizer.errors import Malformed, Unreadable
from normalizer.record import Attachment, Authenticity, Contact, Coordinates, Message, Place, RawEvent, Sender
from normalizer.text import storable

from .settings import QlueSettings

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "report_id", "id_laporan", "no_laporan", "nomor_laporan", "nomor", "tracking_id"),
    "text": ("description", "deskripsi", "isi", "isi_laporan", "laporan", "uraian", "text", "keterangan"),
    "title": ("title", "judul", "subject"),
    "category": ("label", "category", "kategori", "topik", "jenis"),
    "time": ("timestamp", "created_at", "tanggal", "tanggal_laporan", "waktu", "time", "date"),
    "latitude": ("latitude", "lat", "lintang"),
    "longitude": ("longitude", "lng", "lon", "long", "bujur"),
    "address": ("address", "alamat", "lokasi", "place_name"),
    "name": ("name", "nama", "nama_pelapor", "fullname"),
    "username": ("username", "user", "pelapor", "akun"),
    "phone": ("phone", "telepon", "no_hp", "hp", "msisdn"),
    "email": ("email", "surel"),
    "photo": ("photo", "photos", "foto", "file", "image", "image_url", "url_foto", "gambar"),
    "link": ("link", "url", "permalink"),
    "channel": ("channel", "sumber", "source", "kanal"),
    "confidential": ("confidential", "rahasia"),
    "anonymous": ("anonymous", "anonim"),
}
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%d", "%d/%m/%Y")
TEXT_MAX = 20_000
_YES = frozenset(("1", "true", "t", "ya", "y", "yes"))


def parse(raw: RawEvent, settings: QlueSettings) -> Sequence[Item]:
    """One item per row. Raises `Unreadable` when the piece is no table at all."""
    kind = raw.headers.get("content-type", "").partition(";")[0].strip()
    rows = _jsonl(raw.body) if kind in ("application/x-ndjson", "application/jsonl") else _csv(raw.body)
    return [_item(row, settings, raw) for row in rows]


def _csv(body: bytes) -> Iterator[dict[str, str] | str]:
    text = _decode(body)
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)
    try:
        columns = [name.strip() for name in next(reader, [])]
        if not any(columns):
            raise Unreadable("the table has no heading")
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) > len(columns):
                yield f"it has {len(cells)} cells under {len(columns)} columns"
            else:
                yield dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        yield str(error)


def _decode(body: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252", "latin-1"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 reads every byte")


def _jsonl(body: bytes) -> Iterator[dict[str, str] | str]:
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield f"not JSON: {error}"
            continue
        if isinstance(found, dict):
            yield {str(name): _plain(value) for name, value in found.items()}
        else:
            yield "not a JSON object"


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " ".join(value)
    return msgspec.json.encode(value).decode()


def _item(row: dict[str, str] | str, settings: QlueSettings, raw: RawEvent) -> Item:
    if isinstance(row, str):
        return NotRead(reason=row)
    cells = Row(row, settings)
    external_id = cells.identity()
    if not cells["text"] and not cells["title"] and not cells["photo"]:
        return Ignored(reason="empty", external_id=external_id)
    try:
        return Accepted(message=cells.message(external_id))
    except Malformed as error:
        return NotRead(reason=str(error), external_id=external_id)


class Row:
    """One report; a cell is found under the settings' column, else under the known names. Absent ones are empty."""

    def __init__(self, cells: Mapping[str, str], settings: QlueSettings) -> None:
        self._cells = {name.strip().casefold(): storable(value).strip() for name, value in cells.items()}
        self._settings = settings

    def __getitem__(self, field: str) -> str:
        names = (self._settings.fields[field],) if field in self._settings.fields else COLUMNS[field]
        return next((found for name in names if (found := self._cells.get(name.casefold(), ""))), "")

    def identity(self) -> str:
        """The report's own number; without one, a hash of the whole row: the same row is the same report."""
        number = self["id"]
        if number:
            return number[:200]
        told = "\x1f".join(f"{name}\x1e{value}" for name, value in sorted(self._cells.items()))
        return "row:" + hashlib.sha256(told.encode()).hexdigest()[:32]

    def message(self, external_id: str) -> Message:
        """Raises `Malformed` with the column as the file calls it."""
        if len(self["text"]) > TEXT_MAX:
            raise Malformed(self._column("text"), "is longer than 20,000 characters", "shorten it")
        name, username = self["name"], self["username"]
        reference = username or self["phone"] or self["email"]
        contacts = (*self._phone(), *self._email())
        return Message(
            external_id=external_id,
            sent_at=self._time(),
            sender=Sender(reference=reference, name=name or username, contacts=contacts),
            subject=self["title"],
            text=self["text"] or self["title"],
            place=self._place(),
            category=self._mapped("category", self._settings.categories),
            channel=self._mapped("channel", self._settings.channels),
            attachments=tuple(
                Attachment(name=url.rpartition("/")[2].partition("?")[0][:200], remote=url, state="pending")
                for url in dict.fromkeys(self["photo"].replace(",", " ").replace("|", " ").split())
                if url.startswith(("https://", "http://"))
            ),
            permalink=link if (link := self["link"]).startswith(("https://", "http://")) else "",
            anonymous=self["anonymous"].casefold() in _YES,
            confidential=self["confidential"].casefold() in _YES,
            authenticity=Authenticity(method="signature"),
        )

    def _column(self, field: str) -> str:
        """The column in which the file says `field`."""
        names = (self._settings.fields[field],) if field in self._settings.fields else COLUMNS[field]
        return next((name for name in names if self._cells.get(name.casefold())), field)

    def _mapped(self, field: str, table: Mapping[str, str]) -> str:
        return {name.casefold(): code for name, code in table.items()}.get(self[field].casefold(), "")

    def _time(self) -> datetime | None:
        written = self["time"]
        if not written:
            return None
        zone = ZoneInfo(self._settings.time_zone)
        found = _moment(written, (*self._settings.time_formats, *TIMES))
        if found is None:
            cure = "write it as 2018-03-05 14:30:00, or name its form in time_formats"
            raise Malformed(self._column("time"), "{written!r} is no time", cure, written=written[:40])
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

    def _place(self) -> Place:
        latitude, longitude = self._degrees("latitude", 90), self._degrees("longitude", 180)
        if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
            address = self["address"]
            return Place(address=address, method="address", confidence=0.5) if address else Place()
        where = Coordinates(latitude=latitude, longitude=longitude)
        return Place(coordinates=where, address=self["address"], method="coordinates", confidence=0.9)

    def _degrees(self, field: str, limit: float) -> float | None:
        written = self[field].replace(",", ".")
        if not written:
            return None
        try:
            value = float(written)
        except ValueError:
            value = limit + 1
        if not -limit <= value <= limit:
            column = self._column(field)
            cure = "write degrees, as -6.2088 and 106.8456"
            raise Malformed(column, "{written!r} is no {field}", cure, written=written[:40], field=field)
        return value

    def _phone(self) -> tuple[Contact, ...]:
        try:
            number = phonenumbers.parse(self["phone"], "ID")
        except phonenumbers.NumberParseException:
            return ()
        if not phonenumbers.is_possible_number(number):
            return ()
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return (Contact(kind="phone", value=e164),)

    def _email(self) -> tuple[Contact, ...]:
        written = self["email"].lower()
        local, at, domain = written.partition("@")
        return (Contact(kind="email", value=written),) if at and local and "." in domain else ()


def _moment(written: str, formats: Sequence[str]) -> datetime | None:
    if written.isdigit() and len(written) in (10, 13):
        return datetime.fromtimestamp(int(written) / (1000 if len(written) == 13 else 1), UTC)
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        pass
    for form in formats:
        try:
            return datetime.strptime(written, form)  # noqa: DTZ007 - the zone is the account's
        except ValueError:
            continue
    return None
