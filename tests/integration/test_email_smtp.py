"""The real mail door on a free port, met by a real SMTP client and by raw sockets that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvloop
from structlog.testing import capture_logs

from adapters.base import Account, Cursor, Gateway, Letter, Ports, Spool
from adapters.email import EmailAdapter
from adapters.email.settings import EmailSettings
from adapters.email.simulate import simulator
from normalizer.errors import Overloaded, StorageFull, Unavailable
from normalizer.record import RawEvent

OURS = "dki@jakarta.go.id"


class MemorySpool:
    def __init__(self) -> None:
        self.data = bytearray()
        self.discarded = False

    @property
    def size(self) -> int:
        return len(self.data)

    def write(self, chunk: bytes) -> None:
        self.data += chunk

    def discard(self) -> None:
        self.discarded = True


class CountingSpool(MemorySpool):
    """Holds nothing, so that the server's own memory is what is measured."""

    def write(self, chunk: bytes) -> None:
        assert len(chunk) <= 256 * 1024


class FullSpool(MemorySpool):
    def write(self, chunk: bytes) -> None:
        raise OSError(28, "No space left on device")


class FakeInbox:
    """Keeps in memory; `failure` is raised instead while it is set; `gate` holds a mail up."""

    def __init__(self) -> None:
        self.kept: list[tuple[RawEvent, bytes]] = []
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def keep(self, raw: RawEvent, spool: Spool | None = None, *, cursor: Cursor | None = None) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        assert spool is None or not raw.body
        self.kept.append((raw, bytes(spool.data) if isinstance(spool, MemorySpool) else raw.body))

    async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> Any:
        raise AssertionError("a mail is kept, not parsed inline")

    async def cursor(self, name: str) -> str | None:
        return None


class Now:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


class Door:
    def __init__(self, adapter: EmailAdapter, inbox: FakeInbox) -> None:
        self.adapter, self.inbox = adapter, inbox

    @property
    def smtp(self) -> tuple[str, int]:
        assert self.adapter.smtp_address is not None
        return self.adapter.smtp_address

    async def talk(self, work: Callable[[smtplib.SMTP], Any]) -> Any:
        """`work` with an smtplib client, in a thread."""

        def run() -> Any:
            with smtplib.SMTP(*self.smtp, timeout=20) as client:
                client.ehlo("warga.example.org")
                return work(client)

        return await asyncio.to_thread(run)

    async def raw(self, data: bytes, *, until_close: bool = True) -> bytes:
        """What the door says to `data`, sent at once and followed by the end of our half."""
        reader, writer = await asyncio.open_connection(*self.smtp)
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(20):
            said = await reader.read()
        writer.close()
        return said


