"""One address in front of several gateways that share a journal, as a load balancer on TCP has it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence


class OneAddress:
    """Connections to `port` on loopback go to `ways` (ports) in turn; past one that refuses, to the next."""

    def __init__(self, port: int, ways: Sequence[int]) -> None:
        self.port, self._ways = port, list(ways)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> OneAddress:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port, backlog=500)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ways.append(self._ways.pop(0))
        for way in tuple(self._ways):
            with contextlib.suppress(OSError):
                there, here = await asyncio.open_connection("127.0.0.1", way)
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
