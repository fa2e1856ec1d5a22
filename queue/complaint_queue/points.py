"""Named points on a message's way, so that a test can let the process die exactly there.

A gateway in service has nobody who watches them, and `reached` does nothing. The tests start the gateway by a
program of their own (tests/faults/dying.py), which watches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

Point = Literal[
    "received",  # the bytes are here, nothing is stored
    "stored",  # files and large bodies are in the file store, the journal knows nothing
    "written",  # a transaction of the journal is complete and not committed
    "committed",  # it is on the disk, and nobody was told
    "unanswered",  # a message is claimed or kept, the door has not answered
    "begun",  # an attempt to parse what was kept is counted, and was not made
    "assembled",  # a complaint has become a record, which is not written
    "filed",  # its event is in the outbox, and the publisher does not know
    "sent",  # events are on their way to the broker, which has confirmed none of them
    "confirmed",  # the broker has confirmed, and no event is marked
    "marked",  # they are marked
    "saying",  # an attempt to answer a citizen is noted, and was not made
    "said",  # the provider took the answer, and it is not noted
    "status_kept",  # a status of the CRM is stored, and not acknowledged to the broker
]
POINTS: tuple[Point, ...] = get_args(Point)

_watcher: Callable[[Point], None] | None = None


def reached(point: Point) -> None:
    """A message is here."""
    if _watcher is not None:
        _watcher(point)


def watch(watcher: Callable[[Point], None] | None) -> None:
    """Have `watcher` called, in whatever thread it happens, at every point from now on; None ends it."""
    global _watcher
    _watcher = watcher