@contextlib.asynccontextmanager
async def opened(spool: type[MemorySpool] = MemorySpool, **settings: Any) -> AsyncIterator[Door]:
    inbox = FakeInbox()
    values = EmailSettings(
        smtp_listen="127.0.0.1:0", lmtp_listen="127.0.0.1:0", hostname="aduan.example.go.id", **settings
    )
    ports = Ports(inbox=inbox, clock=Now(), new_spool=spool)
    adapter = EmailAdapter(Account(name="surat", adapter="email", channel="email"), values, ports)
    running = asyncio.create_task(adapter.run())
    waiting = asyncio.create_task(adapter.listening.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    assert adapter.listening.is_set(), running
    try:
        yield Door(adapter, inbox)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def deliver(client: smtplib.SMTP, mail: bytes, to: str = OURS) -> tuple[int, bytes]:
    assert client.mail("siti@example.org")[0] == 250
    assert client.rcpt(to)[0] == 250
    return client.data(mail)


async def test_a_mail_is_kept_as_received_before_the_answer() -> None:
    async with opened() as door:
        mail = b"From: siti@example.org\r\n\r\n.titik\r\n..dua\r\nLampu mati\xff\r\n"
        code, said = await door.talk(lambda client: deliver(client, mail))
        assert (code, said) == (250, b"2.0.0 kept")
        raw, body = door.inbox.kept[0]
        assert body == mail
        assert raw.account == "surat"
        assert raw.envelope == {
            "mail_from": "siti@example.org",
            "rcpt_to": OURS,
            "remote": "127.0.0.1",
            "helo": "warga.example.org",
            "tls": "",
        }


async def test_the_size_decides_between_memory_spool_and_refusal() -> None:
    async with opened(max_bytes=1_000_000) as door:
        long_line = b"Subject: panjang\r\n\r\n" + b"x" * 20_000 + b"\r\n"
        big = b"Subject: besar\r\n\r\n" + (b"." * 70 + b"\r\n") * 8_000

        def work(client: smtplib.SMTP) -> list[int]:
            codes = [deliver(client, mail)[0] for mail in (long_line, big, b"x" * 1_100_000, b"")]
            codes.append(client.mail("siti@example.org", ["SIZE=1000001"])[0])
            codes.append(client.mail("siti@example.org", ["SIZE=1000000", "BODY=8BITMIME", "SMTPUTF8"])[0])
            return codes

        assert await door.talk(work) == [250, 250, 552, 250, 552, 250]
        assert [body for _, body in door.inbox.kept] == [long_line, big, b"\r\n"]
        assert door.inbox.kept[1][0].body == b"", "a large mail travels in its spool"


@pytest.mark.parametrize(
    ("failure", "reply"),
    [
        (Unavailable("journal away"), (451, b"4.3.0")),
        (StorageFull("disk full"), (452, b"4.3.1")),
        (Overloaded("too much"), (452, b"4.3.1")),
        (OSError(28, "No space left on device"), (452, b"4.3.1")),
        (ZeroDivisionError("a bug"), (451, b"4.3.0")),
    ],
)
async def test_our_own_failure_is_never_a_permanent_no(failure: Exception, reply: tuple[int, bytes]) -> None:
    async with opened() as door:
        door.inbox.failure = failure
        code, said = await door.talk(lambda client: deliver(client, b"Subject: x\r\n\r\nx\r\n"))
        assert (code, said[:5]) == reply
        door.inbox.failure = None
        assert (await door.talk(lambda client: deliver(client, b"again\r\n")))[0] == 250


async def test_a_full_disk_under_the_spool_is_heard_after_the_mail() -> None:
    async with opened(spool=FullSpool) as door:
        assert (await door.talk(lambda client: deliver(client, b"x" * 200_000)))[0] == 452
        assert (await door.talk(lambda client: deliver(client, b"small")))[0] == 250


FOREIGN = [
    "x@example.org",
    "dki%jakarta.go.id@example.org",
    "x%example.org@jakarta.go.id",
    "example.org!x@jakarta.go.id",
    "example.org!dki@jakarta.go.id",
    "@example.org:dki@jakarta.go.id",
    "@jakarta.go.id:x@example.org",
    "@jakarta.go.id,@example.org:x@example.net",
    '"x@example.org"@jakarta.go.id',
    '"x%example.org"@jakarta.go.id',
    '"dki"@jakarta.go.id',
    "dki@jakarta.go.id@example.org",
    "x@example.org@jakarta.go.id",
    "dki@jakarta.go.id%example.org",
    "x@[127.0.0.1]",
    "x@localhost",
    "dki+x%example.org@jakarta.go.id",
    "dki+x@example.org@jakarta.go.id",
    "tidakada@jakarta.go.id",
    "dki",
    "dki@jakarta.go.id.",
    "dki@JAKARTA.GO.ID.example.org",
]


async def test_nothing_is_relayed_in_any_disguise() -> None:
    async with opened() as door:

        def work(client: smtplib.SMTP) -> list[int]:
            client.mail("siti@example.org")
            return [client.docmd("RCPT", f"TO:<{address}>")[0] for address in FOREIGN]

        assert set(await door.talk(work)) <= {550, 501, 553}
        assert set(await door.talk(lambda c: [c.mail("a@b.id")[0], c.rcpt("DKI@Jakarta.go.id")[0]])) == {250}


async def test_too_many_recipients_and_idle_commands() -> None:
    async with opened() as door:

        def recipients(client: smtplib.SMTP) -> tuple[int, int, int]:
            client.mail("siti@example.org")
            codes = [client.rcpt(OURS)[0] for _ in range(150)]
            return codes.count(250), codes.count(452), client.data(b"x")[0]

        assert await door.talk(recipients) == (100, 50, 250)

        def idle(client: smtplib.SMTP) -> list[int]:
            codes: list[int] = []
            while len(codes) < 1000 and 421 not in codes:
                codes.append(client.noop()[0])
            return codes

        codes = await door.talk(idle)
        assert codes[-1] == 421
        assert len(codes) <= 101


SMUGGLED = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n",
    b"\r\n\x00.\r\n", b"\r\n..\r\n", b"\r\n.\x00\r\n",
]  # fmt: skip


