"""Gammu's smsd with a modem of our own: what its program `gammu_hook.py` posts, or `sources.gammu` makes of its files.

The environment that smsd gives it is docs.gammu.org, "RunOnReceive Directive". Proof is an HMAC-SHA256 of the body
under a secret that both sides know. There is no id: modem, sender, the time at the operator's centre and the text
together are the identity.
"""

from __future__ import annotations

import codecs
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.base import Fate, HttpAnswer, Ignored, Letter, NotRead, Receipt
from adapters.sms.providers.base import Found, Provider, Sends, Sms, State, check_secret, raw_request, same
from adapters.sms.request import moment
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import Attachment, RawEvent
from normalizer.settings import Secret

_UTC = ZoneInfo("UTC")
#: smsd's words for what became of a message that we sent; only in a message that refers to one of ours.
_STATUSES: dict[str, State] = {
    "Delivered": "delivered",
    "Failed": "failed",
    "Pending": "sent",
    "Unknown": "sent",
}
#: The files service names what it keeps by the time at the operator's centre: IN20261123_113000_00_+62812…_00.txt
FILE_NAME = re.compile(r"IN(\d{8}_\d{6})_", re.ASCII)


class GammuSettings(Sends, frozen=True, kw_only=True):
    """`secret` is the one in the settings of `gammu_hook.py`.

    Where the modem hangs on this machine: `inbox` is smsd's inboxpath, looked into every `interval` seconds;
    `phoneid` that of its configuration; `done` a folder for what was taken (empty: it is removed); `charset` that
    of smsd's locale. `outbox` is its outboxpath, to which answers are written. A modem sends a segment in some
    three to six seconds, so that `per_second` is one answer in five.
    """

    secret: Secret
    inbox: str = ""
    done: str = ""
    phoneid: str = ""
    charset: str = "utf-8"
    interval: Annotated[float, Meta(gt=0, le=3600)] = 5.0
    outbox: str = ""
    per_second: Annotated[float, Meta(gt=0, le=1000)] = 0.2


class _Physical(Struct, frozen=True):
    """One SMS as the modem received it. `text` is null for a binary one; the times are Unix seconds.

    `timestamp` and `smsc_timestamp` are null up to Gammu 1.42; the latter is set for a delivery report alone.
    `sent_id` is what the hook knows of the message that a delivery report is about.
    """

    number: str | None = None
    text: str | None = None
    reference: str | None = None
    timestamp: str | None = None
    smsc_timestamp: str | None = None
    sent_id: str | None = None


class _Decoded(Struct, frozen=True):
    """One piece of a message that smsd has put together; or the notice that a multimedia message waits."""

    text: str | None = None
    mms_sender: str | None = None
    mms_title: str | None = None
    mms_address: str | None = None


class _Report(Struct, frozen=True):
    """What the hook posts: one message, in however many parts it came; or that smsd has `sent` one, or `failed` to."""

    messages: list[_Physical]
    parts: list[_Decoded] = []
    phone: str | None = None
    ran_at: str = ""
    ids: list[str] = []
    event: Literal["", "sent", "failed"] = ""


class Gammu(Provider[GammuSettings]):
    """One or more modems, each with a `phoneid` of its own."""

    title: ClassVar[str] = "Gammu"
    Settings: ClassVar[type[Struct]] = GammuSettings
    proof = "signature"

    def __init__(self, settings: GammuSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        check_secret(settings.secret, f"{where}.secrets.secret")
        for name in ("inbox", "outbox", "done"):
            value = getattr(settings, name)
            if value and not Path(value).is_absolute():
                raise Misconfigured(
                    f"{where}.options.{name}",
                    "{value!r} is no absolute path",
                    "write the path that stands in gammu-smsdrc",
                    value=value,
                )
        try:
            codecs.lookup(settings.charset)
        except LookupError:
            raise Misconfigured(
                f"{where}.options.charset",
                "{charset!r} is no character set",
                'write "utf-8"',
                charset=settings.charset,
            ) from None

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
        if report.event:
            return [_sent(report)]
        if not report.messages:
            raise Unreadable("the body holds no message")
        return [self._one(report)]

    def _one(self, report: _Report) -> Found:
        if len({message.number for message in report.messages}) > 1:
            return NotRead(reason="parts of several senders in one message")
        if _is_receipt(report):
            return _status(report.messages[0])
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
        if report.ids and (named := FILE_NAME.search(report.ids[0])):
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


def _status(message: _Physical) -> Receipt | Ignored:
    """A delivery report. It names our message by the modem's number (TPMR) alone; which it was, the hook knows."""
    words = (message.text or "").strip()
    state = _STATUSES.get(words)
    if state is None:
        # In the language of smsd's locale: that it is a report is sure, what it says is not.
        return Ignored(reason="delivery_receipt", external_id=message.sent_id or "", detail=words[:40])
    at = moment(message.smsc_timestamp or "", _UTC, "unix")
    named = message.sent_id or f"tpmr-{message.reference or ''}"
    return Receipt(external_id=named, state=state, at=at, detail=words)


def _sent(report: _Report) -> Receipt | NotRead:
    """RunOnSent and RunOnFailure: the id is the name of the file in the outbox, which `Replies.reply` gave back."""
    if not report.ids:
        return NotRead(reason=f"smsd does not say which message was {report.event}")
    state: State = "sent" if report.event == "sent" else "failed"
    return Receipt(
        external_id=report.ids[0].rpartition("/")[2], state=state, at=moment(report.ran_at, _UTC, "iso")
    )


def _text(report: _Report) -> str:
    """The words as smsd joined them; where it did not, those of the parts in their order."""
    joined = "".join(part.text or "" for part in report.parts)
    return joined or "".join(message.text or "" for message in report.messages)


PROVIDER = Gammu
