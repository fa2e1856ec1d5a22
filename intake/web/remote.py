"""Who called: the caller's address, or behind a trusted proxy the one that the proxy saw."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from aiohttp import web


def remote_of(request: web.Request, trusted_proxies: Sequence[str]) -> str:
    """The address; of a proxy in `trusted_proxies` (networks, CIDR) the last one that it forwarded for."""
    remote = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded if forwarded and _trusted(remote, trusted_proxies) else remote


def _trusted(remote: str, trusted_proxies: Sequence[str]) -> bool:
    try:
        return any(ip_address(remote) in ip_network(proxy) for proxy in trusted_proxies)
    except ValueError:
        return False
