"""The portal's door: `POST <path>/reports`, signed; answered with the ticket, or with every wrong field and its cure.

    201  {"status": "accepted", "ticket": …, "tracking_code": …, "tracking_url": …}
    200  the same with "duplicate": this form_id is known
    202  {"status": "quarantined"}: we have it, an operator will look at it
    400  403  413  422  503  application/problem+json (RFC 9457); 422 lists `errors`: field, code, cure

`GET <path>/schema.json` is the body's JSON Schema. A request's proof is `adapters.shared.signed`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.balai_warga.parse import Report
from adapters.base import Fate, Ports
from adapters.shared.room import Room
from adapters.shared.signed import SIGNATURE, WINDOW, prove
from normalizer.errors import Forged, InvalidForm, KanalError, Malformed, Rejected, Unavailable
from normalizer.record import RawEvent
from normalizer.settings import Secret

#: Ten files of 10 MiB and the words around them; as JSON, base64 leaves room for seven such files.
MAX_BYTES = 101 * 1024 * 1024
#: Bytes of bodies that may be in memory at one moment.
_ROOM = 256 * 1024 * 1024
#: What to do about each problem of a field.
CURES = {
    "too_long": "Write at most 200 characters.",
    "form_id": "Send 16 to 64 letters, digits, '-' or '_', in form_id or in the header Idempotency-Key.",
    "form_id_differs": "Send the same id in form_id and in Idempotency-Key, or one of the two.",
    "phone": "Write a telephone number, as +6281200001234 or 0812 0000 1234, or leave it out.",
    "email": "Write an address such as name@example.org, or leave it out.",
    "text_missing": "Write what happened.",
    "text_short": "Write at least 10 characters.",
    "text_long": "Write at most 20,000 characters.",
    "category": "Use a code of the CRM's category table, or leave it out.",
    "kelurahan_unknown": "Use a Kemendagri code (31.71.01.1002) or a kelurahan's name, or leave it out.",
    "kelurahan_unclear": "Several kelurahan have this name: use the Kemendagri code.",
    "position": "Write degrees of WGS 84: lat from -90 to 90, long from -180 to 180.",
    "position_half": "Send lat and long together, or neither.",
    "files_many": "Send at most 10 files.",
    "files_large": "Send files of at most 10 MiB each.",
    "files_kind": "Send pictures (JPEG, PNG, GIF, WebP, HEIC, AVIF), PDF or video (MP4, MOV, 3GP, WebM, MKV).",
    "consent_own": "Ask the citizen, and send true.",
    "type": "Send the type that the schema names.",
    "unknown_field": "There is no such field: see schema.json.",
}
log = structlog.get_logger()


class Api:
    """The routes of one account."""

    def __init__(self, account: str, key: Secret | None, ports: Ports) -> None:
        self._account, self._key, self._ports = account, key, ports
        self._room = Room(_ROOM)
        self._signatures: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def app(self) -> web.Application:
        app = web.Application(middlewares=[_problems])
        app.router.add_post("/reports", self.report)
        app.router.add_get("/schema.json", schema)
        return app

    async def report(self, request: web.Request) -> web.Response:
        if self._key is None:
            raise web.HTTPNotFound(text="this account has no key for the portal")
        headers = {name.lower(): value for name, value in request.headers.items()}
        async with self._room.body(request, MAX_BYTES) as body:
            now = self._ports.clock.now()
            prove(self._key, headers, body, now)
            self._one_key(headers, now.timestamp())
            raw = RawEvent(
                account=self._account,
                received_at=now,
                body=body,
                method="POST",
                url=self._ports.public_url + request.raw_path,
                headers={
                    name: headers[name] for name in ("content-type", "idempotency-key") if name in headers
                },
                envelope={"door": "portal", "remote": self._ports.remote_of(request)},
            )
            fates = await self._ports.inbox.receive(raw)
        return self._answer(fates)

    def _one_key(self, headers: dict[str, str], now: float) -> None:
        """The signature does not cover `Idempotency-Key`: so a signature holds for the key it first came with."""
        while self._signatures and now - next(iter(self._signatures.values()))[1] > 2 * WINDOW:
            self._signatures.popitem(last=False)
        key = headers.get("idempotency-key", "")
        if self._signatures.setdefault(headers[SIGNATURE], (key, now))[0] != key:
            raise Forged("a signature came again with another Idempotency-Key")

    def _answer(self, fates: Sequence[Fate]) -> web.Response:
        (fate,) = fates
        if not fate.ticket:
            return _json({"status": fate.outcome}, 202)
        told = {
            "status": fate.outcome,
            "ticket": fate.ticket,
            "tracking_code": fate.tracking_code,
            "tracking_url": f"{self._ports.public_url}/lacak/{fate.tracking_code}",
        }
        return _json(told, 200 if fate.outcome == "duplicate" else 201)


async def schema(request: web.Request) -> web.Response:
    """The JSON Schema of a report; public, as any form is."""
    return _json(msgspec.json.schema(Report), 200, "application/schema+json")


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong, as problem details."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        answer = _problem(error.status, error.text or "")
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Unavailable as error:
        log.warning("try_again", reason=error.reason)
        answer = _problem(503, "We could not store it. Send the same request again, signed anew.")
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    except Rejected as error:
        log.info("rejected", error=type(error).__name__, reason=_reason(error))
        return _problem(error.http_status, str(error) if error.public else "", _errors(error))


def _reason(error: KanalError) -> str:
    return ", ".join(f"{f}:{p}" for f, p in error.problems) if isinstance(error, InvalidForm) else str(error)


def _errors(error: Rejected) -> list[dict[str, str]]:
    if isinstance(error, InvalidForm):
        return [{"field": field, "code": key, "cure": CURES[key]} for field, key in error.problems]
    if isinstance(error, Malformed):
        return [{"field": error.field, "code": error.problem, "cure": error.cure}]
    return []


def _problem(status: int, detail: str = "", errors: Sequence[dict[str, str]] = ()) -> web.Response:
    told: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if errors:
        told |= {"detail": "Correct the fields that are named.", "errors": list(errors)}
    elif detail:
        told["detail"] = detail
    return _json(told, status, "application/problem+json")


def _json(content: dict[str, Any], status: int, content_type: str = "application/json") -> web.Response:
    return web.Response(
        body=msgspec.json.encode(content),
        status=status,
        content_type=content_type,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
