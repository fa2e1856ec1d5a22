"""The writer of the PostgreSQL journal: one transaction and one sync for all who wait at a moment.

Gateways on one database take turns (the row of `turn`): each sees everything that was written before it, so claims,
tickets and the order of events are decided as if there were one writer. Nothing is lost by that: the day's ticket
counter would make them wait for each other in any case, and a turn is as long as one commit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar, cast

import asyncpg  # type: ignore[import-untyped]

from normalizer.errors import Overloaded, Unavailable

from . import points
from .codec import Codec
from .postgres_open import connect, translate
from .sqlite_rows import Ids, micros, ticket_number

T = TypeVar("T")

#: Does the same kind of work for many at once; an exception among the results is the failure of that one alone.
Many = Callable[["Turn", list[Any]], Awaitable[list[Any]]]


class _Ids(Ids):
    """Ids that go on exactly where the last turn ended, whichever gateway's it was."""

    def __init__(self, last: int) -> None:
        super().__init__(last=last)
        self.last, self._counter = last, last & 0xFFF

    def next(self) -> int:
        self.last = super().next()
        return self.last


class Turn:
    """What a write has in its hands: the connection, the time, ids, the day's ticket numbers, and who we are."""

    __slots__ = ("_before", "codec", "days", "db", "gateway", "ids", "now")

    def __init__(self, db: asyncpg.Connection[Any], codec: Codec, gateway: int, now: int, last: int) -> None:
        self.db, self.codec, self.gateway, self.now = db, codec, gateway, now
        self.ids = _Ids(last)
        self.ids.at(now)
        self._before = last
        self.days: dict[int, int] = {}
        """The last ticket of each day that was read or moved in this turn."""

    @classmethod
    async def begin(cls, db: asyncpg.Connection[Any], codec: Codec, gateway: int, now: int) -> Turn:
        """Start a transaction and wait for our turn."""
        await db.execute("BEGIN")
        last = await db.fetchval("SELECT last FROM turn FOR UPDATE")
        return cls(db, codec, gateway, now, last)

    async def commit(self) -> None:
        """Make everything since `begin` durable."""
        if self.ids.last > self._before:
            await self.db.execute("UPDATE turn SET last = $1", self.ids.last)
        await self.db.execute("COMMIT")

    def next_ticket(self, day: int) -> int:
        """The day's next ticket; `days` knows the day. No number is given twice."""
        self.days[day] += 1
        return ticket_number(day, self.days[day])

    def last_number(self, day: int) -> int:
        """The last number that was given on that day, 0 when none was; `days` knows the day."""
        return self.days.get(day, 0)


class Job:
    """One caller's work: `many(turn, [payload])` gives its result."""

    __slots__ = ("future", "many", "payload", "size")

    def __init__(self, many: Many, payload: Any, size: int, future: asyncio.Future[Any]) -> None:
        self.many, self.payload, self.size, self.future = many, payload, size, future

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)

    def give(self, result: Any) -> None:
        if isinstance(result, BaseException):
            self.fail(result)
        elif not self.future.done():
            self.future.set_result(result)


