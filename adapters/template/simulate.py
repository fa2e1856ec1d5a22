"""The invented provider's side: what it sends, shaped just as it does it, for `kanal simulate` and the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aiohttp
import msgspec
from msgspec.structs import replace

from adapters.base import Account, Gateway, Letter, Simulator
from normalizer.errors import ProviderRefused
from normalizer.record import RawEvent

from .adapter import SIGNATURE_HEADER, TemplateSettings, signature


def sign(raw: RawEvent, settings: TemplateSettings) -> RawEvent:
    """`raw` with its proof added. The contract tests sign fixtures with it, and then spoil the proof."""
    proof = signature(settings.key, raw.body).decode()
    return replace(raw, headers={**raw.headers, SIGNATURE_HEADER: proof})


def simulator(account: Account, settings: TemplateSettings, gateway: Gateway) -> Simulator:
    return TemplateSimulator(account, settings, gateway)


class TemplateSimulator:
    """Sends over real HTTP. An adapter that calls its provider (media, polling) has its fake server here too."""

    def __init__(self, account: Account, settings: TemplateSettings, gateway: Gateway) -> None:
        self._settings, self._url = settings, f"{gateway.http}/hooks/{account.name}"
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def send(self, letter: Letter) -> str:
        """One message; the gateway's answer. Raises `ProviderRefused` when it was not taken."""
        if self._session is None:
            raise RuntimeError("start() comes first")
        # Everything comes from the letter's number, so that the same number is the same message, byte for byte.
        written = {
            "id": f"tmpl-{letter.number}",
            "type": "message",
            "from": {"id": letter.sender.lower().replace(" ", "."), "name": letter.sender},
            "text": letter.text,
            "time": (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=letter.number)).isoformat(),
        }
        raw = RawEvent(account="", received_at=datetime.now(UTC), body=msgspec.json.encode(written))
        headers = {"content-type": "application/json", **sign(raw, self._settings).headers}
        async with self._session.post(self._url, data=raw.body, headers=headers) as response:
            answer = f"{response.status} {(await response.text()).strip()}"
            if response.status != 200:
                raise ProviderRefused(answer)
            return answer

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
