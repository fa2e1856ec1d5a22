"""No credential leaves by a log, an answer, a health word or an error: door by door, against hostile servers.

Each account of the fixtures gets credentials that can be recognised. Its traffic goes through the real doors,
genuine and forged; its own loops, answers and downloads meet servers that throw everything they were sent back.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import tomllib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
import msgspec
import pytest
import structlog
from aiohttp import web
from prometheus_client import generate_latest

from adapters.base import (
    Account,
    Adapter,
    FetchesMedia,
    Outgoing,
    Ports,
    Replies,
    Runs,
    Serves,
    Webhook,
    load,
)
from intake import logs
from intake.private_files import PrivateFolder
from intake.register import AccountRegister
from intake.web.hooks import Hooks
from normalizer.errors import KanalError
from normalizer.record import Attachment, RawEvent
from normalizer.settings import Secret, convert
from tests.contract.test_adapters import PUBLIC_URL, Case, cases
from tests.contract.test_doors import signed
from tests.intake_world import IntakeWorld, intake_world

ADAPTERS = Path(__file__).resolve().parents[2] / "adapters"
ACCOUNTS = sorted(path.parent for path in ADAPTERS.glob("*/fixtures/**/account.toml"))
#: Where an account of the fixtures would speak to its provider; a port of loopback stands in for it.
SPEAKS: dict[str, Callable[[int], dict[str, Any]]] = {
    "telegram": lambda port: {"api_base_url": f"http://127.0.0.1:{port}", "mode": "polling"},
    "x": lambda port: {"api_base_url": f"http://127.0.0.1:{port}", "poll_seconds": 0.2},
    "facebook": lambda port: {"graph_base_url": f"http://127.0.0.1:{port}"},
    "instagram": lambda port: {"graph_base_url": f"http://127.0.0.1:{port}"},
    "whatsapp": lambda port: {"graph_base_url": f"http://127.0.0.1:{port}"},
    "sp4n_lapor": lambda port: {"api_base_url": f"http://127.0.0.1:{port}"},
    "app": lambda port: {"callback_url": f"http://127.0.0.1:{port}/kanal"},
    "email": lambda port: {
        "smtp_listen": "127.0.0.1:0",
        "imap_host": "127.0.0.1",
        "imap_port": port,
        "imap_tls": "none",
        "imap_user": "dki",
        "imap_password": "ref:imap-password",
        "smarthost": f"127.0.0.1:{port}",
        "smarthost_tls": "none",
        "smarthost_user": "dki",
        "smarthost_password": "ref:smarthost-password",
    },
}
SMS_SPEAKS: dict[str, Callable[[int], tuple[dict[str, Any], dict[str, Any]]]] = {
    "kannel": lambda port: (
        {"sendsms_url": f"http://127.0.0.1:{port}/cgi-bin/sendsms", "username": "kanal"},
        {"password": "ref:kannel-password"},
    ),
    "playsms": lambda port: (
        {"pull_url": f"http://127.0.0.1:{port}/index.php", "user": "kanal"},
        {"token": "ref:playsms-token"},
    ),
    "infobip": lambda port: (
        {"api_base_url": f"http://127.0.0.1:{port}"},
        {"api_key": "ref:infobip-key"},
    ),
}
REPLY_TO = {
    "chat_id": "7", "message_id": "8", "to": "+628120000001", "from": "1708", "id": "9", "recipient_id": "10",
    "comment_id": "11", "post_id": "12", "user_id": "13", "wa_id": "628120000001", "conversation_id": "14",
    "address": "siti@contoh.example", "message-id": "<a@contoh.example>", "report": "15", "sender_id": "13",
    "references": "", "subject": "Lampu", "mail_from": "siti@contoh.example",
}  # fmt: skip


class Watch:
    """Credentials of one account, and whatever they must not be found in."""

    def __init__(self) -> None:
        self.log = io.StringIO()
        self.values: list[str] = []
        self.seen: list[str] = []

    def resolve(self, marked: Callable[[str], str]) -> Callable[[str], str]:
        def resolved(reference: str) -> str:
            value = marked(reference)
            self.values.append(value)
            return logs.hide(value)

        return resolved

    def forms(self) -> Iterator[str]:
        for value in self.values:
            if len(value) < 8:
                continue
            plain = value.encode()
            yield from (value, quote(value, safe=""), quote_plus(value), repr(value)[1:-1])
            yield b64encode(plain).decode().rstrip("=")

    def check(self) -> None:
        everything = "\n".join((self.log.getvalue(), *self.seen))
        for form in self.forms():
            at = everything.find(form)
            assert at < 0, f"a credential got out: …{everything[max(0, at - 200) : at]}***"
        for word in everything.split('"'):  # `user:password` in base64, in whatever it stands
            with contextlib.suppress(ValueError):
                decoded = b64decode(word.rpartition(" ")[2], validate=True).decode("latin-1")
                assert not any(value in decoded for value in self.values)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Logs as in service, at their chattiest; put back afterwards."""
    before, level, handlers = structlog.get_config(), logging.root.level, logging.root.handlers[:]
    hidden = set(logs._hidden)
    logs.configure({"KANAL_LOG_LEVEL": "debug", "KANAL_LOG": "json"})
    made = Watch()
    factory = structlog.PrintLoggerFactory(made.log)
    structlog.configure(logger_factory=factory, cache_logger_on_first_use=False)
    logging.root.setLevel(logging.DEBUG)
    yield made
    logs._hidden.clear()
    logs._hidden.update(hidden)
    structlog.configure(**before)
    logging.root.setLevel(level)
    logging.root.handlers[:] = handlers


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


