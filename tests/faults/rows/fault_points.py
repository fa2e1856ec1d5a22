"""The gateway dies exactly at each step of a message's way, with either journal: the promise holds.

The steps are named in the code (complaint_queue.points). What lies between them, in a write of the embedded journal
or of the file store, is met by strace, which kills the process as it enters a system call.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from complaint_queue import statuses
from complaint_queue.points import POINTS
from intake import private_postgres
from intake.private_postgres import PrivatePostgres
from normalizer.record import ComplaintEvent
from normalizer.stages import StatusUpdate
from tests.faults.rows.load import Citizens, Crm, Ledger, all_doors
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess
from tests.relay import declare_empty

DOORS = ("email-dki", "sms-kannel", "telegram-dki", "jaki", "loket")
#: System calls of which one of the first few is the last thing that the process does.
CALLS = ("pwrite64", "fdatasync,fsync", "rename")
#: Points of which one time in a small run's life with PostgreSQL is enough: what lies around a transaction.
SHARED = ("written", "committed", "unanswered", "assembled", "confirmed", "said")
STATUS = "Koordinasi"


class Answering(Crm):
    """A CRM that answers what comes by Telegram with a status."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        super().__init__(url, ledger)
        self.answered: list[str] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def _on_event(self, event: ComplaintEvent) -> None:
        await super()._on_event(event)
        if event.event == "created" and event.complaint.account == "telegram-dki":
            task = asyncio.create_task(self._answer(event.complaint.ticket))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _answer(self, ticket: str) -> None:
        now = datetime.now(UTC)
        update = StatusUpdate(status_id=f"uji-{ticket}", ticket=ticket, stage=STATUS, occurred_at=now)
        await statuses.send(self._url, update, "urn:crm-contoh", self._url.rpartition("/")[2])
        self.answered.append(ticket)


async def run(stage: Stage, figure: Figure) -> Numbers:
    """Both lives at once, each at a virtual host of its own: most of a death is waiting for the next start."""
    urls = {"sqlite": await stage.url()}
    if private_postgres.installed():
        urls["postgres"] = await stage.broker.declare_vhost(f"titik-{stage.folder.name}")
        await declare_empty(urls["postgres"])
    lives = [_Life(stage, journal, url, figure, share=1 / len(urls)) for journal, url in urls.items()]
    try:
        async with asyncio.TaskGroup() as tasks:
            deaths = [tasks.create_task(one.run()) for one in lives]
    except ExceptionGroup as both:
        raise both.exceptions[0] from None
    total: Numbers = {"deaths": sum(one.result() for one in deaths)}
    for one in lives:
        total[f"acknowledged_{one.journal}"] = len(one.ledger.taken)
        total[f"statuses_{one.journal}"] = len(one.crm.answered)
    total["told_twice"] = sum(one.told_twice for one in lives)
    total["in_doubt"] = sum(one.in_doubt for one in lives)
    return total


