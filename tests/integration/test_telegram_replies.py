"""What the bot says, against a Bot API server on loopback that checks tokens, lengths and limits as Telegram does."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.base import (
    Accepted,
    Account,
    Cursor,
    Fate,
    Gateway,
    Hears,
    Outgoing,
    Ports,
    Replies,
)
from adapters.telegram.adapter import TelegramAdapter, TelegramSettings
from adapters.telegram.fake import FakeBotApi
from adapters.telegram.outgoing import LONGEST, cut
from adapters.telegram.simulate import TelegramSimulator
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable
from normalizer.record import Choice, RawEvent
from normalizer.settings import convert

TOKEN = "7000000001:CONTOH-bukan-token-asli"
SITI = {"chat_id": "700100200", "message_id": "11"}
GROUP = {"chat_id": "-1001234567890", "message_id": "41", "message_thread_id": "7", "user_id": "700100200"}


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Troubles(dict[str, str]):
    """What the account's health says."""

    def __call__(self, name: str, words: str | None) -> None:
        if words is None:
            self.pop(name, None)
        else:
            self[name] = words


def settings(**changed: Any) -> TelegramSettings:
    values = {"token": TOKEN, "secret": "rahasia", **changed}
    return convert(TelegramSettings, values, "account.telegram.settings", lambda value: value)


@pytest.fixture
async def fake() -> AsyncIterator[FakeBotApi]:
    server = FakeBotApi(TOKEN)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
async def adapter(fake: FakeBotApi, troubles: Troubles) -> AsyncIterator[TelegramAdapter]:
    ports = Ports(inbox=None, clock=Clock(), new_spool=None, trouble=troubles)  # type: ignore[arg-type]
    typed = settings(api_base_url=fake.base_url)
    made = TelegramAdapter(Account(name="telegram", adapter="telegram"), typed, ports)
    yield made
    await made.close()


def said(text: str, *, private: bool = True) -> Outgoing:
    return Outgoing(text=text, key=text, private=private)


async def test_a_reply_stands_below_the_message_and_its_id_is_the_one_that_answers_refer_to(
    fake: FakeBotApi, adapter: TelegramAdapter
) -> None:
    assert isinstance(adapter, Replies)
    number = await adapter.reply(SITI, said("Laporan kami terima 🙏"))
    assert number == f"700100200:{500_000}"
    assert [(one.key, one.text) for one in fake.heard] == [("700100200", "Laporan kami terima 🙏")]
    assert '"message_id": 11' in str(fake.sent[0]["reply_parameters"]).replace("'", '"')


async def test_in_a_group_private_words_go_to_the_person_and_public_ones_to_the_topic(
    fake: FakeBotApi, adapter: TelegramAdapter
) -> None:
    await adapter.reply(GROUP, said("Kode lacak: ABC"))
    await adapter.reply(GROUP, said("Laporan kami terima", private=False))
    assert [(one.key, one.private) for one in fake.heard] == [("700100200", True), ("-1001234567890", False)]
    assert "reply_parameters" not in fake.sent[0]
    assert str(fake.sent[1]["message_thread_id"]) == "7"
    with pytest.raises(ProviderRefused, match="private"):
        await adapter.reply({"chat_id": "-5", "message_id": "1"}, said("Kode lacak: ABC"))
    assert len(fake.heard) == 2


async def test_whoever_cannot_be_reached_is_refused_for_good(
    fake: FakeBotApi, adapter: TelegramAdapter, troubles: Troubles
) -> None:
    fake.blocked.add("1")
    fake.deactivated.add("2")
    fake.unknown.add("3")
    for chat, why in (("1", "blocked"), ("2", "deactivated"), ("3", "[Cc]hat not found")):
        with pytest.raises(ProviderRefused, match=why):
            await adapter.reply({"chat_id": chat}, said("Halo"))
    with pytest.raises(ProviderRefused, match="nothing to say"):
        await adapter.reply(SITI, said(" \n"))
    assert troubles == {}


