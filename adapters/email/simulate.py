"""A citizen's mail program, and the servers beside us as fakes on loopback: a mailbox, and a smarthost.

Letters go to the account's own door by SMTP or LMTP; where only a mailbox is read, they are put into it by IMAP. The
fake servers are brought up where the settings name a port of loopback on which nobody listens yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import re
import smtplib
from collections import deque
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from adapters.base import Account, Gateway, Letter, Outgoing
from adapters.email.checks import is_loopback
from adapters.email.fake_imap import FakeImap
from adapters.email.imap_client import mailbox_name
from adapters.email.settings import EmailSettings
from normalizer.errors import ProviderRefused
from normalizer.record import RawEvent

_TICKET = re.compile(r"\[([0-9-]{8,20})\]$")


def sign(raw: RawEvent, settings: EmailSettings) -> RawEvent:
    """Nothing proves a mail's origin before it is kept."""
    return raw


def compose(letter: Letter, to: str) -> bytes:
    """The mail as a telephone's mail program writes it; the same `number` bears the same Message-ID."""
    name = letter.sender
    address = f"{'.'.join(name.lower().split()) or 'warga'}@example.org"
    message = EmailMessage()
    message["From"] = f'"{name}" <{address}>' if name.isascii() else address
    message["To"] = to
    message["Subject"] = letter.subject or " ".join(letter.text.split()[:8])
    message["Date"] = format_datetime(datetime(2026, 11, 23, 4, letter.number % 60, tzinfo=UTC))
    message["Message-ID"] = f"<simulasi-{letter.number}@example.org>"
    text = letter.text
    if letter.latitude is not None and letter.longitude is not None:
        text += f"\n\nhttps://maps.google.com/?q={letter.latitude:.6f},{letter.longitude:.6f}"
    message.set_content(text + "\n\n-- \nDikirim dari ponsel Android saya\n")
    for index, photo in enumerate(letter.photos, 1):
        kind = "png" if photo.startswith(b"\x89PNG") else "jpeg"
        message.add_attachment(photo, maintype="image", subtype=kind, filename=f"IMG_{index:04d}.{kind[:3]}")
    return message.as_bytes()


def simulator(account: Account, settings: EmailSettings, gateway: Gateway) -> MailSimulator:
    return MailSimulator(settings)


class MailSimulator:
    """Sends to the account's own door: SMTP, or LMTP where only that is open, or into its mailbox.

    `heard` are the answers that the fake smarthost took (`adapters.base.Hears`).
    """

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self.heard: list[Outgoing] = []
        self.imap: FakeImap | None = None
        self.smarthost: FakeSmarthost | None = None

    async def start(self) -> None:
        """Bring up the servers that the settings name on loopback, unless real ones listen there."""
        s = self._settings
        if s.imap_host and s.imap_tls == "none" and s.imap_port and is_loopback(s.imap_host):
            imap = FakeImap(s.imap_user, s.imap_password.reveal())
            imap.folders = {name: [] for name in {s.imap_folder, s.imap_move_to} if name}
            with contextlib.suppress(OSError):
                await imap.start(s.imap_port)
                self.imap = imap
        host, _, port = s.smarthost.rpartition(":")
        if s.smarthost and s.smarthost_tls == "none" and is_loopback(host.strip("[]")):
            smarthost = FakeSmarthost(s, self.heard)
            with contextlib.suppress(OSError):
                await smarthost.start(int(port))
                self.smarthost = smarthost

    async def send(self, letter: Letter) -> str:
        to = self._settings.addresses[0]
        mail = compose(letter, to)
        if self._settings.smtp_listen or self._settings.lmtp_listen:
            return await asyncio.to_thread(self._deliver, mail, to)
        return await asyncio.to_thread(self._append, mail.replace(b"\n", b"\r\n"))

    async def stop(self) -> None:
        """Every letter has its own connection, closed by now."""
        for server in (self.imap, self.smarthost):
            if server is not None:
                await server.stop()

    def _deliver(self, mail: bytes, to: str) -> str:
        with self._connect() as door:
            door.ehlo_or_helo_if_needed()
            for answer in (door.mail("simulasi@example.org"), door.rcpt(to), door.data(mail)):
                code, text = answer
                if code >= 400:
                    raise smtplib.SMTPResponseException(code, text)
        return f"{code} {text.decode('utf-8', 'replace')}"

    def _connect(self) -> smtplib.SMTP:
        where = self._settings.smtp_listen or self._settings.lmtp_listen
        kind = smtplib.SMTP if self._settings.smtp_listen else smtplib.LMTP
        if where.startswith("unix:"):
            return smtplib.LMTP(where.removeprefix("unix:"))
        host, _, port = where.rpartition(":")
        host = host.strip("[]")
        return kind("127.0.0.1" if host in ("", "0.0.0.0", "::") else host, int(port), timeout=30)  # noqa: S104

    def _append(self, mail: bytes) -> str:
        """Put into the mailbox, as its server does with a mail that comes in."""
        s = self._settings
        port = s.imap_port or (993 if s.imap_tls == "tls" else 143)
        kind = imaplib.IMAP4_SSL if s.imap_tls == "tls" else imaplib.IMAP4
        with kind(s.imap_host, port, timeout=30) as server:
            if s.imap_tls == "starttls":
                server.starttls()
            try:
                server.login(s.imap_user, s.imap_password.reveal())
                result, words = server.append(mailbox_name(s.imap_folder), "", "", mail)
            except imaplib.IMAP4.error as error:
                raise ProviderRefused(str(error)) from None
        if result != "OK":
            raise ProviderRefused(str(words))
        return f"{result} {s.imap_folder}"


