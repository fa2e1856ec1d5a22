"""Parsing what was kept: mails, and what an operator replays out of quarantine.

Their bytes are already durable, so no parser can lose them. Parsers that may meet hostile input run in a process
of their own with a deadline. After three deaths there, the raw event goes whole into quarantine and the others
flow. The journal counts every attempt before it begins, so that input which takes the whole gateway down with it
ends up there too; that bound is wider, because a gateway that was killed says nothing about the mail in hand.
What waits for the operator (a token that ended) is asked again uncounted.
"""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import resource
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any

import structlog
from msgspec.structs import replace
from pebble import ProcessPool

from adapters.base import Accepted, Adapter, Ignored, Item, NotRead, Prepares, Receipt
from complaint_queue import points
from complaint_queue.file_port import Files
from complaint_queue.journal import Held, Journal, Kept
from intake.receive import Receiver
from normalizer.errors import Damaged, NeedsOperator, ProviderUnavailable, Rejected, Unavailable, Unreadable
from normalizer.record import RawEvent

DEATHS = 3
ATTEMPTS = 10
AT_ONCE = 4
#: Before a provider that did not answer is asked again, seconds; all attempts together take more than an hour.
FIRST_WAIT, LAST_WAIT = 5.0, 1200.0
#: Before what only the operator can mend is tried again, seconds.
OPERATOR_WAIT = 900.0
DEADLINE = 30.0
#: Address space of the worker process in bytes: a mail of the largest size, its copies, and the interpreter.
MEMORY = 1536 * 1024 * 1024

log = structlog.get_logger()


