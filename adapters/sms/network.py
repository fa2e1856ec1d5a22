"""From where a provider may call: a list of networks (CIDR), beside the secret that proves it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from normalizer.errors import Forged, Misconfigured
from normalizer.record import RawEvent

Networks = Sequence[IPv4Network | IPv6Network]


def networks(written: Iterable[str], setting: str) -> Networks:
    """The networks that `setting` (its dotted name) lists. Raises `Misconfigured`."""
    try:
        return [ip_network(network) for network in written]
    except ValueError as error:
        raise Misconfigured(
            setting, "{why}", 'write networks such as "10.1.2.0/24" or "10.1.2.3/32"', why=error
        ) from None


def verify_remote(raw: RawEvent, allowed: Networks) -> None:
    """The caller's address lies in one of `allowed`. Raises `Forged`, also when the address is not known."""
    try:
        remote = ip_address(raw.envelope.get("remote", ""))
    except ValueError:
        raise Forged("the caller's address is not known") from None
    if isinstance(remote, IPv6Address) and remote.ipv4_mapped:
        remote = remote.ipv4_mapped
    if not any(remote in network for network in allowed):
        raise Forged("the caller's address is not among those allowed")
