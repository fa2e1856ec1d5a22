"""Meta's side of an account, for simulators and tests: a Graph API with files on loopback, and signed deliveries.

The fake checks what the real one checks (the token in a header, ids that are its own, addresses that hold only while
they are fresh) and answers errors in Meta's shape. Bodies are written as Meta writes them: what is not ASCII as
\\uXXXX, slashes escaped.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from adapters.base import Account, Gateway, Letter
from adapters.shared.meta import M, signed
from adapters.shared.meta_graph import is_loopback
from normalizer.errors import Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent

Json = dict[str, Any]


@dataclass
class _File:
    content: bytes
    media_type: str
    fetched: asyncio.Event = field(default_factory=asyncio.Event)


class FakeGraph:
    """The Graph API and its file server on loopback. What tests want to see or bend is public."""

    def __init__(self, token: str, *, files_need_token: bool) -> None:
        self.token, self.files_need_token = token, files_need_token
        self.base_url = ""
        self.calls: list[str] = []
        self.refuse_next: deque[tuple[int, Json]] = deque()
        """Answers for the next calls of the API: status, and what stands under `error`."""
        self.stated_sha256 = ""
        """A hash to state instead of the true one."""
        self._files: dict[str, _File] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen; the address is returned."""
        app = web.Application()
        app.router.add_get("/files/{id}", self._file)
        app.router.add_get(r"/v{version:\d+\.\d+}/{id}", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    def store(self, media_id: str, content: bytes, media_type: str = "image/jpeg") -> str:
        """Hold a file; its address."""
        self._files.setdefault(media_id, _File(content, media_type))
        return f"{self.base_url}/files/{media_id}"

    async def files_fetched(self, seconds: float) -> None:
        """Wait until every file was fetched once; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            for stored in list(self._files.values()):
                await stored.fetched.wait()

    def _proved(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    async def _media(self, request: web.Request) -> web.Response:
        media_id = request.match_info["id"]
        self.calls.append(media_id)
        if self.refuse_next:
            status, error = self.refuse_next.popleft()
            return web.json_response({"error": error}, status=status)
        if not self._proved(request):
            return _refusal(401, 190, "Invalid OAuth access token - Cannot parse access token")
        stored = self._files.get(media_id)
        if stored is None:
            return _refusal(
                400, 100, f"Unsupported get request. Object with ID '{media_id}' does not exist", 33
            )
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "url": f"{self.base_url}/files/{media_id}",
                "mime_type": stored.media_type,
                "sha256": self.stated_sha256 or hashlib.sha256(stored.content).hexdigest(),
                "file_size": len(stored.content),
                "id": media_id,
            }
        )

    async def _file(self, request: web.Request) -> web.Response:
        if self.files_need_token and not self._proved(request):
            return web.Response(status=401)
        stored = self._files.get(request.match_info["id"])
        if stored is None:
            return web.Response(status=404)
        stored.fetched.set()
        return web.Response(body=stored.content, content_type=stored.media_type)


def _refusal(status: int, code: int, message: str, subcode: int | None = None) -> web.Response:
    error: Json = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AContohTrace"}
    if subcode is not None:
        error["error_subcode"] = subcode
    return web.json_response({"error": error}, status=status)


class MetaSimulator(Generic[M]):
    """Citizens who write to one account. With a loopback `graph_base_url` the Graph API stands there as a fake."""

    #: Seconds that photos may take to be fetched before the server goes away.
    PATIENCE = 20.0
    #: Whether the files of this product are given out to the access token only.
    FILES_NEED_TOKEN = False

    def __init__(self, account: Account, settings: M, gateway: Gateway) -> None:
        self.account, self.settings, self.gateway = account, settings, gateway
        self.graph = FakeGraph(settings.access_token.reveal(), files_need_token=self.FILES_NEED_TOKEN)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        where = urlsplit(self.settings.graph_base_url)
        if is_loopback(where.hostname or "") and where.port:
            await self.graph.start(where.port)

    async def stop(self) -> None:
        with contextlib.suppress(TimeoutError):
            await self.graph.files_fetched(self.PATIENCE)
        await self.graph.stop()
        if self._session is not None:
            await self._session.close()

    async def send(self, letter: Letter) -> str:
        """One letter as one delivery; what the gateway answered."""
        return await self.deliver(self.body(letter))

    def body(self, letter: Letter) -> Json:
        """`letter` as Meta writes it, as one batch."""
        raise NotImplementedError

    def stored(self, letter: Letter) -> list[tuple[str, str]]:
        """The photos of `letter` in the fake file server: id and address of each."""
        if letter.photos and not self.graph.base_url:
            raise Misconfigured(
                f"account.{self.account.name}.settings.graph_base_url",
                "simulated photos need a simulated Graph API",
                'write "http://127.0.0.1:8444", or another free port',
            )
        found = []
        for index, photo in enumerate(letter.photos):
            media_id = str(1_000_000_000_000 + letter.number * 100 + index)
            found.append((media_id, self.graph.store(media_id, photo)))
        return found

    async def subscribe(self, challenge: str) -> str:
        """The handshake, as Meta does it when the webhook is entered; what the gateway answered."""
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": self.settings.verify_token.reveal(),
        }
        async with self._opened().get(self._hook(), params=query) as answer:
            return await _taken(answer)

    async def deliver(self, body: Json) -> str:
        """`body` signed and posted. Raises `ProviderRefused`, or `ProviderUnavailable` when told to come again."""
        content = json.dumps(body).replace("/", "\\/").encode()
        raw = RawEvent(account=self.account.name, received_at=datetime.now(UTC), body=content, method="POST")
        headers = {**signed(raw, self.settings).headers, "Content-Type": "application/json"}
        headers["User-Agent"] = "facebookexternalua"
        async with self._opened().post(self._hook(), data=content, headers=headers) as answer:
            return await _taken(answer)

    def _hook(self) -> str:
        return f"{self.gateway.http}/hooks/{self.account.name}"

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("start() comes first")
        return self._session


async def _taken(answer: aiohttp.ClientResponse) -> str:
    text = f"{answer.status} {(await answer.text()).strip()}".strip()
    if answer.status >= 500:
        raise ProviderUnavailable(text)
    if answer.status >= 300:
        raise ProviderRefused(text)
    return text


def person_id(sender: str, digits: int = 16) -> str:
    """One person, one number: the same name is the same user at every run."""
    return str(10 ** (digits - 1) + zlib.crc32(sender.encode()))


def words(letter: Letter) -> str:
    """What the citizen writes, where a channel knows no subject."""
    return f"{letter.subject}\n{letter.text}" if letter.subject else letter.text


def milliseconds() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def messaging(letter: Letter, ours: str, addresses: Sequence[str]) -> list[Json]:
    """`letter` as messaging events of Messenger or Instagram: words and photos, then the place as a reply to them."""
    now = milliseconds()
    frame: Json = {"sender": {"id": person_id(letter.sender)}, "recipient": {"id": ours}, "timestamp": now}
    message: Json = {"mid": f"m_contoh-{letter.number}", "text": words(letter)}
    if addresses:
        message["attachments"] = [{"type": "image", "payload": {"url": url}} for url in addresses]
    events = [{**frame, "message": message}]
    if letter.latitude is not None and letter.longitude is not None:
        spot = {"coordinates": {"lat": letter.latitude, "long": letter.longitude}}
        place: Json = {"mid": f"m_contoh-{letter.number}-place", "reply_to": {"mid": message["mid"]}}
        place["attachments"] = [{"type": "location", "payload": spot}]
        events.append({**frame, "message": place})
    # The same person has read what we wrote: such receipts come in between, in one batch.
    return [*events, {**frame, "read": {"watermark": now - 1000}}]
