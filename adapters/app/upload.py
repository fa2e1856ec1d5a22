"""One upload: what is remembered of it, and how bytes flow into it until they end, fill a piece, or break off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from adapters.app.problems import Refusal
from normalizer.record import Moment

#: Bytes of one PATCH, or seconds of it, after which they become a kept part, without waiting for its end: on a slow
#: network half a minute is lost to a crash, and not the whole.
PIECE, PIECE_SECONDS = 8 * 1024 * 1024, 30.0
#: Seconds without a byte after which a PATCH is taken for broken.
IDLE = 30.0

#: The next bytes of a body, b"" at its end; an `OSError` when the connection broke.
Read = Callable[[], Awaitable[bytes]]


class Note(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of an upload. `parts` are (SHA-256, bytes); `report` is the key of the report that has it."""

    length: int
    created_at: Moment
    expires_at: Moment
    secret: str
    metadata: str = ""
    parts: tuple[tuple[str, int], ...] = ()
    head: bytes = b""
    media_type: str = ""
    report: str = ""
    fetched_at: Moment | None = None

    @property
    def offset(self) -> int:
        return sum(size for _, size in self.parts)

    @property
    def complete(self) -> bool:
        return self.offset == self.length


class Upload:
    """One upload in memory: its note as it was last synced, and whose turn it is."""

    def __init__(self, name: str, note: Note) -> None:
        self.name, self.note = name, note
        self.lock = asyncio.Lock()
        self._writing: asyncio.Timeout | None = None
        self._interrupted = False

    def interrupt(self) -> None:
        """End the PATCH that is writing: its client has come back by another connection."""
        if self._writing is not None:
            self._interrupted = True
            with contextlib.suppress(RuntimeError):  # it ends by itself at this moment
                self._writing.reschedule(asyncio.get_running_loop().time())

    async def pour(self, read: Read, spool: Any, room: int, seen: Callable[[bytes], None]) -> str:
        """Bytes into `spool` until the body's `end`, a `full` piece, or the connection is `cut`.

        Raises `Refusal` when there are more than `room`.
        """
        loop = asyncio.get_running_loop()
        self._interrupted = False
        until = loop.time() + PIECE_SECONDS
        try:
            async with asyncio.timeout(IDLE) as self._writing:
                while chunk := await read():
                    if spool.size + len(chunk) > room:
                        raise Refusal("too-large", "more bytes than Upload-Length says")
                    spool.write(chunk)
                    seen(chunk)
                    if self._interrupted:
                        return "cut"
                    if spool.size >= PIECE or loop.time() >= until:
                        return "full"
                    self._writing.reschedule(loop.time() + IDLE)
                return "end"
        except (TimeoutError, OSError):
            return "cut"
        finally:
            self._writing = None
