"""How fast the journal takes messages, beside what the disk itself can do in the same run.

    PYTHONPATH=.:queue python benchmarks/journal_bench.py [--callers 64] [--seconds 5] [--body 2048] [--folder DIR]

Each admission is one raw event with one new message, sealed, claimed, ticketed and synced before it counts. The
disk's own limit is a loop of append and fdatasync; `ratio` is commits of the journal to syncs of the bare disk.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from normalizer.identity import claim_of, ticket_day
from normalizer.record import Message, RawEvent, Sender


def disk_limit(folder: Path, size: int, seconds: float) -> float:
    """fdatasync calls a second, each after `size` bytes written over the same preallocated file."""
    path = folder / "bare"
    block = os.urandom(size)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, 64 * 1024 * 1024)
        os.fsync(descriptor)
        count, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            os.pwrite(descriptor, block, count * size % (60 * 1024 * 1024))
            os.fdatasync(descriptor)
            count += 1
        return count / seconds
    finally:
        os.close(descriptor)
        path.unlink()


def admission(number: int, body: bytes, day: str) -> Admission:
    """One webhook's worth."""
    message = Message(
        external_id=str(number),
        sender=Sender(reference="+6281200000000", name="Siti Contoh"),
        text="Lampu jalan padam di depan pasar sejak kemarin malam, mohon diperbaiki. " * 4,
        reply_to={"to": "+6281200000000"},
    )
    raw = RawEvent(
        account="bench",
        received_at=datetime.now(UTC),
        body=body,
        method="POST",
        url="https://aduan.example.go.id/hooks/bench",
        headers={"content-type": "application/json", "x-signature": "0" * 64},
    )
    admit = Admit(
        message=message,
        claim=claim_of("bench", str(number)),
        sender=b"s" * 16,
        channel="sms",
        ticket_day=day,
    )
    return Admission(raw=raw, messages=(admit,))


async def intake(journal: SqliteJournal, callers: int, seconds: float, size: int) -> dict[str, Any]:
    """`callers` that each admit one after another for `seconds`."""
    body, day = os.urandom(size), ticket_day(datetime.now(UTC)).isoformat()
    base, times, count = time.time_ns(), [], 0
    end = time.perf_counter() + seconds

    async def caller(which: int) -> None:
        nonlocal count
        number = base + which * 10**12
        while (start := time.perf_counter()) < end:
            number += 1
            await journal.admit(admission(number, body, day))
            times.append(time.perf_counter() - start)
            count += 1

    cpu, started = time.process_time(), time.perf_counter()
    await asyncio.gather(*map(caller, range(callers)))
    took, cpu = time.perf_counter() - started, time.process_time() - cpu
    making = time.process_time()
    for number in range(2000):
        admission(number, body, day)
    making = (time.process_time() - making) / 2000
    times.sort()
    return {
        "callers": callers,
        "admissions_per_s": round(count / took),
        "p50_ms": round(statistics.median(times) * 1000, 2),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2),
        "cpu_us_each": round((cpu / count - making) * 1e6, 1),
        "group": round(count / max(1, journal.commits), 1),
        "commits_per_s": round(journal.commits / took),
    }


async def run(options: argparse.Namespace, folder: Path) -> None:
    codec = Codec(Keyring([os.urandom(32)], os.urandom(32)))
    journal = SqliteJournal(folder / "journal.sqlite3", codec)
    await journal.open()
    try:
        await intake(journal, options.callers, min(1.0, options.seconds), options.body)
        journal.commits = 0
        profile = cProfile.Profile() if options.profile else None
        if profile:
            profile.enable()
        result = await intake(journal, options.callers, options.seconds, options.body)
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    finally:
        await journal.close()
    written = int(result["group"]) * options.body or options.body
    bare = disk_limit(folder, written, 1.0)
    result["bare_fdatasync_per_s"] = round(bare)
    result["ratio"] = round(result["commits_per_s"] / bare, 2)
    sys.stdout.write(json.dumps(result) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--body", type=int, default=2048)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.uvloop:
            import uvloop

            uvloop.run(run(options, Path(folder)))
        else:
            asyncio.run(run(options, Path(folder)))


if __name__ == "__main__":
    main()
