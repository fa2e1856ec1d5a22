"""The OpenAPI 3.1 document of one endpoint, generated from the types that it answers with and reads."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from .answers import (
    CONTENT_TYPES,
    Created,
    Discovery,
    Error,
    Promised,
    Service,
    ServiceDefinition,
    ServiceRequest,
    TokenAnswer,
    Updated,
)
from .parse import DESCRIPTION_MAX, FILES_MAX

_ANSWERS: tuple[type[Struct], ...] = (
    *(Discovery, Service, ServiceDefinition, ServiceRequest, TokenAnswer),
    *(Created, Promised, Updated, Error),
)
_CODES = {
    400: "Something is missing or wrong; every problem is named with its cure.",
    403: "The api_key is missing or not known, or what is asked for is not published.",
    404: "There is nothing of that name, or no such jurisdiction.",
    413: "The body is larger than this endpoint takes.",
    503: "It cannot be kept at this moment: send it again after Retry-After seconds.",
}
Parameter = dict[str, Any]


class Call(Struct, frozen=True, kw_only=True):
    """One call of the standard. `answer` is its JSON type; `many` whether the type stands in a list."""

    path: str
    method: Literal["get", "post"] = "get"
    name: str
    summary: str
    answer: type[Struct]
    many: bool = True
    parameters: tuple[Parameter, ...] = ()
    fields: dict[str, Any] = {}
    required: tuple[str, ...] = ()


def _parameter(name: str, description: str, place: str = "query") -> Parameter:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": description,
        "schema": {"type": "string", "maxLength": 500},
    }


def _text(description: str, most: int = 200) -> dict[str, Any]:
    return {"type": "string", "maxLength": most, "description": description}


_JURISDICTION = _parameter("jurisdiction_id", "Needed where several jurisdictions share this endpoint.")
_KEY = {"api_key": _text("The key that you were given."), "jurisdiction_id": _text("As in GET services.")}
_PERSON = {
    "email": _text("The reporter's e-mail address."),
    "first_name": _text("The reporter's first name."),
    "last_name": _text("The reporter's last name."),
    "phone": _text("The reporter's telephone number."),
    "device_id": _text("The reporter's device; deviceid is the same."),
    "account_id": _text("The reporter's account with the client."),
}
_DESCRIPTION = {"description": _text("What is the matter.", DESCRIPTION_MAX)}
_MEDIA = {
    "media_url": {
        "type": "array",
        "maxItems": FILES_MAX,
        "items": {"type": "string", "format": "uri", "maxLength": 2000},
        "description": "Addresses of photos, which we fetch; the field may be repeated.",
    }
}
_REQUEST_FIELDS = {
    **_KEY,
    "service_code": _text("A code out of GET services."),
    "lat": {"type": "number", "minimum": -90, "maximum": 90, "description": "WGS 84 latitude."},
    "long": {"type": "number", "minimum": -180, "maximum": 180, "description": "WGS 84 longitude."},
    "address_string": _text("The place in words.", 500),
    "address_id": _text("The Kemendagri code of a kelurahan, kecamatan or city of Jakarta."),
    **_PERSON,
    **_DESCRIPTION,
    **_MEDIA,
}
_UPDATE_FIELDS = {
    **_KEY,
    "service_request_id": _text("The request that it belongs to."),
    "update_id": _text("The client's own number of the update."),
    "updated_datetime": _text("When it was written: a W3C time with zone."),
    "status": _text("The request's state as the client sees it."),
    **_PERSON,
    **_DESCRIPTION,
    **_MEDIA,
}


def _calls(kind: Literal["realtime", "batch"]) -> tuple[Call, ...]:
    return (
        Call(
            path="/discovery",
            name="discovery",
            summary="Where this endpoint is, and how to get a key.",
            answer=Discovery,
            many=False,
        ),
        Call(
            path="/services",
            name="services",
            summary="The kinds of problems that may be reported today.",
            answer=Service,
            parameters=(_JURISDICTION,),
        ),
        Call(
            path="/services/{service_code}",
            name="service",
            summary="The further questions of one service.",
            answer=ServiceDefinition,
            many=False,
            parameters=(_parameter("service_code", "A code out of GET services.", "path"), _JURISDICTION),
        ),
        Call(
            path="/requests",
            method="post",
            name="create",
            summary="Report a problem; lat and long, address_string or address_id say where.",
            answer=Promised if kind == "batch" else Created,
            fields=_REQUEST_FIELDS,
            required=("api_key", "service_code"),
        ),
        Call(
            path="/tokens/{token}",
            name="token",
            summary="The number of the request that a token stands for.",
            answer=TokenAnswer,
            parameters=(_parameter("token", "What POST requests answered.", "path"), _JURISDICTION),
        ),
        Call(
            path="/requests",
            name="requests",
            summary="Requests by their numbers, or of a span of at most 90 days: 1000 at most.",
            answer=ServiceRequest,
            parameters=(
                _parameter(
                    "service_request_id", "Numbers with commas between; then the rest is not looked at."
                ),
                _parameter("service_code", "Codes with commas between."),
                _parameter("start_date", "The earliest requested_datetime, a W3C time with zone."),
                _parameter("end_date", "The latest requested_datetime, a W3C time with zone."),
                _parameter("status", "open, closed, or both with a comma between."),
                _JURISDICTION,
            ),
        ),
        Call(
            path="/requests/{service_request_id}",
            name="request",
            summary="What became of one request.",
            answer=ServiceRequest,
            parameters=(
                _parameter("service_request_id", "The number that POST requests answered.", "path"),
                _JURISDICTION,
            ),
        ),
        Call(
            path="/servicerequestupdates",
            method="post",
            name="update",
            summary="Add to a request that came with the same api_key (FixMyStreet's extension).",
            answer=Updated,
            fields=_UPDATE_FIELDS,
            required=("api_key", "service_request_id"),
        ),
    )


def document(url: str, kind: Literal["realtime", "batch"], max_bytes: int) -> bytes:
    """The document as JSON. `url` is the endpoint's address, `max_bytes` the limit of one body."""
    _, schemas = msgspec.json.schema_components(_ANSWERS, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for call in _calls(kind):
        for extension in CONTENT_TYPES:
            paths.setdefault(f"{call.path}.{extension}", {})[call.method] = _operation(
                call, extension, max_bytes
            )
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Open311 GeoReport v2",
                "version": "2.0.0",
                "description": "Service requests for the province of Jakarta; see "
                "http://wiki.open311.org/GeoReport_v2.",
            },
            "servers": [{"url": url}],
            "paths": paths,
            "components": {"schemas": schemas},
        }
    )


