"""What Facebook, Instagram and WhatsApp share as doors: settings, proof of origin, handshake, answer, token's health.

Meta calls one webhook per app and product (developers.facebook.com/docs/graph-api/webhooks/getting-started): a GET
with `hub.challenge` when it is subscribed, then POSTs whose X-Hub-Signature-256 is the hexadecimal HMAC-SHA256 of
the body, as it came over the wire, under the app's secret.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, TypeVar
from urllib.parse import parse_qs, urlsplit

import structlog
from msgspec import Meta, Struct
from msgspec.structs import replace

from adapters.base import Account, Adapter, Fate, HttpAnswer, Ports
from adapters.shared.meta_graph import Graph, download, is_loopback
from adapters.shared.meta_token import check_token
from adapters.shared.pace import Pace
from normalizer.errors import Forged, KanalError, Misconfigured, ProviderRefused
from normalizer.record import Attachment, Authenticity, RawEvent
from normalizer.settings import Secret

PROOF = "x-hub-signature-256"
_ID = re.compile(r"[0-9]{1,32}")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
#: A challenge is a number; room is left for another fashion, none for a page.
_CHALLENGE = re.compile(r"[A-Za-z0-9_.~-]{1,256}")
#: Nobody who waits for a turn is held longer than this, in seconds; who comes later is told to come again.
_LONGEST_HOLD = 60.0
#: After so long without another account's events there are none any more.
_STRANGERS = timedelta(days=1)
_OTHER = "other account"

Rate = Annotated[float, Meta(gt=0)]
log = structlog.get_logger()


class MetaSettings(Struct, frozen=True, kw_only=True):
    """One subscription of one app.

    `app_secret` is under App settings, Basic; `verify_token` is ours, typed into the webhook's form once;
    `access_token` is needed for answers, and where files or words lie behind the Graph API; every `check_interval`
    seconds (0: never) Meta is asked whether it still holds. `media_hosts` are the hosts (and all below them)
    from which files may be fetched. `graph_base_url` is another server only for tests: on loopback its files may be
    fetched too.
    """

    app_secret: Secret
    verify_token: Secret
    access_token: Secret = Secret("")
    api_version: Annotated[str, Meta(pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$")] = "v23.0"
    graph_base_url: Annotated[str, Meta(pattern=r"^https?://[^/?#@\s]+/?$")] = "https://graph.facebook.com"
    media_hosts: tuple[str, ...] = ("fbcdn.net", "fbsbx.com", "cdninstagram.com")
    check_interval: Annotated[float, Meta(ge=0)] = 21600.0


M = TypeVar("M", bound=MetaSettings)


class MetaAdapter(Adapter[M]):
    """The transport of one account (`Webhook`, `FetchesMedia`, `Runs`); a subclass says how to parse and to reply."""

    #: The setting that holds the account's own number at Meta.
    own_setting: ClassVar[str]
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST")
    #: Meta puts up to a thousand updates into one body.
    max_bytes: ClassVar[int] = 3 * 1024 * 1024

    def __init__(self, account: Account, settings: M, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self.where = f"account.{account.name}.settings"
        self._check()
        self.us = self._own_id()
        self._stranger_at: datetime | None = None
        self.graph = Graph(
            self.where,
            settings.graph_base_url,
            settings.api_version,
            settings.access_token,
            trouble=ports.trouble,
            held=self._hold,
        )

    def _check(self) -> None:
        s = self.settings
        if not s.app_secret:
            raise Misconfigured(
                f"{self.where}.app_secret", "is empty", "copy it from the app's page: App settings, Basic"
            )
        if not s.verify_token:
            raise Misconfigured(
                f"{self.where}.verify_token",
                "is empty",
                'write "auto:NAME" and type what it holds into Meta\'s form',
            )
        base = urlsplit(s.graph_base_url)
        if base.scheme != "https" and not is_loopback(base.hostname or ""):
            raise Misconfigured(
                f"{self.where}.graph_base_url",
                "is not https",
                "leave it out, unless you run a test on loopback",
            )
        for host in s.media_hosts:
            if not _HOST.fullmatch(host):
                raise Misconfigured(
                    f"{self.where}.media_hosts",
                    "{host!r} is no host",
                    'write names as "fbcdn.net", without *',
                    host=host,
                )

    def _own_id(self) -> str:
        value: str = getattr(self.settings, self.own_setting)
        if not _ID.fullmatch(value):
            raise Misconfigured(
                f"{self.where}.{self.own_setting}",
                "is no id",
                "write digits alone; doc.md says where they stand",
            )
        return value

    def verify(self, raw: RawEvent) -> None:
        """developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads"""
        given = raw.headers.get(PROOF, "")
        if not given:
            raise Forged("no X-Hub-Signature-256")
        if not hmac.compare_digest(
            given.encode("utf-8", "replace"), signature(raw.body, self.settings.app_secret)
        ):
            raise Forged("X-Hub-Signature-256 does not fit the body")

    def handshake(self, raw: RawEvent) -> HttpAnswer | None:
        """The challenge, as text, to whoever shows our verify token; any other GET is forged."""
        if raw.method != "GET":
            return None
        given = parse_qs(urlsplit(raw.url).query, keep_blank_values=True, max_num_fields=20)
        token = given.get("hub.verify_token", [""])[0]
        ours = self.settings.verify_token.reveal()
        genuine = hmac.compare_digest(token.encode("utf-8", "replace"), ours.encode())
        challenge = given.get("hub.challenge", [""])[0]
        if not genuine or given.get("hub.mode") != ["subscribe"]:
            raise Forged("a subscription check with another verify token")
        if not _CHALLENGE.fullmatch(challenge):
            raise Forged("a subscription check without a challenge")
        return HttpAnswer(body=challenge.encode())

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        if any(fate.reason == "other_account" for fate in fates):
            self._stranger_at = self.ports.clock.now()
            self.ports.trouble(
                _OTHER,
                f"Meta delivers events of another account to /hooks/{self.account.name}, and they are passed over. "
                f"Check {self.own_setting}; if the app serves several accounts, make an app for each (doc.md, 1)",
            )
        return HttpAnswer(body=b"EVENT_RECEIVED")

    def authenticity(self, raw: RawEvent) -> Authenticity:
        return Authenticity(method="signature")

    async def run(self) -> None:
        """Ask now and then whether the token holds; what it finds goes to the account's health."""
        interval = self.settings.check_interval
        while True:
            if interval and self.settings.access_token:
                await self.check()
            self._forget_strangers()
            await asyncio.sleep(interval or _STRANGERS.total_seconds())

    def _forget_strangers(self) -> None:
        if self._stranger_at is not None and self.ports.clock.now() - self._stranger_at > _STRANGERS:
            self._stranger_at = None
            self.ports.trouble(_OTHER, None)

    async def check(self) -> None:
        """One look at the token."""
        s, now = self.settings, self.ports.clock.now()
        try:
            await check_token(self.graph, s.access_token, self.where, self.ports.trouble, now)
        except KanalError as error:
            log.warning("meta_token_not_checked", account=self.account.name, why=str(error))

    def paces(self) -> Iterable[Pace]:
        """Whatever has to keep still when Meta says "too often"."""
        return ()

    def _hold(self, seconds: float) -> None:
        for pace in self.paces():
            pace.hold(min(seconds, _LONGEST_HOLD))

    def needs_token(self) -> None:
        """Raises `ProviderRefused` when nothing can be asked or sent."""
        if not self.settings.access_token:
            raise ProviderRefused(f"{self.where}.access_token is not set, so nothing can be sent: see doc.md")

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """A file behind the address that the message named, if it lies at Meta."""
        async for chunk in self.download(attachment.remote):
            yield chunk

    async def download(self, url: str, headers: Mapping[str, str] = {}) -> AsyncIterator[bytes]:
        """The bytes behind `url` through the guarded download; `headers` go to Meta's hosts alone."""
        if self.ports.fetch is None:
            raise ProviderRefused("nothing may be downloaded here")
        s = self.settings
        async for chunk in download(self.ports.fetch, url, s.media_hosts, s.graph_base_url, headers):
            yield chunk


def signature(body: bytes, secret: Secret) -> bytes:
    """What X-Hub-Signature-256 has to be for `body`."""
    return b"sha256=" + hmac.digest(secret.reveal().encode(), body, "sha256").hex().encode()


def signed(raw: RawEvent, settings: MetaSettings) -> RawEvent:
    """`raw` with the header that Meta adds to every POST; for simulators and tests."""
    if raw.method == "GET":
        return raw
    proof = signature(raw.body, settings.app_secret).decode()
    return replace(raw, headers={**raw.headers, PROOF: proof})
