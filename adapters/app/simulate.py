"""The JAKI app's side: signs, uploads its photos by tus with a broken connection in between, and files reports.

JAKI's own server stands here too, as a fake on loopback: it takes the gateway's callbacks and checks what JAKI is
asked to check (signature, freshness, key, fields).
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import time
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
from aiohttp import web

from adapters.app import signing
from adapters.app.adapter import AppSettings
from adapters.app.tus import CONTENT_TYPE, VERSION
from adapters.base import Account, Gateway, Letter, Outgoing
from normalizer.errors import ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent
from normalizer.settings import Secret

_FIELDS = frozenset(
    ("id", "ticket", "report", "reporter_id", "language", "title", "text", "private", "sent_at")
)


def sign(raw: RawEvent, settings: AppSettings) -> RawEvent:
    """`raw` with the two headers that JAKI adds."""
    added = signing.headers(settings.secrets[0], raw.received_at, raw.body)
    return msgspec.structs.replace(raw, headers={**raw.headers, **{k.lower(): v for k, v in added.items()}})


def simulator(account: Account, settings: AppSettings, gateway: Gateway) -> AppSimulator:
    return AppSimulator(settings, gateway)


class FakeJaki:
    """JAKI's callback on loopback. It proves the signature by its own means, not with the gateway's code."""

    def __init__(self, secret: Secret, path: str = "/kanal/status") -> None:
        self._secret, self._path = secret, path
        self.url = ""
        self.heard: list[Outgoing] = []
        self.refused: list[str] = []
        self.answer_next: deque[tuple[int, dict[str, str]]] = deque()
        """Statuses and headers for the next calls, instead of looking at them."""
        self._seen: dict[str, bytes] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen; the callback's address."""
        app = web.Application()
        app.router.add_post(self._path, self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}{self._path}"
        return self.url

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.answer_next:
            status, headers = self.answer_next.popleft()
            return web.Response(status=status, headers=headers)
        status, why = self._judge(request, body)
        if status != 200:
            self.refused.append(why)
            return web.json_response({"error": why}, status=status)
        key = request.headers["Idempotency-Key"]
        if key not in self._seen:
            self._seen[key] = body
            said = json.loads(body)
            self.heard.append(
                Outgoing(
                    text=said["text"],
                    key=said["reporter_id"] or said["report"],
                    ticket=said["ticket"],
                    subject=said["title"],
                    private=said["private"],
                )
            )
        return web.json_response({"id": f"jaki-{list(self._seen).index(key) + 1}"})

    def _judge(self, request: web.Request, body: bytes) -> tuple[int, str]:
        timestamp = request.headers.get("X-Kanal-Timestamp", "")
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
            return 401, "the timestamp is absent or stale"
        signed = hmac.new(self._secret.reveal().encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
        if request.headers.get("X-Kanal-Signature") != f"sha256={signed.hexdigest()}":
            return 401, "the signature does not fit"
        if not request.headers.get("Idempotency-Key", "").strip('"'):
            return 400, "no Idempotency-Key"
        if request.content_type != "application/json":
            return 415, "not JSON"
        said = json.loads(body)
        if set(said) != _FIELDS or not said["text"]:
            return 422, "not the fields that were agreed"
        return 200, ""


class AppSimulator:
    """Sends as the app does. `heard` is what JAKI was told for its citizens."""

    def __init__(self, settings: AppSettings, gateway: Gateway) -> None:
        self._settings, self._base = settings, gateway.http + settings.path
        self._session: aiohttp.ClientSession | None = None
        self._bodies: dict[int, bytes] = {}
        callback = urlsplit(settings.callback_url)
        self.jaki = FakeJaki(settings.callback_secret, callback.path or "/")
        self._port = callback.port if callback.hostname in ("127.0.0.1", "localhost", "::1") else None

    @property
    def heard(self) -> list[Outgoing]:
        return self.jaki.heard

    async def start(self) -> None:
        """Open the app, and JAKI's server when the callback leads to loopback."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        if self._port is not None:
            await self.jaki.start(self._port)

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
        await self.jaki.stop()

    async def send(self, letter: Letter) -> str:
        """One report with its photos; the gateway's status and ticket. The same number is the same report.

        Raises `ProviderRefused`, or `ProviderUnavailable` when the gateway says "try again".
        """
        body = self._bodies.get(letter.number)
        if body is None:
            uploads = [await self.upload(photo, f"foto-{i + 1}.jpg") for i, photo in enumerate(letter.photos)]
            body = self._bodies[letter.number] = msgspec.json.encode(_report(letter, uploads))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f'"simulasi-jaki-{letter.number:012d}"',
            **self._signed(body),
        }
        async with self._open.post(f"{self._base}/reports", data=body, headers=headers) as answer:
            said = await answer.json(content_type=None)
            if answer.status == 503:
                raise ProviderUnavailable("the gateway says: try again")
            if (
                answer.status == 422 and letter.photos
            ):  # another gateway answers now: it never had the uploads
                del self._bodies[letter.number]
            if answer.status not in (200, 201):
                raise ProviderRefused(f"{answer.status} {json.dumps(said)}")
            return f"{answer.status} {said['ticket']}"

    async def upload(self, content: bytes, name: str) -> str:
        """The address of a new upload with `content`: begun, broken off in the middle, asked about, and ended."""
        metadata = (
            f"filename {b64encode(name.encode()).decode()},filetype {b64encode(b'image/jpeg').decode()}"
        )
        creation = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata, **self._signed(b"")}
        async with self._open.post(f"{self._base}/uploads", headers=_TUS | creation) as answer:
            if answer.status != 201:
                raise ProviderRefused(f"{answer.status} {await answer.text()}")
            url = urljoin(self._base + "/", answer.headers["Location"])
        await self._break_off(url, content)
        offset = await self._offset(url)
        step = max(1, (len(content) - offset + 1) // 2)
        while offset < len(content):
            offset = await self._patch(url, offset, content[offset : offset + step])
        return url

    async def status(self, ticket: str) -> dict[str, Any]:
        """What `GET /reports/<ticket>` says."""
        path = f"{self._settings.path}/reports/{ticket}"
        address = self._base + f"/reports/{ticket}"
        async with self._open.get(address, headers=self._signed(f"GET {path}".encode())) as answer:
            if answer.status != 200:
                raise ProviderRefused(f"{answer.status} {await answer.text()}")
            found: dict[str, Any] = await answer.json()
            return found

    async def _break_off(self, url: str, content: bytes) -> None:
        """A PATCH whose connection breaks after a third of the bytes."""

        async def piece() -> AsyncIterator[bytes]:
            yield content[: len(content) // 3]
            raise ConnectionResetError

        headers = {**_TUS, "Upload-Offset": "0", "Content-Type": CONTENT_TYPE}
        headers["Content-Length"] = str(len(content))
        try:
            async with self._open.patch(url, data=piece(), headers=headers):
                pass
        except (aiohttp.ClientError, OSError):
            return

    async def _offset(self, url: str) -> int:
        async with self._open.head(url, headers=_TUS) as answer:
            if answer.status != 200:
                raise ProviderRefused(f"the upload answers {answer.status}")
            return int(answer.headers["Upload-Offset"])

    async def _patch(self, url: str, offset: int, piece: bytes) -> int:
        digest = b64encode(hashlib.sha256(piece).digest()).decode()
        headers = {
            **_TUS,
            "Upload-Offset": str(offset),
            "Content-Type": CONTENT_TYPE,
            "Upload-Checksum": f"sha256 {digest}",
        }
        async with self._open.patch(url, data=io.BytesIO(piece), headers=headers) as answer:
            if answer.status != 204:
                raise ProviderRefused(f"the upload answers {answer.status} {await answer.text()}")
            return int(answer.headers["Upload-Offset"])

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("start() comes first")
        return self._session

    def _signed(self, content: bytes) -> dict[str, str]:
        return signing.headers(self._settings.secrets[0], datetime.now(UTC), content)


_TUS = {"Tus-Resumable": VERSION}


def _report(letter: Letter, uploads: list[str]) -> dict[str, Any]:
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=letter.number % 31_536_000)
    report: dict[str, Any] = {
        "text": f"{letter.subject}\n{letter.text}" if letter.subject else letter.text,
        "reporter": {
            "id": "warga-" + hashlib.sha256(letter.sender.encode()).hexdigest()[:12],
            "name": letter.sender,
        },
        "created_at": created.isoformat(),
        "language": "id",
        "attachments": uploads,
    }
    if letter.latitude is not None and letter.longitude is not None:
        report |= {"latitude": letter.latitude, "longitude": letter.longitude, "accuracy": 12.5}
    if letter.kelurahan_code:
        report["kelurahan_code"] = letter.kelurahan_code
    return report
