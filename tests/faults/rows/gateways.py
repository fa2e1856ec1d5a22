"""Two gateways on one PostgreSQL journal and one S3 bucket, behind one address: each in turn is killed under load.

Nothing is lost or doubled, each complaint's events keep their order although both relays send them, the photos that the
dead one took are read at the other, which polls its accounts and goes on with the dialogues that had begun there.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from msgspec.structs import replace

from adapters.base import Gateway, Simulator
from complaint_queue.files_s3 import S3Place
from intake import demo
from intake.free_ports import free_ports
from intake.private_postgres import PrivatePostgres
from normalizer.record import Attachment, ComplaintEvent
from tests.faults.rows.load import POLLED, Citizens, Crm, Ledger, Steady, picture, telegram_proof
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess
from tests.one_address import OneAddress
from tests.s3_server import S3Server

#: Doors whose photos come with the message, doors whose photos are fetched, and doors that are polled.
DOORS = ("email-dki", "open311", "jaki", "telegram-dki", "whatsapp-dki", "sms-kannel", *POLLED)
WITH_PHOTOS = ("email-dki", "open311", "jaki", "telegram-dki", "whatsapp-dki")
BEGUN, ASKED = "Lampu jalan padam sudah seminggu dan gelap sekali", "Di mana"
WENT_ON, THEN = "Kelurahan Kenari, Senen", r"fotonya|tiket:? \d{6}-\d{4,}-\d"


class Front(GatewayProcess):
    """What citizens see of both gateways; never started. The app's uploads stay with one as long as that lives."""

    def simulator(self, account_name: str, gateway: Gateway | None = None) -> Simulator:
        if account_name == "jaki":
            gateway = replace(self.gateway, http=f"http://127.0.0.1:{self.ports['keeps']}")
        return super().simulator(account_name, gateway)


class Cases(Crm):
    """The CRM, which also keeps what it was told last of each complaint."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        super().__init__(url, ledger)
        self.texts: dict[str, str] = {}
        self.files: dict[str, tuple[Attachment, ...]] = {}

    async def _on_event(self, event: ComplaintEvent) -> None:
        record = event.complaint
        self.texts[record.complaint_id] = record.original_text or record.text
        self.files[record.complaint_id] = record.attachments
        await super()._on_event(event)

    def stored(self, mark: str) -> tuple[Attachment, ...]:
        """What the CRM may fetch of the message's photos."""
        files = self.files.get(self.complaint_of.get(mark, ""), ())
        return tuple(one for one in files if one.state == "stored" and one.url)


