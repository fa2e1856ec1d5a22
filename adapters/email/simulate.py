"""A citizen's mail program: real SMTP, real-shaped mails with photos, for `kanal simulate`, the demo and the tests."""

from __future__ import annotations

import asyncio
import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from adapters.base import Account, Gateway, Letter
from adapters.email.settings import EmailSettings
from normalizer.record import RawEvent


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
    """Sends to the account's own door: SMTP, or LMTP where only that is open."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings

    async def start(self) -> None:
        """There is no provider to bring up."""

    async def send(self, letter: Letter) -> str:
        to = self._settings.addresses[0]
        return await asyncio.to_thread(self._deliver, compose(letter, to), to)

    async def stop(self) -> None:
        """Every letter has its own connection, closed by now."""

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