class _Life:
    """One gateway's life on one journal: as many deaths as there are points, times the figure's count. A round of it
    is this `share` of a round of the row."""

    def __init__(self, stage: Stage, journal: str, url: str, figure: Figure, share: float) -> None:
        self.stage, self.journal, self.figure, self.share = stage, journal, figure, share
        self.folder: Path = stage.folder / journal
        self.folder.mkdir()
        # Telegram lets one chat hear one message a second: who sends more than is usual would never hear it all.
        self.gateway: GatewayProcess = all_doors(self.folder, url, burst=100)
        quiet = '\n[answers]\nquiet_from = "00:00"\nquiet_until = "00:00"\n'
        self.gateway.config_file.write_text(self.gateway.config_file.read_text() + quiet)
        self.ledger = Ledger()
        self.crm = Answering(url, self.ledger)
        self.citizens = Citizens(self.gateway, self.ledger, DOORS, rate=40, photos=DOORS)
        self.told_twice = self.in_doubt = 0

    async def run(self) -> int:
        deaths = 0
        async with AsyncExitStack() as stack:
            if self.journal == "postgres":
                server = await stack.enter_async_context(PrivatePostgres())
                name = await server.database()
                self.gateway.environment["KANAL_JOURNAL_URL"] = server.url(name)
            await self.gateway.add_clerk()
            stack.push_async_callback(self._kill)
            await stack.enter_async_context(self.crm.listening())
            await stack.enter_async_context(self.citizens.pressing())
            for round_ in range(self.figure.count):
                for point, prefix in self._deaths():
                    # The first time in the first round, so that each point is met; then anywhere in its life.
                    nth = 1 if not round_ else random.randint(1, 12)
                    await self._die(point, prefix, nth)
                    deaths += 1
                self.stage.step(self.share)
            self.gateway.prefix, self.gateway.module = [], ["intake"]
            await self.gateway.start(60)
            await self.citizens.finish()
            await self.crm.check(self.gateway)
            await self._check_told()
        return deaths

    def _deaths(self) -> list[tuple[str, str]]:
        """Pairs of a point and nothing, or of nothing and a system call."""
        if self.journal == "postgres":
            points = SHARED if self.figure.count == 1 else POINTS
            return [(point, "") for point in points]
        return [*((point, "") for point in POINTS), *(("", call) for call in CALLS if traces())]

    async def _die(self, point: str, call: str, nth: int) -> None:
        gateway = self.gateway
        gateway.prefix, gateway.module = [], ["intake"]
        if point:
            gateway.module = ["tests.faults.dying", point, str(nth)]
        else:
            # Opening the journal syncs, too: an early death is the start's, a later one a message's.
            inject = f"inject={call}:signal=SIGKILL:when={nth + random.randint(0, 15)}"
            gateway.prefix = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]
        try:
            await gateway.start(60)
        except RuntimeError:
            assert gateway.process is not None
            if gateway.process.returncode != -signal.SIGKILL:
                raise
        assert gateway.process is not None
        try:
            async with asyncio.timeout(60):
                code = await gateway.process.wait()
        except TimeoutError:
            raise AssertionError(f"{point or call} was never reached") from None
        assert code == -signal.SIGKILL, f"{point or call}: ended by {code}"
        self.stage.tell(f"{self.journal}: died at {point or call}; {len(self.ledger.taken)} acknowledged")

    async def _check_told(self) -> None:
        """Each citizen of Telegram heard of ticket and status; twice only where nobody could know of the first, and
        not at all only where the process died twice while it was saying it, which the console shows."""
        heard = self.citizens.simulators["telegram-dki"].heard
        async with asyncio.timeout(120):
            while True:
                told = Counter(
                    ticket for ticket in self.crm.answered for one in heard if _is_status(one.text, ticket)
                )
                if not (untold := {ticket for ticket in self.crm.answered if not told[ticket]}):
                    break
                if untold <= (doubted := self._in_doubt()):
                    self.in_doubt = len(untold)
                    assert len(doubted) <= self.figure.count * len(POINTS) // 2, doubted
                    break
                await asyncio.sleep(0.2)
        assert max(told.values(), default=0) <= 2, told.most_common(3)
        self.told_twice = sum(count > 1 for count in told.values())

    def _in_doubt(self) -> set[str]:
        """Tickets of which the operator sees that nobody knows whether the status was heard."""
        store = (self.folder / "data" / "reading.sqlite3").as_uri() + "?mode=ro"
        with closing(sqlite3.connect(store, uri=True)) as db:
            found = db.execute(
                "SELECT ticket FROM replies JOIN complaints USING (complaint_id) "
                "WHERE purpose = 'status' AND replies.state = 'unknown'"
            )
            return {ticket for (ticket,) in found}

    async def _kill(self) -> None:
        if self.gateway.process is not None:
            await self.gateway.kill()


def _is_status(text: str, ticket: str) -> bool:
    return ticket in text and STATUS in text


def traces() -> bool:
    """Whether strace can kill here."""
    strace = shutil.which("strace")
    tried = [str(strace), "-o", "/dev/null", "true"]
    return bool(strace) and subprocess.run(tried, capture_output=True, check=False).returncode == 0


ROW = Row(
    name="fault-points",
    test="the process dies exactly at each step of the way in and out, with either journal",
    load="each of the points 20 times",
    passes="0 answered-but-lost, 0 duplicates, order kept; a citizen hears a status, at most twice, or the console "
    "shows that two deaths left it in doubt",
    unit="rounds",
    small=Figure(count=1),
    full=Figure(count=20),
    at_once=4,
    minutes=30,
    alone=True,
    run=run,
)
