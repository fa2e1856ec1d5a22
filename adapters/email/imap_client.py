"""One IMAP connection (RFC 3501, IDLE of RFC 2177, MOVE of RFC 6851) on aioimaplib: every wait has an end.

aioimaplib speaks the protocol. Ours is what a caller needs to rely on it: a connection that is lost ends every wait,
a server cannot send more than it was asked for, STARTTLS is there, and no mail or password reaches a log.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from aioimaplib import aioimaplib  # type: ignore[import-untyped]

from adapters.email.settings import EmailSettings
from normalizer.errors import ProviderRefused, ProviderUnavailable, TooLarge
from normalizer.settings import Secret

#: Bytes of a mail in one answer: so much of it is in memory at once.
PIECE = 256 * 1024
SECONDS = 60.0
_SMALL = 1024 * 1024
#: One line with the numbers of a million mails.
_NUMBERS = 16 * 1024 * 1024

_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,15})")
_QUOTED_BODY = re.compile(rb'BODY\[\](?:<\d+>)? (?:NIL|"((?:[^"\\]|\\.)*)")')
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d{1,10})\]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

T = TypeVar("T")


class SignInRefused(ProviderRefused):
    """The server does not let us in with this user and password, or not in this way."""


class NotGiven(ProviderRefused):
    """The server refuses one thing (a folder, one mail, a mark) and goes on."""


class Answer(NamedTuple):
    """A tagged answer: `result` is OK, NO or BAD; literals among the lines are bytearrays."""

    result: str
    lines: list[bytes]

    @property
    def words(self) -> str:
        """What the server said of the result, for people."""
        return bytes(self.lines[-1]).decode("utf-8", "replace")[:200] if self.lines else self.result


class _Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """The library's protocol, which tells of its end instead of leaving its callers waiting."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.over: asyncio.Future[str] = loop.create_future()
        self.room = _SMALL

    def end(self, why: str) -> None:
        """Nothing is to be expected any more. What waits for an answer is let go, since it may hold a lock."""
        if not self.over.done():
            self.over.set_result(why)
        for command in (self.pending_sync_command, *self.pending_async_commands.values()):
            if command is not None:
                command.close(why.encode(), "KO")

    def connection_lost(self, exc: Exception | None) -> None:
        self.end(f"the connection was lost{f' ({exc})' if exc else ''}")

    def data_received(self, data: bytes) -> None:
        self.room -= len(data)
        try:
            if self.room < 0:
                raise ValueError("the server sends more than it was asked for")
            super().data_received(data)
        except Exception as error:
            # RecursionError among them: the library takes one call for each line that comes at once.
            self.end(f"the server's answer was not understood ({type(error).__name__})")
            self.transport.abort()

    async def welcome(self, command: bytes) -> None:
        if not command.upper().startswith((b"* OK", b"* PREAUTH")):
            self.end(f"the server does not welcome us: {command[:200].decode('utf-8', 'replace')}")
            return
        try:
            await super().welcome(command)
        except aioimaplib.AioImapException as error:
            self.end(str(error))


class _Library(aioimaplib.IMAP4):  # type: ignore[misc]
    """The library's client around our protocol."""

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        running = asyncio.get_running_loop()
        self.protocol = _Protocol(running)
        self._client_task = running.create_task(
            running.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        )


