"""One real gateway, one real RabbitMQ: what every door promises, seen from the citizen's and the CRM's side."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from adapters.base import Letter
from intake.consume import consume
from normalizer.record import Complaint, ComplaintEvent
from tests.gateway_process import GatewayProcess

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(180)]

TEXT = "Jalan berlubang di depan pasar, Kelurahan Kenari, Kecamatan Senen. Sudah dua minggu."


def photo(colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
async def gateway(tmp_path: Path, rabbitmq_url: str) -> AsyncIterator[GatewayProcess]:
    process = GatewayProcess(tmp_path, rabbitmq_url)
    await process.add_clerk()
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


class Consumer:
    """The CRM's side: collects events until somebody has what they wait for."""

    def __init__(self, url: str) -> None:
        self.events: list[ComplaintEvent] = []
        self._news = asyncio.Event()
        self._task = asyncio.create_task(consume(url, on_event=self._on_event, idle_timeout=None))

    async def _on_event(self, event: ComplaintEvent) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, count: int, within: float = 40.0) -> list[ComplaintEvent]:
        async with asyncio.timeout(within):
            while len(self.events) < count:
                self._news.clear()
                await self._news.wait()
        return self.events

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


@pytest.fixture
async def consumer(rabbitmq_url: str) -> AsyncIterator[Consumer]:
    one = Consumer(rabbitmq_url)
    yield one
    await one.close()


def created(events: list[ComplaintEvent]) -> list[Complaint]:
    return [event.complaint for event in events if event.event == "created"]


async def test_a_long_message_in_an_address_arrives_whole(
    gateway: GatewayProcess, consumer: Consumer
) -> None:
    """Kannel hands over a message in the request's first line, of which ten parts of Javanese fill nearly 10 KB."""
    text = f"{TEXT} {'ꦠꦸꦭꦸꦁ ꦢꦭꦤ꧀ꦫꦸꦱꦏ꧀ ' * 100}"[:1600].strip()
    simulator = gateway.simulator("sms-kannel")
    await simulator.start()
    try:
        await simulator.send(Letter(number=1, text=text))
        await consumer.until(1)
    finally:
        await simulator.stop()
    (record,) = created(consumer.events)
    assert record.text == text


async def test_each_door_becomes_one_right_record(gateway: GatewayProcess, consumer: Consumer) -> None:
    doors = {
        "email-dki": "email",
        "sms-kannel": "sms",
        "sms-twilio": "sms",
        "telegram-dki": "telegram",
        "loket": "kantor_kelurahan",
    }
    for name in doors:
        simulator = gateway.simulator(name)
        await simulator.start()
        photos = () if name.startswith("sms") else (photo(),)
        try:
            await simulator.send(
                Letter(
                    number=1, text=TEXT, subject="Jalan rusak", photos=photos, kelurahan_code="31.71.04.1002"
                )
            )
            await consumer.until(list(doors).index(name) + 1)
        finally:
            await simulator.stop()
    records = {record.account: record for record in created(consumer.events)}
    assert set(records) == set(doors)
    for name, channel in doors.items():
        record = records[name]
        assert record.channel == channel
        assert "Jalan berlubang di depan pasar" in record.text
        assert record.language.code == "id"
        assert record.place.kelurahan is not None
        assert record.place.kelurahan.name == "Kenari"
        assert record.place.city is not None
        assert record.place.city.code == "31.71"
        assert record.raw_sha256
        assert record.ticket
        if not name.startswith("sms"):
            (attachment,) = record.attachments
            assert attachment.state == "stored"
            assert attachment.media_type == "image/jpeg"
            async with aiohttp.ClientSession() as session, session.get(attachment.url) as answer:
                assert answer.status == 200
                assert await answer.read() == photo()


async def post_update(
    gateway: GatewayProcess, session: aiohttp.ClientSession, update: dict[str, Any], secret: str | None = None
) -> tuple[int, str]:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret or gateway.config.resolve("auto:telegram-secret")}
    async with session.post(gateway.url + "/hooks/telegram-dki", json=update, headers=headers) as answer:
        return answer.status, await answer.text()