def _operation(call: Call, extension: str, max_bytes: int) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{call.name}_{extension}",
        "summary": call.summary,
        "responses": {"200": _response("It is done.", call.answer, call.many, extension)},
    }
    for code, words in _CODES.items():
        if code != 413 or call.method == "post":
            operation["responses"][str(code)] = _response(words, Error, True, extension)
    if call.parameters:
        operation["parameters"] = list(call.parameters)
    if call.fields:
        operation["requestBody"] = _body(call, max_bytes)
    return operation


def _response(words: str, answer: type[Struct], many: bool, extension: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": f"#/components/schemas/{answer.__name__}"}
    if extension == "xml":
        # the same names; a root element and one element per member of a list stand around them
        schema = {"type": "string"}
    elif many:
        schema = {"type": "array", "items": schema}
    return {"description": words, "content": {CONTENT_TYPES[extension]: {"schema": schema}}}


def _body(call: Call, max_bytes: int) -> dict[str, Any]:
    form: dict[str, Any] = {
        "type": "object",
        "properties": call.fields,
        "required": list(call.required),
        "additionalProperties": {"type": "string"},
    }
    media = {"type": "string", "format": "binary", "description": "A photo that is sent along."}
    with_files = {**form, "properties": {**call.fields, "media": media}}
    return {
        "required": True,
        "description": f"At most {max_bytes} bytes. attribute[CODE] answers a service's further question.",
        "content": {
            "application/x-www-form-urlencoded": {"schema": form},
            "multipart/form-data": {"schema": with_files},
        },
    }
