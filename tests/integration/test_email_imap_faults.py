"""What a mail server does on its bad days, by a fake that can be told to: nothing is lost and nobody is held up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.email import imap_client, mailbox
from adapters.email.fake_imap import FakeImap
from adapters.email.mailbox import Position
from normalizer.errors import StorageFull, Unavailable
from normalizer.settings import Secret
from tests.mail_servers import MemoryInbox, running

pytestmark = pytest.mark.timeout(60)

MAIL = b"From: siti@example.org\r\nMessage-ID: <satu-%d@example.org>\r\n\r\nLampu mati.\r\n"
CURSOR = "imap:INBOX"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits between two tries, shortened."""
    monkeypatch.setattr(mailbox, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(mailbox, "LAST_WAIT", 0.2)
    monkeypatch.setattr(mailbox, "OWED_AGAIN", 0.2)


@pytest.fixture
async def server() -> AsyncIterator[FakeImap]:
    one = FakeImap()
    await one.start()
    yield one
    await one.stop()


def reads(server: FakeImap, **more: Any) -> dict[str, Any]:
    return {
        "imap_host": "127.0.0.1",
        "imap_port": server.port,
        "imap_tls": "none",
        "imap_user": server.user,
        "imap_password": Secret(server.password),
        "imap_interval": 0.2,
        **more,
    }


async def test_a_connection_cut_in_the_middle_of_a_mail_keeps_no_half_mail(server: FakeImap) -> None:
    large = MAIL % 1 + b"x" * 500_000
    server.put(large)
    server.put(MAIL % 2)
    server.cut_after = 100_000
    async with running(**reads(server)) as account:
        assert await account.inbox.until(2) == [large, MAIL % 2]
        assert account.troubles == {}, "one lost connection is an everyday thing"
    assert server.sign_ins == 2


@pytest.mark.parametrize("command", ["UID FETCH", "UID STORE", "IDLE", "SELECT", "LOGIN"])
async def test_a_bye_at_any_moment_is_followed_by_another_try(server: FakeImap, command: str) -> None:
    server.put(MAIL % 1)
    server.bye_before = command
    async with running(**reads(server)) as account:
        await account.inbox.until(1)
        server.put(MAIL % 2)
        assert await account.inbox.until(2) == [MAIL % 1, MAIL % 2]
        async with asyncio.timeout(10):
            while not all("\\Seen" in mail.flags for mail in server.folders["INBOX"]):
                await asyncio.sleep(0.01)


async def test_a_server_that_greets_with_bye_is_trouble_until_it_is_well(server: FakeImap) -> None:
    server.put(MAIL % 1)
    server.greeting = "BYE terlalu banyak sambungan"
    async with running(**reads(server)) as account:
        words = await account.until_trouble("imap", "terlalu banyak sambungan")
        assert "cure:" in words
        server.greeting = "OK siap"
        await account.inbox.until(1)
        await account.until_well("imap")


async def test_new_numbers_mean_reading_everything_again(server: FakeImap) -> None:
    for number in (1, 2, 3):
        server.put(MAIL % number)
    inbox = MemoryInbox()
    async with running(inbox, **reads(server)):
        await inbox.until(3)
    del server.folders["INBOX"][0]
    server.number_anew()
    server.put(MAIL % 4)
    async with running(inbox, **reads(server)):
        assert (await inbox.until(6))[3:] == [MAIL % 2, MAIL % 3, MAIL % 4]
    assert inbox.cursors == {CURSOR: "8:3"}


async def test_a_mail_that_the_server_does_not_deliver_holds_up_nobody(server: FakeImap) -> None:
    first = server.put(MAIL % 1)
    first.refused = True
    server.put(MAIL % 2)
    async with running(**reads(server)) as account:
        assert await account.inbox.until(1) == [MAIL % 2]
        assert "Internal error occurred" in await account.until_trouble("imap mails", "UID 1")
        assert account.inbox.cursors == {CURSOR: "7:2 1"}
        first.refused = False
        assert await account.inbox.until(2) == [MAIL % 2, MAIL % 1]
        await account.until_well("imap mails")
        assert account.inbox.cursors == {CURSOR: "7:2"}


async def test_a_mail_that_breaks_every_connection_is_passed_over(server: FakeImap) -> None:
    server.put(MAIL % 1)
    server.put(MAIL % 2)

    async def keep_cutting() -> None:
        while not any("FETCH 2" in command for command in server.commands):
            server.cut_after = 10
            await asyncio.sleep(0.001)
        server.cut_after = None

    cutting = asyncio.create_task(keep_cutting())
    async with running(**reads(server)) as account:
        await account.inbox.until(2)
        assert {body for _, body in account.inbox.kept} == {MAIL % 1, MAIL % 2}
    cutting.cancel()


async def test_an_owed_mail_that_a_person_took_away_is_no_trouble_any_more(server: FakeImap) -> None:
    server.put(MAIL % 1 + b"x" * 5000)
    async with running(**reads(server, max_bytes=4000)) as account:
        await account.until_trouble("imap mails", "UID 1")
        server.folders["INBOX"].clear()
        await account.until_well("imap mails")


@pytest.mark.parametrize(
    "failure", [Unavailable("journal away", 0), StorageFull("full", 0), OSError(28, "full")]
)
async def test_what_we_cannot_keep_stays_unmarked_and_is_read_again(
    server: FakeImap, failure: Exception
) -> None:
    mail = server.put(MAIL % 1)
    inbox = MemoryInbox()
    inbox.failure = failure
    async with running(inbox, **reads(server)) as account:
        await account.until_trouble("imap", "cannot be read")
        assert mail.flags == set()
        assert inbox.cursors == {}
        inbox.failure = None
        assert await inbox.until(1) == [MAIL % 1]


async def test_a_mark_that_a_crash_prevented_is_made_up_for(server: FakeImap) -> None:
    mail = server.put(MAIL % 1)
    inbox = MemoryInbox()
    inbox.cursors[CURSOR] = "7:1"
    async with running(inbox, **reads(server)):
        async with asyncio.timeout(10):
            while "\\Seen" not in mail.flags:
                await asyncio.sleep(0.01)
    assert inbox.kept == []


async def test_without_idle_and_move_it_asks_now_and_then(server: FakeImap) -> None:
    server.capabilities = "IMAP4rev1"
    server.put(MAIL % 1)
    async with running(**reads(server, imap_mark="move", imap_move_to="Diterima")) as account:
        await account.inbox.until(1)
        assert "cannot MOVE" in await account.until_trouble("imap mark", "cannot be marked")
        server.put(MAIL % 2)
        await account.inbox.until(2)
        assert not any(command.startswith("IDLE") for command in server.commands)
    assert len(server.folders["INBOX"]) == 2, "nothing is ever deleted"


async def test_no_command_can_delete(server: FakeImap) -> None:
    server.put(MAIL % 1)
    async with running(**reads(server)) as account:
        await account.inbox.until(1)
    said = " ".join(server.commands).upper()
    assert not any(word in said for word in ("EXPUNGE", "DELETE", "CLOSE", "COPY", " BODY["))


async def test_a_server_that_sends_without_end_is_left(server: FakeImap) -> None:
    talked: list[int] = []

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK siap\r\n")
        try:
            while True:
                writer.write(b"* OK " + b"x" * 65_536)
                await writer.drain()
                talked.append(65_536)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    flooding = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = flooding.sockets[0].getsockname()[1]
    async with running(**reads(server, imap_port=port)) as account:
        await account.until_trouble("imap", "not understood")
    flooding.close()
    assert sum(talked) < 40 * 1024 * 1024


async def test_hundreds_of_mails_at_once_are_one_connection(server: FakeImap) -> None:
    for number in range(300):
        server.put(MAIL % number)
    async with running(**reads(server, imap_mark="none")) as account:
        assert len(await account.inbox.until(300)) == 300
    assert server.sign_ins == 1


@pytest.mark.parametrize("text", ["7:42", "7:42 3,9"])
def test_a_position_is_read_as_it_was_written(text: str) -> None:
    assert str(Position.read(text)) == text
    assert Position.read(None) == Position()


def test_so_many_are_owed_at_most() -> None:
    position = Position(7)
    for uid in range(1, mailbox.MOST_OWED + 11):
        position = position.behind(uid, owing=True)
    assert len(position.owed) == mailbox.MOST_OWED
    assert position.owed[-1] == position.last == mailbox.MOST_OWED + 10
    assert position.behind(position.last).owed[-1] == position.last - 1


async def test_a_server_that_falls_silent_is_left(server: FakeImap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_client, "SECONDS", 0.2)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK siap\r\n")
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.transport.abort()

    silent = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with running(**reads(server, imap_port=port)) as account:
        await account.until_trouble("imap", "no answer within")
    silent.close()
