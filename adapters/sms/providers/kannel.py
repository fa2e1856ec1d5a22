"""Kannel's smsbox: an `sms-service` group whose get-url or post-url we wrote ourselves (Kannel user guide, 1.4).

Its escapes are ours to name, so the names below are the ones of doc.md. Kannel signs nothing: a secret in the
address and a list of source addresses prove the origin.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Annotated, ClassVar
from urllib.parse import quote_from_bytes, urlsplit
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from adapters.base import Ignored, Letter
from adapters.sms.charset import decode, part_of
from adapters.sms.network import networks, verify_remote
from adapters.sms.providers.base import (
    Found,
    Provider,
    Sends,
    Sms,
    State,
    check_address,
    check_secret,
    prove_path,
    raw_request,
    receipt,
    verify_path,
    with_secret,
    zone_of,
)
from adapters.sms.request import content_type, first, moment, query
from normalizer.errors import Misconfigured
from normalizer.record import RawEvent
from normalizer.settings import Secret

#: Kannel user guide, "Delivery reports": bits of the mask, of which a report names one.
_STATES: dict[str, State] = {"1": "delivered", "2": "failed", "4": "queued", "8": "sent", "16": "failed"}


class KannelSettings(Sends, frozen=True, kw_only=True):
    """`secret` stands in the address; `allowed` are the networks (CIDR) from which smsbox may call.

    `time_zone` is that of %t, which Kannel writes in UTC unless smsbox was told otherwise; %T needs none.
    `sendsms_url` is smsbox's (http://host:13013/cgi-bin/sendsms), `username` and `password` those of its
    sendsms-user group, `smsc` the connection to send through. `gateway_url` is the gateway's address as smsbox sees
    it, where that is not public_url. Kannel's own limit is its SMSC's `throughput`.
    """

    secret: Secret
    allowed: Annotated[tuple[str, ...], Meta(min_length=1)] = ("127.0.0.0/8", "::1/128")
    time_zone: str = "UTC"
    sendsms_url: str = ""
    username: str = ""
    password: Secret | None = None
    smsc: str = ""
    gateway_url: str = ""
    per_second: Annotated[float, Meta(gt=0, le=1000)] = 10.0


class Kannel(Provider[KannelSettings]):
    """id=%I ts=%T time=%t from=%p to=%P text=%b coding=%c charset=%C smsc=%i udh=%u service=%n"""

    title: ClassVar[str] = "Kannel"
    Settings: ClassVar[type[Struct]] = KannelSettings
    methods = ("GET", "POST")

    def __init__(self, settings: KannelSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        check_secret(settings.secret, f"{where}.secrets.secret")
        self._networks = networks(settings.allowed, f"{where}.options.allowed")
        self._time_zone = zone_of(settings.time_zone, f"{where}.options.time_zone")
        for name in ("sendsms_url", "gateway_url"):
            check_address(getattr(settings, name), f"{where}.options.{name}")
        if settings.sendsms_url and not (settings.username and settings.password):
            raise Misconfigured(
                f"{where}.options.username",
                "and secrets.password are needed for sendsms_url",
                "write those of the sendsms-user group in kannel.conf",
            )

    def verify(self, raw: RawEvent) -> None:
        verify_path(raw, self.settings.secret.reveal())
        verify_remote(raw, self._networks)

    def read(self, raw: RawEvent) -> Sequence[Found]:
        fields = first(query(raw))
        plain = {
            name: value.decode("utf-8", "replace").strip() for name, value in fields.items() if name != "text"
        }
        external_id = plain.get("id", "")
        if plain.get("dlr", "") not in ("", "0", "-1"):
            return [_receipt(plain)]
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

    def receipts_url(self, hook: str) -> str:
        if self.settings.gateway_url:
            hook = self.settings.gateway_url.rstrip("/") + urlsplit(hook).path
        return with_secret(hook, self.settings.secret)

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


def _receipt(plain: dict[str, str]) -> Found:
    """ref=OURS dlr=%d ts=%T answer=%A: `sendsms` names no id, so ours stands in the address that we gave it."""
    at = moment(plain.get("ts", ""), ZoneInfo("UTC"), "unix")
    named = plain.get("ref") or plain.get("id", "")
    return receipt(named, plain["dlr"], _STATES, at=at, detail=plain.get("answer", ""))


PROVIDER = Kannel
