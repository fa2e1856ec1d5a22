"""The JAKI adapter on a free port of loopback, with a real journal and real private stores behind it."""

from __future__ import annotations

import hashlib
import hmac
import io
import os
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from adapters.app.adapter import AppAdapter
from adapters.base import Account
from complaint_queue.codec import Codec
from complaint_queue.keys import Keyring
from intake.media import keep_all
from intake.private_files import PrivateFolder
from intake.register import AccountRegister
from tests.intake_world import IntakeWorld, intake_world

PREFIX = "/api/jaki/v1"
SECRET, OLD_SECRET = "rahasia-contoh-jaki-bukan-asli-0001", "rahasia-contoh-jaki-bukan-asli-0000"
PUBLIC_URL = "https://aduan.example.go.id"
TUS = {"Tus-Resumable": "1.0.0"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 512


@dataclass
class AppWorld:
    """`serve` opens the door anew, as a restart does; `post`, `create`, `patch` call it as JAKI does."""

    intake: IntakeWorld
    folder: Path
    codec: Codec
    http: aiohttp.ClientSession
    settings: dict[str, Any] = field(default_factory=dict)
    adapter: AppAdapter = None  # type: ignore[assignment]
    origin: str = ""
    public_url: str = PUBLIC_URL
    shared: bool = False
    """Whether other gateways work on the same journal and the same store."""
    troubles: dict[str, str | None] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    @property
    def base(self) -> str:
        return self.origin + PREFIX

    async def serve(self, **settings: Any) -> None:
        await self.close_door()
        self.settings |= settings
        account = Account(
            name="jaki",
            adapter="app",
            channel="jaki",
            settings={"secrets": [SECRET, OLD_SECRET], **self.settings},
        )
        made = self.intake.adapter(
            account,
            private=PrivateFolder(self.folder, self.codec),
            register=AccountRegister(self.intake.journal, "jaki"),
            public_url=self.public_url,
            keep=partial(keep_all, self.intake.files) if self.shared else None,
            trouble=self.troubles.__setitem__,
        )
        assert isinstance(made, AppAdapter)
        self.adapter = made
        app = web.Application()
        app.add_subapp(made.prefix, made.web_app())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close_door(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            await self.adapter.close()
            self._runner = None

    def signed(self, content: bytes = b"", secret: str = SECRET, late: int = 0) -> dict[str, str]:
        """Signed by the description's words, not by the adapter's code."""
        timestamp = str(int(self.intake.clock.now().timestamp()) - late)
        proof = hmac.new(secret.encode(), timestamp.encode() + b"." + content, hashlib.sha256).hexdigest()
        return {"X-Kanal-Timestamp": timestamp, "X-Kanal-Signature": "sha256=" + proof}

    async def post(
        self, report: Any, key: str = "kunci-contoh-000001", **headers: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """A signed report (an object, or bytes as they are): status, body, headers of the answer."""
        body = report if isinstance(report, bytes) else msgspec.json.encode(report)
        given = {"Content-Type": "application/json", "Idempotency-Key": key, **self.signed(body), **headers}
        async with self.http.post(f"{self.base}/reports", data=body, headers=given) as answer:
            return answer.status, await answer.json(content_type=None), dict(answer.headers)

    async def call(
        self, method: str, path: str, data: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Any request: status, headers, body. `_` in a header's name is `-`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        skip = ("Content-Type",)
        if isinstance(data, bytes):
            data = io.BytesIO(data)
        url = path if path.startswith("http") else self.origin + path
        async with self.http.request(method, url, data=data, headers=given, skip_auto_headers=skip) as answer:
            return answer.status, dict(answer.headers), await answer.read()

    async def create(
        self, length: int, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        more = {"Content_Type": "application/offset+octet-stream"} if body else {}
        given = {**TUS, "Upload-Length": str(length), **self.signed(body), **more, **headers}
        return await self.call("POST", f"{PREFIX}/uploads", body or None, **given)

    async def patch(
        self, location: str, offset: int, data: Any, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        given = {
            **TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            **headers,
        }
        return await self.call("PATCH", location, data, **given)

    async def uploaded(self, content: bytes = JPEG, name: str = "foto.jpg") -> str:
        """The location of a complete upload."""
        metadata = "filename " + b64encode(name.encode()).decode()
        status, headers, said = await self.create(len(content), Upload_Metadata=metadata)
        assert status == 201, said
        status, answered, said = await self.patch(headers["Location"], 0, content)
        assert (status, answered["Upload-Offset"]) == (204, str(len(content))), said
        return headers["Location"]


@asynccontextmanager
async def app_world(folder: Path, **settings: Any) -> AsyncIterator[AppWorld]:
    codec = Codec(Keyring([os.urandom(32)], os.urandom(32)))
    async with intake_world(folder) as intake, aiohttp.ClientSession() as http:
        world = AppWorld(intake, folder / "accounts" / "jaki", codec, http, dict(settings))
        await world.serve()
        try:
            yield world
        finally:
            await world.close_door()
