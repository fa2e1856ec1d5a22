"""X's transport: webhooks with CRC, polling of mentions and direct messages, the filtered stream; media; replies.

All of them are one account: a post that comes by several ways has one external id, and is claimed once.
https://docs.x.com/x-api/webhooks/introduction, https://docs.x.com/x-api/posts/timelines/introduction
"""

from __future__ import annotations

import asyncio
import hmac
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit, urlunsplit

import msgspec
from msgspec import Meta, Struct, structs

from adapters.base import Account, Adapter, Fate, HttpAnswer, Item, Outgoing, Ports
from adapters.x.api import HOME, Credentials, XApi
from adapters.x.loops import DIRECTS, MENTIONS, Poller, Streamer, keep_polling, side_by_side
from adapters.x.outgoing import Speaker
from adapters.x.pages import Page
from adapters.x.parse import decoded, parse_body
from adapters.x.post import Us
from adapters.x.problems import Health
from adapters.x.words import moment
from normalizer.errors import Forged, Misconfigured, ProviderRefused, Unreadable
from normalizer.record import Attachment, Authenticity, RawEvent
from normalizer.settings import Secret

_SIGNATURE = "x-twitter-webhooks-signature"
#: A challenge is signed with the same key as a body, so whatever could be a body with events is none.
_CHALLENGE = re.compile(r"[A-Za-z0-9+/=_.~ -]{1,256}")
#: Hosts whose media only the account itself may see: those of direct messages.
_PRIVATE_MEDIA = ("ton.twitter.com", "ton.x.com")

_Url = Annotated[str, Meta(pattern=r"^(https?://[^/?#@\s]+(/[^?#\s]*)?)?$")]
_Seconds = Annotated[float, Meta(gt=0, le=3600)]
_Calls = Annotated[int, Meta(ge=1, le=100_000)]


class XSettings(Struct, frozen=True, kw_only=True):
    """One account on X. `user_id` and `username` (without @) are the account's own.

    `api_key` and `api_secret` are the application's (consumer) pair, `access_token` and `access_secret` the
    account's own, `bearer` the application's. `first_hours` is how far back the first poll looks. `posts_per_quarter`,
    `directs_per_quarter` and `directs_per_day` are what the plan lets us write in fifteen minutes and in a day.
    `api_base_url` and `media_base_url` are other servers only for tests.
    """

    user_id: Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")]
    username: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,15}$")]
    modes: tuple[Literal["poll", "stream", "dm", "webhook"], ...] = ("poll",)
    api_key: Secret = Secret("")
    api_secret: Secret = Secret("")
    access_token: Secret = Secret("")
    access_secret: Secret = Secret("")
    bearer: Secret = Secret("")
    poll_seconds: _Seconds = 60.0
    dm_seconds: _Seconds = 75.0
    stall_seconds: _Seconds = 30.0
    first_hours: Annotated[float, Meta(ge=0, le=720)] = 72.0
    posts_per_quarter: _Calls = 100
    directs_per_quarter: _Calls = 15
    directs_per_day: _Calls = 1440
    media_hosts: tuple[str, ...] = ("*.twimg.com", *_PRIVATE_MEDIA)
    api_base_url: _Url = HOME
    media_base_url: _Url = ""


