"""An IMAP server on loopback for the simulator and the tests: the part of RFC 3501 that a reader of mail uses.

It checks what a real one checks (sign-in, state, UIDs, sequence sets) and says what a real one says, and it can be told
to fail as real ones do: a greeting that is a BYE, a connection cut in the middle of a mail, new UID numbers, a mail
that it does not deliver.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field

_LITERAL = re.compile(rb"\{(\d{1,9})\+?\}$")
_ITEM = re.compile(r"BODY(?:\.PEEK)?\[\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')
_MAX_LITERAL = 64 * 1024 * 1024


@dataclass
class FakeMail:
    """One mail in a folder; `refused`: the server answers NO to whoever wants it."""

    uid: int
    body: bytes
    flags: set[str] = field(default_factory=set)
    refused: bool = False


class FakeImap:
    """One account with folders. What tests want to see or bend is public."""

    def __init__(self, user: str = "dki", password: str = "rahasia") -> None:  # noqa: S107 - invented
        self.user, self.password = user, password
        self.port = 0
        self.validity = 7
        self.folders: dict[str, list[FakeMail]] = {"INBOX": []}
        self.capabilities = "IMAP4rev1 IDLE MOVE UIDPLUS"
        self.greeting = "OK [CAPABILITY IMAP4rev1] siap"
        self.cut_after: int | None = None
        """Bytes of the next mail's literal after which the connection is cut."""
        self.bye_before: str = ""
        """A command's name: the next one is answered BYE."""
        self.sign_ins = 0
        self.commands: list[str] = []
        self.idle: set[asyncio.Event] = set()
        """One for each connection that idles."""
        self._next_uid = 1
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=1024 * 1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def put(self, body: bytes, folder: str = "INBOX") -> FakeMail:
        """Deliver a mail; whoever idles is told."""
        mail = FakeMail(self._next_uid, body)
        self._next_uid += 1
        self.folders.setdefault(folder, []).append(mail)
        for news in self.idle:
            news.set()
        return mail

    def number_anew(self) -> None:
        """As after a restored backup: another UIDVALIDITY, and all UIDs from 1."""
        self.validity += 1
        for mails in self.folders.values():
            for uid, mail in enumerate(mails, 1):
                mail.uid = uid
        self._next_uid = max((m.uid for ms in self.folders.values() for m in ms), default=0) + 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _Talk(self, reader, writer).run()
        finally:
            if talk is not None:
                self._talks.discard(talk)
            writer.transport.abort()


