"""Vonage (once Nexmo) SMS API: inbound webhooks and delivery receipts (developer.vonage.com/messaging/sms).

Proof is the parameter `sig` (developer.vonage.com, "Signing Messages") over all the others. It has no window of
time: Vonage repeats a message for 24 hours under its first timestamp, and against replays the claim protects.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.base import Ignored, Letter, NotRead
from adapters.sms.charset import decode, part_of
from adapters.sms.providers.base import (
    Found,
    Part,
    Provider,
    Sends,
    Sms,
    State,
    check_address,
    check_secret,
    prove_path,
    raw_request,
    receipt,
    same,
    verify_path,
    with_secret,
)
from adapters.sms.request import content_type, first, json_object, moment, pairs, query
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import RawEvent
from normalizer.settings import Secret

Algorithm = Literal["md5hash", "md5", "sha1", "sha256", "sha512"]
_UTC = ZoneInfo("UTC")
#: `unknown` says that the network reports nothing: it was handed over all the same.
_STATES: dict[str, State] = {
    "accepted": "sent",
    "buffered": "sent",
    "unknown": "sent",
    "delivered": "delivered",
    "expired": "failed",
    "failed": "failed",
    "rejected": "failed",
}


class VonageSettings(Sends, frozen=True, kw_only=True):
    """`signature_secret` and `algorithm` stand in the dashboard; `md5hash` is MD5 alone, the others are HMACs.

    Where Vonage does not sign for an account, `secret` as the last part of the address takes its place; with both,
    both are asked. With `api_key`, messages of another account are ignored; with `api_secret` too, answers are sent.
    `api_base_url` is another server only for tests. Vonage allows 30 calls a second for one key.
    """

    signature_secret: Secret | None = None
    algorithm: Algorithm = "md5hash"
    secret: Secret | None = None
    api_key: str = ""
    api_secret: Secret | None = None
    api_base_url: str = "https://rest.nexmo.com"
    per_second: Annotated[float, Meta(gt=0, le=1000)] = 30.0


class Vonage(Provider[VonageSettings]):
    """One Vonage account; all of its numbers may share the hook."""

    title: ClassVar[str] = "Vonage"
    Settings: ClassVar[type[Struct]] = VonageSettings
    methods = ("POST", "GET")

    def __init__(self, settings: VonageSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        if not (settings.signature_secret or settings.secret):
            raise Misconfigured(
                f"{where}.secrets.signature_secret",
                "is missing, so nothing would prove who calls",
                "copy the signature secret from the dashboard; or set secret, for the end of the address",
            )
        check_secret(settings.secret, f"{where}.secrets.secret")
        check_address(settings.api_base_url, f"{where}.options.api_base_url")
        self.proof = "signature" if settings.signature_secret else "secret"

    def verify(self, raw: RawEvent) -> None:
        if self.settings.secret is not None:
            verify_path(raw, self.settings.secret.reveal())
        if not self.settings.signature_secret:
            return
        try:
            fields = _fields(raw)
        except Unreadable as error:
            raise Forged(f"the signed fields cannot be read: {error.reason}") from None
        if any(mark in name for name in fields for mark in "&="):
            # Such a name could hide another field of a genuine request, and the signed text would be the same.
            raise Forged("a field's name holds & or =")
        given = fields.get("sig", b"").decode("utf-8", "replace").lower()
        if not given or not same(given, self._signature(fields)):
            raise Forged("sig is absent, or does not fit the fields")

    def _signature(self, fields: Mapping[str, bytes]) -> str:
        secret = (self.settings.signature_secret or Secret("")).reveal().encode()
        return signature(fields, secret, self.settings.algorithm)

    def read(self, raw: RawEvent) -> Sequence[Found]:
        fields = _fields(raw)
        plain = {
            name: value.decode("utf-8", "replace").strip() for name, value in fields.items() if name != "text"
        }
        external_id = plain.get("messageId", "")
        if not fields:
            # A call without anything is how an address is tried out.
            return [Ignored(reason="handshake")]
        account = plain.get("api-key", "")
        if self.settings.api_key and account and account != self.settings.api_key:
            return [Ignored(reason="other_account", external_id=external_id)]
        if "status" in plain and "text" not in fields and "data" not in fields:
            return [_receipt(plain, external_id)]
        if not external_id:
            # `message-timestamp` is the time of the attempt, so without an id a repetition would not be known.
            return [NotRead(reason="no messageId")]
        text = _text(fields, plain)
        if text is None:
            return [Ignored(reason="unsupported", external_id=external_id, detail="binary SMS")]
        return [
            Sms(
                id=external_id,
                sender=plain.get("msisdn", ""),
                receiver=plain.get("to", ""),
                text=text,
                sent_at=moment(plain.get("message-timestamp", ""), _UTC),
                part=_part(plain),
            )
        ]

    def receipts_url(self, hook: str) -> str:
        return with_secret(hook, self.settings.secret)

    # --- imitation ---

    def prove(self, raw: RawEvent) -> RawEvent:
        if self.settings.secret is not None:
            raw = prove_path(raw, self.settings.secret.reveal())
        if not self.settings.signature_secret:
            return raw
        sig = self._signature(_fields(raw))
        if raw.method == "GET":
            mark = "&" if urlsplit(raw.url).query else "?"
            return replace(raw, url=f"{raw.url}{mark}sig={sig}")
        if content_type(raw)[0] == "application/json":
            return replace(raw, body=msgspec.json.encode({**msgspec.json.decode(raw.body), "sig": sig}))
        return replace(raw, body=raw.body + f"&sig={sig}".encode())

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        now = datetime.now(UTC)
        fields = {
            "msisdn": phone.removeprefix("+"),
            "to": "62215550100",
            "messageId": f"{letter.number:016X}",
            "text": letter.text,
            "type": "text" if letter.text.isascii() else "unicode",
            "keyword": letter.text.split(maxsplit=1)[0].upper() if letter.text.strip() else "",
            "api-key": self.settings.api_key or "simulated",
            "message-timestamp": now.strftime("%Y-%m-%d %H:%M:%S"),
            "timestamp": str(int(now.timestamp())),
            "nonce": f"00000000-0000-4000-8000-{letter.number:012x}",
        }
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": "Nexmo/MessagingHUB/v1.0",
        }
        return raw_request("POST", url, headers, urlencode(fields, quote_via=quote).encode())


def signature(fields: Mapping[str, bytes], secret: bytes, algorithm: Algorithm) -> str:
    """`sig` in hexadecimal: over `&name=value` of all other fields by name, `&` and `=` in values made `_`."""
    signed = b"".join(
        b"&" + name.encode() + b"=" + value.replace(b"&", b"_").replace(b"=", b"_")
        for name, value in sorted(fields.items())
        if name != "sig"
    )
    if algorithm == "md5hash":
        # Vonage's default, and its choice alone; an operator who can chooses sha256 in the dashboard.
        return hashlib.md5(signed + secret, usedforsecurity=False).hexdigest()
    return hmac.digest(secret, signed, algorithm).hex()


def _fields(raw: RawEvent) -> dict[str, bytes]:
    """All parameters, each once, where the method puts them: what is verified is what is read."""
    if raw.method == "GET":
        return first(query(raw))
    if content_type(raw)[0] != "application/json":
        return first(pairs(raw.body))
    return {name: _written(value) for name, value in json_object(raw.body).items()}


def _written(value: object) -> bytes:
    """A JSON value as it stands in the signed text."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, str | int | float):
        return str(value).encode()
    if value is None:
        return b""
    raise Unreadable("a field holds a list or an object")


