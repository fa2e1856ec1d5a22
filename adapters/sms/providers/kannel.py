"""Kannel's smsbox: an `sms-service` group whose get-url or post-url we wrote ourselves (Kannel user guide, 1.4).

Its escapes are ours to name, so the names below are the ones of doc.md. Kannel signs nothing: a secret in the
address and a list of source addresses prove the origin.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, ClassVar
from urllib.parse import quote_from_bytes
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from adapters.base import Ignored, Letter
from adapters.sms.charset import decode, part_of
from adapters.sms.providers.base import Found, Provider, Sms, prove_path, raw_request, verify_path
from adapters.sms.request import content_type, first, moment, query
from normalizer.errors import Forged, Misconfigured
from normalizer.record import RawEvent
from normalizer.settings import Secret


class KannelSettings(Struct, frozen=True, kw_only=True):
    """`secret` stands in the address; `allowed` are the networks (CIDR) from which smsbox may call.

    `time_zone` is that of %t, which Kannel writes in UTC unless smsbox was told otherwise; %T needs none.
    """

    secret: Secret
    allowed: Annotated[tuple[str, ...], Meta(min_length=1)] = ("127.0.0.0/8", "::1/128")
    time_zone: str = "UTC"


class Kannel(Provider[KannelSettings]):
    """id=%I ts=%T time=%t from=%p to=%P text=%b coding=%c charset=%C smsc=%i udh=%u service=%n"""

    title: ClassVar[str] = "Kannel"
    Settings: ClassVar[type[Struct]] = KannelSettings
    methods = ("GET", "POST")

    def __init__(self, settings: KannelSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        if len(settings.secret.reveal()) < 16:
            raise Misconfigured(
                f"{where}.secrets.secret",
                "is too short to stand alone for Kannel",
                "use at least 16 letters and digits, such as those of `openssl rand -hex 16`",
            )
        try:
            self._networks = [ip_network(network) for network in settings.allowed]
        except ValueError as error:
            raise Misconfigured(
                f"{where}.options.allowed",
                str(error),
                'write networks such as "10.1.2.0/24" or "10.1.2.3/32"',
            ) from None
        try:
            self._time_zone = ZoneInfo(settings.time_zone)
        except (KeyError, ValueError, OSError):
            raise Misconfigured(
                f"{where}.options.time_zone",
                f"{settings.time_zone!r} is no time zone",
                'write "UTC" or another',
            ) from None

    def verify(self, raw: RawEvent) -> None:
        verify_path(raw, self.settings.secret.reveal())
        try:
            remote = ip_address(raw.envelope.get("remote", ""))
        except ValueError:
            raise Forged("the caller's address is not known") from None
        if isinstance(remote, IPv6Address) and remote.ipv4_mapped:
            remote = remote.ipv4_mapped
        if not any(remote in network for network in self._networks):
            raise Forged("the caller's address is not among those allowed")

    def read(self, raw: RawEvent) -> Sequence[Found]:
        fields = first(query(raw))
        plain = {
            name: value.decode("utf-8", "replace").strip() for name, value in fields.items() if name != "text"
        }
        external_id = plain.get("id", "")
        if plain.get("dlr", "") not in ("", "0", "-1"):
            return [Ignored(reason="delivery_receipt", external_id=external_id)]
        data, charset = fields.get("text", b""), plain.get("charset", "")
        if "text" not in fields and raw.method == "POST":
            data, charset = raw.body, content_type(raw)[1] or charset
        text = decode(data, charset, plain.get("coding", ""))
        if text is None:
            return [Ignored(reason="unsupported", external_id=external_id, detail="binary SMS")]
        written = plain.get("ts") or plain.get("time", "")
        return [
            Sms(
                id=external_id,
                sender=plain.get("from", ""),
                receiver=plain.get("to", ""),
                text=text,
                time=written,
                sent_at=moment(written, self._time_zone),
                part=part_of(fields.get("udh", b"")),
            )
        ]

    def prove(self, raw: RawEvent) -> RawEvent:
        return prove_path(raw, self.settings.secret.reveal())

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        """As smsbox 1.4.5 writes it: everything but letters and digits escaped, UCS-2 when GSM cannot hold it."""
        plain = letter.text.isascii()
        values = {
            "id": str(uuid.UUID(int=letter.number + (4 << 76) + (8 << 60))).encode(),
            "ts": str(int(time.time())).encode(),
            "from": phone.encode(),
            "to": b"1708",
            "text": letter.text.encode("utf-8" if plain else "utf-16-be"),
            "coding": b"0" if plain else b"2",
            "charset": b"UTF-8" if plain else b"UTF-16BE",
            "smsc": b"simulated",
            "udh": b"",
            "service": b"aduan",
        }
        written = "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in values.items())
        return raw_request("GET", f"{url}?{written}", {"user-agent": "Kannel/1.4.5"})


PROVIDER = Kannel
