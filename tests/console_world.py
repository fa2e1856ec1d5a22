"""The console over a real journal, a real derived store, and some days of invented complaints."""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from adapters.base import Account, Ports
from complaint_queue.journal import Admission, Held
from complaint_queue.way_out import NewReply, Progress, Said, Step
from intake.reading.follower import Follower
from intake.reading.store import ReadingStore
from intake.staff import StaffStore
from intake.web import pages
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


@dataclass
class ConsoleWorld:
    inside: IntakeWorld
    store: ReadingStore
    follower: Follower
    staff: StaffStore
    url: str = ""
    tickets: list[str] = field(default_factory=list)
    alarms: dict[str, str] = field(default_factory=dict)
    woken: int = 0

    def wake(self) -> None:
        self.woken += 1

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
async def console_world(folder: Path, *, filled: int = 60) -> AsyncIterator[ConsoleWorld]:
    """The pages on loopback. Members of staff: `operator`, and `loket`, a clerk."""
    async with intake_world.intake_world(folder) as inside:
        store = ReadingStore(folder)
        await store.open()
        staff = StaffStore(folder / "staff.sqlite3", inside.clock.now)
        await staff.open()
        world = ConsoleWorld(inside, store, Follower(inside.journal, store, inside.clock.now), staff)
        if filled:
            await world.fill(filled)
        for login, role, office in (("operator", "operator", ""), ("loket", "clerk", OFFICE)):
            await staff.add_user(login, "Petugas Contoh", role, office)  # type: ignore[arg-type]
            await staff.set_password(login, PASSWORD)
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        world.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        deps = pages.PageDeps(
            journal=inside.journal, files=inside.files, secrets=inside.settler.secrets, staff=staff,
            clock=inside.clock.now, receive=inside.receive, walkin_account="loket", public_url=world.url,
            secure=False, woken=world.wake, reading=store, alarms=lambda: world.alarms,
            adapter_names=("said",), channels=tuple(sorted(set(CHANNELS.values()))),
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