class Mailbox:
    """A connection, signed in. An async context manager: `async with await Mailbox.open(…) as box`."""

    def __init__(self, library: _Library) -> None:
        self._library = library
        self._protocol: _Protocol = library.protocol

    @classmethod
    async def open(cls, settings: EmailSettings, password: Secret) -> Mailbox:
        """Connect and sign in. Raises `ProviderUnavailable`, `SignInRefused`."""
        # Its debug lines hold whole mails, its info lines pieces of them.
        logging.getLogger(aioimaplib.__name__).setLevel(logging.WARNING)
        port = settings.imap_port or (993 if settings.imap_tls == "tls" else 143)
        tls = None if settings.imap_tls == "none" else _context(settings.ca_file)
        at_once = tls if settings.imap_tls == "tls" else None
        box = cls(_Library(settings.imap_host, port, timeout=SECONDS, ssl_context=at_once))
        try:
            await box._do(box._library.wait_hello_from_server())
            if settings.imap_tls == "starttls" and tls is not None:
                await box._starttls(tls, settings.imap_host)
            await box._sign_in(settings.imap_user, password)
        except BaseException:
            await box.close()
            raise
        return box

    async def __aenter__(self) -> Mailbox:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- what a reader of mail does ---------------------------------------------------------------------------

    async def select(self, folder: str) -> int:
        """Open `folder`; its UIDVALIDITY. Raises `NotGiven`."""
        answer = await self._ask(self._library.select(mailbox_name(folder)))
        if answer.result != "OK":
            raise NotGiven(answer.words)
        for line in answer.lines:
            found = _VALIDITY.search(bytes(line))
            if found:
                return int(found[1])
        raise NotGiven("the folder has no UIDVALIDITY, so its mails have no lasting numbers")

    async def numbers(self, which: str, since: date | None = None) -> list[int]:
        """The UIDs of `which` (an IMAP sequence set) that exist and arrived on the day `since` or later, sorted."""
        criteria = ["UID", which]
        if since is not None:
            criteria += ["SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"]
        answer = await self._ask(self._library.uid_search(*criteria, charset=None), room=_NUMBERS)
        if answer.result != "OK":
            raise ProviderUnavailable(f"UID SEARCH: {answer.words}")
        words = b" ".join(bytes(line) for line in answer.lines[:-1]).split()
        return sorted({int(word) for word in words if word.isdigit()})

    async def fetch(self, uid: int, take: Callable[[bytes], None], limit: int) -> bool:
        """Give the mail's bytes to `take` piece by piece, unseen as it was; False when it is gone.

        Raises `TooLarge`, or `NotGiven` when the server does not deliver it.
        """
        offset = 0
        while True:
            wanted = f"(UID RFC822.SIZE BODY.PEEK[]<{offset}.{PIECE}>)"
            answer = await self._ask(self._library.uid("FETCH", str(uid), wanted), room=PIECE + _SMALL)
            if answer.result != "OK":
                raise NotGiven(answer.words)
            size, piece = _fetched(answer.lines)
            if piece is None:
                if offset or size is not None:
                    raise NotGiven("the server names the mail but does not give its text")
                return False
            offset += len(piece)
            if max(offset, size or 0) > limit:
                raise TooLarge(limit, max(offset, size or 0))
            take(piece)
            if len(piece) < PIECE:
                return True

    async def mark_seen(self, uid: int) -> None:
        """Raises `NotGiven`."""
        await self._must(self._library.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    async def move(self, uid: int, folder: str) -> None:
        """Move in one step (RFC 6851); copying and deleting is not offered. Raises `NotGiven`."""
        if not self._library.has_capability("MOVE"):
            raise NotGiven("the server cannot MOVE")
        await self._must(self._library.uid("MOVE", str(uid), mailbox_name(folder)))

    async def wait(self, seconds: float) -> None:
        """Until the server tells of something new, where it can (IDLE), and at most so long."""
        idle = self._library.has_capability("IDLE")
        news = self._protocol.idle_queue
        while not news.empty():
            news.get_nowait()
        self._protocol.room = _SMALL
        idling = await self._do(self._library.idle_start(seconds + SECONDS)) if idle else None
        pushed = asyncio.ensure_future(news.get())
        try:
            await asyncio.wait(
                {pushed, self._protocol.over}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            pushed.cancel()
            if idling is not None and not self._protocol.over.done():
                self._library.idle_done()
        await self._do(idling if idling is not None else self._library.noop())

    # --- beneath ----------------------------------------------------------------------------------------------

    async def _starttls(self, context: ssl.SSLContext, host: str) -> None:
        """Nothing that was said in the clear is believed: neither a sign-in nor the capabilities."""
        protocol = self._protocol
        if protocol.state != aioimaplib.NONAUTH or not self._library.has_capability("STARTTLS"):
            raise SignInRefused('the server offers no STARTTLS (imap_tls = "tls" may be what it speaks)')
        command = aioimaplib.Command("STARTTLS", protocol.new_tag(), loop=protocol.loop)
        await self._must(protocol.execute(command))
        if protocol.incomplete_line:
            raise SignInRefused("somebody put bytes behind the server's STARTTLS")
        starting = protocol.loop.start_tls(protocol.transport, protocol, context, server_hostname=host)
        protocol.transport = await self._do(starting)
        await self._do(protocol.capability())

    async def _sign_in(self, user: str, password: Secret) -> None:
        if self._library.has_capability("LOGINDISABLED"):
            raise SignInRefused("the server takes no password on this connection: it wants TLS")
        answer = await self._ask(self._library.login(aioimaplib.quoted(user), password.reveal()))
        if answer.result != "OK":
            if "[UNAVAILABLE]" in answer.words.upper():
                raise ProviderUnavailable(f"the sign-in is not possible now: {answer.words}")
            raise SignInRefused(answer.words)
        await self._do(self._protocol.capability())

    async def _must(self, command: Awaitable[Any]) -> None:
        answer = await self._ask(command)
        if answer.result != "OK":
            raise NotGiven(answer.words)

    async def _ask(self, command: Awaitable[Any], room: int = _SMALL) -> Answer:
        self._protocol.room = room
        return Answer(*await self._do(command))

    async def _do(self, work: Awaitable[T], seconds: float | None = None) -> T:
        """The result of `work`, unless the connection ends or `seconds` pass before. Raises `ProviderUnavailable`."""
        task = asyncio.ensure_future(work)
        seconds = SECONDS if seconds is None else seconds
        try:
            both: set[asyncio.Future[Any]] = {task, self._protocol.over}
            await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self._protocol.end(f"no answer within {seconds:.0f} seconds")
            if self._protocol.over.done():
                raise ProviderUnavailable(self._protocol.over.result())
            return task.result()
        except (aioimaplib.AioImapException, ssl.SSLError, OSError) as error:
            raise ProviderUnavailable(str(error) or type(error).__name__) from None
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Take leave if the server still listens, and give everything back."""
        library, protocol = self._library, self._protocol
        if protocol.transport is not None and not protocol.over.done():
            with contextlib.suppress(ProviderUnavailable, aioimaplib.AioImapException):
                if protocol.pending_sync_command is None:
                    await self._do(library.logout(), 2.0)
        library._client_task.cancel()
        if library._idle_waiter is not None:
            library._idle_waiter.cancel()
        left = {library._client_task, *library.tasks, *protocol.tasks}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if protocol.transport is not None:
            protocol.transport.abort()
        protocol.end("closed")


def mailbox_name(folder: str) -> str:
    """A folder's name as a command wants it: quoted, letters beyond ASCII in modified UTF-7 (RFC 3501 5.1.3)."""
    out: list[str] = []
    for plain, other in re.findall(r"([\x20-\x7e]+)|([^\x20-\x7e]+)", folder):
        if plain:
            out.append(plain.replace("&", "&-"))
        else:
            letters = base64.b64encode(other.encode("utf-16-be")).decode().rstrip("=")
            out.append(f"&{letters.replace('/', ',')}-")
    return str(aioimaplib.quoted("".join(out)))


def _fetched(lines: Iterable[bytes]) -> tuple[int | None, bytes | None]:
    """Size and piece in the answer to one FETCH; other things that the server tells meanwhile are passed over."""
    size: int | None = None
    piece: bytes | None = None
    for line in lines:
        if isinstance(line, bytearray):
            piece = bytes(line)
            continue
        found = _SIZE.search(line)
        size = int(found[1]) if found else size
        quoted = _QUOTED_BODY.search(line)
        if quoted and piece is None:
            piece = re.sub(rb"\\(.)", rb"\1", quoted[1] or b"")
    return size, piece


def _context(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)
