"""A cluster of three RabbitMQ nodes of which one after the other is killed under load, stays away, and returns.

Two nodes are a majority: publishing goes on within seconds, and nothing that was confirmed is lost with the third.
"""

from __future__ import annotations

import asyncio
import time

from intake.private_cluster import PrivateCluster
from tests.faults.rows.broker import scene
from tests.faults.rows.load import percentile
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.relay import declare_empty

#: Seconds before the first fault, against which the faults' answers are compared.
CALM = 4.0


async def killed(stage: Stage, figure: Figure) -> Numbers:
    moved = 0.0
    async with PrivateCluster(stage.folder / "cluster") as cluster:
        await declare_empty(cluster.nodes[0].url)
        async with scene(stage, figure.rate, cluster.url) as here:
            await asyncio.sleep(CALM)
            calm = percentile(here.load.lap(), 0.99)
            for number in range(figure.count):
                # First the node that publisher and consumer are connected to; then whichever is next.
                node = cluster.nodes[number % len(cluster.nodes)]
                await here.until_published(await here.published() + int(figure.rate / 2), 60)
                await node.kill()
                began = time.monotonic()
                # What its connection still confirmed may be marked after the kill; a second's events are not.
                await here.until_published(await here.published() + int(2 * figure.rate), 60)
                moved = max(moved, time.monotonic() - began)
                assert node.ended, "the majority worked while the node was away"
                await node.restart(120)
                await cluster.until_whole()
                stage.step(1)
                stage.tell(f"{here.load.answered} answered, {await here.depth()} wait")
            p99 = percentile(here.load.lap(), 0.99)
            drained = await here.check()
            return {
                "kills": figure.count,
                "acknowledged": here.load.answered,
                "events": here.crm.events,
                "p99_ms": p99,
                "p99_calm_ms": calm,
                "two_seconds_published_after_s": round(moved, 1),
                "drained_s": round(drained, 1),
            }


ROW = Row(
    name="kill-cluster-node",
    test="kill -9 of one node of a RabbitMQ cluster of three under load",
    load="30 times at 100 msg/s",
    passes="0 lost; no intake error; order kept per complaint; publishing goes on within 15 s while it is away",
    unit="kills",
    small=Figure(count=1, rate=40),
    full=Figure(count=30, rate=100),
    at_once=6,
    limits={"two_seconds_published_after_s": 15.0},
    minutes=20,
    run=killed,
)
