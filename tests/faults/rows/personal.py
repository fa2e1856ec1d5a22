"""Personal data and credentials that are planted at every door, and looked for wherever nobody may read them.

Each report brings a person of its own (NIK, telephone, mail address) in its text, its sender's fields, names of
persons and files, headers, ids and queries. Some are confidential, some cannot be read, some are refused or forged;
a provider refuses an answer and repeats them as its reason, the CRM rejects an event and speaks of strangers. Then
everything that leaves the gateway is read. What may be where:

- the record of an ordinary complaint names its reporter, and has the text as it came: that is what the CRM is for;
  its `public_text`, and all that steps add, do not;
- of a confidential one nothing stands in the message but in `reporter.sealed`, which the CRM's key opens;
- the pages of one complaint or quarantine entry, which are opened for it and noted, are not looked at for people, but
  for credentials: those are nowhere;
- in logs, metrics, lists, receipts, recaps, the derived store, the audit log and alarms there is nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aio_pika
import msgspec
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue
from aiohttp import web

from adapters.base import load
from complaint_queue import seal, statuses, topology
from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from complaint_queue.wire import decode_body, unseal
from intake import demo
from intake.free_ports import free_ports
from intake.web.paper import paper_number
from normalizer.identity import Secrets
from normalizer.settings import convert
from normalizer.stages import StatusUpdate
from tests.faults.rows.load import enrol, waiting
from tests.faults.rows.personal_doors import Doors
from tests.faults.rows.planting import Person, Search
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.faults.rows.stored_scripts import Visitor
from tests.gateway_process import CLERK, GatewayProcess

OPERATOR, ELSEWHERE = "operator.uji", "loket.lain"
#: Seconds in which what was brought has to be at the CRM.
PATIENCE = 120
#: What of an ordinary complaint's record may name its reporter: the CRM answers them, and judges what they wrote.
_OF_THE_CRM = (
    "reporter", "text", "original_text", "subject", "on_behalf_of", "external_ids", "thread_id", "permalink",
)  # fmt: skip
#: Where the gateway's own keys and made-up credentials are.
_KEYS = ("keys.json", "secrets")


async def run(stage: Stage, figure: Figure) -> Numbers:
    private, public = seal.generate()
    async with AsyncExitStack() as stack:
        alarms, where = await stack.enter_async_context(_alarmed())
        gateway = _gateway(stage, await stage.url(), public, where)
        for login, role, office in (
            (CLERK[0], "clerk", "31.71.04.1002"),
            (ELSEWHERE, "clerk", "31.72.01.1001"),
            (OPERATOR, "operator", ""),
        ):
            await enrol(gateway, [login], role, office=office)  # type: ignore[arg-type]
        copies = await stack.enter_async_context(_copies(gateway))
        await gateway.start(60)
        stack.push_async_callback(gateway.kill)
        doors = Doors(gateway, Search(_tokens(gateway)), stage.tell)
        house = House(doors, seal.read_key(private), alarms)
        for _ in range(figure.count):
            await doors.fill()
            stage.step(0.5)
        await house.messages(copies)
        await house.refuse()
        await house.read()
        stage.step(figure.count * 0.5)
    assert not house.hits, f"{len(house.hits)} found:\n" + "\n".join(dict.fromkeys(house.hits[:40]))
    return {
        "people": float(len(doors.search.people)),
        "spellings": doors.search.spelt,
        "places": doors.search.looked,
        "confidential": sum(one.confidential for one in doors.search.people),
        "alarms": len(alarms),
        "found": 0,
    }


def _gateway(stage: Stage, url: str, key: str, alarms: str) -> GatewayProcess:
    """Every door of the demo; the CRM's key, so that what is confidential travels sealed; alarms told at once."""
    template = demo.CONFIG.read_text(encoding="utf-8").replace("{crm_public_key}", key)
    (stage.folder / "alarms").write_text(alarms)
    template += '\n[alarms]\nwebhook = "file:{folder}/alarms"\nafter = 0.0\n'
    gateway = GatewayProcess(stage.folder, url, template=template)
    gateway.environment |= {"KANAL_LOG_LEVEL": "debug", "KANAL_LOG": "json"}
    return gateway


def _tokens(gateway: GatewayProcess) -> dict[str, str]:
    """Every credential of every account, and what else opens something."""
    found = {"the clerk's password": CLERK[1], "the broker's password": _password(gateway)}
    config = gateway.config
    for account in config.accounts:

        def resolve(reference: str, name: str = account.name) -> str:
            found[f"{name} {reference.partition('/')[0]}"] = value = config.resolve(reference)
            return value

        convert(load(account.adapter).Settings, account.settings, account.name, resolve)
    return found


def _password(gateway: GatewayProcess) -> str:
    return gateway.environment["KANAL_AMQP_URL"].partition("@")[0].rpartition(":")[2]


