"""A search for an order of steps, faults and deaths that breaks the promise, by hypothesis."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis.stateful import run_state_machine_as_test

from tests.faults.order_machine import Orders, settings
from tests.faults.rows.row import Figure, Numbers, Row, Stage

SMALL = 30
STEPS = 40


async def run(stage: Stage, figure: Figure) -> Numbers:
    """At the small figure always the same programs, so that no change of somebody else's fails; else new ones."""
    counts: Counter[str] = Counter()

    class Counted(Orders):
        def teardown(self) -> None:
            super().teardown()
            counts["programs"] += 1
            counts["messages"] += len(self.said)
            counts["deaths"] += self.deaths_met
            stage.step(1)

    wanted = settings(figure.count, STEPS, derandomize=figure.count == SMALL)
    await asyncio.to_thread(run_state_machine_as_test, Counted, settings=wanted)
    assert counts["deaths"], "the search kills nobody"
    return dict(counts)


ROW = Row(
    name="orders",
    test="any order of steps, faults and deaths, from the claim to the marked event",
    load="5,000 programs of up to 40 steps, made up by hypothesis",
    passes="0 answered-but-lost, 0 doubled, order kept, nothing marked that the broker does not have",
    unit="programs",
    small=Figure(count=SMALL),
    full=Figure(count=5_000),
    at_once=200,
    minutes=20,
    broker=False,
    run=run,
)
