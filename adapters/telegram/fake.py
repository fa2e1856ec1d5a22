"""Telegram itself, as a fake Bot API server on loopback for one bot.

It checks what the real one checks (token in the path, webhook address and secret, one way of delivery at a time,
confirmed offsets, the 20 MB of getFile, paths that expire, how often a bot may speak) and delivers as it does: with
the secret header, again and in order until a 2xx. https://core.telegram.org/bots/api
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
import json
import math
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from adapters.base import Outgoing
from adapters.telegram.api import FILE_LIMIT
from adapters.telegram.outgoing import LONGEST
from normalizer.record import Choice

_PROOF = "X-Telegram-Bot-Api-Secret-Token"
_PORTS = (443, 80, 88, 8443)
Json = dict[str, Any]


class _Refusal(Exception):
    """An error of the Bot API: status, description, and what stands under `parameters`."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


@dataclass
class _Stored:
    content: bytes
    path: str
    valid_until: float = 0.0
    fetched: asyncio.Event = field(default_factory=asyncio.Event)


class FakeBotApi:
    """One bot's Bot API server on loopback. What tests want to see or bend is public."""

    def __init__(
        self, token: str, *, username: str = "JakartaAduanBot", loopback_webhooks: bool = True
    ) -> None:
        self.token, self.username, self.loopback_webhooks = token, username, loopback_webhooks
        self.base_url = ""
        self.webhook: Json = {}
        self.calls: list[str] = []
        self.sent: list[Json] = []
        self.heard: list[Outgoing] = []
        """What citizens were told, in order; `key` is the chat."""
        self.offered: list[tuple[str, int, Choice]] = []
        """Buttons under what was sent: chat, message id, and what a tap on it says."""
        self.answered_taps: list[str] = []
        self._tapped: set[str] = set()
        self.blocked: set[str] = set()
        self.deactivated: set[str] = set()
        self.unknown: set[str] = set()
        """Chats in which nobody has ever spoken to the bot."""
        self.moved: dict[str, int] = {}
        """Groups that became supergroups: old and new number."""
        self.limits: tuple[tuple[str, int, float], ...] = (
            ("", 30, 1.0),
            ("chat", 1, 1.0),
            ("group", 20, 60.0),
        )
        """Messages in so many seconds over all chats, in each chat, and in each group."""
        self.confirmed = 0
        self.refuse_next: deque[tuple[int, str, int]] = deque()
        """Answers for the next calls of any method: status, description, retry_after in seconds or 0."""
        self.file_seconds = 3600.0
        self.retry_wait = 0.05
        self.last_delivery = 0
        self._ids = itertools.count(time.time_ns() // 1_000_000)
        self._sent_ids = itertools.count(500_000)
        self._pending: list[tuple[int, bytes]] = []
        self._files: dict[str, _Stored] = {}
        self._news = asyncio.Condition()
        self._spoken: deque[tuple[float, str]] = deque(maxlen=10_000)
        self._polls = 0
        self._runner: web.AppRunner | None = None
        self._deliverer: asyncio.Task[None] | None = None
        self._reach: tuple[str, str] = ("", "")

    async def start(self, port: int = 0, *, reach: tuple[str, str] = ("", "")) -> str:
        """Listen; the address is returned. `reach` maps a public address prefix to where it is on loopback."""
        self._reach = reach
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.*}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._deliverer = asyncio.create_task(self._deliver())
        return self.base_url

    async def stop(self) -> None:
        if self._deliverer:
            self._deliverer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._deliverer
        async with self._news:
            self._polls += 1  # ends every long poll
            self._news.notify_all()
        if self._runner:
            await self._runner.cleanup()

    def store_file(self, content: bytes, file_id: str, path: str) -> None:
        self._files.setdefault(file_id, _Stored(content, path))

    async def add(self, kind: str, body: Json, *, raw: bytes | None = None) -> int:
        """One update more, as JSON or, with `raw`, as these very bytes; its update_id."""
        number = next(self._ids)
        async with self._news:
            self._pending.append((number, raw or json.dumps({"update_id": number, kind: body}).encode()))
            self._news.notify_all()
        return number

    async def taken(self, number: int, seconds: float) -> None:
        """Wait until update `number` was delivered or confirmed; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: all(number != waiting for waiting, _ in self._pending))

    async def files_fetched(self, seconds: float) -> None:
        """Wait until every file was fetched once; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            for stored in list(self._files.values()):
                await stored.fetched.wait()

    # what the adapter calls

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        try:
            if request.match_info["token"] != self.token:
                raise _Refusal(401, "Unauthorized")
            self.calls.append(method)
            if self.refuse_next:
                status, description, wait = self.refuse_next.popleft()
                raise _Refusal(status, description, **({"retry_after": wait} if wait else {}))
            parameters: Json = dict(request.query)
            if request.content_type == "application/json":
                parameters |= await request.json()
            else:
                parameters |= dict(await request.post())
            handler = getattr(self, f"_on_{method.lower()}", None)
            if handler is None:
                raise _Refusal(404, "Not Found")
            result = await handler(parameters)
        except _Refusal as refusal:
            answer: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
            if refusal.parameters:
                answer["parameters"] = refusal.parameters
            return web.json_response(answer, status=refusal.status)
        if isinstance(result, bytes):
            return web.Response(body=b'{"ok":true,"result":' + result + b"}", content_type="application/json")
        return web.json_response({"ok": True, "result": result})

    async def _on_getme(self, _: Json) -> Json:
        number = int(self.token.partition(":")[0])
        return {"id": number, "is_bot": True, "first_name": "Kanal Aduan", "username": self.username}

    async def _on_setwebhook(self, given: Json) -> bool:
        url, secret = str(given.get("url", "")), str(given.get("secret_token", ""))
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise _Refusal(400, "Bad Request: secret token contains unallowed characters")
        parts = urlsplit(url)
        local = self.loopback_webhooks and is_loopback(parts.hostname or "")
        if url and not local:
            if parts.scheme != "https":
                raise _Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
            if (parts.port or 443) not in _PORTS:
                ports = "80, 88, 443 or 8443"
                raise _Refusal(400, f"Bad Request: bad webhook: Webhook can be set up only on ports {ports}")
        async with self._news:
            if str(given.get("drop_pending_updates", "")).lower() == "true":
                self._pending.clear()
            self.webhook = {"url": url, "secret_token": secret} if url else {}
            self._polls += 1  # a poll that runs is ended by a conflict
            self._news.notify_all()
        return True

    async def _on_deletewebhook(self, given: Json) -> bool:
        return await self._on_setwebhook({**given, "url": ""})

    async def _on_getwebhookinfo(self, _: Json) -> Json:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._pending),
        }

    async def _on_getupdates(self, given: Json) -> bytes:
        if self.webhook:
            raise _Refusal(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
            )
        offset, seconds = int(given.get("offset") or 0), min(float(given.get("timeout") or 0), 50)
        async with self._news:
            self._polls += 1
            mine = self._polls
            self._pending = [(n, body) for n, body in self._pending if n >= offset]
            self.confirmed = max(self.confirmed, offset)
            self._news.notify_all()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait_for(lambda: self._pending or self._polls != mine)
            if self._polls != mine:
                raise _Refusal(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is "
                    "running",
                )
            limit = int(given.get("limit") or 100)
            return b"[" + b",".join(body for _, body in self._pending[:limit]) + b"]"

    async def _on_getfile(self, given: Json) -> Json:
        stored = self._files.get(str(given.get("file_id", "")))
        if stored is None:
            raise _Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(stored.content) > FILE_LIMIT:
            raise _Refusal(400, "Bad Request: file is too big")
        stored.valid_until = time.monotonic() + self.file_seconds
        name = str(given["file_id"])
        return {
            "file_id": name,
            "file_unique_id": name[-8:],
            "file_size": len(stored.content),
            "file_path": stored.path,
        }

    async def _on_sendmessage(self, given: Json) -> Json:
        chat = str(given.get("chat_id", ""))
        if chat in self.blocked:
            raise _Refusal(403, "Forbidden: bot was blocked by the user")
        if chat in self.deactivated:
            raise _Refusal(403, "Forbidden: user is deactivated")
        if chat in self.unknown or not re.fullmatch(r"-?[0-9]{1,20}", chat):
            raise _Refusal(400, "Bad Request: chat not found")
        if chat in self.moved:
            moved = self.moved[chat]
            raise _Refusal(
                400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=moved
            )
        text = str(given.get("text", ""))
        if not text.strip():
            raise _Refusal(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > LONGEST:
            raise _Refusal(400, "Bad Request: message is too long")
        choices = _buttons(given.get("reply_markup"))
        self._check_pace(chat)
        self.sent.append(given)
        self.heard.append(
            Outgoing(text=text, key=chat, private=not chat.startswith("-"), choices=tuple(choices))
        )
        kind = "supergroup" if chat.startswith("-") else "private"
        number = next(self._sent_ids)
        self.offered += [(chat, number, choice) for choice in choices]
        return {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": int(chat), "type": kind, "first_name": "Siti"},
            "text": text,
        }

    async def _on_answercallbackquery(self, given: Json) -> bool:
        query = str(given.get("callback_query_id", ""))
        if query not in self._tapped:
            raise _Refusal(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self._tapped.discard(query)
        self.answered_taps.append(query)
        return True

    def tap(self, chat: str, name: str, person: Json) -> Json:
        """The `callback_query` that comes of tapping the newest button `name` of `chat`; LookupError without one."""
        found = [number for to, number, choice in self.offered if to == chat and choice.name == name]
        if not found:
            raise LookupError(f"no button {name!r} was offered in chat {chat}")
        query = str(next(self._ids))
        self._tapped.add(query)
        room = {"id": int(chat), "type": "private", "first_name": person["first_name"]}
        bot = int(self.token.partition(":")[0])
        return {
            "id": query,
            "from": person,
            "message": {
                "message_id": found[-1],
                "from": {"id": bot, "is_bot": True, "first_name": "Kanal Aduan", "username": self.username},
                "chat": room,
                "date": int(time.time()),
                "text": "…",
            },
            "chat_instance": str(hash(chat) & 0xFFFFFFFF),
            "data": name,
        }

    def _check_pace(self, chat: str) -> None:
        """https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"""
        now = time.monotonic()
        for kind, count, seconds in self.limits:
            if kind == "group" and not chat.startswith("-"):
                continue
            recent = [at for at, to in self._spoken if now - at < seconds and (not kind or to == chat)]
            if len(recent) >= count:
                wait = max(1, math.ceil(recent[-count] + seconds - now))
                raise _Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        self._spoken.append((now, chat))

    async def _file(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return web.Response(status=401)
        for stored in self._files.values():
            if stored.path == request.match_info["path"] and time.monotonic() < stored.valid_until:
                stored.fetched.set()
                return web.Response(body=stored.content, content_type="application/octet-stream")
        return web.Response(status=404)

    # what it does by itself

    async def _deliver(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                async with self._news:
                    await self._news.wait_for(lambda: bool(self._pending and self.webhook))
                    number, body = self._pending[0]
                    hook = dict(self.webhook)
                self.last_delivery = await self._post(session, hook, body)
                if 200 <= self.last_delivery < 300:
                    async with self._news:
                        self._pending = [item for item in self._pending if item[0] != number]
                        self._news.notify_all()
                else:
                    await asyncio.sleep(self.retry_wait)

    async def _asked_in_answer(self, said: bytes) -> None:
        """What the webhook wants done in its answer; nobody hears of an error."""
        with contextlib.suppress(ValueError, _Refusal):
            given = json.loads(said)
            handler = getattr(self, f"_on_{str(given.pop('method', '')).lower()}", None)
            if handler is not None:
                await handler(given)

    async def _post(self, session: aiohttp.ClientSession, hook: Json, body: bytes) -> int:
        public, local = self._reach
        url = str(hook["url"])
        if public and url.startswith(public):
            url = local + url[len(public) :]
        headers = {"Content-Type": "application/json"}
        if hook["secret_token"]:
            headers[_PROOF] = str(hook["secret_token"])
        if not is_loopback(urlsplit(url).hostname or ""):
            return 0  # a fake never calls out
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                said = await answer.read()
                if answer.status == 200 and answer.content_type == "application/json":
                    await self._asked_in_answer(said)
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0


def _buttons(markup: Any) -> list[Choice]:
    """The buttons of `reply_markup`, checked. https://core.telegram.org/bots/api#inlinekeyboardbutton"""
    if not markup:
        return []
    try:
        rows = (json.loads(markup) if isinstance(markup, str) else markup)["inline_keyboard"]
        buttons = [button for row in rows for button in row]
        choices = [Choice(name=str(b["callback_data"]), label=str(b["text"])) for b in buttons]
    except (ValueError, KeyError, TypeError):
        raise _Refusal(400, "Bad Request: can't parse reply keyboard markup JSON object") from None
    for choice in choices:
        if not 1 <= len(choice.name.encode()) <= 64:
            raise _Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        if not choice.label.strip():
            raise _Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    if len(choices) > 100:
        raise _Refusal(400, "Bad Request: REPLY_MARKUP_TOO_LONG")
    return choices


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
