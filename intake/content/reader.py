"""The gateway's side of reading a file: one process at a time, started when it is needed, ended when it is idle.

The process never sees the store or its keys: it asks for bytes, and gets those of the one file in hand. When it dies
or does not answer in time it is ended, and what it had said of the file's head before counts.
"""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import Process
from typing import Protocol

import msgspec
import structlog
from msgspec.structs import replace

from intake import pipes
from intake.content.frames import LARGEST, PIECE, Answer, Before, Found, Read, Ready, Want

#: Seconds by the clock: for starting the process, and for one file on a machine that is busy with other things.
START, DEADLINE = 30.0, 30.0
#: Seconds after which a process without work ends, and files after which it is replaced.
IDLE, MOST_FILES = 20.0, 200

log = structlog.get_logger()
_encode = msgspec.msgpack.encode
_decoder = msgspec.msgpack.Decoder(Answer)


class Content(Protocol):
    """The file in hand; `complaint_queue.files.Pieces` is one."""

    @property
    def size(self) -> int: ...
    async def read(self, offset: int, size: int) -> bytes: ...


class ReaderDied(Exception):
    """The process ended or was ended without it being the file's fault: another try may help."""


class ContentReader:
    """Reads one file after the other; `close` ends the process."""

    def __init__(self, *, deadline: float = DEADLINE, idle: float = IDLE) -> None:
        self._deadline, self._idle = deadline, idle
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._files = 0
        self._ending: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process that reads, while there is one."""
        return None if self._process is None else self._process.pid

    async def read(self, content: Content, media_type: str) -> Found:
        """What is in the file. A file that costs too much gives what its head says, and a remark.

        Raises `ReaderDied`, and whatever reading `content` raises.
        """
        async with self._turn:
            if self._ending is not None:
                self._ending.cancel()
            process = await self._ready()
            whole = False
            try:
                found = await self._asked(process, content, media_type)
                whole = True
            finally:
                if not whole:
                    await self._end()
            self._files += 1
            if process.returncode is not None or self._files >= MOST_FILES:
                await self._end()
            else:
                self._ending = asyncio.get_running_loop().call_later(self._idle, self._rest)
            return found

    async def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._ending is not None:
            self._ending.cancel()
        await self._end()

    # the process

    async def _ready(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await pipes.start("intake.content.worker")
            self._files = 0
            try:
                async with asyncio.timeout(START):
                    await _answer(self._process)
            except (TimeoutError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
                await self._end()
                raise ReaderDied("the reading process did not start") from error
        return self._process

    def _rest(self) -> None:
        """Nothing to do: closing its input lets it go."""
        if self._process is not None and self._process.stdin is not None and not self._turn.locked():
            self._process.stdin.close()
            self._process = None

    async def _end(self) -> None:
        process, self._process = self._process, None
        await pipes.end(process)

    # one file

    async def _asked(self, process: Process, content: Content, media_type: str) -> Found:
        head = Found()
        try:
            async with asyncio.timeout(self._deadline):
                await pipes.send(process, _encode(Read(media_type=media_type, size=content.size)))
                while True:
                    answer = await _answer(process)
                    if isinstance(answer, Want):
                        piece = await content.read(answer.offset, min(answer.size, PIECE))
                        await pipes.send(process, piece)
                    elif isinstance(answer, Before):
                        head = answer.facts
                    elif isinstance(answer, Found):
                        return answer
        except TimeoutError:
            raise ReaderDied(f"no answer within {self._deadline:.0f} s") from None
        except msgspec.MsgspecError:
            # Nobody but a decoder that a file has taken over talks like this.
            return _remarked(head, "the file made its reader talk nonsense")
        except (asyncio.IncompleteReadError, ConnectionError):
            status = await process.wait()
            if status in (-signal.SIGPROF, -signal.SIGXCPU):
                return _remarked(head, "the file takes too long to be opened")
            raise ReaderDied(f"the reading process ended with {status}") from None


def _remarked(head: Found, words: str) -> Found:
    log.warning("file_not_read", reason=words)
    return replace(head, remarks=(*head.remarks, words))


async def _answer(process: Process) -> Ready | Want | Before | Found:
    answer: Ready | Want | Before | Found = _decoder.decode(await pipes.receive(process, LARGEST))
    return answer
