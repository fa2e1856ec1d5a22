"""What GeoReport v2 answers: one type per resource, written as XML or JSON with the element names of the standard.

Shapes: https://wiki.open311.org/GeoReport_v2 and https://wiki.open311.org/Service_Discovery. In JSON a list stands
bare; in XML it has a root element, and a name for each of its members (`_MEMBERS`).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

#: The formats by the extension of the address; XML is the one that every server has to speak.
CONTENT_TYPES = {"xml": "text/xml", "json": "application/json"}

#: What a member of a list is called in XML.
_MEMBERS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
#: XML 1.0 has no way to write these characters, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Endpoint(Struct, frozen=True, kw_only=True):
    """One address at which the service is offered."""

    specification: str
    url: str
    changeset: datetime
    type: Literal["production", "test"]
    formats: tuple[str, ...]


class Discovery(Struct, frozen=True, kw_only=True):
    """Service discovery: where the endpoint is, and whom to ask for a key."""

    changeset: datetime
    contact: str
    key_service: str
    endpoints: tuple[Endpoint, ...]


class Service(Struct, frozen=True, kw_only=True):
    """One kind of problem that may be reported. `metadata`: whether it has a definition with attributes."""

    service_code: str
    service_name: str
    description: str
    metadata: bool
    type: Literal["realtime", "batch"]
    keywords: str
    group: str


class Value(Struct, frozen=True, kw_only=True):
    """One choice of a list attribute."""

    key: str
    name: str


class Attribute(Struct, frozen=True, kw_only=True):
    """One further question of a service. `variable` is False for a text that only informs."""

    variable: bool
    code: str
    datatype: Literal["string", "singlevaluelist"]
    required: bool
    datatype_description: str
    order: int
    description: str
    values: tuple[Value, ...] = ()


class ServiceDefinition(Struct, frozen=True, kw_only=True):
    """A service's further questions, in their order."""

    service_code: str
    attributes: tuple[Attribute, ...]


class Created(Struct, frozen=True, kw_only=True):
    """A request that was taken. We keep no accounts of persons, so `account_id` stays empty, as the standard allows."""

    service_request_id: str
    service_notice: str
    account_id: str | None = None


class Promised(Struct, frozen=True, kw_only=True):
    """The same where the service is `batch`: the number is asked for with the token."""

    token: str
    service_notice: str
    account_id: str | None = None


class TokenAnswer(Struct, frozen=True, kw_only=True):
    """What became of a token."""

    service_request_id: str
    token: str


class ServiceRequest(Struct, frozen=True, kw_only=True):
    """A request as the public may see it. Times have a zone; empty is what is not known or not public."""

    service_request_id: str
    status: Literal["open", "closed"]
    status_notes: str
    service_name: str
    service_code: str
    description: str
    agency_responsible: str
    service_notice: str
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    address: str
    address_id: str
    zipcode: str
    lat: float | None
    long: float | None
    media_url: str


class Updated(Struct, frozen=True, kw_only=True):
    """FixMyStreet's extension: an update that was taken."""

    update_id: str


class Error(Struct, frozen=True, kw_only=True):
    """What is wrong: `code` is the HTTP status, `description` names the field and the cure."""

    code: int
    description: str


def write(root: str, content: Struct | Sequence[Struct], form: str) -> bytes:
    """`content` as a document in `form` (`xml` or `json`); `root` is the name of the XML root element."""
    if form == "json":
        return msgspec.json.encode(content)
    text: str = ET.tostring(_element(root, content), encoding="unicode")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode()


def _element(name: str, value: Any) -> ET.Element:
    element = ET.Element(name)
    if isinstance(value, Struct):
        element.extend(_element(field, getattr(value, field)) for field in value.__struct_fields__)
    elif isinstance(value, list | tuple):
        element.extend(_element(_MEMBERS[name], member) for member in value)
    elif value is not None:
        element.text = _NOT_XML.sub("\ufffd", _text(value))
    return element


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
