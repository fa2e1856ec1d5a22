"""The X adapter against a fake API server on loopback that checks what the real one checks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from adapters.base import Accepted, Account, Cursor, Fate, Gateway, Ignored, Letter, NotRead, Ports
from adapters.x.adapter import XAdapter, XSettings
from adapters.x.fake import FakeX
from adapters.x.parse import parse_body
from adapters.x.post import Us
from adapters.x.simulate import XSimulator
from normalizer.errors import Misconfigured, Unavailable
from normalizer.record import RawEvent
from normalizer.settings import convert

US = Us(user_id="100000001", username="AduanContoh")
KEYS = {"api_key": "k", "api_secret": "rahasia", "access_token": "t", "access_secret": "s", "bearer": "b"}
FIRST = 2_070_000_000_000_000_001


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FakeInbox:
    """Claims like the journal: an external id once, the cursor in the same step. `fail` says what goes wrong."""

    def __init__(self) -> None:
        self.claims: list[str] = []
        self.held: list[str] = []
        self.moves: list[str] = []
        self.cursors: dict[str, str] = {}
        self.fail: list[Exception] = []
        self.news = asyncio.Event()

    async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> Sequence[Fate]:
        if self.fail:
            raise self.fail.pop(0)
        for item in parse_body(raw.body, US):
            if isinstance(item, Accepted) and item.message.external_id not in self.claims:
                self.claims.append(item.message.external_id)
            elif isinstance(item, NotRead | Ignored):
                self.held.append(item.external_id)
        if cursor is not None:
            self.cursors[cursor.name] = cursor.value
            self.moves.append(cursor.value)
        self.news.set()
        return ()

    async def keep(self, raw: RawEvent, spool: Any = None, *, cursor: Cursor | None = None) -> None:
        raise AssertionError("X's items are received, not kept")

    async def cursor(self, name: str) -> str | None:
        return self.cursors.get(name)

    async def claimed(self, *numbers: int) -> None:
        async with asyncio.timeout(30):
            while not {str(n) for n in numbers} <= set(self.claims):
                self.news.clear()
                await self.news.wait()


def settings(**changed: Any) -> XSettings:
    values = {
        "user_id": US.user_id,
        "username": US.username,
        **KEYS,
        "poll_seconds": 0.05,
        "dm_seconds": 0.05,
    }
    return convert(XSettings, values | changed, "account.x.settings", lambda value: value)


@pytest.fixture
async def fake() -> AsyncIterator[FakeX]:
    server = FakeX(settings())
    await server.start()
    yield server
    await server.stop()


@contextlib.asynccontextmanager
async def running(
    fake: FakeX, inbox: FakeInbox, *modes: str, **more: Any
) -> AsyncIterator[asyncio.Task[None]]:
    typed = settings(modes=list(modes), api_base_url=fake.base_url, **more)
    ports = Ports(inbox=inbox, clock=Clock(), new_spool=None)
    adapter = XAdapter(Account(name="x", adapter="x"), typed, ports)
    task = asyncio.create_task(adapter.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await adapter.close()


def post(number: int, text: Any = "@AduanContoh Lampu mati") -> dict[str, Any]:
    return {"id": str(number), "text": text, "author_id": "200000001"}


async def test_pages_are_received_oldest_first_and_the_cursor_follows_the_journal(fake: FakeX) -> None:
    fake.page_size = 2
    numbers = range(FIRST, FIRST + 5)
    for number in numbers:
        await fake.add(post(number))
    inbox = FakeInbox()
    async with running(fake, inbox, "poll"):
        await inbox.claimed(*numbers)
        await fake.add(post(FIRST + 9))
        await inbox.claimed(FIRST + 9)
    assert inbox.moves == [str(n) for n in (*numbers, FIRST + 9)], "nothing is asked for twice"


async def test_what_could_not_be_stored_is_asked_for_again(fake: FakeX) -> None:
    for number in (FIRST, FIRST + 1):
        await fake.add(post(number))
    inbox = FakeInbox()
    inbox.fail = [Unavailable("the disk is full", retry_after=1)]
    async with running(fake, inbox, "poll"):
        await inbox.claimed(FIRST, FIRST + 1)
    assert inbox.moves == [str(FIRST), str(FIRST + 1)]


async def test_a_busy_poll_does_not_run_into_the_limit_and_hears_all_the_while(fake: FakeX) -> None:
    fake.limits["mentions"] = calls, _ = (30, 4)
    inbox = FakeInbox()
    async with running(fake, inbox, "poll", poll_seconds=0.01):
        await fake.called("mentions", calls * 2 // 3)
        await fake.add(post(FIRST))
        async with asyncio.timeout(2):
            await inbox.claimed(FIRST)
        assert fake.calls.count("mentions") < calls, "X never had to refuse"


async def test_a_limit_within_a_page_chain_is_waited_out_and_leaves_no_gap(fake: FakeX) -> None:
    fake.page_size = 2
    for number in range(FIRST, FIRST + 3):
        await fake.add(post(number))
    opens = time.time() + 2
    fake.refuse_next.extend([(200, {}), (429, {"x-rate-limit-reset": str(int(opens))})])
    inbox = FakeInbox()
    async with running(fake, inbox, "poll", poll_seconds=60):
        await inbox.claimed(*range(FIRST, FIRST + 3))
        assert time.time() >= int(opens)
        assert fake.calls.count("mentions") == 3, "the first page is not asked for again"
    assert inbox.moves == [str(n) for n in range(FIRST, FIRST + 3)]


async def test_one_bad_item_is_held_and_the_others_pass(fake: FakeX) -> None:
    for number, text in ((FIRST, "@AduanContoh satu"), (FIRST + 1, 17), (FIRST + 2, "@AduanContoh tiga")):
        await fake.add(post(number, text))
    inbox = FakeInbox()
    async with running(fake, inbox, "poll"):
        await inbox.claimed(FIRST, FIRST + 2)
    assert inbox.held == [str(FIRST + 1)]


async def test_direct_messages_are_polled_with_a_cursor_of_their_own(fake: FakeX) -> None:
    event = {"id": str(FIRST), "event_type": "MessageCreate", "text": "Halo", "sender_id": "200000001"}
    fake.directs.append({**event, "created_at": datetime.now(UTC).isoformat()})
    inbox = FakeInbox()
    async with running(fake, inbox, "dm"):
        await inbox.claimed(FIRST)
        await fake.called("dm_events", 3)
    assert inbox.moves == [str(FIRST)]
    assert inbox.cursors == {"directs": str(FIRST)}


async def test_a_closed_stream_is_opened_again_after_a_wait_and_its_gap_is_fetched(fake: FakeX) -> None:
    inbox = FakeInbox()
    fake.keep_alive = 0.05
    async with running(fake, inbox, "stream"):
        await fake.streaming(1)
        await fake.called("mentions", 1)
        await fake.add(post(FIRST))
        await inbox.claimed(FIRST)
        began = time.monotonic()
        fake.close_streams()
        await fake.add(post(FIRST + 1), stream=False)
        await fake.streaming(2)
        assert time.monotonic() - began > 0.9, "X bans who connects again at once"
        await inbox.claimed(FIRST + 1)
    assert [rule["value"] for rule in fake.rules] == ["@AduanContoh -is:retweet -from:AduanContoh"]


async def test_a_silent_stream_is_given_up(fake: FakeX) -> None:
    async with running(fake, FakeInbox(), "stream", stall_seconds=0.3):
        await fake.streaming(2)


async def test_a_stream_ends_when_it_is_told_to(fake: FakeX) -> None:
    async with running(fake, FakeInbox(), "stream") as task:
        await fake.streaming(1)
        task.cancel()
        async with asyncio.timeout(10):
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_revoked_credentials_are_named_and_not_shown(fake: FakeX) -> None:
    async with running(fake, FakeInbox(), "poll", bearer="lain-rahasia") as task:
        async with asyncio.timeout(10):
            with pytest.raises(Misconfigured) as caught:
                await task
    assert caught.value.setting == "account.x.settings.bearer"
    assert "lain-rahasia" not in str(caught.value)


async def test_the_simulator_checks_the_webhook_and_delivers_until_it_is_taken() -> None:
    typed = settings(modes=["webhook"])
    adapter = XAdapter(
        Account(name="x", adapter="x"), typed, Ports(inbox=FakeInbox(), clock=Clock(), new_spool=None)
    )
    answers, taken = [503, 200], []

    async def door(request: web.Request) -> web.Response:
        raw = RawEvent(
            account="x",
            received_at=datetime.now(UTC),
            body=await request.read(),
            method=request.method,
            url=str(request.url),
            headers={k.lower(): v for k, v in request.headers.items()},
        )
        greeting = adapter.handshake(raw)
        if greeting is not None:
            return web.Response(body=greeting.body)
        adapter.verify(raw)
        taken.append(adapter.parse(raw))
        return web.Response(status=answers.pop(0))

    app = web.Application()
    app.router.add_route("*", "/hooks/x", door)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    simulated = XSimulator(
        adapter.account, typed, Gateway(http=base, public_url="https://aduan.example.go.id")
    )
    try:
        await simulated.start()
        assert await simulated.send(Letter(number=7, text="Banjir & macet", photos=(b"x",))) == "200"
    finally:
        await simulated.stop()
        await runner.cleanup()
    first, again = taken
    assert first == again
    assert isinstance(first[0], Accepted)
    assert first[0].message.text == "Banjir & macet"
    assert len(first[0].message.attachments) == 1
