"""The operator's hand inside a running gateway: a socket in the data folder, for `kanal` commands and nobody else.

Only one process may write the journal, so a command asks the gateway to do it; while no gateway runs, the command
opens the journal itself. One line of JSON in, one out; the file's mode (600) is the permission.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import structlog
from msgspec import Struct

from complaint_queue.journal import Journal
from intake import mending
from intake.mending import Join, Split
from normalizer.errors import KanalError, Misconfigured, Unavailable

NAME = "control.sock"
#: Seconds that one order may take, on either side.
PATIENCE = 20.0

log = structlog.get_logger()


class Release(Struct, frozen=True, kw_only=True, tag="release"):
    """End one quarantine entry: `replayed` gives it back to the gateway, `discarded` lays it aside."""

    entry_id: int
    state: Literal["replayed", "discarded"]


class Decide(Struct, frozen=True, kw_only=True, tag="decide"):
    """End the waiting of one complaint in triage: it becomes a case, or is laid aside."""

    ticket: str
    verdict: Literal["file", "set_aside"]


class Rebuild(Struct, frozen=True, kw_only=True, tag="rebuild"):
    """Throw the derived store away and build it anew."""


#: What is done in the journal, and so also while no gateway runs.
Mending = Release | Decide | Split | Join
Order = Mending | Rebuild


class Reply(Struct, frozen=True, kw_only=True):
    """Empty `error`: it is done and synced. `ticket` is the complaint that came of it, if one did."""

    error: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class Control:
    """Listens in `folder`. `woken` is called when something was given back to the gateway, `rebuild` to have the
    derived store built anew."""

    folder: Path
    journal: Journal
    woken: Callable[[], None]
    rebuild: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Serve until cancelled."""
        with _reachable(self.folder) as path:
            server = await asyncio.start_unix_server(self._serve, sock=_bound(path))
            try:
                async with server:
                    await server.serve_forever()
            finally:
                _forget(path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(PATIENCE):
                reply = await self._obey(await reader.readline())
                writer.write(msgspec.json.encode(reply) + b"\n")
                await writer.drain()
        writer.close()

    async def _obey(self, line: bytes) -> Reply:
        try:
            order: Order = msgspec.json.decode(line, type=Order)
            if isinstance(order, Rebuild):
                self.rebuild()
                return Reply()
            ticket = await carry_out(self.journal, order)
        except (KanalError, msgspec.MsgspecError) as error:
            return Reply(error=str(error))
        log.info("operator", order=msgspec.to_builtins(order))
        self.woken()
        return Reply(ticket=ticket)


async def carry_out(journal: Journal, order: Mending) -> str:
    """Do it; the ticket that came of it, if one did. Raises `Misconfigured` when what it names cannot be had."""
    if isinstance(order, Split):
        return await mending.split(journal, order)
    if isinstance(order, Join):
        return await mending.join(journal, order)
    if isinstance(order, Decide):
        await _decide(journal, order)
    else:
        await _release(journal, order)
    return ""


async def _decide(journal: Journal, order: Decide) -> None:
    file = await journal.complaint_by_ticket(order.ticket)
    if file is None or file.state != "triage":
        raise Misconfigured("ticket", f"{order.ticket} does not wait", "look with `kanal triage list`")
    await journal.decide(file.complaint_id, order.verdict)


async def _release(journal: Journal, order: Release) -> None:
    entry = await journal.quarantine_entry(order.entry_id)
    if entry is None:
        raise Misconfigured(
            "entry", f"there is no entry {order.entry_id}", "look with `kanal quarantine list`"
        )
    if entry.state != "held":
        raise Misconfigured(
            "entry", f"entry {order.entry_id} was {entry.state} before", "look with `kanal quarantine list`"
        )
    await journal.release(order.entry_id, order.state)


async def ask(folder: Path, order: Order) -> Reply | None:
    """Have the gateway of `folder` carry out `order`; None when none listens. Raises `Unavailable`."""
    with _reachable(folder) as path:
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(msgspec.json.encode(order) + b"\n")
                line = await reader.readline()
        except (OSError, TimeoutError) as error:
            raise Unavailable(f"the gateway did not answer ({error or 'too slow'})") from None
        finally:
            writer.close()
    if not line:
        raise Unavailable("the gateway hung up; its log says why")
    return msgspec.json.decode(line, type=Reply)


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
