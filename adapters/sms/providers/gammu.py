"""Gammu's smsd with a modem of our own: what `gammu_hook.py`, its RunOnReceive program, posts.

The environment that smsd gives it is docs.gammu.org, "RunOnReceive Directive". Proof is an HMAC-SHA256 of the body
under a secret that both sides know. There is no id: modem, sender, the time at the operator's centre and the text
together are the identity.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Fate, HttpAnswer, Ignored, Letter, NotRead
from adapters.sms.providers.base import Found, Provider, Sms, raw_request, same
from adapters.sms.request import moment
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import Attachment, RawEvent
from normalizer.settings import Secret

#: smsd's words for what became of a message that we sent; only in a message that refers to one of ours.
_STATUSES = ("Delivered", "Failed", "Pending", "Unknown")
#: The files service names what it keeps by the time at the operator's centre: IN20261123_113000_00_+62812…_00.txt
_FILE = re.compile(r"IN(\d{8}_\d{6})_", re.ASCII)


class GammuSettings(Struct, frozen=True, kw_only=True):
    """`secret` is the one in the settings of `gammu_hook.py`."""

    secret: Secret


class _Physical(Struct, frozen=True):
    """One SMS as the modem received it. `text` is null for a binary one; the times are Unix seconds.

    `timestamp` and `smsc_timestamp` are null up to Gammu 1.42; the latter is set for a delivery report alone.
    """

    number: str | None = None
    text: str | None = None
    reference: str | None = None
    timestamp: str | None = None
    smsc_timestamp: str | None = None


class _Decoded(Struct, frozen=True):
    """One piece of a message that smsd has put together; or the notice that a multimedia message waits."""

    text: str | None = None
    mms_sender: str | None = None
    mms_title: str | None = None
    mms_address: str | None = None


class _Report(Struct, frozen=True):
    """What the hook posts: one message, in however many parts it came."""

    messages: list[_Physical]
    parts: list[_Decoded] = []
    phone: str | None = None
    ran_at: str = ""
    ids: list[str] = []


class Gammu(Provider[GammuSettings]):
    """One or more modems, each with a `phoneid` of its own."""

    title: ClassVar[str] = "Gammu"
    Settings: ClassVar[type[Struct]] = GammuSettings
    proof = "signature"

    def __init__(self, settings: GammuSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        if len(settings.secret.reveal()) < 16:
            raise Misconfigured(
                f"{where}.secrets.secret",
                "is too short",
                "use at least 16 letters and digits, such as those of `openssl rand -hex 16`",
            )

    def verify(self, raw: RawEvent) -> None:
        if not same(raw.headers.get("x-kanal-signature", ""), self._signature(raw.body)):
            raise Forged("X-Kanal-Signature is absent, or does not fit the body")

    def _signature(self, body: bytes) -> str:
        return "sha256=" + hmac.digest(self.settings.secret.reveal().encode(), body, "sha256").hex()

    def read(self, raw: RawEvent) -> Sequence[Found]:
        try:
            report = msgspec.json.decode(raw.body, type=_Report)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Unreadable("the body is not what gammu_hook.py writes") from None
        if not report.messages:
            raise Unreadable("the body holds no message")
        return [self._one(report)]

    def _one(self, report: _Report) -> Found:
        if len({message.number for message in report.messages}) > 1:
            return NotRead(reason="parts of several senders in one message")
        if _is_receipt(report):
            return Ignored(reason="delivery_receipt", detail=(report.messages[0].text or "")[:40])
        written, sent_at = self._time(report)
        sms = Sms(
            sender=report.messages[0].number or "",
            receiver="",
            text=_text(report),
            time=f"{report.phone or ''} {written}" if written else "",
            sent_at=sent_at,
        )
        notice = next((part for part in report.parts if part.mms_address or part.mms_title), None)
        if notice is not None:
            # Only the modem's own data connection could fetch it; that somebody wrote is not lost for that.
            sender = (notice.mms_sender or "").partition("/TYPE=")[0] or sms.sender
            picture = Attachment(name="MMS", state="unavailable")
            words = sms.text or notice.mms_title or ""
            # Two without a title in one second are told apart by where they lie.
            time = f"{sms.time} {notice.mms_address or ''}"
            return replace(sms, sender=sender, text=words, time=time, attachments=(picture,))
        if not sms.text and all(message.text is None for message in report.messages):
            return Ignored(reason="unsupported", detail="binary SMS")
        return sms

    def _time(self, report: _Report) -> tuple[str, datetime | None]:
        """The time at the operator's centre, as smsd wrote it and as a moment; else that at which the hook ran."""
        if written := report.messages[0].timestamp:
            return written, moment(written, self.zone, "unix")
        if report.ids and (named := _FILE.search(report.ids[0])):
            return named[1], moment(named[1], self.zone, "%Y%m%d_%H%M%S")
        return report.ran_at, moment(report.ran_at, self.zone, "iso")

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        """The word for which the hook removes the message from its spool."""
        return HttpAnswer(status=200, body=b"stored\n", content_type="text/plain")

    # --- imitation ---

    def prove(self, raw: RawEvent) -> RawEvent:
        return replace(raw, headers={**raw.headers, "x-kanal-signature": self._signature(raw.body)})

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        """As a Gammu after 1.42 says it: the time is part of the identity, so it comes from the number."""
        report = {
            "phone": "simulated",
            "ran_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ids": [str(letter.number)],
            "messages": [
                {
                    "number": phone,
                    "text": letter.text,
                    "class": "-1",
                    "reference": "0",
                    "timestamp": str(1_767_225_600 + letter.number),
                    "smsc_timestamp": "",
                }
            ],
            "parts": [],
        }
        return raw_request("POST", url, {"content-type": "application/json"}, msgspec.json.encode(report))


def _is_receipt(report: _Report) -> bool:
    first = report.messages[0]
    refers = first.reference not in (None, "", "0") and len(report.messages) == 1
    return bool(first.smsc_timestamp) or (refers and (first.text or "").strip() in _STATUSES)


def _text(report: _Report) -> str:
    """The words as smsd joined them; where it did not, those of the parts in their order."""
    joined = "".join(part.text or "" for part in report.parts)
    return joined or "".join(message.text or "" for message in report.messages)


PROVIDER = Gammu
