"""How fast the relay drains the journal to RabbitMQ, confirmed and marked, beside other clients in the same run.

    PYTHONPATH=.:queue python benchmarks/publish_bench.py [MESSAGES] [ROUNDS]

All publish persistent, mandatory messages of 2 KB with the same headers to the same quorum queue of a private node,
200 in flight. The C client is built when a compiler and librabbitmq's headers are there. To reach: 0.60 of it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import aio_pika
import uvloop
from rich.console import Console
from rich.table import Table

from complaint_queue import topology, wire
from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit, NewEvent, OutboxEvent
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from complaint_queue.publisher import BrokerSettings, Publisher
from intake.private_rabbitmq import PrivateRabbitMQ
from normalizer.identity import claim_of
from normalizer.record import Message, RawEvent, Sender

SIZE, WINDOW = 2_000, 200
SOURCE = "https://aduan.example.go.id"
TO_REACH = 0.60


async def empty_queue(node: PrivateRabbitMQ) -> None:
    async with await aio_pika.connect(node.url) as connection, connection.channel() as channel:
        await topology.declare(channel)
        await (await channel.get_queue(topology.QUEUE)).purge()
    await asyncio.sleep(2)


async def filled_journal(folder: Path, count: int) -> SqliteJournal:
    """A journal with `count` events that wait, each of a complaint of its own."""
    journal = SqliteJournal(folder / "journal.sqlite3", Codec(Keyring([os.urandom(32)], os.urandom(32))))
    await journal.open()
    now = datetime.now(UTC)

    async def one(number: int) -> None:
        message = Message(external_id=str(number), text="x", sender=Sender(reference="contoh"))
        admit = Admit(
            message=message,
            claim=claim_of("bench", str(number)),
            sender=number.to_bytes(16, "big"),
            channel="sms",
            ticket_day="2026-11-23",
        )
        raw = RawEvent(account="bench", received_at=now, body=str(number).encode())
        (admitted,) = await journal.admit(Admission(raw=raw, messages=(admit,)))
        file = await journal.complaint(admitted.complaint_id)
        assert file is not None
        event = NewEvent(
            kind="created",
            sequence=1,
            revision=0,
            occurred_at=now,
            routing_key="created.sms.3171",
            body=b"x" * SIZE,
        )
        await journal.settle(
            admitted.complaint_id, file.version, [(event, (admitted.message_id,))], b"", "filed"
        )

    for start in range(0, count, 500):
        await asyncio.gather(*(one(n) for n in range(start, min(start + 500, count))))
    return journal


async def relay(node: PrivateRabbitMQ, count: int) -> float:
    """Our publisher, out of the embedded journal and marked there. Events per second."""
    with tempfile.TemporaryDirectory() as folder:
        journal = await filled_journal(Path(folder), count)
        publisher = Publisher(
            journal,
            BrokerSettings(url=node.url, source=SOURCE, window=WINDOW),
            on_alarm=lambda *_: None,
            clock=lambda: datetime.now(UTC),
        )
        start = time.perf_counter()
        task = asyncio.create_task(publisher.run())
        while (await journal.depths()).unpublished:  # noqa: ASYNC110 - another's state, no event to await
            await asyncio.sleep(0.02)
        rate = count / (time.perf_counter() - start)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await journal.close()
        return rate


async def public_api(node: PrivateRabbitMQ, count: int) -> float:
    """aio-pika as its documentation shows it, 200 tasks publishing. Nothing is read and nothing marked."""
    event = OutboxEvent(
        position=1,
        complaint_id=1,
        ticket="261123-0001-0",
        kind="created",
        sequence=1,
        revision=0,
        occurred_at=datetime.now(UTC),
        routing_key="created.sms.3171",
        body=b"x" * SIZE,
    )
    async with await aio_pika.connect(node.url) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(topology.EXCHANGE)
        numbers = iter(range(count))

        async def publish() -> None:
            for number in numbers:
                message = aio_pika.Message(
                    event.body,
                    headers=dict(wire.headers(event, SOURCE)),
                    content_type=wire.CONTENT_TYPE,
                    message_id=str(number),
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                )
                await exchange.publish(message, event.routing_key)

        start = time.perf_counter()
        await asyncio.gather(*(publish() for _ in range(WINDOW)))
        return count / (time.perf_counter() - start)


def c_client(folder: Path) -> Callable[[PrivateRabbitMQ, int], Awaitable[float]] | None:
    """librabbitmq, if it can be built here."""
    compiler = shutil.which("cc")
    program = folder / "publish_client"
    source = Path(__file__).with_name("publish_client.c")
    if compiler is None:
        return None
    command = [compiler, "-O2", str(source), "-lrabbitmq", "-o", str(program)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None

    async def run(node: PrivateRabbitMQ, count: int) -> float:
        process = await asyncio.create_subprocess_exec(
            *map(str, (program, node.port, node.user, node.password, node.virtual_host, topology.EXCHANGE)),
            *map(str, (count, SIZE, WINDOW)),
            stdout=subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return float(out)

    return run


async def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        clients: dict[str, Callable[[PrivateRabbitMQ, int], Awaitable[float]]] = {}
        if native := c_client(Path(folder)):
            clients["C client (librabbitmq)"] = native
        clients |= {"aio-pika, public API": public_api, "relay: journal, confirmed and marked": relay}
        rates: dict[str, list[float]] = {name: [] for name in clients}
        async with PrivateRabbitMQ() as node:
            for _ in range(rounds):
                for name, client in clients.items():
                    await empty_queue(node)
                    rates[name].append(await client(node, count))
                    console.print(f"{name}: {rates[name][-1]:,.0f}/s")
    table = Table(
        "client", "events/s (median)", "of the first", title=f"{count:,} events, {WINDOW} in flight"
    )
    first = statistics.median(next(iter(rates.values())))
    for name, found in rates.items():
        table.add_row(name, f"{statistics.median(found):,.0f}", f"{statistics.median(found) / first:.2f}")
    console.print(table)
    console.print(
        f"to reach: {TO_REACH} of the C client" if native else "the C client could not be built here"
    )


if __name__ == "__main__":
    uvloop.run(main())
