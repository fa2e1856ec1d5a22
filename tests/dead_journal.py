"""An embedded journal of a gateway that was killed, to put damage upon, and what it had acknowledged."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from complaint_queue import sqlite_log
from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit, ComplaintFile
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from normalizer.identity import claim_of
from normalizer.record import Message, RawEvent

RING = Keyring([b"k" * 32], b"i" * 32)
NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
FILES = ("j", "j-wal", "j.sums", "j-wal.sums")
COPY = "j.schema"

#: Its folder, and the complaints that it had acknowledged, as they were read before.
Dead = tuple[Path, dict[int, ComplaintFile]]


def journal(path: Path, ring: Keyring = RING) -> SqliteJournal:
    return SqliteJournal(path, Codec(ring), lambda: NOW)


async def add(made: SqliteJournal, name: str) -> int:
    admit = Admit(
        message=Message(external_id=name, text=f"teks {name} " * 30),
        claim=claim_of("a", name),
        sender=b"s" * 16,
        channel="sms",
        ticket_day="2026-11-23",
    )
    raw = RawEvent(account="a", received_at=NOW, body=f"isi {name} ".encode() * 50)
    return (await made.admit(Admission(raw=raw, messages=(admit,))))[0].complaint_id


async def dead_in(tmp_path: Path) -> Dead:
    """The folder of a gateway that was killed, with half of everything in its log; and what it had acknowledged."""
    (tmp_path / "alive").mkdir()
    made = journal(tmp_path / "alive" / "j")
    await made.open()
    try:
        ids = [await add(made, str(n)) for n in range(30)]
        assert made._writer is not None
        await made._writer.call(lambda tools: None)
        await checkpoint(made)
        ids += [await add(made, str(n)) for n in range(30, 60)]
        (tmp_path / "dead").mkdir()
        for name in (*FILES, COPY):
            shutil.copy(tmp_path / "alive" / name, tmp_path / "dead" / name)
        return tmp_path / "dead", {one: await told(made, one) for one in ids}
    finally:
        await made.close()


async def checkpoint(made: SqliteJournal) -> None:
    """Copy the log into the database now, as the writer does every four MiB."""
    assert made._sums is not None
    assert made._write_db is not None
    made._sums.checkpointed(made._write_db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[2])


async def told(made: SqliteJournal, complaint_id: int) -> ComplaintFile:
    found = await made.complaint(complaint_id)
    assert found is not None
    return found


async def everything(path: Path, known: dict[int, ComplaintFile]) -> list[str]:
    """Open it; all has to be as it was acknowledged. What was put right."""
    made = journal(path)
    await made.open()
    try:
        for complaint_id, before in known.items():
            assert await made.complaint(complaint_id) == before
        assert await made.check() == ()
        return list(made.healed)
    finally:
        await made.close()


async def as_before(path: Path, known: dict[int, ComplaintFile]) -> int:
    """Open it: how many complaints are as they were acknowledged."""
    made = journal(path)
    await made.open()
    try:
        return sum([await made.complaint(one) == before for one, before in known.items()])
    finally:
        await made.close()


def flip(path: Path, at: int, bit: int = 4) -> None:
    overwrite(path, at, bytes([path.read_bytes()[at] ^ 1 << bit]))


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def copy(folder: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return target / "j"


def log_of(path: Path) -> sqlite_log.Log:
    found = sqlite_log.load(path)
    assert found is not None
    return found
