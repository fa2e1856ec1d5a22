"""Twilio Programmable Messaging: SMS, MMS, and WhatsApp through Twilio's sender (twilio.com/docs/messaging).

Proof is X-Twilio-Signature (twilio.com/docs/usage/security): base64 of HMAC-SHA1 under the account's AuthToken
over the address as Twilio called it and the sorted form fields. Pictures lie behind addresses at Twilio.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import ClassVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Fate, Fetch, HttpAnswer, Ignored, Letter, NotRead
from adapters.sms.charset import from_base64
from adapters.sms.media import Pictures, download
from adapters.sms.providers.base import (
    Found,
    Provider,
    Sms,
    State,
    check_address,
    raw_request,
    receipt,
    same,
)
from adapters.sms.request import Pairs, content_type, first, json_object, moment, pairs, query
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import Attachment, Coordinates, Place, RawEvent
from normalizer.settings import Secret

#: Twilio sends at most ten pictures; a larger number in NumMedia is nonsense.
MOST_PICTURES = 20
_UTC = ZoneInfo("UTC")
_STATES: dict[str, State] = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}


class TwilioSettings(Pictures, frozen=True, kw_only=True):
    """`account_sid` and `auth_token` stand on the console's first page.

    `public_url` is the address in the console, where it differs from the gateway's own (a proxy that rewrites):
    scheme and host, and the path if that too is another. `messaging_service_sid` sends through a Messaging
    Service instead of a number. `api_base_url` is another server only for tests.
    """

    account_sid: str
    auth_token: Secret
    public_url: str = ""
    media_hosts: tuple[str, ...] = ("*.twilio.com",)
    messaging_service_sid: str = ""
    api_base_url: str = "https://api.twilio.com"


class Twilio(Provider[TwilioSettings]):
    """One Twilio account; its numbers and WhatsApp senders may share the hook."""

    title: ClassVar[str] = "Twilio"
    Settings: ClassVar[type[Struct]] = TwilioSettings
    methods = ("POST", "GET")
    proof = "signature"

    def __init__(self, settings: TwilioSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        if not (settings.account_sid.startswith("AC") and len(settings.account_sid) == 34):
            raise Misconfigured(
                f"{where}.options.account_sid",
                "is no Account SID",
                "copy it from the console: AC and 32 digits",
            )
        if not settings.auth_token.reveal():
            raise Misconfigured(f"{where}.secrets.auth_token", "is empty", "copy it from the console")
        for name in ("public_url", "media_base_url", "api_base_url"):
            check_address(getattr(settings, name), f"{where}.options.{name}")

    def verify(self, raw: RawEvent) -> None:
        given = raw.headers.get("x-twilio-signature", "")
        if not given:
            raise Forged("no X-Twilio-Signature")
        url = self._url(raw)
        fields = self._signed(raw, url)
        # Twilio is not consistent about a default port in the address, so both forms are tried, always both.
        genuine = [same(given, self._signature(way, fields)) for way in _with_and_without_port(url)]
        if not any(genuine):
            raise Forged("X-Twilio-Signature does not fit the address and the fields")

    def _signed(self, raw: RawEvent, url: str) -> Pairs:
        """The fields that the signature covers: of a form all, of any other body none but its hash in the address."""
        stated = parse_qs(urlsplit(url).query).get("bodySHA256")
        if stated is not None:
            if not same(stated[0].lower(), hashlib.sha256(raw.body).hexdigest()):
                raise Forged("bodySHA256 does not fit the body")
            return []
        if raw.method == "GET":
            # A body would not be covered by the signature.
            if raw.body:
                raise Forged("a GET with a body")
            return []
        try:
            return pairs(raw.body)
        except Unreadable as error:
            raise Forged(error.reason) from None

    def _signature(self, url: str, fields: Pairs) -> str:
        # A field given twice with one value counts once, as in Twilio's own libraries. Values are not trimmed.
        signed = url.encode("utf-8", "surrogatepass") + b"".join(
            name + value for name, value in sorted(set(fields))
        )
        key = self.settings.auth_token.reveal().encode()
        return b64encode(hmac.digest(key, signed, "sha1")).decode()

    def _url(self, raw: RawEvent) -> str:
        return self._public(raw.url)

    def _public(self, url: str) -> str:
        """`url` of ours as Twilio knows it."""
        if not self.settings.public_url:
            return url
        ours, called = urlsplit(self.settings.public_url), urlsplit(url)
        path = ours.path if ours.path.strip("/") else called.path
        return urlunsplit((ours.scheme, ours.netloc, path, called.query, ""))

    def read(self, raw: RawEvent) -> Sequence[Found]:
        fields = self._fields(raw)
        external_id = fields.get("MessageSid") or fields.get("SmsMessageSid") or fields.get("SmsSid", "")
        account = fields.get("AccountSid", "")
        if account and account != self.settings.account_sid:
            return [Ignored(reason="other_account", external_id=external_id)]
        status = fields.get("MessageStatus") or fields.get("SmsStatus") or fields.get("EventType", "")
        if status.lower() not in ("", "receiving", "received"):
            return [_receipt(fields, external_id, status.lower())]
        if not external_id:
            if "CallSid" in fields:
                return [Ignored(reason="unsupported", external_id=fields["CallSid"], detail="voice call")]
            return [NotRead(reason="no MessageSid")]
        return [self._sms(fields, external_id)]

    def _fields(self, raw: RawEvent) -> dict[str, str]:
        if raw.method == "GET":
            found = query(raw)
        elif content_type(raw)[0] == "application/json":
            return _json_fields(raw.body)
        else:
            found = pairs(raw.body)
        return {name: value.decode("utf-8", "replace") for name, value in first(found).items()}

    def _sms(self, fields: dict[str, str], external_id: str) -> Sms:
        sender = fields.get("From", "").strip()
        whatsapp = "whatsapp:" if sender.startswith("whatsapp:") else ""
        body = fields.get("Body", "")
        decoded = from_base64(body)
        text = body if decoded is None else decoded
        return Sms(
            id=external_id,
            sender=sender.removeprefix(whatsapp),
            receiver=fields.get("To", "").strip(),
            name=fields.get("ProfileName", "").strip(),
            text=text or fields.get("ButtonText", ""),
            original="" if decoded is None else body,
            attachments=_pictures(fields),
            place=_place(fields),
            channel="whatsapp" if whatsapp else "",
            scheme=whatsapp,
        )

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        """Empty TwiML: Twilio shall send nothing; the acknowledgement goes its own way."""
        return HttpAnswer(status=200, body=b"<Response/>", content_type="text/xml")

    def media_credentials(self) -> tuple[str, str]:
        return self.settings.account_sid, self.settings.auth_token.reveal()

    def fetch(self, attachment: Attachment, fetch: Fetch | None) -> AsyncIterator[bytes]:
        """A picture with basic authentication, only from the hosts allowed; the credential goes to no other."""
        return download(fetch, attachment.remote, self.settings, auth=self.media_credentials())

    def receipts_url(self, hook: str) -> str:
        """As Twilio will sign it: behind a proxy that rewrites, the address in the console."""
        return self._public(hook)

    def prove(self, raw: RawEvent) -> RawEvent:
        if content_type(raw)[0] == "application/json":
            mark = "&" if urlsplit(raw.url).query else "?"
            raw = replace(raw, url=f"{raw.url}{mark}bodySHA256={hashlib.sha256(raw.body).hexdigest()}")
        url = self._url(raw)
        fields = [] if raw.method == "GET" or "bodySHA256=" in url else pairs(raw.body)
        return replace(raw, headers={**raw.headers, "x-twilio-signature": self._signature(url, fields)})

    def photo_paths(self, letter: Letter) -> list[str]:
        message = f"/2010-04-01/Accounts/{self.settings.account_sid}/Messages/MM{letter.number:032x}"
        return [f"{message}/Media/ME{letter.number:024x}{index:08x}" for index in range(len(letter.photos))]

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        external_id = f"{'MM' if letter.photos else 'SM'}{letter.number:032x}"
        fields = [
            ("ToCountry", "ID"),
            ("SmsMessageSid", external_id),
            ("NumMedia", str(len(letter.photos))),
            ("SmsSid", external_id),
            ("SmsStatus", "received"),
            ("FromCountry", "ID"),
            ("Body", letter.text),
            ("To", "+62215550100"),
            ("NumSegments", str(len(letter.text) // 153 + 1)),
            ("MessageSid", external_id),
            ("AccountSid", self.settings.account_sid),
            ("From", phone),
            ("ApiVersion", "2010-04-01"),
        ]
        for index, path in enumerate(self.photo_paths(letter)):
            fields.append((f"MediaContentType{index}", "image/jpeg"))
            fields.append((f"MediaUrl{index}", f"https://api.twilio.com{path}"))
        if letter.latitude is not None and letter.longitude is not None:
            fields += [("Latitude", str(letter.latitude)), ("Longitude", str(letter.longitude))]
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "user-agent": "TwilioProxy/1.1",
            "i-twilio-idempotency-token": f"00000000-0000-4000-8000-{letter.number:012x}",
        }
        return raw_request("POST", url, headers, urlencode(fields, quote_via=quote).encode())


def _json_fields(body: bytes) -> dict[str, str]:
    found = json_object(body)
    return {name: str(value) for name, value in found.items() if isinstance(value, str | int | float)}


def _with_and_without_port(url: str) -> tuple[str, str]:
    """The address with its scheme's default port written out, and without it; another port stays in both."""
    parts = urlsplit(url)
    default = ":443" if parts.scheme == "https" else ":80"
    bare = parts.netloc.removesuffix(default)
    if bare != parts.netloc:
        return url, urlunsplit(parts._replace(netloc=bare))
    if parts.netloc.rpartition("]")[2].count(":"):
        return url, url
    # Written by hand, not by urlunsplit: that would drop an empty query, and every byte of the address counts.
    return url, url.replace(parts.netloc, parts.netloc + default, 1)


