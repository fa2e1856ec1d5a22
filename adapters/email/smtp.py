"""The mail door: SMTP (RFC 5321) and LMTP (RFC 2033) on aiosmtpd, hardened.

aiosmtpd gives the protocol's plumbing and STARTTLS. Ours is everything that a stranger can lean on: the command
loop, the addresses, DATA, the limits and the deadlines. A mail is answered 250 only when it is durable.

DATA ends at <CR><LF>.<CR><LF> and nowhere else, so no bare CR or LF smuggles a second mail (CVE-2023-51764 and
its kin). Small mails stay in memory, larger ones stream into a spool, and what exceeds the limit is dropped as
it comes.
"""

from __future__ import annotations

import asyncio
import errno
import re
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, AnyStr, cast

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException

from adapters.base import Spool
from adapters.email.doorman import Doorman
from adapters.email.incoming import Incoming
from adapters.email.settings import EmailSettings
from normalizer.errors import Overloaded, StorageFull, TooLarge

log = structlog.get_logger("adapters.email")

_CHUNK = 64 * 1024
_LONGEST_COMMAND = 2048
_PROGRESS = 4096
_END = b"\r\n.\r\n"
#: Commands that move nothing, and refusals, before we hang up; an accepted mail fills the budget again.
_PATIENCE = 100
_KEEP_SECONDS = 60.0
_LINGER_SECONDS = 10.0

_PATH = re.compile(r'\s*(?:<((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>|([^<>"\s]+))\s*(.*)', re.DOTALL)
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e]+))?")
_ROUTE = re.compile(r"@[^:]*:")

#: envelope, body, spool -> None once it is durable; raises what went wrong.
Keep = Callable[[dict[str, str], bytes, Spool | None], Awaitable[None]]


class Hang(Exception):
    """End the session now; the reply has been sent."""