class _Talk:
    """One connection."""

    def __init__(self, server: FakeImap, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.signed_in = False
        self.folder: list[FakeMail] | None = None
        self.told = 0

    async def run(self) -> None:
        self._say(f"* {self.server.greeting}")
        while not self.server.greeting.startswith("BYE"):
            await self.writer.drain()
            line, literal = await self._command()
            tag, _, rest = line.partition(" ")
            words = [m[1] if m[1] is not None else m[2] or m[3] for m in _WORD.finditer(rest)]
            if not words:
                return
            name = words.pop(0).upper()
            if name == "UID" and words:
                name = f"UID {words.pop(0).upper()}"
            self.server.commands.append(f"{name} {' '.join(words)}" if name != "LOGIN" else name)
            if self.server.bye_before == name:
                self.server.bye_before = ""
                self._say("* BYE server akan dimatikan")
                await self.writer.drain()
                return
            result = await self._answer(name, words, rest, literal, tag)
            self._say(f"{tag} {result}")
            if name == "LOGOUT":
                await self.writer.drain()
                return

    async def _command(self) -> tuple[str, bytes]:
        line = (await self.reader.readuntil(b"\r\n"))[:-2]
        found = _LITERAL.search(line)
        if found is None:
            return line.decode("utf-8", "replace"), b""
        size = min(int(found[1]), _MAX_LITERAL)
        self._say("+ silakan")
        await self.writer.drain()
        literal = await self.reader.readexactly(size)
        await self.reader.readuntil(b"\r\n")
        return line[: found.start()].decode("utf-8", "replace"), literal

    async def _answer(self, name: str, words: list[str], rest: str, literal: bytes, tag: str) -> str:
        if name == "CAPABILITY":
            self._say(f"* CAPABILITY {self.server.capabilities}")
        elif name == "LOGOUT":
            self._say("* BYE sampai jumpa")
        elif name == "LOGIN":
            self.server.sign_ins += 1
            if words != [self.server.user, self.server.password]:
                return "NO [AUTHENTICATIONFAILED] Authentication failed."
            self.signed_in = True
        elif not self.signed_in:
            return "BAD sign in first"
        elif name in ("SELECT", "EXAMINE"):
            return self._select(words[0])
        elif name == "APPEND":
            if words[0] not in self.server.folders:
                return "NO [TRYCREATE] no such folder"
            self.server.put(literal, words[0])
        elif name == "NOOP":
            self._tell()
        elif self.folder is None:
            return "BAD select a folder first"
        elif name == "IDLE":
            await self._idle()
        elif name == "UID SEARCH":
            chosen = _chosen(self.folder, words[words.index("UID") + 1])
            self._say(" ".join(["* SEARCH", *(str(mail.uid) for mail in chosen)]))
        elif name == "UID FETCH":
            return await self._fetch(self.folder, words[0], rest)
        elif name == "UID STORE":
            for mail in _chosen(self.folder, words[0]):
                mail.flags |= set(words[2].strip("()").split())
        elif name == "UID MOVE":
            if words[1] not in self.server.folders:
                return "NO [TRYCREATE] no such folder"
            for mail in _chosen(self.folder, words[0]):
                self._say(f"* {self.folder.index(mail) + 1} EXPUNGE")
                self.folder.remove(mail)
                self.server.put(mail.body, words[1])
        else:
            return "BAD not known here"
        return "OK selesai"

    def _select(self, name: str) -> str:
        if name not in self.server.folders:
            return "NO [NONEXISTENT] no such folder"
        self.folder = self.server.folders[name]
        self._say(r"* FLAGS (\Answered \Flagged \Deleted \Seen \Draft)")
        self._tell()
        self._say(f"* OK [UIDVALIDITY {self.server.validity}] UIDs valid")
        return "OK [READ-WRITE] terpilih"

    def _tell(self) -> None:
        if self.folder is not None:
            self.told = len(self.folder)
            self._say(f"* {self.told} EXISTS")

    async def _idle(self) -> None:
        news = asyncio.Event()
        self.server.idle.add(news)
        self._say("+ idling")
        done = asyncio.ensure_future(self.reader.readuntil(b"\r\n"))
        try:
            while not done.done():
                if self.folder is not None and len(self.folder) != self.told:
                    self._tell()
                await self.writer.drain()
                told = asyncio.ensure_future(news.wait())
                await asyncio.wait({done, told}, return_when=asyncio.FIRST_COMPLETED)
                told.cancel()
                news.clear()
            if done.result().strip().upper() != b"DONE":
                raise ConnectionError
        finally:
            self.server.idle.discard(news)
            done.cancel()

    async def _fetch(self, folder: list[FakeMail], which: str, rest: str) -> str:
        wanted = _ITEM.search(rest)
        for mail in _chosen(folder, which):
            if mail.refused:
                return "NO [SERVERBUG] Internal error occurred."
            head = f"* {folder.index(mail) + 1} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.body)}"
            if wanted is None:
                self._say(head + ")")
                continue
            start, count = int(wanted[1] or 0), int(wanted[2] or len(mail.body))
            piece = mail.body[start : start + count]
            self._say(f"{head} BODY[]<{start}> {{{len(piece)}}}")
            cut = self.server.cut_after
            if cut is not None:
                self.server.cut_after = None
                self.writer.write(piece[:cut])
                await self.writer.drain()
                raise ConnectionError
            self.writer.write(piece + b")\r\n")
        return "OK selesai"

    def _say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")


def _chosen(mails: list[FakeMail], which: str) -> list[FakeMail]:
    """The mails of a sequence set; `*` is the highest number, and a range may stand upside down."""
    highest = max((mail.uid for mail in mails), default=0)
    chosen: list[FakeMail] = []
    for part in which.split(","):
        ends = [highest if end == "*" else int(end) for end in part.split(":")]
        chosen += [mail for mail in mails if min(ends) <= mail.uid <= max(ends) and mail not in chosen]
    return chosen
