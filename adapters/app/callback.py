"""Telling JAKI what became of a report: a signed POST to JAKI's own address, within the pace that it takes.

JAKI answers 2xx once it has the message, and shows it to the citizen. The `Idempotency-Key` is the same at every
attempt. Redirects are not followed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import msgspec

from adapters.app import signing
from adapters.base import Clock, Outgoing
from adapters.shared.pace import Limit, Pace
from normalizer.errors import ProviderRefused, ProviderUnavailable
from normalizer.settings import Secret

_ANSWER_BYTES = 4096
_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
#: What may be over by the next attempt. 401 and 403 are an operator's matter, and the citizen's answer outlives it.
_PASSING = frozenset({401, 403, 408, 425, 429})
_WAIT_MOST = 3600.0


class Callback:
    """JAKI's address for one account. `trouble` is `Ports.trouble`."""

    def __init__(
        self,
        url: str,
        secret: Secret,
        per_second: float,
        clock: Clock,
        trouble: Callable[[str, str | None], None],
    ) -> None:
        self._url, self._secret, self._clock, self._trouble = url, secret, clock, trouble
        self._pace = Pace(Limit(per_second, 1.0))
        self._session: aiohttp.ClientSession | None = None

    async def send(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """The id that JAKI gave it, else its own. Raises `ProviderUnavailable` or `ProviderRefused`."""
        if not self._url:
            raise ProviderRefused("no callback_url is set, so JAKI cannot be told anything")
        body = self._body(reply_to, outgoing)
        await self._pace.turn()
        # Signed after the wait: the signature's time has to be fresh when it arrives.
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f'"{outgoing.key}"',
            **signing.headers(self._secret, self._clock.now(), body),
        }
        try:
            async with self._open().post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                said = await answer.content.read(_ANSWER_BYTES)
                return self._judge(answer.status, answer.headers, said) or outgoing.key
        except (aiohttp.ClientError, OSError) as error:
            raise ProviderUnavailable(f"JAKI's callback: {type(error).__name__}") from None

    async def close(self) -> None:
        """Give back the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _body(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> bytes:
        return msgspec.json.encode(
            {
                "id": outgoing.key,
                "ticket": outgoing.ticket,
                "report": reply_to.get("report", ""),
                "reporter_id": reply_to.get("reporter", ""),
                "language": reply_to.get("language", ""),
                "title": outgoing.subject,
                "text": outgoing.text,
                "private": outgoing.private,
                "sent_at": self._clock.now(),
            }
        )

    def _judge(self, status: int, headers: Mapping[str, str], said: bytes) -> str:
        if 200 <= status < 300:
            self._trouble("callback", None)
            return _id_in(said)
        if status in (401, 403) or 300 <= status < 400:
            self._trouble(
                "callback",
                f"JAKI's callback answers {status}: compare callback_secret and callback_url with what JAKI has",
            )
        if status in _PASSING or status >= 500 or 300 <= status < 400:
            wait = _seconds(headers.get("Retry-After", ""))
            if wait is not None and status in (429, 503):
                self._pace.hold(wait)
            raise ProviderUnavailable(f"JAKI's callback answered {status}", wait)
        raise ProviderRefused(f"JAKI's callback answered {status}")


def _id_in(said: bytes) -> str:
    """`{"id": "…"}` in JAKI's answer, which need not have a body."""
    try:
        found: Any = msgspec.json.decode(said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    given = found.get("id") if isinstance(found, dict) else None
    return given[:200] if isinstance(given, str) else ""


def _seconds(written: str) -> float | None:
    return min(float(written), _WAIT_MOST) if written.isascii() and written.isdigit() else None