def bound_memory() -> None:
    """Runs once in the worker process: what wants more than this fails there, alone."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def get_ready(adapters: Sequence[str]) -> None:
    """Runs in the worker process: what parsing needs is there before an attempt is counted."""
    for adapter in adapters:
        importlib.import_module(f"adapters.{adapter}.parse")


def parse_apart(adapter: str, raw: RawEvent, settings: Any) -> list[Item]:
    """Runs in the worker process: the pure parser of one adapter."""
    parser: Callable[[RawEvent, Any], list[Item]] = importlib.import_module(f"adapters.{adapter}.parse").parse
    return parser(raw, settings)


@dataclass
class KeptWorker:
    """The loop that parses kept raw events, the least tried first."""

    journal: Journal
    files: Files
    receiver: Receiver
    adapters: Mapping[str, Adapter[Any]]
    deadline: float = DEADLINE
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _pool: ProcessPool | None = None
    _ready: bool = False
    _at_once: int = AT_ONCE
    _one_by_one: bool = False
    """Next time round: a worker died, and nobody knows over which of several."""
    _deaths: Counter[int] = field(default_factory=Counter)
    _later: dict[int, float] = field(default_factory=dict)
    _operator: set[int] = field(default_factory=set)
    """What waits for the operator, its one attempt counted. A crash forgets it, and so the next attempt counts."""

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Parse until cancelled."""
        while True:
            self._wake.clear()
            now = self._now()
            waiting = await self._waiting(now)
            ordered = sorted(waiting, key=lambda k: k.tries)
            self._at_once, self._one_by_one = 1 if self._one_by_one else AT_ONCE, False
            for start in range(0, len(ordered), self._at_once):
                await self._get_ready()
                await asyncio.gather(*map(self.one, ordered[start : start + self._at_once]))
            if not waiting:
                try:
                    async with asyncio.timeout_at(min([now + 30.0, *self._later.values()])):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def _waiting(self, now: float) -> list[Kept]:
        """What may be tried now; it is looked for beyond whatever heap has to wait."""
        limit = 100
        while True:
            kept = await self.journal.kept(limit)
            found = [one for one in kept if self._later.get(one.raw_id, 0.0) <= now]
            if found or len(kept) < limit:
                return found
            limit *= 2

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def one(self, kept: Kept) -> None:
        """Give one kept raw event its fate, or leave it for another try."""
        try:
            if self._deaths[kept.raw_id] >= DEATHS or kept.tries >= ATTEMPTS:
                reason = f"the parser crashed or ran out of time ({kept.tries} attempts)"
                await self.journal.finish_kept(kept.raw_id, "quarantined", Held(reason=reason))
                log.error("quarantined", raw_id=kept.raw_id, reason=reason)
                del self._deaths[kept.raw_id]
                self._forget(kept.raw_id)
                return
            try:
                begin = self.journal.raw if kept.raw_id in self._operator else self.journal.begin
                raw = await begin(kept.raw_id)
                points.reached("begun")
            except Damaged as error:  # `begin` has put it into quarantine, or will
                self._forget(kept.raw_id)
                log.error("damaged", raw_id=kept.raw_id, error=str(error))
                return
            adapter = self.adapters.get(raw.account)
            if adapter is None:
                reason = f"there is no account {raw.account!r} any more"
                await self.journal.finish_kept(kept.raw_id, "quarantined", Held(reason=reason))
                return
            try:
                items = await self._parse(adapter, raw)
            except ProviderUnavailable as error:  # what it has to be asked before it can be read
                wait = min(FIRST_WAIT * 2**kept.tries, LAST_WAIT)
                if isinstance(error, NeedsOperator):
                    self._operator.add(kept.raw_id)
                    wait = OPERATOR_WAIT
                else:
                    self._operator.discard(kept.raw_id)
                self._later[kept.raw_id] = self._now() + wait
                log.warning("prepare_waits", raw_id=kept.raw_id, seconds=wait, reason=error.reason)
                return
            except PoolBroke as error:
                self._one_by_one = True
                log.warning("parser_pool_broke", raw_id=kept.raw_id, error=str(error))
                await asyncio.sleep(1)
                return
            except (ParserDied, Damaged) as error:
                self._deaths[kept.raw_id] += 1
                log.warning("parser_died", raw_id=kept.raw_id, tries=kept.tries + 1, error=str(error))
                return
            await self._finish(kept.raw_id, adapter, raw, items)
            self._forget(kept.raw_id)
        except Unavailable as error:
            log.warning("kept_waits", reason=error.reason)
            await asyncio.sleep(1)

    def _forget(self, raw_id: int) -> None:
        self._later.pop(raw_id, None)
        self._operator.discard(raw_id)

    async def _parse(self, adapter: Adapter[Any], raw: RawEvent) -> Sequence[Item]:
        whole = replace(raw, body=await self.files.read(raw.body_file)) if raw.body_file else raw
        try:
            if isinstance(adapter, Prepares):
                whole = await adapter.prepare(whole)
            if adapter.parse_in_worker:
                return await self._apart(adapter, whole)
            return await asyncio.to_thread(adapter.parse, whole)
        except (Unreadable, Rejected) as error:
            return [NotRead(reason=str(error))]
        except (ParserDied, PoolBroke, ProviderUnavailable, asyncio.CancelledError):
            raise
        except Exception as error:
            log.exception("parser_failed", account=raw.account)
            return [NotRead(reason=f"{type(error).__name__}: {error}")]

    async def _get_ready(self) -> None:
        """A worker that has started. Seconds pass until it has, in which a gateway may be killed: that is no mail's
        fault, so no attempt is counted before."""
        adapters = sorted({one.name for one in self.adapters.values() if one.parse_in_worker})
        broken = self._pool is not None and not self._pool.active
        if not adapters or (self._ready and not broken):
            return
        try:
            if broken:
                await asyncio.to_thread(self.close)
            await asyncio.wrap_future(
                self._workers.schedule(get_ready, args=(adapters,), timeout=self.deadline)
            )
        except Exception as error:  # the attempts will tell
            log.warning("parser_not_ready", error=f"{type(error).__name__}: {error}")
        self._ready = True

    @property
    def _workers(self) -> ProcessPool:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(max_workers=1, context=context, initializer=bound_memory)
        return self._pool

    async def _apart(self, adapter: Adapter[Any], raw: RawEvent) -> Sequence[Item]:
        try:
            future: Future[list[Item]] = self._workers.schedule(
                parse_apart, args=(adapter.name, raw, adapter.settings), timeout=self.deadline
            )
        except RuntimeError as error:  # it has broken before, over something else or nothing
            self._ready = False
            raise PoolBroke(str(error)) from error
        try:
            return await asyncio.wrap_future(future)
        except (TimeoutError, OSError, BrokenProcessPool) as error:  # pebble's ProcessExpired is an OSError
            self._ready = False  # another worker is started
            if isinstance(error, BrokenProcessPool) and self._at_once > 1:
                raise PoolBroke(str(error)) from error
            raise ParserDied(f"{type(error).__name__}: {error}") from error

    async def _finish(self, raw_id: int, adapter: Adapter[Any], raw: RawEvent, items: Sequence[Item]) -> None:
        if any(isinstance(item, Accepted | NotRead) for item in items):
            await self.receiver.admit(adapter, raw, items, raw_id=raw_id)
            return
        for item in items:
            if isinstance(item, Receipt):
                self.receiver.metrics.receipts.labels(adapter.account.name, item.state).inc()
        receipt = "delivery_receipt" if any(isinstance(i, Receipt) for i in items) else "empty"
        reason = next((i.reason for i in items if isinstance(i, Ignored)), receipt)
        await self.journal.finish_kept(raw_id, f"ignored:{reason}")
        self.receiver.metrics.fate(adapter.account.name, "ignored", reason)

    def close(self) -> None:
        """End the worker process; what it was parsing is parsed again after the next start."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool, self._ready = None, False


class PoolBroke(Exception):
    """The worker died before it had said over what, or over nothing (the system may have wanted its memory). pebble
    then ends all that is under way and takes nothing more. Another pool is made; the next time round each is read
    alone, and a death is its own."""


class ParserDied(Exception):
    """The worker crashed or was stopped at the deadline."""
