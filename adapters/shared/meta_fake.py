"""Meta's side of an account, for simulators and tests: signed deliveries, and the Graph API behind them.

Bodies are written as Meta writes them: what is not ASCII as \\uXXXX, slashes escaped. The Graph API itself is
`adapters.shared.meta_fake_graph`.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Generic
from urllib.parse import urlsplit

import aiohttp

from adapters.base import Account, Gateway, Letter, Outgoing
from adapters.shared.meta import M, signed
from adapters.shared.meta_fake_graph import FakeGraph, Json, Product
from adapters.shared.meta_graph import is_loopback
from normalizer.errors import Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent


class MetaSimulator(Generic[M]):
    """Citizens who write to one account. With a loopback `graph_base_url` the Graph API stands there as a fake."""

    #: Seconds that photos may take to be fetched before the server goes away.
    PATIENCE = 20.0
    PRODUCT: Product
    #: The setting that holds the account's own number.
    OWN: str

    def __init__(self, account: Account, settings: M, gateway: Gateway) -> None:
        self.account, self.settings, self.gateway = account, settings, gateway
        self.graph = FakeGraph(settings.access_token.reveal(), self.PRODUCT, getattr(settings, self.OWN))
        self._session: aiohttp.ClientSession | None = None

    @property
    def heard(self) -> list[Outgoing]:
        """What was sent to citizens, in order; `private` is whether only they can read it."""
        return self.graph.heard

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
    if letter.tap:
        message["quick_reply"] = {"payload": letter.tap}
    if addresses:
        message["attachments"] = [{"type": "image", "payload": {"url": url}} for url in addresses]
    told = bool(message["text"] or addresses or letter.latitude is None)
    events = [{**frame, "message": message}] if told else []
    if letter.latitude is not None and letter.longitude is not None:
        spot = {"coordinates": {"lat": letter.latitude, "long": letter.longitude}}
        place: Json = {"mid": f"m_contoh-{letter.number}-place"}
        if told:
            place["reply_to"] = {"mid": message["mid"]}
        place["attachments"] = [{"type": "location", "payload": spot}]
        events.append({**frame, "message": place})
    # The same person has read what we wrote: such receipts come in between, in one batch.
    return [*events, {**frame, "read": {"watermark": now - 1000}}]
