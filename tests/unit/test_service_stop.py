"""A stop ends, also when a library swallows a cancellation."""

from __future__ import annotations

import asyncio

import pytest

from intake import service


async def test_a_task_that_loses_its_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "CANCEL_AGAIN", 0.05)
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost == 2:
                    raise
                lost += 1

    async def good() -> None:
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(deaf()), asyncio.create_task(good())]
    kept = list(tasks)
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await service._cancel(tasks)
    assert lost == 2
    assert all(task.cancelled() for task in kept)
    assert tasks == []
