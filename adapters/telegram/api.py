"""The Bot API as the adapter needs it: raw updates, files as streams, our errors, a token that stays hidden.

The token is part of every address of the Bot API (`/bot<token>/getUpdates`, `/file/bot<token>/<path>`), so no
address leaves this module: neither in a log line (httpx writes one per request), nor in an exception.
https://core.telegram.org/bots/api#making-requests
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import msgspec
import telegram
from telegram import error as tg
from telegram.request import HTTPXRequest

from normalizer.errors import KanalError, Misconfigured, OutcomeUnknown, ProviderRefused, ProviderUnavailable
from normalizer.record import Choice
from normalizer.settings import Secret

#: What getFile gives out at most, in bytes.
FILE_LIMIT = 20 * 1024 * 1024
#: After these nobody knows whether Telegram did what it was asked.
_MAYBE_DONE = (
    httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError
)  # fmt: skip
#: Characters of a button that leave room for another beside it on a narrow telephone.
_HALF = 16
_CONNECT, _READ = 10.0, 30.0
_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "telegram.Bot",
    "telegram.request.BaseRequest",
    "telegram.request.HTTPXRequest",
)


class _Discreet(logging.Filter):
    """Takes the token out of what the libraries log; drops their tracing, which quotes what citizens wrote."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("telegram.") and record.levelno < logging.WARNING:
            return False
        text = record.getMessage()
        if self._token in text:
            record.msg, record.args = text.replace(self._token, "<token>"), ()
        return True


class _Reply(msgspec.Struct):
    result: list[msgspec.Raw] = []
    description: str = ""
    parameters: dict[str, Any] = {}


class _CallsRequest(HTTPXRequest):
    """Knows how long Telegram asks us to wait; the library's own error for it warns of its future each time."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        reply = HTTPXRequest.parse_json_payload(payload)
        _heed_flood_limit(reply.get("parameters"))
        return reply


class _UpdatesRequest(HTTPXRequest):
    """Hands out every update as the bytes that it came in, so that the journal keeps what Telegram said."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            reply = msgspec.json.decode(payload, type=_Reply)
        except (msgspec.DecodeError, RecursionError):
            raise tg.TelegramError("Invalid server response") from None
        _heed_flood_limit(reply.parameters)
        return {
            "result": [bytes(item) for item in reply.result],
            "description": reply.description,
            "parameters": reply.parameters,
        }


def _heed_flood_limit(parameters: Any) -> None:
    """https://core.telegram.org/bots/api#responseparameters, `retry_after` in seconds."""
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if isinstance(wait, int | float) and wait > 0:
        raise ProviderUnavailable(f"Telegram: too many requests, wait {wait:.0f} s", retry_after=float(wait))


class _Bot(telegram.Bot):
    """python-telegram-bot's Bot with one call more: updates before anything has interpreted them."""

    async def raw_updates(self, offset: int | None, seconds: int, allowed: Sequence[str]) -> list[bytes]:
        parameters = {"offset": offset, "timeout": seconds, "limit": 100, "allowed_updates": list(allowed)}
        found: list[bytes] = await self._post("getUpdates", parameters, read_timeout=seconds + _READ)
        return found


