"""What the servers of one's own (RabbitMQ, a cluster of it, PostgreSQL) have in common: how they begin and end."""

from __future__ import annotations

import os
import subprocess
from types import TracebackType
from typing import Protocol, Self

#: Ends the groups of processes that it is told as soon as its standard input ends.
_UNTIL_WE_ARE_GONE = 'read -r _; for group; do kill -9 -"$group"; done'


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


class Guard:
    """Has servers ended when we die without a goodbye: a process of its own, that reads a pipe which only we hold."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def watch_over(self, *groups: int) -> None:
        """From now on these groups of processes, and no others."""
        self.dismiss()
        # Nothing is inherited: who ends all processes that carry a variable of ours (scripts/run-tests) would end the
        # guard before what it guards.
        self._process = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", _UNTIL_WE_ARE_GONE, "guard", *map(str, groups)],
            env={"PATH": os.defpath},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Nothing is ended any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None
