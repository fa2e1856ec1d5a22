"""Meta's Graph API and file servers, as far as the way in needs them: where a file lies, and its bytes.

The access token travels in a header, to the configured Graph server and to Meta's own file hosts, nowhere else; no
error names it, nor an address that a message held. Errors: developers.facebook.com/docs/graph-api/guides/error-handling
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from msgspec import Struct

from adapters.base import Fetch
from normalizer.errors import KanalError, ProviderRefused, ProviderUnavailable
from normalizer.settings import Secret

_ANSWER_BYTES = 64 * 1024
_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
#: Meta's codes of what passes: its own troubles, and every kind of "too many".
_PASSING = frozenset({1, 2, 4, 17, 32, 341, 613, 80007, 130429, 131016, 131048, 131056, 133004})


class Media(Struct, frozen=True):
    """What `GET /<media id>` says of a file: its address for five minutes, `file_size` in bytes, its hash."""

    url: str
    sha256: str = ""
    file_size: int | str | None = None
    mime_type: str = ""


class _Error(Struct, frozen=True):
    code: int = 0
    error_subcode: int | None = None
    is_transient: bool | None = None


class _Refusal(Struct, frozen=True):
    error: _Error


class Graph:
    """The Graph API under one access token. Opens a connection per call, and none before the first."""

    def __init__(self, where: str, base_url: str, version: str, token: Secret) -> None:
        self._where, self._base, self._version, self._token = where, base_url.rstrip("/"), version, token

    @property
    def headers(self) -> dict[str, str]:
        """What proves us to the Graph API and to its file servers."""
        return {"Authorization": f"Bearer {self._token.reveal()}"}

    async def media(self, media_id: str) -> Media:
        """Where a file lies. Raises `ProviderUnavailable` or `ProviderRefused`.

        developers.facebook.com/docs/whatsapp/cloud-api/reference/media#get-media-url
        """
        if not _MEDIA_ID.fullmatch(media_id):
            raise ProviderRefused("the file's id is none")
        try:
            return msgspec.json.decode(await self._get(f"/{self._version}/{media_id}"), type=Media)
        except msgspec.DecodeError:
            raise ProviderUnavailable(
                "the Graph API answered with something else than a file's address"
            ) from None

    async def _get(self, path: str) -> bytes:
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.get(self._base + path, headers=self.headers, allow_redirects=False) as answer,
            ):
                body = await answer.content.read(_ANSWER_BYTES)
                while answer.content.at_eof() is False and len(body) < _ANSWER_BYTES:
                    body += await answer.content.read(_ANSWER_BYTES - len(body))
                if answer.status != 200:
                    raise self._refusal(answer.status, body, answer.headers)
                return body
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ProviderUnavailable(f"the Graph API: {type(error).__name__}") from None

    def _refusal(self, status: int, body: bytes, headers: Mapping[str, str]) -> KanalError:
        """The error tree's word for an error of the Graph API; Meta's own text may quote the token, so not it."""
        try:
            error = msgspec.json.decode(body, type=_Refusal).error
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            error = _Error()
        code = error.code
        if code in (102, 190) or (status == 401 and not code):
            return ProviderRefused(
                f"Meta takes the access token no more (Graph error {code or status}): it has expired or was revoked. "
                f"Make a new one of a system user, which does not expire, and put it where {self._where}.access_token "
                "points"
            )
        wait = headers.get("Retry-After", "")
        if code in _PASSING or error.is_transient or status in (408, 425, 429) or status >= 500:
            return ProviderUnavailable(
                f"the Graph API answered {status} (error {code})",
                retry_after=float(wait) if wait.isascii() and wait.isdigit() else None,
            )
        if code in (3, 10) or 200 <= code <= 299:
            return ProviderRefused(
                f"the access token lacks a permission (Graph error {code}): grant the app what doc.md names"
            )
        if code == 100 and error.error_subcode == 33:
            return ProviderRefused("the file is gone, or lies at another account")
        return ProviderRefused(f"the Graph API answered {status} (error {code})")


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
