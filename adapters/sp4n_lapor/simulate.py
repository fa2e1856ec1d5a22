"""LAPOR's side of one account: reports that the gateway pulls from the fake server, or that are pushed to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
from msgspec.structs import replace

from adapters.base import Account, Gateway, Letter
from adapters.sp4n_lapor.adapter import expected
from adapters.sp4n_lapor.fake import FakeLapor, as_xml, written
from adapters.sp4n_lapor.reading import put, steps
from adapters.sp4n_lapor.settings import LOOPBACK, LaporSettings
from normalizer.errors import Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent


def sign(raw: RawEvent, settings: LaporSettings) -> RawEvent:
    """`raw` with the proof that LAPOR adds to a push."""
    return replace(
        raw, headers={**raw.headers, settings.push.proof.header.lower(): expected(settings, raw.body)}
    )


def simulator(account: Account, settings: LaporSettings, gateway: Gateway) -> LaporSimulator:
    return LaporSimulator(account, settings, gateway)


class LaporSimulator:
    """Citizens who report to LAPOR. An account that pulls finds their reports in the fake; else they are pushed."""

    def __init__(self, account: Account, settings: LaporSettings, gateway: Gateway) -> None:
        self._account, self._settings = account, settings
        self._hook = f"{gateway.http}/hooks/{account.name}"
        self._session: aiohttp.ClientSession | None = None
        self.api = FakeLapor(settings)
        self.heard = self.api.heard

    async def start(self) -> None:
        where = urlsplit(self._settings.api_base_url)
        if where.hostname not in LOOPBACK or not where.port:
            raise Misconfigured(
                f"account.{self._account.name}.settings.api_base_url",
                "simulated citizens need a simulated LAPOR",
                'write "http://127.0.0.1:8446", or another free port',
            )
        await self.api.start(where.port)
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
        await self.api.stop()

    async def send(self, letter: Letter) -> str:
        """One report; `listed` when the gateway has pulled it, or what it answered to the push."""
        item = self.report(letter)
        await self.api.add(item)
        if "pull" not in self._settings.modes:
            return await self.push(item)
        try:
            # Readings have pages: that some calls were made says nothing of the one that holds the report.
            await self.api.stored(item, self._settings.pull.seconds * 3 + 20)
        except TimeoutError:
            raise ProviderUnavailable("the gateway does not pull") from None
        return "listed"

    async def push(self, *items: Any) -> str:
        """Post `items` as one batch. Raises `ProviderRefused` when the gateway does not take it."""
        if self._session is None:
            raise RuntimeError("start() comes first")
        raw = sign(
            RawEvent(account="", received_at=datetime.now(UTC), body=self.batch(*items)), self._settings
        )
        headers = {**raw.headers, "content-type": f"application/{self._settings.format}"}
        async with self._session.post(
            self._hook, data=raw.body, headers=headers, allow_redirects=False
        ) as answer:
            if answer.status >= 300:
                raise ProviderRefused(f"the gateway answered {answer.status}")
            return f"{answer.status} {(await answer.text()).strip()}"

    def batch(self, *items: Any) -> bytes:
        """The body of a push that holds `items`."""
        s = self._settings
        frame = put({}, steps(s.push.items), list(items)) if s.push.items else list(items)
        return as_xml("lapor", frame).encode() if s.format == "xml" else msgspec.json.encode(frame)

    def report(self, letter: Letter, **flags: Any) -> dict[str, Any]:
        """`letter` in the shape that the settings describe; the same number is the same report."""
        s, fields, zone = self._settings, self._settings.fields, ZoneInfo(self._settings.time_zone)
        at = datetime.now(UTC) - timedelta(seconds=1)
        number = str(7_000_000 + letter.number)
        name = letter.sender.lower().replace(" ", ".")
        values: list[tuple[str, Any]] = [
            (fields.number, number),
            (fields.title, letter.subject or letter.text[:60]),
            (fields.text, letter.text),
            (fields.sender_id, f"p-{name}"),
            (fields.sender_name, letter.sender),
            (fields.sender_email, f"{name}@example.org"),
            (fields.confidential, flags.get("confidential", 0)),
            (fields.anonymous, flags.get("anonymous", 0)),
            (fields.time, written(at, s.time_format, zone)),
            (s.pull.mark, number if s.pull.since_format == "number" else written(at, s.time_format, zone)),
            (fields.kelurahan_code, letter.kelurahan_code or None),
            (fields.latitude, letter.latitude),
            (fields.longitude, letter.longitude),
        ]
        item: dict[str, Any] = {}
        for path, value in values:
            if path and value is not None:
                item = put(item, steps(path), value)
        files = [self._file(letter.number, place, photo) for place, photo in enumerate(letter.photos)]
        return put(item, steps(s.attachments.items), files) if files and s.attachments.items else item

    def _file(self, number: int, place: int, photo: bytes) -> Any:
        name, attached = f"foto-{number}-{place}.jpg", self._settings.attachments
        self.api.files[name] = photo
        address = f"{self.api.base_url}/lampiran/{name}"
        if not attached.url:
            return address
        entry = put({}, steps(attached.url), address)
        return put(entry, steps(attached.name), name) if attached.name else entry
