"""The mailbox of the complaint system: takes mail by SMTP and LMTP, keeps it, and lets a worker read it later."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import structlog
from msgspec import Struct, structs

from adapters.base import Account, Adapter, Item, Ports, Spool
from adapters.email import verify
from adapters.email.doorman import Doorman
from adapters.email.parse import authenticity, parse
from adapters.email.settings import EmailSettings
from adapters.email.smtp import LocalDoor, MailDoor
from normalizer.errors import Misconfigured
from normalizer.record import Authenticity, RawEvent

log = structlog.get_logger("adapters.email")

_DRAIN_SECONDS = 5.0


class EmailAdapter(Adapter[EmailSettings]):
    """SMTP and LMTP servers in the gateway's loop. `smtp_address` and `lmtp_address` are set while it runs."""

    name: ClassVar[str] = "email"
    title: ClassVar[str] = "E-mail"
    default_channel: ClassVar[str] = "email"
    Settings: ClassVar[type[Struct]] = EmailSettings
    parse_in_worker: ClassVar[bool] = True
    """`adapters.email.parse.parse(raw, settings)` is to be run in another process, with a deadline."""

    def __init__(self, account: Account, settings: EmailSettings, ports: Ports) -> None:
        if not settings.hostname:
            settings = structs.replace(settings, hostname=socket.gethostname() or "localhost")
        super().__init__(account, settings, ports)
        _check(settings, account.name)
        self.listening = asyncio.Event()
        self.smtp_address: tuple[str, int] | None = None
        self.lmtp_address: tuple[str, int] | str | None = None
        self.dns: verify.DnsLookup | None = None
        """Where DKIM, SPF and DMARC records come from with `verify = "dns"`; None: the machine's resolver."""

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return parse(raw, self.settings)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        return authenticity(raw, self.settings)

    async def run(self) -> None:
        """Listen until cancelled; then let the mails that are on their way to the disk get there."""
        loop = asyncio.get_running_loop()
        limits = self.settings
        doorman = Doorman(limits.max_connections, limits.connections_per_address, limits.trusted_networks)
        tls = _tls(limits, self.account.name)

        def door(kind: type[MailDoor]) -> MailDoor:
            return kind(limits, self._keep, self.ports.new_spool, doorman, tls, loop)

        servers: list[asyncio.Server] = []
        try:
            if limits.smtp_listen:
                servers.append(await _listen(limits.smtp_listen, lambda: door(MailDoor)))
                self.smtp_address = servers[-1].sockets[0].getsockname()[:2]
            if limits.lmtp_listen:
                servers.append(await _listen(limits.lmtp_listen, lambda: door(LocalDoor)))
                name = servers[-1].sockets[0].getsockname()
                self.lmtp_address = name if isinstance(name, str) else name[:2]
            self.listening.set()
            log.info(
                "mail door open", account=self.account.name, smtp=self.smtp_address, lmtp=self.lmtp_address
            )
            await asyncio.Event().wait()
        finally:
            self.listening.clear()
            for server in servers:
                server.close()
            await _say_goodbye(doorman)

    async def _keep(self, envelope: dict[str, str], body: bytes, spool: Spool | None) -> None:
        raw = RawEvent(
            account=self.account.name, received_at=self.ports.clock.now(), body=body, envelope=envelope
        )
        await self.ports.inbox.keep(raw, spool)

    async def prepare(self, raw: RawEvent) -> RawEvent:
        """What `parse` cannot find out because it is pure: the DNS verdicts, put into the envelope.

        The service calls it once per kept mail, before the worker parses. Without `verify = "dns"` it is `raw`.
        """
        if self.settings.verify != "dns" or "auth_results" in raw.envelope:
            return raw
        verdicts = await asyncio.to_thread(verify.by_dns, raw, self.dns, self.settings.hostname)
        return structs.replace(raw, envelope={**raw.envelope, "auth_results": verdicts})


def _check(settings: EmailSettings, account: str) -> None:
    where = f"account.{account}"
    for address in settings.addresses:
        if address.count("@") != 1 or address != address.strip():
            raise Misconfigured(f"{where}.addresses", f"{address!r} is no address", "write name@domain")
    if not settings.smtp_listen and not settings.lmtp_listen:
        raise Misconfigured(f"{where}.smtp_listen", "no door is open", "set smtp_listen or lmtp_listen")
    if settings.verify == "header" and not settings.authserv_id:
        raise Misconfigured(
            f"{where}.authserv_id",
            "missing",
            "write the name that the mail server in front puts first in Authentication-Results",
        )
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise Misconfigured(f"{where}.tls_key", "certificate and key go together", "set both or none")
    for network in settings.trusted_networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise Misconfigured(
                f"{where}.trusted_networks", f"{network!r} is no network", "write 10.0.0.0/8"
            ) from None
    for field in ("smtp_listen", "lmtp_listen"):
        text = getattr(settings, field)
        if text and not text.startswith("unix:") and not text.rpartition(":")[2].isdigit():
            raise Misconfigured(f"{where}.{field}", f"{text!r} names no port", "write 127.0.0.1:2525")


def _tls(settings: EmailSettings, account: str) -> ssl.SSLContext | None:
    if not settings.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"account.{account}.tls_certificate", str(error), "name readable PEM files of one key pair"
        ) from None
    return context


async def _listen(where: str, factory: Callable[[], MailDoor]) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    if where.startswith("unix:"):
        path = where.removeprefix("unix:")
        _make_room(path)
        server = await loop.create_unix_server(factory, path)
        os.chmod(path, 0o660)  # noqa: PTH101 - one system call
        return server
    host, _, port = where.rpartition(":")
    return await loop.create_server(factory, host.strip("[]") or None, port=int(port), backlog=512)


def _make_room(path: str) -> None:
    """A socket that a former run left behind is in the way."""
    socket_file = Path(path)
    if socket_file.is_socket():
        socket_file.unlink()


async def _say_goodbye(doorman: Doorman) -> None:
    for session in doorman.sessions:
        if not session.busy:
            session.hang_up(f"421 4.3.2 {session.hostname} closing, try again later")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while any(session.busy for session in doorman.sessions):  # noqa: ASYNC110 - a few rounds, at the end
                await asyncio.sleep(0.02)
    for session in doorman.sessions:
        session.hang_up(f"421 4.3.2 {session.hostname} closing, try again later")
