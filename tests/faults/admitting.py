"""A process that does nothing but admit messages to the embedded journal, settle some, and say so; and its check."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from complaint_queue.codec import Codec
from complaint_queue.files import FileStore
from complaint_queue.journal import Admission, Admit
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from normalizer.identity import claim_of
from normalizer.record import Message, RawEvent

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'queue'}"}

#: Admits until it is killed; prints what was acknowledged, one line each, straight to the descriptor.
CHILD = """
import asyncio, os, sys
from datetime import UTC, datetime
from pathlib import Path
from complaint_queue.codec import Codec
from complaint_queue.files import FileStore
from complaint_queue.journal import Admission, Admit, NewEvent
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from normalizer.identity import claim_of
from normalizer.record import Message, RawEvent

folder, run, callers, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def admission(name, body_file=""):
    message = Message(external_id=name, text=name)
    admit = Admit(message=message, claim=claim_of("a", name), sender=b"s" * 16, channel="sms",
                  ticket_day="2026-11-23")
    raw = RawEvent(account="a", received_at=datetime.now(UTC), body=b"" if body_file else b"b" * 2000,
                   body_file=body_file)
    return Admission(raw=raw, messages=(admit,), cursor=("offset", name))

async def settle(journal, complaint_id):
    file = await journal.complaint(complaint_id)
    event = NewEvent(kind="created", sequence=1, revision=0, occurred_at=datetime.now(UTC),
                     routing_key="created.sms.unknown", body=b"e" * 500)
    messages = tuple(m.message_id for m in file.messages)
    assert await journal.settle(complaint_id, file.version, [(event, messages)], b"r", "filed")

async def main():
    codec = Codec(load_or_create(folder / "keys", {}))
    journal = SqliteJournal(folder / "journal.sqlite3", codec)
    files = FileStore(folder / "files", codec)
    files.sweep()
    await journal.open()
    os.write(1, b"ready\\n")
    async def caller(which):
        for number in range(count):
            name = f"{run}.{which}.{number}"
            sha256 = ""
            if number % 5 == 0:
                sha256 = await files.put(name.encode() * 20000)
            (answer,) = await journal.admit(admission(name, sha256))
            os.write(1, f"{name} {answer.complaint_id} {answer.ticket} {sha256 or '-'}\\n".encode())
            if number % 3 == 0:
                await settle(journal, answer.complaint_id)
                os.write(1, f"{name} {answer.complaint_id} filed -\\n".encode())
    await asyncio.gather(*map(caller, range(callers)))
    await journal.close()
    await files.close()

asyncio.run(main())
"""


def start(folder: Path, run: str, callers: int, count: int, *before: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*before, sys.executable, "-c", CHILD, str(folder), run, str(callers), str(count)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
    )


def admission(name: str, size: int = 2000) -> Admission:
    admit = Admit(
        message=Message(external_id=name, text=name),
        claim=claim_of("a", name),
        sender=b"s" * 16,
        channel="sms",
        ticket_day="2026-11-23",
    )
    raw = RawEvent(account="a", received_at=datetime.now(UTC), body=os.urandom(size))
    return Admission(raw=raw, messages=(admit,))


@dataclass
class Promised:
    """What was said of one message."""

    complaint_id: int
    ticket: str = ""
    sha256: str = "-"
    filed: bool = False


def promised(lines: Iterable[str]) -> dict[str, Promised]:
    """What the process said, by message."""
    found: dict[str, Promised] = {}
    for line in lines:
        name, complaint_id, ticket, sha256 = line.split()
        if ticket == "filed":
            found[name].filed = True
        else:
            found[name] = Promised(int(complaint_id), ticket, sha256)
    return found


async def check(folder: Path, said: dict[str, Promised], look_into: int = 50) -> None:
    """Everything that was said is there: tickets, files, events; `look_into` of the messages are read."""
    codec = Codec(load_or_create(folder / "keys", {}))
    journal, files = SqliteJournal(folder / "journal.sqlite3", codec), FileStore(folder / "files", codec)
    files.sweep()
    await journal.open()
    try:
        for name, one in said.items():
            (again,) = await journal.admit(admission(name))
            assert (again.how, again.complaint_id, again.ticket) == (
                "duplicate",
                one.complaint_id,
                one.ticket,
            ), name
            if one.sha256 != "-":
                assert await files.read(one.sha256) == name.encode() * 20000
            if one.filed:
                assert await journal.event(one.complaint_id, 1) is not None, name
        assert len({one.ticket for one in said.values()}) == len(said)
        for name in random.Random(1).sample(sorted(said), min(look_into, len(said))):
            file = await journal.complaint(said[name].complaint_id)
            assert file is not None
            assert [m.message.text for m in file.messages] == [name]
    finally:
        await journal.close()
        await files.close()


def traces() -> str | None:
    """Why strace cannot be used here, or None when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed (Debian's package strace)"
    tried = subprocess.run(
        ["strace", "-f", "-e", "trace=fdatasync", "true"], capture_output=True, check=False
    )
    return None if tried.returncode == 0 else "this machine does not allow strace to trace"
