"""LAPOR's integration interface as the adapter calls it: pages of the listing, follow-ups, statuses; our errors.

The token goes to the configured server alone: no redirect is followed, no other origin's page is asked for, and no
error names it, nor what LAPOR answered.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from adapters.shared.pace import Limit, Pace
from adapters.sp4n_lapor.reading import plain, walk
from adapters.sp4n_lapor.settings import Call, LaporSettings
from normalizer.errors import KanalError, OutcomeUnknown, ProviderRefused, ProviderUnavailable

#: A page above this is none, in bytes; with text and addresses a report has a few kilobytes.
PAGE_LIMIT = 16 * 1024 * 1024
_ANSWER_LIMIT = 64 * 1024
#: A wait that LAPOR names is obeyed up to an hour, in seconds.
LONGEST_WAIT = 3600.0
_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)
_PLACEHOLDER = re.compile(r"\{(id|text|key|ticket|status|stage|private|public)\}")

Purpose = Literal["listing", "follow_up", "status"]


class LaporApi:
    """One account's connection, opened by its first call. Its errors: `ProviderUnavailable` and `ProviderRefused`."""

    def __init__(
        self,
        account: str,
        settings: LaporSettings,
        trouble: Callable[[str, str | None], None],
        now: Callable[[], datetime],
    ) -> None:
        self._where, self._settings, self._trouble, self._now = f"account.{account}", settings, trouble, now
        self._base = URL(settings.api_base_url.rstrip("/"))
        self._pace = Pace(Limit(max(1.0, settings.calls_per_minute / 6), 10.0))
        self._session: aiohttp.ClientSession | None = None
        self._denied: set[Purpose] = set()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def token_refused(self) -> bool:
        """Whether LAPOR refuses our token just now."""
        return bool(self._denied)

    def headers(self) -> dict[str, str]:
        """What proves us, as far as it travels in headers."""
        auth, token = self._settings.auth, self._settings.token.reveal()
        if auth.kind == "basic":
            return {"Authorization": "Basic " + b64encode(f"{auth.user}:{token}".encode()).decode()}
        if auth.kind == "header":
            return {auth.header: f"{auth.scheme} {token}".strip()}
        return {}

    def proved(self, address: URL) -> URL:
        """`address` with the token, where it travels in the query."""
        auth = self._settings.auth
        return (
            address.update_query({auth.name: self._settings.token.reveal()})
            if auth.kind == "query"
            else address
        )

    async def page(self, query: Mapping[str, str], following: str = "") -> bytes:
        """One page: by its address `following`, where the last one named it, else by `query`."""
        pull = self._settings.pull
        if following:
            address = self.following(following)
        else:
            address = self._address(pull.path).update_query({**pull.query, **query})
        return await self._send("listing", "GET", address, PAGE_LIMIT)

    def following(self, written: str) -> URL:
        """The next page's address, which must be the same server's. Raises `ProviderRefused`."""
        try:
            address = self._address(self._settings.pull.path).join(URL(written))
        except ValueError:
            raise ProviderRefused("the next page's address is none") from None
        if address.origin() != self._base.origin() or address.user or address.password:
            raise ProviderRefused("the next page's address is another server's")
        # Maybe LAPOR repeats the token there; it is added anew, and never stored.
        return (
            address.without_query_params(self._settings.auth.name)
            if self._settings.auth.kind == "query"
            else address
        )

    async def post(self, purpose: Purpose, call: Call, values: Mapping[str, Any], key: str) -> str:
        """Make `call`; the id of what it made, or `key` where LAPOR tells none. The same `key` is the same call."""
        body = filled(call.body, values)
        number = quote(str(values["id"]), safe="")
        address = self._address(call.path.replace("{id}", number))
        if call.format == "json":
            content, kind = msgspec.json.encode(body), "application/json"
        else:
            form = {name: _in_form(value) for name, value in body.items()}
            content, kind = (
                URL.build(query=form).raw_query_string.encode(),
                "application/x-www-form-urlencoded",
            )
        headers = {"Content-Type": kind}
        if self._settings.idempotency_header:
            headers[self._settings.idempotency_header] = key
        answer = await self._send(purpose, call.method, address, _ANSWER_LIMIT, content, headers, call.done)
        try:
            return plain(walk(msgspec.json.decode(answer), call.result)) or key
        except (msgspec.DecodeError, RecursionError, ValueError):
            return key  # it was taken; what else was said does not matter

    def _address(self, path: str) -> URL:
        return URL(str(self._base) + path, encoded=True)

    async def _send(
        self,
        purpose: Purpose,
        method: str,
        address: URL,
        limit: int,
        content: bytes | None = None,
        headers: Mapping[str, str] = {},
        done: tuple[int, ...] = (),
    ) -> bytes:
        await self._pace.turn()
        try:
            async with self._opened().request(
                method,
                self.proved(address),
                data=content,
                headers={"Accept": f"application/{self._settings.format}", **self.headers(), **headers},
                allow_redirects=False,
            ) as answer:
                body = await _bounded(answer, limit)
                status, wait = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ProviderUnavailable(f"LAPOR is not reached: {type(error).__name__}") from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            # What was written there may have arrived.
            lost = ProviderUnavailable if method == "GET" else OutcomeUnknown
            raise lost(f"LAPOR does not answer: {type(error).__name__}") from None
        if 200 <= status < 300 or status in done:
            self._worked(purpose)
            return body
        raise self._error(purpose, status, self._wait(wait))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _error(self, purpose: Purpose, status: int, wait: float | None) -> KanalError:
        if status in (401, 403):
            self._denied.add(purpose)
            self._trouble(
                "token",
                f"LAPOR refuses our token ({status}, {purpose}): it has expired or was revoked, or lacks the right. "
                "To do: have LAPOR's administrators give a new one (admin@lapor.go.id), put it where "
                f"{self._where}.settings.token points, and restart. Nothing is lost meanwhile.",
            )
            return ProviderUnavailable(f"LAPOR refuses our token ({status})", wait)
        if status in (408, 425, 429) or status >= 500:
            if wait is not None and status in (429, 503):
                self._pace.hold(wait)
            return ProviderUnavailable(f"LAPOR answered {status}", wait)
        return ProviderRefused(f"LAPOR refused with {status} ({purpose})")

    def _worked(self, purpose: Purpose) -> None:
        if purpose in self._denied:
            self._denied.discard(purpose)
            if not self._denied:
                self._trouble("token", None)

    def _wait(self, written: str) -> float | None:
        """`Retry-After` (RFC 9110): seconds, or a date; bounded."""
        if written.isascii() and written.isdigit() and len(written) < 10:
            return min(float(written), LONGEST_WAIT)
        try:
            until = parsedate_to_datetime(written)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max((until - self._now()).total_seconds(), 0.0), LONGEST_WAIT)


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """`template` with its placeholders filled; a value that is nothing but one keeps the type of what fills it."""
    if isinstance(template, dict):
        return {name: filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    if not isinstance(template, str):
        return template
    whole = _PLACEHOLDER.fullmatch(template)
    if whole:
        return values.get(whole.group(1), "")
    return _PLACEHOLDER.sub(lambda found: str(values.get(found.group(1), "")), template)


def mentions(template: Any, *names: str) -> bool:
    """Whether one of the placeholders stands in `template`."""
    if isinstance(template, dict):
        return any(mentions(value, *names) for value in template.values())
    if isinstance(template, list):
        return any(mentions(value, *names) for value in template)
    return isinstance(template, str) and any(f"{{{name}}}" in template for name in names)


def _in_form(value: Any) -> str:
    return ("1" if value else "0") if isinstance(value, bool) else str(value)


async def _bounded(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise ProviderRefused(f"LAPOR's answer is larger than {limit} bytes: lower pull.page_size")
    return bytes(body)
