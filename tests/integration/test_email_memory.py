"""300 MiB of DATA without a line break cost the mail door no memory: measured on a server in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SERVER = """
import asyncio, sys
sys.path[:0] = [{root!r}, {tests!r}]
from test_email_smtp import CountingSpool, opened
async def main():
    async with opened(spool=CountingSpool) as door:
        print(door.smtp[1], flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


def resident(pid: int, field: str) -> int:
    """Kilobytes of a process, from the kernel."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    raise AssertionError(field)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
async def test_endless_data_without_a_line_break_costs_no_memory() -> None:
    program = SERVER.format(root=str(ROOT), tests=str(Path(__file__).parent))
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}"},
    )  # fmt: skip
    assert server.stdout is not None
    try:
        line = b""
        while not line.strip().isdigit():
            line = await server.stdout.readline()
            assert line, "the server ended early"
        port = int(line)
        assert (await _endless(port, 0)).startswith(b"250"), "warm-up"
        before = resident(server.pid, "VmHWM")
        said = await _endless(port, 300)
        grown = resident(server.pid, "VmHWM") - before
        assert said.startswith(b"552 5.3.4")
        assert grown < 20 * 1024, f"memory grew by {grown} KiB"
    finally:
        server.kill()
        await server.wait()


async def _endless(port: int, mebibytes: int) -> bytes:
    """Send so much without a line break (0: a small whole mail); what the server answers to it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"EHLO a\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\n")
    await reader.readuntil(b"354 end data with <CR><LF>.<CR><LF>\r\n")
    if not mebibytes:
        writer.write(b"x\r\n.\r\n")
    block = b"x" * (1024 * 1024)
    with contextlib.suppress(ConnectionError):
        for _ in range(mebibytes):
            writer.write(block)
            await writer.drain()
    async with asyncio.timeout(60):
        answer = await reader.readline()
    if mebibytes:
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b"", "and then it closes"
    writer.transport.abort()
    return answer
