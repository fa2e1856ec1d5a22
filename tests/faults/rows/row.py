"""What a row of the reliability report is: a promise, the load that tries it, and its small and full figure.

`make test` runs every row at its small figure (tests/faults/test_rows.py), `make soak ROW=name` at the full one.
A row's `run` puts a fault upon real processes and raises AssertionError when the promise is broken; what it measured
comes back as numbers. Figures of time have `limits`: a full run that exceeds one is shown as such in the report, and
only ten times the limit is a failure, because a machine may be noisy.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from intake import private_postgres, private_rabbitmq
from intake.private_rabbitmq import PrivateRabbitMQ
from tests.relay import declare_empty

#: Whole numbers are counts and add up over the parts of a run; of the others the greatest counts.
Numbers = dict[str, int | float]
WIDER = 10


@dataclass(frozen=True, kw_only=True)
class Figure:
    """How much of it: `count` faults (kills, rounds, requests…), each of `seconds`, under `rate` messages a second."""

    count: int = 1
    seconds: float = 0.0
    rate: float = 0.0


@dataclass
class Stage:
    """What a row is handed: an empty folder, a broker, and somebody to tell how far it is."""

    folder: Path
    node: PrivateRabbitMQ | None = None
    step: Callable[[float], None] = lambda amount: None
    """So many more of the figure's units are done."""
    tell: Callable[[str], None] = lambda words: None

    @property
    def broker(self) -> PrivateRabbitMQ:
        assert self.node is not None, "a row that needs a broker says so"
        return self.node

    async def url(self) -> str:
        """The broker's address, with the gateway's queues declared and empty."""
        await declare_empty(self.broker.url)
        return self.broker.url


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row. `load` and `passes` are the promise in words; `unit` is what `count` (or, when it is `seconds`, the
    length of the only run) counts. A full run is done `at_once` units at a time, each part recorded when it is over.
    """

    name: str
    test: str
    load: str
    passes: str
    unit: str
    small: Figure
    full: Figure
    run: Callable[[Stage, Figure], Awaitable[Numbers]]
    at_once: int = 0
    limits: Mapping[str, float] = field(default_factory=dict)
    minutes: float
    """About how long the full figure takes on two cores."""
    broker: bool = True
    postgres: bool = False
    root: bool = False
    browser: bool = False
    alone: bool = False
    """Its figures of time mean nothing while something else keeps the machine busy."""

    @property
    def whole(self) -> float:
        """The full figure in units."""
        return self.full.seconds if self.unit == "seconds" else self.full.count

    def missing(self) -> str:
        """Why it cannot be run here; empty when it can."""
        if self.broker and not private_rabbitmq.installed():
            return "RabbitMQ's package is not installed"
        if self.postgres and not private_postgres.installed():
            return "PostgreSQL's package is not installed"
        if self.browser and shutil.which("chromium") is None:
            return "Debian's chromium is not installed"
        if self.root and os.geteuid() != 0:
            return "a small tmpfs can be mounted by root alone"
        return ""

    def over(self, numbers: Numbers, wider: float = 1.0) -> list[str]:
        """Which limits the numbers exceed, in words."""
        return [
            f"{name} is {numbers[name]:g}, over {limit * wider:g}"
            for name, limit in self.limits.items()
            if numbers.get(name, 0) > limit * wider
        ]
