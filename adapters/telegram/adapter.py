"""The Telegram bot's transport: a webhook with a secret token, or polling with an offset of our own; media; replies.

https://core.telegram.org/bots/api#getting-updates. Telegram keeps an update for a day until it was taken: by
a 2xx of the webhook, or by a getUpdates with a higher offset. Neither happens before the journal has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

import msgspec
import structlog
from msgspec import Meta, Struct, structs

from adapters.base import Accepted, Account, Adapter, Cursor, Fate, HttpAnswer, Item, Outgoing, Ports
from adapters.telegram.api import FILE_LIMIT, BotApi
from adapters.telegram.outgoing import Speaker
from adapters.telegram.parse import TAP, Us, album_key, parse_update
from adapters.telegram.update import update_id
from normalizer.errors import Forged, Misconfigured, ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.record import Attachment, Authenticity, RawEvent
from normalizer.settings import Secret

#: Seconds between two looks at whether Telegram still delivers to us.
WATCH = 600.0
#: Seconds before a failed poll is repeated; doubles up to the last.
FIRST_WAIT, LAST_WAIT = 0.5, 60.0
#: After a week without updates Telegram numbers them anew, maybe lower. Nothing waits longer than a day
#: there, so an offset of this age confirms nothing any more and could only hide the new numbers.
OFFSET_AGE = timedelta(days=6)

#: Albums in groups that are remembered; their parts come within seconds of each other.
ALBUMS = 1_000

_Url = Annotated[str, Meta(pattern=r"^(https?://[^/?#@\s]+(/[^?#\s]*)?)?$")]
_TOKEN = re.compile(r"(\d{1,20}):[A-Za-z0-9_-]{10,100}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_USERNAME = re.compile(r"[A-Za-z0-9_]{3,64}")

log = structlog.get_logger()


class TelegramSettings(Struct, frozen=True, kw_only=True):
    """One bot. `secret` is ours, for the webhook (`auto:NAME` makes it); `username` is without the @.

    `api_base_url` is another server only for tests or a Bot API server of one's own; `file_base_url` is the
    same one unless it is set. `poll_timeout` is in seconds. `messages_per_second` is what we send at most, over all
    chats: Telegram allows 30, and more only to who pays for it.
    """

    token: Secret
    mode: Literal["webhook", "polling"] = "webhook"
    secret: Secret = Secret("")
    username: str = ""
    set_webhook: bool = True
    allowed_updates: tuple[str, ...] = ("message", "edited_message", "callback_query")
    max_connections: Annotated[int, Meta(ge=1, le=100)] = 40
    poll_timeout: Annotated[int, Meta(ge=1, le=50)] = 50
    messages_per_second: Annotated[int, Meta(ge=1, le=1000)] = 30
    api_base_url: _Url = "https://api.telegram.org"
    file_base_url: _Url = ""


class TelegramAdapter(Adapter[TelegramSettings]):
    """One Telegram bot (`Webhook`, `Runs`, `FetchesMedia`, `Replies`)."""

    name: ClassVar[str] = "telegram"
    title: ClassVar[str] = "Telegram"
    default_channel: ClassVar[str] = "telegram"
    converses: ClassVar[bool] = True
    edits: ClassVar[bool] = True
    buttons: ClassVar[int] = 10
    Settings: ClassVar[type[Struct]] = TelegramSettings
    methods: ClassVar[tuple[str, ...]] = ("POST",)
    max_bytes: ClassVar[int] = 1024 * 1024

    def __init__(self, account: Account, settings: TelegramSettings, ports: Ports) -> None:
        super().__init__(account, settings, ports)
        self._us = Us(id=_checked(account.name, settings), username=settings.username)
        self._api = BotApi(
            account.name, settings.token, settings.api_base_url, settings.file_base_url, ports.trouble
        )
        self._speaker = Speaker(self._api, settings.messages_per_second)
        self._albums: OrderedDict[str, None] = OrderedDict()

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        item = parse_update(raw.body, self._us, self._albums)
        if isinstance(item, Accepted) and item.message.public and item.message.group:
            self._remember(album_key(item.message.thread_id, item.message.group.key))
        return (item,)

    def _remember(self, album: str) -> None:
        """Of an album in a group only the part with the caption names the bot, and it comes first."""
        self._albums[album] = None
        if len(self._albums) > ALBUMS:
            self._albums.popitem(last=False)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        return Authenticity(method="secret")

    async def close(self) -> None:
        await self._api.close()

    # the webhook

    def verify(self, raw: RawEvent) -> None:
        """https://core.telegram.org/bots/api#setwebhook, `secret_token`."""
        if self.settings.mode != "webhook":
            raise Forged("this account polls: Telegram calls no webhook of it")
        given = raw.headers.get("x-telegram-bot-api-secret-token", "")
        if not given:
            raise Forged("no secret token")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.settings.secret.reveal().encode()):
            raise Forged("another secret token")

    def handshake(self, raw: RawEvent) -> HttpAnswer | None:
        return None

    def answer(self, fates: Sequence[Fate]) -> HttpAnswer:
        """A tapped button stops turning when the answer to the webhook says so, without a call of our own.

        https://core.telegram.org/bots/api#making-requests-when-getting-updates
        """
        tap = _tap(fates)
        if tap is None:
            return HttpAnswer()
        body = msgspec.json.encode({"method": "answerCallbackQuery", "callback_query_id": tap})
        return HttpAnswer(body=body, content_type="application/json")

    # the loop

    async def run(self) -> None:
        """Register the webhook and see that it stays, or poll. Ends by `Misconfigured` with the cure."""
        if self.settings.mode == "polling":
            await self._learn_name()
            await self._poll()
        elif self.settings.set_webhook:
            await self._learn_name()
            await self._watch_webhook()
        else:
            await asyncio.Event().wait()

    async def _learn_name(self) -> None:
        """In groups the bot must know its own name; a configured one needs no question."""
        if not self._us.username:
            me = await self._api.me()
            self._us = structs.replace(self._us, username=me.username or "")

    def _hook(self) -> str:
        return f"{self.ports.public_url}/hooks/{self.account.name}"

    async def _watch_webhook(self) -> None:
        s = self.settings
        if not self.ports.public_url:
            raise Misconfigured(
                "gateway.public_url", "Telegram needs an address to deliver to", 'set it, or mode = "polling"'
            )
        # Set once at each start, because getWebhookInfo does not tell whether the secret is still ours.
        await self._api.set_webhook(self._hook(), s.secret, s.allowed_updates, s.max_connections)
        log.info("telegram_webhook_set", account=self.account.name)
        while True:
            await asyncio.sleep(WATCH)
            if await self._api.webhook_url() != self._hook():
                log.warning("telegram_webhook_lost", account=self.account.name)
                await self._api.set_webhook(self._hook(), s.secret, s.allowed_updates, s.max_connections)

    async def _poll(self) -> None:
        if await self._api.webhook_url() == self._hook():
            # Left over from this very account's time as a webhook; anybody else's is the operator's to judge.
            await self._api.delete_webhook()
        cursor = await self.ports.inbox.cursor("offset")
        wait = FIRST_WAIT
        while True:
            s, offset = self.settings, _offset(cursor, self.ports.clock.now())
            try:
                for body in await self._api.updates(offset, s.poll_timeout, s.allowed_updates):
                    cursor = await self._receive(body, cursor)
                wait = FIRST_WAIT
            except (ProviderUnavailable, Unavailable) as error:
                # What was not stored is asked for again: `cursor` stands before it.
                pause = error.retry_after or wait
                log.warning("telegram_poll_waits", account=self.account.name, why=error.reason, seconds=pause)
                await asyncio.sleep(pause)
                wait = min(wait * 2, LAST_WAIT)

    async def _receive(self, body: bytes, cursor: str | None) -> str | None:
        """Store one update together with the offset behind it; one by one, so that none is skipped."""
        now = self.ports.clock.now()
        number = update_id(body)
        if number is None:
            # Numbers are consecutive: one that cannot be read is the one that was expected.
            number = _offset(cursor, now)
        raw = RawEvent(
            account=self.account.name, received_at=now, body=body, envelope={"transport": "getUpdates"}
        )
        if number is None:
            await self.ports.inbox.receive(raw)
            return cursor
        moved = f"{number + 1}@{int(now.timestamp())}"
        tap = _tap(await self.ports.inbox.receive(raw, cursor=Cursor(name="offset", value=moved)))
        if tap is not None:
            with contextlib.suppress(ProviderUnavailable, ProviderRefused):
                await self._api.answer_tap(tap)  # it is taken: that its button turns on is no harm
        return moved

    # replies

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """In the chat that the words came from, what is private to the person alone; `<chat id>:<message id>`."""
        return await self._speaker.say(reply_to, outgoing)

    # media

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        if attachment.size > FILE_LIMIT:
            raise ProviderRefused("the file is larger than the 20 MB that Telegram gives out")
        async for chunk in self._api.stream(attachment.remote):
            yield chunk


