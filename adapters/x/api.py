"""The X API as the adapter needs it, on tweepy: pages of raw items, the stream, what we write; our errors.

https://docs.x.com/x-api. Every answer, good or bad, also goes to `Health`, so that an operator hears of a revoked
token wherever it is met first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import aiohttp
from msgspec import Struct
from oauthlib.oauth1 import Client as OAuth1  # type: ignore[import-untyped]
from tweepy import StreamRule  # type: ignore[import-untyped]
from tweepy.asynchronous import AsyncClient  # type: ignore[import-untyped]

from adapters.x.connection import Session, Stream
from adapters.x.pace import Pace
from adapters.x.pages import DIRECT_FIELDS, MENTION_FIELDS, Page, page_of
from adapters.x.parse import decoded
from adapters.x.problems import Call, Health, Refusal, error_of, problem_of
from normalizer.errors import KanalError, OutcomeUnknown, ProviderUnavailable, Unreadable
from normalizer.settings import Secret

#: The host that tweepy writes into every address.
HOME = "https://api.twitter.com"
_LOGGERS = ("tweepy.asynchronous.client", "tweepy.asynchronous.streaming", "oauthlib.oauth1.rfc5849")


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


class XApi:
    """One account's connection. Every method raises `ProviderUnavailable`, `ProviderRefused`, or `Misconfigured`
    where only the operator can help. Nothing is opened before the first call."""

    def __init__(
        self,
        account: str,
        credentials: Credentials,
        base_url: str,
        now: Callable[[], datetime],
        health: Health,
    ) -> None:
        self._where, self._credentials, self._base_url = f"account.{account}.settings", credentials, base_url
        self._now, self._health, self._pace = now, health, Pace()
        self._client: AsyncClient | None = None
        for name in _LOGGERS:
            # Their debug lines quote the Authorization header.
            logging.getLogger(name).setLevel(logging.WARNING)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.session.close()
            self._client = None

    def apart(self, call: Call) -> float:
        """Seconds to leave until the next `call`, so that X's limit is not met before its window ends."""
        return self._pace.apart(call, self._now().timestamp())

    # reading

    async def mentions(self, user_id: str, since: str, start: datetime | None, token: str) -> Page:
        """One page of posts that mention us, of those after the post `since` or, without it, from `start` on.

        https://docs.x.com/x-api/posts/user-mention-timeline-by-user-id
        """
        options: dict[str, Any] = {"since_id": since} if since else {"start_time": start}
        found = await self._answer(
            "mentions",
            self._opened().get_users_mentions(
                user_id,
                user_auth=not self._credentials.bearer,
                max_results=100,
                **({"pagination_token": token} if token else {}),
                **options,
                **MENTION_FIELDS,
            ),
        )
        return page_of(found)

    async def directs(self, token: str) -> Page:
        """One page of direct messages of the last thirty days. https://docs.x.com/x-api/direct-messages/get-dm-events"""
        more = {"pagination_token": token} if token else {}
        found = await self._answer(
            "direct messages",
            self._opened().get_direct_message_events(
                user_auth=True, max_results=100, **more, **DIRECT_FIELDS
            ),
        )
        return page_of(found)

    # the stream

    async def ensure_rule(self, value: str, tag: str) -> None:
        """Have `value` among the stream's rules; those of others are left alone.

        https://docs.x.com/x-api/posts/add-or-delete-rules
        """
        async with self._streaming(timeout=30.0) as stream:
            known = await self._answer("stream", stream.get_rules())
            rules = known.get("data", []) if isinstance(known, dict) else []
            mine = [rule for rule in rules if isinstance(rule, dict) and rule.get("tag") == tag]
            if any(rule.get("value") == value for rule in mine):
                return
            if mine:
                ids = [str(rule.get("id")) for rule in mine]
                await self._answer("stream", stream.delete_rules(ids))
            await self._answer("stream", stream.add_rules(StreamRule(value=value, tag=tag)))

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

            async def connected() -> None:
                self._health.worked("stream")
                await on_connect()

            stream.connected, stream.line = connected, on_line
            task = stream.filter(**MENTION_FIELDS)
            try:
                # tweepy's task swallows its cancellation, and with an `await` it would swallow ours.
                await asyncio.wait({task})
            finally:
                task.cancel()
                await asyncio.wait({task})
            ended = stream.ended
            if isinstance(ended, Refusal):
                raise self._error("stream", ended)
            if isinstance(ended, KanalError):
                raise ended
            why = type(ended).__name__ if ended else "closed"
            raise ProviderUnavailable(f"X's stream ended: {why}")

    # writing

    async def post(self, text: str, answers: str) -> str:
        """A public post below the post `answers`; its id. https://docs.x.com/x-api/posts/create-post"""
        call = self._opened().create_tweet(text=text, in_reply_to_tweet_id=answers, user_auth=True)
        return _written(await self._answer("posting", call, writes=True), "id")

    async def direct(self, text: str, to: str) -> str:
        """A direct message to the user `to`; the id of its event.

        https://docs.x.com/x-api/direct-messages/create-dm-message-by-participant-id
        """
        call = self._opened().create_direct_message(text=text, participant_id=to, user_auth=True)
        return _written(await self._answer("writing direct messages", call, writes=True), "dm_event_id")

    def signed(self, url: str) -> dict[str, str]:
        """Headers that open a direct message's picture at `url` to us (OAuth 1.0a)."""
        c = self._credentials
        client = OAuth1(
            c.api_key.reveal(), c.api_secret.reveal(), c.access_token.reveal(), c.access_secret.reveal()
        )
        headers: Mapping[str, str]
        _, headers, _ = client.sign(url)
        return dict(headers)

    # behind all of them

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
            self._client.session = Session(self._base_url, aiohttp.ClientTimeout(total=60))
        return self._client

    @contextlib.asynccontextmanager
    async def _streaming(self, timeout: float) -> AsyncIterator[Stream]:  # noqa: ASYNC109 - of the socket
        stream = Stream(self._credentials.bearer.reveal())
        limits = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=timeout)
        stream.session = Session(self._base_url, limits)
        try:
            yield stream
        finally:
            await stream.session.close()

    async def _answer(
        self, call: Call, asked: Awaitable[aiohttp.ClientResponse], *, writes: bool = False
    ) -> Any:
        """What X answers to `asked`, decoded. Of what `writes`, a lost answer leaves doubt."""
        lost = OutcomeUnknown if writes else ProviderUnavailable
        try:
            response = await asked
            self._pace.heard(call, response.headers)
            # tweepy has read and released it; after that aiohttp gives out the text, but not the bytes again.
            found = decoded((await response.text("utf-8", "replace")).encode())
        except Refusal as refusal:
            raise self._error(call, refusal) from None
        except Unreadable:
            raise lost("X answered with something else than JSON") from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ProviderUnavailable(f"X is not reached: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise lost(f"X did not answer: {type(error).__name__}") from None
        self._health.worked(call)
        return found

    def _error(self, call: Call, refusal: Refusal) -> KanalError:
        problem = problem_of(refusal)
        by_bearer = call in ("mentions", "stream") and self._credentials.bearer
        credential = "bearer" if by_bearer else "access_token"
        error = error_of(problem, call, self._where, credential, self._now().timestamp())
        self._health.failed(call, problem, error)
        return error


def _written(found: Any, key: str) -> str:
    """The id of what we wrote. An answer that names none still means that it is out: sending again would repeat it."""
    data = found.get("data") if isinstance(found, dict) else None
    return str(data.get(key, "")) if isinstance(data, dict) else ""
