"""Infobip: inbound SMS and MMS as JSON batches, and delivery reports (infobip.com/docs/api, "Receive inbound SMS").

Infobip signs nothing. A secret in the address, or basic authentication, proves the origin; a list of networks may
narrow it, and is never enough alone, since all of Infobip's customers call from the same ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.base import Fetch, Letter, NotRead
from adapters.sms.media import Pictures, download
from adapters.sms.network import networks, verify_remote
from adapters.sms.providers.base import (
    Found,
    Provider,
    Sms,
    State,
    basic,
    check_address,
    check_secret,
    prove_path,
    raw_request,
    receipt,
    verify_basic,
    verify_path,
    with_secret,
)
from adapters.sms.request import json_of, moment
from normalizer.errors import Misconfigured, Unreadable
from normalizer.record import Attachment, RawEvent
from normalizer.settings import Secret

#: More messages than this in one request, or pictures in one message, are nothing that Infobip sends.
MOST_ITEMS, MOST_PICTURES = 1000, 20
_STATES: dict[str, State] = {
    "ACCEPTED": "queued",
    "PENDING": "queued",
    "DELIVERED": "delivered",
    "UNDELIVERABLE": "failed",
    "EXPIRED": "failed",
    "REJECTED": "failed",
}
_HALF = re.compile("[\ud800-\udfff]")


class InfobipSettings(Pictures, frozen=True, kw_only=True):
    """`secret` ends the address; `password` is that of `user` in basic authentication; with both, both are asked.

    `allowed` are the networks (CIDR) that may call, empty for any. `api_key` opens MMS pictures and, with
    `api_base_url` (the account's own, as https://xxxxx.api.infobip.com), sends answers. The limit of
    `per_second` is a careful one: Infobip documents none for an account.
    """

    secret: Secret | None = None
    user: str = ""
    password: Secret | None = None
    allowed: tuple[str, ...] = ()
    api_key: Secret | None = None
    media_hosts: tuple[str, ...] = ("*.infobip.com",)
    api_base_url: str = ""
    per_second: Annotated[float, Meta(gt=0, le=1000)] = 20.0


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
            check_secret(getattr(settings, name), f"{where}.secrets.{name}")
        if settings.password and (not settings.user or ":" in settings.user):
            raise Misconfigured(
                f"{where}.options.user",
                "is missing or holds a colon",
                "write the user name that Infobip's portal was given",
            )
        for name in ("media_base_url", "api_base_url"):
            check_address(getattr(settings, name), f"{where}.options.{name}")
        self._networks = networks(settings.allowed, f"{where}.options.allowed")

    def verify(self, raw: RawEvent) -> None:
        if self.settings.secret is not None:
            verify_path(raw, self.settings.secret.reveal())
        if self.settings.password is not None:
            verify_basic(raw, self.settings.user, self.settings.password.reveal())
        if self._networks:
            verify_remote(raw, self._networks)

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
                return self._receipt(result, external_id)
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

    def _receipt(self, result: dict[str, Any], external_id: str) -> Found:
        """infobip.com/docs/essentials/response-status-and-error-codes: the group tells the state, the name why."""
        status = result.get("status")
        status = status if isinstance(status, dict) else {}
        group, name = _plain(status, "groupName"), _plain(status, "name")
        at = moment(_plain(result, "doneAt"), self.zone)
        return receipt(external_id, group.upper(), _STATES, at=at, detail=name or group)

    def fetch(self, attachment: Attachment, fetch: Fetch | None) -> AsyncIterator[bytes]:
        """An MMS picture, only from the hosts allowed; the key goes to no other."""
        headers = {"Authorization": f"App {self.settings.api_key.reveal()}"} if self.settings.api_key else {}
        return download(fetch, attachment.remote, self.settings, headers=headers)

    def receipts_url(self, hook: str) -> str:
        """Basic authentication cannot be told with a message: with it, reports are what the portal forwards."""
        return "" if self.settings.password is not None else with_secret(hook, self.settings.secret)

    # --- imitation ---

    def _basic(self) -> str:
        password = (self.settings.password or Secret("")).reveal()
        return basic(self.settings.user, password)

    def prove(self, raw: RawEvent) -> RawEvent:
        if self.settings.secret is not None:
            raw = prove_path(raw, self.settings.secret.reveal())
        if self.settings.password is not None:
            raw = replace(
                raw,
                headers={
                    **raw.headers,
                    "authorization": basic(self.settings.user, self.settings.password.reveal()),
                },
            )
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
    with suppress(Unreadable):
        return json_of(body)
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
