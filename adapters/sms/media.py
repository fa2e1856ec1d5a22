"""Pictures behind addresses that a message names: from the provider's own hosts, bounded, and no other.

They go through the gateway's guarded `Fetch` and not through the account's `Line`: an address out of a message is a
stranger's word, and only the guard keeps it out of the network's inside.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from adapters.base import Fetch
from adapters.sms.providers.base import Sends
from normalizer.errors import ProviderRefused


class Pictures(Sends, frozen=True, kw_only=True):
    """Settings of a provider with MMS: `media_hosts` are where pictures may be fetched (`*.` for all below one).

    `media_base_url` is another server to fetch from, for tests; `media_max_bytes` the limit of one picture.
    """

    media_hosts: tuple[str, ...] = ()
    media_base_url: str = ""
    media_max_bytes: int = 16 * 1024 * 1024


async def download(
    fetch: Fetch | None, remote: str, settings: Pictures, **credentials: Any
) -> AsyncIterator[bytes]:
    """The picture at `remote`, in chunks; `credentials` (`auth`, `headers`) go to no other host.

    Raises `ProviderRefused` and what `Fetch` raises.
    """
    if fetch is None:
        raise ProviderRefused("nothing may be downloaded here")
    url, allowed = media_address(remote, settings.media_hosts, settings.media_base_url)
    size = 0
    async for chunk in fetch(url, allow_hosts=allowed, **credentials):
        size += len(chunk)
        if size > settings.media_max_bytes:
            raise ProviderRefused(f"a picture larger than {settings.media_max_bytes} bytes")
        yield chunk


def media_address(remote: str, hosts: Iterable[str], base: str = "") -> tuple[str, tuple[str, ...]]:
    """Where to fetch `remote`, and which `host:port` may be reached although it is not public.

    `hosts` are the names allowed (`*.` for all below one); `base` is another server to fetch from, for tests.
    Only https at its own port: a credential goes there. Raises `ProviderRefused`.
    """
    try:
        parts = urlsplit(remote)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise ProviderRefused("the picture's address is none") from None
    plain = parts.scheme == "https" and port in (None, 443) and not (parts.username or parts.password)
    if not plain or not any(_fits(host, wanted.lower()) for wanted in hosts):
        raise ProviderRefused("the picture lies on a host that is not allowed")
    if not base:
        return remote, ()
    there = urlsplit(base)
    default = 443 if there.scheme == "https" else 80
    url = urlunsplit((there.scheme, there.netloc, there.path.rstrip("/") + parts.path, parts.query, ""))
    return url, (f"{there.hostname}:{there.port or default}",)


def _fits(host: str, wanted: str) -> bool:
    return host == wanted or (
        wanted.startswith("*.") and host.endswith(wanted[1:]) and len(host) >= len(wanted)
    )
