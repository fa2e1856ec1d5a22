"""The mailbox of the complaint system: mail comes by SMTP, LMTP and IMAP and is kept; answers leave by a smarthost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import structlog
from msgspec import Struct, structs

from adapters.base import Account, Adapter, Item, Outgoing, Ports, Spool
from adapters.email import replies, verify
from adapters.email.checks import check, server_tls
from adapters.email.doorman import Doorman
from adapters.email.mailbox import MailboxReader
from adapters.email.parse import authenticity, parse
from adapters.email.settings import EmailSettings
from adapters.email.smtp import LocalDoor, MailDoor
from adapters.shared.pace import Limit, Pace
from normalizer.errors import ProviderRefused
from normalizer.record import Authenticity, RawEvent
from normalizer.settings import Secret

log = structlog.get_logger("adapters.email")

_DRAIN_SECONDS = 5.0
#: Answers to one address: should a robot answer ours after all, the circle turns this slowly.
_EACH = Limit(20, 3600.0)


class EmailAdapter(Adapter[EmailSettings]):
    """SMTP and LMTP servers in the gateway's loop, and a reader of a mailbox beside them (`Runs`, `Replies`).

    `smtp_address` and `lmtp_address` are set while it runs.
    """

    name: ClassVar[str] = "email"
    title: ClassVar[str] = "E-mail"
    default_channel: ClassVar[str] = "email"
    answers_in: ClassVar[Literal["chat", "mail", "sms"]] = "mail"
    Settings: ClassVar[type[Struct]] = EmailSettings
    parse_in_worker: ClassVar[bool] = True
    """`adapters.email.parse.parse(raw, settings)` is to be run in another process, with a deadline."""

    def __init__(self, account: Account, settings: EmailSettings, ports: Ports) -> None:
        if not settings.hostname:
            settings = structs.replace(settings, hostname=socket.gethostname() or "localhost")
        check(settings, account.name)
        self._imap_password, self._smarthost_password = settings.imap_password, settings.smarthost_password
        # The worker process that meets strangers' mails is handed the settings, and needs no password.
        settings = structs.replace(settings, imap_password=Secret(""), smarthost_password=Secret(""))
        super().__init__(account, settings, ports)
        self._pace = Pace(Limit(settings.replies_per_minute, 60.0), each=(_EACH,))
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
        tls = server_tls(limits, self.account.name)

        def door(kind: type[MailDoor]) -> MailDoor:
            return kind(limits, self._keep, self.ports.new_spool, doorman, tls, loop)

        servers: list[asyncio.Server] = []
        reading: asyncio.Task[None] | None = None
        try:
            if limits.smtp_listen:
                servers.append(await _listen(limits.smtp_listen, lambda: door(MailDoor)))
                self.smtp_address = servers[-1].sockets[0].getsockname()[:2]
            if limits.lmtp_listen:
                servers.append(await _listen(limits.lmtp_listen, lambda: door(LocalDoor)))
                name = servers[-1].sockets[0].getsockname()
                self.lmtp_address = name if isinstance(name, str) else name[:2]
            if limits.imap_host:
                reader = MailboxReader(self.account.name, limits, self._imap_password, self.ports)
                reading = asyncio.create_task(reader.run(), name=f"{self.account.name}: imap")
            self.listening.set()
            log.info(
                "mail door open", account=self.account.name, smtp=self.smtp_address, lmtp=self.lmtp_address
            )
            await asyncio.Event().wait()
        finally:
            self.listening.clear()
            if reading is not None:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
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

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        """Send by the smarthost; the Message-ID, which a bounce's `Receipt` names.

        Raises `ProviderRefused` also where nobody may be answered: a machine, a list, ourselves.
        """
        settings = self.settings
        if not settings.smarthost:
            raise ProviderRefused("this account sends no answers: smarthost is not set")
        message = replies.compose(settings, reply_to, outgoing, self.ports.clock.now())
        to = replies.recipient(settings, reply_to)
        token = replies.token_of(outgoing)
        local, _, domain = settings.bounces_to.rpartition("@")
        sender = f"{local}+{token}@{domain}"
        await self._pace.turn(to)
        try:
            await asyncio.to_thread(replies.send, settings, self._smarthost_password, message, sender, to)
        except replies.OurFault as error:
            cure = "see that smarthost, smarthost_user and smarthost_password are right and it lets us send"
            self.ports.trouble("smarthost", f"{error.reason}\n  cure: {cure}")
            raise
        self.ports.trouble("smarthost", None)
        return replies.message_id(settings, token)


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
