"""The Telegram adapter against a Bot API server on loopback that checks what the real one checks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from adapters.base import Accepted, Account, Cursor, Fate, Gateway, Letter, Ports
from adapters.telegram.adapter import TelegramAdapter, TelegramSettings
from adapters.telegram.api import FILE_LIMIT
from adapters.telegram.fake import FakeBotApi
from adapters.telegram.parse import Us, parse_update
from adapters.telegram.simulate import TelegramSimulator
from normalizer.errors import Forged, Misconfigured, ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.record import Attachment, RawEvent
from normalizer.settings import convert

TOKEN = "7000000001:CONTOH-bukan-token-asli"
SECRET = "rahasia_contoh-26"
US = Us(id=7000000001, username="JakartaAduanBot")
SITI = {"id": 700100200, "is_bot": False, "first_name": "Siti"}
PRIVATE = {"id": 700100200, "type": "private", "first_name": "Siti"}
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 700


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FakeInbox:
    """Claims like the journal: an external id once, the cursor in the same step. `fail` says what goes wrong."""

    def __init__(self) -> None:
        self.claims: list[str] = []
        self.again = 0
        self.bodies: list[bytes] = []
        self.cursors: dict[str, str] = {}
        self.fail: list[BaseException] = []
        self.crash_after_claims: int | None = None
        self.news = asyncio.Event()

    async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> Sequence[Fate]:
        if self.fail:
            raise self.fail.pop(0)
        item = parse_update(raw.body, US)
        name = item.message.external_id if isinstance(item, Accepted) else item.external_id
        if name in self.claims:
            self.again += 1
        else:
            self.claims.append(name)
            self.bodies.append(raw.body)
        if cursor is not None:
            self.cursors[cursor.name] = cursor.value
        self.news.set()
        if self.crash_after_claims == len(self.claims):
            self.crash_after_claims = None
            raise RuntimeError("killed between receive and confirm")
        return ()

    async def keep(self, raw: RawEvent, spool: Any = None, *, cursor: Cursor | None = None) -> None:
        raise AssertionError("Telegram's updates are received, not kept")

    async def cursor(self, name: str) -> str | None:
        return self.cursors.get(name)

    async def claimed(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.claims) < count:
                self.news.clear()
                await self.news.wait()


def make(api: str, inbox: FakeInbox, public_url: str = "", **settings: Any) -> TelegramAdapter:
    values = {"token": TOKEN, "secret": SECRET, "api_base_url": api, "poll_timeout": 1, **settings}
    typed = convert(TelegramSettings, values, "account.telegram.settings", lambda value: value)
    ports = Ports(inbox=inbox, clock=Clock(), new_spool=None, public_url=public_url)
    return TelegramAdapter(Account(name="telegram", adapter="telegram"), typed, ports)


@pytest.fixture
async def fake() -> AsyncIterator[FakeBotApi]:
    server = FakeBotApi(TOKEN)
    await server.start()
    yield server
    await server.stop()


@contextlib.asynccontextmanager
async def running(adapter: TelegramAdapter) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(adapter.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await adapter.close()


def text(number: int, words: str = "Lampu jalan mati") -> dict[str, Any]:
    return {"message_id": number, "date": 1795408200, "from": SITI, "chat": PRIVATE, "text": words}


async def test_polled_updates_are_stored_as_their_own_bytes_and_then_confirmed(fake: FakeBotApi) -> None:
    inbox = FakeInbox()
    odd = b'{ "update_id" : 81,\n "message":{"message_id":9,"date":1795408200,"from":{"id":700100200},'
    odd += b'"chat":{"id":700100200,"type":"private"},"text":"caf\\u00e9 1.0"}}'
    async with running(make(fake.base_url, inbox, mode="polling")):
        await fake.add("message", text(1))
        last = await fake.add("message", text(2))
        await inbox.claimed(2)
        await fake.taken(last, 10)
    assert inbox.claims == ["700100200:1", "700100200:2"]
    assert inbox.cursors["offset"].startswith(f"{last + 1}@")
    inbox2 = FakeInbox()
    await fake.add("message", {}, raw=odd)
    async with running(make(fake.base_url, inbox2, mode="polling")):
        await inbox2.claimed(1)
    assert inbox2.bodies == [odd]


async def test_killed_between_receive_and_confirm_nothing_is_lost_or_claimed_twice(fake: FakeBotApi) -> None:
    inbox = FakeInbox()
    inbox.crash_after_claims = 3
    last = 0
    for number in range(1, 8):
        last = await fake.add("message", text(number))
    async with running(make(fake.base_url, inbox, mode="polling")) as task:
        with pytest.raises(RuntimeError, match="killed"):
            await asyncio.wait_for(task, 10)
    assert fake.confirmed == 0
    # As if the last commit had not reached the disk: the cursor stands one message back.
    inbox.cursors["offset"] = f"{last - 4}@{int(datetime.now(UTC).timestamp())}"
    async with running(make(fake.base_url, inbox, mode="polling")):
        await inbox.claimed(7)
        await fake.taken(last, 10)
    assert inbox.claims == [f"700100200:{number}" for number in range(1, 8)]
    assert inbox.again == 1


async def test_what_cannot_be_stored_now_is_asked_for_again_in_order(fake: FakeBotApi) -> None:
    inbox = FakeInbox()
    inbox.fail = [Unavailable("the disk is slow", retry_after=0), Unavailable("still", retry_after=0)]
    last = 0
    for number in range(1, 4):
        last = await fake.add("message", text(number))
    async with running(make(fake.base_url, inbox, mode="polling")):
        await inbox.claimed(3)
        await fake.taken(last, 10)
    assert inbox.claims == ["700100200:1", "700100200:2", "700100200:3"]
    assert inbox.again == 0


async def test_polling_survives_telegrams_bad_minutes(fake: FakeBotApi) -> None:
    inbox = FakeInbox()
    async with running(make(fake.base_url, inbox, mode="polling", username="JakartaAduanBot")):
        await fake.add("message", text(1))
        await inbox.claimed(1)
        fake.refuse_next.extend([(502, "Bad Gateway", 0), (429, "Too Many Requests: retry after 1", 1)])
        await fake.add("message", text(2))
        await inbox.claimed(2)
    assert not fake.refuse_next


async def test_a_second_poller_is_explained(fake: FakeBotApi) -> None:
    inbox = FakeInbox()
    first = make(fake.base_url, inbox, mode="polling", poll_timeout=20)
    async with running(first) as task:
        async with asyncio.timeout(10):
            while "getUpdates" not in fake.calls:
                await asyncio.sleep(0.01)
        async with running(make(fake.base_url, FakeInbox(), mode="polling", poll_timeout=1)):
            with pytest.raises(Misconfigured) as caught:
                await asyncio.wait_for(task, 15)
    assert "another program polls this bot" in caught.value.problem
    assert caught.value.cure


async def test_a_foreign_webhook_is_explained_and_left_alone_and_our_own_is_taken_down(
    fake: FakeBotApi,
) -> None:
    fake.webhook = {"url": "https://lain.example.org/x", "secret_token": ""}
    async with running(make(fake.base_url, FakeInbox(), mode="polling")) as task:
        with pytest.raises(Misconfigured, match="webhook"):
            await asyncio.wait_for(task, 10)
    assert fake.webhook["url"] == "https://lain.example.org/x"
    fake.webhook = {"url": "http://127.0.0.1:9/hooks/telegram", "secret_token": SECRET}
    inbox = FakeInbox()
    async with running(make(fake.base_url, inbox, "http://127.0.0.1:9", mode="polling")):
        await fake.add("message", text(1))
        await inbox.claimed(1)
    assert fake.webhook == {}


async def test_a_wrong_token_is_explained_and_not_shown(fake: FakeBotApi) -> None:
    wrong = "7000000001:SALAH-bukan-token-asli"
    async with running(make(fake.base_url, FakeInbox(), mode="polling", token=wrong)) as task:
        with pytest.raises(Misconfigured, match="does not know this token") as caught:
            await asyncio.wait_for(task, 10)
    assert wrong not in repr(caught.value)


@contextlib.asynccontextmanager
async def gateway(
    adapter_of: list[TelegramAdapter], inbox: FakeInbox, trouble: list[int]
) -> AsyncIterator[str]:
    """A webhook as the gateway has it; `trouble` are statuses that it answers first."""

    async def hook(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = RawEvent(
            account="telegram", received_at=Clock().now(), body=await request.read(), headers=headers
        )
        try:
            adapter_of[0].verify(raw)
        except Forged:
            return web.Response(status=403)
        if trouble:
            return web.Response(status=trouble.pop(0))
        answer = adapter_of[0].answer(await inbox.receive(raw))
        return web.Response(status=answer.status, body=answer.body)

    app = web.Application()
    app.router.add_post("/hooks/telegram", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_the_webhook_is_registered_and_called_until_it_says_yes(fake: FakeBotApi) -> None:
    inbox, adapters = FakeInbox(), list[TelegramAdapter]()
    async with gateway(adapters, inbox, [503, 500]) as url:
        adapters.append(make(fake.base_url, inbox, url))
        waiting = await fake.add("message", text(1))
        async with running(adapters[0]):
            await fake.taken(waiting, 10)
            await fake.taken(await fake.add("edited_message", {**text(1), "edit_date": 1795408300}), 10)
    assert fake.webhook == {"url": f"{url}/hooks/telegram", "secret_token": SECRET}
    assert inbox.claims == ["700100200:1"]


async def test_a_public_url_that_telegram_refuses_is_named_with_the_cure() -> None:
    strict = FakeBotApi(TOKEN, loopback_webhooks=False)
    await strict.start()
    try:
        for url in ("http://aduan.example.go.id", "https://aduan.example.go.id:9443"):
            async with running(make(strict.base_url, FakeInbox(), url)) as task:
                with pytest.raises(Misconfigured) as caught:
                    await asyncio.wait_for(task, 10)
            assert caught.value.setting == "gateway.public_url"
            assert "443" in caught.value.cure
        assert strict.webhook == {}
    finally:
        await strict.stop()


def file(name: str, size: int = 0) -> Attachment:
    return Attachment(remote=name, size=size, state="pending")


async def fetched(adapter: TelegramAdapter, attachment: Attachment) -> bytes:
    return b"".join([chunk async for chunk in adapter.fetch(attachment)])


async def test_a_file_comes_whole_and_is_asked_for_anew_when_its_path_has_expired(fake: FakeBotApi) -> None:
    fake.store_file(PHOTO, "f1", "photos/file_1.jpg")
    adapter = make(fake.base_url, FakeInbox())
    try:
        assert await fetched(adapter, file("f1")) == PHOTO
        fake.file_seconds = -1
        with pytest.raises(ProviderUnavailable):
            await fetched(adapter, file("f1"))
        fake.file_seconds = 60
        assert await fetched(adapter, file("f1")) == PHOTO
    finally:
        await adapter.close()


async def test_a_file_that_telegram_does_not_give_is_refused_for_good(fake: FakeBotApi) -> None:
    fake.store_file(b"x" * (FILE_LIMIT + 1), "big", "videos/big.mp4")
    fake.store_file(b"x", "there", "photos/there.jpg")
    adapter = make(fake.base_url, FakeInbox())
    try:
        with pytest.raises(ProviderRefused, match="too big"):
            await fetched(adapter, file("big"))
        calls = len(fake.calls)
        with pytest.raises(ProviderRefused, match="20 MB"):
            await fetched(adapter, file("there", FILE_LIMIT + 1))
        assert len(fake.calls) == calls, "a size that was told needs no question"
        fake.refuse_next.append((429, "Too Many Requests: retry after 7", 7))
        with pytest.raises(ProviderUnavailable) as caught:
            await fetched(adapter, file("there"))
        assert caught.value.retry_after == 7
    finally:
        await adapter.close()


async def test_the_token_is_in_no_log_line_and_no_error(
    fake: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.store_file(PHOTO, "f1", "photos/file_1.jpg")
    inbox, words = FakeInbox(), list[str]()
    adapter = make(fake.base_url, inbox, mode="polling")
    async with running(adapter):
        await fake.add("message", text(1, "kata-kata warga"))
        await inbox.claimed(1)
        await fetched(adapter, file("f1"))
        for attachment in (file("none"), file("f1")):
            fake.file_seconds = -1
            with pytest.raises((ProviderRefused, ProviderUnavailable)) as caught:
                await fetched(adapter, attachment)
            words.append(repr(caught.value) + str(caught.value.__cause__))
    gone = make("http://127.0.0.1:1", inbox)
    try:
        with pytest.raises(ProviderUnavailable) as caught:
            await fetched(gone, file("f1"))
        words.append(repr(caught.value) + str(caught.value.__cause__))
    finally:
        await gone.close()
    logged = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert "HTTP Request" in logged, "the libraries did log what they asked for"
    assert "<token>" in logged
    assert TOKEN not in logged + "\n".join(words)
    assert "CONTOH-bukan" not in logged + "\n".join(words)
    assert "kata-kata warga" not in logged


@pytest.mark.parametrize("mode", ["webhook", "polling"])
async def test_a_simulated_album_arrives_over_either_transport_under_the_same_ids(mode: str) -> None:
    inbox, adapters = FakeInbox(), list[TelegramAdapter]()
    async with gateway(adapters, inbox, []) as url:
        probe = FakeBotApi(TOKEN)
        base = await probe.start()
        await probe.stop()
        adapters.append(make(base, inbox, url, mode=mode, username="JakartaAduanBot", set_webhook=False))
        simulator = TelegramSimulator(
            adapters[0].account, adapters[0].settings, Gateway(http=url, public_url=url)
        )
        await simulator.start()
        try:
            async with running(adapters[0]):
                letter = Letter(
                    number=4, text="Sampah", photos=(PHOTO, PHOTO + b"2"), latitude=-6.2, longitude=106.8
                )
                assert await simulator.send(letter) in ("200", "taken")
                await simulator.send(letter)
                for update in inbox.bodies[:2]:
                    item = parse_update(update, US)
                    assert isinstance(item, Accepted)
                    assert item.message.group is not None
                    assert (await fetched(adapters[0], item.message.attachments[0])).startswith(PHOTO)
        finally:
            await simulator.stop()
    person = inbox.claims[0].partition(":")[0]
    assert inbox.claims == [f"{person}:400", f"{person}:401", f"{person}:402"]
    assert inbox.again == 3
    last = parse_update(inbox.bodies[2], US)
    assert isinstance(last, Accepted)
    assert last.message.follows == (f"{person}:400",)
    assert last.message.place.coordinates is not None


async def test_messages_sent_through_the_fake_are_recorded_and_refused_as_telegram_does(
    fake: FakeBotApi,
) -> None:
    adapter = make(fake.base_url, FakeInbox())
    try:
        bot = adapter._api._open()[0]
        await bot.send_message(700100200, "Laporan diterima")
        fake.blocked.add("700100200")
        with pytest.raises(Exception, match="blocked by the user"):
            await bot.send_message(700100200, "Laporan diterima")
    finally:
        await adapter.close()
    assert [one["text"] for one in fake.sent] == ["Laporan diterima"]
