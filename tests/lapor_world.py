"""The public form and the portal's door over real HTTP, with the real journal, files and settler behind them."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from adapters.balai_warga.adapter import BalaiWargaAdapter, BalaiWargaSettings
from adapters.balai_warga.proof import solve
from adapters.base import Account, Gateway
from intake.staff import StaffStore
from intake.web import pages
from normalizer.settings import Secret
from tests.intake_world import IntakeWorld, intake_world

ACCOUNT = "balai-warga"
KEY = Secret("kunci-portal-contoh-0001")
USUAL = {"text": "Lampu jalan di depan musala mati sejak Senin.", "consent": "1"}


@dataclass
class LaporWorld:
    """`url` is where the pages are; `world` is everything behind them."""

    world: IntakeWorld
    staff: StaffStore
    url: str = ""

    @property
    def settings(self) -> BalaiWargaSettings:
        return BalaiWargaSettings(key=KEY)

    @property
    def gateway(self) -> Gateway:
        return Gateway(http=self.url, public_url=self.url)

    async def tickets(self) -> list[str]:
        """The tickets of everything that was stored."""
        return [row[0] for row in await self.world.journal.recent(None, limit=1000)]


@asynccontextmanager
async def lapor_world(folder: Path, max_form: int = 3 * 1024 * 1024) -> AsyncIterator[LaporWorld]:
    async with intake_world(folder) as world:
        staff = StaffStore(folder / "staff.sqlite3", world.clock.now)
        await staff.open()
        lapor = LaporWorld(world, staff)
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        lapor.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        settings = {"key": KEY.reveal()}
        made = world.adapter(
            Account(name=ACCOUNT, adapter="balai_warga", settings=settings), public_url=lapor.url
        )
        assert isinstance(made, BalaiWargaAdapter)
        deps = pages.PageDeps(
            journal=world.journal, files=world.files, secrets=world.receiver.secrets, staff=staff,
            clock=world.clock.now, receive=world.receive, walkin_account="", public_form_account=ACCOUNT,
            public_url=lapor.url, secure=False, max_form=max_form, machines=(made.prefix + "/",),
            trusted_proxies=("127.0.0.0/8",),
        )  # fmt: skip
        app = web.Application(middlewares=pages.middlewares(deps))
        app.add_subapp(made.prefix, made.web_app())
        pages.mount(app, deps)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, sock).start()
        try:
            yield lapor
        finally:
            await runner.cleanup()
            await staff.close()


class Visitor:
    """A browser that keeps cookies; `send` sends the form that is open, with a proof of work unless told otherwise."""

    def __init__(self, lapor: LaporWorld) -> None:
        self.lapor = lapor
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.status, self.text, self.path = 0, "", ""
        self.headers: Any = {}

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def get(self, path: str = "/lapor", **more: Any) -> str:
        return await self._keep(self.session.get(self.lapor.url + path, **more))

    async def send(
        self, *, wait: float = 30, proof: str | None = None, files: Any = (), **fields: str
    ) -> str:
        """`wait` seconds pass before it is sent; `proof` replaces the right one."""
        self.lapor.world.clock.forward(wait)
        return await self._keep(
            self.session.post(self.lapor.url + "/lapor", data=self.form(proof=proof, files=files, **fields))
        )

    def form(self, *, proof: str | None = None, files: Any = (), **fields: str) -> aiohttp.FormData:
        hidden = {name: self.hidden(name) for name in ("csrf", "form_id", "challenge")}
        hidden["proof"] = solve(hidden["challenge"]) if proof is None else proof
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in {**hidden, **USUAL, **fields}.items():
            form.add_field(name, value)
        for name, content in files:
            form.add_field("files", content, filename=name, content_type="application/octet-stream")
        return form

    def hidden(self, name: str) -> str:
        return unescape(re.findall(rf'name="{name}" value="([^"]*)"', self.text)[-1])

    async def _keep(self, call: Any) -> str:
        async with call as answer:
            self.status, self.headers, self.path = answer.status, answer.headers, answer.url.path_qs
            self.text = await answer.text()
        return self.text
