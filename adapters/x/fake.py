"""X itself, as a fake API server on loopback for one account.

It checks what the real one checks (bearer, or an OAuth 1.0a signature with our keys), pages and limits as it does,
takes posts and direct messages, keeps the stream open with keep-alives, and calls the webhook: first the challenge,
then signed events, again until a 2xx.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import itertools
import json
import math
import time
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from oauthlib.common import Request  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849 import signature as oauth1  # type: ignore[import-untyped]

from adapters.base import Outgoing
from adapters.x.adapter import XSettings, signature
from adapters.x.api import HOME
from adapters.x.outgoing import DIRECT_LENGTH, POST_LENGTH, weight
from adapters.x.post import conversation_of
from normalizer.errors import ProviderRefused

Json = dict[str, Any]
_QUARTER = 900
#: What only the account itself may call.
_OWN_CALLS = ("dm_events", "post", "direct", "dm_media")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Ids of simulated posts stand in this range, so that they carry a time of 2026.
POST_BASE = 2_070_000_000_000_000_000

#: What the answer to a call is to say of the limits.
_LIMITS: web.RequestKey[dict[str, str]] = web.RequestKey("limits", dict)


class FakeX:
    """One account's X on loopback. What tests want to see or bend is public."""

    def __init__(self, settings: XSettings) -> None:
        self.settings = settings
        self.base_url = ""
        self.posts: list[Json] = []
        self.directs: list[Json] = []
        self.includes: dict[str, list[Json]] = {"users": [], "media": [], "places": [], "tweets": []}
        self.files: dict[str, bytes] = {}
        self.rules: list[Json] = []
        self.calls: list[str] = []
        self.heard: list[Outgoing] = []
        """What citizens were told, in order; `key` is the post it stands below, or the person."""
        self.limits: dict[str, tuple[int, int]] = {
            "post": (100, _QUARTER),
            "direct": (15, _QUARTER),
            "mentions": (450, _QUARTER),
            "dm_events": (15, _QUARTER),
        }
        """Calls in so many seconds, as X documents them; a fixed window that begins with its first call."""
        self.closed_to: set[str] = set()
        """People who take no direct messages from us."""
        self.capped = False
        """Whether this month's posts are used up."""
        self.page_size = 100
        self.keep_alive = 20.0
        self.refuse_next: deque[tuple[int, dict[str, str]]] = deque()
        """Answers for the next calls: status and headers; 200 lets one pass."""
        self.problem: Json = {}
        """What such an answer says besides."""
        self.retry_wait = 0.05
        self.connections = 0
        self.changed = asyncio.Condition()
        self._windows: dict[str, tuple[float, int]] = {}
        self._lines: list[asyncio.Queue[bytes | None]] = []
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application()
        app.on_response_prepare.append(_tell_limits)
        app.router.add_get(f"/2/users/{self.settings.user_id}/mentions", self._mentions)
        app.router.add_get("/2/dm_events", self._dm_events)
        app.router.add_get("/2/tweets/search/stream/rules", self._get_rules)
        app.router.add_post("/2/tweets/search/stream/rules", self._post_rules)
        app.router.add_get("/2/tweets/search/stream", self._stream)
        app.router.add_post("/2/tweets", self._create_post)
        app.router.add_post("/2/dm_conversations/with/{person}/messages", self._create_direct)
        app.router.add_get("/media/{name}", self._file)
        app.router.add_get("/dm/{path:.*}", self._private_file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.base_url

    async def stop(self) -> None:
        self.close_streams()
        if self._runner:
            await self._runner.cleanup()

    def close_streams(self) -> None:
        """End every connection of the stream, cleanly, as X does when it moves."""
        for lines in self._lines:
            lines.put_nowait(None)

    async def add(self, post: Json, *, stream: bool = True) -> None:
        """A new post in the mentions, and on the open streams unless that loses it."""
        async with self.changed:
            self.posts.append(post)
            self.changed.notify_all()
        if stream:
            body = {"data": post, "includes": self.includes, "matching_rules": [{"id": "1", "tag": "kanal"}]}
            for lines in self._lines:
                lines.put_nowait(json.dumps(body).encode())

    async def called(self, what: str, times: int = 1, seconds: float = 20) -> None:
        """Wait until `what` was called so often; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: self.calls.count(what) >= times)

    async def streaming(self, connections: int, seconds: float = 20) -> None:
        """Wait until the stream was opened so often; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: self.connections >= connections)

    async def _called(self, request: web.Request, what: str) -> web.Response | None:
        """The refusal of a call, or None."""
        async with self.changed:
            self.calls.append(what)
            self.changed.notify_all()
        s = self.settings
        bearer = bool(s.bearer) and request.headers.get("Authorization") == f"Bearer {s.bearer.reveal()}"
        if not ((bearer and what not in _OWN_CALLS) or self._signed(request, HOME)):
            return _problem(401, "about:blank", "Unauthorized")
        if self.refuse_next:
            status, headers = self.refuse_next.popleft()
            if status == 200:
                return None
            answer = {"title": "Refused", "status": status, **self.problem}
            return web.json_response(answer, status=status, headers=headers)
        if self.capped:
            return _problem(429, "usage-capped", "Usage cap exceeded: Monthly product cap")
        return self._over_limit(request, what)

    def _signed(self, request: web.Request, origin: str) -> bool:
        """Whether the request bears a signature that only the holder of all four keys can make (RFC 5849)."""
        headers = {"Authorization": request.headers.get("Authorization", "")}
        if not headers["Authorization"].startswith("OAuth "):
            return False
        wanted = Request(f"{origin}{request.path_qs}", request.method)
        wanted.params = oauth1.collect_parameters(request.query_string, headers=headers)
        given = dict(oauth1.collect_parameters("", headers=headers, exclude_oauth_signature=False))
        wanted.signature = given.get("oauth_signature", "")
        s = self.settings
        ours = (s.api_key.reveal(), s.access_token.reveal())
        return (given.get("oauth_consumer_key"), given.get("oauth_token")) == ours and bool(
            oauth1.verify_hmac_sha1(wanted, s.api_secret.reveal(), s.access_secret.reveal())
        )

    def _over_limit(self, request: web.Request, what: str) -> web.Response | None:
        if what not in self.limits:
            return None
        calls, seconds = self.limits[what]
        now = time.time()
        began, made = self._windows.get(what, (now, 0))
        if now >= began + seconds:
            began, made = now, 0
        self._windows[what] = began, made + 1
        request[_LIMITS] = {
            "x-rate-limit-limit": str(calls),
            "x-rate-limit-remaining": str(max(0, calls - made - 1)),
            "x-rate-limit-reset": str(math.ceil(began + seconds)),
        }
        if made < calls:
            return None
        return _problem(429, "about:blank", "Too Many Requests")

    async def _create_post(self, request: web.Request) -> web.Response:
        refused = await self._called(request, "post")
        if refused:
            return refused
        given = await request.json()
        text, below = str(given.get("text", "")), str(given.get("reply", {}).get("in_reply_to_tweet_id", ""))
        if not text.strip() or weight(text) > POST_LENGTH:
            return _problem(400, "invalid-request", "text is missing, or longer than 280 characters")
        if text in (said.text for said in self.heard if not said.private):
            return _problem(
                403, "about:blank", "You are not allowed to create a Tweet with duplicate content."
            )
        if below in self.closed_to:
            return _problem(
                403, "about:blank", "You attempted to reply to a Tweet that is deleted or not visible to you."
            )
        self.heard.append(Outgoing(text=text, key=below, private=False))
        number = str(POST_BASE + 900_000_000 + len(self.heard))
        return web.json_response({"data": {"id": number, "text": text}}, status=201)

    async def _create_direct(self, request: web.Request) -> web.Response:
        refused = await self._called(request, "direct")
        if refused:
            return refused
        person, text = request.match_info["person"], str((await request.json()).get("text", ""))
        if not text.strip() or len(text) > DIRECT_LENGTH:
            return _problem(400, "invalid-request", "text is missing, or longer than 10000 characters")
        if person in self.closed_to:
            return _problem(
                403,
                "not-authorized-for-resource",
                "You do not have permission to DM one or more participants.",
            )
        self.heard.append(Outgoing(text=text, key=person, private=True))
        number = str(POST_BASE + 900_000_000 + len(self.heard))
        conversation = conversation_of(self.settings.user_id, person)
        answer = {"dm_conversation_id": conversation, "dm_event_id": number}
        return web.json_response({"data": answer}, status=201)

    async def _mentions(self, request: web.Request) -> web.Response:
        return await self._called(request, "mentions") or self._page(request, self.posts)

    async def _dm_events(self, request: web.Request) -> web.Response:
        return await self._called(request, "dm_events") or self._page(request, self.directs)

    def _page(self, request: web.Request, listing: list[Json]) -> web.Response:
        """Newest first, after `since_id`; the token says behind which id the next page begins."""
        since = int(request.query.get("since_id", 0))
        below = int(request.query.get("pagination_token", 1 << 63))
        number = {id(item): int(item.get("id", 0)) for item in listing}
        wanted = sorted(
            (item for item in listing if since < number[id(item)] < below), key=lambda i: -number[id(i)]
        )
        page = wanted[: self.page_size]
        meta: Json = {"result_count": len(page)}
        if len(wanted) > len(page):
            meta["next_token"] = str(page[-1]["id"])
        answer: Json = {"data": page, "includes": self.includes, "meta": meta} if page else {"meta": meta}
        return web.json_response(answer)

    async def _get_rules(self, request: web.Request) -> web.Response:
        refused = await self._called(request, "rules")
        return refused or web.json_response({"data": self.rules, "meta": {"result_count": len(self.rules)}})

    async def _post_rules(self, request: web.Request) -> web.Response:
        refused = await self._called(request, "change_rules")
        if refused:
            return refused
        given = await request.json()
        gone = given.get("delete", {}).get("ids", [])
        self.rules = [rule for rule in self.rules if rule["id"] not in gone]
        self.rules += [{**rule, "id": str(next(self._numbers))} for rule in given.get("add", [])]
        return web.json_response({"meta": {"summary": {}}}, status=201)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        refused = await self._called(request, "stream")
        if refused:
            return refused
        response = web.StreamResponse()
        await response.prepare(request)
        lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._lines.append(lines)
        async with self.changed:
            self.connections += 1
            self.changed.notify_all()
        try:
            while True:
                try:
                    line = await asyncio.wait_for(lines.get(), self.keep_alive)
                except TimeoutError:
                    line = b""
                if line is None:
                    return response
                await response.write(line + b"\r\n")
        except ConnectionError:
            return response
        finally:
            self._lines.remove(lines)

    async def _file(self, request: web.Request) -> web.Response:
        return await self._file_named(request.match_info["name"])

    async def _file_named(self, name: str) -> web.Response:
        found = self.files.get(name)
        return (
            web.Response(status=404) if found is None else web.Response(body=found, content_type="image/jpeg")
        )

    async def _private_file(self, request: web.Request) -> web.Response:
        """A picture of a direct message, which the account alone may see."""
        self.calls.append("dm_media")
        if not self._signed(request, self.base_url):
            return web.Response(status=401)
        return await self._file_named(request.path.rpartition("/")[2])

    # the webhook

    async def check(self, hook: str) -> bool:
        """The challenge, as X makes it before it delivers anything."""
        token = "Q29udG9oIHRhbnRhbmdhbg=="  # noqa: S105 - a challenge, no secret
        async with (
            aiohttp.ClientSession() as session,
            session.get(hook, params={"crc_token": token, "nonce": "1"}, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                return False
            found = await answer.json(content_type=None)
            return bool(found.get("response_token") == signature(self.settings.api_secret, token.encode()))

    async def deliver(self, hook: str, body: bytes, tries: int = 100) -> tuple[int, str]:
        """One signed event, repeated while the receiver says 5xx; the last status and body."""
        if urlsplit(hook).hostname not in LOOPBACK:
            raise ProviderRefused("a fake never calls out")
        proof = {"x-twitter-webhooks-signature": signature(self.settings.api_secret, body)}
        headers = {"Content-Type": "application/json", **proof}
        status, text = 0, ""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            for _ in range(tries):
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.post(
                        hook, data=body, headers=headers, allow_redirects=False
                    ) as answer:
                        status, text = answer.status, await answer.text()
                if 0 < status < 500:
                    break
                await asyncio.sleep(self.retry_wait)
        return status, text


async def _tell_limits(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer says what is left, as X's do."""
    response.headers.update(request.get(_LIMITS, {}))


def _problem(status: int, kind: str, words: str, headers: dict[str, str] | None = None) -> web.Response:
    """https://docs.x.com/x-api/fundamentals/response-codes-and-errors"""
    address = kind if ":" in kind else f"https://api.twitter.com/2/problems/{kind}"
    title = "UsageCapExceeded" if kind == "usage-capped" else http.HTTPStatus(status).phrase
    body = {"title": title, "detail": words, "type": address, "status": status}
    return web.json_response(body, status=status, headers=headers)
