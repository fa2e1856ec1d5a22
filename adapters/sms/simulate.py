"""Real-shaped SMS traffic for `kanal simulate`: the provider's requests over HTTP, and its pictures as a fake.

How a request looks and proves itself is said by each provider's own file (`request`, `prove`).
"""

from __future__ import annotations

import zlib
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from msgspec.structs import replace
from yarl import URL

from adapters.base import Account, Gateway, Letter, Simulator
from adapters.sms.adapter import SmsSettings, provider_of
from adapters.sms.phone import e164
from normalizer.errors import ProviderRefused
from normalizer.record import RawEvent


def sign(raw: RawEvent, settings: SmsSettings) -> RawEvent:
    """`raw` with what its provider adds to prove the origin."""
    return provider_of(settings, raw.account or "simulated").prove(raw)


def simulator(account: Account, settings: SmsSettings, gateway: Gateway) -> Simulator:
    return SmsSimulator(account, settings, gateway)


def phone_of(sender: str, region: str) -> str:
    """A number for a simulated person, the same each time; a sender that is a number keeps it."""
    return e164(sender, region) or f"+62812000{zlib.crc32(sender.encode()) % 100_000:05d}"


class SmsSimulator:
    """One provider's side of one account."""

    def __init__(self, account: Account, settings: SmsSettings, gateway: Gateway) -> None:
        self._account, self._settings, self._gateway = account, settings, gateway
        self._provider = provider_of(settings, account.name)
        self._photos: dict[str, bytes] = {}
        self._session: aiohttp.ClientSession | None = None
        self._media: web.AppRunner | None = None

    async def start(self) -> None:
        """Open the client, and the media server where the account's `media_base_url` says that it is on loopback."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        where = urlsplit(getattr(self._provider.settings, "media_base_url", ""))
        if where.hostname in ("127.0.0.1", "localhost", "::1") and where.port:
            app = web.Application()
            app.router.add_get("/{path:.*}", self._photo)
            self._media = web.AppRunner(app, access_log=None)
            await self._media.setup()
            await web.TCPSite(self._media, where.hostname, where.port).start()

    async def _photo(self, request: web.Request) -> web.Response:
        """A picture, to whoever shows the account's credentials, as Twilio does it."""
        expected = self._provider.media_credentials()
        given = request.headers.get("Authorization")
        if expected and given != aiohttp.encode_basic_auth(*expected):
            return web.Response(status=401)
        photo = self._photos.get(request.path)
        return (
            web.Response(status=404) if photo is None else web.Response(body=photo, content_type="image/jpeg")
        )

    async def send(self, letter: Letter) -> str:
        """One message; the gateway's status and body. Raises `ProviderRefused` when it was not taken."""
        if self._session is None:
            raise RuntimeError("start() comes first")
        url = f"{self._gateway.public_url}/hooks/{self._account.name}"
        phone = phone_of(letter.sender, self._settings.region)
        raw = replace(self._provider.request(letter, phone, url), account=self._account.name)
        self._photos.update(zip(self._provider.photo_paths(letter), letter.photos, strict=False))
        raw = self._provider.prove(raw)
        # The bytes of the address are signed: nobody may escape them anew.
        target = URL(self._gateway.http + raw.url.removeprefix(self._gateway.public_url), encoded=True)
        async with self._session.request(raw.method, target, data=raw.body, headers=raw.headers) as response:
            body = await response.text()
            if response.status >= 300:
                raise ProviderRefused(f"{response.status} {body.strip()}")
            return f"{response.status} {body.strip()}".strip()

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
        if self._media is not None:
            await self._media.cleanup()