class MailDoor(SMTP):
    """One SMTP session. `keep` makes a mail durable; `doorman` counts who is in."""

    line_length_limit = _CHUNK  # also the stream's buffer: commands have their own, shorter limit
    greeting = "ESMTP"

    def __init__(
        self,
        settings: EmailSettings,
        keep: Keep,
        new_spool: Callable[[], Spool],
        doorman: Doorman,
        tls: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(
            None,
            data_size_limit=settings.max_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.hostname or None,
            ident="Kanal Aduan",
            tls_context=tls,
            timeout=settings.idle_seconds,
            loop=loop,
        )
        self._settings, self._keep, self._new_spool, self._doorman = settings, keep, new_spool, doorman
        self._admitted = False
        self._busy = False
        self._closing = False
        self._received = self._seen = 0
        self._in_data = False
        self._patience = _PATIENCE
        self._born = self._progress = self._data_began = loop.time()

    # --- the connection ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        first = self._original_transport is None
        if first and isinstance(transport, asyncio.Transport):
            refusal = self._doorman.admit(self, transport.get_extra_info("peername"))
            if refusal:
                self._closing = True
                transport.write(f"421 4.7.0 {self.hostname} {refusal}\r\n".encode())
                transport.close()
                return
            self._admitted = True
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Unlike the original, a mail on its way to the disk is not torn off by a client that left."""
        self._doorman.left(self)
        if not self._admitted:
            return
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if self._original_transport is not None:
            self._original_transport.close()
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        if self._handler_coroutine is not None and not self._busy:
            self._handler_coroutine.cancel()
        self.transport = None

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._received += len(data)
        super().data_received(data)

    def eof_received(self) -> bool | None:
        """A client may send everything and close its half: it is still answered."""
        if not self._admitted:
            return False
        asyncio.StreamReaderProtocol.eof_received(self)
        return self.session is not None and self.session.ssl is None

    def hang_up(self, reply: str) -> None:
        """Say `reply` and close; whoever does not listen is cut off soon after."""
        transport = self.transport
        if transport is None:
            return
        self._closing = True
        if not transport.is_closing():
            transport.write(reply.encode() + b"\r\n")  # type: ignore[attr-defined]
            transport.close()
        self.loop.call_later(2.0, _abort, transport, self._original_transport)
        if self._handler_coroutine is not None and not self._busy:
            self._handler_coroutine.cancel()

    def _forget_mail(self) -> None:
        self.envelope = Envelope()

    @property
    def _mail(self) -> Envelope:
        return cast(Envelope, self.envelope)

    @property
    def _talk(self) -> Session:
        return cast(Session, self.session)

    @property
    def busy(self) -> bool:
        """Whether a mail is on its way to the disk at this moment."""
        return self._busy

    # --- deadlines --------------------------------------------------------------------------------------------

    def _reset_timeout(self, duration: float | None = None) -> None:
        """One watch per connection; progress is a mark, not a new timer."""
        if self._timeout_handle is None:
            self._watch()

    def _watch(self) -> None:
        now, settings = self.loop.time(), self._settings
        if self._busy:
            self._progress = now
        elif self._in_data and self._received - self._seen >= _PROGRESS:
            self._progress, self._seen = now, self._received
        if (
            now - self._progress >= settings.idle_seconds
            or now - self._born >= settings.session_seconds
            or (self._in_data and now - self._data_began >= settings.data_seconds)
        ):
            self.hang_up(f"421 4.4.2 {self.hostname} timeout")
            return
        self._timeout_handle = self.loop.call_later(min(settings.idle_seconds / 8, 5.0), self._watch)

    def _moved(self) -> None:
        self._progress = self.loop.time()

    async def push(self, status: AnyStr) -> None:
        """Send one reply; to somebody who is gone nothing, for uvloop takes the attempt for a failure of ours."""
        if self._writer.transport.is_closing():
            raise Hang
        await super().push(status)

    # --- the command loop -------------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        try:
            await self.push(f"220 {self.hostname} {self.greeting} {self.__ident__}")
            while self.transport is not None and not self._closing:
                await self._one_command()
        except (Hang, ConnectionError, asyncio.IncompleteReadError, TLSSetupException):
            pass
        except Exception as error:
            log.error("mail session broke", error=type(error).__name__, exc_info=True)
            self.hang_up("451 4.3.0 internal error, try again later")
        finally:
            self._busy = False
            if self._writer is not None:
                self._writer.close()

    async def _one_command(self) -> None:
        try:
            line = (await self._reader.readuntil(b"\n")).rstrip(b"\r\n")
        except asyncio.LimitOverrunError:
            await self.push("500 5.5.2 command line too long")
            raise Hang from None
        name, _, rest = line.partition(b" ")
        method = None
        if len(line) <= _LONGEST_COMMAND and name.isascii():
            method = self._smtp_methods.get(name.decode("ascii").upper())
        if method is None:
            await self._refuse("500 5.5.2 command not recognized")
            return
        argument = rest.strip().decode("utf-8", "replace")
        if "\x00" in argument or "\r" in argument:
            await self._refuse("501 5.5.2 control characters are not allowed")
            return
        await method(argument or None)

    async def _refuse(self, reply: str) -> None:
        """Answer something that moves nothing; too much of that ends the session."""
        self._patience -= 1
        if self._patience < 0:
            await self.push(f"421 4.7.0 {self.hostname} too many commands without a mail")
            raise Hang
        await self.push(reply)

    # --- greetings and small commands -------------------------------------------------------------------------

    async def smtp_EHLO(self, hostname: str | None) -> None:  # noqa: N802 - aiosmtpd names commands so
        if not hostname:
            await self._refuse("501 5.5.4 your name is missing")
            return
        lines = [
            self.hostname,
            f"SIZE {self._settings.max_bytes}",
            "8BITMIME",
            "SMTPUTF8",
            "PIPELINING",
            "ENHANCEDSTATUSCODES",
        ]
        if self.tls_context and not self._tls_protocol:
            lines.append("STARTTLS")
        self._greet(hostname, extended=True)
        body = [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]
        await self._refuse("\r\n".join(body))

    async def smtp_HELO(self, hostname: str | None) -> None:  # noqa: N802
        if not hostname:
            await self._refuse("501 5.5.4 your name is missing")
            return
        self._greet(hostname, extended=False)
        await self._refuse(f"250 {self.hostname}")

    def _greet(self, hostname: str, *, extended: bool) -> None:
        if not self._talk.host_name:
            self._moved()
        self._forget_mail()
        self._talk.extended_smtp = extended
        self._talk.host_name = hostname[:255]

    async def smtp_NOOP(self, arg: str | None) -> None:  # noqa: N802
        await self._refuse("250 2.0.0 ok")

    async def smtp_RSET(self, arg: str | None) -> None:  # noqa: N802
        self._forget_mail()
        await self._refuse("250 2.0.0 ok")

    async def smtp_VRFY(self, arg: str | None) -> None:  # noqa: N802
        await self._refuse("252 2.5.2 send it, then you will know")

    async def smtp_EXPN(self, arg: str | None) -> None:  # noqa: N802
        await self._refuse("502 5.5.1 not offered")

    async def smtp_HELP(self, arg: str | None) -> None:  # noqa: N802
        await self._refuse("214 2.0.0 RFC 5321")

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802
        await self._refuse("502 5.5.1 not offered")

    async def smtp_QUIT(self, arg: str | None) -> None:  # noqa: N802
        await self.push("221 2.0.0 bye")
        raise Hang

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802
        """What was sent behind the command in the clear is dropped before the first byte under TLS is read."""
        if self.tls_context is None or self._tls_protocol is not None:
            await self._refuse("502 5.5.1 not offered")
        elif arg:
            await self._refuse("501 5.5.4 no argument, please")
        else:
            self._reader._buffer.clear()  # type: ignore[attr-defined]
            self._moved()
            await super().smtp_STARTTLS("")

    # --- the envelope -----------------------------------------------------------------------------------------

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if not self._talk.host_name:
            await self._refuse("503 5.5.1 say EHLO first")
            return
        if self._mail.mail_from is not None:
            await self._refuse("503 5.5.1 one mail at a time")
            return
        path = _path(arg, "FROM:")
        if path is None:
            await self._refuse("501 5.5.4 MAIL FROM:<address>")
            return
        address, parameters = path
        problem = self._parameters(parameters)
        if problem:
            await self._refuse(problem)
            return
        self._mail.mail_from = _ROUTE.sub("", address, count=1) if address.startswith("@") else address
        self._moved()
        await self.push("250 2.1.0 ok")

    def _parameters(self, text: str) -> str:
        """The refusal that the parameters of MAIL deserve; empty when they are fine."""
        for word in text.split():
            match = _PARAMETER.fullmatch(word)
            name = match[1].upper() if match else ""
            value = (match[2] or "") if match else ""
            if name == "SIZE" and value.isascii() and value.isdigit():
                if len(value) > 15 or int(value) > self._settings.max_bytes:
                    return f"552 5.3.4 larger than the limit of {self._settings.max_bytes} bytes"
            elif name == "BODY":
                if value.upper() not in ("7BIT", "8BITMIME"):
                    return "501 5.5.4 BODY is 7BIT or 8BITMIME"
            elif name != "SMTPUTF8" or value:
                return "555 5.5.4 parameter not recognized"
        return ""

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        if self._mail.mail_from is None:
            await self._refuse("503 5.5.1 MAIL comes first")
            return
        path = _path(arg, "TO:")
        if path is None:
            await self._refuse("501 5.5.4 RCPT TO:<address>")
        elif path[1]:
            await self._refuse("555 5.5.4 parameter not recognized")
        elif not self._settings.is_ours(path[0]):
            await self._refuse("550 5.1.1 no such mailbox here")
        elif len(self._mail.rcpt_tos) >= self._settings.max_recipients:
            await self.push("452 4.5.3 too many recipients")
        else:
            self._mail.rcpt_tos.append(path[0])
            self._moved()
            await self.push("250 2.1.5 ok")

    # --- the mail itself --------------------------------------------------------------------------------------

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        if not self._mail.rcpt_tos:
            await self._refuse("503 5.5.1 RCPT comes first")
            return
        if arg:
            await self._refuse("501 5.5.4 no argument, please")
            return
        await self.push("354 end data with <CR><LF>.<CR><LF>")
        self._moved()
        self._data_began, self._seen, self._in_data = self._progress, self._received, True
        mail = Incoming(self._settings.max_bytes, self._new_spool)
        try:
            await self._read_mail(mail)
            self._in_data = False
            reply = await self._store(mail)
        finally:
            self._in_data = False
            mail.discard()
        recipients = len(self._mail.rcpt_tos)
        self._forget_mail()
        self._moved()
        if reply.startswith("250"):
            self._patience = _PATIENCE
        await self._answer(reply, recipients)

    async def _answer(self, reply: str, recipients: int) -> None:
        await self.push(reply)

    async def _read_mail(self, mail: Incoming) -> None:
        """Read up to the end of data. The line break before the mail is put back, so that an empty mail ends too."""
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        while True:
            try:
                last = await self._reader.readuntil(_END)
            except asyncio.LimitOverrunError as error:
                mail.take(await self._reader.read(error.consumed))
                if mail.size > 2 * mail.limit:
                    await self._cut_off()
            else:
                mail.take(last[:-3], last=True)
                return

    async def _cut_off(self) -> None:
        """Far over the limit and still talking: answer, and listen a little longer so that the answer is read."""
        await self.push(f"552 5.3.4 larger than the limit of {self._settings.max_bytes} bytes")
        if self.transport is not None and self.transport.can_write_eof():  # type: ignore[attr-defined]
            self.transport.write_eof()  # type: ignore[attr-defined]
        until = self.loop.time() + _LINGER_SECONDS
        while self.loop.time() < until and await self._reader.read(_CHUNK):
            pass
        raise Hang

    async def _store(self, mail: Incoming) -> str:
        """Make the mail durable; the reply that this deserves."""
        if mail.size > mail.limit:
            return f"552 5.3.4 larger than the limit of {mail.limit} bytes"
        peer = self._talk.peer
        envelope = {
            "mail_from": self._mail.mail_from or "",
            "rcpt_to": ",".join(dict.fromkeys(self._mail.rcpt_tos)),
            "remote": str(peer[0]) if isinstance(peer, tuple) else "",
            "helo": self._talk.host_name or "",
            "tls": "yes" if self._tls_protocol is not None else "",
        }
        self._busy = True
        try:
            mail.check()
            async with asyncio.timeout(_KEEP_SECONDS):
                await self._keep(envelope, bytes(mail.head), mail.spool)
        except Exception as error:
            return _reply_to(error)
        finally:
            self._busy = False
        return "250 2.0.0 kept"


class LocalDoor(MailDoor):
    """LMTP: the same, spoken by the mail server in front of us; one answer per recipient."""

    greeting = "LMTP"

    async def smtp_LHLO(self, hostname: str | None) -> None:  # noqa: N802
        await super().smtp_EHLO(hostname)

    async def smtp_EHLO(self, hostname: str | None) -> None:  # noqa: N802
        await self._refuse("500 5.5.1 this is LMTP: say LHLO")

    async def smtp_HELO(self, hostname: str | None) -> None:  # noqa: N802
        await self._refuse("500 5.5.1 this is LMTP: say LHLO")

    async def _answer(self, reply: str, recipients: int) -> None:
        await self.push("\r\n".join([reply] * recipients))


def _path(argument: str | None, keyword: str) -> tuple[str, str] | None:
    """The address and the parameters of MAIL or RCPT; None when they are malformed."""
    if not argument or argument[: len(keyword)].upper() != keyword:
        return None
    match = _PATH.fullmatch(argument[len(keyword) :])
    if match is None:
        return None
    address = match[2] if match[1] is None else match[1]
    if len(address) > 512 or any(c < " " or c == "\x7f" for c in address):
        return None
    return address, match[3].strip()


def _reply_to(error: Exception) -> str:
    """What a sender hears of our own failure: try again, never a permanent no."""
    if isinstance(error, StorageFull | Overloaded) or (
        isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    ):
        return "452 4.3.1 no room at the moment, try again later"
    if isinstance(error, TooLarge):
        return f"552 5.3.4 larger than the limit of {error.limit} bytes"
    log.warning("mail not kept", error=type(error).__name__)
    return "451 4.3.0 cannot keep the mail at the moment, try again later"


def _abort(*transports: Any) -> None:
    for transport in transports:
        if transport is not None:
            transport.abort()
