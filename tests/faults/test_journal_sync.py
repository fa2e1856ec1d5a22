"""The journal alone against kill -9, a full disk and a watcher of its system calls.

What was acknowledged is there afterwards; what was acknowledged was synced before.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from complaint_queue.codec import Codec
from complaint_queue.files import FileStore
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from normalizer.errors import StorageFull
from tests.faults.admitting import admission, check, promised, start, traces


async def test_nothing_acknowledged_is_lost_to_kill_9(tmp_path: Path) -> None:
    rounds = int(os.environ.get("KANAL_KILLS", "10"))
    chance = random.Random(20261123)
    said: list[str] = []
    for number in range(rounds):
        process = start(tmp_path, str(number), 20, 1_000_000)
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            # So many were acknowledged, however fast this machine is; the death comes somewhere after them.
            said += [process.stdout.readline().decode().rstrip("\n") for _ in range(chance.randint(5, 60))]
            time.sleep(chance.uniform(0.0, 0.01))
        finally:
            process.kill()
        said += process.stdout.read().decode().split("\n")[:-1]  # the last one may be cut off
        process.wait()
        process.stdout.close()
    acknowledged = promised(said)
    assert len(acknowledged) > 10 * rounds

    # Only to read: whoever may write moves the log into the database when they leave, past the noted checksums.
    db = sqlite3.connect(f"file:{tmp_path / 'journal.sqlite3'}?mode=ro", uri=True)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
    await check(tmp_path, acknowledged)
    assert list((tmp_path / "files" / "growing").iterdir()) == []


async def test_the_sync_comes_before_the_acknowledgement(tmp_path: Path) -> None:
    if why := traces():
        pytest.skip(why)
    log = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,write,pwrite64,rename,openat"
    process = start(
        tmp_path / "data", "t", 1, 12, "strace", "-f", "-y", "-s", "40", "-o", str(log), "-e", calls
    )
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.count(b"\n") == 17  # ready, twelve messages, and four of them filed

    acknowledged = 0
    synced_log = synced_file = synced_folder = True
    wrote_log = False
    for line in _whole_calls(log.read_text(errors="replace").splitlines()):
        if "journal.sqlite3-wal>" in line and "pwrite64(" in line:
            wrote_log, synced_log = True, False
        elif re.search(r"f(data)?sync\(\d+<[^>]*journal\.sqlite3-wal>\) += 0", line):
            synced_log = True
        elif "/files/growing/" in line and re.search(r" (p?write(64)?)\(", line):
            synced_file = False
        elif re.search(r"f(data)?sync\(\d+<[^>]*/files/growing/[^>]*>\) += 0", line):
            synced_file = True
        elif " rename(" in line and "/files/growing/" in line:
            assert synced_file, line
            synced_folder = False
        elif re.search(r"fsync\(\d+<[^>]*/files/[0-9a-f]{2}>\) += 0", line):
            synced_folder = True
        elif re.search(r'write\(1<[^>]*>, "t\.0\.', line):
            assert wrote_log, line
            assert synced_log, line
            assert synced_file, line
            assert synced_folder, line
            wrote_log = False
            acknowledged += 1
    assert acknowledged == 16


def _whole_calls(lines: list[str]) -> Iterator[str]:
    """The trace with calls that strace cut in two joined again, at the moment of their return."""
    begun: dict[str, str] = {}
    for line in lines:
        thread = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>").rstrip()
            if "write(1<" in line:  # an acknowledgement counts from its beginning
                yield begun[thread]
        elif "resumed>" in line and thread in begun:
            whole = begun.pop(thread) + line.split("resumed>", 1)[1]
            if "write(1<" not in whole:
                yield whole
        else:
            yield line


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of four megabytes."""
    folder = Path(tempfile.mkdtemp(prefix="kanal-small-disk-"))
    options = ["-t", "tmpfs", "-o", "size=4m,mode=700", "kanal-test", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True, check=False)
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip("a small tmpfs cannot be mounted here (needs root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


async def test_a_full_disk_says_so_loses_nothing_and_is_forgiven(small_disk: Path) -> None:
    codec = Codec(load_or_create(small_disk / "keys", {}))
    journal, files = (
        SqliteJournal(small_disk / "journal.sqlite3", codec),
        FileStore(small_disk / "files", codec),
    )
    files.sweep()
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1024 * 1024))
    await journal.open()
    accepted: list[str] = []
    refused: list[BaseException] = []
    try:
        for wave in range(200):
            names = [f"{wave}.{n}" for n in range(16)]
            answers = await asyncio.gather(
                *(journal.admit(admission(name)) for name in names), return_exceptions=True
            )
            for name, answer in zip(names, answers, strict=True):
                if isinstance(answer, BaseException):
                    refused.append(answer)
                else:
                    accepted.append(name)
            if len(refused) > 40:
                break
        assert len(accepted) > 100
        assert refused
        assert {type(error) for error in refused} == {StorageFull}
        with pytest.raises(StorageFull):
            await files.put(os.urandom(3_000_000))
        assert list((small_disk / "files" / "growing").iterdir()) == []
        with pytest.raises(StorageFull):
            await journal.admit(admission("too large by far", 60_000))

        ballast.unlink()
        (again,) = await journal.admit(admission("after"))
        assert again.how == "opened"
        for name in accepted:
            (known,) = await journal.admit(admission(name, 0))
            assert known.how == "duplicate", name
        assert await journal.check() == ()
    finally:
        await journal.close()
        await files.close()
