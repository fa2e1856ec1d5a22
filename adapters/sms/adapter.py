"""SMS, whoever carries it: the webhook, the polling where a provider is polled, the answers to citizens, media.

What differs between providers stands in one file each, under the name in `settings.provider`: `providers/` reads
what comes, `senders/` sends, `sources/` fetches what no provider brings, `fakes/` plays the provider.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import phonenumbers
from msgspec import Struct

from adapters.base import Account, Adapter, Fate, HttpAnswer, Item, Outgoing, Ports
from adapters.sms import senders, sources
from adapters.sms.line import Line
from adapters.sms.parse import parse
from adapters.sms.providers import build
from adapters.sms.providers.base import Provider, zone_of
from adapters.sms.segments import pieces
from adapters.sms.senders.base import Note
from normalizer.errors import Forged, Misconfigured, ProviderRefused
from normalizer.record import Attachment, Authenticity, RawEvent
from normalizer.settings import Secret

#: Answers of several pieces that stopped half-way and are remembered; the oldest is forgotten first.
_REMEMBERED = 1000


class SmsSettings(Struct, frozen=True, kw_only=True):
    """What an account says, whoever its provider is.

    `region` (ISO 3166) is where a number without country code belongs, `time_zone` where a provider's time
    without zone was read from the clock. `options` and `secrets` are the provider's own settings, described by
    its `Settings`: plain values in the one, credentials by reference in the other.
    """

    provider: str
    region: str = "ID"
    time_zone: str = "Asia/Jakarta"
    options: dict[str, Any] = {}
    secrets: dict[str, Secret] = {}


class SmsAdapter(Adapter[SmsSettings]):
    """Text messages of any provider become messages with one person per telephone number."""

    name: ClassVar[str] = "sms"
    title: ClassVar[str] = "SMS"
    default_channel: ClassVar[str] = "sms"
    converses: ClassVar[bool] = True
    answers_in: ClassVar[Literal["chat", "mail", "sms"]] = "sms"
    Settings: ClassVar[type[Struct]] = SmsSettings
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "PUT")
    max_bytes: ClassVar[int] = 64 * 1024

    def __init__(self, account: Account, settings: SmsSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self.provider = provider_of(settings, account.name)
        per_second = getattr(self.provider.settings, "per_second", 1.0)
        self.line = Line(self.provider.title, per_second, ports.trouble)
        self._sender = senders.build(settings.provider, self.provider, self.line)
        self._source = sources.build(settings.provider, account.name, self.provider, self.line, ports)
        self._sent: OrderedDict[str, list[str]] = OrderedDict()

    def verify(self, raw: RawEvent) -> None:
        """Prove the origin as the provider does; raises `Forged`."""
        if raw.method not in self.provider.methods:
            raise Forged(f"method {raw.method} is not how this provider calls")
        self.provider.verify(raw)

    def handshake(self, raw: RawEvent) -> HttpAnswer | None:
        """No SMS provider checks a subscription."""
        return None

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(self.provider, raw, self.settings.region)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        return Authenticity(method=self.provider.proof)

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        """The same for new and seen: the provider shall only stop repeating, and send the citizen nothing."""
        return self.provider.answer(fates)

    async def run(self) -> None:
        """Fetch what the provider does not bring, where it is polled; otherwise wait to be called."""
        if self._source is not None:
            await self._source.run()
        await asyncio.Event().wait()

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """The whole text, in pieces where the provider takes none so long; the id of the last one.

        An attempt that failed half-way goes on where it stopped, as long as this process lives.
        """
        to, sender = reply_to.get("to", ""), self._sender
        if not to:
            raise ProviderRefused("a sender that cannot be answered: a name or a short code")
        if sender is None or sender.missing():
            setting = sender.missing() if sender else "provider"
            raise ProviderRefused(f"this account sends nothing: {setting} is not set")
        from_number = getattr(self.provider.settings, "from_number", "") or reply_to.get("from", "")
        hook = self.provider.receipts_url(f"{self.ports.public_url}/hooks/{self.account.name}")
        sent = self._sent.setdefault(outgoing.key, [])
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        texts = pieces(outgoing.text, sender.septets, sender.units)
        for number, text in enumerate(texts[len(sent) :], len(sent)):
            key = f"{self.account.name}/{outgoing.key}/{number}"
            sent.append(await sender.send(Note(to=to, sender=from_number, text=text, key=key, receipts=hook)))
            self.line.authorised()
        self._sent.pop(outgoing.key, None)
        return sent[-1]

    async def close(self) -> None:
        await self.line.close()

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of an MMS picture; see `Provider.fetch`."""
        return self.provider.fetch(attachment, self.ports.fetch)


def provider_of(settings: SmsSettings, account: str) -> Provider[Any]:
    """The provider that an account's settings describe. Raises `Misconfigured`, with the cure."""
    where = f"account.{account}.settings"
    if settings.region not in phonenumbers.SUPPORTED_REGIONS:
        raise Misconfigured(
            f"{where}.region",
            "{region!r} is no country",
            'write two letters, as "ID"',
            region=settings.region,
        )
    zone = zone_of(settings.time_zone, f"{where}.time_zone")
    return build(settings.provider, settings.options, settings.secrets, zone, where)