def _receipt(plain: Mapping[str, str], external_id: str) -> Found:
    """developer.vonage.com, "Delivery receipts": `scts` is when the network said so, YYMMDDhhmm in UTC."""
    status, code = plain["status"].lower(), plain.get("err-code", "")
    return receipt(
        external_id,
        status,
        _STATES,
        at=moment(plain.get("scts", ""), _UTC, "%y%m%d%H%M"),
        detail=status if code in ("", "0") else f"{status} error {code}",
    )


def _text(fields: Mapping[str, bytes], plain: Mapping[str, str]) -> str | None:
    """The words; None when the message is binary and holds none."""
    if plain.get("type") != "binary" and "data" not in fields:
        return decode(fields.get("text", b""), "utf-8")
    if fields.get("text"):
        return decode(fields["text"], "utf-8")
    try:
        data = bytes.fromhex(plain.get("data", ""))
    except ValueError:
        return None
    return decode(data, "binary")


def _part(plain: Mapping[str, str]) -> Part | None:
    """Which segment of a long SMS this is: from the concat fields, else from the user data header."""
    reference, total, number = (plain.get(f"concat-{name}", "") for name in ("ref", "total", "part"))
    if reference and all(n.isascii() and n.isdigit() and len(n) <= 3 for n in (total, number)):
        if int(total) > 1 and 1 <= int(number) <= int(total):
            return Part(reference=reference[:100], number=int(number), total=int(total))
        return None
    return part_of(plain.get("udh", "").encode())


PROVIDER = Vonage
