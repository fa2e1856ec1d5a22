"""`python -m tests.faults.dying POINT NTH serve …`: the gateway, which dies when a point is reached the NTH time."""

from __future__ import annotations

import os
import signal
import sys
import threading

from complaint_queue import points
from intake.cli import main


def die_at(wanted: str, nth: int) -> None:
    """From the `nth` time on there is no later: SIGKILL, in the thread that is there."""
    counted, lock = 0, threading.Lock()

    def watcher(point: points.Point) -> None:
        nonlocal counted
        if point == wanted:
            with lock:
                counted += 1
                if counted >= nth:
                    os.kill(os.getpid(), signal.SIGKILL)

    points.watch(watcher)


if __name__ == "__main__":
    assert sys.argv[1] in points.POINTS, points.POINTS
    die_at(sys.argv[1], int(sys.argv[2]))
    del sys.argv[1:3]
    main()
