"""Ports of loopback for a moment's use: `kanal demo`, and the tests.

They lie below the range from which the system takes the near ends of outgoing connections; a port out of that range
may be taken by somebody's connection between the moment it is found free and the moment it is listened on, and a client
that reconnects to one while its server is away can be given that very port, and then talks to itself.
"""

from __future__ import annotations

import contextlib
import random
import socket
from pathlib import Path

from normalizer.errors import Unavailable

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 20_000
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """`count` ports that nobody listens on now; none is given twice by one process."""
    choose = random.Random()  # noqa: S311 - spreads processes over the range, no secret
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        for _ in range(2_000):
            port = choose.randrange(_LOWEST, _first_ephemeral())
            if port in _given:
                continue
            probe = stack.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            found.append(port)
            if len(found) == count:
                return found
    raise Unavailable("no free port was found on this machine")


def _first_ephemeral() -> int:
    try:
        first = int(_EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    return first if first > _LOWEST + 2_000 else 32_768