async def test_a_flood_limit_is_obeyed_by_everybody(fake: FakeBotApi, adapter: TelegramAdapter) -> None:
    fake.refuse_next.append((429, "Too Many Requests: retry after 1", 1))
    began = time.monotonic()
    with pytest.raises(ProviderUnavailable) as caught:
        await adapter.reply(SITI, said("Satu"))
    assert caught.value.retry_after == 1
    await adapter.reply({"chat_id": "700100300"}, said("Dua"))
    assert time.monotonic() - began >= 0.95


async def test_we_keep_to_one_a_second_in_a_chat_and_thirty_over_all(
    fake: FakeBotApi, adapter: TelegramAdapter
) -> None:
    began = time.monotonic()
    await asyncio.gather(*(adapter.reply({"chat_id": str(n)}, said("Halo")) for n in range(100, 135)))
    assert time.monotonic() - began >= 1.0
    await adapter.reply(SITI, said("Satu"))
    second = time.monotonic()
    await adapter.reply(SITI, said("Dua"))
    assert time.monotonic() - second >= 0.9
    assert len(fake.heard) == 37, "the fake, which counts as Telegram does, refused none"


async def test_the_fake_says_too_many_as_telegram_does(fake: FakeBotApi, adapter: TelegramAdapter) -> None:
    fake.limits = (("group", 1, 60.0),)
    await adapter.reply(GROUP, said("Satu", private=False))
    with pytest.raises(ProviderUnavailable) as caught:
        await adapter.reply(GROUP, said("Dua", private=False))
    assert caught.value.retry_after is not None
    assert 50 < caught.value.retry_after <= 60
    await adapter.reply(SITI, said("Yang pribadi tidak ikut menunggu"))


async def test_a_revoked_token_is_the_operators_trouble_and_the_reply_waits(
    fake: FakeBotApi, adapter: TelegramAdapter, troubles: Troubles
) -> None:
    fake.token = "7000000001:YANG-baru-dan-lain"
    with pytest.raises(ProviderUnavailable) as caught:
        await adapter.reply(SITI, said("Satu"))
    assert caught.value.retry_after
    assert "BotFather" in troubles["token"]
    assert TOKEN not in troubles["token"] + repr(caught.value)
    fake.token = TOKEN
    await asyncio.sleep(0)
    await adapter.reply(SITI, said("Satu"))
    assert troubles == {}


async def test_a_group_that_became_a_supergroup_is_followed(
    fake: FakeBotApi, adapter: TelegramAdapter
) -> None:
    fake.moved["-77"] = -1009999
    number = await adapter.reply({"chat_id": "-77", "message_id": "3"}, said("Halo", private=False))
    assert number.startswith("-1009999:")


@pytest.mark.parametrize("text", ["x" * 5000, "kata " * 1500, "🙏" * 3000, "baris\n" * 1000])
async def test_what_is_too_long_is_one_message_that_says_so(
    fake: FakeBotApi, adapter: TelegramAdapter, text: str
) -> None:
    await adapter.reply(SITI, said(text))
    (heard,) = fake.heard
    assert heard.text == cut(text)
    assert heard.text.endswith("…")
    assert LONGEST * 0.9 < len(heard.text.encode("utf-16-le")) / 2 <= LONGEST


def test_the_simulator_hears() -> None:
    simulated = TelegramSimulator(
        Account(name="telegram", adapter="telegram"), settings(), Gateway(http="", public_url="")
    )
    assert isinstance(simulated, Hears)


CHOICES = (
    Choice(name="q:yes", label="Ya"),
    Choice(name="q:no", label="Tidak"),
    Choice(name="q:skip", label="Lewati"),
)


async def test_choices_are_buttons_short_ones_in_pairs(fake: FakeBotApi, adapter: TelegramAdapter) -> None:
    long = Choice(name="menu:numbers", label="Nomor darurat yang penting")
    await adapter.reply(SITI, Outgoing(text="Pilih:", key="1", choices=(*CHOICES, long)))
    rows = json.loads(fake.sent[0]["reply_markup"])["inline_keyboard"]
    assert [[b["text"] for b in row] for row in rows] == [["Ya", "Tidak"], ["Lewati"], [long.label]]
    assert fake.heard[0].choices == (*CHOICES, long)


