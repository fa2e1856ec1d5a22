"""Infobip: inbound SMS and MMS as JSON batches, and delivery reports (infobip.com/docs/api, "Receive inbound SMS").

Infobip signs nothing. A secret in the address, or basic authentication, proves the origin; a list of networks may
narrow it, and is never enough alone, since all of Infobip's customers call from the same ones.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Fetch, Ignored, Letter, NotRead
from adapters.sms.media import media_address
from adapters.sms.network import networks, verify_remote
from adapters.sms.providers.base import (
    Found,
    Provider,
    Sms,
    prove_path,
    raw_request,
    same,
    verify_path,
)
from adapters.sms.request import moment
from normalizer.errors import Forged, Misconfigured, ProviderRefused, Unreadable
from normalizer.record import Attachment, RawEvent
from normalizer.settings import Secret

#: More messages than this in one request, or pictures in one message, are nothing that Infobip sends.
MOST_ITEMS, MOST_PICTURES = 1000, 20
_HALF = re.compile("[\ud800-\udfff]")


class InfobipSettings(Struct, frozen=True, kw_only=True):
    """`secret` ends the address; `password` is that of `user` in basic authentication; with both, both are asked.

    `allowed` are the networks (CIDR) that may call, empty for any. `api_key` opens MMS pictures, which may be
    fetched from `media_hosts` (`*.` for all below), each up to `media_max_bytes`; `media_base_url` is another
    server to fetch from, for tests.
    """

    secret: Secret | None = None
    user: str = ""
    password: Secret | None = None
    allowed: tuple[str, ...] = ()
    api_key: Secret | None = None
    media_hosts: tuple[str, ...] = ("*.infobip.com",)
    media_base_url: str = ""
    media_max_bytes: int = 16 * 1024 * 1024


class Infobip(Provider[InfobipSettings]):
    """One Infobip account; SMS, MMS and reports of all its numbers may share the hook."""

    title: ClassVar[str] = "Infobip"
    Settings: ClassVar[type[Struct]] = InfobipSettings

    def __init__(self, settings: InfobipSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        if not (settings.secret or settings.password):
            raise Misconfigured(
                f"{where}.secrets.secret",
                "is missing, so nothing would prove who calls",
                "set secret (the end of the address), or user and password; a list of networks is not enough",
            )
        for name in ("secret", "password"):
            value = getattr(settings, name)
            if value is not None and len(value.reveal()) < 16:
                raise Misconfigured(
                    f"{where}.secrets.{name}", "is too short", "use at least 16 letters and digits"
                )
        if settings.password and (not settings.user or ":" in settings.user):
            raise Misconfigured(
                f"{where}.options.user",
                "is missing or holds a colon",
                "write the user name that Infobip's portal was given",
            )
        if settings.media_base_url and not settings.media_base_url.startswith(("https://", "http://")):
            raise Misconfigured(f"{where}.options.media_base_url", "is no address", "write https://host…")
        self._networks = networks(settings.allowed, f"{where}.options.allowed")

    def verify(self, raw: RawEvent) -> None:
        if self.settings.secret is not None:
            verify_path(raw, self.settings.secret.reveal())
        if self.settings.password is not None:
            scheme, _, rest = raw.headers.get("authorization", "").partition(" ")
            if not same(f"{scheme.capitalize()} {rest}", self._basic()):
                raise Forged("the user name or password is absent or wrong")
        if self._networks:
            verify_remote(raw, self._networks)

    def _basic(self) -> str:
        password = (self.settings.password or Secret("")).reveal()
        return "Basic " + b64encode(f"{self.settings.user}:{password}".encode()).decode()

    def read(self, raw: RawEvent) -> Sequence[Found]:
        found = _decoded(raw.body)
        results = found.get("results") if isinstance(found, dict) else None
        if not isinstance(results, list):
            raise Unreadable("the body has no list of results")
        if len(results) > MOST_ITEMS:
            raise Unreadable(f"more than {MOST_ITEMS} results")
        return [self._one(result) for result in results]

    def _one(self, result: Any) -> Found:
        if not isinstance(result, dict):
            return NotRead(reason="a result is no object")
        external_id = _plain(result, "messageId")
        text, parts = result.get("text"), result.get("message")
        if text is None and parts is None:
            if isinstance(result.get("status"), dict) or "doneAt" in result:
                status = result.get("status")
                name = _plain(status, "groupName") if isinstance(status, dict) else ""
                return Ignored(reason="delivery_receipt", external_id=external_id, detail=name[:40])
            if result.get("cleanText") is None:
                return NotRead(reason="a result has neither text nor message", external_id=external_id)
            text = result["cleanText"]
        words, pictures = _multimedia(parts)
        if isinstance(text, str) and text:
            words.insert(0, text)
        elif text is not None and not isinstance(text, str):
            return NotRead(reason="text is no string", external_id=external_id)
        written = _plain(result, "receivedAt")
        return Sms(
            id=external_id,
            sender=_plain(result, "from"),
            receiver=_plain(result, "to"),
            text="\n".join(words),
            time=written,
            sent_at=moment(written, self.zone),
            attachments=tuple(pictures),
        )

    async def fetch(self, attachment: Attachment, fetch: Fetch | None) -> AsyncIterator[bytes]:
        """An MMS picture, only from the hosts allowed; the key goes to no other."""
        if fetch is None:
            raise ProviderRefused("nothing may be downloaded here")
        url, allowed = media_address(
            attachment.remote, self.settings.media_hosts, self.settings.media_base_url
        )
        headers = {"Authorization": f"App {self.settings.api_key.reveal()}"} if self.settings.api_key else {}
        size = 0
        async for chunk in fetch(url, headers=headers, allow_hosts=allowed):
            size += len(chunk)
            if size > self.settings.media_max_bytes:
                raise ProviderRefused(f"a picture larger than {self.settings.media_max_bytes} bytes")
            yield chunk

    # --- imitation ---

    def prove(self, raw: RawEvent) -> RawEvent:
        if self.settings.secret is not None:
            raw = prove_path(raw, self.settings.secret.reveal())
        if self.settings.password is not None:
            raw = replace(raw, headers={**raw.headers, "authorization": self._basic()})
        return raw

    def photo_paths(self, letter: Letter) -> list[str]:
        return [f"/mms/1/inbound/simulated-{letter.number}/{index}" for index in range(len(letter.photos))]

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        now = datetime.now(UTC)
        result: dict[str, Any] = {
            "messageId": f"{letter.number:019d}",
            "from": phone.removeprefix("+"),
            "to": "1708",
            "receivedAt": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}+0000",
            "price": {"pricePerMessage": 0.0, "currency": "IDR"},
        }
        if letter.photos:
            result["message"] = [{"contentType": "text/plain", "value": letter.text}] + [
                {"contentType": "image/jpeg", "url": f"https://api.infobip.com{path}"}
                for path in self.photo_paths(letter)
            ]
        else:
            keyword = letter.text.split(maxsplit=1)[0].upper() if letter.text.strip() else ""
            result |= {"text": letter.text, "cleanText": letter.text, "keyword": keyword, "smsCount": 1}
        body = msgspec.json.encode({"results": [result], "messageCount": 1, "pendingMessageCount": 0})
        return raw_request("POST", url, {"content-type": "application/json"}, body)


def _decoded(body: bytes) -> Any:
    """The JSON in `body`. Half an emoji, where a network cut one in two, becomes U+FFFD and costs no other message."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return msgspec.json.decode(_HALF.sub("\ufffd", text))
    except (ValueError, RecursionError):  # msgspec's and Unicode's errors are ValueErrors too
        raise Unreadable("the body is no JSON") from None


def _plain(result: dict[str, Any], name: str) -> str:
    value = result.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def _multimedia(parts: Any) -> tuple[list[str], list[Attachment]]:
    """The words and pictures of an MMS, in order; its layout (SMIL) is neither."""
    if isinstance(parts, str):
        return [parts], []
    words: list[str] = []
    pictures: list[Attachment] = []
    for part in parts if isinstance(parts, list) else []:
        if not isinstance(part, dict):
            continue
        kind, value, remote = (_plain(part, name) for name in ("contentType", "value", "url"))
        media = kind.partition(";")[0].strip().lower()
        if media == "application/smil":
            continue
        if media.startswith("text/plain") and value:
            words.append(value)
        elif len(pictures) < MOST_PICTURES and remote:
            pictures.append(Attachment(declared_type=media, state="pending", remote=remote))
        elif len(pictures) < MOST_PICTURES and media:
            # A picture that was promised and has no address: the operator shall know that there was one.
            pictures.append(Attachment(declared_type=media, state="unavailable"))
    return words, pictures


PROVIDER = Infobip
