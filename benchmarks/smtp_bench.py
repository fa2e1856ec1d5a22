"""Mails per second at 20 open sessions, 5 KB each: our door with synced writes, beside aiosmtpd that discards.

    PYTHONPATH=.:queue python benchmarks/smtp_bench.py [mails]

Each server runs in a process of its own, the sender in this one; the rounds alternate, the median counts. Our
inbox here appends to a file and shares one fsync among the mails that wait, as the journal does.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from adapters.base import Account, Ports
from adapters.email import EmailAdapter
from adapters.email.settings import EmailSettings

SESSIONS = 20
MAIL = (
    b"From: a@example.org\r\nSubject: x\r\n\r\n"
    + b"Lampu jalan mati sejak kemarin malam, mohon segera dicek.\r\n" * 86
)


class SyncedInbox:
    """Appends and syncs in a thread; everything that arrives meanwhile shares the next sync."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def keep(self, raw: Any, spool: Any = None, *, cursor: Any = None) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((raw.body, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._write, b"".join(body for body, _ in batch))
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        os.fsync(self._file.fileno())


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Discard:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 OK"


async def _ours(told: Connection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ports = Ports(inbox=SyncedInbox(Path(folder) / "mails"), clock=Clock(), new_spool=None)  # type: ignore[arg-type]
        adapter = EmailAdapter(
            Account(name="m", adapter="email"), EmailSettings(smtp_listen="127.0.0.1:0"), ports
        )
        running = asyncio.create_task(adapter.run())
        await adapter.listening.wait()
        assert adapter.smtp_address is not None
        told.send(adapter.smtp_address[1])
        await running


async def _theirs(told: Connection) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Discard(), hostname="x", loop=loop), "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def serve(which: str, told: Connection) -> None:
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    asyncio.run(_ours(told) if which == "ours" else _theirs(told))


async def _session(port: int, count: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    writer.write(b"HELO bench\r\n")
    await reader.readline()
    for _ in range(count):
        for command in (b"MAIL FROM:<a@example.org>", b"RCPT TO:<dki@jakarta.go.id>", b"DATA", MAIL + b"."):
            writer.write(command + b"\r\n")
            answer = await reader.readline()
            assert answer[:1] in b"23", answer
    writer.close()


async def _round(port: int, mails: int) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(_session(port, mails // SESSIONS) for _ in range(SESSIONS)))
    return mails / (time.perf_counter() - began)


def main() -> None:
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    rates: dict[str, list[float]] = {"ours": [], "aiosmtpd": []}
    servers = {}
    for name in rates:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(name, there), daemon=True)
        process.start()
        servers[name] = process, here.recv()
    for _ in range(5):
        for name, (_, port) in servers.items():
            rates[name].append(asyncio.run(_round(port, mails)))
    for process, _ in servers.values():
        process.kill()
    ours, theirs = (statistics.median(rates[name]) for name in ("ours", "aiosmtpd"))
    sys.stdout.write(
        f"ours, synced: {ours:.0f}/s\naiosmtpd, discards: {theirs:.0f}/s\nratio: {ours / theirs:.2f}\n"
    )


if __name__ == "__main__":
    main()
