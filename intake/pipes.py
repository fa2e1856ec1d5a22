"""A process of our own at the other end of two pipes: frames of a four-byte length and so many bytes, each way.

It is started with nothing of our environment: no key, no credential, no address of a broker. What it needs to know
comes over its pipe; when the gateway dies, however it dies, the pipe ends and so does the process.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

import intake


def frame(content: bytes) -> bytes:
    """`content` with its length before it."""
    return len(content).to_bytes(4, "big") + content


def take(stream: BinaryIO) -> bytes:
    """The next frame's content; empty at the end. EOFError when the stream ends within it."""
    head = stream.read(4)
    if not head:
        return b""
    content = stream.read(int.from_bytes(head, "big"))
    if len(head) < 4 or len(content) < int.from_bytes(head, "big"):
        raise EOFError
    return content


def give(stream: BinaryIO, content: bytes) -> None:
    """Send a frame at once. BrokenPipeError when nobody listens any more."""
    stream.write(frame(content))
    stream.flush()


def own_ends() -> tuple[BinaryIO, BinaryIO]:
    """In the process: what it takes from and gives to. What a library prints does not get between the frames."""
    taking, giving = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(silent, number)
    return taking, giving


async def start(module: str) -> Process:
    """Start `python -m module`."""
    root = str(Path(intake.__file__).parent.parent)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={"PATH": os.defpath, "PYTHONPATH": root, "MALLOC_ARENA_MAX": "1"},
        start_new_session=True,
    )


async def end(process: Process | None) -> None:
    """End the process, whatever it is doing."""
    if process is not None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def send(process: Process, content: bytes) -> None:
    """Send a frame. ConnectionError when the process has gone."""
    assert process.stdin is not None  # noqa: S101 - a pipe
    process.stdin.write(frame(content))
    await process.stdin.drain()


async def receive(process: Process, largest: int) -> bytes:
    """The next frame of at most `largest` bytes. DecodeError for a longer one, IncompleteReadError at the end."""
    assert process.stdout is not None  # noqa: S101 - a pipe
    size = int.from_bytes(await process.stdout.readexactly(4), "big")
    if size > largest:
        raise msgspec.DecodeError("a frame larger than any answer")
    return await process.stdout.readexactly(size)
