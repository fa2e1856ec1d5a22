"""The three ways in which we ask X ourselves: mentions by poll, mentions by stream, direct messages by poll.

The rule of all: an item is the journal's first, and only then does the cursor stand behind it. Items are received
oldest first and one by one, so a crash at any moment leaves the cursor before what was not stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from adapters.base import Cursor, Ports
from adapters.x.api import XApi
from adapters.x.pages import Page
from adapters.x.parse import decoded
from normalizer.errors import (
    KanalError,
    Misconfigured,
    ProviderRefused,
    ProviderUnavailable,
    Unavailable,
    Unreadable,
)
from normalizer.record import RawEvent

#: Seconds before a failed call is repeated; doubles up to the last, and starts anew after a minute of good work.
FIRST_WAIT, LAST_WAIT, GOOD_AFTER = 1.0, 300.0, 60.0
#: X reaches back this many mentions; a page chain of that length may have lost some below it.
REACH = 800
#: Names of the listings' cursors.
MENTIONS, DIRECTS = "mentions", "directs"

log = structlog.get_logger()


class Poller:
    """One cursor over one listing of X."""

    def __init__(
        self,
        account: str,
        ports: Ports,
        name: str,
        page: Callable[[str, datetime, str], Awaitable[Page]],
        first_hours: float,
        created: Callable[[bytes], datetime | None] | None = None,
    ) -> None:
        """`page(since, start, token)` asks for one page; `created` dates items of listings that know no start."""
        self._account, self._ports, self._name, self._page = account, ports, name, page
        self._first = timedelta(hours=first_hours)
        self._created = created
        self._one_at_a_time = asyncio.Lock()

    async def once(self) -> int:
        """Everything new, oldest first; how many items. Raises `ProviderUnavailable`, `Unavailable`, …"""
        async with self._one_at_a_time:
            since = await self._ports.inbox.cursor(self._name) or ""
            items = await self._collected(since)
            if len(items) >= REACH:
                log.warning("x_reach_exceeded", account=self._account, listing=self._name, items=len(items))
            for number, body in reversed(items):
                await self._receive(number, body)
            return len(items)

    async def _collected(self, since: str) -> list[tuple[str, bytes]]:
        """All pages down to `since`. A limit in the midst is waited out: beginning anew would meet it again."""
        start = self._ports.clock.now() - self._first
        found: list[tuple[str, bytes]] = []
        token = ""
        while True:
            page = await self._asked(since, start, token)
            for number, body in page.items:
                if since and number and int(number) <= int(since):
                    return found
                if not since and self._created:
                    written = self._created(body)
                    if written and written < start:
                        return found
                found.append((number, body))
            if not page.following or page.following == token:
                return found
            token = page.following

    async def _asked(self, since: str, start: datetime, token: str) -> Page:
        if not token:
            return await self._page(since, start, token)
        wait = FIRST_WAIT
        while True:
            try:
                return await self._page(since, start, token)
            except ProviderUnavailable as error:
                if error.retry_after is None and wait >= LAST_WAIT:
                    raise
                pause = error.retry_after or wait
                log.warning(
                    "x_page_waits", account=self._account, listing=self._name, why=error.reason, seconds=pause
                )
                await asyncio.sleep(pause)
                wait = min(wait * 2, LAST_WAIT)

    async def _receive(self, number: str, body: bytes) -> None:
        raw = RawEvent(
            account=self._account,
            received_at=self._ports.clock.now(),
            body=body,
            envelope={"transport": self._name},
        )
        # What bears no id moves nothing: it is kept in quarantine, and the next one moves the cursor past it.
        cursor = Cursor(name=self._name, value=number) if number else None
        await self._ports.inbox.receive(raw, cursor=cursor)


async def side_by_side(account: str, loops: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
    """Keep every mode going; one that X does not let us use waits for the operator, and holds up no other.

    Ends, by what the last one met, when none is left that works.
    """
    working = set(loops)

    async def keep(mode: str) -> None:
        while True:
            try:
                await loops[mode]()
            except (Misconfigured, ProviderRefused) as error:
                working.discard(mode)
                if not working:
                    raise
                log.error("x_mode_waits", account=account, mode=mode, why=str(error), seconds=LAST_WAIT)
            await asyncio.sleep(LAST_WAIT)
            working.add(mode)

    try:
        async with asyncio.TaskGroup() as group:
            for mode in loops:
                group.create_task(keep(mode))
    except BaseExceptionGroup as failed:
        # The supervisor knows our errors by their type, not a group of them.
        raise failed.exceptions[0] from None


async def keep_polling(account: str, poller: Poller, seconds: float, apart: Callable[[], float]) -> None:
    """Poll until cancelled, every so many `seconds` or as far `apart` as X's limit asks for.

    Failures wait with backoff, limits until X says they end.
    """
    wait = FIRST_WAIT
    while True:
        try:
            await poller.once()
            wait, pause = FIRST_WAIT, max(seconds, apart())
        except (ProviderUnavailable, Unavailable) as error:
            pause = error.retry_after or wait
            log.warning("x_poll_waits", account=account, why=error.reason, seconds=pause)
            wait = min(wait * 2, LAST_WAIT)
        await asyncio.sleep(pause)


class Streamer:
    """The filtered stream, kept up; what passed while it was down is fetched from the mentions."""

    def __init__(
        self, account: str, ports: Ports, api: XApi, catch_up: Poller, rule: str, stall: float
    ) -> None:
        self._account, self._ports, self._api, self._catch_up = account, ports, api, catch_up
        self._rule, self._stall = rule, stall

    async def run(self) -> None:
        """Connect until cancelled. tweepy would connect again at once and for ever; X bans for that."""
        wait, loop = FIRST_WAIT, asyncio.get_running_loop()
        ruled = False
        while True:
            began = loop.time()
            try:
                if not ruled:
                    await self._api.ensure_rule(self._rule, f"kanal-{self._account}")
                    ruled = True
                await self._connection()
            except (ProviderUnavailable, Unavailable) as error:
                if loop.time() - began > GOOD_AFTER:
                    wait = FIRST_WAIT
                pause = error.retry_after or wait
                log.warning("x_stream_waits", account=self._account, why=error.reason, seconds=pause)
            await asyncio.sleep(pause)
            wait = min(wait * 2, LAST_WAIT)

    async def _connection(self) -> None:
        """One connection, and beside it the look at what was missed before it."""
        gap: list[asyncio.Task[None]] = []
        try:
            await self._api.stream(lambda: self._connected(gap), self._line, self._stall)
        finally:
            for task in gap:
                task.cancel()
            await asyncio.gather(*gap, return_exceptions=True)

    async def _connected(self, gap: list[asyncio.Task[None]]) -> None:
        log.info("x_stream_connected", account=self._account)
        gap.append(asyncio.create_task(self._missed()))

    async def _missed(self) -> None:
        """Only this listing moves the cursor: the stream tells nothing of what it left out."""
        wait = FIRST_WAIT
        while True:
            try:
                await self._catch_up.once()
                return
            except (ProviderUnavailable, Unavailable) as error:
                pause = error.retry_after or wait
                log.warning("x_catch_up_waits", account=self._account, why=error.reason, seconds=pause)
                await asyncio.sleep(pause)
                wait = min(wait * 2, LAST_WAIT)
            except KanalError as error:
                # The stream itself goes on; with mode "poll" beside it the same refusal ends the loop and is seen.
                log.error("x_catch_up_refused", account=self._account, why=str(error))
                return

    async def _line(self, line: bytes) -> None:
        if _is_notice(line):
            # "operational-disconnect" and its like: X says why it will close.
            raise ProviderUnavailable("X ended the stream with a notice")
        raw = RawEvent(
            account=self._account,
            received_at=self._ports.clock.now(),
            body=line,
            envelope={"transport": "stream"},
        )
        await self._ports.inbox.receive(raw)


def _is_notice(line: bytes) -> bool:
    try:
        found = decoded(line)
    except Unreadable:
        return False
    return isinstance(found, dict) and "data" not in found and ("errors" in found or "error" in found)
