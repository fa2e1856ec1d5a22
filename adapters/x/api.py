"""The X API as the adapter needs it, on tweepy: pages of raw items, one stream connection at a time, our errors.

tweepy names its host itself, reconnects a closed stream at once and without end, closes the session that it was
given, and writes credentials into debug logs; each is met here. https://docs.x.com/x-api
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct
from oauthlib.oauth1 import Client as OAuth1  # type: ignore[import-untyped]
from tweepy import HTTPException, StreamRule  # type: ignore[import-untyped]
from tweepy.asynchronous import AsyncClient, AsyncStreamingClient  # type: ignore[import-untyped]
from yarl import URL

from adapters.x.parse import decoded
from normalizer.errors import KanalError, Misconfigured, ProviderRefused, ProviderUnavailable, Unreadable
from normalizer.settings import Secret

#: The host that tweepy writes into every address.
HOME = "https://api.twitter.com"
#: Longest line of the stream, in bytes: a post with everything that it refers to stays far below.
_LINE = 1024 * 1024
_LOGGERS = ("tweepy.asynchronous.client", "tweepy.asynchronous.streaming", "oauthlib.oauth1.rfc5849")

# What is asked for of each post, so that nothing needs a second question.
_POST_FIELDS = {
    "expansions": [
        "author_id",
        "attachments.media_keys",
        "geo.place_id",
        "referenced_tweets.id",
        "referenced_tweets.id.author_id",
        "edit_history_tweet_ids",
    ],
    "tweet_fields": [
        "created_at",
        "conversation_id",
        "in_reply_to_user_id",
        "entities",
        "geo",
        "note_tweet",
        "attachments",
        "referenced_tweets",
        "edit_history_tweet_ids",
    ],
    "user_fields": ["name", "username"],
    "media_fields": ["type", "url", "preview_image_url", "variants", "alt_text"],
}
_MENTION_FIELDS = _POST_FIELDS | {"place_fields": ["full_name", "geo", "place_type"]}
_DIRECT_FIELDS = {
    "expansions": ["sender_id", "attachments.media_keys", "referenced_tweets.id"],
    "dm_event_fields": [
        "created_at",
        "sender_id",
        "dm_conversation_id",
        "attachments",
        "referenced_tweets",
        "entities",
    ],
    "user_fields": ["name", "username"],
    "media_fields": ["type", "url", "preview_image_url", "variants", "alt_text"],
    "tweet_fields": ["author_id", "entities", "note_tweet"],
    "event_types": "MessageCreate",
}


class Credentials(Struct, frozen=True, kw_only=True):
    """What proves us to X: the application's pair, the account's pair, and the application's bearer token."""

    api_key: Secret
    api_secret: Secret
    access_token: Secret
    access_secret: Secret
    bearer: Secret

    @property
    def acts_as_account(self) -> bool:
        return all((self.api_key, self.api_secret, self.access_token, self.access_secret))


class Page(Struct, frozen=True, kw_only=True):
    """Items as (id or empty, bytes with what they refer to), as X sorts them: newest first."""

    items: Sequence[tuple[str, bytes]]
    following: str = ""


