"""`POST /reports` and `GET /reports/{ticket}`: what is checked, in which order, and what is answered.

The order of a report: fresh, proved, readable, its fields right, its uploads there and given to it, and then kept.
Its key, the body's hash and the time go into the journal in the same transaction as the message, so that a repeat
hears what the first one heard, and another body under the same key is found out.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import msgspec
import structlog
from aiohttp import web
from msgspec import Struct

from adapters.app import signing
from adapters.app.parse import KEY_HEADER, REMOTE, Known, Report, idempotency_key
from adapters.app.problems import Refusal
from adapters.app.strict_json import loads
from adapters.app.tus import metadata_of
from adapters.app.upload import Upload
from adapters.app.uploads import Uploads
from adapters.base import Cursor, Fate, Inbox, Ports
from adapters.shared.form import file_name
from adapters.shared.http import read_body
from normalizer.errors import Malformed, ProviderRefused, Unavailable
from normalizer.identity import read_ticket, ticket_day
from normalizer.record import Moment, RawEvent
from normalizer.settings import Secret
from normalizer.text import storable

BODY_MAX = 256 * 1024
#: Every complaint is here until the CRM says otherwise.
FIRST_STAGE = "Menunggu"
log = structlog.get_logger()


class Remembered(Struct, frozen=True):
    """What is known of a key: the body's SHA-256, and when it came first."""

    body: str
    received_at: Moment