@pytest.mark.parametrize("end", SMUGGLED)
async def test_no_other_end_of_data_smuggles_a_second_mail(end: bytes) -> None:
    async with opened() as door:
        inner = (
            b"MAIL FROM:<palsu@example.org>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\nSubject: dua\r\n\r\ndua"
        )
        said = await door.raw(
            b"EHLO a\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\n"
            b"Subject: satu\r\n\r\nsatu" + end + inner + b"\r\n.\r\nQUIT\r\n"
        )
        assert len(door.inbox.kept) == 1
        assert said.count(b"250 2.0.0 kept") == 1
        assert b"MAIL FROM:<palsu@example.org>" in door.inbox.kept[0][1]


async def test_bytes_after_the_end_of_data_are_commands_again() -> None:
    async with opened() as door:
        one = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\n%s\r\n.\r\n"
        said = await door.raw(b"EHLO a\r\n" + one % b"satu" + one % b"dua" + b"QUIT\r\n")
        assert [body for _, body in door.inbox.kept] == [b"satu\r\n", b"dua\r\n"]
        assert said.endswith(b"221 2.0.0 bye\r\n")


@pytest.mark.parametrize("cut", range(1, 12))
async def test_dots_and_ends_are_seen_across_any_split_of_the_stream(cut: int) -> None:
    async with opened() as door:
        reader, writer = await asyncio.open_connection(*door.smtp)
        writer.write(b"EHLO a\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\n")
        await reader.readuntil(b"354 end data with <CR><LF>.<CR><LF>\r\n")
        mail = b"x" * 65_526 + b"\r\n..y\r\n" + b"z" * 65_530 + b"\r\n...\r\n.\r\n"
        for at in range(0, len(mail), 65_536 - cut):
            writer.write(mail[at : at + 65_536 - cut])
            await writer.drain()
        assert (await reader.readline()).startswith(b"250")
        writer.close()
        assert door.inbox.kept[0][1] == b"x" * 65_526 + b"\r\n.y\r\n" + b"z" * 65_530 + b"\r\n..\r\n"


async def test_a_slow_talker_is_closed_and_others_are_served() -> None:
    async with opened(idle_seconds=0.6) as door:

        async def dribble(prefix: bytes) -> bytes:
            reader, writer = await asyncio.open_connection(*door.smtp)
            writer.write(prefix)

            async def feed() -> None:
                with contextlib.suppress(ConnectionError):
                    while True:
                        writer.write(b"x")
                        await writer.drain()
                        await asyncio.sleep(0.05)

            feeding = asyncio.create_task(feed())
            try:
                async with asyncio.timeout(15):
                    return await reader.read()
            except ConnectionError:
                return b"421 "
            finally:
                feeding.cancel()
                writer.close()

        start = b"EHLO a\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\n"
        slow = [asyncio.create_task(dribble(p)) for p in (b"", b"EHLO a\r\n", start) for _ in range(5)]
        await asyncio.sleep(0)
        assert (await door.talk(lambda client: deliver(client, b"cepat\r\n")))[0] == 250
        assert all(b"421 " in said for said in await asyncio.gather(*slow))
        assert len(door.inbox.kept) == 1


async def test_connections_are_counted_per_address_and_in_all() -> None:
    async with opened(max_connections=5, connections_per_address=2, trusted_networks=()) as door:
        first = [await asyncio.open_connection(*door.smtp) for _ in range(2)]
        for reader, _ in first:
            assert (await reader.readline()).startswith(b"220")
        reader, third = await asyncio.open_connection(*door.smtp)
        assert (await reader.readline()).startswith(b"421 4.7.0")
        for _, writer in (*first, ("", third)):
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        async with asyncio.timeout(10):
            while (await door.raw(b"QUIT\r\n")).startswith(b"421"):
                await asyncio.sleep(0.01)


def test_a_client_that_leaves_in_the_midst_of_its_own_talk_is_no_failure_of_ours() -> None:
    async def leave() -> None:
        async with opened() as door:
            door.inbox.gate = asyncio.Event()
            reader, writer = await asyncio.open_connection(*door.smtp)
            writer.write(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\n")
            await reader.readuntil(b"354 end data with <CR><LF>.<CR><LF>\r\n")
            writer.write(b"halo\r\n.\r\nAPA\r\nAPA\r\n")
            await writer.drain()
            await asyncio.sleep(0.2)
            writer.transport.abort()
            await asyncio.sleep(0.2)
            door.inbox.gate.set()
            async with asyncio.timeout(10):
                while not door.inbox.kept:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)

    # The gateway runs on uvloop, which refuses to write to a connection that is gone.
    with capture_logs() as logs, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(leave())
    assert "mail session broke" not in {entry["event"] for entry in logs}