def _tap(fates: Sequence[Fate]) -> str | None:
    """Which tapped button waits to be answered."""
    found = (f.external_id for f in fates if f.external_id.startswith(TAP))
    return next((external_id.removeprefix(TAP) for external_id in found), None)


def _offset(cursor: str | None, now: datetime) -> int | None:
    """The offset in a cursor, `<next update id>@<unix time>`, unless it is too old to mean anything."""
    if not cursor:
        return None
    following, _, stored = cursor.partition("@")
    fresh = now.timestamp() - int(stored) < OFFSET_AGE.total_seconds()
    return int(following) if fresh else None


def _checked(account: str, settings: TelegramSettings) -> int:
    """The bot's id, which opens its token. Raises `Misconfigured` for settings that cannot work together."""
    where = f"account.{account}.settings"
    token = _TOKEN.fullmatch(settings.token.reveal())
    if not token:
        raise Misconfigured(f"{where}.token", "is not like 123456:ABC…", "copy it whole from @BotFather")
    if settings.username and not _USERNAME.fullmatch(settings.username):
        raise Misconfigured(f"{where}.username", "is no bot's name", "write it without @, as JakartaAduanBot")
    if settings.mode == "webhook":
        if not settings.secret:
            raise Misconfigured(
                f"{where}.secret",
                "a webhook needs one: it alone proves that Telegram calls",
                'write secret = "auto:telegram"',
            )
        if not _SECRET.fullmatch(settings.secret.reveal()):
            raise Misconfigured(
                f"{where}.secret", "Telegram takes 1 to 256 of A-Z a-z 0-9 _ -", "change it, or use auto:"
            )
    return int(token.group(1))
