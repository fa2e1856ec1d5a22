"""The door for reports of earlier systems: pieces of a table, posted and signed by `kanal import`.

It is a webhook like any other, so that what was answered is durable, a piece sent twice makes nothing twice, and
nobody but the gateway writes the journal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from adapters.base import Account, Adapter, Fate, HttpAnswer, Item, Ports
from adapters.shared.signed import prove
from normalizer.errors import Misconfigured, ProviderRefused
from normalizer.record import Attachment, Authenticity, RawEvent

from .parse import COLUMNS, parse
from .settings import QlueSettings


class QlueAdapter(Adapter[QlueSettings]):
    """Reads CSV and JSON lines, at most some hundred rows at a time; photos are fetched like those of any door."""

    name: ClassVar[str] = "qlue"
    title: ClassVar[str] = "Qlue"
    default_channel: ClassVar[str] = "qlue"
    Settings: ClassVar[type[Struct]] = QlueSettings

    methods: ClassVar[tuple[str, ...]] = ("POST",)
    max_bytes: ClassVar[int] = 8 * 1024 * 1024

    def __init__(self, account: Account, settings: QlueSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        where = f"account.{account.name}.settings"
        for field in settings.fields:
            if field not in COLUMNS:
                raise Misconfigured(
                    f"{where}.fields.{field}",
                    "there is no such field",
                    "use: {known}",
                    known=", ".join(COLUMNS),
                )
        try:
            ZoneInfo(settings.time_zone)
        except (KeyError, ValueError, OSError):
            cure = 'write one such as "Asia/Jakarta"'
            raise Misconfigured(
                f"{where}.time_zone", "{zone!r} is no time zone", cure, zone=settings.time_zone
            ) from None

    def verify(self, raw: RawEvent) -> None:
        prove(self.settings.key, raw.headers, raw.body, raw.received_at)

    def handshake(self, raw: RawEvent) -> HttpAnswer | None:
        return None

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(raw, self.settings)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        return Authenticity(method="signature")

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        """The fate of each row, in the order of the rows."""
        told = [
            {
                "outcome": fate.outcome,
                "ticket": fate.ticket,
                "external_id": fate.external_id,
                "reason": fate.reason,
            }
            for fate in fates
        ]
        return HttpAnswer(body=msgspec.json.encode(told), content_type="application/json")

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """The photo, if its address still answers after all these years."""
        if self.ports.fetch is None:
            raise ProviderRefused("downloads are switched off")
        async for chunk in self.ports.fetch(attachment.remote):
            yield chunk
