"""Where a picture named in a message may be fetched from: the provider's own hosts, and no other."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from normalizer.errors import ProviderRefused


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
