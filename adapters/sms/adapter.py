"""The webhook at which SMS providers call: settings, proof of origin, answers, media.

What differs between providers stands in `providers/<provider>.py`, one file each; `settings.provider` names it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import phonenumbers
from msgspec import Struct

from adapters.base import Account, Adapter, Fate, HttpAnswer, Item, Ports
from adapters.sms.parse import parse
from adapters.sms.providers import build
from adapters.sms.providers.base import Provider
from normalizer.errors import Forged, Misconfigured
from normalizer.record import Attachment, Authenticity, RawEvent
from normalizer.settings import Secret


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
    Settings: ClassVar[type[Struct]] = SmsSettings
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "PUT")
    max_bytes: ClassVar[int] = 64 * 1024

    def __init__(self, account: Account, settings: SmsSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self.provider = provider_of(settings, account.name)

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

    def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The bytes of an MMS picture; see `Provider.fetch`."""
        return self.provider.fetch(attachment, self.ports.fetch)


def provider_of(settings: SmsSettings, account: str) -> Provider[Any]:
    """The provider that an account's settings describe. Raises `Misconfigured`, with the cure."""
    where = f"account.{account}.settings"
    if settings.region not in phonenumbers.SUPPORTED_REGIONS:
        raise Misconfigured(
            f"{where}.region", f"{settings.region!r} is no country", 'write two letters, as "ID"'
        )
    try:
        zone = ZoneInfo(settings.time_zone)
    except (KeyError, ValueError, OSError):
        raise Misconfigured(
            f"{where}.time_zone",
            f"{settings.time_zone!r} is no time zone",
            'write one such as "Asia/Jakarta"',
        ) from None
    return build(settings.provider, settings.options, settings.secrets, zone, where)
