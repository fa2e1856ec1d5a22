"""`make soak`: a real gateway and a private RabbitMQ under a steady load, watched for what only grows.

    scripts/soak.py [--seconds 3600] [--rate 50]

Prints the gateway's memory and open files once a minute. Fails (exit code 1) when memory grew by more than a tenth
after the first fifth of the run, when it holds more files than then, when a message was refused, or when one that
was answered did not reach the consumer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "queue")]

from intake.consume import consume  # noqa: E402
from intake.private_rabbitmq import PrivateRabbitMQ  # noqa: E402
from intake.simulate import send  # noqa: E402
from normalizer.record import ComplaintEvent  # noqa: E402
from tests.gateway_process import GatewayProcess  # noqa: E402

DOORS = ("sms-kannel", "sms-twilio", "email-dki")
GROWTH = 1.10
#: Connections come and go; this many open files more than at the start are no leak.
FILES = 20


@dataclass
class Watch:
    """What was seen so far: (seconds, resident MiB, open files), and the messages."""

    samples: list[tuple[float, float, int]] = field(default_factory=list)
    answered: int = 0
    refused: list[str] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)


def measure(pid: int) -> tuple[float, int]:
    """Resident memory in MiB and open files, of the process and its children."""
    pids = [pid]
    for one in pids:
        with contextlib.suppress(OSError):
            pids += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
    memory, files = 0.0, 0
    for one in pids:
        with contextlib.suppress(OSError, IndexError):
            memory += (
                int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
            )
            files += sum(1 for _ in Path(f"/proc/{one}/fd").iterdir())
    return memory, files


async def citizens(gateway: GatewayProcess, door: str, rate: float, until: float, watch: Watch) -> None:
    """A steady stream through one door."""
    simulator = gateway.simulator(door)
    await simulator.start()
    try:
        count = max(1, int((until - time.monotonic()) * rate))
        async for outcome in send(simulator, count=count, rate=rate, first=1):
            if outcome.error:
                watch.refused.append(f"{door} #{outcome.number}: {outcome.error}")
            else:
                watch.answered += 1
            if time.monotonic() >= until:
                break
    finally:
        await simulator.stop()


async def watching(gateway: GatewayProcess, began: float, watch: Watch, every: float) -> None:
    assert gateway.process is not None
    while True:
        memory, files = measure(gateway.process.pid)
        seconds = time.monotonic() - began
        watch.samples.append((seconds, memory, files))
        print(
            f"{seconds:6.0f} s  {memory:6.1f} MiB  {files:4d} files  {watch.answered:7d} answered"
            f"  {len(watch.arrived):7d} consumed  {len(watch.refused)} refused",
            flush=True,
        )
        await asyncio.sleep(every)


async def soak(seconds: float, rate: float) -> list[str]:
    """Run it; what was wrong, in words."""
    watch = Watch()

    async def keep(event: ComplaintEvent) -> None:
        watch.arrived.add(event.complaint.complaint_id)
        watch.news.set()

    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kanal-soak-")))
        node = await stack.enter_async_context(PrivateRabbitMQ())
        gateway = GatewayProcess(folder, node.url)
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        began = time.monotonic()
        reader = asyncio.create_task(consume(node.url, on_event=keep))
        eyes = asyncio.create_task(watching(gateway, began, watch, min(60.0, seconds / 10)))
        streams = (citizens(gateway, door, rate / len(DOORS), began + seconds, watch) for door in DOORS)
        await asyncio.gather(*streams)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                while len(watch.arrived) < watch.answered:
                    watch.news.clear()
                    await watch.news.wait()
        for task in (eyes, reader):
            task.cancel()
        await asyncio.gather(eyes, reader, return_exceptions=True)
    return verdict(watch)


def verdict(watch: Watch) -> list[str]:
    """What the run shows to be wrong; empty when all is well."""
    wrong = list(watch.refused[:5])
    if len(watch.arrived) < watch.answered:
        wrong.append(f"{watch.answered - len(watch.arrived)} messages were answered and not consumed")
    settled = watch.samples[len(watch.samples) // 5]
    last = watch.samples[-1]
    print(f"memory {settled[1]:.1f} -> {last[1]:.1f} MiB, files {settled[2]} -> {last[2]}")
    if last[1] > settled[1] * GROWTH:
        wrong.append(f"memory grew by {(last[1] / settled[1] - 1) * 100:.0f} %")
    if last[2] > settled[2] + FILES:
        wrong.append(f"{last[2] - settled[2]} more open files")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--rate", type=float, default=50)
    given = parser.parse_args()
    wrong = asyncio.run(soak(given.seconds, given.rate))
    for line in wrong:
        print(f"wrong: {line}")
    print("the soak passed" if not wrong else "the soak failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
