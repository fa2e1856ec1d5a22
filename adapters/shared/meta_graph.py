"""Meta's Graph API and file servers: where a file lies, its bytes, and everything that is asked or sent.

The access token travels in a header, to the configured Graph server and to Meta's own file hosts, nowhere else; no
error names it, nor an address that a message held. What its errors mean stands in `adapters.shared.meta_errors`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec
from msgspec import Struct

from adapters.base import Fetch
from adapters.shared.meta_errors import told
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable
from normalizer.settings import Secret

_ANSWER_BYTES = 64 * 1024
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)

T = TypeVar("T", bound=Struct)


class Media(Struct, frozen=True):
    """What `GET /<media id>` says of a file: its address for five minutes, `file_size` in bytes, its hash."""

    url: str
    sha256: str = ""
    file_size: int | str | None = None
    mime_type: str = ""


class Graph:
    """The Graph API under one access token. Opens a connection per call, and none before the first.

    `trouble` is told when only the operator can help, and when it is over; `held` when Meta said "too often", with
    the seconds in which nothing more should be sent.
    """

    def __init__(
        self,
        where: str,
        base_url: str,
        version: str,
        token: Secret,
        *,
        trouble: Callable[[str, str | None], None] = lambda name, words: None,
        held: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._where, self._base, self._version, self._token = where, base_url.rstrip("/"), version, token
        self._trouble, self._held = trouble, held

    @property
    def headers(self) -> dict[str, str]:
        """What proves us to the Graph API and to its file servers."""
        return {"Authorization": f"Bearer {self._token.reveal()}"}

    async def media(self, media_id: str) -> Media:
        """Where a file lies. Raises `ProviderUnavailable` or `ProviderRefused`.

        developers.facebook.com/docs/whatsapp/cloud-api/reference/media#get-media-url
        """
        return await self.get(part(media_id), Media, "files")

    async def get(
        self, path: str, kind: type[T], purpose: str, query: Mapping[str, str] = {}, *, probe: bool = False
    ) -> T:
        """What stands at `path` (without the version), as `kind`. Raises `ProviderUnavailable`, `ProviderRefused`.

        The success of a `probe` proves nothing, and a permission that it lacks is nobody's trouble.
        """
        return await self._call("GET", path, kind, purpose, probe=probe, params=query)

    async def post(self, path: str, content: Mapping[str, Any], kind: type[T], purpose: str) -> T:
        """Send `content` as JSON to `path`; the answer as `kind`. Raises as `get` does, or `OutcomeUnknown`."""
        return await self._call("POST", path, kind, purpose, json=content)

    async def _call(
        self, method: str, path: str, kind: type[T], purpose: str, *, probe: bool = False, **how: Any
    ) -> T:
        url = f"{self._base}/{self._version}/{path}"
        body = await self._answer(method, url, purpose, how, probe)
        if not probe:
            # The token holds, and so does what it may do here.
            for trouble in ("token", f"account for {purpose}", f"permission for {purpose}"):
                self._trouble(trouble, None)
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _unanswered(method, "the Graph API answered with something else than was asked") from None

    async def _answer(
        self, method: str, url: str, purpose: str, how: Mapping[str, Any], probe: bool
    ) -> bytes:
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.request(method, url, headers=self.headers, allow_redirects=False, **how) as answer,
            ):
                body = await answer.content.read(_ANSWER_BYTES)
                while answer.content.at_eof() is False and len(body) < _ANSWER_BYTES:
                    body += await answer.content.read(_ANSWER_BYTES - len(body))
                status, headers = answer.status, answer.headers
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ProviderUnavailable(f"the Graph API: {type(error).__name__}") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _unanswered(method, f"the Graph API: {type(error).__name__}") from None
        if status == 200:
            return body
        meant = told(self._where, status, body, headers, purpose)
        if meant.trouble and not (probe and isinstance(meant.error, ProviderRefused)):
            self._trouble(*meant.trouble)
        if meant.hold:
            self._held(meant.hold)
        raise meant.error


def _unanswered(method: str, reason: str) -> ProviderUnavailable:
    """What was on its way may have arrived: then another try would say it twice."""
    return ProviderUnavailable(reason) if method == "GET" else OutcomeUnknown(reason)


def part(name: str) -> str:
    """`name` when it is an id of Meta's, so that it is one part of a path. Raises `ProviderRefused`."""
    if not _MEDIA_ID.fullmatch(name):
        raise ProviderRefused("an id that is none of Meta's")
    return name


async def download(
    fetch: Fetch, url: str, hosts: Collection[str], base_url: str, headers: Mapping[str, str]
) -> AsyncIterator[bytes]:
    """`url` if it lies below one of `hosts` over https, or at a `base_url` on loopback. Raises `ProviderRefused`."""
    allowed = _local(base_url)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise ProviderRefused("the file's address is none") from None
    local = parts.scheme == "http" and f"{host}:{port}" in allowed
    plain = parts.scheme == "https" and port in (None, 443) and not (parts.username or parts.password)
    if not local and not (plain and on_host(host, hosts)):
        raise ProviderRefused("the file lies on a host that is not among media_hosts")
    async for chunk in fetch(url, headers=headers, allow_hosts=allowed if local else ()):
        yield chunk


def on_host(host: str, hosts: Collection[str]) -> bool:
    """Whether `host` is one of `hosts` or below one."""
    return any(host == wanted or host.endswith("." + wanted) for wanted in hosts)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _local(base_url: str) -> tuple[str, ...]:
    base = urlsplit(base_url)
    if not is_loopback(base.hostname or ""):
        return ()
    return (f"{base.hostname}:{base.port or (443 if base.scheme == 'https' else 80)}",)


def size_of(media: Media) -> int | None:
    """`file_size` as a number of bytes; None when Meta did not say it."""
    stated: Any = media.file_size
    return (
        int(stated) if isinstance(stated, int) or (isinstance(stated, str) and stated.isdecimal()) else None
    )
