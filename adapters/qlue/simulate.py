"""An old export with one report, sent as `kanal import` sends it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import aiohttp
from msgspec.structs import replace

from adapters.base import Account, Gateway, Letter, Simulator
from adapters.shared.signed import signed
from normalizer.errors import ProviderRefused
from normalizer.record import RawEvent

from .settings import QlueSettings


def sign(raw: RawEvent, settings: QlueSettings) -> RawEvent:
    """`raw` with its proof added, as of the moment at which it was received."""
    return replace(raw, headers={**raw.headers, **signed(settings.key, raw.body, raw.received_at)})


def simulator(account: Account, settings: QlueSettings, gateway: Gateway) -> Simulator:
    return QlueSimulator(account, settings, gateway)


class QlueSimulator:
    """Posts a table with one row for each letter."""

    def __init__(self, account: Account, settings: QlueSettings, gateway: Gateway) -> None:
        self._settings, self._url = settings, f"{gateway.http}/hooks/{account.name}"
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def send(self, letter: Letter) -> str:
        """Raises `ProviderRefused` when the piece was not taken."""
        if self._session is None:
            raise RuntimeError("start() comes first")
        at = datetime(2018, 3, 5, 7, tzinfo=UTC) + timedelta(seconds=letter.number % 10**8)
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(("id", "timestamp", "username", "description", "lat", "lng"))
        where = ("", "") if letter.latitude is None else (letter.latitude, letter.longitude)
        writer.writerow((f"Q{letter.number}", at.isoformat(), letter.sender, letter.text, *where))
        body = table.getvalue().encode()
        headers = {"content-type": "text/csv", **signed(self._settings.key, body, datetime.now(UTC))}
        async with self._session.post(self._url, data=body, headers=headers) as response:
            answer = f"{response.status} {(await response.text()).strip()}"
            if response.status != 200:
                raise ProviderRefused(answer)
            return answer

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
