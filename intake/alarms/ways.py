"""How an alarm leaves the program: a mail to whoever is on duty, or a CloudEvent to a webhook.

The webhook gets one event in structured mode (CloudEvents 1.0, HTTP protocol binding, `application/cloudevents+json`),
signed when a secret is configured: `Kanal-Signature: sha256=<hex HMAC of the body>`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import msgspec
from msgspec import Meta, Struct

from intake.alarms.explained import explained
from intake.words import language_of, say
from normalizer.errors import Misconfigured, ProviderUnavailable
from normalizer.identity import JAKARTA
from normalizer.settings import Secret

SECONDS = 20.0
TYPE = "id.go.jakarta.aduan.gateway.alarm"


class AlarmsTable(Struct, frozen=True, kw_only=True):
    """Where alarms go. `webhook` is an address (https, or http on this machine); its secret signs the body. `mail_to`
    gets a mail from `mail_from` through `smarthost` (`smtp://host:25`, with STARTTLS where it is offered, or
    `smtps://host:465`). What lasts less than `after` seconds is not told."""

    webhook: Secret | None = None
    webhook_secret: Secret | None = None
    mail_to: list[str] = []
    mail_from: str = ""
    smarthost: str = ""
    smarthost_user: str = ""
    smarthost_password: Secret | None = None
    after: Annotated[float, Meta(ge=0, le=3600)] = 30.0


class News(Struct, frozen=True, kw_only=True):
    """One change: `state` is `raised` or `over`; `since` is when that began."""

    alarm: str
    state: str
    words: str
    since: datetime
    at: datetime
    source: str


class Way(Protocol):
    """One way out. `name` is the key of what it was told."""

    @property
    def name(self) -> str: ...

    async def tell(self, news: News) -> None:
        """Returns when it was taken. Raises `ProviderUnavailable`, OSError or TimeoutError: it is told again."""


@dataclass(frozen=True)
class Webhook:
    """POSTs a CloudEvent."""

    url: str
    secret: bytes = b""
    name: str = "webhook"

    async def tell(self, news: News) -> None:
        body = msgspec.json.encode(cloud_event(news))
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
        if self.secret:
            headers["Kanal-Signature"] = "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status >= 300:
                    raise ProviderUnavailable(f"the alarm webhook answered {answer.status}")
        except aiohttp.ClientError as error:
            raise ProviderUnavailable(
                f"the alarm webhook cannot be reached ({type(error).__name__})"
            ) from None


def cloud_event(news: News) -> dict[str, Any]:
    """The event's JSON. Its id is the same for the same change, so that a repetition is recognised."""
    mark = f"{news.source}|{news.alarm}|{news.state}|{news.since.isoformat()}"
    return {
        "specversion": "1.0",
        "id": hashlib.sha256(mark.encode()).hexdigest()[:32],
        "source": news.source,
        "type": TYPE,
        "subject": news.alarm,
        "time": news.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"state": news.state, "words": news.words, "since": news.since.isoformat()},
    }


@dataclass(frozen=True)
class Mail:
    """Sends a mail through a smarthost."""

    to: tuple[str, ...]
    sender: str
    smarthost: str
    user: str = ""
    password: str = ""
    name: str = "mail"

    async def tell(self, news: News) -> None:
        await asyncio.to_thread(self._send, self.mail(news))

    def mail(self, news: News) -> EmailMessage:
        """In the program's language; machines are told that a machine wrote it (RFC 3834)."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, ", ".join(self.to)
        mail["Date"] = format_datetime(news.at)
        mail["Auto-Submitted"] = "auto-generated"
        told = explained(news.alarm, news.words, language_of())
        mail["Subject"] = say(f"alarm_subject_{news.state}", alarm=" ".join(told.title.split())[:120])
        since = news.since.astimezone(JAKARTA).strftime("%d-%m-%Y %H:%M:%S WIB")
        mail.set_content(
            say(
                f"alarm_{news.state}",
                title=told.title,
                cure=told.cure,
                alarm=news.alarm,
                words=news.words,
                since=since,
                source=news.source,
            )
        )
        return mail

    def _send(self, mail: EmailMessage) -> None:
        where = urlsplit(self.smarthost)
        context = ssl.create_default_context()
        host, port = where.hostname or "", where.port
        try:
            if where.scheme == "smtps":
                server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=context)
            else:
                server = smtplib.SMTP(host, port or 25, timeout=SECONDS)
            with server:
                server.ehlo()
                if where.scheme == "smtp" and server.has_extn("starttls"):
                    server.starttls(context=context)
                    server.ehlo()
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(mail)
        except smtplib.SMTPException as error:
            raise ProviderUnavailable(
                f"the smarthost did not take the alarm ({type(error).__name__})"
            ) from None


def ways_of(table: AlarmsTable) -> tuple[Way, ...]:
    """The ways that the configuration names. Raises `Misconfigured` with the cure."""
    ways: list[Way] = []
    if table.webhook is not None:
        address = table.webhook.reveal()
        where = urlsplit(address)
        here = where.hostname in ("localhost", "127.0.0.1", "::1")
        if where.scheme != "https" and not (where.scheme == "http" and here):
            raise Misconfigured(
                "alarms.webhook", "must be https", "give an https address, or http on this machine"
            )
        secret = table.webhook_secret.reveal().encode() if table.webhook_secret else b""
        ways.append(Webhook(address, secret))
    if table.mail_to:
        if "@" not in table.mail_from or any("@" not in to for to in table.mail_to):
            raise Misconfigured(
                "alarms.mail_from", "an address is missing", "give mail_from and mail_to as name@host"
            )
        if urlsplit(table.smarthost).scheme not in ("smtp", "smtps"):
            raise Misconfigured(
                "alarms.smarthost", "is no mail server", "write smtp://host:25 or smtps://host:465"
            )
        password = table.smarthost_password.reveal() if table.smarthost_password else ""
        ways.append(
            Mail(tuple(table.mail_to), table.mail_from, table.smarthost, table.smarthost_user, password)
        )
    return tuple(ways)
