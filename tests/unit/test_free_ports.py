"""Ports for a moment's use lie where no outgoing connection takes its near end."""

from __future__ import annotations

import socket

from intake.free_ports import _first_ephemeral, free_ports


def test_they_are_free_below_the_ephemeral_range_and_never_the_same() -> None:
    found = [port for _ in range(20) for port in free_ports(5)]
    assert len(set(found)) == 100
    assert all(1024 < port < _first_ephemeral() for port in found)
    for port in found:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
