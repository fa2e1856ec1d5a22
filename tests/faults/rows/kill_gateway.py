"""kill -9 of the gateway at random instants, under load from all doors: nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import contextlib
import random

from tests.faults.rows.load import Citizens, Crm, Ledger, all_doors
from tests.faults.rows.row import Figure, Numbers, Row, Stage


async def run(stage: Stage, figure: Figure) -> Numbers:
    url = await stage.url()
    gateway, ledger = all_doors(stage.folder, url), Ledger()
    await gateway.add_clerk()
    starts = [await gateway.start()]
    chance = random.Random()
    crm, citizens = Crm(url, ledger), Citizens(gateway, ledger, rate=figure.rate)
    try:
        async with crm.listening():
            async with citizens.pressing():
                for _ in range(figure.count):
                    await asyncio.sleep(chance.uniform(0.05, 1.2))
                    await gateway.kill()
                    starts.append(await gateway.start(60))
                    stage.step(1)
                    stage.tell(f"{len(ledger.taken)} acknowledged")
                # Those who are polled need a while without a death to be heard at all.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(120):
                        while len(citizens.taken) < len(citizens.doors):
                            await asyncio.sleep(0.1)
                silent = set(citizens.doors) - set(citizens.taken)
                assert not silent, f"nobody was heard at {sorted(silent)}; refused: {citizens.refused}"
            drained = await crm.check(gateway)
    finally:
        await gateway.kill()
    return {
        "kills": figure.count,
        "acknowledged": len(ledger.taken),
        "refused_and_sent_again": sum(citizens.refused.values()),
        "doors": float(len(citizens.taken)),
        "slowest_start_s": round(max(starts), 2),
        "last_event_after_s": round(drained, 1),
    }


ROW = Row(
    name="kill-gateway",
    test="kill -9 of the gateway at random instants, all adapters under load",
    load="3,000 kills at 100 msg/s, accumulated",
    passes="0 answered-but-lost, 0 duplicates after the consumer's dedup, ready within 5 s",
    unit="kills",
    small=Figure(count=30, rate=100),
    full=Figure(count=3_000, rate=100),
    at_once=20,
    limits={"slowest_start_s": 5.0},
    minutes=170,
    alone=True,
    run=run,
)
