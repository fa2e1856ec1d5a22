"""playSMS: its feature "SMS custom" calls an address that we write ourselves, and its web service is polled.

playSMS signs nothing and gives no id: a secret in the address and a list of networks prove the origin, and sender,
time and text together are the identity, on both ways. It calls once, so nothing here asks it to try again; what was
lost then is found by `sources.playsms`, whose pages are read here (playSMS, documents/development/WEBSERVICES.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from adapters.base import Letter, NotRead
from adapters.sms.charset import decode
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
from adapters.sms.request import first, json_of, moment, query
from normalizer.errors import Misconfigured, Unreadable
from normalizer.record import RawEvent
from normalizer.settings import Secret

#: The key in the envelope of a raw event that `sources.playsms` made of a page.
PULLED = "pulled"
_TIME = "%Y-%m-%d %H:%M:%S"
#: p_status, the same in `op=ds` and in `message_status`.
_STATES: dict[str, State] = {"0": "queued", "1": "sent", "2": "failed", "3": "delivered"}
_PLACEHOLDER = re.compile(r"\{[A-Z]{2,20}\}")
#: The first message of the simulator is from then; later numbers, later seconds.
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class PlaysmsSettings(Sends, frozen=True, kw_only=True):
    """`secret` ends the path; `allowed` are the networks (CIDR) from which playSMS may call.

    `pull_url` is the web service (https://host/index.php), `user` and `token` open it: answers are sent through it,
    and every `interval` seconds (0: never) it is asked for messages with `pull_operation`: `in` (with a keyword, as
    pushed), `ix` (the user's inbox) or `sx` (the sandbox of an administrator). `pull_time_zone` is that of its times.
    playSMS documents no limit of calls.
    """

    secret: Secret
    allowed: Annotated[tuple[str, ...], Meta(min_length=1)] = ("127.0.0.0/8", "::1/128")
    pull_url: str = ""
    user: str = ""
    token: Secret | None = None
    interval: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    pull_operation: Literal["in", "ix", "sx"] = "in"
    pull_time_zone: str = "UTC"
    per_second: Annotated[float, Meta(gt=0, le=1000)] = 5.0


class Playsms(Provider[PlaysmsSettings]):
    """service={SERVICENAME} time={SMSDATETIME} from={SMSSENDER} to={SMSRECEIVER} keyword={CUSTOMKEYWORD}
    param={CUSTOMPARAM} text={CUSTOMRAW}
    """

    title: ClassVar[str] = "playSMS"
    Settings: ClassVar[type[Struct]] = PlaysmsSettings
    methods = ("GET",)

    def __init__(self, settings: PlaysmsSettings, zone: ZoneInfo, where: str) -> None:
        super().__init__(settings, zone, where)
        check_secret(settings.secret, f"{where}.secrets.secret")
        check_address(settings.pull_url, f"{where}.options.pull_url")
        if settings.pull_url and not (settings.user and settings.token):
            raise Misconfigured(
                f"{where}.options.user",
                "and secrets.token are needed for pull_url",
                "write the user's name, and the webservices token of their preferences",
            )
        self._pull_zone = zone_of(settings.pull_time_zone, f"{where}.options.pull_time_zone")
        self._networks = networks(settings.allowed, f"{where}.options.allowed")

    def verify(self, raw: RawEvent) -> None:
        verify_path(raw, self.settings.secret.reveal())
        verify_remote(raw, self._networks)

    def read(self, raw: RawEvent) -> Sequence[Found]:
        if PULLED in raw.envelope:
            rows = json_of(raw.body)
            if not isinstance(rows, list):
                raise Unreadable("a page of the web service is no list")
            return [self._row(row) for row in rows]
        return [self._pushed(raw)]

    def _pushed(self, raw: RawEvent) -> Found:
        fields = {name: decode(value, "utf-8") or "" for name, value in first(query(raw)).items()}
        # A version that does not know a placeholder leaves it as it is.
        fields = {name: value for name, value in fields.items() if not _PLACEHOLDER.fullmatch(value)}
        if not {"text", "param", "keyword"} & fields.keys():
            if "message_status" in fields:
                return receipt(fields.get("id", "").strip(), fields["message_status"].strip(), _STATES)
            return NotRead(reason="the address has neither text nor keyword and param")
        # Without {CUSTOMRAW}, the words are what playSMS split them into.
        text = fields.get("text") or " ".join(
            part for part in (fields.get("keyword", ""), fields.get("param", "")) if part
        )
        written = fields.get("time", "").strip()
        return Sms(
            sender=fields.get("from", "").strip(),
            receiver=fields.get("to", "").strip(),
            text=text,
            words=self._words(text),
            time=written,
            sent_at=moment(written, self.zone),
        )

    def _words(self, text: str) -> str:
        """What both ways have in common: the web service makes `"` a `'`, and `in` a keyword in capitals."""
        words = text.replace('"', "'")
        if self.settings.pull_operation != "in" or not self.settings.pull_url:
            return words
        keyword, _, rest = words.strip().partition(" ")
        return f"{keyword.upper()} {rest.strip()}".strip()

    def _row(self, row: Any) -> Found:
        """One row of a page: an incoming message (id, src, dst, kwd, msg, dt), or an outgoing one's state."""
        if not isinstance(row, dict):
            return NotRead(reason="a row is no object")
        plain = {
            name: str(value).strip()
            for name, value in row.items()
            if isinstance(value, str | int) and not isinstance(value, bool)
        }
        if "smslog_id" in plain:
            at = moment(plain.get("update", ""), self._pull_zone)
            return receipt(plain["smslog_id"], plain.get("status", ""), _STATES, at=at)
        at = moment(plain.get("dt", ""), self._pull_zone)
        text = " ".join(part for part in (plain.get("kwd", ""), plain.get("msg", "")) if part)
        # A time that cannot be read leaves the row's own number as the identity: filed twice rather than lost.
        written = at.astimezone(self.zone).strftime(_TIME) if at else f"row {plain.get('id', '')}"
        return Sms(
            sender=plain.get("src", ""),
            receiver=plain.get("dst", ""),
            text=text,
            words=self._words(text),
            time=written,
            sent_at=at,
        )

    def receipts_url(self, hook: str) -> str:
        return with_secret(hook, self.settings.secret)

    # --- imitation ---

    def prove(self, raw: RawEvent) -> RawEvent:
        return prove_path(raw, self.settings.secret.reveal())

    def request(self, letter: Letter, phone: str, url: str) -> RawEvent:
        """As PHP's `urlencode` writes it. Without an id the time is the identity, so it comes from the number."""
        keyword, _, param = letter.text.partition(" ")
        at = (_EPOCH + timedelta(seconds=letter.number)).astimezone(self.zone)
        values = {
            "service": "aduan",
            "time": at.strftime(_TIME),
            "from": phone,
            "to": "1708",
            "keyword": keyword.upper(),
            "param": param,
            "text": letter.text,
        }
        written = "&".join(f"{name}={quote_plus(value)}" for name, value in values.items())
        return raw_request("GET", f"{url}?{written}", {"user-agent": "PHP"})


PROVIDER = Playsms