async def test_a_client_that_leaves_during_the_sync_does_not_tear_it_off() -> None:
    async with opened() as door:
        door.inbox.gate = asyncio.Event()
        reader, writer = await asyncio.open_connection(*door.smtp)
        writer.write(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<dki@jakarta.go.id>\r\nDATA\r\nx\r\n.\r\n")
        await reader.readuntil(b"354 end data with <CR><LF>.<CR><LF>\r\n")
        writer.transport.abort()
        await asyncio.sleep(0.05)
        door.inbox.gate.set()
        async with asyncio.timeout(10):
            while not door.inbox.kept:
                await asyncio.sleep(0.01)
        assert door.inbox.kept[0][0].envelope["mail_from"] == ""


async def test_lmtp_answers_for_each_recipient() -> None:
    async with opened(addresses=(OURS, "sms@jakarta.go.id")) as door:
        assert isinstance(door.adapter.lmtp_address, tuple)
        reader, writer = await asyncio.open_connection(*door.adapter.lmtp_address)
        writer.write(
            b"LHLO mx\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<dki@jakarta.go.id>\r\nRCPT TO:<x@example.org>\r\n"
            b"RCPT TO:<sms@jakarta.go.id>\r\nDATA\r\nhalo\r\n.\r\nEHLO a\r\nQUIT\r\n"
        )
        said = (await reader.read()).decode()
        writer.close()
        assert said.count("250 2.0.0 kept\r\n") == 2
        assert "550 5.1.1" in said
        assert "500 5.5.1" in said
        assert len(door.inbox.kept) == 1


def certificate(folder: Path) -> tuple[str, str]:
    pem, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(pem)],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(pem), str(key)


async def test_starttls_drops_what_was_injected_in_the_clear(tmp_path: Path) -> None:
    pem, key = certificate(tmp_path)
    async with opened(tls_certificate=pem, tls_key=key) as door:
        context = ssl.create_default_context(cafile=pem)
        context.check_hostname = False

        def work() -> tuple[int, int]:
            with smtplib.SMTP(*door.smtp, timeout=20) as client:
                client.ehlo()
                assert client.has_extn("starttls")
                client.starttls(context=context)
                client.ehlo()
                assert not client.has_extn("starttls")
                return deliver(client, b"aman\r\n")[0], len(door.inbox.kept)

        assert await asyncio.to_thread(work) == (250, 1)
        assert door.inbox.kept[0][0].envelope["tls"] == "yes"

        reader, writer = await asyncio.open_connection(*door.smtp)
        await reader.readline()
        writer.write(b"EHLO a\r\n")
        await reader.readuntil(b"250 STARTTLS\r\n")
        writer.write(b"STARTTLS\r\nNOOP\r\nMAIL FROM:<palsu@example.org>\r\n")
        assert (await reader.readline()).startswith(b"220")
        await writer.start_tls(context)
        writer.write(b"EHLO a\r\nMAIL FROM:<benar@example.org>\r\nQUIT\r\n")
        async with asyncio.timeout(10):
            said = await reader.readuntil(b"221 2.0.0 bye\r\n")
        writer.close()
        assert said.count(b"250 2.0.0") == 0, "the NOOP in the clear was never heard"
        assert b"503" not in said, "nor was the MAIL"


async def test_without_a_certificate_starttls_is_not_offered() -> None:
    async with opened() as door:

        def work(client: smtplib.SMTP) -> tuple[bool, int]:
            return client.has_extn("starttls"), client.docmd("STARTTLS")[0]

        assert await door.talk(work) == (False, 502)


async def test_the_simulator_sends_photos_over_real_smtp() -> None:
    async with opened() as door:
        host, port = door.smtp
        settings = EmailSettings(smtp_listen=f"{host}:{port}")
        sender = simulator(door.adapter.account, settings, Gateway(http="", public_url=""))
        await sender.start()
        letter = Letter(number=7, text="Lampu jalan mati di Jalan Melati", photos=(b"\xff\xd8\xff\xe0 foto",))
        assert (await sender.send(letter)).startswith("250")
        await sender.stop()
        raw, body = door.inbox.kept[0]
        item = door.adapter.parse(RawEvent(account="surat", received_at=raw.received_at, body=body))[0]
        assert item.message.text == "Lampu jalan mati di Jalan Melati"  # type: ignore[union-attr]
        assert item.contents == {0: b"\xff\xd8\xff\xe0 foto"}  # type: ignore[union-attr]
