"""The console over a real journal, a real derived store, and some days of invented complaints."""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

from adapters.base import Account, Ports
from complaint_queue.deadletters import DeadLetter, Which
from complaint_queue.journal import Admission, Held
from complaint_queue.way_out import NewReply, Progress, Said, Step
from intake.pausing import Pauses
from intake.reading.follower import Follower
from intake.reading.store import ReadingStore
from intake.staff import StaffStore
from intake.web import pages
from normalizer.errors import Misconfigured, Unavailable
from normalizer.gazetteer import kelurahan_table
from normalizer.record import Contact, Coordinates, Message, Place, RawEvent, Sender
from tests import intake_world
from tests.intake_world import IntakeWorld
from tests.web_world import OFFICE, PASSWORD

CHANNELS = {
    "sms-1708": "sms", "wa-dki": "whatsapp", "email-dki": "email", "x-dki": "twitter", "jaki": "jaki",
    "telegram-dki": "telegram", "loket": "kantor_kelurahan", "fb-dki": "facebook",
}  # fmt: skip
WORDS = (
    "Jalan berlubang parah, sudah dua motor jatuh",
    "Sampah menumpuk di depan pasar dan bau sekali",
    "Banjir selutut sejak subuh, pompa tidak jalan",
    "Lampu jalan padam seminggu, gelap sekali",
    "Got mampet, airnya meluap ke rumah warga",
    "Parkir liar menutup setengah badan jalan",
)
BROKEN = b'{"results": [{"messageId": "abc", "from": "6281200000001", "text": "Got mampet di Kenari"'


#: An event that the CRM refused, as it lies in RabbitMQ; everybody in it is invented.
REFUSED = b'{"event":"created","complaint":{"ticket":"261123-0007-3","text":"Got mampet di Kenari"}}'


@dataclass
class DeadBox:
    """Dead letters without a broker: fulfils `intake.web.deps.DeadLetterOffice`, and notes as the real one does.

    tests/integration/test_deadletters.py tries the real one on a real broker.
    """

    audit: StaffStore
    letters: list[DeadLetter] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    away: bool = False

    async def list(self, which: Which, limit: int = 100) -> tuple[DeadLetter, ...]:
        if self.away:
            raise Unavailable("RabbitMQ: away")
        return tuple(one for one in self.letters if one.which == which)[:limit]

    async def find(self, which: Which, key: str) -> DeadLetter:
        for one in await self.list(which):
            if one.key == key:
                return one
        raise Misconfigured("key", "is not there", "look")

    async def replay(
        self, which: Which, who: str, keys: Collection[str] | None, reason: str = ""
    ) -> tuple[DeadLetter, ...]:
        return await self._take("deadletter_replay", which, who, keys or (), reason)

    async def discard(
        self, which: Which, who: str, keys: Collection[str], reason: str
    ) -> tuple[DeadLetter, ...]:
        if not reason.strip():
            raise Misconfigured("reason", "is empty", "say why")
        return await self._take("deadletter_discard", which, who, keys, reason)

    async def _take(
        self, what: str, which: Which, who: str, keys: Collection[str], reason: str
    ) -> tuple[DeadLetter, ...]:
        gone = tuple([await self.find(which, key) for key in keys])
        for one in gone:
            await self.audit.audit(who, what, one.message_id, {"reason": reason} if reason else {})
            self.letters.remove(one)
            self.sent += [one.key] if what == "deadletter_replay" else []
        return gone


def refused(which: Which, key: str, at: datetime, body: bytes = REFUSED) -> DeadLetter:
    """One dead letter."""
    return DeadLetter(
        key=key, which=which, message_id=f"0SAGH0S{key}.1.0",
        type=f"id.go.jakarta.aduan.complaint.{'created' if which == 'events' else 'status'}",
        subject="261123-0007-3" if which == "events" else "261123-9999-1", why="rejected", since=at,
        exchange="aduan.events", routing_key="created.sms.3171", replays=0, size=len(body), sha256="ab" * 32,
        headers={}, body=body,
    )  # fmt: skip