@dataclass
class Pair:
    """Both gateways, what stands in front of them, and everybody who has to do with them."""

    gateways: list[GatewayProcess]
    front: GatewayProcess
    ledger: Ledger
    crm: Cases
    citizens: Citizens
    steady: Steady
    read: set[str] = field(default_factory=set)
    started: dict[int, int] = field(default_factory=dict)
    _persons: int = 0

    def polls(self, gateway: GatewayProcess) -> set[str]:
        """The accounts that this gateway polls, by its log since its last start."""
        ours: set[str] = set()
        with gateway.log.open("rb") as log:
            log.seek(self.started.get(gateway.http, 0))
            for line in log:
                if b"account_ours" in line:
                    ours.add(json.loads(line)["account"])
                elif b"account_lost" in line:
                    ours.discard(json.loads(line)["account"])
        return ours

    async def back(self, gateway: GatewayProcess) -> None:
        """It is started again."""
        self.started[gateway.http] = gateway.log.stat().st_size
        await gateway.start(60)

    async def victim(self) -> tuple[GatewayProcess, GatewayProcess]:
        """Whoever polls, and the other; one account never has two."""
        async with asyncio.timeout(300):
            while set(POLLED) - (self.polls(self.gateways[0]) | self.polls(self.gateways[1])):
                await asyncio.sleep(0.1)
        one, other = self.gateways
        assert not self.polls(one) & self.polls(other), "two gateways poll one account"
        return (one, other) if self.polls(one) else (other, one)

    async def begin_dialogue(self, gateway: GatewayProcess) -> int:
        """Somebody complains there without saying where, and is asked."""
        self._persons += 1
        person = 980_000_000 + self._persons
        mark = self.ledger.mark("dialog", self._persons)
        await self._write(gateway, person, 1, f"{BEGUN} {mark}")
        self.ledger.taken[mark] = 0
        await self._told(person, ASKED)
        return person

    async def go_on(self, person: int) -> float:
        """The answer comes to the other; the seconds until it says something sensible."""
        began = time.monotonic()
        await self._write(self.front, person, 2, WENT_ON)
        said = await self._told(person, THEN)
        took = time.monotonic() - began
        if "fotonya" in said:
            await self._write(self.front, person, 3, "lewati")
        return took

    async def polled_by(self, gateway: GatewayProcess, accounts: set[str]) -> float:
        """Wait until this gateway polls them; the seconds it took."""
        began = time.monotonic()
        async with asyncio.timeout(300):
            while accounts - self.polls(gateway):
                await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def check_dialogue(self, person: int) -> None:
        """Both halves are one complaint."""
        mark = self.ledger.mark("dialog", person - 980_000_000)
        text = self.crm.texts[self.crm.complaint_of[mark]]
        assert BEGUN in text and WENT_ON in text, text

    async def read_photos(self, gateway: GatewayProcess, within: float = 300.0) -> None:
        """Each photo that was acknowledged is with its complaint, and comes from this gateway as it was sent."""
        marks = {mark for mark in self.ledger.taken if self._has_photo(mark)} - self.read
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not all(self.crm.stored(mark) for mark in marks):
                    await asyncio.sleep(0.1)
        lost = [mark for mark in marks if not self.crm.stored(mark)]
        assert not lost, f"{len(lost)} of {len(marks)} acknowledged photos are lost: {lost[:5]}"
        async with aiohttp.ClientSession() as session:
            for mark in marks:
                for one in self.crm.stored(mark):
                    address = one.url.replace(self.front.url, gateway.url)
                    async with session.get(address) as answer:
                        content = await answer.read()
                    assert answer.status == 200, f"{mark}: {answer.status}"
                    assert hashlib.sha256(content).hexdigest() == one.sha256
                    assert content == picture(mark), f"{mark} has another's photo"
        self.read |= marks

    def _has_photo(self, mark: str) -> bool:
        return any(
            mark == self.ledger.mark(door, number)
            for door in WITH_PHOTOS
            for number in range(1, self.citizens.taken[door] + 1, 3)
        )

    async def _write(self, gateway: GatewayProcess, person: int, number: int, text: str) -> None:
        """One message to the bot, sent until it is taken."""
        sender = {"id": person, "is_bot": False, "first_name": "Siti", "language_code": "id"}
        message = {"message_id": number, "from": sender, "date": int(time.time()), "text": text}
        message["chat"] = {"id": person, "first_name": "Siti", "type": "private"}
        update = {"update_id": person * 10 + number, "message": message}
        proof = telegram_proof(self.front)
        async with aiohttp.ClientSession(headers=proof) as session, asyncio.timeout(300):
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with session.post(gateway.url + "/hooks/telegram-dki", json=update) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.2)

    async def _told(self, person: int, expected: str) -> str:
        """What the person is told that says so. Raises TimeoutError."""
        heard = self.citizens.simulators["telegram-dki"].heard
        async with asyncio.timeout(300):
            while True:
                for one in heard:
                    if one.key == str(person) and re.search(expected, one.text):
                        return str(one.text)
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def pair(stage: Stage, rate: float) -> AsyncIterator[Pair]:
    """Everything up and under load."""
    url = await stage.url()
    async with contextlib.AsyncExitStack() as stack:
        store = S3Server()
        stack.callback(store.stop)
        starting = asyncio.create_task(asyncio.to_thread(store.start, stage.folder / "s3.log"))
        server = await stack.enter_async_context(PrivatePostgres())
        journal = server.url(await server.database())
        await starting
        gateways, front = _made(stage.folder, url, journal, store.bucket())
        for gateway in gateways:
            stack.push_async_callback(_kill, gateway)
        await gateways[0].start(60)  # one makes the tables
        await gateways[1].start(60)
        for name in ("http", "smtp"):
            ways = [gateway.ports[name] for gateway in gateways]
            await stack.enter_async_context(OneAddress(front.ports[name], ways))
        ways = [gateway.http for gateway in gateways]
        await stack.enter_async_context(OneAddress(front.ports["keeps"], ways, keeps=True))
        ledger = Ledger()
        crm = Cases(url, ledger)
        await stack.enter_async_context(crm.listening())
        citizens = Citizens(front, ledger, DOORS, rate=rate / 2, photos=WITH_PHOTOS)
        steady = Steady(front, ledger, rate / 2)
        await stack.enter_async_context(citizens.pressing())
        await stack.enter_async_context(steady.pressing())
        yield Pair(gateways, front, ledger, crm, citizens, steady)


