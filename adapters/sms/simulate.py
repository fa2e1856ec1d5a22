"""Real-shaped SMS traffic for `kanal simulate`: the provider's requests over HTTP, its API and pictures as fakes.

How a request looks and proves itself is said by each provider's own file (`request`, `prove`); how its API answers
stands in `fakes/`.
"""

from __future__ import annotations

import zlib
from typing import Any

import aiohttp
from aiohttp import web
from msgspec.structs import replace
from yarl import URL

from adapters.base import Account, Gateway, Letter, Outgoing, Simulator
from adapters.sms import fakes
from adapters.sms.adapter import SmsSettings, provider_of
from adapters.sms.fakes.base import loopback
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
    """One provider's side of one account. `fake` is its API; None where the provider takes no answers."""

    def __init__(self, account: Account, settings: SmsSettings, gateway: Gateway) -> None:
        self._account, self._settings, self._gateway = account, settings, gateway
        self._provider = provider_of(settings, account.name)
        self._hook = f"{gateway.public_url}/hooks/{account.name}"
        self.fake = fakes.build(settings.provider, self._provider, self._hook, self._post)
        self._photos: dict[str, bytes] = {}
        self._session: aiohttp.ClientSession | None = None
        self._servers: list[web.AppRunner] = []

    @property
    def heard(self) -> list[Outgoing]:
        """What the citizens were told."""
        return self.fake.heard if self.fake else []

    async def start(self) -> None:
        """Open the client, and the API and the media server where the account's settings say they are on loopback."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        apps: dict[tuple[str, int], web.Application] = {}
        if where := loopback(getattr(self._provider.settings, "media_base_url", "")):
            # Before the API's own routes: with some providers both are one server.
            apps.setdefault(where, web.Application()).router.add_get(
                "/{path:.*/Media/.*|mms/.*}", self._photo
            )
        if self.fake is not None:
            if where := self.fake.address:
                self.fake.mount(apps.setdefault(where, web.Application()))
            await self.fake.start()
        for (host, port), app in apps.items():
            runner = web.AppRunner(app, access_log=None)
            self._servers.append(runner)
            await runner.setup()
            await web.TCPSite(runner, host, port).start()

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
        phone = phone_of(letter.sender, self._settings.region)
        raw = replace(self._provider.request(letter, phone, self._hook), account=self._account.name)
        self._photos.update(zip(self._provider.photo_paths(letter), letter.photos, strict=False))
        if self.fake is not None:
            self.fake.pushed(raw)
        return await self._post(self._provider.prove(raw))

    async def _post(self, raw: RawEvent) -> str:
        if self._session is None:
            raise RuntimeError("start() comes first")
        # The bytes of the address are signed: nobody may escape them anew.
        target = URL(self._gateway.http + raw.url.removeprefix(self._gateway.public_url), encoded=True)
        request: dict[str, Any] = {"data": raw.body, "headers": raw.headers}
        async with self._session.request(raw.method, target, **request) as response:
            body = await response.text()
            if response.status >= 300:
                raise ProviderRefused(f"{response.status} {body.strip()}")
            return f"{response.status} {body.strip()}".strip()

    async def stop(self) -> None:
        for server in self._servers:
            await server.cleanup()
        self._servers.clear()
        if self.fake is not None:
            await self.fake.stop()
        if self._session is not None:
            await self._session.close()
