"""The operator's hand inside a running gateway: a socket in the data folder, for `kanal` commands and nobody else.

Only one process may write the journal, so a command asks the gateway to do it; while no gateway runs, the command
opens the journal itself. One line of JSON in, one out; the file's mode (600) is the permission.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import structlog
from msgspec import Struct

from complaint_queue.editing import EditableJournal
from complaint_queue.journal import Journal
from intake import mending, pausing, person_erase, quarantine
from intake.mending import Join, Split
from intake.pausing import Pause
from intake.person_erase import Erase, Tidy
from intake.quarantine import Changed
from intake.staff.audit import Audit, noted
from normalizer.errors import KanalError, Misconfigured, Unavailable
from normalizer.sentence import Sentence

NAME = "control.sock"
#: Seconds that one order may take, on either side.
PATIENCE = 20.0
#: Bytes of one order: an edited copy up to what the journal keeps in a row, in base64; longer ones lie in the files.
LONGEST = 256 * 1024

log = structlog.get_logger()


class Release(Struct, frozen=True, kw_only=True, tag="release"):
    """End one quarantine entry: `replayed` gives it back to the gateway, `discarded` lays it aside for a `reason`."""

    entry_id: int
    state: Literal["replayed", "discarded"]
    reason: str = ""


class Edit(Struct, frozen=True, kw_only=True, tag="edit"):
    """Keep a corrected copy of what a quarantine entry holds, and have it read."""

    entry_id: int
    change: Changed
    reason: str = ""


class Note(Struct, frozen=True, kw_only=True, tag="note"):
    """Note in the audit log what the command line is about to do elsewhere."""

    what: str
    subject: str
    detail: dict[str, str] = {}


class Decide(Struct, frozen=True, kw_only=True, tag="decide"):
    """End the waiting of one complaint in triage: it becomes a case, or is laid aside."""

    ticket: str
    verdict: Literal["file", "set_aside"]


class Rebuild(Struct, frozen=True, kw_only=True, tag="rebuild"):
    """Throw the derived store away and build it anew."""


#: What is done in the journal, and so also while no gateway runs.
Mending = Release | Edit | Note | Decide | Split | Join | Pause | Erase | Tidy
Order = Mending | Rebuild


class Call(Struct, frozen=True, kw_only=True):
    """An order and who gives it, as the command line says; the socket adds whose process that is."""

    order: Order
    who: str = ""


class Reply(Struct, frozen=True, kw_only=True):
    """Empty `error`: it is done and synced. `ticket` is the complaint that came of it, if one did. Of an order that
    names what cannot be had, `setting` and `cure` are those of `Misconfigured`; both sentences come once more before
    their `values` are put in, so that whoever gave the order can be told in their language."""

    error: str = ""
    setting: str = ""
    cure: str = ""
    ticket: str = ""
    templates: tuple[str, str] | None = None
    values: dict[str, str | int | float] = {}

    @classmethod
    def of(cls, error: Exception) -> Reply:
        if not isinstance(error, Misconfigured):
            return cls(error=str(error) or type(error).__name__)
        problem, cure = error.told
        return cls(
            error=error.problem,
            setting=error.setting,
            cure=error.cure,
            templates=(problem.template, cure.template),
            values={name: _plain(value) for name, value in (problem.values | cure.values).items()},
        )

    def checked(self) -> str:
        """The ticket. Raises `Misconfigured` or `Unavailable` when it was not done."""
        if self.cure:
            problem, cure = self.templates or (self.error, self.cure)
            values = self.values if self.templates else {}
            raise Misconfigured(self.setting, Sentence.of(problem, values), Sentence.of(cure, values))
        if self.error:
            raise Unavailable("{why}", why=self.error)
        return self.ticket


def _plain(value: object) -> str | int | float:
    return value if isinstance(value, int | float) else str(value)


@dataclass(frozen=True)
class Control:
    """Listens in `folder`. `woken` is called when something was given back to the gateway, `rebuild` to have the
    derived store built anew."""

    folder: Path
    journal: EditableJournal
    audit: Audit
    woken: Callable[[], None]
    rebuild: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Serve until cancelled."""
        with _reachable(self.folder) as path:
            server = await asyncio.start_unix_server(self._serve, sock=_bound(path), limit=LONGEST)
            try:
                async with server:
                    await server.serve_forever()
            finally:
                _forget(path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(PATIENCE):
                reply = await self._obey(await reader.readline(), writer)
                writer.write(msgspec.json.encode(reply) + b"\n")
                await writer.drain()
        writer.close()

    async def _obey(self, line: bytes, writer: asyncio.StreamWriter) -> Reply:
        try:
            call = msgspec.json.decode(line, type=Call)
            order = call.order
            if isinstance(order, Rebuild):
                self.rebuild()
                return Reply()
            ticket = await carry_out(self.journal, self.audit, _whose(writer, call.who), order)
        except (KanalError, msgspec.MsgspecError) as error:
            return Reply.of(error)
        log.info("operator", order=type(order).__name__)
        self.woken()
        return Reply(ticket=ticket)


async def carry_out(journal: EditableJournal, audit: Audit, who: str, order: Mending) -> str:
    """Do it, noted; the ticket that came of it, if one did. Raises `Misconfigured` for what cannot be had."""
    match order:
        case Release(entry_id=entry, state="replayed", reason=reason):
            await quarantine.replay(journal, audit, who, entry, reason)
        case Release(entry_id=entry, reason=reason):
            await quarantine.discard(journal, audit, who, entry, reason)
        case Edit(entry_id=entry, change=change, reason=reason):
            await quarantine.edit(journal, audit, who, entry, change, reason)
        case Note(what=what, subject=subject, detail=detail):
            await audit.audit(who, what, subject, detail)
        case Decide(ticket=ticket, verdict=verdict):
            async with noted(audit, who, f"triage_{verdict}", ticket):
                await _decide(journal, order)
        case Erase() | Tidy():
            await person_erase.carry_out(journal, audit, who, order)
        case Pause():
            await pausing.carry_out(journal, audit, who, order)
        case Split():
            async with noted(audit, who, "split", f"{order.ticket} {order.sequence}"):
                return await mending.split(journal, order)
        case Join():
            async with noted(audit, who, "join", f"{order.ticket} -> {order.into}"):
                return await mending.join(journal, order)
    return ""


async def _decide(journal: Journal, order: Decide) -> None:
    file = await journal.complaint_by_ticket(order.ticket)
    if file is None or file.state != "triage":
        raise Misconfigured(
            "ticket", "{ticket} does not wait", "look with `kanal triage list`", ticket=order.ticket
        )
    await journal.decide(file.complaint_id, order.verdict)


async def ask(folder: Path, order: Order, who: str = "") -> Reply | None:
    """Have the gateway of `folder` carry out `order` of `who`; None when none listens. Raises `Unavailable`."""
    with _reachable(folder) as path:
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(msgspec.json.encode(Call(order=order, who=who)) + b"\n")
                line = await reader.readline()
        except (OSError, TimeoutError) as error:
            raise Unavailable(
                "the gateway did not answer ({why})", why=error if str(error) else Sentence("too slow")
            ) from None
        finally:
            writer.close()
    if not line:
        raise Unavailable("the gateway hung up; its log says why")
    return msgspec.json.decode(line, type=Reply)


def user(uid: int | None = None) -> str:
    """The name of the system's user `uid`, by default ours; who used sudo for it is named too."""
    number = os.getuid() if uid is None else uid
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    behind = os.environ.get("SUDO_USER", "") if uid is None else ""
    return f"{name} (sudo {behind})" if behind and behind != name else name


def _whose(writer: asyncio.StreamWriter, claimed: str) -> str:
    """Who gives an order: the user of the process at the other end, as the kernel knows it (SO_PEERCRED), with whom
    it names."""
    end: socket.socket = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("3i", end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    name = user(uid)
    return f"os:{claimed}" if claimed.partition(" ")[0] == name else f"os:{name}"


def _bound(path: str) -> socket.socket:
    """A socket at `path` for its owner alone."""
    # The journal's lock says that no other gateway lives here: a socket that is left is a dead one's.
    _forget(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    return listener


def _forget(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        Path(path).unlink()


@contextlib.contextmanager
def _reachable(folder: Path) -> Iterator[str]:
    """The socket's path; through /proc where the folder lies too deep for the 108 bytes of `sun_path`."""
    plain = str(folder / NAME)
    if len(os.fsencode(plain)) < 100:
        yield plain
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)
