"""One address in front of several gateways that share a journal, as a load balancer on TCP has it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence


class OneAddress:
    """Connections to `port` on loopback go to `ways` (ports) in turn; past one that refuses, to the next. With `keeps`
    all go to one, as long as it answers: as one client's do, whose uploads go on over several requests."""

    def __init__(self, port: int, ways: Sequence[int], *, keeps: bool = False) -> None:
        self.port, self._ways, self._keeps = port, list(ways), keeps
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> OneAddress:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port, backlog=500)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._keeps:
            self._ways.append(self._ways.pop(0))
        for way in tuple(self._ways):
            with contextlib.suppress(OSError):
                there, here = await asyncio.open_connection("127.0.0.1", way)
                self._ways.sort(key=lambda one: self._keeps and one != way)
                await asyncio.gather(_pour(reader, here), _pour(there, writer))
                return
        writer.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What comes goes on; the end of one side is the end of the other."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