class _Session:
    """An aiohttp session as tweepy uses one, at another address; remembers when a limit ends.

    aiohttp warns against subclasses of its session, so this holds one.
    """

    def __init__(self, base_url: str, timeout: aiohttp.ClientTimeout) -> None:
        self._base = URL(base_url)
        self._session = aiohttp.ClientSession(timeout=timeout, read_bufsize=_LINE)
        self.headers = self._session.headers
        self.reset_at: float | None = None

    @property
    def closed(self) -> bool:
        return self._session.closed

    @contextlib.asynccontextmanager
    async def request(
        self, method: str, url: str | URL, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        wanted = URL(url, encoded=True) if isinstance(url, str) else url
        target = URL(f"{str(self._base).rstrip('/')}{wanted.raw_path_qs}", encoded=True)
        options["allow_redirects"] = False  # a credential goes to the configured host alone
        async with self._session.request(method, target, **options) as response:
            self.reset_at = _number(response.headers.get("x-rate-limit-reset"))
            yield response

    async def close(self) -> None:
        await self._session.close()


class XApi:
    """One account's connection. Every method raises `ProviderUnavailable`, `ProviderRefused`, or `Misconfigured`
    where only the operator can help. Nothing is opened before the first call."""

    def __init__(
        self, account: str, credentials: Credentials, base_url: str, now: Callable[[], datetime]
    ) -> None:
        self._where, self._credentials, self._base_url = f"account.{account}.settings", credentials, base_url
        self._now = now
        self._client: AsyncClient | None = None
        for name in _LOGGERS:
            # Their debug lines quote the Authorization header.
            logging.getLogger(name).setLevel(logging.WARNING)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.session.close()
            self._client = None

    async def mentions(self, user_id: str, since: str, start: datetime | None, token: str) -> Page:
        """One page of posts that mention us, of those after the post `since` or, without it, from `start` on.

        https://docs.x.com/x-api/posts/user-mention-timeline-by-user-id
        """
        options: dict[str, Any] = {"since_id": since} if since else {"start_time": start}
        as_account = not self._credentials.bearer
        return await self._page(
            self._opened().get_users_mentions(
                user_id,
                user_auth=as_account,
                max_results=100,
                **({"pagination_token": token} if token else {}),
                **options,
                **_MENTION_FIELDS,
            )
        )

    async def directs(self, token: str) -> Page:
        """One page of direct messages of the last thirty days. https://docs.x.com/x-api/direct-messages/get-dm-events"""
        more = {"pagination_token": token} if token else {}
        return await self._page(
            self._opened().get_direct_message_events(
                user_auth=True, max_results=100, **more, **_DIRECT_FIELDS
            )
        )

    async def ensure_rule(self, value: str, tag: str) -> None:
        """Have `value` among the stream's rules; those of others are left alone.

        https://docs.x.com/x-api/posts/add-or-delete-rules
        """
        async with self._streaming(timeout=30.0) as stream:
            known = await self._answer(stream.get_rules())
            rules = known.get("data", []) if isinstance(known, dict) else []
            mine = [rule for rule in rules if isinstance(rule, dict) and rule.get("tag") == tag]
            if any(rule.get("value") == value for rule in mine):
                return
            if mine:
                await self._answer(stream.delete_rules([str(rule.get("id")) for rule in mine]))
            await self._answer(stream.add_rules(StreamRule(value=value, tag=tag)))

    async def stream(
        self,
        on_connect: Callable[[], Awaitable[None]],
        on_line: Callable[[bytes], Awaitable[None]],
        stall: float,
    ) -> None:
        """One connection of the filtered stream, until it ends; raises why. `stall` is seconds without a sign.

        https://docs.x.com/x-api/posts/filtered-stream/introduction
        """
        async with self._streaming(timeout=stall) as stream:
            stream.connected, stream.line = on_connect, on_line
            task = stream.filter(**_MENTION_FIELDS)
            try:
                # tweepy's task swallows its cancellation, and with an `await` it would swallow ours.
                await asyncio.wait({task})
            finally:
                task.cancel()
                await asyncio.wait({task})
            ended = stream.ended
            if isinstance(ended, _Refused):
                raise self._translated(ended.status, stream.session.reset_at, "stream")
            if isinstance(ended, KanalError):
                raise ended
            why = type(ended).__name__ if ended else "closed"
            raise ProviderUnavailable(f"X's stream ended: {why}")

    def signed(self, url: str) -> dict[str, str]:
        """Headers that open a direct message's picture at `url` to us (OAuth 1.0a)."""
        headers: Mapping[str, str]
        _, headers, _ = self._oauth().sign(url)
        return dict(headers)

    def _oauth(self) -> Any:
        c = self._credentials
        return OAuth1(
            c.api_key.reveal(), c.api_secret.reveal(), c.access_token.reveal(), c.access_secret.reveal()
        )

    def _opened(self) -> AsyncClient:
        if self._client is None:
            c = self._credentials
            self._client = AsyncClient(
                bearer_token=c.bearer.reveal(),
                consumer_key=c.api_key.reveal(),
                consumer_secret=c.api_secret.reveal(),
                access_token=c.access_token.reveal(),
                access_token_secret=c.access_secret.reveal(),
                return_type=aiohttp.ClientResponse,
            )
            self._client.session = _Session(self._base_url, aiohttp.ClientTimeout(total=60))
        return self._client

    @contextlib.asynccontextmanager
    async def _streaming(self, timeout: float) -> AsyncIterator[_Stream]:  # noqa: ASYNC109 - of the socket
        stream = _Stream(self._credentials.bearer.reveal())
        limits = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=timeout)
        stream.session = _Session(self._base_url, limits)
        try:
            yield stream
        finally:
            await stream.session.close()

    async def _page(self, call: Awaitable[aiohttp.ClientResponse]) -> Page:
        found = await self._answer(call)
        data = found.get("data", []) if isinstance(found, dict) else None
        if not isinstance(data, list) or (not data and "meta" not in found):
            raise ProviderUnavailable("X answered without a page of items")
        includes = found.get("includes")
        meta = found.get("meta")
        following = meta.get("next_token", "") if isinstance(meta, dict) else ""
        return Page(items=[_alone(item, includes) for item in data], following=str(following))

    async def _answer(self, call: Awaitable[aiohttp.ClientResponse]) -> Any:
        try:
            response = await call
            # tweepy has read and released it; after that aiohttp gives out the text, but not the bytes again.
            return decoded((await response.text("utf-8", "replace")).encode())
        except HTTPException as error:
            answer = error.response
            reset = _number(answer.headers.get("x-rate-limit-reset"))
            raise self._translated(answer.status, reset, "API") from None
        except aiohttp.ClientResponseError as error:
            # tweepy reads the body of every refusal as JSON, which a proxy's error page is not.
            headers: Mapping[str, str] = error.headers or {}
            raise self._translated(error.status, _number(headers.get("x-rate-limit-reset")), "API") from None
        except Unreadable:
            raise ProviderUnavailable("X answered with something else than JSON") from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ProviderUnavailable(f"X did not answer: {type(error).__name__}") from None

    def _translated(self, status: int, reset_at: float | None, what: str) -> KanalError:
        if status == 401:
            return Misconfigured(
                f"{self._where}.bearer" if self._credentials.bearer else f"{self._where}.access_token",
                "X does not take our credentials: expired, revoked or mistyped",
                "make them anew in the developer portal (adapters/x/doc.md)",
            )
        if status == 403:
            return Misconfigured(
                f"{self._where}.modes",
                f"X does not allow this application the {what}",
                "give it the permission (direct messages too) or a plan that includes it, or leave the mode out",
            )
        if status in (420, 429):
            left = max(1.0, reset_at - self._now().timestamp()) if reset_at else None
            return ProviderUnavailable(
                f"X limits our calls of the {what}", min(left, 16 * 60.0) if left else None
            )
        if 400 <= status < 500:
            return ProviderRefused(f"X refused the {what} call with {status}")
        return ProviderUnavailable(f"X answered {status}")


