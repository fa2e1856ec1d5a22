"""The way from a claimed message to a marked event, one step at a time, so that its orders can be searched.

Everything is the program's own but the broker, which is a model: it takes events into a durable queue or not, says so
or not, sends back, and breaks the connection, as it is told. A death is a copy of the journal's files at a point of
the code (complaint_queue.points), with which everything begins anew.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pamqp import body, commands, frame, header

from complaint_queue import points, topology, wire
from complaint_queue.codec import Codec
from complaint_queue.frames import Frames
from complaint_queue.journal import Admission, Admit, Admitted, ComplaintFile
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from complaint_queue.publisher import BrokerSettings, Publisher
from intake.file_addresses import FileAddresses
from intake.filing.filer import Filer
from intake.filing.work import Work
from intake.metrics import Metrics
from intake.settle import Settler
from normalizer.identity import Secrets, claim_of, encode_id
from normalizer.pipeline import Context, build_context
from normalizer.record import ComplaintEvent, Message, RawEvent, Sender
from tests.intake_world import FilingHere

ACCOUNT = "sms-contoh"
TEXT = "Lampu jalan di RT 03 RW 05 mati semua, mohon diperiksa. Kelurahan Cakung Barat."
KEYRING = Keyring([b"k" * 32], b"i" * 32)
SECRETS = Secrets(KEYRING.identity_key)
START = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
context: Callable[[], Context] = cache(build_context)


@dataclass
class ModelBroker:
    """RabbitMQ as far as the promise needs it: what it has in its queue stays there whatever happens.

    `arrived` are publishes that it has not looked at, by delivery tag; `owed` what it took and has not confirmed.
    """

    queue: list[tuple[str, ComplaintEvent, bytes]] = field(default_factory=list)
    arrived: list[tuple[int, str, bytes]] = field(default_factory=list)
    owed: list[int] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def publish(self, tag: int, name: str, content: bytes) -> None:
        self.arrived.append((tag, name, content))

    def take(self) -> None:
        """The oldest publish goes into the queue; its confirm is owed."""
        tag, name, content = self.arrived.pop(0)
        self.queue.append((name, wire.decode_body(content), content))
        self.ids.add(name)
        self.owed.append(tag)

    def lose_connection(self) -> None:
        """What had not been looked at never arrived; what was taken stays, and nobody is told."""
        self.arrived.clear()
        self.owed.clear()


class ModelLine:
    """A connection to the model: it reads the very bytes that the publisher writes."""

    def __init__(self, broker: ModelBroker) -> None:
        self._broker = broker
        self.next_tag = 1

    async def send(self, payload: bytes, count: int) -> None:
        names: list[str] = []
        contents: list[bytes] = []
        while payload:
            used, _, one = frame.unmarshal(payload)
            payload = payload[used:]
            if isinstance(one, commands.Basic.Publish):
                assert one.mandatory
                assert one.exchange == topology.EXCHANGE
            elif isinstance(one, header.ContentHeader):
                assert one.properties.delivery_mode == 2
                names.append(str(one.properties.message_id))
                contents.append(b"")
            elif isinstance(one, body.ContentBody):
                contents[-1] += one.value
        assert len(names) == count
        for name, content in zip(names, contents, strict=True):
            self._broker.publish(self.next_tag, name, content)
            self.next_tag += 1

    def check(self) -> None:
        return


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


class Died(Exception):
    """The process is dead. Nobody heard the answer; only a planted fault (tests/faults/planted.py) has it `heard`."""

    def __init__(self, heard: Any = None) -> None:
        super().__init__()
        self.heard = heard


#: A complaint as it was loaded, and what is to be written.
Made = tuple[ComplaintFile, Work]


class House:
    """One gateway's insides over one folder; a second one begins where a death left the folder."""

    journal_type: type[SqliteJournal] = SqliteJournal
    publisher_type: type[Publisher] = Publisher

    def __init__(self, folder: Path, broker: ModelBroker, clock: Clock) -> None:
        self.folder, self.broker, self.clock = folder, broker, clock
        self.journal = self.journal_type(folder / "journal.sqlite3", Codec(KEYRING), clock)
        self.filer = Filer(
            context=context(),
            secrets=SECRETS,
            adapter_of=lambda account: "sms",
            addresses=FileAddresses(SECRETS, "https://aduan.example.go.id", clock),
            crm_key=None,
            clock=clock,
        )
        self.settler = Settler(
            journal=self.journal,
            filing=FilingHere(self.filer),
            clock=clock,
            metrics=Metrics(),
            published=lambda: None,
        )
        settings = BrokerSettings(url="amqp://127.0.0.1/", source="https://aduan.example.go.id", window=4)
        self.publisher = self.publisher_type(
            self.journal, settings, on_alarm=lambda name, words: None, clock=clock
        )
        self.line: ModelLine | None = None
        self.snapshot: Path | None = None
        self.died_at = ""

    async def open(self) -> House:
        self.folder.mkdir(exist_ok=True)
        await self.journal.open()
        return self

    async def close(self) -> None:
        await self.journal.close()

    # steps, each of which may be the last

    async def admit(self, admits: list[Admit]) -> tuple[Admitted, ...]:
        names = ",".join(a.message.external_id for a in admits).encode()
        raw = RawEvent(account=ACCOUNT, received_at=self.clock(), body=names)
        return await self._alive(self.journal.admit(Admission(raw=raw, messages=tuple(admits))))

    async def load(self, complaint_id: int) -> Made | None:
        """A complaint as it is now, made ready to be written; whoever joins from now on makes it stale."""
        file = await self.journal.complaint(complaint_id)
        assert file is not None
        if all(m.event_sequence is not None for m in file.messages):
            return None
        work = self.filer.file(file)
        assert isinstance(work, Work), work
        return file, work

    async def write(self, made: Made) -> bool:
        return await self._alive(self.settler._write(*made))

    async def fetch(self) -> None:
        # As at the five-second look: what came out of quarantine stands before the cursor.
        self.publisher._cursor = 0
        await self.publisher._fetch_once()

    async def send(self) -> None:
        if self.line is None:
            self.line = ModelLine(self.broker)
        self.publisher._outflow.retry_due(asyncio.get_running_loop().time() + 10_000)
        frames = Frames(topology.EXCHANGE, "https://aduan.example.go.id", 1, 131_072)
        await self._alive(self.publisher._send(self.line, frames))  # type: ignore[arg-type]

    async def mark(self) -> None:
        await self._alive(self.publisher._mark_once())

    async def confirm(self, tag: int, *, multiple: bool = False, taken: bool = True) -> None:
        """What the broker says of a delivery tag."""
        self.publisher._on_confirm(tag, multiple, taken)

    def break_connection(self) -> None:
        self.broker.lose_connection()
        self.line = None
        self.publisher._give_back()

    # death

    def arm(self, point: str, target: Path) -> None:
        """Die the next time that the point is reached: what the folder holds then is copied to `target`."""

        def watcher(reached: points.Point) -> None:
            if reached == point and self.snapshot is None:
                target.mkdir()
                for file in self.folder.glob("journal.sqlite3*"):
                    if not file.name.endswith((".lock", "-shm")):
                        shutil.copyfile(file, target / file.name)
                self.snapshot, self.died_at = target, point

        points.watch(watcher)

    async def _alive(self, step: Any) -> Any:
        result = await step
        if self.snapshot is not None:
            raise Died
        return result

    # watching

    async def marked_ids(self) -> list[str]:
        """The ids of all events that are marked as published."""
        rows = await self.journal._ask(
            lambda reads: reads.db.execute(
                "SELECT complaint_id, sequence, revision FROM confirmed JOIN events USING (position)"
            ).fetchall()
        )
        return [f"{encode_id(complaint)}.{sequence}.{revision}" for complaint, sequence, revision in rows]


def admit_of(
    name: str, who: str, *, album: str = "", parts: int | None = None, follows: tuple[str, ...] = ()
) -> Admit:
    """`who`'s message `name`; its words hold the mark."""
    message = Message(external_id=name, text=f"{TEXT} tanda{name}", sender=Sender(reference=who))
    return Admit(
        message=message,
        claim=claim_of(ACCOUNT, name),
        sender=SECRETS.person("sms", who),
        channel="sms",
        ticket_day="2026-11-23",
        group=SECRETS.group(ACCOUNT, who, album) if album else None,
        parts=parts,
        quiet=2.0 if album else 0.0,
        follows=tuple(claim_of(ACCOUNT, one) for one in follows),
    )


def forward(clock: Clock, seconds: float) -> datetime:
    clock.at += timedelta(seconds=seconds)
    return clock.at