class Keys:
    """The idempotency keys of one account, as the journal remembers them."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def seen(self, key: str) -> Remembered | None:
        """What came under this key, if something did."""
        value = await self._inbox.cursor(_cursor(key))
        return None if value is None else msgspec.json.decode(value, type=Remembered)

    async def known(self, key: str) -> bool:
        """Whether the report with this key is in the journal."""
        return await self.seen(key) is not None


class Reports:
    """The handlers of one account. `path_of` is the public path of a request, which a GET's signature covers."""

    def __init__(
        self,
        account: str,
        secrets: tuple[Secret, ...],
        ports: Ports,
        keys: Keys,
        uploads: Uploads,
        path_of: Callable[[web.Request], str],
    ) -> None:
        self._account, self._secrets, self._ports, self._uploads = account, secrets, ports, uploads
        self._keys, self._path_of = keys, path_of
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/reports", self.file)
        app.router.add_get("/reports/{ticket}", self.progress, allow_head=False)

    async def file(self, request: web.Request) -> web.Response:
        """A report: 201, for a repeat 200. Raises `Refusal` or `Unavailable`."""
        now = self._ports.clock.now()
        signing.check_time(request.headers, now)
        body = await read_body(request, BODY_MAX)
        signing.check(self._secrets, request.headers, body, now)
        if request.content_type != "application/json":
            raise Refusal("media-type", "a report comes as application/json")
        key = idempotency_key(request.headers.get(KEY_HEADER, ""))
        if key is None:
            raise Refusal("idempotency-key-missing")
        async with self._turns.setdefault(key, asyncio.Lock()):
            return await self._file(request, key, body, now)

    async def _file(self, request: web.Request, key: str, body: bytes, now: datetime) -> web.Response:
        print_of_body = hashlib.sha256(body).hexdigest()
        remembered = await self._keys.seen(key)
        if remembered is not None and remembered.body != print_of_body:
            raise Refusal("idempotency-key-reused")
        received_at = remembered.received_at if remembered else now
        raw = RawEvent(
            account=self._account,
            received_at=received_at,
            body=body,
            method=request.method,
            url=self._ports.public_url + request.raw_path,
            # of a name that comes twice the first, as everywhere here
            headers={name.lower(): request.headers[name] for name in request.headers},
            envelope={"remote": self._ports.remote_of(request)},
        )
        if remembered is not None:
            (fate,) = await self._ports.inbox.receive(raw)
            return self._answer(fate, received_at)
        async with self._bound(_read(body, now), key) as envelope:
            raw = msgspec.structs.replace(raw, envelope={**raw.envelope, **envelope})
            seen = Remembered(print_of_body, now)
            cursor = Cursor(name=_cursor(key), value=msgspec.json.encode(seen).decode())
            (fate,) = await self._ports.inbox.receive(raw, cursor=cursor)
        return self._answer(fate, now)

    @asynccontextmanager
    async def _bound(self, report: Report | None, key: str) -> AsyncIterator[dict[str, str]]:
        """The report's uploads, given to it durably, and what the parser may know of them.

        Nobody else's turn until the report is in the journal. Raises `Refusal` with every wrong field.
        """
        async with AsyncExitStack() as turns:
            if report is None:
                yield {}
                return
            mine: dict[str, Upload] = {}
            # In one order for all, so that two reports never wait for each other.
            for index, upload_id in sorted(enumerate(report.uploads), key=lambda pair: pair[1]):
                if not upload_id or upload_id in mine:
                    continue  # the parser has named it already; a second turn would wait for the first for ever
                problem = ""
                try:
                    upload = await self._uploads.find(upload_id)
                    if upload.note.complete:
                        await turns.enter_async_context(self._uploads.turn(upload))
                    problem = await self._uploads.hindrance(upload, key)
                    mine[upload_id] = upload
                except Refusal as refusal:
                    problem = (
                        "there is no such upload"
                        if refusal.kind == "not-found"
                        else "has expired or was ended"
                    )
                if problem:
                    cure = "upload it to its end first, and name the Location that its creation answered"
                    report.wrong(f"#/attachments/{index}", problem, cure)
            if report.problems:
                raise Refusal("invalid-report", errors=report.problems)
            for upload in mine.values():
                await self._uploads.bind(upload, key)
            yield {REMOTE + one: _known(upload, await self._kept(upload)) for one, upload in mine.items()}

    async def _kept(self, upload: Upload) -> str:
        """Its SHA-256 in the store that gateways share, for no other could fetch it from this machine if that dies;
        empty where there is no such store, and where its bytes are damaged: the media job says so."""
        if self._ports.keep is None:
            return ""
        try:
            sha256 = await self._ports.keep(self._uploads.content(upload))
        except ProviderRefused:
            return ""
        await self._uploads.copied(upload)
        return sha256

    def _answer(self, fate: Fate, received_at: datetime) -> web.Response:
        headers = {"Cache-Control": "no-store"}
        if fate.outcome == "quarantined":
            # It is kept whole, and a person looks at it: the app must not send it again as another report.
            body: dict[str, Any] = {"status": FIRST_STAGE, "received_at": received_at}
            return _json(202, body, headers)
        body = {
            "ticket": fate.ticket,
            "tracking_code": fate.tracking_code,
            "tracking_url": f"{self._ports.public_url}/lacak/{fate.tracking_code}",
            "complaint_id": fate.complaint_id,
            "status": FIRST_STAGE,
            "received_at": received_at,
        }
        return _json(200 if fate.outcome == "duplicate" else 201, body, headers)

    async def progress(self, request: web.Request) -> web.Response:
        """How far one of this account's complaints is; of others, as little as of none."""
        signed = f"{request.method} {self._path_of(request)}".encode()
        signing.check(self._secrets, request.headers, signed, self._ports.clock.now())
        if self._ports.register is None:
            raise Unavailable("there is no register of complaints here")
        ticket = read_ticket(request.match_info["ticket"])
        filed = await self._ports.register.find(ticket) if ticket else None
        if filed is None or filed.account != self._account:
            raise Refusal(
                "not-found", "no report of this app has that ticket", cure="check the ticket's digits"
            )
        body = {
            "ticket": filed.ticket,
            "status": filed.stage,
            "received_at": filed.requested_at,
            "updated_at": filed.updated_at,
        }
        return _json(200, body, {"Cache-Control": "no-store"})


def _read(body: bytes, now: datetime) -> Report | None:
    """The report with what is wrong in it. None when our own reader fails: then the inbox quarantines it whole."""
    try:
        report = Report(loads(body), ticket_day(now))
        report.message("")
    except Malformed as error:
        raise Refusal("malformed", f"{error.field} {error.problem}", cure=error.cure) from None
    except Exception as error:
        log.error("report_reader_failed", error=type(error).__name__)
        return None
    return report


def _known(upload: Upload, sha256: str) -> str:
    given = metadata_of(upload.note.metadata)
    known = Known(
        name=file_name(given.get("filename", "")),
        type=storable(given.get("filetype", ""))[:100],
        size=upload.note.length,
        media_type=upload.note.media_type,
        sha256=sha256,
    )
    return msgspec.json.encode(known).decode()


def _cursor(key: str) -> str:
    return "key:" + hashlib.sha256(key.encode()).hexdigest()[:32]


def _json(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    encoded = msgspec.json.encode(body)
    return web.Response(status=status, body=encoded, content_type="application/json", headers=headers)