def built(world: IntakeWorld, folder: Path, watch: Watch, port: int = 0) -> Adapter[Any]:
    """The account with credentials that can be recognised, and its provider, if it is met, on `port`."""
    account = msgspec.convert(tomllib.loads((folder / "account.toml").read_text()), Account)
    settings = dict(account.settings)
    if port and account.adapter == "sms":
        options, secrets = SMS_SPEAKS.get(settings["provider"], lambda port: ({}, {}))(port)
        settings["options"] = {**settings.get("options", {}), **options}
        settings["secrets"] = {**settings.get("secrets", {}), **secrets}
        send = settings["options"].get("send")
        if send:
            settings["options"]["send"] = {**send, "url": f"http://127.0.0.1:{port}/kirim"}
    settings |= SPEAKS.get(account.adapter, lambda port: {})(port) if port else {}
    account = msgspec.structs.replace(account, settings=settings)
    kind = load(account.adapter)

    def make(marked: Callable[[str], str]) -> Adapter[Any]:
        typed = convert(kind.Settings, settings, "account", watch.resolve(marked))
        ports = Ports(
            inbox=Inbox(world, account.name),  # type: ignore[arg-type]
            clock=world.clock,
            new_spool=world.files.new_spool,
            public_url=PUBLIC_URL,
            register=AccountRegister(world.journal, account.name),
            private=PrivateFolder(world.journal.path.parent / "accounts" / account.name, world.journal.codec),
            trouble=lambda name, words: watch.seen.append(f"{name}: {words}"),
        )
        made: Adapter[Any] = kind(account, typed, ports)
        return made

    # What a password may hold; accounts whose credentials have a form of their own get theirs longer.
    ways = [lambda ref: f"{ref}/+=&%x9", lambda ref: f"{ref}Panjang0123456789", lambda ref: ref]
    # Its fixtures carry the key itself, which stands in their bodies.
    for marked in ways[2:] if account.adapter == "open311" else ways:
        watch.values.clear()
        with contextlib.suppress(KanalError):
            made = make(marked)
            world.adapters[account.name] = made
            return made
    raise AssertionError(f"{account.name} cannot be built")


class Inbox:
    """The account's way in."""

    def __init__(self, world: IntakeWorld, account: str) -> None:
        self._world, self._account = world, account

    async def receive(self, raw: RawEvent, *, cursor: Any = None) -> Any:
        adapter = self._world.adapters[self._account]
        return await self._world.receiver.receive(adapter, raw, cursor)

    async def keep(self, raw: RawEvent, spool: Any = None, *, cursor: Any = None) -> None:
        await self._world.receiver.keep(raw, spool, cursor)

    async def cursor(self, name: str) -> str | None:
        return await self._world.journal.cursor(self._account, name)


