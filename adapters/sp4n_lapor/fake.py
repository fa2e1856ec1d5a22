"""LAPOR's server as a fake on loopback, in the shape that the account's own settings describe.

It checks what the real one is known to check: the token, the paging token, the report's number, the words; it limits
calls, forgets tokens, repeats and reorders. What it is told it keeps: `heard`, `statuses`. So `kanal simulate` also
tries out a mapping that an operator has written.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from base64 import b64encode
from collections import deque
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from aiohttp import web

from adapters.base import Outgoing
from adapters.sp4n_lapor.reading import moment, plain, put, steps, walk
from adapters.sp4n_lapor.settings import Call, LaporSettings

Json = dict[str, Any]


class FakeLapor:
    """One instance of LAPOR's interface. What tests want to see or bend is public."""

    def __init__(self, settings: LaporSettings) -> None:
        self.settings = settings
        self.base_url = ""
        self.items: list[Any] = []
        """What the listing holds, in LAPOR's shape, in the order of release; `bytes` stand as they are."""
        self.files: dict[str, bytes] = {}
        self.heard: list[Outgoing] = []
        self.statuses: list[Json] = []
        self.calls: list[str] = []
        self.asked: list[dict[str, str]] = []
        """The queries of the listing, the token left out."""
        self.token_valid = True
        self.forget_pages = False
        """Whether paging tokens of before are refused."""
        self.repeat = 1
        """How often each item stands in the listing."""
        self.backwards = False
        self.largest_page = 1000
        self.refuse_next: deque[tuple[int, dict[str, str]]] = deque()
        """Answers for the next calls: status and headers; 200 lets one pass."""
        self.changed = asyncio.Condition()
        self._pages: dict[str, int] = {}
        self._given: dict[int, int] = {}
        self._keys: dict[str, Json] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen on loopback; the server's address."""
        s, app = self.settings, web.Application()
        below = urlsplit(s.api_base_url).path.rstrip("/")
        app.router.add_get(below + s.pull.path, self._listing)
        for name, call in (("follow_up", s.follow_up), ("status", s.status)):
            app.router.add_route(call.method, below + call.path, self._taking(name, call))
        app.router.add_get("/lampiran/{name}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def add(self, item: Any) -> None:
        """Release one more item."""
        async with self.changed:
            self.items.append(item)
            self.changed.notify_all()

    async def called(self, what: str, times: int = 1, seconds: float = 20) -> None:
        """Wait until `what` was called so often in all; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: self.calls.count(what) >= times)

    async def stored(self, item: Any, seconds: float = 20) -> None:
        """Wait until the listing was asked again after it gave `item` out, which a gateway does only when the page is
        stored; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(
                lambda: self._given.get(id(item), len(self.calls)) < self.calls.count("listing")
            )

    # what is checked at every call

    async def _refusal(self, request: web.Request, what: str) -> web.Response | None:
        async with self.changed:
            self.calls.append(what)
            self.changed.notify_all()
        if not (self.token_valid and self._proved(request)):
            return web.json_response({"pesan": "Token tidak berlaku"}, status=401)
        if self.refuse_next:
            status, headers = self.refuse_next.popleft()
            if status != 200:
                return web.json_response({"pesan": "Coba lagi nanti"}, status=status, headers=headers)
        return None

    def _proved(self, request: web.Request) -> bool:
        auth, token = self.settings.auth, self.settings.token.reveal()
        if auth.kind == "query":
            return request.query.get(auth.name) == token
        if auth.kind == "basic":
            given = request.headers.get("Authorization", "")
            return given == "Basic " + b64encode(f"{auth.user}:{token}".encode()).decode()
        return request.headers.get(auth.header) == f"{auth.scheme} {token}".strip()

    # the listing

    async def _listing(self, request: web.Request) -> web.Response:
        refused = await self._refusal(request, "listing")
        if refused is not None:
            return refused
        s, query = self.settings, dict(request.query)
        query.pop(s.auth.name if s.auth.kind == "query" else "", None)
        self.asked.append(query)
        if any(query.get(name) != value for name, value in s.pull.query.items()):
            return web.json_response({"pesan": "Parameter kurang"}, status=400)
        first = self._first(query)
        if first is None:
            return web.json_response({"pesan": "Halaman tidak dikenal"}, status=400)
        size = min(int(query.get(s.pull.size, 100)), self.largest_page)
        found = [item for item in self.items if self._since(item, query)]
        found = [item for item in (found[::-1] if self.backwards else found) for _ in range(self.repeat)]
        page, more = found[first : first + size], len(found) > first + size
        for item in page:
            self._given.setdefault(id(item), self.calls.count("listing"))
        following = ""
        if more and s.pull.paging == "next":
            following = secrets.token_urlsafe(9)
            self._pages[following] = first + size
        return self._page(page, following)

    def _first(self, query: Json) -> int | None:
        """The place of the page's first item; None for a page that nobody has named to the caller."""
        pull, given = self.settings.pull, query.get(self.settings.pull.page, "")
        if pull.paging == "next":
            if self.forget_pages and given:
                return None
            return self._pages.get(given) if given else 0
        if not given:
            return 0
        if not given.isdecimal():
            return None
        size = min(int(query.get(pull.size, 100)), self.largest_page)
        return int(given) if pull.paging == "offset" else (int(given) - 1) * size

    def _since(self, item: Any, query: Json) -> bool:
        """Whether the item was released since then; what does not say when always is."""
        s = self.settings
        given, mark = query.get(s.pull.since, ""), walk(item, s.pull.mark)
        if not given or mark is None:
            return True
        if s.pull.since_format == "number":
            return int(plain(mark)) > int(given)
        form = "" if s.pull.since_format in ("iso", "unix") else s.pull.since_format
        zone = ZoneInfo(s.time_zone)
        asked, written = moment(given, zone, form), moment(mark, zone, s.time_format)
        return asked is None or written is None or written >= asked

    def _page(self, items: list[Any], following: str) -> web.Response:
        s = self.settings
        if s.format == "xml":
            frame = put({}, steps(s.pull.items), items)
            frame = put(frame, steps(s.pull.next), following) if s.pull.paging == "next" else frame
            return web.Response(body=as_xml("lapor", frame).encode(), content_type="text/xml")
        listed = [item.decode("latin-1") if isinstance(item, bytes) else json.dumps(item) for item in items]
        frame = put({}, steps(s.pull.items), "@items@") if s.pull.items else "@items@"
        if s.pull.paging == "next" and isinstance(frame, dict):
            frame = put(frame, steps(s.pull.next), following or None)
        body = json.dumps(frame).replace('"@items@"', "[" + ",".join(listed) + "]")
        return web.Response(body=body.encode("latin-1"), content_type="application/json")

    # what comes back to LAPOR

    def _taking(self, name: str, call: Call) -> Any:
        async def take(request: web.Request) -> web.Response:
            refused = await self._refusal(request, name)
            if refused is not None:
                return refused
            number = request.match_info.get("id", "")
            known = {plain(walk(item, self.settings.fields.number)) for item in self.items}
            if number not in known:
                return web.json_response({"pesan": "Laporan tidak ditemukan"}, status=404)
            given: Json = await request.json() if call.format == "json" else dict(await request.post())
            text = plain(_filling(given, call.body, "{text}"))
            status = plain(_filling(given, call.body, "{status}"))
            if (name == "status" and status not in self.settings.statuses.values()) or not (text or status):
                return web.json_response({"pesan": "Isian tidak lengkap"}, status=422)
            key = request.headers.get(self.settings.idempotency_header or "-", "")
            if key in self._keys:
                return web.json_response(self._keys[key])
            if name == "status":
                self.statuses.append({"id": number, "status": status, "text": text, "key": key})
            else:
                self.heard.append(Outgoing(text=text, key=number))
            answer: Json = put({}, steps(call.result), f"tl-{len(self.heard) + len(self.statuses)}")
            if key:
                self._keys[key] = answer
            return web.json_response(answer, status=201)

        return take

    async def _file(self, request: web.Request) -> web.Response:
        if not self._proved(request):
            return web.Response(status=401)
        found = self.files.get(request.match_info["name"])
        return (
            web.Response(status=404) if found is None else web.Response(body=found, content_type="image/jpeg")
        )


def _filling(given: Any, template: Any, placeholder: str) -> Any:
    """What stands where `template` has `placeholder`."""
    if template == placeholder:
        return given
    if isinstance(template, dict) and isinstance(given, dict):
        found = (_filling(given.get(name), value, placeholder) for name, value in template.items())
        return next((value for value in found if value is not None), None)
    return None


def written(at: datetime, form: str, zone: ZoneInfo) -> str:
    """A time as LAPOR writes it: naive, in its own zone."""
    local = at.astimezone(zone)
    return local.strftime(form or "%Y-%m-%d %H:%M:%S")


def as_xml(name: str, value: Any) -> str:
    """A value as XML: tables as elements, lists as repeated ones."""
    if isinstance(value, list):
        return "".join(as_xml(name, one) for one in value)
    if isinstance(value, dict):
        inner = "".join(as_xml(key, one) for key, one in value.items())
        return f"<{name}>{inner}</{name}>"
    return f"<{name}>{escape('' if value is None else str(value))}</{name}>"
