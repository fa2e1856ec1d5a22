"""A citizen of X, and X itself as a fake API server on loopback.

The fake checks what the real one checks (bearer or OAuth 1.0a with our keys), pages and limits as it does, keeps the
stream open with keep-alives, and calls the webhook: first the challenge, then signed events, again until a 2xx.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
import zlib
from collections import deque
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp import web

from adapters.base import Account, Gateway, Letter
from adapters.x.adapter import XSettings, signature
from normalizer.errors import Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.record import RawEvent

Json = dict[str, Any]
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Ids of simulated posts stand in this range, so that they carry a time of 2026.
_BASE = 2_070_000_000_000_000_000


def sign(raw: RawEvent, settings: XSettings) -> RawEvent:
    """`raw` with the header that X adds to every event of a webhook."""
    proof = signature(settings.api_secret, raw.body)
    return msgspec.structs.replace(raw, headers={**raw.headers, "x-twitter-webhooks-signature": proof})


def simulator(account: Account, settings: XSettings, gateway: Gateway) -> XSimulator:
    return XSimulator(account, settings, gateway)


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
        self.page_size = 100
        self.keep_alive = 20.0
        self.refuse_next: deque[tuple[int, dict[str, str]]] = deque()
        """Answers for the next calls: status and headers; 200 lets one pass."""
        self.retry_wait = 0.05
        self.connections = 0
        self.changed = asyncio.Condition()
        self._lines: list[asyncio.Queue[bytes | None]] = []
        self._numbers = itertools.count(1)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application()
        app.router.add_get(f"/2/users/{self.settings.user_id}/mentions", self._mentions)
        app.router.add_get("/2/dm_events", self._dm_events)
        app.router.add_get("/2/tweets/search/stream/rules", self._get_rules)
        app.router.add_post("/2/tweets/search/stream/rules", self._post_rules)
        app.router.add_get("/2/tweets/search/stream", self._stream)
        app.router.add_get("/media/{name}", self._file)
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
        given, s = request.headers.get("Authorization", ""), self.settings
        bearer = bool(s.bearer) and given == f"Bearer {s.bearer.reveal()}"
        oauth = given.startswith("OAuth ") and all(
            f'{name}="{value}"' in given
            for name, value in (
                ("oauth_consumer_key", s.api_key.reveal()),
                ("oauth_token", s.access_token.reveal()),
            )
        )
        if not (oauth or (bearer and what != "dm_events")):
            return web.json_response({"title": "Unauthorized", "status": 401}, status=401)
        if self.refuse_next:
            status, headers = self.refuse_next.popleft()
            if status == 200:
                return None
            return web.json_response({"title": "Refused", "status": status}, status=status, headers=headers)
        return None

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
        found = self.files.get(request.match_info["name"])
        return (
            web.Response(status=404) if found is None else web.Response(body=found, content_type="image/jpeg")
        )

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
        if urlsplit(hook).hostname not in _LOOPBACK:
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


class XSimulator:
    """Citizens who mention one account; by its webhook where it has one, else in the listing that it polls."""

    def __init__(self, account: Account, settings: XSettings, gateway: Gateway) -> None:
        self._account, self._settings, self._gateway = account, settings, gateway
        self.api = FakeX(settings)

    async def start(self) -> None:
        """The fake server, where `api_base_url` is on loopback; the webhook's challenge."""
        where = urlsplit(self._settings.api_base_url)
        if where.hostname in _LOOPBACK and where.port:
            await self.api.start(where.port)
        elif set(self._settings.modes) != {"webhook"}:
            raise Misconfigured(
                f"account.{self._account.name}.settings.api_base_url",
                "simulated citizens need a simulated X",
                'write "http://127.0.0.1:8444", or another free port',
            )
        if "webhook" in self._settings.modes and not await self.api.check(self._hook()):
            raise ProviderRefused("the gateway does not answer the challenge")

    async def stop(self) -> None:
        await self.api.stop()

    async def send(self, letter: Letter) -> str:
        """One post that mentions the account; what the gateway answered, or that it was listed."""
        if "webhook" not in self._settings.modes:
            return await self._list(letter)
        body = json.dumps(
            {"for_user_id": self._settings.user_id, "tweet_create_events": [self._status(letter)]}
        )
        status, text = await self.api.deliver(self._hook(), body.encode())
        if 400 <= status < 500:
            raise ProviderRefused(f"the gateway answered {status}")
        if status >= 500 or not status:
            raise ProviderUnavailable(f"the gateway did not take the post (last answer: {status})")
        return f"{status} {text}".strip()

    async def _list(self, letter: Letter) -> str:
        post, person = self._post(letter), _person(letter.sender)
        self.api.includes["users"].append(
            {"id": person["id_str"], "name": person["name"], "username": person["screen_name"]}
        )
        await self.api.add(post)
        if "poll" in self._settings.modes:
            # The second call from now has surely begun after the post was there, and the first was stored.
            await self.api.called(
                "mentions", self.api.calls.count("mentions") + 2, self._settings.poll_seconds * 3 + 20
            )
        return "listed"

    def _hook(self) -> str:
        return f"{self._gateway.http}/hooks/{self._account.name}"

    def _text(self, letter: Letter) -> str:
        words = f"{letter.subject}\n{letter.text}" if letter.subject else letter.text
        text = f"@{self._settings.username} {words}"
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    def _names(self, letter: Letter) -> list[str]:
        names = [f"SIM{letter.number}x{index}.jpg" for index in range(len(letter.photos))]
        self.api.files.update(zip(names, letter.photos, strict=True))
        return names

    def _post(self, letter: Letter) -> Json:
        """The post as API v2 gives it."""
        number = str(_BASE + letter.number)
        post: Json = {
            "id": number,
            "text": self._text(letter),
            "author_id": _person(letter.sender)["id_str"],
            "conversation_id": number,
            "edit_history_tweet_ids": [number],
            "created_at": datetime.fromtimestamp(int(time.time()), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        if letter.latitude is not None and letter.longitude is not None:
            post["geo"] = {
                "coordinates": {"type": "Point", "coordinates": [letter.longitude, letter.latitude]}
            }
        names = self._names(letter)
        if names:
            post["attachments"] = {"media_keys": [f"3_{name}" for name in names]}
            self.api.includes["media"] += [
                {"media_key": f"3_{name}", "type": "photo", "url": f"https://pbs.twimg.com/media/{name}"}
                for name in names
            ]
        return post

    def _status(self, letter: Letter) -> Json:
        """The same post as the webhook gives it."""
        number = _BASE + letter.number
        status: Json = {
            "created_at": datetime.now(UTC).strftime("%a %b %d %H:%M:%S +0000 %Y"),
            "id": number,
            "id_str": str(number),
            "text": self._text(letter),
            "truncated": False,
            "user": _person(letter.sender),
            "coordinates": None,
            "entities": {"urls": []},
        }
        if letter.latitude is not None and letter.longitude is not None:
            status["coordinates"] = {"type": "Point", "coordinates": [letter.longitude, letter.latitude]}
        names = self._names(letter)
        if names:
            media = [{"type": "photo", "media_url_https": f"https://pbs.twimg.com/media/{n}"} for n in names]
            status["extended_entities"] = {"media": media}
        return status


def _person(sender: str) -> Json:
    """One person, one number: the same name is the same user at every run."""
    number = 700_000_000 + zlib.crc32(sender.encode()) % 100_000_000
    return {
        "id": number,
        "id_str": str(number),
        "name": sender,
        "screen_name": f"contoh_{number % 1_000_000}",
    }
