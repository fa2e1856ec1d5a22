"""What several ask for at nearly the same moment is worked out once."""

from __future__ import annotations

import asyncio

import pytest

from intake.web.console.shared import Shared
from normalizer.errors import Unavailable


class Work:
    """Counts how often it is done; each time waits until it may end."""

    def __init__(self) -> None:
        self.done, self.may_end = 0, asyncio.Event()

    async def __call__(self) -> int:
        self.done += 1
        await self.may_end.wait()
        return self.done


async def test_equal_questions_at_the_same_moment_are_one() -> None:
    shared, work, other = Shared(fresh=60), Work(), Work()
    asked = [asyncio.create_task(shared.get("map", work)) for _ in range(10)]
    apart = asyncio.create_task(shared.get("chart", other))
    await asyncio.sleep(0)
    work.may_end.set()
    other.may_end.set()
    assert await asyncio.gather(*asked) == [1] * 10
    assert await apart == 1
    assert await shared.get("map", work) == 1, "still good"
    assert (work.done, other.done) == (1, 1)


async def test_an_answer_is_good_for_a_moment_only() -> None:
    shared, work = Shared(fresh=0), Work()
    work.may_end.set()
    assert [await shared.get("map", work) for _ in range(3)] == [1, 2, 3]


async def test_who_leaves_takes_nothing_from_the_others() -> None:
    shared, work = Shared(), Work()
    leaving, staying = (asyncio.create_task(shared.get("map", work)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    work.may_end.set()
    assert await staying == 1


async def test_an_error_is_told_to_those_who_waited_and_kept_for_nobody() -> None:
    shared = Shared(fresh=60)

    async def away() -> int:
        raise Unavailable("the derived store is closed")

    for _ in range(2):
        with pytest.raises(Unavailable):
            await shared.get("map", away)
    work = Work()
    work.may_end.set()
    assert await shared.get("map", work) == 1


async def test_only_so_many_answers_are_kept() -> None:
    shared, work = Shared(fresh=60, most=3), Work()
    work.may_end.set()
    for name in range(5):
        await shared.get(name, work)
    assert work.done == 5
    await shared.get(4, work)
    assert work.done == 5
    await shared.get(0, work)
    assert work.done == 6