def update(number: int, text: str, **message: Any) -> dict[str, Any]:
    sender = {"id": 9000 + number // 1000, "is_bot": False, "first_name": "Siti", "language_code": "id"}
    chat = {"id": sender["id"], "type": "private", "first_name": "Siti"}
    body = {"message_id": number, "from": sender, "chat": chat, "date": 1795400000 + number, **message}
    if text:
        body["text"] = text
    return {"update_id": 100000 + number, "message": body}


async def test_fifty_parallel_retries_are_one_complaint(gateway: GatewayProcess, consumer: Consumer) -> None:
    kannel = gateway.simulator("sms-kannel")
    letter = Letter(number=7, text=TEXT)
    async with aiohttp.ClientSession() as session:
        answers = await asyncio.gather(*(post_update(gateway, session, update(1, TEXT)) for _ in range(50)))
    await kannel.start()
    sms = await asyncio.gather(*(kannel.send(letter) for _ in range(50)))
    await kannel.stop()
    assert set(answers) == {answers[0]}
    assert answers[0][0] == 200
    assert set(sms) == {sms[0]}
    await consumer.until(2)
    await asyncio.sleep(1)
    assert len(created(consumer.events)) == 2


async def test_a_forged_event_is_refused_without_a_trace(gateway: GatewayProcess) -> None:
    async with aiohttp.ClientSession() as session:
        status, words = await post_update(gateway, session, update(1, TEXT), secret="wrong")
        health = await gateway.health()
    assert status == 403
    assert gateway.config.resolve("auto:telegram-secret") not in words + gateway.log.read_text()
    assert health["waiting"]["unpublished"] == health["waiting"]["tasks"] == 0


async def test_what_we_cannot_read_is_kept_whole_and_can_be_replayed(gateway: GatewayProcess) -> None:
    broken = {"update_id": 5, "message": {"message_id": "not a number", "chat": 7, "text": "Tolong kami"}}
    async with aiohttp.ClientSession() as session:
        status, _ = await post_update(gateway, session, broken)
    assert status == 200
    assert (await gateway.health())["waiting"]["quarantined"] == 1
    code, listed = await gateway.run("quarantine", "list")
    assert code == 0
    assert "telegram-dki" in listed
    entry = listed_ids(listed)[0]
    code, shown = await gateway.run("quarantine", "show", entry)
    assert code == 0
    assert "Tolong kami" in shown, "the raw bytes are whole"
    code, said = await gateway.run("quarantine", "replay", entry)
    assert code == 0, said
    entry = listed_ids(await held_again(gateway))[0]
    fields = ("--set", "message.message_id=7", "--set", 'message.chat={"id": 7, "type": "private"}')
    more = (
        "--set",
        'message.from={"id": 7, "is_bot": false, "first_name": "Siti"}',
        "--set",
        "message.date=1795400000",
    )
    code, said = await gateway.run("quarantine", "edit", entry, *fields, *more, "--reason", "penyedia keliru")
    assert code == 0, said
    async with asyncio.timeout(30):
        while not (await gateway.health())["waiting"]["open_complaints"]:
            await asyncio.sleep(0.2)
    code, said = await gateway.run("audit", "--json")
    acts = [json.loads(line) for line in said.splitlines()]
    assert [act["what"] for act in acts][-2:] == ["quarantine_replay", "quarantine_edit"]
    assert acts[-1]["detail"]["reason"] == "penyedia keliru"
    assert acts[-1]["detail"]["before"] != acts[-1]["detail"]["after"]
    assert all(act["who"].startswith("os:") for act in acts)
    code, said = await gateway.run("quarantine", "discard", entry, "--yes")
    assert code == 2, "a reason is demanded"


async def held_again(gateway: GatewayProcess) -> str:
    """The list of the quarantine once what was replayed is back."""
    async with asyncio.timeout(30):
        while not (await gateway.health())["waiting"]["quarantined"]:
            await asyncio.sleep(0.2)
    return (await gateway.run("quarantine", "list"))[1]


def listed_ids(table: str) -> list[str]:
    words = [word.strip("│|┃ ") for line in table.splitlines() for word in line.split()[:2]]
    return [word for word in words if word.isdigit()]


async def test_an_album_of_ten_killed_in_the_middle_is_one_complaint(
    gateway: GatewayProcess, consumer: Consumer
) -> None:
    telegram = gateway.simulator("telegram-dki")
    await telegram.start()
    try:
        parts = [
            telegram.album_part(  # type: ignore[attr-defined]
                n, photo((n * 24, 255 - n * 24, 90)), album="31337", caption=TEXT if n == 1 else ""
            )
            for n in range(1, 11)
        ]
        async with aiohttp.ClientSession() as session:
            for part in parts[:5]:
                assert (await post_update(gateway, session, part))[0] == 200
            await gateway.kill()
            await gateway.start()
            for part in parts[4:]:  # the fifth comes twice: Telegram had not seen our answer
                assert (await post_update(gateway, session, part))[0] == 200
        await consumer.until(1, within=60)
        async with asyncio.timeout(60):
            while len(stored(consumer.events)) < 10:
                await asyncio.sleep(0.2)
    finally:
        await telegram.stop()
    assert len({event.complaint.complaint_id for event in consumer.events}) == 1
    assert len(stored(consumer.events)) == 10


def stored(events: list[ComplaintEvent]) -> set[str]:
    """Photos that the newest record holds."""
    return {a.sha256 for a in events[-1].complaint.attachments if a.state == "stored"} if events else set()


async def test_a_clean_stop_takes_less_than_ten_seconds(gateway: GatewayProcess) -> None:
    assert await gateway.stop() < 10
    assert gateway.process is not None
    assert gateway.process.returncode == 0