class _Refused(Exception):
    """The stream was answered with another status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class _Closed(Exception):
    """X, or the network, ended the stream."""


class _Stream(AsyncStreamingClient):  # type: ignore[misc]
    """Exactly one connection: each way to end raises, so that tweepy's own loop does not turn."""

    def __init__(self, bearer: str) -> None:
        super().__init__(bearer, return_type=aiohttp.ClientResponse, max_retries=0)
        self.ended: Exception | None = None
        self.connected: Callable[[], Awaitable[None]] | None = None
        self.line: Callable[[bytes], Awaitable[None]] | None = None

    async def on_connect(self) -> None:
        if self.connected:
            await self.connected()

    async def on_data(self, raw_data: bytes) -> None:
        if self.line:
            await self.line(raw_data)

    async def on_keep_alive(self) -> None:
        """A line without content each twenty seconds; the socket's timeout counts them."""

    async def on_closed(self, resp: aiohttp.ClientResponse) -> None:
        raise _Closed("by X")

    async def on_connection_error(self) -> None:
        raise _Closed("connection error")

    async def on_request_error(self, status_code: int) -> None:
        raise _Refused(status_code)

    async def on_exception(self, exception: Exception) -> None:
        self.ended = exception

    async def on_disconnect(self) -> None:
        """`XApi.stream` says so."""


def _alone(item: Any, includes: Any) -> tuple[str, bytes]:
    """One item of a page with those of the page's includes that it, or a post it refers to, names."""
    own = msgspec.json.encode(item)
    kept: dict[str, list[Any]] = {}
    if isinstance(includes, dict):
        named = own
        # Posts first: their authors are named in them, not in the item.
        for kind in sorted(includes, key=lambda kind: kind != "tweets"):
            objects = includes[kind] if isinstance(includes[kind], list) else []
            for found in objects:
                key = found.get("media_key" if kind == "media" else "id") if isinstance(found, dict) else None
                if isinstance(key, str) and f'"{key}"'.encode() in named:
                    kept.setdefault(kind, []).append(found)
                    if kind == "tweets":
                        named += msgspec.json.encode(found)
    number = item.get("id") if isinstance(item, dict) else None
    digits = isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 20
    body = msgspec.json.encode({"data": item, "includes": kept} if kept else {"data": item})
    return (str(number) if digits else ""), body


def _number(value: str | None) -> float | None:
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else None