async def _throw_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A provider at its worst: refuses, and quotes everything that it was sent."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
        async with asyncio.timeout(5):
            writer.write(b"")
            head = await asyncio.wait_for(reader.read(65536), 2)
            if b" HTTP/1." in head:
                said = head.decode("latin-1").replace("\r\n", " | ")
                body = msgspec.json.encode({"error": {"message": said, "code": 190}, "description": said})
                writer.write(
                    b"HTTP/1.1 401 " + said[:900].encode("latin-1", "replace").replace(b"\n", b" ")
                    + b"\r\nContent-Type: application/json\r\nConnection: close\r\n"
                    + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
                )  # fmt: skip
            else:
                writer.write(b"535 5.7.8 no: " + head + b"\r\n")
            await writer.drain()
    writer.close()


async def _mail_throws_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An IMAP or SMTP server that quotes what it was told when it refuses."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
        async with asyncio.timeout(5):
            writer.write(b"* OK IMAP4rev1 contoh\r\n220 contoh ESMTP\r\n")
            for _ in range(20):
                line = (await reader.readline()).strip()
                if not line:
                    break
                tag = line.split(b" ")[0]
                if line.upper().startswith(b"EHLO"):
                    writer.write(b"250-contoh\r\n250 AUTH PLAIN LOGIN\r\n")
                elif b"CAPABILITY" in line.upper():
                    writer.write(b"* CAPABILITY IMAP4rev1 IDLE\r\n" + tag + b" OK done\r\n")
                else:
                    writer.write(
                        tag + b" NO [AUTHENTICATIONFAILED] no: " + line + b"\r\n535 no: " + line + b"\r\n"
                    )
                await writer.drain()
    writer.close()


