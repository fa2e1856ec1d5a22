"""The parts of a provider's HTTP request as bytes and text: query, form, and times. Pure and linear."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from normalizer.errors import Unreadable
from normalizer.record import RawEvent

#: Far above what any provider sends; more fields than this are no SMS.
MOST_FIELDS = 500

Pairs = list[tuple[bytes, bytes]]


def pairs(encoded: bytes) -> Pairs:
    """The fields of an `application/x-www-form-urlencoded` text, in order, blank ones too, as bytes.

    Bytes, because a signature covers what was sent and not what it decodes to. Raises `Unreadable`.
    """
    if encoded.count(b"&") >= MOST_FIELDS:
        raise Unreadable(f"more than {MOST_FIELDS} fields")
    found = []
    for field in encoded.split(b"&"):
        if field:
            name, _, value = field.replace(b"+", b" ").partition(b"=")
            found.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return found


def query(raw: RawEvent) -> Pairs:
    """The fields of the address."""
    return pairs(urlsplit(raw.url).query.encode("utf-8", "surrogatepass"))


def first(fields: Pairs) -> dict[str, bytes]:
    """Each field once: of a repeated one the first value, as everywhere in this adapter."""
    out: dict[str, bytes] = {}
    for name, value in fields:
        out.setdefault(name.decode("utf-8", "replace"), value)
    return out


def content_type(raw: RawEvent) -> tuple[str, str]:
    """Media type in lower case, and the charset it states."""
    kind, *parameters = raw.headers.get("content-type", "").split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip("\"'")
    return kind.strip().lower(), charset


def json_of(body: bytes) -> Any:
    """The JSON in `body`. Raises `Unreadable`, and nothing else whatever the bytes."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unreadable("the body is no JSON") from None


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises `Unreadable`."""
    found = json_of(body)
    if not isinstance(found, dict):
        raise Unreadable("the body is no JSON object")
    return found


def moment(written: str, zone: ZoneInfo, form: str = "") -> datetime | None:
    """A provider's time in UTC, or None when it is none: a strange time must not cost us the message.

    `form` is `unix` (seconds), `unix_ms`, `iso` (RFC 3339 and its relatives), a strptime pattern, or empty for
    whichever of the first three fits. `zone` holds for times that state none.
    """
    written = written.strip()[:64]
    try:
        if form in ("", "unix", "unix_ms") and written.replace(".", "", 1).isascii():
            number = written.replace(".", "", 1)
            if number.isdigit():
                milliseconds = form == "unix_ms" or (not form and len(number) >= 13)
                return datetime.fromtimestamp(float(written) / (1000 if milliseconds else 1), UTC)
        if form in ("", "iso"):
            found = datetime.fromisoformat(written)
        elif form in ("unix", "unix_ms"):
            return None
        else:
            found = datetime.strptime(written, form)  # noqa: DTZ007 - the zone is added below
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
