"""The disk fills up under load and is freed again: the doors say "later", nothing false, and recover unaided."""

from __future__ import annotations

import asyncio
import contextlib
import os
import smtplib
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import aiohttp

from tests.faults.rows.load import TEXT, Crm, Ledger
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess

DISK = "24m"
#: Refusals of each door that are waited for before room is made again.
ENOUGH = 15
#: What the ballast leaves free at first, so that the doors' own writes meet the end of the disk.
LEFT = 600 * 1024


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A tmpfs of 24 MiB at `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={DISK},mode=700", "kanal-test", str(folder)]
    subprocess.run(["mount", *options], capture_output=True, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(ballast: Path, leave: int) -> None:
    """Take all room on the disk but `leave` bytes."""
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            free = os.statvfs(ballast.parent)
            room = free.f_bavail * free.f_frsize - leave
            if room <= 0:
                return
            file.write(bytes(min(room, 256 * 1024)))


class Door:
    """One door: what it answered, and when it last said no and first said yes again."""

    def __init__(self, gateway: GatewayProcess, ledger: Ledger, name: str) -> None:
        self.gateway, self.ledger, self.name = gateway, ledger, name
        self.answers: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.yes_at = self.no_at = 0.0
        self.stopping = False

    async def run(self) -> None:
        """Send one message after another, each until it is taken."""
        number = 0
        while not self.stopping:
            number += 1
            mark = self.ledger.mark(self.name, number)
            while not await self._taken(mark, number):
                await asyncio.sleep(0.05)
            self.ledger.taken[mark] = 0
            await asyncio.sleep(0.01)

    async def _taken(self, mark: str, number: int) -> bool:
        answer, fitting = await self.ask(mark, number)
        self.answers[answer] += 1
        if answer in ("200", "250"):
            self.yes_at = time.monotonic()
            return True
        self.no_at = time.monotonic()
        if not fitting:
            self.wrong[answer] += 1
        return False

    async def ask(self, mark: str, number: int) -> tuple[str, bool]:
        """Send it once: the answer, and whether a refusal is one that a full disk may give."""
        raise NotImplementedError


class HttpDoor(Door):
    async def ask(self, mark: str, number: int) -> tuple[str, bool]:
        secret = self.gateway.config.resolve("auto:telegram-secret")
        sender = {"id": 510_000 + number, "is_bot": False, "first_name": "Siti"}
        body = {"message_id": 1, "from": sender, "date": 1795400000, "text": f"{TEXT} {mark} {'ya ' * 600}"}
        body["chat"] = {"id": sender["id"], "type": "private"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                self.gateway.url + "/hooks/telegram-dki",
                json={"update_id": 7_000_000 + number, "message": body},
                headers={"X-Telegram-Bot-Api-Secret-Token": secret},
            ) as answer,
        ):
            later = answer.status == 503 and answer.headers.get("Retry-After", "").isdigit()
            return str(answer.status), later


class SmtpDoor(Door):
    async def ask(self, mark: str, number: int) -> tuple[str, bool]:
        code = await asyncio.to_thread(self._send, mark, number)
        return str(code), code == 452

    def _send(self, mark: str, number: int) -> int:
        mail = EmailMessage()
        mail["From"], mail["To"] = f"warga{number}@example.org", "dki@jakarta.go.id"
        mail["Subject"], mail["Message-ID"] = "Lampu jalan", f"<{mark}@example.org>"
        mail.set_content(f"{TEXT} {mark}\n")
        mail.add_attachment(os.urandom(60_000), maintype="image", subtype="jpeg", filename="foto.jpg")
        try:
            with smtplib.SMTP("127.0.0.1", self.gateway.smtp, timeout=30) as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            return next(iter(refused.recipients.values()))[0]
        except smtplib.SMTPResponseException as refused:
            return refused.smtp_code
        return 250


async def run(stage: Stage, figure: Figure) -> Numbers:
    url = await stage.url()
    ledger = Ledger()
    recovered, filled = 0.0, 0
    with small_disk(stage.folder / "data") as disk:
        gateway = GatewayProcess(stage.folder, url)
        await gateway.start(60)
        crm = Crm(url, ledger)
        doors = (HttpDoor(gateway, ledger, "http"), SmtpDoor(gateway, ledger, "smtp"))
        tasks = [asyncio.create_task(door.run()) for door in doors]
        try:
            async with crm.listening():
                for _ in range(figure.count):
                    await _round(doors, disk)
                    freed = time.monotonic()
                    async with asyncio.timeout(110):
                        while not all(door.yes_at > max(freed, door.no_at) for door in doors):
                            await asyncio.sleep(0.02)
                    recovered = max(recovered, time.monotonic() - freed)
                    filled += 1
                    stage.step(1)
                    stage.tell(f"{len(ledger.taken)} acknowledged")
                for door in doors:
                    door.stopping = True
                async with asyncio.timeout(60):
                    await asyncio.gather(*tasks)
                await crm.check(gateway)
            await gateway.stop()
            _check(disk / "journal.sqlite3")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await gateway.kill()
    for door in doors:
        assert not door.wrong, f"{door.name}: only 503 with Retry-After and 452 may say no: {door.wrong}"
    return {
        "filled": filled,
        "acknowledged": len(ledger.taken),
        "http_503": doors[0].answers["503"],
        "smtp_452": doors[1].answers["452"],
        "recovered_after_s": round(recovered, 2),
    }


async def _round(doors: tuple[Door, ...], disk: Path) -> None:
    """Fill the disk, wait until both doors have refused for a while, and make room again."""
    ballast = disk / "ballast"
    await asyncio.sleep(1)
    fill(ballast, LEFT)
    before = [sum(door.answers.values()) - _yes(door) for door in doors]
    async with asyncio.timeout(60):
        while any(
            sum(door.answers.values()) - _yes(door) < was + ENOUGH
            for door, was in zip(doors, before, strict=True)
        ):
            await asyncio.sleep(0.1)
            fill(ballast, 0)  # whatever the gateway gives back is taken, too
    ballast.unlink()


def _yes(door: Door) -> int:
    return door.answers["200"] + door.answers["250"]


def _check(journal: Path) -> None:
    db = sqlite3.connect(journal)
    try:
        found = db.execute("PRAGMA integrity_check").fetchall()
    finally:
        db.close()
    assert found == [("ok",)], found


ROW = Row(
    name="disk-full",
    test="disk full (small tmpfs)",
    load="fill, then free, 20 times",
    passes="SMTP 452, HTTP 503 with Retry-After, 0 false yes, `integrity_check` ok, recovers unaided within 10 s",
    unit="times",
    small=Figure(count=1),
    full=Figure(count=20),
    at_once=5,
    limits={"recovered_after_s": 10.0},
    minutes=4,
    root=True,
    run=run,
)
