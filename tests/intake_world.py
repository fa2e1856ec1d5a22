"""The way in without a web server: real journal, real file store, receiver and settler, in one process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from adapters.base import Accepted, Account, Adapter, Fate, Item, Ports, load
from complaint_queue import wire
from complaint_queue.codec import Codec
from complaint_queue.file_port import Files
from complaint_queue.files import FileStore
from complaint_queue.fingerprints import StoredFingerprint
from complaint_queue.journal import ComplaintFile
from complaint_queue.journal_postgres import PostgresJournal
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from intake.config import Config
from intake.conversation.dialogue import Understood
from intake.file_addresses import FileAddresses
from intake.filing.filer import Filer
from intake.filing.work import Failed, Offered, Work
from intake.journals import files_of, journal_of
from intake.media_reading import MediaReading
from intake.metrics import Metrics
from intake.receive import AccountInbox, Receiver
from intake.remembering import Remembering
from intake.settle import Settler
from normalizer.duplicate_memory import DAYS, Recent
from normalizer.identity import Secrets
from normalizer.record import Complaint, ComplaintEvent, Message, RawEvent
from normalizer.settings import convert
from tests.steps import context

START = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


class HeldClock:
    """Time that moves when the test says so."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Said(Adapter[Any]):
    """An adapter whose raw events are messages already: `say` hands them in."""

    name = "said"
    title = "Said"
    default_channel = "twitter"
    edits = True

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        return [Accepted(message=msgspec.msgpack.decode(raw.body, type=Message))]


class FilingHere:
    """Fulfils `intake.filing.work.Filing` in a thread of this process."""

    def __init__(self, filer: Filer, remembering: Remembering | None = None) -> None:
        self.filer, self._remembering = filer, remembering
        self._turn = asyncio.Lock()

    async def ready(self) -> None:
        if self._remembering is not None:
            await self._remembering.follow(self._learn, 1)

    async def _learn(self, page: Sequence[StoredFingerprint]) -> None:
        self.filer.learn(page)

    async def file(self, file: ComplaintFile) -> Work | Failed:
        async with self._turn:
            await self.ready()
            return await asyncio.to_thread(self.filer.file, file)

    async def understand(self, file: ComplaintFile) -> Understood:
        async with self._turn:
            understood = await asyncio.to_thread(self.filer.understand, file)
        assert isinstance(understood, Understood), understood
        return understood

    async def offer(self, text: str) -> tuple[str, ...]:
        offered = await asyncio.to_thread(self.filer.offer, text)
        assert isinstance(offered, Offered), offered
        return offered.codes

    async def close(self) -> None:
        return


@dataclass
class IntakeWorld:
    """`adapter` adds an account; `receive` takes a raw event; `settle` files what is due; `events` came of it."""

    journal: SqliteJournal | PostgresJournal
    files: Files
    receiver: Receiver
    filer: Filer
    settler: Settler
    clock: HeldClock
    metrics: Metrics
    adapters: dict[str, Adapter[Any]] = field(default_factory=dict)

    def adapter(self, account: Account, **ports: Any) -> Adapter[Any]:
        """The adapter of `account` with a real inbox."""
        kind = load(account.adapter)
        settings = convert(kind.Settings, account.settings, "account", lambda reference: reference)
        if not account.channel:
            account = msgspec.structs.replace(account, channel=kind.default_channel)
        inbox = AccountInbox(self.receiver, lambda: self.adapters[account.name], account.name, lambda: None)
        given: dict[str, Any] = {"inbox": inbox, "clock": self.clock, "new_spool": self.files.new_spool}
        made = kind(account, settings, Ports(**(given | ports)))
        self.adapters[account.name] = made
        return made

    async def receive(self, account: str, raw: RawEvent) -> Sequence[Fate]:
        return await self.receiver.receive(self.adapters[account], raw)

    async def say(self, message: Message, account: str = "said") -> Fate:
        """Hand in one message as it is."""
        if account not in self.adapters:
            found = Account(name=account, adapter="said", channel="twitter")
            self.adapters[account] = Said(found, None, Ports(inbox=None, clock=self.clock, new_spool=None))  # type: ignore[arg-type]
        raw = RawEvent(account=account, received_at=self.clock.now(), body=msgspec.msgpack.encode(message))
        (fate,) = await self.receive(account, raw)
        return fate

    async def read_files(self) -> None:
        """Read every stored file that was not read yet, in a process of its own."""
        reading = MediaReading(self.journal, self.files, self.clock.now, self.metrics)
        try:
            while await reading._some():  # one turn of its loop
                pass
        finally:
            await reading.reader.close()

    async def settle(self, after: float = 60.0) -> None:
        """File everything that is due `after` seconds from now."""
        self.clock.forward(after)
        while due := await self.journal.due(self.clock.now()):
            await asyncio.gather(*map(self.settler.settle, due))

    async def events(self) -> list[ComplaintEvent]:
        """What waits for the broker."""
        return [wire.decode_body(event.body) for event in await self.journal.unpublished(10_000)]

    async def record(self, ticket: str) -> Complaint:
        """A complaint's record as it was last filed."""
        file = await self.journal.complaint_by_ticket(ticket)
        assert file is not None
        return msgspec.msgpack.decode(file.record, type=Complaint)


@asynccontextmanager
async def intake_world(
    folder: Path, keyring: Keyring | None = None, clock: HeldClock | None = None, config: Config | None = None
) -> AsyncIterator[IntakeWorld]:
    """Everything in `folder`; with the keys and the time of an earlier world it goes on with what that left there.

    `config` names another journal or another store of files.
    """
    clock, metrics = clock or HeldClock(), Metrics()
    keyring = keyring or Keyring([os.urandom(32)], os.urandom(32))
    codec, secrets = Codec(keyring), Secrets(keyring.identity_key)
    journal: SqliteJournal | PostgresJournal
    files: Files
    if config is None:
        journal = SqliteJournal(folder / "journal.sqlite3", codec, clock.now)
        files = FileStore(folder / "files", codec)
    else:
        journal, files = journal_of(config, codec, clock.now), files_of(config, codec)
    await files.open()
    await journal.open()
    receiver = Receiver(journal, files, secrets, metrics, lambda: None)
    world: IntakeWorld
    filer = Filer(
        context=replace(context(), recent=Recent(secrets.fingerprint_key())),
        secrets=secrets,
        adapter_of=lambda account: world.adapters[account].name,
        addresses=FileAddresses(secrets, "https://aduan.example.go.id", clock.now),
        crm_key=None,
        clock=clock.now,
        returned=await journal.restored(),
    )
    settler = Settler(
        journal=journal,
        filing=FilingHere(filer, Remembering(journal, clock.now, DAYS)),
        clock=clock.now,
        metrics=metrics,
        published=lambda: None,
    )
    world = IntakeWorld(journal, files, receiver, filer, settler, clock, metrics)
    try:
        yield world
    finally:
        for adapter in world.adapters.values():
            await adapter.close()
        await journal.close()
        await files.close()
