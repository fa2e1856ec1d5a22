"""Tells systemd that we are ready, alive, or stopping (sd_notify(3)); nothing where systemd did not start us.

`Type=notify` with `WatchdogSec=` in the unit: a gateway whose event loop no longer turns is ended and started anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping


def notify(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send one line (`READY=1`, `WATCHDOG=1`, `STOPPING=1`). False when nobody listens."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out,
    ):
        out.connect(address)
        out.sendall(state.encode())
        return True
    return False


def interval(environment: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between two signs of life: half of what the unit allows; None when it asks for none."""
    try:
        allowed = int(environment.get("WATCHDOG_USEC", "0"))
        meant = int(environment.get("WATCHDOG_PID", str(os.getpid())))
    except ValueError:
        return None
    return allowed / 2_000_000 if allowed > 0 and meant == os.getpid() else None


async def stay_alive() -> None:
    """Give signs of life until cancelled. It runs in the event loop, because that is what must turn."""
    seconds = interval()
    while seconds is not None:
        notify("WATCHDOG=1")
        await asyncio.sleep(seconds)
    await asyncio.Event().wait()
