"""The mailbox reader against a real Dovecot: what arrives, what is marked, and that both ways of a mail are one."""

from __future__ import annotations

import asyncio
import imaplib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from adapters.base import Accepted, Account, Gateway, Ignored, Item, Letter, Receipt
from adapters.email.imap_client import mailbox_name
from adapters.email.mailbox import Position
from adapters.email.parse import parse
from adapters.email.settings import EmailSettings
from adapters.email.simulate import simulator
from normalizer.record import RawEvent
from tests.mail_servers import NOW, PASSWORD, USER, Dovecot, MemoryInbox, running

pytestmark = pytest.mark.timeout(60)

MAIL = (
    b"From: Siti Contoh <siti@example.org>\r\nTo: dki@jakarta.go.id\r\nSubject: Lampu mati %d\r\n"
    b"Date: Mon, 23 Nov 2026 10:15:00 +0700\r\nMessage-ID: <satu-%d@example.org>\r\n\r\nLampu mati.\r\n"
)
TRACE = (
    b"Return-Path: <siti@example.org>\r\nDelivered-To: dki@jakarta.go.id\r\n"
    b"Received: from mx.example.go.id (mx.example.go.id [192.0.2.7])\r\n\tby imap.example.go.id with LMTP id kZ3;"
    b" Mon, 23 Nov 2026 10:15:03 +0700\r\nX-Spam-Status: No, score=0.1\r\n"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    one = Dovecot()
    try:
        one.start()
        asyncio.run(one.ready())
        yield one
    finally:
        one.stop()


@pytest.fixture
async def folder(server: Dovecot, request: pytest.FixtureRequest) -> str:
    """A folder of the test's own, with letters that ASCII does not have."""
    name = f"Aduan & Réspon – {abs(hash(request.node.name)) % 10**8}"
    await asyncio.to_thread(client, server, lambda c: c.create(mailbox_name(name)))
    return name


def client(server: Dovecot, work: object) -> object:
    """`work` with the standard library's IMAP client, signed in."""
    with imaplib.IMAP4("127.0.0.1", server.port) as connection:
        connection.login(USER, PASSWORD)
        return work(connection)  # type: ignore[operator]


async def append(server: Dovecot, folder: str, *mails: bytes, day: str = "") -> None:
    def work(connection: imaplib.IMAP4) -> None:
        for mail in mails:
            when = f'"{day} 10:00:00 +0700"' if day else ""
            result, words = connection.append(mailbox_name(folder), "", when, mail)
            assert result == "OK", words

    await asyncio.to_thread(client, server, work)


async def flags(server: Dovecot, folder: str) -> list[bytes]:
    """What FETCH FLAGS says of every mail in the folder."""

    def work(connection: imaplib.IMAP4) -> list[bytes]:
        connection.select(mailbox_name(folder), readonly=True)
        _, found = connection.search(None, "ALL")
        numbers = found[0].split()
        return [connection.fetch(n.decode(), "(FLAGS)")[1][0] for n in numbers]  # type: ignore[misc]

    return await asyncio.to_thread(client, server, work)  # type: ignore[return-value]


async def until_seen(server: Dovecot, folder: str, count: int) -> None:
    async with asyncio.timeout(20):
        while sum(b"\\Seen" in line for line in await flags(server, folder)) < count:
            await asyncio.sleep(0.05)


async def test_mails_come_whole_and_in_order_are_marked_and_stay(server: Dovecot, folder: str) -> None:
    # Around the sizes at which a mail goes to a spool, and is fetched in pieces.
    sizes = [0, 65_536, 262_144 - 300, 262_144, 700_000]
    mails = [
        MAIL % (n, n) + (b"x" * 70 + b"\r\n") * (size // 72) + b"y" * (size % 72)
        for n, size in enumerate(sizes)
    ]
    await append(server, folder, *mails)
    async with running(**server.settings(imap_folder=folder)) as account:
        assert await account.inbox.until(5) == mails
        raw = account.inbox.kept[0][0]
        validity = raw.envelope["uid"].partition(":")[0]
        assert raw.envelope == {"transport": "imap", "folder": folder, "uid": f"{validity}:1"}
        assert account.inbox.cursors == {f"imap:{folder}": f"{validity}:5"}
        assert account.inbox.kept[4][0].body == b"", "a large mail travels in its spool"
        await until_seen(server, folder, 5)
        assert account.troubles == {}
        await append(server, folder, MAIL % (6, 6))
        assert (await account.inbox.until(6))[5] == MAIL % (6, 6)
    assert len(await flags(server, folder)) == 6


async def test_idle_tells_of_a_mail_long_before_the_next_look(server: Dovecot, folder: str) -> None:
    async with running(**server.settings(imap_folder=folder, imap_interval=300.0)) as account:
        await append(server, folder, MAIL % (1, 1))
        await account.inbox.until(1)
        for number in (2, 3):
            await append(server, folder, MAIL % (number, number))
            await account.inbox.until(number, within=10.0)


async def test_after_a_restart_nothing_comes_twice_and_nothing_is_left_out(
    server: Dovecot, folder: str
) -> None:
    inbox = MemoryInbox()
    await append(server, folder, MAIL % (1, 1), MAIL % (2, 2))
    async with running(inbox, **server.settings(imap_folder=folder)):
        await inbox.until(2)
    await append(server, folder, MAIL % (3, 3))
    async with running(inbox, **server.settings(imap_folder=folder)):
        await inbox.until(3)
        await asyncio.sleep(0.7)
    assert [body for _, body in inbox.kept] == [MAIL % (n, n) for n in (1, 2, 3)]


async def test_mails_are_moved_only_when_they_are_kept(server: Dovecot, folder: str) -> None:
    target = folder + " diterima"
    await append(server, folder, MAIL % (1, 1))
    settings = server.settings(imap_folder=folder, imap_mark="move", imap_move_to=target)
    async with running(**settings) as account:
        await account.inbox.until(1)
        await account.until_trouble("imap mark", "imap_move_to")
        assert len(await flags(server, folder)) == 1
        await asyncio.to_thread(client, server, lambda c: c.create(mailbox_name(target)))
        await append(server, folder, MAIL % (2, 2))
        await account.inbox.until(2)
        await account.until_well("imap mark")
        assert len(await flags(server, target)) == 1
    inbox = account.inbox
    async with running(inbox, **settings):
        await asyncio.sleep(0.3)
    assert len(inbox.kept) == 2
    assert len(await flags(server, folder)) + len(await flags(server, target)) == 2


async def test_untouched_means_untouched(server: Dovecot, folder: str) -> None:
    await append(server, folder, MAIL % (1, 1))
    async with running(**server.settings(imap_folder=folder, imap_mark="none")) as account:
        await account.inbox.until(1)
        await asyncio.sleep(0.4)
    assert not any(b"\\Seen" in line for line in await flags(server, folder))


async def test_a_mail_before_the_first_day_is_left_alone(server: Dovecot, folder: str) -> None:
    await append(server, folder, MAIL % (1, 1), day="20-Nov-2026")
    await append(server, folder, MAIL % (2, 2), day="22-Nov-2026")
    async with running(**server.settings(imap_folder=folder, imap_since=date(2026, 11, 22))) as account:
        await account.inbox.until(1)
        await asyncio.sleep(0.4)
        assert [body for _, body in account.inbox.kept] == [MAIL % (2, 2)]


async def test_a_mail_too_large_is_said_and_holds_up_nobody(server: Dovecot, folder: str) -> None:
    large = MAIL % (1, 1) + b"x" * 70_000
    await append(server, folder, large, MAIL % (2, 2))
    inbox = MemoryInbox()
    async with running(inbox, **server.settings(imap_folder=folder, max_bytes=60_000)) as account:
        await inbox.until(1)
        words = await account.until_trouble("imap mails", "UID 1")
        assert "60000 bytes" in words
        assert "cure:" in words
        await until_seen(server, folder, 1)
    assert Position.read(inbox.cursors[f"imap:{folder}"]).owed == (1,)
    async with running(inbox, **server.settings(imap_folder=folder)) as account:
        assert (await inbox.until(2))[1] == large
        await until_seen(server, folder, 2)
        await account.until_well("imap mails")
    assert Position.read(inbox.cursors[f"imap:{folder}"]).owed == ()


@pytest.mark.parametrize("how", ["tls", "starttls"])
async def test_the_password_goes_over_tls(server: Dovecot, folder: str, how: str) -> None:
    await append(server, folder, MAIL % (1, 1))
    settings = server.settings(imap_folder=folder, imap_tls=how, ca_file=server.ca_file)
    settings["imap_port"] = server.tls_port if how == "tls" else server.port
    async with running(**settings) as account:
        assert await account.inbox.until(1) == [MAIL % (1, 1)]


async def test_a_certificate_that_nobody_vouches_for_is_refused(server: Dovecot, folder: str) -> None:
    for how, port in (("tls", server.tls_port), ("starttls", server.port)):
        settings = server.settings(imap_folder=folder, imap_tls=how)
        settings["imap_port"] = port
        async with running(**settings) as account:
            await account.until_trouble("imap", "certificate")
            assert account.inbox.kept == []


async def test_a_wrong_password_and_a_missing_folder_are_said_with_the_cure(
    server: Dovecot, folder: str
) -> None:
    from normalizer.settings import Secret

    async with running(**server.settings(imap_password=Secret("salah"))) as account:
        words = await account.until_trouble("imap", "does not let us in")
        assert "imap_password" in words
        assert "salah" not in words
    async with running(**server.settings(imap_folder="Tidak Ada")) as account:
        words = await account.until_trouble("imap", "Tidak Ada")
        assert "imap_folder" in words


async def test_the_simulator_puts_letters_into_the_mailbox(server: Dovecot, folder: str) -> None:
    settings = EmailSettings(smtp_listen="", **server.settings(imap_folder=folder))
    sender = simulator(Account(name="surat", adapter="email"), settings, Gateway(http="", public_url=""))
    await sender.start()
    assert sender.imap is None, "a real server listens there"
    assert (
        await sender.send(Letter(number=3, text="Lampu mati", photos=(b"\xff\xd8\xff foto",)))
    ).startswith("OK")
    await sender.stop()
    async with running(**server.settings(imap_folder=folder)) as account:
        (body,) = await account.inbox.until(1)
        (item,) = parse(RawEvent(account="surat", received_at=NOW, body=body), settings)
        assert isinstance(item, Accepted)
        assert item.contents == {0: b"\xff\xd8\xff foto"}


def identity(item: Item) -> object:
    """All that must not depend on the way a mail came."""
    if isinstance(item, Accepted):
        message = item.message
        return (
            message.external_id,
            message.version,
            message.sender,
            message.text,
            message.attachments,
            message.channel,
        )
    if isinstance(item, Ignored):
        return item.reason, item.external_id
    return item.external_id, item.state if isinstance(item, Receipt) else item.reason


@pytest.mark.materials
async def test_third_party_mails_are_the_same_by_smtp_and_by_imap(
    server: Dovecot, folder: str, materials: Path
) -> None:
    paths = [
        path for path in sorted((materials / "email").rglob("*.eml")) if b"\x00" not in path.read_bytes()
    ]
    assert len(paths) > 100
    sent = [as_sent(path.read_bytes()) for path in paths]
    await append(server, folder, *(TRACE + mail for mail in sent))
    settings = EmailSettings()
    async with running(**server.settings(imap_folder=folder)) as account:
        await account.inbox.until(len(sent), within=40.0)
        kept = account.inbox.kept
    envelope = {"mail_from": "siti@example.org", "rcpt_to": "dki@jakarta.go.id", "remote": "192.0.2.1"}
    different = []
    for path, mail, (raw, body) in zip(paths, sent, kept, strict=True):
        by_smtp = parse(RawEvent(account="surat", received_at=NOW, body=mail, envelope=envelope), settings)
        by_imap = parse(
            RawEvent(account="surat", received_at=NOW, body=body, envelope=raw.envelope), settings
        )
        if [*map(identity, by_smtp)] != [*map(identity, by_imap)]:
            different.append((path.name, [*map(identity, by_smtp)], [*map(identity, by_imap)]))
    assert different == []
    print(f"\n{len(paths)} mails are the same by both ways")


def as_sent(mail: bytes) -> bytes:
    """As SMTP carries a mail: CRLF everywhere, also at the end (RFC 5321 2.3.8)."""
    mail = re.sub(rb"\r\n|\n|\r(?!\n)", b"\r\n", mail)
    return mail if mail.endswith(b"\r\n") else mail + b"\r\n"
