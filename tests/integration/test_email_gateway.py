"""A whole gateway between a real Dovecot and a real RabbitMQ: a video by two ways is one confidential record."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import imaplib
import smtplib
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from complaint_queue import seal, wire
from intake.consume import consume
from normalizer.record import ComplaintEvent
from tests.gateway_process import GatewayProcess
from tests.mail_servers import PASSWORD, USER, Dovecot

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120)]

VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 200_000
MAIL = (
    b"From: Siti Contoh <siti@example.org>\r\nTo: dki@jakarta.go.id\r\nSubject: Pungutan liar di loket\r\n"
    b"Date: Mon, 23 Nov 2026 10:15:00 +0700\r\nMessage-ID: <video@example.org>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nAda pungutan liar di loket kelurahan.\r\n--b\r\n'
    b'Content-Type: video/mp4; name="bukti.mp4"\r\nContent-Disposition: attachment\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n"
    + base64.encodebytes(VIDEO).replace(b"\n", b"\r\n")
    + b"--b--\r\n"
)
LINK = (
    b"From: Budi Contoh <budi@example.org>\r\nTo: dki@jakarta.go.id\r\nSubject: Video jalan rusak\r\n"
    b"Date: Mon, 23 Nov 2026 10:16:00 +0700\r\nMessage-ID: <tautan@example.org>\r\n\r\n"
    b"Jalan rusak, videonya di https://drive.google.com/file/d/contoh/view\r\n"
)
TRACE = b"Return-Path: <siti@example.org>\r\nReceived: from mx by imap; Mon, 23 Nov 2026 10:15:03 +0700\r\n"
CONFIG = """
[gateway]
data_dir = "{data}"
listen = "127.0.0.1:{http}"

[broker]
crm_public_key = "%s"

[[account]]
name = "email-dki"
adapter = "email"
[account.settings]
smtp_listen = "127.0.0.1:{smtp}"
addresses = ["dki@jakarta.go.id"]
imap_host = "127.0.0.1"
imap_port = %d
imap_tls = "none"
imap_user = "%s"
imap_password = "file:{folder}/imap-password"
imap_interval = 0.3
"""


@pytest.fixture
def server() -> Iterator[Dovecot]:
    one = Dovecot()
    try:
        one.start()
        yield one
    finally:
        one.stop()


def by_smtp(port: int, mail: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.sendmail("siti@example.org", ["dki@jakarta.go.id"], mail)


def by_imap(port: int, *mails: bytes) -> None:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(USER, PASSWORD)
        for mail in mails:
            assert client.append("INBOX", "", "", mail)[0] == "OK"


def seen(port: int) -> int:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login(USER, PASSWORD)
        client.select("INBOX", readonly=True)
        return len(client.search(None, "SEEN")[1][0].split())


async def test_a_video_by_two_ways_is_one_sealed_record(
    tmp_path: Path, rabbitmq_url: str, server: Dovecot
) -> None:
    await server.ready()
    private, public = seal.generate()
    (tmp_path / "imap-password").write_text(PASSWORD)
    gateway = GatewayProcess(tmp_path, rabbitmq_url, template=CONFIG % (public, server.port, USER))
    events: list[ComplaintEvent] = []

    async def on_event(event: ComplaintEvent) -> None:
        events.append(event)

    await gateway.start()
    consuming = asyncio.create_task(consume(rabbitmq_url, on_event=on_event, idle_timeout=None))
    try:
        await asyncio.to_thread(by_smtp, gateway.smtp, MAIL)
        await asyncio.to_thread(by_imap, server.port, TRACE + MAIL, LINK)
        async with asyncio.timeout(60):
            while len(events) < 2 or await asyncio.to_thread(seen, server.port) < 2:
                await asyncio.sleep(0.1)
            while True:
                waiting = (await gateway.health())["waiting"]
                if waiting["kept"] == waiting["tasks"] == 0:
                    break
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        by_channel = {event.complaint.channel: event.complaint for event in events}
        assert len(events) == 2, "the same mail by SMTP and by IMAP is one complaint"
        assert sorted(by_channel) == ["email", "lapor_video"]
        report = by_channel["lapor_video"]
        assert report.confidential
        assert report.reporter.sealed
        assert (report.reporter.name, report.reporter.contacts) == ("", ())
        sealed = next(event for event in events if event.complaint is report)
        opened = wire.unseal(sealed, seal.read_key(private)).complaint.reporter
        assert (opened.name, opened.contacts[0].value) == ("Siti Contoh", "siti@example.org")
        (video,) = report.attachments
        assert (video.media_type, video.size) == ("video/mp4", len(VIDEO))
        async with aiohttp.ClientSession() as session, session.get(video.url) as answer:
            assert await answer.read() == VIDEO
        assert not by_channel["email"].confidential
        assert by_channel["email"].attachments == ()
        assert PASSWORD not in gateway.log.read_text()
    finally:
        consuming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await consuming
        await gateway.stop()
    stored = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not any(b"siti@example.org" in content for content in stored)