@dataclass
class ConsoleWorld:
    inside: IntakeWorld
    store: ReadingStore
    follower: Follower
    staff: StaffStore
    dead: DeadBox
    pauses: Pauses
    folder: Path
    url: str = ""
    simulated: list[str] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    alarms: dict[str, str] = field(default_factory=dict)
    woken: int = 0

    def wake(self) -> None:
        self.woken += 1

    async def simulate(self, account: str) -> str:
        """Plays the provider in demo mode."""
        self.simulated.append(account)
        return "200 diterima"

    async def follow(self) -> None:
        """Let the derived store catch up."""
        while await self.follower.step():
            pass
        await self.follower.step()

    async def say(self, account: str, number: int, text: str, **more: object) -> str:
        """One message on this account; its ticket."""
        sender = Sender(
            reference=f"+6281200{number:06d}",
            name="Siti Contoh",
            contacts=(Contact(kind="phone", value=f"+6281200{number:06d}"),),
        )
        message = Message(external_id=f"m{number}", text=text, sender=sender, **more)  # type: ignore[arg-type]
        if account not in self.inside.adapters:
            found = Account(name=account, adapter="said", channel=CHANNELS[account])
            ports = Ports(inbox=None, clock=self.inside.clock, new_spool=None)  # type: ignore[arg-type]
            self.inside.adapters[account] = intake_world.Said(found, None, ports)
        return (await self.inside.say(message, account)).ticket

    async def fill(self, count: int = 60) -> None:
        """Two days: complaints over all channels, most confirmed, some that wait for a person, some in quarantine."""
        chance = random.Random(2611)
        table = kelurahan_table()
        journal = self.inside.journal
        for number in range(count):
            self.inside.clock.forward(chance.uniform(60, 2 * 86400 / count))
            home = chance.choice(table[6:])
            account = chance.choice(list(CHANNELS))
            text = f"{chance.choice(WORDS)} di Kelurahan {home.name}, {home.kecamatan}"
            more: dict[str, object] = {}
            if number % 3 == 0:
                point = Coordinates(latitude=home.latitude, longitude=home.longitude)
                more["place"] = Place(coordinates=point, method="coordinates")
            if number % 17 == 5:
                more["confidential"] = True
            self.tickets.append(await self.say(account, number, text, **more))
            await self.inside.settle(after=1)
            if number < count - 4:
                events = await journal.unpublished(100)
                self.inside.clock.forward(chance.uniform(0.02, 3))
                await journal.mark_published([e.position for e in events], self.inside.clock.now())
        for number, text in enumerate(
            ("pagi Jakarta, semangat!", "wah Kenari ramai ya hari ini", "mantap min")
        ):
            await self.say("x-dki", 1000 + number, text, public=True)
        await self.inside.settle(after=1)
        raw = RawEvent(
            account="sms-1708",
            received_at=self.inside.clock.now(),
            body=BROKEN,
            headers={"content-type": "application/json"},
        )
        await journal.admit(
            Admission(raw=raw, held=(Held(reason="Input data was truncated: results[0]", claim=b"c" * 16),))
        )
        file = await journal.complaint_by_ticket(self.tickets[0])
        assert file is not None
        now = self.inside.clock.now()
        steps = tuple(
            Step(stage=stage, word=stage, at=now - timedelta(hours=hours), agency="Dinas Bina Marga")
            for stage, hours in (("Koordinasi", 20), ("Disposisi", 3))
        )
        reply = NewReply(
            person=b"siti-contoh-----",
            account="said",
            purpose="status",
            said=Said(reply_to={}, text="kabar"),
            complaint_id=file.complaint_id,
        )
        progress = Progress(stage="Disposisi", rank=3, steps=steps)
        await journal.note_status(b"status-1--------", file.complaint_id, Progress(), progress, [reply])
        await self.follow()


@asynccontextmanager
async def console_world(folder: Path, *, filled: int = 60, demo: bool = False) -> AsyncIterator[ConsoleWorld]:
    """The pages on loopback. Members of staff: `operator`, and `loket`, a clerk."""
    async with intake_world.intake_world(folder) as inside:
        store = ReadingStore(folder)
        await store.open()
        staff = StaffStore(folder / "staff.sqlite3", inside.clock.now)
        await staff.open()
        dead = DeadBox(staff)
        dead.letters += [refused("events", f"{number:012x}", inside.clock.now()) for number in (1, 2)]
        dead.letters += [refused("statuses", f"{3:012x}", inside.clock.now())]
        alarms: dict[str, str] = {}

        def alarm(name: str, words: str | None) -> None:
            alarms.pop(name, None)
            if words is not None:
                alarms[name] = words

        pauses = Pauses(inside.journal, tuple(CHANNELS), alarm)
        follower = Follower(inside.journal, store, inside.clock.now)
        world = ConsoleWorld(inside, store, follower, staff, dead, pauses, folder, alarms=alarms)
        if filled:
            await world.fill(filled)
        for login, role, office in (("operator", "operator", ""), ("loket", "clerk", OFFICE)):
            await staff.add_user(login, "Petugas Contoh", role, office)  # type: ignore[arg-type]
            await staff.set_password(login, PASSWORD)
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        world.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        deps = pages.PageDeps(
            journal=inside.journal, files=inside.files, secrets=inside.filer.secrets, staff=staff,
            clock=inside.clock.now, receive=inside.receive, walkin_account="loket", public_url=world.url,
            secure=False, woken=world.wake, reading=store, alarms=lambda: world.alarms,
            adapter_names=("said",), channels=tuple(sorted(set(CHANNELS.values()))), folder=folder,
            accounts=tuple(Account(name=n, adapter="said", channel=c) for n, c in CHANNELS.items()),
            pauses=pauses, deadletters=lambda: dead, simulate=world.simulate if demo else None,
        )  # fmt: skip
        app = web.Application(middlewares=pages.middlewares(deps))
        pages.mount(app, deps)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, sock).start()
        try:
            yield world
        finally:
            await runner.cleanup()
            await staff.close()
            await store.close()