@asynccontextmanager
async def hostile(mail: bool) -> AsyncIterator[int]:
    server = await asyncio.start_server(_mail_throws_back if mail else _throw_back, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def account_id(folder: Path) -> str:
    return str(folder.relative_to(ADAPTERS)).replace("/fixtures", "")


def its_cases(folder: Path) -> list[Case]:
    return [case for case in cases() if case.folder == folder and case.source.suffix == ".json"]


@pytest.mark.parametrize("folder", ACCOUNTS, ids=account_id)
async def test_no_credential_leaves_by_a_door(folder: Path, world: IntakeWorld, watch: Watch) -> None:
    adapter: Any = built(world, folder, watch)
    if not isinstance(adapter, Webhook | Serves):
        pytest.skip("nobody calls this account over HTTP")
    hooks = Hooks(
        receiver=world.receiver,
        adapters=world.adapters,
        clock=world.clock.now,
        public_url=PUBLIC_URL,
        metrics=world.metrics,
    )
    app = web.Application()
    hooks.mount(app)
    if isinstance(adapter, Serves):
        app.add_subapp(adapter.prefix, adapter.web_app())
    runner = web.AppRunner(app, lingering_time=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        patience = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=patience) as session:
            for case in its_cases(folder):
                with contextlib.suppress(KanalError):
                    await _both(session, url, signed(case, adapter, world.clock.now()), watch)
    finally:
        await runner.cleanup()
        await adapter.close()
    told = sorted({answer[:3] for answer in watch.seen})
    assert any(answer.startswith("20") for answer in watch.seen), f"the door took something: {told}"
    assert any(answer.startswith("4") for answer in watch.seen), "and refused something"
    watch.seen.append(generate_latest(world.metrics.registry).decode())
    watch.check()


async def _both(session: aiohttp.ClientSession, url: str, raw: RawEvent, watch: Watch) -> None:
    """The genuine call, and the same with every proof spoiled a little; what both were answered."""
    path = raw.url.removeprefix(PUBLIC_URL)
    spoiled = {name: value + "0" for name, value in raw.headers.items() if name.startswith("x-")}
    where, _, query = path.partition("?")
    other = f"{where}0?{query}" if where.count("/") > 2 else path
    genuine, forged = (path, raw.body, raw.headers), (other, raw.body + b" ", {**raw.headers, **spoiled})
    for address, body, headers in (genuine, forged):
        bare = {n: v for n, v in headers.items() if n not in ("host", "content-length", "connection")}
        with contextlib.suppress(aiohttp.ClientError, ValueError, TimeoutError):
            method = raw.method or "POST"
            async with session.request(method, url + address, data=io.BytesIO(body), headers=bare) as answer:
                # A handshake gives back what the caller sent; that is its own.
                watch.seen.append(f"{answer.status} {dict(answer.headers)} {await answer.text()}")


@pytest.mark.parametrize("folder", ACCOUNTS, ids=account_id)
async def test_no_credential_leaves_by_a_hostile_provider(
    folder: Path, world: IntakeWorld, watch: Watch
) -> None:
    async with hostile(mail="email" in folder.parts) as port:
        adapter: Any = built(world, folder, watch, port)
        try:
            if isinstance(adapter, Runs):
                await _run(adapter, watch)
            if isinstance(adapter, Replies):
                await _say(adapter, watch)
            if isinstance(adapter, FetchesMedia):
                await _fetch(adapter, port, watch)
        finally:
            await adapter.close()
    watch.check()


async def _attempt(work: Any, watch: Watch, within: float = 1.5) -> None:
    try:
        async with asyncio.timeout(within):
            await work
    except TimeoutError:
        pass
    except Exception as error:
        watch.seen.append(f"{type(error).__name__}: {error} {error!r}")
        # The worker logs what an adapter raises, with the causes behind it.
        structlog.get_logger().exception("failed")


async def _run(adapter: Any, watch: Watch) -> None:
    await _attempt(adapter.run(), watch)


async def _say(adapter: Any, watch: Watch) -> None:
    outgoing = Outgoing(text="Laporan Anda kami terima.", key="1", ticket="261123-0042-7", subject="Lampu")
    await _attempt(adapter.reply(REPLY_TO, outgoing), watch)


async def _fetch(adapter: Any, port: int, watch: Watch) -> None:
    async def whole() -> None:
        remote = f"http://127.0.0.1:{port}/berkas"
        for one in (remote, "12345"):
            async for _ in adapter.fetch(Attachment(remote=one, state="pending")):
                pass

    await _attempt(whole(), watch)


def test_a_credential_is_hidden_in_every_form() -> None:
    before = set(logs._hidden)
    try:
        value = logs.hide("rahasia uji/+=&")
        forms = [value, quote(value, safe=""), quote_plus(value), b64encode(value.encode()).decode()]
        for form in forms:
            assert (
                logs.redact(f"Authorization failed for {form} here")
                == "Authorization failed for [secret] here"
            )
    finally:
        logs._hidden.clear()
        logs._hidden.update(before)


def test_a_credential_does_not_show_itself() -> None:
    assert "rahasia" not in f"{Secret('rahasia-uji')!r} {Secret('rahasia-uji')}"


def test_every_account_with_credentials_is_met(world_values: Mapping[str, int]) -> None:
    assert set(world_values) >= {"telegram", "x", "facebook", "instagram", "whatsapp", "sp4n_lapor", "app"}


@pytest.fixture
def world_values() -> Mapping[str, int]:
    """How many credentials each adapter's own account of the fixtures names."""
    found: dict[str, int] = {}
    for folder in ACCOUNTS:
        account = msgspec.convert(tomllib.loads((folder / "account.toml").read_text()), Account)
        seen: list[str] = []
        with contextlib.suppress(KanalError):
            convert(
                load(account.adapter).Settings,
                account.settings,
                "a",
                lambda ref, s=seen: s.append(ref) or ref,
            )  # type: ignore[misc]
        if seen:
            found[account.adapter] = found.get(account.adapter, 0) + len(seen)
    return found


@pytest.mark.parametrize("form", [str, quote_plus, lambda v: b64encode(f"dki:{v}".encode()).decode()])
def test_the_watch_sees_a_credential_in_any_form(watch: Watch, form: Callable[[str], str]) -> None:
    watch.values.append("rahasia uji/+=&")
    watch.check()
    watch.seen.append(f'"Authorization": "Basic {form("rahasia uji/+=&")}"')
    with pytest.raises(AssertionError):
        watch.check()
