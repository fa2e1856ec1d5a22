"""The process that reads strangers' files: `python -m intake.content.worker`, started by `reader` and by nobody else.

It loads its decoders, gives up everything that it will not need (files, memory, time), and answers one request
after the other over its standard input and output until they close. A file that costs more than it may ends the
process; the gateway starts another.
"""

from __future__ import annotations

import io
import os
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from intake.content import picture
from intake.content.films import read_film
from intake.content.frames import PIECE, Before, Found, Read, Ready, Want
from intake.content.sounds import read_sound
from intake.pipes import give, own_ends, take

#: Seconds of processor time for one file.
CPU_SECONDS = 2.0
#: Bytes of memory of its own, all in all: 50 megapixels at four bytes, and the interpreter. With what it shares with
#: others, its libraries, it stays below 256 MiB.
MEMORY = 224 * 1024 * 1024

_encode = msgspec.msgpack.encode


class Remote(io.RawIOBase):
    """The file as the gateway hands it over, piece by piece."""

    def __init__(self, size: int, taking: BinaryIO, giving: BinaryIO) -> None:
        self._size, self._at, self._taking, self._giving = size, 0, taking, giving

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the file's beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        size = min(len(view), PIECE, self._size - self._at)
        if size <= 0:
            return 0
        give(self._giving, _encode(Want(offset=self._at, size=size)))
        content = take(self._taking)
        view[: len(content)] = content
        self._at += len(content)
        return len(content)


def give_up() -> None:
    """From now on: the doors come first, no new file or connection, nothing written, a bound on memory."""
    os.nice(10)
    free = os.dup(0)  # the lowest number that is free: nothing above it can be opened
    os.close(free)
    for limit, value in (
        (resource.RLIMIT_NOFILE, free),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_AS, 4 * MEMORY),
    ):
        resource.setrlimit(limit, (value, value))


def read(request: Read, taking: BinaryIO, giving: BinaryIO) -> Found:
    """What is in the file. Whatever goes wrong in it ends as a remark."""

    def before(facts: Found) -> None:
        give(giving, _encode(Before(facts=facts)))

    kind = request.media_type
    piece = PIECE if kind.startswith("image/") else 64 * 1024
    stream = io.BufferedReader(Remote(request.size, taking, giving), piece)
    try:
        if kind in picture.DECODERS:
            return picture.read_picture(stream, kind, before)
        if kind.startswith("audio/"):
            return read_sound(stream, kind, request.size)
        return read_film(stream, kind, request.size)
    except EOFError:
        raise
    except Exception as error:
        return Found(remarks=(f"the file cannot be read ({type(error).__name__})",))


def main() -> None:
    """Serve until the gateway closes the pipe."""
    taking, giving = own_ends()
    picture.prepare()
    picture.rehearse()
    give_up()
    give(giving, _encode(Ready()))
    try:
        while content := take(taking):
            request = msgspec.msgpack.decode(content, type=Read)
            # Of processor time, whatever else the machine does. Its signal, SIGPROF, ends the process even within a
            # decoder.
            signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
            found = read(request, taking, giving)
            signal.setitimer(signal.ITIMER_PROF, 0)
            give(giving, _encode(found))
    except (EOFError, BrokenPipeError):
        sys.exit(0)


if __name__ == "__main__":
    main()
