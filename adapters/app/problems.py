"""What the JAKI app is told when something is wrong: RFC 9457 problem details, each kind with its own address.

A kind has one status, one title and one cure; `GET <prefix>/problems/<kind>` says the same, so that the `type` of an
answer can be opened. Field problems carry a JSON pointer (RFC 6901, as a fragment) each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from aiohttp import web
from msgspec import Struct

from normalizer.errors import Rejected


class Kind(NamedTuple):
    """A kind of problem: HTTP status, what it is, what to do about it."""

    status: int
    title: str
    cure: str


KINDS: Mapping[str, Kind] = {
    "malformed": Kind(400, "The body is not the JSON of a report", "send one JSON object in UTF-8"),
    "invalid-report": Kind(422, "Fields of the report are wrong", "correct every field under errors"),
    "idempotency-key-missing": Kind(
        400,
        "There is no usable Idempotency-Key",
        "send 16 to 128 letters, digits or . _ : - that you made for this report, as a UUID, and keep it for repeats",
    ),
    "idempotency-key-reused": Kind(
        422,
        "This Idempotency-Key came with another body before",
        "repeat a report byte for byte; for another report make another key",
    ),
    "signature-missing": Kind(
        401, "The request is not signed", "send X-Kanal-Timestamp and X-Kanal-Signature"
    ),
    "timestamp-stale": Kind(
        401,
        "The time of the signature is not now",
        "set the clock, and sign anew at every attempt",
    ),
    "signature-wrong": Kind(
        401,
        "The signature does not fit",
        "sign the bytes that you send, after the timestamp and a dot, with the secret that the gateway has",
    ),
    "not-found": Kind(404, "There is nothing here", "check the address"),
    "method": Kind(405, "This address does not know the method", "use one of those under Allow"),
    "too-large": Kind(413, "The body is too large", "send less; files go to the uploads"),
    "media-type": Kind(
        415, "This kind of content is not taken", "send what the interface's description says"
    ),
    "too-many": Kind(429, "Too many uploads", "wait as long as Retry-After says"),
    "unavailable": Kind(
        503, "It cannot be kept at the moment", "repeat it as it was, after Retry-After seconds"
    ),
    "tus-version": Kind(412, "Another version of tus", "send Tus-Resumable: 1.0.0"),
    "tus-header": Kind(400, "A header of tus is missing or wrong", "see tus.io, and correct the header"),
    "tus-offset": Kind(409, "The upload stands at another offset", "ask with HEAD and go on from there"),
    "tus-checksum": Kind(460, "The bytes do not have this checksum", "send them again from the last offset"),
    "upload-gone": Kind(410, "The upload has ended", "begin a new one"),
    "upload-filed": Kind(409, "The upload belongs to a report", "leave it: the gateway takes care of it"),
}


class FieldProblem(Struct, frozen=True):
    """One wrong field: where (`#/reporter/phone`), what is wrong, what to send instead."""

    pointer: str
    problem: str
    cure: str


class Refusal(Rejected):
    """A request that is refused, as one of the `KINDS`. `detail` and `cure` are for the one who sent it."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        cure: str = "",
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] = {},
    ) -> None:
        super().__init__(f"{kind}: {detail or KINDS[kind].title}")
        self.kind, self.detail, self.cure = kind, detail, cure or KINDS[kind].cure
        self.errors, self.headers = tuple(errors), dict(headers)
        self.http_status = KINDS[kind].status


def response(refusal: Refusal, base: str) -> web.Response:
    """The answer; `base` is the interface's public address, below which the kinds are explained."""
    kind = KINDS[refusal.kind]
    body: dict[str, Any] = {
        "type": f"{base}/problems/{refusal.kind}",
        "title": kind.title,
        "status": kind.status,
        "detail": refusal.detail or kind.title,
        "cure": refusal.cure,
    }
    if refusal.errors:
        body["errors"] = refusal.errors
    answer = web.Response(
        status=kind.status,
        # 460 is tus's own, and has no phrase elsewhere.
        reason="Checksum Mismatch" if kind.status == 460 else None,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **refusal.headers},
    )
    if kind.status == 401:
        answer.headers["WWW-Authenticate"] = "Kanal-HMAC-SHA256"
    return answer


async def explain(request: web.Request) -> web.Response:
    """`GET /problems/<kind>`: what a kind of problem is."""
    name = request.match_info["kind"]
    if name not in KINDS:
        raise Refusal("not-found")
    return web.json_response({"kind": name, **KINDS[name]._asdict()})
