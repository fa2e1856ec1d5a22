"""Downloads from addresses that somebody else named, with the network's inside out of their reach.

A message may hold any URL, and a public name may resolve to a private address, a second time if not the first
(OWASP, Server-Side Request Forgery Prevention). So the address is checked at the one place where nothing can come
in between: where the socket to it is made. Redirects are followed by hand, each hop like a first one.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Collection, Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from normalizer.errors import KanalError, ProviderRefused, ProviderUnavailable

MAX_REDIRECTS = 5
PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 65_536

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: What `is_global` lets through, in some release of Python or in all, and must not be reached.
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # IETF protocol assignments; Oracle Cloud's metadata
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's host: public by number, private by nature
        "::/96",  # IPv4-compatible, long deprecated
        "::ffff:0:0:0/96",  # IPv4-translated (SIIT)
        "64:ff9b:1::/48",  # NAT64 of a local operator
        "2001::/23",  # IETF assignments, Teredo among them
        "fec0::/10",  # site-local, deprecated
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(OSError):
    """A socket to this address is not made."""


def is_public(address: str) -> bool:
    """Whether `address` (an IP address as text) lies in the public internet, in all the ways of writing it."""
    try:
        found: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _embedded(found)
    if inner is not None:
        return is_public(str(inner))
    if any(found in network for network in _REFUSED if network.version == found.version):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _embedded(address: _Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4 (RFC 3056), NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


class _Gate(AbstractResolver):
    """Resolves names, and makes sockets to what may be reached: public addresses and `allow`."""

    def __init__(self, allow: Collection[str]) -> None:
        self._allow = {entry.lower() for entry in allow}
        self._allowed: set[tuple[str, int]] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        found: list[ResolveResult] = []
        for kind, _, protocol, _, where in infos:
            address = str(where[0])
            if self.allows(host, port):
                self._allowed.add((address, port))
            found.append(
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=kind,
                    proto=protocol,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
            )
        for one in found:
            # A name with one private address among public ones is no honest name.
            self._check(one["host"], port)
        return found

    async def close(self) -> None:
        """Nothing is held."""

    def allows(self, host: str, port: int) -> bool:
        return f"{host.lower()}:{port}" in self._allow

    def socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for one address: the last word, whatever led here (a literal, a name, a second answer)."""
        family, kind, protocol, _, where = info
        self._check(str(where[0]), int(where[1]))
        return socket.socket(family, kind, protocol)

    def _check(self, address: str, port: int) -> None:
        if not is_public(address) and (address, port) not in self._allowed and not self.allows(address, port):
            raise AddressRefused(errno.EACCES, "the address is not public")


def safe_session(allow: Collection[str] = ()) -> aiohttp.ClientSession:
    """A session that connects to public addresses only, and to the `host:port` pairs in `allow`.

    It follows the environment in nothing (no proxy, no netrc), keeps no cookies and no connections, and unpacks
    nothing. Redirects are the caller's: always pass `allow_redirects=False`.
    """
    gate = _Gate(allow)
    connector = aiohttp.TCPConnector(
        resolver=gate, socket_factory=gate.socket, use_dns_cache=False, force_close=True
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "kanal-aduan"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30),
    )


class GuardedFetch:
    """`adapters.base.Fetch`: see there. The caller sets the deadline and the size that it takes."""

    def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        auth: tuple[str, str] | None = None,
        allow_hosts: Collection[str] = (),
    ) -> AsyncIterator[bytes]:
        return _download(url, headers, auth, allow_hosts)

    async def close(self) -> None:
        """Every download closes what it opened."""


async def _download(
    url: str, headers: Mapping[str, str], auth: tuple[str, str] | None, allow: Collection[str]
) -> AsyncIterator[bytes]:
    here = _checked(url, allow)
    first = here.origin()
    sent = dict(headers)
    if auth:
        sent["Authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
    try:
        async with safe_session(allow) as session:
            for _ in range(MAX_REDIRECTS + 1):
                async with session.get(here, headers=sent, allow_redirects=False) as answer:
                    if answer.status not in _REDIRECTS:
                        async for chunk in _body(answer):
                            yield chunk
                        return
                    here = _next(here, answer.headers.get("Location", ""), allow)
                if here.origin() != first:
                    sent = {}  # and for good: the way back does not bring them back
            raise ProviderRefused(f"more than {MAX_REDIRECTS} redirects")
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        # Only the class: the text of many of these holds the whole address.
        raise _translated(error) from None


async def _body(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    if answer.status != 200:
        raise _refusal(answer.status, answer.headers.get("Retry-After", ""))
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProviderRefused("the content is packed, although it was not asked for so")
    async for chunk in answer.content.iter_chunked(_CHUNK):
        yield chunk


def _checked(url: str | URL, allow: Collection[str]) -> URL:
    """`url` as far as it can be judged by its words. Raises `ProviderRefused`."""
    try:
        parsed = URL(url)
        host, port = parsed.host, parsed.port
    except (ValueError, TypeError):
        raise ProviderRefused("the media's address is no URL") from None
    if parsed.scheme not in PORTS or not host:
        raise ProviderRefused("the media's address is neither http nor https")
    if parsed.user is not None or parsed.password is not None:
        raise ProviderRefused("the media's address holds credentials")
    named = f"{host}:{port}".lower() in {entry.lower() for entry in allow}
    if port not in PORTS.values() and not named:
        raise ProviderRefused("the media's address names an unusual port")
    return parsed


def _next(here: URL, location: str, allow: Collection[str]) -> URL:
    if not location:
        raise ProviderRefused("a redirect to nowhere")
    try:
        there = here.join(URL(location))
    except ValueError:
        raise ProviderRefused("a redirect to what is no URL") from None
    if here.scheme == "https" and there.scheme == "http":
        raise ProviderRefused("a redirect from https to http")
    return _checked(there, allow)


def _refusal(status: int, retry_after: str) -> KanalError:
    if status in (408, 425, 429) or status >= 500:
        wait = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
        return ProviderUnavailable(f"the media's server answered {status}", retry_after=wait)
    return ProviderRefused(f"the media's server answered {status}")


def _translated(error: BaseException) -> KanalError:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefused):
        return ProviderRefused("the media's address is not public")
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return ProviderRefused("the media's address is no URL")
    return ProviderUnavailable(f"the media's server: {type(error).__name__}")
