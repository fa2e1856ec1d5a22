"""A trace of system calls: the journal is synced before the answer to a webhook and before SMTP's 250 is written.

A kill leaves the page cache alive, so it proves no sync; this does.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from adapters.base import Letter
from tests.gateway_process import GatewayProcess


def can_trace() -> bool:
    import subprocess

    strace = shutil.which("strace")
    return bool(strace) and subprocess.run([strace, "-o", "/dev/null", "true"], check=False).returncode == 0


CALL = re.compile(r"^(?P<pid>\d+) +(?P<time>\d+\.\d+) (?P<call>\w+)\((?P<rest>.*)$")


@pytest.mark.skipif(not can_trace(), reason="strace is not there, or may not trace here")
@pytest.mark.timeout(180)
async def test_the_sync_stands_before_the_answer(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg,rename,renameat"
    gateway = GatewayProcess(
        tmp_path, prefix=["strace", "-f", "-ttt", "-s", "200", "-yy", "-e", calls, "-o", str(trace)]
    )
    await gateway.start(within=90)
    try:
        for name in ("sms-kannel", "email-dki"):
            simulator = gateway.simulator(name)
            await simulator.start()
            text = "Pohon tumbang di Kelurahan Kenari. " * (3000 if name == "email-dki" else 1)
            await simulator.send(Letter(number=1, text=text, subject="Pohon"))
            await simulator.stop()
            await asyncio.sleep(0.5)
    finally:
        await gateway.stop(within=60)
    lines = trace.read_text(errors="replace").splitlines()

    def first(*words: str, after: int = 0) -> int:
        for index in range(after, len(lines)):
            if all(word in lines[index] for word in words):
                return index
        raise AssertionError(f"no call with {words} after line {after}")

    answered = first("HTTP/1.1 200 OK", "text/plain", after=last_ready(lines) + 1)
    synced = max(i for i in range(answered) if re.search(r"f(data)?sync\(.*journal", lines[i]))
    assert "-wal" in lines[synced], lines[synced]

    accepted = first("250 2.0.0 kept", after=first("354 "))
    file_sync = max(i for i in range(accepted) if re.search(r"fsync\(.*files/growing", lines[i]))
    renamed = first("rename", "files/growing", after=file_sync)
    folder_sync = first("fsync(", "/files/", after=renamed)
    journal_sync = max(i for i in range(accepted) if re.search(r"f(data)?sync\(.*journal", lines[i]))
    assert file_sync < renamed < folder_sync < journal_sync < accepted


def last_ready(lines: list[str]) -> int:
    """The last answer to a readiness probe: the webhook's comes after it."""
    return max(i for i, line in enumerate(lines) if "HTTP/1.1 200 OK" in line and "application/json" in line)
