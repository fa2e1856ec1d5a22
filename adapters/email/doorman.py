"""Who may come in: how many mail connections are open, in all and from one address."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.email.smtp import MailDoor


class Doorman:
    """Counts sessions. Addresses in `trusted` networks have no limit of their own; IPv6 counts by /64."""

    def __init__(self, total: int, per_address: int, trusted: tuple[str, ...]) -> None:
        self._total, self._per_address = total, per_address
        self._trusted = tuple(ipaddress.ip_network(network) for network in trusted)
        self._sessions: dict[MailDoor, str] = {}
        self._count: Counter[str] = Counter()

    @property
    def sessions(self) -> tuple[MailDoor, ...]:
        return tuple(self._sessions)

    def admit(self, session: MailDoor, peer: Any) -> str:
        """Count `session` in; or the reason why not."""
        if len(self._sessions) >= self._total:
            return "too many connections, try again later"
        key = self._key(peer)
        if key and self._count[key] >= self._per_address:
            return "too many connections from your address, try again later"
        self._sessions[session] = key
        if key:
            self._count[key] += 1
        return ""

    def left(self, session: MailDoor) -> None:
        key = self._sessions.pop(session, "")
        if key:
            self._count[key] -= 1
            if not self._count[key]:
                del self._count[key]

    def _key(self, peer: Any) -> str:
        """Under which an address is counted; empty: without limit (trusted, or a Unix socket)."""
        if not isinstance(peer, tuple) or not peer:
            return ""
        try:
            address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
        except ValueError:
            return str(peer[0])
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if any(address.version == network.version and address in network for network in self._trusted):
            return ""
        if address.version == 6:
            return str(ipaddress.ip_network((address, 64), strict=False))
        return str(address)
