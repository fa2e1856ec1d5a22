"""The HTTP surface: every call of GeoReport v2 in XML and JSON, discovery, updates, and the OpenAPI document.

The format is the address's extension (`services.json`), else the Accept header, else XML. Errors are the standard's
list of code and description in the same format. 503 with Retry-After means: we could not keep it, come again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Literal

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Fate, Ports
from adapters.shared.room import Room
from normalizer.errors import Forged, Rejected, Unavailable
from normalizer.identity import ticket_day
from normalizer.record import RawEvent

from . import openapi
from .answers import CONTENT_TYPES, Created, Discovery, Endpoint, Error, Promised, TokenAnswer, Updated, write
from .form import Form, read_form
from .memory import Memory
from .parse import Rules, ticket_of, timeless_id, token_of
from .problems import Problem, Refused
from .proof import client_of, wrong_jurisdiction
from .register import PublicRegister, read_question
from .services import Language, catalogue, definition, services
from .words import words

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
_FIELD_MAX = 500
log = structlog.get_logger()


class Offer(Struct, frozen=True, kw_only=True):
    """What is offered, as the account's settings say; `url` is where the world finds it."""

    url: str
    kind: Literal["realtime", "batch"]
    language: Language
    list_requests: bool
    contact: str
    endpoint_type: Literal["production", "test"]
    max_bytes: int
    max_waiting: int


