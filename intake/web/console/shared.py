"""One answer for all who ask the same at nearly the same moment: ten operators look at one map."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from aiohttp import web

T = TypeVar("T")

#: Seconds for which an answer is good. The numbers of a page are as old as it takes to look at them.
FRESH = 2.0
#: Answers kept; what was asked first goes first.
MOST = 32


class Shared:
    """Works equal questions out once, and keeps each answer for a moment."""

    def __init__(self, fresh: float = FRESH, most: int = MOST) -> None:
        self._fresh, self._most = fresh, most
        self._answers: dict[Hashable, tuple[float, asyncio.Future[Any]]] = {}

    async def get(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` found, or what it found a moment ago for another. Its errors are nobody else's answer later."""
        clock = asyncio.get_running_loop().time
        kept = self._answers.get(key)
        if kept is None or clock() >= kept[0]:
            task = asyncio.ensure_future(work())
            # While it is worked on it is new, however long that takes.
            self._answers.pop(key, None)
            self._answers[key] = kept = (float("inf"), task)
            task.add_done_callback(lambda done: self._keep(key, done, clock() + self._fresh))
            while len(self._answers) > self._most:
                del self._answers[next(iter(self._answers))]
        # Who gives up waiting ends the work for nobody else.
        found: T = await asyncio.shield(kept[1])
        return found

    def _keep(self, key: Hashable, done: asyncio.Future[Any], until: float) -> None:
        kept = self._answers.get(key)
        if kept is None or kept[1] is not done:
            return
        if done.cancelled() or done.exception() is not None:
            del self._answers[key]
        else:
            self._answers[key] = (until, done)


SHARED: web.AppKey[Shared] = web.AppKey("console_shared", Shared)