class BotApi:
    """One bot's connection. Every method raises our errors: `ProviderUnavailable`, `ProviderRefused`, and
    `Misconfigured` where only the operator can help. Nothing is opened before the first call."""

    def __init__(
        self,
        account: str,
        token: Secret,
        base_url: str,
        file_base_url: str,
        trouble: Callable[[str, str | None], None] = lambda name, words: None,
    ) -> None:
        self._where, self._token = f"account.{account}.settings", token
        self._base_url, self._file_base_url = base_url.rstrip("/"), file_base_url.rstrip("/")
        self._trouble, self._troubled = trouble, False
        self._filter = _Discreet(token.reveal())
        self._opened: tuple[_Bot, HTTPXRequest, HTTPXRequest, httpx.AsyncClient] | None = None
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self._filter)

    async def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened:
            _, updates, calls, files = opened
            await updates.shutdown()
            await calls.shutdown()
            await files.aclose()
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)

    async def me(self) -> telegram.User:
        """Who the token's bot is."""
        try:
            found = await self._open()[0].get_me()
        except tg.TelegramError as error:
            raise self._translated(error) from None
        self._worked()
        return found

    async def send(
        self, chat: str, text: str, below: str = "", topic: str = "", buttons: Sequence[Choice] = ()
    ) -> str:
        """Send `text`, as a reply to the message `below` if there is one; `<chat id>:<message id>` of what was sent.

        https://core.telegram.org/bots/api#sendmessage. A group that became a supergroup is followed there.
        """
        try:
            try:
                sent = await self._send(chat, text, below, topic, buttons)
            except tg.ChatMigrated as moved:
                sent = await self._send(str(moved.new_chat_id), text, "", "", buttons)
        except tg.TelegramError as error:
            if isinstance(error.__cause__, _MAYBE_DONE):
                raise OutcomeUnknown("Telegram: the connection broke before it answered") from None
            raise self._translated(error) from None
        self._worked()
        return f"{sent.chat_id}:{sent.message_id}"

    async def answer_tap(self, query: str) -> None:
        """Let the person's button stop turning. https://core.telegram.org/bots/api#answercallbackquery"""
        try:
            await self._open()[0].answer_callback_query(query)
        except tg.TelegramError as error:
            raise self._translated(error) from None

    async def _send(
        self, chat: str, text: str, below: str, topic: str, buttons: Sequence[Choice]
    ) -> telegram.Message:
        answered = telegram.ReplyParameters(int(below), allow_sending_without_reply=True) if below else None
        return await self._open()[0].send_message(
            int(chat),
            text,
            reply_parameters=answered,
            message_thread_id=int(topic) if topic else None,
            reply_markup=_keyboard(buttons) if buttons else None,
            link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
        )

    async def webhook_url(self) -> str:
        """Where Telegram delivers now; empty when it does not."""
        try:
            return (await self._open()[0].get_webhook_info()).url
        except tg.TelegramError as error:
            raise self._translated(error) from None

    async def set_webhook(self, url: str, secret: Secret, allowed: Sequence[str], connections: int) -> None:
        """Have updates delivered to `url`; what waits already is delivered too."""
        try:
            await self._open()[0].set_webhook(
                url,
                secret_token=secret.reveal(),
                allowed_updates=list(allowed),
                max_connections=connections,
                drop_pending_updates=False,
            )
        except tg.BadRequest as error:
            raise Misconfigured(
                "gateway.public_url",
                "Telegram does not take {url} as a webhook: {why}",
                'use an https address that the internet reaches, port 443, 80, 88 or 8443, or mode = "polling"',
                url=url,
                why=self._clean(error),
            ) from None
        except tg.TelegramError as error:
            raise self._translated(error) from None

    async def delete_webhook(self) -> None:
        try:
            await self._open()[0].delete_webhook(drop_pending_updates=False)
        except tg.TelegramError as error:
            raise self._translated(error) from None

    async def updates(self, offset: int | None, seconds: int, allowed: Sequence[str]) -> list[bytes]:
        """Up to 100 updates from `offset` on, each as its JSON; what lies before `offset` is confirmed by it.

        Waits up to `seconds` for the first one.
        """
        try:
            found = await self._open()[0].raw_updates(offset, seconds, allowed)
        except tg.TelegramError as error:
            raise self._translated(error) from None
        self._worked()
        return found

    async def stream(self, file_id: str) -> AsyncIterator[bytes]:
        """The bytes of a file, in chunks. Its address is asked for each time anew: it expires in an hour."""
        opened = self._open()
        base = opened[0].base_file_url
        try:
            found = await opened[0].get_file(file_id)
        except tg.BadRequest as error:
            if "temporarily" in str(error).lower():
                raise ProviderUnavailable("Telegram: the file is temporarily unavailable") from None
            raise ProviderRefused(f"Telegram: {self._clean(error)}") from None
        except tg.TelegramError as error:
            raise self._translated(error) from None
        if not (found.file_path or "").startswith(f"{base}/"):
            raise ProviderRefused("Telegram named no path for the file")
        if (found.file_size or 0) > FILE_LIMIT:
            raise ProviderRefused("the file is larger than the 20 MB that Telegram gives out")
        size = 0
        try:
            async with opened[3].stream("GET", found.file_path or "") as answer:
                if answer.status_code != 200:
                    raise _refusal(answer.status_code, answer.headers.get("retry-after", ""))
                async for chunk in answer.aiter_bytes(65_536):
                    size += len(chunk)
                    if size > FILE_LIMIT:
                        raise ProviderRefused("the file is larger than the 20 MB that Telegram gives out")
                    yield chunk
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            # Only the class: the text and the request that hangs on it may name the address.
            raise ProviderUnavailable(f"Telegram's file server: {type(error).__name__}") from None

    def _open(self) -> tuple[_Bot, HTTPXRequest, HTTPXRequest, httpx.AsyncClient]:
        if self._opened is None:
            updates = _UpdatesRequest(connection_pool_size=1, connect_timeout=_CONNECT, read_timeout=_READ)
            calls = _CallsRequest(
                connection_pool_size=8, connect_timeout=_CONNECT, read_timeout=_READ, pool_timeout=_READ
            )
            bot = _Bot(
                self._token.reveal(),
                base_url=f"{self._base_url}/bot",
                base_file_url=f"{self._file_base_url or self._base_url}/file/bot",
                request=calls,
                get_updates_request=updates,
            )
            files = httpx.AsyncClient(timeout=httpx.Timeout(_READ, connect=_CONNECT), follow_redirects=False)
            self._opened = bot, updates, calls, files
        return self._opened

    def _worked(self) -> None:
        if self._troubled:
            self._troubled = False
            self._trouble("token", None)

    def _clean(self, error: Exception) -> str:
        return str(error).replace(self._token.reveal(), "<token>")[:200]

    def _translated(self, error: tg.TelegramError) -> KanalError:
        if isinstance(error, tg.InvalidToken):
            wrong = Misconfigured(
                f"{self._where}.token", "Telegram does not know this token", "take it anew from @BotFather"
            )
            self._troubled = True
            self._trouble("token", f"{wrong.problem}. To do: {wrong.cure}, and restart.")
            return wrong
        if isinstance(error, tg.Conflict):
            return self._conflict(self._clean(error))
        if isinstance(error, tg.Forbidden | tg.BadRequest | tg.ChatMigrated):
            return ProviderRefused(f"Telegram: {self._clean(error)}")
        if isinstance(error, tg.TimedOut):
            return ProviderUnavailable("Telegram did not answer in time")
        return ProviderUnavailable(f"Telegram: {self._clean(error)}")

    def _conflict(self, description: str) -> Misconfigured:
        if "webhook" in description.lower():
            return Misconfigured(
                f"{self._where}.mode",
                "Telegram delivers this bot's updates to a webhook, so they cannot be polled",
                'set mode = "webhook", or have the webhook deleted (adapters/telegram/doc.md, "Polling")',
            )
        return Misconfigured(
            f"{self._where}.token",
            "another program polls this bot at the same moment, and Telegram serves only one",
            "stop the other one, or give this account a bot of its own",
        )


def _refusal(status: int, retry_after: str) -> KanalError:
    if status == 429 or status >= 500:
        wait = float(retry_after) if retry_after.isdigit() else None
        return ProviderUnavailable(f"Telegram's file server answered {status}", retry_after=wait)
    if status == 404:
        # The path had just been given to us: an expired one gets a new one at the next try.
        return ProviderUnavailable("Telegram's file server answered 404")
    return ProviderRefused(f"Telegram's file server answered {status}")


def _keyboard(buttons: Sequence[Choice]) -> telegram.InlineKeyboardMarkup:
    """The buttons below a message: short ones in pairs. https://core.telegram.org/bots/api#inlinekeyboardmarkup"""
    rows: list[list[telegram.InlineKeyboardButton]] = []
    for one in buttons:
        button = telegram.InlineKeyboardButton(one.label, callback_data=one.name)
        pairs = rows and len(rows[-1]) == 1 and max(len(one.label), len(rows[-1][0].text)) <= _HALF
        if pairs:
            rows[-1].append(button)
        else:
            rows.append([button])
    return telegram.InlineKeyboardMarkup(rows)