class FakeSmarthost:
    """The server that sends for us, on loopback: checks sign-in, envelope and header as one that guards its name.

    `answers` are the replies to the next mails' recipients, `after_data` to their contents; then all is well again.
    """

    def __init__(self, settings: EmailSettings, heard: list[Outgoing]) -> None:
        self.settings, self.heard = settings, heard
        self.mails: list[tuple[str, str, bytes]] = []
        """Envelope sender, recipient, bytes."""
        self.answers: deque[str] = deque()
        self.after_data: deque[str] = deque()
        self.sender_refused = ""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._talks: deque[SMTP] = deque(maxlen=100)

    async def start(self, port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {"hostname": "smarthost.localhost", "loop": loop}
        if self.settings.smarthost_user:
            options |= {"authenticator": self._authenticate, "auth_require_tls": False}

        def talk() -> SMTP:
            one = SMTP(self, **options)
            self._talks.append(one)
            return one

        self._server = await loop.create_server(talk, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for talk in self._talks:
                if talk.transport is not None:
                    talk.transport.close()
            await asyncio.sleep(0)
            await self._server.wait_closed()

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        s = self.settings
        fine = isinstance(data, LoginPassword) and (data.login, data.password) == (
            s.smarthost_user.encode(),
            s.smarthost_password.reveal().encode(),
        )
        return AuthResult(success=fine, handled=False)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd names hooks so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.settings.smarthost_user and not session.authenticated:
            return "530 5.7.0 sign in first"
        domain = self.settings.bounces_to.rpartition("@")[2]
        if self.sender_refused or address.rpartition("@")[2] != domain:
            return self.sender_refused or "550 5.7.1 sender not allowed"
        envelope.mail_from = address
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers:
            reply = self.answers.popleft()
            if not reply.startswith("250"):
                return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content or b""
        content = content if isinstance(content, bytes) else content.encode()
        mail = message_from_bytes(content, policy=policy.default)
        if self.after_data:
            return self.after_data.popleft()
        if any(len(mail.get_all(name, [])) != 1 for name in ("From", "To", "Date", "Message-ID", "Subject")):
            return "550 5.6.0 a header field is missing or comes twice (RFC 5322 3.6)"
        if len(envelope.rcpt_tos) != 1:
            return "550 5.5.3 one recipient, please"
        self.mails.append((envelope.mail_from or "", envelope.rcpt_tos[0], content))
        subject = str(mail["Subject"])
        found = _TICKET.search(subject)
        part = mail.get_body(("plain",))
        text = "\n".join(str(part.get_content()).splitlines()) if part is not None else ""
        key, ticket = envelope.rcpt_tos[0], found[1] if found else ""
        self.heard.append(Outgoing(text=text, key=key, ticket=ticket, subject=subject))
        return "250 2.0.0 queued"