def _made(
    folder: Path, amqp_url: str, journal: str, place: S3Place
) -> tuple[list[GatewayProcess], GatewayProcess]:
    """Two gateways, and the one that citizens see, which is never started."""
    http, smtp, keeps = free_ports(3)
    template = demo.CONFIG.read_text(encoding="utf-8").replace(
        "\n[broker]\n",
        f'public_url = "http://127.0.0.1:{http}"\nrestart_grace = 2.0\nsender_burst = 1000000\n\n'
        '[answers]\nquiet_from = "00:00"\nquiet_until = "00:00"\n\n'
        f'[journal]\nfiles = "s3://{place.bucket}/{place.prefix}"\n\n'
        f'[journal.s3]\nendpoint = "{place.endpoint}"\n'
        'access_key = "file:{folder}/s3-access"\nsecret_key = "file:{folder}/s3-secret"\n\n[broker]\n',
        1,
    )
    key = b64encode(os.urandom(32)).decode()
    made: list[GatewayProcess] = []
    for name in ("satu", "dua", "depan"):
        home = folder / name
        home.mkdir()
        (home / "s3-access").write_text(place.access_key)
        (home / "s3-secret").write_text(place.secret_key)
        shared = {k: v for k, v in made[0].ports.items() if k not in ("http", "smtp")} if made else {}
        if name == "depan":
            shared |= {"http": http, "smtp": smtp, "keeps": keeps}
        kind = Front if name == "depan" else GatewayProcess
        gateway = kind(home, amqp_url, template=template, ports=shared)
        gateway.environment |= {"KANAL_JOURNAL_URL": journal, "KANAL_KEY": key}
        made.append(gateway)
    for secret in re.findall(r'"auto:([\w-]+)"', template):
        made[0].config.resolve(f"auto:{secret}")
    for gateway in made[1:]:
        shutil.copytree(made[0].folder / "data" / "secrets", gateway.folder / "data" / "secrets")
    return made[:2], made[2]


async def _kill(gateway: GatewayProcess) -> None:
    if gateway.process is not None:
        await gateway.kill()


async def killed(stage: Stage, figure: Figure) -> Numbers:
    polled, spoken = 0.0, 0.0
    async with pair(stage, figure.rate) as here:
        async with asyncio.timeout(300):
            while len(here.citizens.taken) < len(DOORS):
                await asyncio.sleep(0.1)
        for number in range(figure.count):
            victim, other = await here.victim()
            theirs = here.polls(victim)
            person = await here.begin_dialogue(victim)
            await victim.kill()
            told, taken = await asyncio.gather(here.go_on(person), here.polled_by(other, theirs))
            spoken, polled = max(spoken, told), max(polled, taken)
            before = here.citizens.taken.copy()
            async with asyncio.timeout(300):
                while any(here.citizens.taken[door] == before[door] for door in POLLED):
                    await asyncio.sleep(0.1)
            if number + 1 == figure.count:
                await here.citizens.finish()
                await here.steady.stop()
            await here.read_photos(other)
            if number + 1 < figure.count:
                await here.back(victim)
            stage.step(1)
            stage.tell(f"{len(here.ledger.taken)} acknowledged, {len(here.read)} photos read")
        drained = await here.crm.check(here.front)
        for dialogue in range(1, figure.count + 1):
            await here.check_dialogue(980_000_000 + dialogue)
    return {
        "kills": figure.count,
        "acknowledged": len(here.ledger.taken),
        "events": here.crm.events,
        "photos_read_at_the_other": len(here.read),
        "refused_and_sent_again": sum(here.citizens.refused.values()),
        "polled_again_after_s": round(polled, 1),
        "dialogue_went_on_after_s": round(spoken, 1),
        "drained_s": round(drained, 1),
    }


ROW = Row(
    name="kill-gateway-of-two",
    test="kill -9 of one of two gateways on one PostgreSQL journal and one S3 bucket, under load from several doors",
    load="30 times at 40 msg/s",
    passes="0 lost, 0 doubled after dedup; order kept per complaint; photos are read at the other, which polls within "
    "30 s and goes on with the dialogues",
    unit="kills",
    small=Figure(count=1, rate=10),
    full=Figure(count=30, rate=40),
    at_once=6,
    limits={"polled_again_after_s": 30.0, "dialogue_went_on_after_s": 30.0},
    minutes=30,
    postgres=True,
    run=killed,
)
