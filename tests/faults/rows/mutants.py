"""Mails that were damaged at random, twenty thousand of them: read within two seconds each, and always kept whole.

The mails are those of the adapter's fixtures and, where KANAL_MATERIALS is set, third-party mails. They go through the
journal into the process that parses mail, as in the gateway, and what came of them through the normaliser; one in a
hundred comes to a whole gateway by SMTP.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import re
import smtplib
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.base import Account, Adapter, Item, Letter
from adapters.email.simulate import compose
from complaint_queue.journal_sqlite import SqliteJournal
from intake.kept import KeptWorker
from intake.receive import body_hash
from normalizer.record import RawEvent
from tests.contract.test_adapters import ROOT as ADAPTERS
from tests.faults.rows.load import PHOTO, TEXT
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess
from tests.intake_world import IntakeWorld, intake_world
from tests.integration.test_mail_materials import as_sent, what_is_there

ACCOUNT = "surat"
ENVELOPE = {"mail_from": "siti@example.org", "rcpt_to": "dki@jakarta.go.id", "remote": "127.0.0.1"}
#: What an operator is told of a mail of which nothing could be read; any other reason is a fault of ours.
NOTHING_TO_READ = "no text could be read from the mail"
#: So many are kept and read before the next ones come; one in so many comes by SMTP.
TOGETHER, BY_SMTP = 200, 100
LARGEST = 400_000
#: What a mail parser trips over.
PIECES = (
    b"\x00", b"\xff\xfe", b"\r", b"\n", b"\r\n\r\n", b"--", b"--b\r\n", b"--b--", b"=?utf-8?q?", b"=?utf-8?b?w6k=?=",
    b"=?klingon?q?a?=", b"?=", b"<", b">", b'"', b"(", b";", b"; name*0*=utf-8''%ff", b"; charset=utf-7",
    b"; boundary=",
    b'; boundary=""', b"\r\nContent-Type: message/rfc822\r\n", b"\r\nContent-Type: multipart/mixed; boundary=b\r\n",
    b"\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
    b"\r\nContent-Transfer-Encoding: base64\r\n", b"\r\nContent-Transfer-Encoding: quoted-printable\r\n",
    b"\r\nContent-Transfer-Encoding: x-uuencode\r\n", b"\r\nContent-Type: text/html; charset=utf-16\r\n",
    b"\r\nDate: Thu, 99 Foo 99999 99:99:99 +9999\r\n", b"\r\nMessage-ID: <[\r\n", b"\r\nFrom: <(\r\n",
    b"\r\nReferences: " + b"<a@b> " * 2000 + b"\r\n", b"\r\nSubject:" + b" " * 5000,
    b"=3D=\r\n=ED=A0=80", b"\xed\xa0\x80",
    b"&#xD800;&#0;", b"<div>" * 3000, b"<!--", b"<![CDATA[", b"\r\n> " * 2000, b"x" * 20_000, b"\xe2\x80\xae",
    b"begin 644 a\r\n",
)  # fmt: skip


def originals() -> tuple[bytes, ...]:
    """Whole mails, of every kind that we know of."""
    found = [path.read_bytes() for path in sorted(ADAPTERS.glob("email/fixtures/**/*.eml"))]
    letter = Letter(
        number=1,
        text=TEXT,
        subject="Lampu jalan mati",
        photos=(PHOTO[:3000],),
        latitude=-6.2,
        longitude=106.8,
    )
    found.append(compose(letter, "dki@jakarta.go.id"))
    if folder := os.environ.get("KANAL_MATERIALS"):
        found += [path.read_bytes() for path in sorted(Path(folder, "email").rglob("*.eml"))]
    return tuple(mail for mail in found if len(mail) <= LARGEST)


def _flip(mail: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    for _ in range(chance.choice((1, 3, 30))):
        mail[chance.randrange(len(mail))] ^= 1 << chance.randrange(8)


def _noise(mail: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    at = chance.randrange(len(mail))
    mail[at : at + chance.choice((0, 4, 40))] = chance.randbytes(chance.choice((1, 8, 200)))


def _cut(mail: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    at = chance.randrange(len(mail))
    del mail[at : at + chance.choice((1, 20, 500, len(mail)))]


def _piece(mail: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    at = chance.randrange(len(mail) + 1)
    mail[at:at] = chance.choice(PIECES)


def _repeat(mail: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    at = chance.randrange(len(mail))
    part = bytes(mail[at : at + chance.choice((1, 10, 100, 1000))])
    mail[at:at] = part * chance.choice((1, 5, 50, 1000))


def _graft(mail: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    other = chance.choice(others)
    at, length = chance.randrange(len(other)), chance.choice((50, 500, 5000))
    where = chance.randrange(len(mail) + 1)
    mail[where : where + chance.choice((0, length))] = other[at : at + length]


def _lines(mail: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    """Lines in another order, twice, away, or ended in another way."""
    lines = bytes(mail).splitlines(keepends=True)
    for _ in range(chance.choice((1, 5))):
        at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
        kind = chance.randrange(4)
        if kind == 0:
            lines[at], lines[to] = lines[to], lines[at]
        elif kind == 1:
            lines.insert(to, lines[at])
        elif kind == 2:
            lines[at] = b""
        else:
            lines[at] = lines[at].rstrip(b"\r\n") + chance.choice((b"\r", b"\n", b"\r\r\n", b""))
    mail[:] = b"".join(lines)


def _digits(mail: bytearray, chance: random.Random, others: Sequence[bytes]) -> None:
    found = list(re.finditer(rb"\d+", mail))
    if found:
        one = chance.choice(found)
        mail[one.start() : one.end()] = chance.choice((b"0", b"-1", b"9" * 4000, b"65536", b"1e309"))


CHANGES: tuple[Callable[[bytearray, random.Random, Sequence[bytes]], None], ...] = (
    _flip, _noise, _cut, _piece, _piece, _repeat, _graft, _lines, _lines, _digits,
)  # fmt: skip


def mutant(chance: random.Random, mails: Sequence[bytes]) -> bytes:
    """One of the mails, changed one to four times; never empty, at most some hundred kilobytes."""
    mail = bytearray(chance.choice(mails))
    for _ in range(chance.choice((1, 1, 2, 4))):
        chance.choice(CHANGES)(mail, chance, mails)
        mail = mail[:LARGEST] or bytearray(b"x")
    return bytes(mail)


@dataclass
class Timed(KeptWorker):
    """Notes how long each mail was away at the process that parses, its turn among at most four others included."""

    slowest: float = 0.0
    fates: Counter[str] = field(default_factory=Counter)
    """How often each kind of item came out."""

    async def _apart(self, adapter: Adapter[Any], raw: RawEvent) -> Sequence[Item]:
        began = time.monotonic()
        items = await super()._apart(adapter, raw)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.fates.update(type(item).__name__.lower() for item in items)
        return items


async def run(stage: Stage, figure: Figure) -> Numbers:
    seed = random.randrange(1 << 32)
    mails, chance = originals(), random.Random(seed)
    try:
        numbers = await _inside(stage, figure.count, mails, chance)
        numbers |= await _by_smtp(stage, max(20, figure.count // BY_SMTP), mails, chance)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error
    return numbers


async def _inside(stage: Stage, count: int, mails: Sequence[bytes], chance: random.Random) -> Numbers:
    folder = stage.folder / "inside"
    folder.mkdir()
    async with intake_world(folder) as world:
        world.adapter(Account(name=ACCOUNT, adapter="email", settings={"addresses": ["dki@jakarta.go.id"]}))
        world.settler.fairness.burst = 10**9  # they are many people's mails
        worker = Timed(world.journal, world.files, world.receiver, world.adapters)
        running = asyncio.create_task(worker.run())
        try:
            sent: list[str] = []
            while len(sent) < count:
                some = [mutant(chance, mails) for _ in range(min(TOGETHER, count - len(sent)))]
                sent += [hashlib.sha256(mail).hexdigest() for mail in some]
                await _read(world, worker, some)
                await world.settle()
                events = await world.journal.unpublished(10_000)
                await world.journal.mark_published([one.position for one in events], world.clock.now())
                stage.step(len(some))
                stage.tell(f"slowest {worker.slowest:.2f} s")
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            worker.close()
        held = await world.journal.quarantined(limit=count + 1)
        kept = await _raws(world)
    crashed = Counter(one.reason for one in held if one.reason != NOTHING_TO_READ)
    assert not crashed, crashed.most_common(5)
    missing = [one for one in sent if one not in kept]
    assert not missing, f"{len(missing)} of {count} were not kept"
    fates = {f"mutants_{name}": number for name, number in sorted(worker.fates.items())}
    return {"mutants": count, **fates, "originals": float(len(mails)), "slowest_s": round(worker.slowest, 2)}


async def _read(world: IntakeWorld, worker: KeptWorker, mails: Sequence[bytes]) -> None:
    """Keep them, and wait until none waits any more."""
    for number, mail in enumerate(mails):
        raw = RawEvent(
            account=ACCOUNT,
            received_at=world.clock.now(),
            body=mail,
            envelope={**ENVELOPE, "number": str(number)},
        )
        await world.receiver.keep(raw, None, None)
    worker.wake()
    async with asyncio.timeout(600):
        while await world.journal.kept(1):
            await asyncio.sleep(0.02)


async def _raws(world: IntakeWorld) -> set[str]:
    """SHA-256 of every raw event in the journal, as it is read from there."""
    assert isinstance(world.journal, SqliteJournal)
    with closing(sqlite3.connect(f"{world.journal.path.as_uri()}?mode=ro", uri=True)) as database:
        ids = [row[0] for row in database.execute("SELECT raw_id FROM raws")]
    return {body_hash(await world.journal.raw(raw_id)) for raw_id in ids}


async def _by_smtp(stage: Stage, count: int, mails: Sequence[bytes], chance: random.Random) -> Numbers:
    """Some more to a whole gateway. What is refused (a header of megabytes, a NUL) is refused at the door, and said."""
    folder = stage.folder / "gateway"
    folder.mkdir()
    gateway = GatewayProcess(folder, "")
    await gateway.start(60)
    try:
        sent = [as_sent(mutant(chance, mails)) for _ in range(count)]
        refused = await asyncio.to_thread(_post, gateway.smtp, sent)
        async with asyncio.timeout(300):
            while (waiting := (await gateway.health())["waiting"])["kept"] or waiting["tasks"]:
                await asyncio.sleep(0.2)
        await gateway.stop(60)
    finally:
        await gateway.kill()
    said = gateway.log.read_text()
    for word in ("parser_failed", "parser_died", "Traceback", "settle_failed"):
        assert word not in said, said[said.index(word) - 500 :][:1500]
    kept, _ = await what_is_there(folder / "data")
    missing = [mail for mail in sent if mail not in refused and hashlib.sha256(mail).hexdigest() not in kept]
    assert not missing, f"{len(missing)} of {count} were answered with 250 and are not there"
    return {"by_smtp": count, "refused_by_smtp": len(refused)}


def _post(port: int, mails: Sequence[bytes]) -> set[bytes]:
    """A session for each; those that were refused for good."""
    refused = set()
    for mail in mails:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
            try:
                client.sendmail("siti@example.org", ["dki@jakarta.go.id"], mail)
            except smtplib.SMTPDataError as error:
                if error.smtp_code < 500:
                    raise
                refused.add(mail)
    return refused


ROW = Row(
    name="mail-mutants",
    test="mails damaged at random, through the process that parses them and the normaliser, some by SMTP",
    load="20,000 mutants",
    passes="0 crashes, ≤ 2 s each, raw always kept",
    unit="mutants",
    small=Figure(count=80),
    full=Figure(count=20_000),
    at_once=2000,
    limits={"slowest_s": 2},
    minutes=15,
    broker=False,
    run=run,
)
