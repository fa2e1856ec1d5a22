"""Keeps tasks alive: one that ends in any way is started again with backoff, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from intake.metrics import Metrics
from normalizer.errors import Misconfigured

#: Seconds before the next start; doubles up to the last, and starts anew after a minute of good work.
FIRST_DELAY, LAST_DELAY, GOOD_AFTER = 0.2, 30.0, 60.0

log = structlog.get_logger()


async def supervise(name: str, work: Callable[[], Awaitable[None]], metrics: Metrics) -> None:
    """Run `work` for ever; ends only when cancelled itself.

    A `CancelledError` that nobody sent to this task (a stalled broker raises those into pending publishes) is one
    more way to end, not a reason to stop.
    """
    delay = FIRST_DELAY
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        try:
            await work()
            log.warning("task_ended", task=name)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            log.warning("task_cancelled_from_inside", task=name)
        except Misconfigured as error:
            log.error(
                "task_misconfigured", task=name, setting=error.setting, problem=error.problem, cure=error.cure
            )
            delay = LAST_DELAY
        except Exception:
            log.exception("task_failed", task=name)
        metrics.restarts.labels(name).inc()
        if loop.time() - started > GOOD_AFTER:
            delay = FIRST_DELAY
        await asyncio.sleep(delay)
        delay = min(delay * 2, LAST_DELAY)
