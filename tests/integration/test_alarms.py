"""Alarms leave the program: once when they stand, once when they are over; to a real webhook and a real mail server."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import re
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP

from intake.alarms import AlarmBoard, AlarmsTable, ways_of
from intake.alarms.explained import explained, known
from intake.alarms.watching import Watch
from intake.alarms.ways import Mail, News, Webhook
from intake.free_ports import free_ports
from normalizer.errors import Misconfigured
from normalizer.settings import Secret
from tests.gateway_process import CONFIG, GatewayProcess

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


class Hook:
    """A webhook that checks the signature, and can be told to fail."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.status = 204

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        assert request.content_type == "application/cloudevents+json"
        expected = "sha256=" + hmac.new(b"rahasia-alarm", body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(request.headers["Kanal-Signature"], expected)
        if self.status < 300:
            self.events.append(json.loads(body))
        return web.Response(status=self.status)

    def seen(self) -> list[tuple[str, str]]:
        return [(e["subject"], e["data"]["state"]) for e in self.events]


@pytest.fixture
async def hook() -> AsyncIterator[tuple[Hook, str]]:
    made = Hook()
    app = web.Application()
    app.router.add_post("/alarm", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    (port,) = free_ports(1)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield made, f"http://127.0.0.1:{port}/alarm"
    await runner.cleanup()


async def until(true: Callable[[], bool], within: float = 15.0) -> None:
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.02)


def board(folder: Path, url: str, after: float = 0.1) -> AlarmBoard:
    way = Webhook(url, b"rahasia-alarm")
    return AlarmBoard(
        folder / "alarms.json", lambda: datetime.now(UTC), (way,), "https://aduan.example.go.id", after
    )


async def test_an_alarm_is_told_once_and_its_end_once(tmp_path: Path, hook: tuple[Hook, str]) -> None:
    heard, url = hook
    made = board(tmp_path, url)
    task = asyncio.create_task(made.run())
    for number in range(5):
        made.alarm("broker_away", f"RabbitMQ is away, try {number}")
        await asyncio.sleep(0.05)
    await until(lambda: heard.seen() == [("broker_away", "raised")])
    made.alarm("broker_away", "RabbitMQ is still away")
    await asyncio.sleep(0.4)
    made.alarm("broker_away", None)
    await until(lambda: len(heard.events) == 2)
    assert heard.seen() == [("broker_away", "raised"), ("broker_away", "over")]
    assert len({e["id"] for e in heard.events}) == 2
    task.cancel()


async def test_what_lasts_a_moment_is_not_told(tmp_path: Path, hook: tuple[Hook, str]) -> None:
    heard, url = hook
    made = board(tmp_path, url, after=0.5)
    task = asyncio.create_task(made.run())
    made.alarm("blink", "a blink")
    await asyncio.sleep(0.1)
    made.alarm("blink", None)
    made.alarm("stays", "this one stays")
    await until(lambda: bool(heard.events))
    assert heard.seen() == [("stays", "raised")]
    task.cancel()


async def test_a_way_that_was_down_hears_the_state_as_it_is_then_and_a_restart_repeats_nothing(
    tmp_path: Path, hook: tuple[Hook, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, url = hook
    monkeypatch.setattr("intake.alarms.board.FIRST_WAIT", 0.1)
    heard.status = 500
    made = board(tmp_path, url)
    task = asyncio.create_task(made.run())
    made.alarm("gone_meanwhile", "it will be over before the way is back")
    made.alarm("stands", "the journal is full; call 0812-0000-0001")
    await asyncio.sleep(0.4)
    made.alarm("gone_meanwhile", None)
    await asyncio.sleep(0.4)
    heard.status = 200
    await until(lambda: bool(heard.events))
    assert heard.seen() == [("stands", "raised")]
    assert "0812" not in json.dumps(heard.events), "nothing private leaves with an alarm"
    kept = tmp_path / "alarms.json"
    await until(lambda: kept.exists() and "stands" in kept.read_text())  # it knows that it was heard
    task.cancel()
    again = board(tmp_path, url)
    task = asyncio.create_task(again.run())
    again.alarm("stands", "the journal is full")
    await asyncio.sleep(0.5)
    assert len(heard.events) == 1
    again.alarm("stands", None)
    await until(lambda: heard.seen()[-1] == ("stands", "over"))
    task.cancel()


async def test_an_alarm_by_mail_reaches_a_real_server(tmp_path: Path) -> None:
    class Handler:
        def __init__(self) -> None:
            self.mails: list[bytes] = []

        async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            self.mails.append(envelope.content)
            return "250 2.0.0 OK"

    handler = Handler()
    (port,) = free_ports(1)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="mx.example.org"), "127.0.0.1", port)
    (way,) = ways_of(
        AlarmsTable(
            mail_to=["piket@example.go.id"],
            mail_from="kanal@example.go.id",
            smarthost=f"smtp://127.0.0.1:{port}",
        )
    )
    news = News(
        alarm="disk\r\nBcc: orang@example.org",
        state="raised",
        words="hanya 3 MiB tersisa",
        since=NOW,
        at=NOW,
        source="https://aduan.example.go.id",
    )
    await way.tell(news)
    server.close()
    (raw,) = handler.mails
    mail = message_from_bytes(raw, policy=default)
    assert mail["To"] == "piket@example.go.id"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Bcc"] is None
    assert "3 MiB" in mail.get_content()
    assert "11:30:00 WIB" in mail.get_content()


@pytest.mark.parametrize(
    ("table", "setting"),
    [
        (AlarmsTable(webhook=Secret("http://example.org/alarm")), "alarms.webhook"),
        (AlarmsTable(mail_to=["piket"], mail_from="kanal@example.go.id"), "alarms.mail_from"),
        (AlarmsTable(mail_to=["p@example.org"], mail_from="k@example.org"), "alarms.smarthost"),
    ],
)
def test_a_way_that_cannot_work_is_refused_at_the_start(table: AlarmsTable, setting: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        ways_of(table)
    assert refused.value.setting == setting


async def test_the_watch_speaks_of_a_full_disk_and_of_what_waits(tmp_path: Path) -> None:
    raised: dict[str, str | None] = {}

    class Journal:
        async def probe(self) -> None: ...

        async def depths(self) -> Any:
            from complaint_queue.journal import Depths

            return Depths(
                kept=0,
                open_complaints=0,
                tasks=0,
                unpublished=0,
                oldest_unpublished=None,
                media_pending=0,
                quarantined=2,
                triage=3,
                oldest_triage=NOW - timedelta(hours=9),
            )

    watch = Watch(Journal(), (tmp_path, tmp_path / "gone"), lambda: NOW, raised.__setitem__)  # type: ignore[arg-type]
    await watch.look()
    assert "2 messages" in str(raised["quarantine"])
    assert "9 h" in str(raised["triage_old"])
    assert "gone" in str(raised["disk"])
    assert raised["journal"] is None


async def test_a_running_gateway_tells_systemd_and_the_webhook(
    tmp_path: Path, hook: tuple[Hook, str]
) -> None:
    heard, url = hook
    (tmp_path / "hook-secret").write_text("rahasia-alarm")
    (tmp_path / "hook").write_text(url)
    (dead_port,) = free_ports(1)
    template = (
        CONFIG
        + '\n[alarms]\nwebhook = "file:{folder}/hook"\nwebhook_secret = "file:{folder}/hook-secret"\nafter = 0.2\n'
    )
    gateway = GatewayProcess(tmp_path, f"amqp://127.0.0.1:{dead_port}/", template=template)
    address = str(tmp_path / "notify")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(address)
    listener.setblocking(False)
    gateway.environment |= {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"}
    await gateway.start()
    try:
        await until(lambda: ("broker_away", "raised") in heard.seen())
        assert (await gateway.health())["status"] == "degraded"
        said = set()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while not {b"READY=1", b"WATCHDOG=1"} <= said:
                said.add(await loop.sock_recv(listener, 100))
    finally:
        assert await gateway.stop() < 10
    while True:
        try:
            said.add(listener.recv(100))
        except BlockingIOError:
            break
    listener.close()
    assert b"STOPPING=1" in said
    assert os.stat(tmp_path / "data" / "alarms.json").st_mode & 0o077 == 0  # noqa: PTH116


async def test_a_bit_that_was_put_right_is_told(tmp_path: Path) -> None:
    (dead_port,) = free_ports(1)
    gateway = GatewayProcess(tmp_path, f"amqp://127.0.0.1:{dead_port}/")
    await gateway.start()
    assert not any("journal_healed" in problem for problem in (await gateway.health())["problems"])
    await gateway.stop()
    journal = tmp_path / "data" / "journal.sqlite3"
    content = bytearray(journal.read_bytes())
    content[len(content) // 2] ^= 0b100
    journal.write_bytes(content)
    await gateway.start()
    try:
        (told,) = [p for p in (await gateway.health())["problems"] if "journal_healed" in p]
        assert "a bit of" in told
    finally:
        await gateway.stop()


def test_a_mail_has_a_subject_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANAL_LANG", "id")
    news = News(alarm="disk", state="over", words="w", since=NOW, at=NOW, source="s")
    mail = Mail(("piket@example.go.id",), "kanal@example.go.id", "smtp://127.0.0.1").mail(news)
    assert mail["Subject"] == "[Kanal Aduan] Sudah pulih: Disk hampir penuh"


def test_every_alarm_of_the_table_is_explained_in_both_languages() -> None:
    table = (Path(__file__).parents[2] / "docs" / "alarms.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    names = {name for row in rows for name in re.findall(r"`(?:<account>: )?([^`]+)`", row)}
    assert {"journal", "silent", "paused", "token"} <= names
    assert known("id").keys() == known("en").keys() > names
    for language in ("id", "en"):
        for kind in known(language):
            told = explained(f"sms-1708: {kind}", "its own words", language)
            assert "{" not in told.title + told.cure
            assert told.words == "its own words"
    assert explained("sms-1708: something new", "w", "id").title == "Ada masalah pada akun sms-1708"
    assert explained("something new", "w", "id").title == "Perlu perhatian"
