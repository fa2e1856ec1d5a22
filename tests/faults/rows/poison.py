"""A mail that kills its parser, or the whole gateway, whenever it is read: it, and only it, ends in quarantine."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import smtplib
from pathlib import Path

from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from intake.kept import ATTEMPTS
from tests.faults.poisoned import WORD
from tests.faults.rows.load import Citizens, Crm, Ledger
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess

DOORS = ("email-dki", "sms-kannel")


async def run(stage: Stage, figure: Figure) -> Numbers:
    """First its parser dies three times; then, of another such mail, the gateway dies `count` times."""
    url = await stage.url()
    gateway, ledger = GatewayProcess(stage.folder, url), Ledger()
    gateway.module = ["tests.faults.poisoned", "worker"]
    await gateway.start(60)
    crm, citizens = Crm(url, ledger), Citizens(gateway, ledger, DOORS, rate=5)
    deaths, whole = 0, figure.count >= ATTEMPTS
    try:
        async with crm.listening():
            first = await _send(gateway, ledger.mark("email", 1))
            async with citizens.pressing():
                assert await _quarantined(gateway, 1) == [first]
                async with asyncio.timeout(60):
                    while len(citizens.taken) < len(DOORS):
                        await asyncio.sleep(0.05)
            await gateway.kill()
            gateway.module = ["tests.faults.poisoned", "gateway"]
            await gateway.start(60)
            second = await _send(gateway, mark := ledger.mark("email", 2))
            while deaths < figure.count and await _dies(gateway):
                deaths += 1
                stage.step(1)
                gateway.module = (
                    ["tests.faults.poisoned", "gateway"] if whole or deaths < figure.count else ["intake"]
                )
                with contextlib.suppress(RuntimeError):  # dead again before it was ready
                    await gateway.start(60)
            assert deaths == figure.count, f"only {deaths} deaths"
            if whole:
                assert await _quarantined(gateway, 2) == [first, second]
            else:  # a gateway that can read it again does
                ledger.taken[mark] = 0
            await crm.check(gateway)
            code, said = await gateway.run("quarantine", "list")
            assert code == 0, said
            assert "email-dki" in said
    finally:
        await gateway.kill()
    return {"deaths_of_the_gateway": deaths, "quarantined": 1 + whole, "acknowledged": len(ledger.taken)}


async def _send(gateway: GatewayProcess, mark: str) -> bytes:
    """A mail with the word and the mark in it: its body as it was sent."""
    body = b"Jalan berlubang di depan pasar. " + WORD + b" " + mark.encode()
    head = b"From: siti@example.org\r\nTo: dki@jakarta.go.id\r\nSubject: Uji\r\n"
    mail = head + b"Message-ID: <%s@example.org>\r\n\r\n" % mark.encode() + body + b"\r\n"

    def deliver() -> None:
        with smtplib.SMTP("127.0.0.1", gateway.smtp, timeout=60) as client:
            client.sendmail("siti@example.org", ["dki@jakarta.go.id"], mail)

    await asyncio.to_thread(deliver)
    return body


async def _dies(gateway: GatewayProcess) -> bool:
    assert gateway.process is not None
    try:
        async with asyncio.timeout(60):
            return await gateway.process.wait() == -signal.SIGKILL
    except TimeoutError:
        return False


async def _quarantined(gateway: GatewayProcess, count: int) -> list[bytes]:
    """The last lines of what the quarantine holds, once it holds so many; in their order."""
    data = gateway.folder / "data"
    async with asyncio.timeout(90):
        while len(found := await _held(data)) < count:
            await asyncio.sleep(0.2)
    return found


async def _held(data: Path) -> list[bytes]:
    journal = SqliteJournal.read_only(data / "journal.sqlite3", Codec(load_or_create(data / "keys.json", {})))
    await journal.open()
    try:
        entries = await journal.quarantined()
        assert all(entry.stage == "parse" and entry.raw_id is not None for entry in entries)
        raws = [await journal.raw(entry.raw_id or 0) for entry in entries]
    finally:
        await journal.close()
    return [raw.body.rstrip(b"\r\n").rpartition(b"\r\n")[2] for raw in raws]


ROW = Row(
    name="poison",
    test="poison record: a mail that kills its parser, and one that kills the gateway, at every try",
    load="a parser that dies 3 times, and 10 deaths of the gateway",
    passes="quarantined with its raw bytes; the others flow",
    unit="deaths",
    small=Figure(count=1),
    full=Figure(count=ATTEMPTS),
    minutes=2,
    run=run,
)