class Door:
    """One account's endpoint."""

    def __init__(self, account: str, ports: Ports, rules: Rules, offer: Offer) -> None:
        self._account, self._ports, self._rules, self._offer = account, ports, rules, offer
        self._memory = Memory(ports.inbox)
        self._room = Room(offer.max_waiting)
        self._register = PublicRegister(ports.register, account, offer.language, offer.list_requests)

    def application(self) -> web.Application:
        """The routes, relative to where it is mounted."""
        app = web.Application(middlewares=[self._errors])
        for path, call in (
            ("/discovery", self._discovery),
            ("/services", self._services),
            ("/services/{service_code}", self._definition),
            ("/tokens/{token}", self._token),
            ("/requests", self._requests),
            ("/requests/{service_request_id}", self._request),
        ):
            # the bare one last: a name in the address may hold a dot
            for extension in (".xml", ".json", ""):
                app.router.add_get(path + extension, self._reading(call))
        for path, post in (("/requests", self._post_request), ("/servicerequestupdates", self._post_update)):
            for extension in (".xml", ".json", ""):
                app.router.add_post(path + extension, post)
        app.router.add_get("/openapi.json", self._openapi)
        return app

    # reading

    def _reading(
        self, call: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """`call` after what every GET has in common: a key that is given is a right one, as is a jurisdiction."""

        async def checked(request: web.Request) -> web.Response:
            if given := request.query.get("api_key", ""):
                client_of(given, self._rules.keys)
            wrong = wrong_jurisdiction(request.query.get("jurisdiction_id", ""), self._rules.jurisdictions)
            if wrong is not None:
                raise Refused([wrong])
            return await call(request)

        return checked

    async def _discovery(self, request: web.Request) -> web.Response:
        changeset = catalogue().changeset
        endpoint = Endpoint(
            specification=SPECIFICATION,
            url=self._offer.url,
            changeset=changeset,
            type=self._offer.endpoint_type,
            formats=tuple(CONTENT_TYPES.values()),
        )
        return _answer(
            request,
            "discovery",
            Discovery(
                changeset=changeset,
                contact=self._offer.contact,
                key_service=words(self._offer.language).key_service,
                endpoints=(endpoint,),
            ),
        )

    async def _services(self, request: web.Request) -> web.Response:
        today = ticket_day(self._ports.clock.now())
        return _answer(request, "services", services(today, self._offer.language, self._offer.kind))

    async def _definition(self, request: web.Request) -> web.Response:
        code, today = request.match_info["service_code"], ticket_day(self._ports.clock.now())
        found = definition(code, today, self._offer.language)
        if found is None:
            raise _absent("service_code", "Ask GET services for those that there are")
        return _answer(request, "service_definition", found)

    async def _token(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        ticket = ticket_of(token)
        if token != token_of(ticket) or not await self._register.has(ticket):
            raise _absent("token", "Send the token that POST requests answered")
        return _answer(request, "service_requests", [TokenAnswer(service_request_id=ticket, token=token)])

    async def _requests(self, request: web.Request) -> web.Response:
        question = read_question(request.query, self._ports.clock.now())
        if not question.by_id and not self._offer.list_requests:
            description = (
                "This endpoint publishes no list. Ask for single requests by their service_request_id"
            )
            return _refusal(request, [Error(code=403, description=description)])
        return _answer(request, "service_requests", await self._register.ask(question))

    async def _request(self, request: web.Request) -> web.Response:
        found = await self._register.find(ticket_of(request.match_info["service_request_id"]))
        if found is None:
            raise _absent("service_request_id", "Send the number that POST requests answered")
        return _answer(request, "service_requests", [found])

    async def _openapi(self, request: web.Request) -> web.Response:
        body = openapi.document(self._offer.url, self._offer.kind, self._offer.max_bytes)
        return web.Response(body=body, content_type="application/json", charset="utf-8")

    # writing

    async def _post_request(self, request: web.Request) -> web.Response:
        fate = await self._take(request, self._report_notes)
        said = words(self._offer.language)
        if self._offer.kind == "batch":
            taken: Struct = Promised(token=token_of(fate.ticket), service_notice=said.notice_batch)
        else:
            notice = said.notice.format(ticket=fate.ticket)
            taken = Created(service_request_id=fate.ticket, service_notice=notice)
        return _answer(request, "service_requests", [taken])

    async def _post_update(self, request: web.Request) -> web.Response:
        fate = await self._take(request, self._update_notes)
        # client:update:ticket:number, where the client sent its own number; else client:digest:hour
        parts = fate.external_id.split(":", 3)
        number = parts[3] if parts[1] == "update" else parts[1]
        return _answer(request, "service_request_updates", [Updated(update_id=number)])

    async def _take(
        self, request: web.Request, notes: Callable[[Form, str], Awaitable[dict[str, str]]]
    ) -> Fate:
        """Read, prove, remember, keep: only what is synced is answered."""
        async with AsyncExitStack() as held:
            body = await held.enter_async_context(self._room.body(request, self._offer.max_bytes))
            raw = RawEvent(
                account=self._account,
                received_at=self._ports.clock.now(),
                body=body,
                method=request.method,
                url=self._ports.public_url + request.raw_path,
                headers={key.lower(): value for key, value in request.headers.items()},
                envelope={"remote": self._ports.remote_of(request)},
            )
            form = read_form(raw)
            client = client_of(form.get("api_key"), self._rules.keys)
            raw = replace(raw, envelope={**raw.envelope, "client": client, **await notes(form, client)})
            if timeless_id(form, raw.headers, self._rules.own_ids):
                fates = await self._ports.inbox.receive(raw)
            else:
                turn = await held.enter_async_context(
                    self._memory.turn(client, form.digest(), raw.received_at)
                )
                seen = {"first_seen": turn.first_seen.isoformat()}
                raw = replace(raw, envelope={**raw.envelope, **seen})
                fates = await self._ports.inbox.receive(raw, cursor=turn.cursor)
        return self._taken(fates)

    def _taken(self, fates: Sequence[Fate]) -> Fate:
        (fate,) = fates
        if not fate.ticket:
            # A crash of our parser: it is kept whole for an operator, but nobody can be given a number yet.
            raise Unavailable("kept in quarantine: there is no ticket to answer", retry_after=300)
        return fate

    async def _report_notes(self, form: Form, client: str) -> dict[str, str]:
        return {}

    async def _update_notes(self, form: Form, client: str) -> dict[str, str]:
        """The message that an update follows: one that the same client brought. Raises `Refused` for any other."""
        ticket = ticket_of(form.get("service_request_id"))
        if not ticket:
            return {}  # the parser says so, with whatever else is wrong
        if not await self._register.has(ticket):
            raise _absent("service_request_id", "Send the number that POST requests answered")
        opener = await self._register.opened_by(ticket)
        if opener is None:
            return {}
        if not opener.external_id.startswith(f"{client}:"):
            raise _absent(
                "service_request_id", "Send the number of a request that came with the same api_key"
            )
        return {"follows": opener.external_id, "reference": opener.sender.reference}

    # errors

    @web.middleware
    async def _errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check_size(request.query)
            return await handler(request)
        except Refused as error:
            return _refusal(request, [Error(code=p.status, description=str(p)) for p in error.problems])
        except Forged as error:
            log.info("rejected", account=self._account, error="Forged", reason=error.reason)
            description = "api_key: is missing or not known. Send the key that you were given"
            return _refusal(request, [Error(code=403, description=description)])
        except Rejected as error:
            return _refusal(request, [Error(code=error.http_status, description=str(error))])
        except Unavailable as error:
            log.warning("try_again", account=self._account, reason=error.reason)
            answer = _refusal(request, [Error(code=503, description="We cannot keep it now. Send it again")])
            answer.headers["Retry-After"] = str(error.retry_after)
            return answer
        except web.HTTPException as error:
            answer = _refusal(request, [Error(code=error.status, description=_http_words(error))])
            if "Allow" in error.headers:
                answer.headers["Allow"] = error.headers["Allow"]
            return answer
        except Exception:
            log.exception("call_failed", account=self._account, path=request.path)
            answer = _refusal(request, [Error(code=503, description="Our own failure. Send it again")])
            answer.headers["Retry-After"] = "30"
            return answer


def _format(request: web.Request) -> str:
    extension = request.path.rpartition("/")[2].rpartition(".")[2]
    if extension in CONTENT_TYPES:
        return extension
    return "json" if "json" in request.headers.get("Accept", "").lower() else "xml"


def _answer(
    request: web.Request, root: str, content: Struct | Sequence[Struct], status: int = 200
) -> web.Response:
    form = _format(request)
    return web.Response(
        status=status,
        body=write(root, content, form),
        content_type=CONTENT_TYPES[form],
        charset="utf-8",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _refusal(request: web.Request, errors: Sequence[Error]) -> web.Response:
    return _answer(request, "errors", errors, status=errors[0].code)


def _absent(field: str, cure: str) -> Refused:
    return Refused([Problem(field=field, problem="was not found", cure=cure, status=404)])


def _check_size(query: Mapping[str, str]) -> None:
    """No field of an address is long, but for lists of numbers."""
    for name, value in query.items():
        if len(value) > _FIELD_MAX * (10 if name == "service_request_id" else 1):
            raise Refused([Problem(field=name[:40], problem="is too long", cure="Shorten it")])


def _http_words(error: web.HTTPException) -> str:
    if error.status == 404:
        return "There is no such resource. GET openapi.json lists those that there are"
    return error.reason or "refused"