class Writer:
    """A line of work before one connection: what stands in it at a moment is written together.

    Over `max_waiting` jobs or `max_bytes` of payload, `do` raises `Overloaded` before any work.
    """

    def __init__(
        self,
        url: str,
        codec: Codec,
        gateway: int,
        clock: Callable[[], datetime],
        *,
        max_waiting: int,
        max_bytes: int = 64 * 1024 * 1024,
        max_group: int = 512,
    ) -> None:
        self._url, self._codec, self._gateway, self._clock = url, codec, gateway, clock
        self._max_waiting, self._max_bytes, self._max_group = max_waiting, max_bytes, max_group
        self._db: asyncpg.Connection[Any] | None = None
        self._line: deque[Job] = deque()
        self._news = asyncio.Event()
        self._closed = False
        self._waiting = self._bytes = 0
        self.commits = 0
        self._task = asyncio.create_task(self._main(), name="journal-writer")

    def check(self) -> None:
        """Raise when there is no room in the line."""
        if self._closed:
            raise Unavailable("the journal is closed")
        if self._waiting >= self._max_waiting or self._bytes >= self._max_bytes:
            raise Overloaded("more waits to be written than may be held in memory", 2)

    async def do(self, many: Many, payload: Any, size: int = 0) -> Any:
        """Stand in line; the result of `many` for this `payload`."""
        self.check()
        job = Job(many, payload, size, asyncio.get_running_loop().create_future())
        self._waiting += 1
        self._bytes += size
        self._line.append(job)
        self._news.set()
        return await job.future

    async def call(self, work: Callable[[Turn], Awaitable[T]], size: int = 0) -> T:
        """Stand in line with `work(turn)`."""
        return cast(T, await self.do(each, work, size))

    async def close(self) -> None:
        """Do what stands in line, then end."""
        self._closed = True
        self._news.set()
        await self._task
        await self._drop()

    async def _main(self) -> None:
        while self._line or not self._closed:
            self._news.clear()
            if not self._line:
                await self._news.wait()
                continue
            group = [self._line.popleft() for _ in range(min(len(self._line), self._max_group))]
            try:
                await self._group(group)
            except BaseException as error:
                for job in group:
                    job.fail(
                        Unavailable(
                            "the journal failed ({kind}: {why})", kind=type(error).__name__, why=error
                        )
                    )
                if not isinstance(error, Exception):
                    raise
            finally:
                self._waiting -= len(group)
                self._bytes -= sum(job.size for job in group)

    async def _group(self, jobs: list[Job]) -> None:
        """All in one transaction. When that fails each runs alone, so that only what is wrong fails."""
        try:
            await self._together(jobs)
        except Exception as error:
            failed = translate(error)
            if len(jobs) == 1 or isinstance(failed, Unavailable):
                # The database refuses: asking it again for every waiting caller would only make them wait.
                for job in jobs:
                    job.fail(_copy(failed))
                return
            for job in jobs:
                if isinstance(failed, Unavailable):
                    job.fail(_copy(failed))
                    continue
                try:
                    await self._together([job])
                except Exception as alone:
                    failed = translate(alone)
                    job.fail(failed)

    async def _together(self, jobs: list[Job]) -> None:
        kinds: dict[Many, list[Job]] = {}
        for job in jobs:
            kinds.setdefault(job.many, []).append(job)
        db = await self._connection()
        done: list[tuple[Job, Any]] = []
        try:
            turn = await Turn.begin(db, self._codec, self._gateway, micros(self._clock()))
            for many, same in kinds.items():
                done += zip(same, await many(turn, [job.payload for job in same]), strict=True)
            points.reached("written")
            await turn.commit()
        except BaseException:
            await self._rollback(db)
            raise
        points.reached("committed")
        self.commits += 1
        for job, result in done:
            job.give(result)

    async def _connection(self) -> asyncpg.Connection[Any]:
        if self._db is None or self._db.is_closed():
            self._db = await connect(self._url)
        return self._db

    async def _rollback(self, db: asyncpg.Connection[Any]) -> None:
        """Forget everything since `begin`; a connection that cannot even do that is dropped."""
        try:
            await db.execute("ROLLBACK", timeout=5)
        except BaseException:
            await self._drop()

    async def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            try:
                await db.close(timeout=2)
            except BaseException:
                with suppress(Exception):
                    db.terminate()


def _copy(error: BaseException) -> BaseException:
    """One exception for each who waits: a shared one would gather all their tracebacks."""
    return type(error)(error.reason, error.retry_after) if isinstance(error, Unavailable) else error


async def each(turn: Turn, works: list[Callable[[Turn], Awaitable[Any]]]) -> list[Any]:
    """Calls that share nothing but their transaction."""
    return [await work(turn) for work in works]
