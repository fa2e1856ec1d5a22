"""What the servers of one's own (RabbitMQ, a cluster of it, PostgreSQL) have in common: how they begin and end."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self


class Started(Protocol):
    """`async with` starts it; it is stopped at the end, and when its start fails."""

    async def start(self, within: float = ...) -> None: ...

    async def stop(self) -> None: ...

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
