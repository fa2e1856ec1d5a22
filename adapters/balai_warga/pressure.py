"""How hard a form's proof of work is: easy in quiet times, harder the more forms were asked for of late.

Two counts, each halved every ten minutes: one for the caller's network, one for everybody. Mobile networks put
thousands of people behind one address, so nobody is ever refused for it: whoever shares a network with a flooder
waits some seconds, on a cheap phone less than ten but once in thousands of times. Addresses are not kept: only a
hash under a key that dies with the process, of the network (/24, or /48 in IPv6).

    calm                            65,000 hashes     0.6 s on a phone that does 100,000 a second
    at most                        459,000 hashes     4.6 s there; one in 7,800 draws takes over 10 s
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_network

#: Hashes expected for each of the sixteen puzzles: in quiet times, and at most.
CALM, CAP = 4096, 7 * 4096
#: Forms in the last minutes that are still quiet, for one network and for all together (1.5 a second).
NETWORK_CALM, ALL_CALM = 20.0, 1300.0
HALF_LIFE = 600.0
#: Networks that are remembered; the one that was silent longest is forgotten first.
_REMEMBERED = 50_000


class Pressure:
    """Counts of forms asked for. `now` tells seconds, and may be held by a test."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._key = now, secrets.token_bytes(32)
        self._networks: OrderedDict[bytes, _Count] = OrderedDict()
        self._all = _Count()

    def difficulty(self, address: str) -> int:
        """Hashes per puzzle for a form that `address` asks for now; the form is counted."""
        now, network = self._now(), self._network(address)
        count = self._networks.setdefault(network, _Count())
        self._networks.move_to_end(network)
        if len(self._networks) > _REMEMBERED:
            self._networks.popitem(last=False)
        here = max(1.0, count.another(now) / NETWORK_CALM)
        everywhere = max(1.0, self._all.another(now) / ALL_CALM)
        return min(CAP, int(CALM * here * everywhere))

    def _network(self, address: str) -> bytes:
        try:
            # a zone (fe80::1%eth0) is no part of the network; an IPv4 address may come dressed as IPv6
            bare = address.partition("%")[0].removeprefix("::ffff:")
            network = str(ip_network((bare, 48 if ":" in bare else 24), strict=False))
        except ValueError:
            network = ""
        return hashlib.blake2b(network.encode(), key=self._key, digest_size=8).digest()


class _Count:
    """A number that halves every `HALF_LIFE` seconds."""

    __slots__ = ("_at", "_value")

    def __init__(self) -> None:
        self._value, self._at = 0.0, 0.0

    def another(self, now: float) -> float:
        """One more; what it comes to."""
        passed = max(0.0, now - self._at)
        self._value = self._value * 0.5 ** (passed / HALF_LIFE) + 1.0
        self._at = max(now, self._at)
        return self._value