@asynccontextmanager
async def _alarmed() -> AsyncIterator[tuple[list[str], str]]:
    """Who is on duty: what they were told, and where to tell them."""
    told: list[str] = []

    async def take(request: web.Request) -> web.Response:
        told.append(f"{dict(request.headers)} {await request.text()}")
        return web.Response()

    app = web.Application()
    app.router.add_post("/alarm", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    (port,) = free_ports(1)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield told, f"http://127.0.0.1:{port}/alarm"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _copies(gateway: GatewayProcess) -> AsyncIterator[AbstractQueue]:
    """A queue of our own that gets every message of the gateway's, headers and all."""
    async with await aio_pika.connect(gateway.environment["KANAL_AMQP_URL"]) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(topology.EXCHANGE, "#")
        yield queue


@dataclass
class House:
    """A gateway full of people who may not be seen, and all that can be read of it."""

    doors: Doors
    private_key: bytes
    alarms: list[str]
    codes: Search = field(default_factory=lambda: Search({}))
    """The tracking codes, which only papers and pages for their bearers may name."""
    tickets: dict[str, Person] = field(default_factory=dict)
    papers: dict[str, str] = field(default_factory=dict)
    hits: list[str] = field(default_factory=list)
    said: str = ""
    """What the CRM wrote to a citizen, who reads it with their code."""

    @property
    def gateway(self) -> GatewayProcess:
        return self.doors.gateway

    def see(self, where: str, content: str, *, people: bool = True, codes: bool = True) -> None:
        """Look for all that was planted, or for credentials alone."""
        self.hits += self.doors.search.hits(where, content, people=people)
        if codes:
            self.hits += self.codes.hits(where, content)

    # what the CRM gets

    async def messages(self, queue: AbstractQueue) -> None:
        """Wait until everybody is at the CRM, and look at each message as it comes."""
        missing = set(self.doors.filed)
        async with asyncio.timeout(PATIENCE):
            while missing or await waiting(self.gateway):
                message = await queue.get(no_ack=True, fail=False)
                if message is None:
                    self.doors.tell(f"{len(missing)} are still on their way")
                    await asyncio.sleep(0.1)
                    continue
                one = self._message(message)
                missing.discard(one)
        assert len(self.tickets) >= len(self.doors.filed)

    def _message(self, message: AbstractIncomingMessage) -> Person:
        event = decode_body(message.body)
        whole = msgspec.json.encode(unseal(event, self.private_key)).decode()
        (one,) = [who for who in self.doors.search.people if who.email in whole]
        self.tickets[event.complaint.ticket] = one
        record = event.complaint
        assert record.confidential == one.confidential, f"{one.door}: confidential is {record.confidential}"
        told: Any = msgspec.to_builtins(event)
        if one.confidential:
            assert record.reporter.sealed, f"{one.door}: nothing is sealed"
            told["complaint"]["reporter"].pop("sealed")
        else:
            for part in (told["complaint"], told["added"] or {}):
                for name in _OF_THE_CRM:
                    part.pop(name, None)
                for attachment in part.get("attachments", ()):
                    for name in ("name", "caption", "remote"):
                        attachment.pop(name, None)
                (part.get("place") or {}).pop("address", None)
        told["message"] = {
            "headers": {name: str(value) for name, value in message.headers.items()},
            "key": message.routing_key, "id": message.message_id, "reply_to": message.reply_to,
        }  # fmt: skip
        self.see(f"event of {one.door}", msgspec.json.encode(told).decode())
        return one

    async def refuse(self) -> None:
        """The CRM takes some events for unreadable, and speaks of strangers, and to the citizens."""
        url = self.gateway.environment["KANAL_AMQP_URL"]
        async with await aio_pika.connect(url) as connection, connection.channel() as channel:
            queue = await channel.get_queue(topology.QUEUE)
            while (message := await queue.get(fail=False)) is not None:
                await message.reject(requeue=False)
        one = self.doors.search.person("the CRM")
        self.said = one.text
        for ticket in (next(iter(self.tickets)), "261123-9999-1"):
            update = StatusUpdate(
                status_id=f"contoh-{ticket}", ticket=ticket, stage="Koordinasi", crm_number="CRM-2611", agency="Dinas",
                note=one.text, occurred_at=datetime.now(UTC),
            )  # fmt: skip
            await statuses.send(url, update, "urn:crm-contoh", url.rpartition("/")[2])
        async with await aio_pika.connect(url) as connection, connection.channel() as channel:
            exchange = await channel.get_exchange(topology.STATUS_EXCHANGE, ensure=False)
            body = f'{{"ticket": "{one.text}"}}'.encode()
            await exchange.publish(aio_pika.Message(body), "status")

    # what people and machines read

    async def read(self) -> None:
        """Everything else that leaves."""
        held = await self._journal()
        async with asyncio.TaskGroup() as tasks:
            for reading in (self._commands(held), self._operator(held), self._desk(), self._citizens()):
                tasks.create_task(reading)
        for said in self.doors.said:
            self.see("kanal import", said)
        for alarm in self.alarms:
            self.see("alarm", alarm)
        self.see("log", self.gateway.log.read_text(errors="replace"))
        for path in sorted(self.gateway.config.data_dir.rglob("*")):
            if path.is_file() and path.relative_to(self.gateway.config.data_dir).parts[0] not in _KEYS:
                self.see(path.name, path.read_bytes().decode("latin-1"))

    async def _journal(self) -> list[int]:
        """The papers' codes; the entries in quarantine, in which everybody is whom we could not read."""
        folder = self.gateway.config.data_dir
        keyring = load_or_create(folder / "keys.json", {})
        secrets = Secrets(keyring.identity_key)
        journal = SqliteJournal.read_only(folder / "journal.sqlite3", Codec(keyring))
        await journal.open()
        try:
            for ticket in self.tickets:
                found = await journal.complaint_by_ticket(ticket)
                assert found is not None
                self.papers[ticket] = secrets.tracking_code(paper_number(found))
            entries = await journal.quarantined(limit=100_000)
            kept = [(await journal.raw(one.raw_id)).body.decode() for one in entries if one.raw_id]
        finally:
            await journal.close()
        for one in self.doors.held:
            assert any(one.nik in body for body in kept), f"{one.door}: not kept whole"
        self.codes = Search(self.papers)
        return [one.entry_id for one in entries]

    async def _commands(self, held: list[int]) -> None:
        for command in (
            "quarantine list", "quarantine list --json", "deadletters list --json", "deadletters list",
            "deadletters list --queue statuses --json", "audit --json", "health",
        ):  # fmt: skip
            _, said = await self.gateway.run(*command.split())
            self.see(f"kanal {command}", said)
            assert len(said) > 40, said
        for number in held[:2]:
            _, said = await self.gateway.run("quarantine", "show", str(number))
            self.see("kanal quarantine show", said, people=False)

    async def _operator(self, held: list[int]) -> None:
        async with self.doors.visitor(OPERATOR) as visitor:
            for path in (
                "/metrics", "/health/live", "/health/ready", "/konsol", "/konsol/grafik", "/konsol/peta",
                "/konsol/peta.json", "/konsol/karantina", "/konsol/tertolak", "/konsol/akun", "/konsol/perbaiki",
                "/konsol/cari?q=lampu", "/konsol/cari?q=telepon", "/loket/hari-ini", "/loket/rekap",
            ):  # fmt: skip
                self.see(path, await self._page(visitor, path))
            for ticket in self.tickets:
                self.see("/konsol/aduan", await self._page(visitor, f"/konsol/aduan/{ticket}"))
            page = await self._page(
                visitor, "/konsol/triase"
            )  # what a person has to judge, they have to read
            self.see("/konsol/triase", page, people=False)
            for number in held:
                page = await self._page(visitor, f"/konsol/karantina/{number}")
                self.see("/konsol/karantina/…", page, people=False)

    async def _desk(self) -> None:
        async with self.doors.visitor(CLERK[0]) as clerk, self.doors.visitor(ELSEWHERE) as stranger:
            days = ("/loket/hari-ini", "/loket/rekap", "/loket/rekap.csv", "/loket")
            for visitor in (clerk, stranger):
                for path in days:
                    self.see(path, await self._page(visitor, path))
            for ticket, one in self.tickets.items():
                if one.door != "loket":
                    continue
                paper = f"/loket/tanda-terima/{ticket}"
                for path in (paper, f"{paper}?ukuran=58", f"/loket/qr/{ticket}.svg"):
                    self.see("receipt", await self._page(clerk, path), codes=False)
                    self.see("a stranger's receipt", await self._page(stranger, path, 404))
                page = await self._page(clerk, f"/loket/betulkan/{ticket}")
                self.see("/loket/betulkan", page, people=one.confidential, codes=False)
                self.see("betulkan", await self._page(stranger, f"/loket/betulkan/{ticket}", 404))

    async def _citizens(self) -> None:
        async with self.doors.visitor() as citizen:
            for ticket, code in self.papers.items():
                filed_here = self.tickets[ticket].door == "balai-warga"
                for path in (f"/lacak/{code}", *([f"/lapor/tanda-terima/{code}"] if filed_here else [])):
                    page = await self._page(citizen, path)
                    self.see("/lacak", page.replace(self.said, ""), codes=False)

    async def _page(self, visitor: Visitor, path: str, status: int = 200) -> str:
        async with visitor.session.get(self.gateway.url + path) as answer:
            text = await answer.text()
            assert answer.status == status, f"{path}: {answer.status}"
            return f"{dict(answer.headers)}\n{text}"


ROW = Row(
    name="planted-personal-data",
    test="planted NIK, phone, e-mail, token: at every door; refused, forged, unreadable, rejected",
    load="so many people at each of twenty doors, some confidential",
    passes="0 hits in logs, metrics, lists, receipts, recaps, the audit log, alarms, files, `public_text`, messages of "
    "confidential reports, however spelt; the CRM's key opens these",
    unit="people at each door",
    small=Figure(count=1),
    full=Figure(count=50),
    at_once=5,
    minutes=8,
    run=run,
)
