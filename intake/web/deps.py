"""What the pages are handed; nothing of it is made here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from aiohttp import web

from adapters.base import Account, Fate
from complaint_queue.deadletters import DeadLetter, Which
from complaint_queue.erasing import Erasing
from complaint_queue.journal import Journal
from intake.pausing import Pauses
from intake.reading.store import ReadingStore
from intake.staff.store import StaffStore
from normalizer.identity import Secrets
from normalizer.record import RawEvent


class Files(Protocol):
    """Of the file store: what the attachment links need."""

    def chunks(self, sha256: str) -> AsyncIterator[bytes]: ...

    async def size(self, sha256: str) -> int | None: ...


class DeadLetterOffice(Protocol):
    """`intake.deadletters.DeadLetters`, as the console needs it."""

    async def list(self, which: Which, limit: int = 100) -> tuple[DeadLetter, ...]: ...

    async def find(self, which: Which, key: str) -> DeadLetter: ...

    async def replay(
        self, which: Which, who: str, keys: Collection[str] | None, reason: str = ""
    ) -> tuple[DeadLetter, ...]: ...

    async def discard(
        self, which: Which, who: str, keys: Collection[str], reason: str
    ) -> tuple[DeadLetter, ...]: ...


class WebJournal(Journal, Erasing, Protocol):
    """The journal as pages need it."""


@dataclass(frozen=True)
class PageDeps:
    """`receive(account, raw)` is the one way in. `secure` is whether browsers reach us by HTTPS.

    `max_form` bounds a form in bytes: ten files of 10 MiB and the words around them.
    """

    journal: WebJournal
    files: Files
    secrets: Secrets
    staff: StaffStore
    clock: Callable[[], datetime]
    receive: Callable[[str, RawEvent], Awaitable[Sequence[Fate]]]
    walkin_account: str
    public_url: str
    secure: bool
    max_form: int = 101 * 1024 * 1024
    trusted_proxies: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    """Paths below which adapters answer machines by themselves."""
    woken: Callable[[], None] = lambda: None
    """Called when a page gave the gateway something to do."""
    reading: ReadingStore | None = None
    """The derived store behind the console; None: there is no console."""
    alarms: Callable[[], dict[str, str]] = dict
    """What is wrong now, by the alarm's name."""
    adapter_names: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    polygons: str = ""
    """A GeoJSON file for the map; empty: cells around the kelurahan's points."""
    categories_of: Callable[[str], Awaitable[Sequence[str]]] | None = None
    """Codes of the categories that a text may belong to, the likeliest first."""
    public_form_account: str = ""
    """The account of the public form at `/lapor`; empty: there is no such page."""
    accounts: tuple[Account, ...] = ()
    """Every configured account, for the console."""
    pauses: Pauses | None = None
    deadletters: Callable[[], DeadLetterOffice | None] = lambda: None
    """The dead letters of the broker; None while none is known."""
    folder: Path = Path()
    """The data folder, where the word for the day lies."""
    simulate: Callable[[str], Awaitable[str]] | None = None
    """Sends one invented letter to an account; None outside of demo mode."""


DEPS: web.AppKey[PageDeps] = web.AppKey("page_deps", PageDeps)
