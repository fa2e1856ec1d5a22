"""LAPOR's listing: page after page through kills, shifts, limits and bad days, each report once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.base import Cursor, Fate, Inbox
from adapters.sp4n_lapor import pull as pulling
from normalizer.errors import ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.record import RawEvent
from tests.intake_world import START, IntakeWorld, intake_world
from tests.sp4n_world import lapor, report, running, said


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


class FailingInbox:
    """A real inbox that fails with `error` once it has taken `left` raw events."""

    def __init__(self, inbox: Inbox, left: int, error: BaseException) -> None:
        self.inbox, self.left, self.error = inbox, left, error
        self.cursor = inbox.cursor

    async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> Sequence[Fate]:
        if self.left == 0:
            raise self.error
        self.left -= 1
        return await self.inbox.receive(raw, cursor=cursor)


async def test_a_kill_between_pages_or_in_one_goes_on_and_loses_nothing(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 3}) as one:
        for number in range(10):
            await one.fake.add(report(number, 10 - number))
        await one.restart(inbox=FailingInbox(one.adapter.ports.inbox, 5, asyncio.CancelledError()))
        with pytest.raises(asyncio.CancelledError):
            await one.adapter.puller.once()
        assert await one.tickets() == 5
        calls = len(one.fake.calls)
        await one.restart()
        await one.adapter.puller.once()
        assert await one.tickets() == 10
        assert len(one.fake.calls) - calls == 3, "it went on at the second page, not at the first"
        assert len({query.get("sejak") for query in one.fake.asked}) == 1, "with the same beginning"


async def test_a_report_counts_as_stored_once_its_own_page_is(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 2}) as one:
        items = [report(number) for number in range(5)]
        for item in items:
            await one.fake.add(item)
        await one.adapter.puller.once()
        assert await one.tickets() == 5
        await one.fake.stored(items[0], 1)
        with pytest.raises(TimeoutError):  # three calls were made, but none after the page that held it
            await one.fake.stored(items[4], 0.1)
        await one.adapter.puller.once()
        await one.fake.stored(items[4], 1)


async def test_a_page_token_that_lapor_forgot_begins_anew(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 2}) as one:
        for number in range(6):
            await one.fake.add(report(number))
        one.fake.refuse_next.extend([(200, {}), (200, {}), (500, {})])
        with pytest.raises(ProviderUnavailable):
            await one.adapter.puller.once()
        one.fake._pages.clear()
        await one.restart()
        await one.adapter.puller.once()
        assert await one.tickets() == 6


async def test_numbered_pages_begin_anew_because_they_shift(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 2, "paging": "number", "page": "halaman"}) as one:
        for number in range(5):
            await one.fake.add(report(number))
        one.fake.refuse_next.extend([(200, {}), (503, {})])
        with pytest.raises(ProviderUnavailable):
            await one.adapter.puller.once()
        del one.fake.items[0]  # what was on page two is on page one now
        await one.restart()
        await one.adapter.puller.once()
        assert await one.tickets() == 5
        assert said(one, "halaman") == ["1", "1", "2", "3"]


async def test_offsets_and_a_listing_without_pages(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 2, "paging": "offset", "page": "mulai"}) as one:
        for number in range(5):
            await one.fake.add(report(number))
        await one.adapter.puller.once()
        assert await one.tickets() == 5
        assert said(one, "mulai") == ["", "2", "4", "5"]


async def test_a_server_that_goes_in_circles_is_left(world: IntakeWorld) -> None:
    async with lapor(world, pull={"paging": "number", "page": "halaman"}) as one:
        await one.fake.add(report(1))
        one.fake._first = lambda query: 0  # type: ignore[method-assign]
        await one.adapter.puller.once()
        assert len(one.fake.calls) == 2


async def test_reordered_and_repeated_items_are_each_taken_once(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 4}) as one:
        one.fake.repeat, one.fake.backwards = 2, True
        for number in range(5):
            await one.fake.add(report(number, 50 - number))
        await one.adapter.puller.once()
        assert await one.tickets() == 5


async def test_the_overlap_finds_late_reports_and_costs_no_write(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(5, 10))
        await one.adapter.puller.once()
        before = await world.journal.cursor("lapor", "pull")
        await one.fake.add(report(4, 40))  # released late, dated before what was read
        assert await one.adapter.puller.once() == 1
        assert await one.adapter.puller.once() == 0
        assert await world.journal.cursor("lapor", "pull") == before
        assert await one.tickets() == 2
        assert said(one, "sejak")[1] == (START + timedelta(hours=7, minutes=-70)).isoformat().replace(
            "+00:00", "+07:00"
        )


async def test_a_time_to_come_does_not_hide_what_follows(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1, -60 * 24 * 365))
        await one.adapter.puller.once()
        await one.fake.add(report(2, 1))
        await one.adapter.puller.once()
        assert await one.tickets() == 2


async def test_a_listing_that_counts_by_number(world: IntakeWorld) -> None:
    pull = {"since": "since_id", "since_format": "number", "mark": "tracking_id", "overlap": 10}
    async with lapor(world, pull=pull) as one:
        await one.fake.add(report(100))
        await one.adapter.puller.once()
        await one.fake.add(report(95))
        await one.adapter.puller.once()
        assert said(one, "since_id") == ["", "90"]
        assert await one.tickets() == 2


async def test_hostile_items_never_stop_the_page_and_are_held_once(world: IntakeWorld) -> None:
    deep = b'{"tracking_id":"9","isi":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    hostile = [7, None, "x", [], {}, {"tracking_id": {}}, report(3, isi=[1]), deep, b'{"isi": NaN}']
    async with lapor(world) as one:
        await one.fake.add(report(1))
        for item in hostile:
            await one.fake.add(item)
        await one.fake.add(report(2, isi="panjang " * 100_000))
        await one.adapter.puller.once()
        await one.adapter.puller.once()
        assert await one.tickets() == 2
        assert (await world.journal.depths()).quarantined == len(hostile)


async def until(true: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not (await true() if asyncio.iscoroutinefunction(true) else true()):
            await asyncio.sleep(0.01)


async def test_an_expired_token_is_a_trouble_until_it_works_again(world: IntakeWorld) -> None:
    async with lapor(world, pull={"seconds": 0.05}) as one, running(one):
        await one.fake.called("listing")
        one.fake.token_valid = False
        await until(lambda: "token" in one.troubles)
        assert "token-uji" not in one.troubles["token"] and "To do:" in one.troubles["token"]
        await one.fake.add(report(1))
        one.fake.token_valid = True
        await until(lambda: not one.troubles)

        async def there() -> bool:
            return await one.tickets() == 1

        await until(there)


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_limit_is_obeyed_to_its_end(world: IntakeWorld, form: str) -> None:
    async with lapor(world) as one:
        wait = "7" if form == "seconds" else format_datetime(world.clock.now() + timedelta(seconds=7))
        one.fake.refuse_next.append((429, {"Retry-After": wait}))
        with pytest.raises(ProviderUnavailable) as caught:
            await one.adapter.puller.once()
        assert caught.value.retry_after == 7


async def test_after_a_limit_the_loop_waits_as_long_as_it_was_told(world: IntakeWorld) -> None:
    async with lapor(world, pull={"seconds": 0.02}) as one:
        one.fake.refuse_next.append((429, {"Retry-After": "1"}))
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with running(one):
            await one.fake.called("listing", 2)
        assert loop.time() - began >= 0.95


async def test_a_page_that_is_no_page_is_a_trouble_with_a_cure(world: IntakeWorld) -> None:
    async with lapor(world, pull={"seconds": 0.05}) as one:
        right = one.fake._page
        one.fake._page = lambda items, following: web.Response(text="<html>")  # type: ignore[method-assign]
        async with running(one):
            await until(lambda: "pull" in one.troubles)
            assert "pull.items" in one.troubles["pull"]
            one.fake._page = right  # type: ignore[method-assign]
            await until(lambda: not one.troubles)


async def test_our_own_failure_keeps_the_cursor_where_it_was(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1))
        inbox = FailingInbox(one.adapter.ports.inbox, 0, Unavailable("the disk is full"))
        await one.restart(inbox=inbox)
        with pytest.raises(Unavailable):
            await one.adapter.puller.once()
        assert await world.journal.cursor("lapor", "pull") is None
        inbox.left = 1
        assert await one.adapter.puller.once() == 1


async def test_the_token_goes_to_no_other_server(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        for address in ("http://127.0.0.1:1/x", "https://lapor.example.org/x", "//lapor.example.org/x"):
            with pytest.raises(ProviderRefused, match="another server"):
                one.adapter._api.following(address)
        assert one.adapter._api.following("/api/v1/disposisi?k=2").query == {"k": "2"}


async def test_a_cursor_that_cannot_be_read_costs_a_repetition(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1))
        raw = RawEvent(account="lapor", received_at=START, envelope={"transport": "pull"})
        await one.adapter.ports.inbox.receive(raw, cursor=Cursor(name=pulling.CURSOR, value='{"since":"?"}'))
        assert await one.adapter.puller.once() == 1