async def test_words_without_choices_have_no_buttons(fake: FakeBotApi, adapter: TelegramAdapter) -> None:
    await adapter.reply(SITI, said("Baik."))
    assert "reply_markup" not in fake.sent[0]


async def test_a_button_whose_name_telegram_would_not_take_is_refused_by_the_fake(
    fake: FakeBotApi, adapter: TelegramAdapter
) -> None:
    too_long = Choice(name="x" * 65, label="Ya")
    with pytest.raises(ProviderRefused, match=r"(?i)button_data_invalid"):
        await adapter.reply(SITI, Outgoing(text="Pilih:", key="1", choices=(too_long,)))
    assert fake.heard == []


async def test_the_webhook_answers_a_tap_in_its_own_answer(
    fake: FakeBotApi, adapter: TelegramAdapter
) -> None:
    await adapter.reply(SITI, Outgoing(text="Pilih:", key="1", choices=CHOICES))
    tapped = fake.tap("700100200", "q:no", {"id": 700100200, "is_bot": False, "first_name": "Siti"})
    answer = adapter.answer([Fate(outcome="accepted", external_id=f"callback:{tapped['id']}")])
    assert answer.content_type == "application/json"
    await fake._asked_in_answer(answer.body)
    assert fake.answered_taps == [tapped["id"]]
    assert adapter.answer([Fate(outcome="accepted", external_id="700100200:11")]).body == b""


async def test_a_tap_that_was_polled_is_answered_by_a_call(fake: FakeBotApi) -> None:
    class Taken:
        moved = ""

        async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> list[Fate]:
            self.moved = cursor.value if cursor else ""
            (item,) = polling.parse(raw)
            assert isinstance(item, Accepted)
            return [Fate(outcome="accepted", external_id=item.message.external_id)]

        async def cursor(self, name: str) -> str | None:
            return None

    inbox = Taken()
    ports = Ports(inbox=inbox, clock=Clock(), new_spool=None)  # type: ignore[arg-type]
    typed = settings(api_base_url=fake.base_url, mode="polling", poll_timeout=1)
    polling = TelegramAdapter(Account(name="telegram", adapter="telegram"), typed, ports)
    loop = asyncio.create_task(polling.run())
    try:
        await polling.reply(SITI, Outgoing(text="Pilih:", key="1", choices=CHOICES))
        tapped = fake.tap("700100200", "q:skip", {"id": 700100200, "is_bot": False, "first_name": "Siti"})
        await fake.add("callback_query", tapped)
        async with asyncio.timeout(20):
            while tapped["id"] not in fake.answered_taps:
                await asyncio.sleep(0.02)
        assert inbox.moved
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await polling.close()


async def test_a_connection_that_breaks_before_the_answer_leaves_doubt(
    adapter: TelegramAdapter, fake: FakeBotApi
) -> None:
    """The message may have been sent: that is said, so that it is repeated once at most."""

    async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(gone, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ports = Ports(inbox=None, clock=Clock(), new_spool=None)  # type: ignore[arg-type]
    typed = settings(api_base_url=f"http://127.0.0.1:{port}")
    broken = TelegramAdapter(Account(name="telegram", adapter="telegram"), typed, ports)
    try:
        with pytest.raises(OutcomeUnknown):
            await broken.reply(SITI, said("Baik."))
    finally:
        await broken.close()
        server.close()
        await server.wait_closed()
    absent = TelegramAdapter(Account(name="telegram", adapter="telegram"), typed, ports)
    with pytest.raises(ProviderUnavailable) as refused:
        await absent.reply(SITI, said("Baik."))
    await absent.close()
    assert not isinstance(refused.value, OutcomeUnknown), "nobody listens: nothing was sent"
