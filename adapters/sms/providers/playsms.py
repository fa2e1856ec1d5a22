"""playSMS's feature "SMS custom": a GET at an address that we write ourselves, placeholders and all.

playSMS signs nothing and gives no id: a secret in the address and a list of networks prove the origin, and sender,
time and text together are the identity. It tries once, so nothing here asks it to try again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from adapters.base import Letter, NotRead
from adapters.sms.charset import decode
from adapters.sms.network import networks, verify_remote
from adapters.sms.providers.base import Found, Provider, Sms, prove_path, raw_request, verify_path
from adapters.sms.request import first, moment, query
from normalizer.errors import Misconfigured
from normalizer.record import RawEvent
from normalizer.settings import Secret

_PLACEHOLDER = re.compile(r"\{[A-Z]{2,20}\}")
#: The first message of the simulator is from then; later numbers, later seconds.
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class PlaysmsSettings(Struct, frozen=True, kw_only=True):
    """`secret` ends the path; `allowed` are the networks (CIDR) from which playSMS may call."""

    secret: Secret
    allowed: Annotated[tuple[str, ...], Meta(min_length=1)] = ("127.0.0.0/8", "::1/128")


class Playsms(Provider[PlaysmsSettings]):
    """service={SERVICENAME} time={SMSDATETIME} from={SMSSENDER} to={SMSRECEIVER} keyword={CUSTOMKEYWORD}
    param={CUSTOMPARAM} text={CUSTOMRAW}
    """

    title: ClassVar[str] = "playSMS"
    Settings: ClassVar[type[Struct]] = PlaysmsSettings
    methods = ("GET",)

    def __init__(self, settings: PlaysmsSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        if len(settings.secret.reveal()) < 16:
            raise Misconfigured(
                f"{where}.secrets.secret",
                "is too short to stand alone for playSMS",
                "use at least 16 letters and digits, such as those of `openssl rand -hex 16`",
            )
        self._networks = networks(settings.allowed, f"{where}.options.allowed")

    def verify(self, raw: RawEvent) -> None:
        verify_path(raw, self.settings.secret.reveal())
        verify_remote(raw, self._networks)

    def read(self, raw: RawEvent) -> Sequence[Found]:
        fields = {name: decode(value, "utf-8") or "" for name, value in first(query(raw)).items()}
        # A version that does not know a placeholder leaves it as it is.
        fields = {name: value for name, value in fields.items() if not _PLACEHOLDER.fullmatch(value)}
        if not {"text", "param", "keyword"} & fields.keys():
            return [NotRead(reason="the address has neither text nor keyword and param")]
        # Without {CUSTOMRAW}, the words are what playSMS split them into.
        text = fields.get("text") or " ".join(
            part for part in (fields.get("keyword", ""), fields.get("param", "")) if part
        )
        written = fields.get("time", "").strip()
        return [
            Sms(
                sender=fields.get("from", "").strip(),
                receiver=fields.get("to", "").strip(),
                text=text,
                time=written,
                sent_at=moment(written, self.zone),
            )
        ]

    # --- imitation ---

    def prove(self, raw: RawEvent) -> RawEvent:
        return prove_path(raw, self.settings.secret.reveal())

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        """As PHP's `urlencode` writes it. Without an id the time is the identity, so it comes from the number."""
        keyword, _, param = letter.text.partition(" ")
        at = (_EPOCH + timedelta(seconds=letter.number)).astimezone(self.zone)
        values = {
            "service": "aduan",
            "time": at.strftime("%Y-%m-%d %H:%M:%S"),
            "from": phone,
            "to": "1708",
            "keyword": keyword.upper(),
            "param": param,
            "text": letter.text,
        }
        written = "&".join(f"{name}={quote_plus(value)}" for name, value in values.items())
        return raw_request("GET", f"{url}?{written}", {"user-agent": "PHP"})


PROVIDER = Playsms
