"""The way to a provider's API, the same for every provider: one session, its limits, its refusals, its health.

Nothing here logs: addresses and headers of these calls hold credentials, and so do the texts of aiohttp's errors.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import aiohttp
import msgspec
from yarl import URL

from adapters.shared.pace import Limit, Pace
from normalizer.errors import NeedsOperator, OutcomeUnknown, ProviderUnavailable

#: Bytes of an answer that are read; no provider says more about one message.
MOST_ANSWER = 4 * 1024 * 1024
#: Seconds after which an answer is no longer waited for.
LONGEST_CALL = 30.0
#: Seconds to wait after "too often" without a Retry-After, and the longest that one is obeyed.
_PAUSE, _LONGEST = 5.0, 3600.0
_CURE = (
    "renew {what} at the provider, write the new reference into the configuration, and restart the gateway"
)


class Answer(NamedTuple):
    """What a provider's API said: the HTTP status and the body."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The JSON object in the body; an empty one where there is none."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return {}
        return found if isinstance(found, dict) else {}


def limit_of(per_second: float) -> Limit:
    """So many calls a second; fewer than one is one in so many seconds."""
    return Limit(per_second, 1.0) if per_second >= 1 else Limit(1, 1 / per_second)


class Line:
    """One account's calls to its provider. `trouble` is the port of that name."""

    credential = "the credentials"
    """What the operator has to renew when it is not taken; a sender says it more exactly."""

    def __init__(self, title: str, per_second: float, trouble: Callable[[str, str | None], None]) -> None:
        self._title, self._trouble = title, trouble
        self._pace = Pace(limit_of(per_second))
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, url: str, **request: Any) -> Answer:
        """One call within the limit; `request` as aiohttp takes it (params, data, json, headers).

        Raises `ProviderUnavailable` for what is worth another try: no connection, 408, 429, 5xx, and 401 or 403, which
        are `unauthorised`; `OutcomeUnknown` when it was asked and did not answer. Every other status is the caller's
        to judge.
        """
        await self.turn()
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # A connection of its own for each call: one that was closed meanwhile would look like an answer lost.
                connector=aiohttp.TCPConnector(force_close=True),
                middlewares=(_once,),
                timeout=aiohttp.ClientTimeout(total=LONGEST_CALL, sock_connect=10),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "kanal-aduan"},
            )
        try:
            async with self._session.request(method, URL(url), allow_redirects=False, **request) as response:
                status, wait = response.status, response.headers.get("Retry-After", "")
                body = await _read(response)
        # The class alone: the text may name the address, and the address may hold a password.
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, ValueError) as error:
            raise ProviderUnavailable(f"{self._title} is not reached: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown(f"{self._title} gave no answer: {type(error).__name__}") from None
        if status in (401, 403):
            raise self.unauthorised(f"{self._title} answered {status}")
        if status == 429 or (status >= 500 and wait):
            seconds = _seconds(wait)
            self.hold(seconds)
            raise ProviderUnavailable(f"{self._title} answered {status}", retry_after=seconds)
        if status in (408, 425) or status >= 500 or 300 <= status < 400:
            raise ProviderUnavailable(f"{self._title} answered {status}")
        return Answer(status, body)

    async def turn(self) -> None:
        """Return when one more call is within the limit."""
        await self._pace.turn()

    def hold(self, seconds: float = _PAUSE) -> None:
        """Nobody calls for so long: the provider said "too often"."""
        self._pace.hold(seconds)

    def unauthorised(self, words: str) -> NeedsOperator:
        """The error to raise when the provider does not take our credentials: the account's health says so.

        Worth another try, because it ends as soon as the operator has acted, and no answer may be lost until then.
        """
        self._trouble("credentials", f"{words}; cure: {_CURE.format(what=self.credential)}")
        return NeedsOperator(f"{words}: the credentials are not taken", retry_after=60.0)

    def authorised(self) -> None:
        """The provider took our credentials: what was wrong with them is over."""
        self._trouble("credentials", None)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp repeats a GET whose connection broke; with some providers a GET is what sends."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise OutcomeUnknown(f"the provider hung up: {type(error).__name__}") from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_ANSWER:
            raise aiohttp.ClientPayloadError("a larger answer than any provider gives")
    return bytes(body)


def _seconds(written: str) -> float:
    """Retry-After (RFC 9110, 10.2.3): seconds or a date."""
    seconds = _PAUSE
    if written.strip().isdecimal():
        seconds = float(written)
    elif written:
        with suppress(ValueError, TypeError):
            seconds = (parsedate_to_datetime(written) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.1), _LONGEST)
