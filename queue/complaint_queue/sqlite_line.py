"""A line of work before one thread: what stands in it at a moment is done together.

The journal has two: the writer, where a whole group shares one transaction and one sync, and the reader, which never
waits behind it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from normalizer.errors import Overloaded, Unavailable

T = TypeVar("T")

#: Does the same kind of work for many at once; an exception among the results is the failure of that one alone.
Many = Callable[[Any, list[Any]], list[Any]]


class Job:
    """One caller's work: `many(tools, [payload])` gives its result."""

    __slots__ = ("error", "future", "many", "payload", "result", "size")

    def __init__(self, many: Many, payload: Any, size: int, future: asyncio.Future[Any]) -> None:
        self.many, self.payload, self.size, self.future = many, payload, size, future
        self.result: Any = None
        self.error: BaseException | None = None


class Line:
    """`run` does a group of jobs, in the line's own thread, and sets their results or errors.

    Over `max_waiting` jobs or `max_bytes` of payload, `do` raises `Overloaded` before any work.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[list[Job]], None],
        *,
        max_waiting: int,
        max_bytes: int = 64 * 1024 * 1024,
        max_group: int = 512,
    ) -> None:
        self._run = run
        self._max_waiting, self._max_bytes, self._max_group = max_waiting, max_bytes, max_group
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._closed = False
        self.waiting = 0
        self._bytes = 0
        self._thread.start()

    def check(self) -> None:
        """Raise when there is no room in the line."""
        if self._closed:
            raise Unavailable("the journal is closed")
        if self.waiting >= self._max_waiting or self._bytes >= self._max_bytes:
            raise Overloaded("more waits to be written than may be held in memory", 2)

    async def do(self, many: Many, payload: Any, size: int = 0) -> Any:
        """Stand in line; the result of `many` for this `payload`."""
        self.check()
        job = Job(many, payload, size, self._loop.create_future())
        self.waiting += 1
        self._bytes += size
        self._queue.put(job)
        return await job.future

    async def call(self, work: Callable[[Any], T], size: int = 0) -> T:
        """Stand in line with `work(tools)`."""
        return cast(T, await self.do(each, work, size))

    async def close(self) -> None:
        """Do what stands in line, then end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            await asyncio.sleep(0)  # the last group's results were handed over before the thread ended

    def _main(self) -> None:
        queue, end = self._queue, False
        while not end:
            taken = queue.get()
            group: list[Job] = []
            while taken is not None:
                group.append(taken)
                if len(group) >= self._max_group:
                    break
                try:
                    taken = queue.get_nowait()
                except Empty:
                    break
            else:
                end = True
            if group:
                self._do(group)

    def _do(self, group: list[Job]) -> None:
        try:
            self._run(group)
        except BaseException as error:
            for job in group:
                job.error = job.error or Unavailable(
                    "the journal failed ({kind}: {why})", kind=type(error).__name__, why=error
                )
        with suppress(RuntimeError):  # the loop was closed under us: nobody waits any more
            self._loop.call_soon_threadsafe(self._hand_over, group)

    def _hand_over(self, group: list[Job]) -> None:
        for job in group:
            self.waiting -= 1
            self._bytes -= job.size
            future = job.future
            if future.done():
                continue
            if job.error is None:
                future.set_result(job.result)
            else:
                future.set_exception(job.error)


def each(tools: Any, works: list[Callable[[Any], Any]]) -> list[Any]:
    """Calls that share nothing but their transaction."""
    return [work(tools) for work in works]