class XAdapter(Adapter[XSettings]):
    """One account on X (`Webhook`, `Runs`, `FetchesMedia`, `Replies`)."""

    name: ClassVar[str] = "x"
    title: ClassVar[str] = "X (Twitter)"
    default_channel: ClassVar[str] = "twitter"
    edits: ClassVar[bool] = True
    Settings: ClassVar[type[Struct]] = XSettings
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST")
    max_bytes: ClassVar[int] = 256 * 1024

    def __init__(self, account: Account, settings: XSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        credentials = Credentials(
            api_key=settings.api_key,
            api_secret=settings.api_secret,
            access_token=settings.access_token,
            access_secret=settings.access_secret,
            bearer=settings.bearer,
        )
        _check(f"account.{account.name}.settings", settings, credentials)
        self._us = Us(user_id=settings.user_id, username=settings.username)
        base, health = settings.api_base_url or HOME, Health(ports.trouble)
        self._api = XApi(account.name, credentials, base, ports.clock.now, health)
        self._speaker = Speaker(
            self._api,
            credentials.acts_as_account,
            settings.posts_per_quarter,
            settings.directs_per_quarter,
            settings.directs_per_day,
        )

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse_body(raw.body, structs.replace(self._us, proof=self.authenticity(raw).method))

    def authenticity(self, raw: RawEvent) -> Authenticity:
        """A webhook is signed; what we asked for came over our own authenticated connection."""
        return Authenticity(method="signature" if raw.method else "session")

    async def close(self) -> None:
        await self._api.close()

    # the webhook

    def verify(self, raw: RawEvent) -> None:
        """https://docs.x.com/x-api/webhooks/introduction, "Validating the signature header"."""
        if "webhook" not in self.settings.modes:
            raise Forged("this account has no webhook: X calls none of it")
        if raw.method != "POST":
            raise Forged("events come by POST")
        given = raw.headers.get(_SIGNATURE, "")
        if not given:
            raise Forged("no signature")
        right = signature(self.settings.api_secret, raw.body)
        if not hmac.compare_digest(given.encode("utf-8", "replace"), right.encode()):
            raise Forged("another signature")

    def handshake(self, raw: RawEvent) -> HttpAnswer | None:
        """The challenge-response check (CRC): X asks when the webhook is made, and again every now and then."""
        if raw.method != "GET" or "webhook" not in self.settings.modes:
            return None
        challenge = parse_qs(urlsplit(raw.url).query).get("crc_token", [""])[0]
        if not _CHALLENGE.fullmatch(challenge):
            return None
        answer = {"response_token": signature(self.settings.api_secret, challenge.encode())}
        return HttpAnswer(body=msgspec.json.encode(answer), content_type="application/json")

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        return HttpAnswer()

    # the loops

    async def run(self) -> None:
        """Poll and stream as `modes` says; ends by `Misconfigured` when no mode is left that works."""
        s, name = self.settings, self.account.name
        mentions = Poller(name, self.ports, MENTIONS, self._mentions, s.first_hours)
        directs = Poller(name, self.ports, DIRECTS, self._directs, s.first_hours, _created)
        rule = f"@{s.username} -is:retweet -from:{s.username}"
        stream = Streamer(name, self.ports, self._api, mentions, rule, s.stall_seconds)
        loops: dict[str, Callable[[], Awaitable[None]]] = {
            "poll": lambda: keep_polling(name, mentions, s.poll_seconds, lambda: self._api.apart("mentions")),
            "dm": lambda: keep_polling(
                name, directs, s.dm_seconds, lambda: self._api.apart("direct messages")
            ),
            "stream": stream.run,
        }
        chosen = {str(mode): loops[mode] for mode in s.modes if mode in loops}
        if chosen:
            await side_by_side(name, chosen)
        else:
            await asyncio.Event().wait()  # X calls the webhook by itself

    async def _mentions(self, since: str, start: datetime, token: str) -> Page:
        return await self._api.mentions(self.settings.user_id, since, None if since else start, token)

    async def _directs(self, since: str, start: datetime, token: str) -> Page:
        return await self._api.directs(token)

    # replies

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """Below the post for all to read, or to the author alone; the id of the post or of the message's event."""
        return await self._speaker.say(reply_to, outgoing)

    # media

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """A photo or video, only from X's own hosts; our signature goes to those of direct messages alone."""
        if self.ports.fetch is None:
            raise ProviderRefused("nothing may be downloaded here")
        try:
            parts = urlsplit(attachment.remote)
            host = (parts.hostname or "").lower()
        except ValueError:
            raise ProviderRefused("the media's address is none") from None
        if parts.scheme not in ("http", "https") or not any(
            _fits(host, h) for h in self.settings.media_hosts
        ):
            raise ProviderRefused("the media lie on a host that is not allowed")
        url = urlunsplit(parts._replace(scheme="https"))
        allowed: tuple[str, ...] = ()
        if self.settings.media_base_url:
            base = urlsplit(self.settings.media_base_url)
            url = urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + parts.path, parts.query, ""))
            allowed = (f"{base.hostname}:{base.port or (443 if base.scheme == 'https' else 80)}",)
        headers = self._api.signed(url) if host in _PRIVATE_MEDIA else {}
        async for chunk in self.ports.fetch(url, headers=headers, allow_hosts=allowed):
            yield chunk


def signature(secret: Secret, content: bytes) -> str:
    """What proves `content` to come from X, and a challenge to be answered by us."""
    digest = hmac.digest(secret.reveal().encode(), content, "sha256")
    return f"sha256={b64encode(digest).decode()}"


def _created(body: bytes) -> datetime | None:
    """When a polled item was written; None when it does not say."""
    try:
        data = decoded(body)["data"]
        return moment(str(data.get("created_at", "")), str(data.get("id", "")))
    except (Unreadable, AttributeError, KeyError, TypeError, ValueError):
        return None


def _fits(host: str, allowed: str) -> bool:
    """`*.example.org` is every host below example.org; anything else is itself."""
    allowed = allowed.lower()
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def _check(where: str, settings: XSettings, credentials: Credentials) -> None:
    """Raises `Misconfigured` for settings that cannot work together."""
    modes = settings.modes
    if not modes:
        raise Misconfigured(f"{where}.modes", "is empty", 'write modes = ["poll"], or more of them')
    if "webhook" in modes and not settings.api_secret:
        raise Misconfigured(
            f"{where}.api_secret",
            "a webhook needs it: it alone proves that X calls",
            'write api_secret = "file:…" with the API key secret (adapters/x/doc.md)',
        )
    if "dm" in modes and not credentials.acts_as_account:
        raise Misconfigured(
            f"{where}.access_token",
            "direct messages are given to the account itself alone",
            "set api_key, api_secret, access_token and access_secret",
        )
    if "stream" in modes and not settings.bearer:
        raise Misconfigured(
            f"{where}.bearer", "the stream is given to the application alone", 'write bearer = "file:…"'
        )
    if "poll" in modes and not (settings.bearer or credentials.acts_as_account):
        raise Misconfigured(
            f"{where}.bearer",
            "polling needs a credential",
            "set bearer, or the four keys of api_* and access_*",
        )
