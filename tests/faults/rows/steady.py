"""A long, steady load: how quickly webhooks are answered, and what grows in an hour."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path

from tests.faults.rows.load import Citizens, Crm, Ledger, Steady, all_doors, percentile
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess

#: What comes and goes in the first fifth of a run is no growth.
SETTLED = 0.2


async def latency(stage: Stage, figure: Figure) -> Numbers:
    """The answers to a webhook, with settling and publishing going on in the same gateway."""
    url = await stage.url()
    ledger = Ledger()
    gateway = GatewayProcess(stage.folder, url)
    await gateway.start(60)
    load = Steady(gateway, ledger, figure.rate)
    try:
        async with load.pressing():
            await asyncio.sleep(2)  # connections are opened, code is warm
            load.lap()
            await _ticks(stage, figure.seconds, load)
            seconds = load.lap()
        assert not load.refused, dict(load.refused)
        crm = Crm(url, ledger)
        async with crm.listening():
            await crm.check(gateway)
    finally:
        await gateway.kill()
    return {
        "requests": len(seconds),
        "median_ms": percentile(seconds, 0.5),
        "p99_ms": percentile(seconds, 0.99),
        "slowest_ms": percentile(seconds, 1.0),
        "over_1_s": sum(one > 1 for one in seconds),
    }


async def _ticks(stage: Stage, seconds: float, load: Steady) -> None:
    began = time.monotonic()
    while (left := seconds - (time.monotonic() - began)) > 0:
        await asyncio.sleep(min(1.0, left))
        stage.step(min(1.0, left))
        stage.tell(f"{load.answered} answered")


def measure(pid: int) -> tuple[float, int]:
    """Resident memory in MiB and open files, of a process and its children."""
    pids = [pid]
    for one in pids:
        with contextlib.suppress(OSError):
            pids += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
    memory, files = 0.0, 0
    for one in pids:
        with contextlib.suppress(OSError, IndexError):
            pages = int(Path(f"/proc/{one}/statm").read_text().split()[1])
            memory += pages * os.sysconf("SC_PAGE_SIZE") / 2**20
            files += sum(1 for _ in Path(f"/proc/{one}/fd").iterdir())
    return memory, files


async def soak(stage: Stage, figure: Figure) -> Numbers:
    """Every door at a steady rate; memory and descriptors are looked at all the while."""
    url = await stage.url()
    gateway, ledger = all_doors(stage.folder, url), Ledger()
    await gateway.add_clerk()
    await gateway.start(60)
    crm, citizens = Crm(url, ledger), Citizens(gateway, ledger, rate=figure.rate)
    samples: list[tuple[float, int]] = []
    try:
        async with crm.listening():
            async with citizens.pressing():
                began, every = time.monotonic(), max(1.0, figure.seconds / 100)
                while (left := figure.seconds - (time.monotonic() - began)) > 0:
                    await asyncio.sleep(min(every, left))
                    assert gateway.process is not None
                    samples.append(measure(gateway.process.pid))
                    stage.step(min(every, left))
                    stage.tell(
                        f"{samples[-1][0]:.0f} MiB, {samples[-1][1]} files, {len(ledger.taken)} acknowledged"
                    )
            drained = await crm.check(gateway)
    finally:
        await gateway.kill()
    assert not citizens.refused, dict(citizens.refused)
    fifth = max(1, int(len(samples) * SETTLED))
    # The mean of a fifth each: one sample may catch a parser at work.
    early, late = samples[fifth : 2 * fifth] or samples[:1], samples[-fifth:]
    memory = [sum(memory for memory, _ in part) / len(part) for part in (early, late)]
    files = [sum(files for _, files in part) / len(part) for part in (early, late)]
    return {
        "seconds": round(figure.seconds),
        "acknowledged": len(ledger.taken),
        "doors": float(len(citizens.taken)),
        "memory_mib": round(memory[1], 1),
        "memory_growth_percent": round((memory[1] / memory[0] - 1) * 100, 1),
        "more_files": round(files[1] - files[0], 1),
        "last_event_after_s": round(drained, 1),
    }


ROWS = (
    Row(
        name="webhook-latency",
        test="webhook latency",
        load="200 req/s, 5 min",
        passes="median ≤ 50 ms, p99 ≤ 250 ms, journal synced",
        unit="seconds",
        small=Figure(seconds=8, rate=200),
        full=Figure(seconds=300, rate=200),
        limits={"median_ms": 50, "p99_ms": 250},
        minutes=6,
        alone=True,
        run=latency,
    ),
    Row(
        name="soak",
        test="soak",
        load="1 h at 50 msg/s through every door",
        passes="memory growth under 10 %, no descriptor leak",
        unit="seconds",
        small=Figure(seconds=20, rate=50),
        full=Figure(seconds=3600, rate=50),
        limits={"memory_growth_percent": 10, "more_files": 20},
        minutes=62,
        run=soak,
    ),
)
