"""Event <-> message: CloudEvents 1.0 in binary mode over AMQP, a JSON body that follows one schema.

The envelope stands in the application headers (CloudEvents AMQP protocol binding 1.0.2, prefix `cloudEvents:`),
the record is the body. `message_id` is the event's id, the same at every delivery: a consumer drops an id that it
has seen. The routing key is `<event>.<channel>.<region>`, the region a city's digits (`3171`), `unknown` or
`outside`.

A confidential complaint travels without identity; the whole event is sealed to the CRM's key in
`reporter.sealed`. Without that key identity does not travel at all; the gateway keeps it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace
from pamqp.commands import Basic

from complaint_queue import seal
from complaint_queue.journal import OutboxEvent
from complaint_queue.secrecy import redact
from normalizer.errors import Damaged, Unreadable
from normalizer.identity import encode_id
from normalizer.record import SCHEMA_VERSION, Added, Attachment, Complaint, ComplaintEvent, Place

TYPE_PREFIX = "id.go.jakarta.aduan.complaint."
SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
DATA_SCHEMA = f"urn:kanal-aduan:schema:complaint-event:{SCHEMA_VERSION}"
PREFIX = "cloudEvents:"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ComplaintEvent)


class Delivered(Protocol):
    """What is needed of a message that arrived; aio-pika's incoming message is one."""

    body: bytes
    content_type: str | None
    message_id: str | None

    @property
    def headers(self) -> Mapping[str, Any]: ...


def encode(event: ComplaintEvent, *, crm_key: bytes | None = None) -> tuple[str, bytes]:
    """(routing key, body). `crm_key` is the CRM's public key, 32 bytes; ValueError for a time without a zone."""
    event = _in_utc(event)
    if event.complaint.confidential:
        sealed = ""
        if crm_key is not None:
            envelope = seal.seal(crm_key, _encoder.encode(event), event.event_id.encode())
            sealed = b64encode(envelope).decode()
        event = redact(event, sealed)
    return routing_key(event), _encoder.encode(event)


def unseal(event: ComplaintEvent, private_key: bytes) -> ComplaintEvent:
    """The whole event that a confidential one carries; itself when nothing is sealed. Raises `Damaged`."""
    if not event.complaint.reporter.sealed:
        return event
    try:
        envelope = b64decode(event.complaint.reporter.sealed, validate=True)
    except ValueError:
        raise Damaged("reporter.sealed is not base64") from None
    return decode_body(seal.open_sealed(private_key, envelope, event.event_id.encode()))


def routing_key(event: ComplaintEvent) -> str:
    return f"{event.event}.{event.complaint.channel}.{region(event.complaint.place)}"


def region(place: Place) -> str:
    """The city's code as digits, `outside` of the province, or `unknown`."""
    if place.inside is False:
        return "outside"
    digits = place.city.code.replace(".", "") if place.city is not None else ""
    return digits[:4] if len(digits) >= 4 and digits.isdigit() else "unknown"


def event_id(event: OutboxEvent) -> str:
    return f"{encode_id(event.complaint_id)}.{event.sequence}.{event.revision}"


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def headers(event: OutboxEvent, source: str) -> dict[str, str]:
    """The CloudEvents attributes of one event. `source` is the gateway's public address."""
    return {
        f"{PREFIX}specversion": SPEC_VERSION,
        f"{PREFIX}source": source,
        f"{PREFIX}dataschema": DATA_SCHEMA,
        f"{PREFIX}type": TYPE_PREFIX + event.kind,
        f"{PREFIX}id": event_id(event),
        f"{PREFIX}time": rfc3339(event.occurred_at),
        f"{PREFIX}subject": event.ticket,
    }


def properties(event: OutboxEvent, source: str) -> Basic.Properties:
    """The message's properties: persistent, JSON, and the event's id as `message_id`."""
    return Basic.Properties(
        content_type=CONTENT_TYPE,
        headers=dict(headers(event, source)),
        delivery_mode=2,
        message_id=event_id(event),
    )


def decode_body(body: bytes) -> ComplaintEvent:
    """The event in a body. Raises `Unreadable` with the field that does not validate."""
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"the body is no complaint event: {error}") from None


def decode(message: Delivered) -> ComplaintEvent:
    """The event of a message. Raises `Unreadable` when body, schema or envelope do not fit together."""
    if message.content_type != CONTENT_TYPE:
        raise Unreadable(f"content type {message.content_type!r} is not {CONTENT_TYPE}")
    event = decode_body(message.body)
    expected = {
        "specversion": SPEC_VERSION,
        "id": event.event_id,
        "type": TYPE_PREFIX + event.event,
        "subject": event.complaint.ticket,
    }
    for name, value in expected.items():
        if message.headers.get(PREFIX + name) != value:
            raise Unreadable(f"{PREFIX}{name} does not fit the body")
    if message.message_id != event.event_id:
        raise Unreadable("message_id is not the event's id")
    major = event.complaint.schema_version.partition(".")[0]
    if major != SCHEMA_VERSION.partition(".")[0]:
        raise Unreadable(f"schema version {event.complaint.schema_version} is of another major version")
    return event


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the body, made from the record's types; their docstrings are its descriptions."""
    (top,), components = msgspec.json.schema_components([ComplaintEvent], ref_template="#/$defs/{name}")
    for component in components.values():
        if "description" in component:
            component["description"] = " ".join(component["description"].split())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": DATA_SCHEMA,
        **top,
        "$defs": components,
    }


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError("a time without a zone must not reach the wire")
    return moment.astimezone(UTC)


def _in_utc(event: ComplaintEvent) -> ComplaintEvent:
    """The event with all its times in UTC, whatever zone a provider told them in."""
    complaint, added = event.complaint, event.added
    return replace(
        event,
        occurred_at=_utc(event.occurred_at),
        complaint=_complaint_in_utc(complaint),
        added=None if added is None else _added_in_utc(added),
    )


def _complaint_in_utc(complaint: Complaint) -> Complaint:
    return replace(
        complaint,
        received_at=_utc(complaint.received_at),
        sent_at=_utc(complaint.sent_at),
        attachments=tuple(map(_attachment_in_utc, complaint.attachments)),
    )


def _added_in_utc(added: Added) -> Added:
    attachments = tuple(map(_attachment_in_utc, added.attachments))
    return replace(added, received_at=_utc(added.received_at), attachments=attachments)


def _attachment_in_utc(attachment: Attachment) -> Attachment:
    return replace(
        attachment,
        captured_at=_utc(attachment.captured_at),
        url_expires_at=_utc(attachment.url_expires_at),
    )
