"""The desk over real HTTP with the real journal, files and settler behind it; its line may be cut and mended."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from adapters.base import Account
from complaint_queue.journal import ComplaintFile
from intake.staff import StaffStore
from intake.web import pages
from normalizer.record import RawEvent
from tests.intake_world import IntakeWorld, intake_world
from tests.web_world import OFFICE, PASSWORD, categories_of

ACCOUNT = "loket"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class DeskWorld:
    """`url` is where the pages are, `inside` everything behind them. A clerk `loket` has an account."""

    inside: IntakeWorld
    staff: StaffStore
    url: str = ""
    swallow: int = 0
    """So many answers to a form get lost on their way, after everything was stored."""
    release: str = ""
    """The worker is served as a later release would serve it."""
    posted: list[str] = field(default_factory=list)
    runner: web.AppRunner | None = None
    port: int = 0

    async def add(self, login: str, office: str = OFFICE) -> None:
        await self.staff.add_user(login, "Petugas " + login, "clerk", office)
        await self.staff.set_password(login, PASSWORD)

    async def up(self) -> None:
        """Listen, on the same port as before."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.runner = web.AppRunner(self._app(), shutdown_timeout=1)
        await self.runner.setup()
        await web.SockSite(self.runner, sock).start()

    async def down(self) -> None:
        """Nobody listens any more."""
        if self.runner is not None:
            await self.runner.cleanup()
        self.runner = None

    async def files(self) -> list[ComplaintFile]:
        """Every complaint in the journal."""
        rows = await self.inside.journal.recent(None, limit=1000)
        found = [await self.inside.journal.complaint_by_ticket(row[0]) for row in rows]
        return [one for one in found if one is not None]

    def _app(self) -> web.Application:
        deps = pages.PageDeps(
            journal=self.inside.journal, files=self.inside.files, secrets=self.inside.receiver.secrets,
            staff=self.staff, clock=self.inside.clock.now, receive=self._receive, walkin_account=ACCOUNT,
            public_url=self.url, secure=False, max_form=20 * 1024 * 1024, categories_of=categories_of,
        )  # fmt: skip
        app = web.Application(middlewares=[self._line, *pages.middlewares(deps)])
        pages.mount(app, deps)
        return app

    async def _receive(self, account: str, raw: RawEvent) -> object:
        return await self.inside.receive(account, raw)

    @web.middleware
    async def _line(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if request.method == "POST" and request.path == "/loket":
            self.posted.append(str(response.status))
            if self.swallow > 0 and response.status == 200:
                self.swallow -= 1
                if request.transport is not None:
                    request.transport.abort()
        if self.release and request.path == "/loket/pekerja.js" and isinstance(response, web.Response):
            response.text = (response.text or "").replace(
                '"version": "', f'"version": "loket-{self.release}-', 1
            )
        return response


@asynccontextmanager
async def desk_world(folder: Path) -> AsyncIterator[DeskWorld]:
    async with intake_world(folder) as inside:
        inside.adapter(Account(name=ACCOUNT, adapter="walkin"))
        staff = StaffStore(folder / "staff.sqlite3", inside.clock.now)
        await staff.open()
        world = DeskWorld(inside, staff)
        await world.add("loket")
        await world.up()
        try:
            yield world
        finally:
            await world.down()
            await staff.close()