def _receipt(fields: dict[str, str], external_id: str, status: str) -> Found:
    """twilio.com/docs/messaging/api/message-resource#message-status-values; `RawDlrDoneDate` is YYMMDDhhmm."""
    code = fields.get("ErrorCode", "")
    return receipt(
        external_id,
        status,
        _STATES,
        at=moment(fields.get("RawDlrDoneDate", ""), _UTC, "%y%m%d%H%M"),
        detail=status if code in ("", "0") else f"{status} error {code}",
    )


def _pictures(fields: dict[str, str]) -> tuple[Attachment, ...]:
    found = []
    for index in range(MOST_PICTURES):
        url = fields.get(f"MediaUrl{index}", "").strip()
        if not url:
            break
        kind = fields.get(f"MediaContentType{index}", "").strip()
        found.append(Attachment(declared_type=kind, state="pending", remote=url))
    return tuple(found)


def _place(fields: dict[str, str]) -> Place:
    """A location shared over WhatsApp, in WGS 84 degrees; anything outside the globe is none."""
    with suppress(KeyError, ValueError):
        latitude, longitude = float(fields["Latitude"]), float(fields["Longitude"])
        if -90 <= latitude <= 90 and -180 <= longitude <= 180:
            return Place(
                coordinates=Coordinates(latitude=latitude, longitude=longitude),
                address=fields.get("Address", "").strip(),
                method="coordinates",
                confidence=1.0,
            )
    return Place()


PROVIDER = Twilio
