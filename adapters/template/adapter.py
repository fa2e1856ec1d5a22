"""The transport of the invented provider: settings, proof of origin, answers. Reading stands in `parse.py`.

The provider POSTs one JSON object per message to `/hooks/<account>` and signs the body with a shared key:
`X-Template-Signature: sha256=<hex HMAC-SHA256 of the body>`.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from adapters.base import Account, Adapter, Fate, HttpAnswer, Item, Ports
from normalizer.errors import Forged, Misconfigured
from normalizer.record import Authenticity, RawEvent
from normalizer.settings import Secret

from .parse import parse

# Written once, because the simulator has to write it as well.
SIGNATURE_HEADER = "x-template-signature"


class TemplateSettings(Struct, frozen=True, kw_only=True):
    """What an operator writes under `[account.settings]`.

    `key` is the shared key; `time_zone` is where the provider's clock stands when a time names no zone.
    """

    # A `Secret` is written as a reference ("env:NAME", "file:PATH") and does not show itself in logs.
    key: Secret
    time_zone: str = "Asia/Jakarta"


class TemplateAdapter(Adapter[TemplateSettings]):
    """A webhook: it has `methods`, `max_bytes`, `verify`, `handshake` and `answer` (see `adapters.base.Webhook`).

    An adapter with a loop of its own has `run`; one that fetches pictures `fetch`; one that replies `reply`.
    """

    # The folder's name, so that a copy needs no edit. A real adapter may simply write it: name = "sms".
    name: ClassVar[str] = Path(__file__).parent.name
    title: ClassVar[str] = "Template"
    # The channel under which the CRM counts these complaints, unless the account names another.
    default_channel: ClassVar[str] = "template"
    Settings: ClassVar[type[Struct]] = TemplateSettings

    methods: ClassVar[tuple[str, ...]] = ("POST",)
    # The web server refuses more before it is in memory. Choose the provider's own limit, with some room.
    max_bytes: ClassVar[int] = 64 * 1024

    def __init__(self, account: Account, settings: TemplateSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        # What cannot work is said at start, with its name and the cure, and not when the first citizen writes.
        # No connection is opened here: a constructor only checks.
        where = f"account.{account.name}.settings"
        if not settings.key.reveal():
            raise Misconfigured(f"{where}.key", "is empty", "copy the key from the provider's page")
        try:
            self._zone = ZoneInfo(settings.time_zone)
        except (KeyError, ValueError, OSError):
            raise Misconfigured(
                f"{where}.time_zone",
                "{zone!r} is no time zone",
                'write one such as "Asia/Jakarta"',
                zone=settings.time_zone,
            ) from None

    def verify(self, raw: RawEvent) -> None:
        """Over the bytes as they came, before anything is parsed: a parser must never meet a stranger's bytes."""
        given = raw.headers.get(SIGNATURE_HEADER, "")
        # In constant time, or the time taken would tell how many characters were right. On bytes, because
        # compare_digest refuses text that is not ASCII, and a header may hold anything. And never an early way out
        # for an absent header: the comparison fails by itself, so this fails closed.
        if not hmac.compare_digest(
            given.encode("utf-8", "surrogatepass"), signature(self.settings.key, raw.body)
        ):
            # The reason is for our log. It never holds the value that would have been right.
            raise Forged("the signature is absent or wrong")

    def handshake(self, raw: RawEvent) -> HttpAnswer | None:
        """Some providers check a subscription with a question (hub.challenge, CRC). This one does not."""
        return None

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        # The pure function gets what it needs as arguments; it knows neither adapter nor ports.
        return parse(raw, self._zone)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        """`signature` where bytes were signed; `secret` where a token in the request is all there is."""
        return Authenticity(method="signature")

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        """Everything is durable now. A repetition hears the same as the first time."""
        # Quarantined items are answered "yes" too: we have them, and the provider's repeating would not help.
        # Our own failure never comes here: the web server has then said 503, and the provider comes again.
        return HttpAnswer(status=200, body=b'{"ok": true}', content_type="application/json")


def signature(key: Secret, body: bytes) -> bytes:
    """The header's value for `body`. The simulator signs with it as well, the tests check it against another."""
    return b"sha256=" + hmac.digest(key.reveal().encode(), body, "sha256").hex().encode()
