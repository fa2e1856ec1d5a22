"""The load of the rows, the ledger of what was acknowledged, and the CRM that it is compared with.

A message bears a mark: one word of letters, which no step of the normaliser changes, and which names the door and
the message. A mark enters the ledger only when its sender was told yes; every mark of the ledger has to stand in
exactly one event of one complaint that the consumer got, after its dedup by event id.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import string
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from adapters.base import Letter, Simulator
from intake import demo
from intake.consume import consume
from intake.simulate import photo
from intake.staff import StaffStore
from intake.staff.rules import Role
from normalizer.record import ComplaintEvent
from tests.gateway_process import CLERK, GatewayProcess

TEXT = "Lampu jalan di RT 03 RW 05 mati semua, warga takut lewat kalau malam. Mohon diperiksa. Kelurahan Cakung Barat."
#: Every account of the demo whose simulator can press on: all adapters but Qlue, which is a table that is imported.
DOORS = (
    "email-dki", "sms-twilio", "sms-kannel", "sms-vonage", "sms-infobip", "sms-playsms", "sms-declarative",
    "telegram-dki", "whatsapp-dki", "facebook-dki", "facebook-gubernur", "instagram-dki", "instagram-gubernur",
    "x-dki", "x-gubernur", "balai-warga", "sp4n-lapor", "open311", "jaki", "loket",
)  # fmt: skip
PHOTO = photo()
POLLED = ("x-dki", "sp4n-lapor")
#: Seconds without any news after which what still waits counts as lost. How soon all of it arrives is a figure of its
#: own, with a limit of its own where a row promises one; on a busy machine a backlog of minutes drains slowly and is
#: lost nowhere.
HANGS_AFTER = 120.0
#: Seconds between two looks: whoever asks the gateway after each event slows what they wait for.
LOOKS = 0.5


def all_doors(folder: Path, amqp_url: str, burst: int = 1_000_000) -> GatewayProcess:
    """A gateway with an account for every door, which after a restart waits two seconds for what was being told.

    At most doors the load comes from one simulated person, who is slowed (intake.fairness) after so many in a `burst`.
    """
    template = demo.CONFIG.read_text(encoding="utf-8")
    before, broker, after = template.partition("[broker]\n")
    assert broker
    before += f"restart_grace = 2.0\nsender_burst = {burst}\n\n"
    return GatewayProcess(folder, amqp_url, template=f"{before}{broker}alarm_after = 5.0\n{after}")


def letters(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def picture(mark: str) -> bytes:
    """A photo of its own for each message, which bears its mark in a JPEG comment."""
    comment = mark.encode()
    return PHOTO[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + PHOTO[2:]


async def enrol(
    gateway: GatewayProcess,
    logins: Sequence[str],
    role: Role = "clerk",
    name: str = "Petugas Contoh",
    office: str = "31.71.04.1002",
) -> None:
    """Members of staff with the clerk's password, before the gateway starts."""
    folder = gateway.config.data_dir
    folder.mkdir(mode=0o700, exist_ok=True)
    store = StaffStore(folder / "staff.sqlite3", lambda: datetime.now(UTC))
    await store.open()
    try:
        for login in logins:
            await store.add_user(login, name, role, office if role == "clerk" else "")
            await store.set_password(login, CLERK[1])
    finally:
        await store.close()


class Ledger:
    """What was acknowledged, by mark: for each message the last of its versions that was. `tag` keeps this run's
    marks apart from any other's."""

    def __init__(self) -> None:
        self.tag = "".join(random.choices(string.ascii_lowercase[10:], k=6))
        self.taken: dict[str, int] = {}

    def mark(self, door: str, number: int) -> str:
        return f"tanda{self.tag}{door.replace('-', '').translate(_DIGITS)}z{letters(number)}"

    def find(self, text: str) -> dict[str, int]:
        """The marks in `text` with the version that each one names."""
        found = {}
        for word in text.split():
            if word.startswith("tanda" + self.tag):
                mark, _, version = word.strip(".,").partition("_")
                found[mark] = "abcdefghij".index(version) if version else 0
        return found


_DIGITS = str.maketrans("0123456789", "abcdefghij")


class Crm:
    """The CRM's consumer, always listening: how often each mark came, and the order of each complaint's events."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self._url, self._ledger = url, ledger
        self.marks: Counter[str] = Counter()
        self.versions: dict[str, int] = {}
        self.out_of_turn: list[str] = []
        self.events = 0
        self.news = asyncio.Event()
        self.came: dict[str, list[int]] = defaultdict(list)
        """For each complaint the sequence numbers of its events as they came."""
        self.complaint_of: dict[str, str] = {}
        """Which complaint each mark came in."""
        self._last: dict[str, int] = defaultdict(int)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Crm]:
        task = asyncio.create_task(consume(self._url, on_event=self._on_event))
        try:
            yield self
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _on_event(self, event: ComplaintEvent) -> None:
        record = event.complaint
        if event.added is None:
            found = self._ledger.find(record.original_text or record.text)
        else:  # a photo that was read late brings no words; the record repeats those that came before
            found = self._ledger.find(event.added.text)
        if not found and record.complaint_id not in self._last:  # what another run had left in the queue
            return
        self.events += 1
        self.came[record.complaint_id].append(event.sequence)
        newest = event.sequence >= self._last[record.complaint_id]
        for mark, version in found.items():
            self.complaint_of[mark] = record.complaint_id
            self.marks[mark] += event.event == "created" or version == 0
            if newest:  # what came out of turn is told as such
                self.versions[mark] = version
        expected = self._last[record.complaint_id] + 1
        if event.sequence != expected:
            self.out_of_turn.append(f"{record.ticket}: {event.sequence} instead of {expected}")
        self._last[record.complaint_id] = max(event.sequence, expected - 1)
        self.news.set()

    def missing(self) -> list[str]:
        """What was acknowledged and is not here, or not in the version that was acknowledged last."""
        taken = self._ledger.taken.items()
        return [
            mark for mark, version in taken if not self.marks[mark] or self.versions.get(mark, 0) < version
        ]

    def _told_of(self, mark: str) -> str:
        """What came of an acknowledged message, for whoever has to find out why not all did."""
        complaint = self.complaint_of.get(mark)
        came = self.came[complaint] if complaint else []
        return f"{mark}: version {self.versions.get(mark)} of {self._ledger.taken[mark]}, events {came}"

    async def check(self, gateway: GatewayProcess, within: float = HANGS_AFTER) -> float:
        """Wait until the gateway holds nothing back; then nothing may be lost, doubled or out of turn.

        The load has to be over. The seconds until the last event was here; `within` are those without any news.
        """
        began = last = time.monotonic()
        held = await waiting(gateway)
        while (held or self.missing()) and time.monotonic() - last < within:
            self.news.clear()
            await asyncio.sleep(LOOKS)
            before, held = held, await waiting(gateway)
            if self.news.is_set() or held < before:
                last = time.monotonic()
        took = time.monotonic() - began
        missing = self.missing()
        doubled = [mark for mark, count in self.marks.items() if count > 1]
        where = f"{held} wait in the gateway" if held else "and nothing waits in the gateway"
        assert not missing, (
            f"{len(missing)} of {len(self._ledger.taken)} acknowledged are lost ({where}): "
            f"{[self._told_of(mark) for mark in missing[:5]]}; out of turn: {self.out_of_turn[:5]}"
        )
        assert not doubled, f"{len(doubled)} doubled after dedup: {doubled[:5]}"
        assert not self.out_of_turn, f"{len(self.out_of_turn)} out of turn: {self.out_of_turn[:5]}"
        return took


async def waiting(gateway: GatewayProcess) -> int:
    """What the gateway still has to bring to the CRM."""
    depths = (await gateway.health())["waiting"]
    return sum(depths[queue] for queue in ("kept", "tasks", "unpublished"))


class Citizens:
    """Citizens and clerks at every door who keep trying until they are told that we have it, as providers do.

    `rate` is how many messages a second come through all doors together; a door that is polled is slower. At
    the doors of `photos` every third message brings one.
    """

    def __init__(
        self,
        gateway: GatewayProcess,
        ledger: Ledger,
        doors: Sequence[str] = DOORS,
        rate: float = 300.0,
        photos: Collection[str] = (),
    ) -> None:
        self.gateway, self.ledger, self.doors = gateway, ledger, doors
        self.pause = sum(door not in POLLED for door in doors) / rate
        self.taken: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.simulators: dict[str, Any] = {}
        self._photos = photos
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    @contextlib.asynccontextmanager
    async def pressing(self) -> AsyncIterator[Citizens]:
        """Load while the block runs; the providers go away at its end."""
        self._tasks = [asyncio.create_task(self._door(name)) for name in self.doors]
        try:
            yield self
            await self.finish()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.gather(*(one.stop() for one in self.simulators.values()), return_exceptions=True)

    async def finish(self) -> None:
        """Nobody begins anew; everybody waits for the last yes."""
        self._stopping = True
        async with asyncio.timeout(90):
            await asyncio.gather(*self._tasks)

    async def _door(self, name: str) -> None:
        simulator = await self._started(name)
        number, following = 0, time.monotonic()
        while not self._stopping:
            number += 1
            following = max(following + self.pause, time.monotonic())
            mark = self.ledger.mark(name, number)
            letter = Letter(
                number=number,
                text=f"{TEXT} {mark}",
                sender=f"Warga Contoh {number}",
                photos=(picture(mark),) if name in self._photos and number % 3 == 1 else (),
            )
            await self._until_taken(name, simulator, letter)
            self.ledger.taken[mark] = 0
            self.taken[name] += 1
            await asyncio.sleep(max(0.0, following - time.monotonic()))

    async def _started(self, name: str) -> Simulator:
        """The provider's side, up and signed in; the gateway may be dead at this instant."""
        while True:
            simulator = self.simulators[name] = self.gateway.simulator(name)
            try:
                await simulator.start()
                return simulator
            except Exception as error:
                self.refused[f"{name}: {type(error).__name__}"] += 1
                await simulator.stop()
                await asyncio.sleep(0.3)

    async def _until_taken(self, door: str, simulator: Simulator, letter: Letter) -> None:
        while True:
            try:
                async with asyncio.timeout(20):
                    await simulator.send(letter)
                return
            except Exception as error:  # refused, cut off, or no one there: all mean "not acknowledged"
                self.refused[f"{door}: {type(error).__name__}"] += 1
                await asyncio.sleep(0.3)


class Steady:
    """A steady rate at one webhook: of each citizen's messages one opens a complaint, two correct it.

    Between them a second or two passes. The mark names the version: the last acknowledged has to be the last word.
    `seconds` are the times of the answers since the last `lap`; `refused` whatever was not 200.
    """

    STEPS = 3

    def __init__(self, gateway: GatewayProcess, ledger: Ledger, rate: float) -> None:
        self.gateway, self.ledger, self.rate = gateway, ledger, rate
        self.refused: Counter[str] = Counter()
        self.answered = 0
        self.people = 0
        self.seconds: list[float] = []
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        # Ids of another range for each run, so that two runs on one gateway do not meet.
        self._first = random.randrange(1, 400) * 1_000_000

    async def stop(self) -> None:
        """Nobody new comes; who has begun goes on to the third message."""
        self._stopping = True
        if self._task is not None:
            async with asyncio.timeout(60):
                await self._task

    def lap(self) -> list[float]:
        """The answers' seconds since the last call."""
        seconds, self.seconds = self.seconds, []
        return seconds

    @contextlib.asynccontextmanager
    async def pressing(self) -> AsyncIterator[Steady]:
        """Load while the block runs; at its end the last answers are waited for."""
        self._task = task = asyncio.create_task(self._run())
        try:
            yield self
            await self.stop()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        headers = telegram_proof(self.gateway)
        began = time.monotonic()
        connector = aiohttp.TCPConnector(limit=200)
        async with (
            aiohttp.ClientSession(headers=headers, connector=connector) as session,
            asyncio.TaskGroup() as tasks,
        ):
            while not self._stopping:
                self.people += 1
                tasks.create_task(self._person(session, self.people))
                await asyncio.sleep(max(0.0, began + self.people * self.STEPS / self.rate - time.monotonic()))

    async def _person(self, session: aiohttp.ClientSession, person: int) -> None:
        for step in range(self.STEPS):
            if step:  # so that most of them are events of their own
                await asyncio.sleep(random.uniform(0.5, 2.5))
            started = time.monotonic()
            try:
                async with session.post(
                    self.gateway.url + "/hooks/telegram-dki", json=self._update(person, step)
                ) as answer:
                    status = str(answer.status)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                status = type(error).__name__
            self.seconds.append(time.monotonic() - started)
            if status == "200":
                self.answered += 1
                self.ledger.taken[self.ledger.mark("t", person)] = step
            else:
                self.refused[status] += 1

    def _update(self, person: int, step: int) -> dict[str, Any]:
        number = self._first + person
        sender = {"id": number, "is_bot": False, "first_name": "Siti"}
        body: dict[str, Any] = {"message_id": 1, "from": sender, "date": 1795400000}
        body |= {"chat": {"id": number, "type": "private"}}
        body["text"] = f"{TEXT} {self.ledger.mark('t', person)}_{'abc'[step]}"
        if step == 0:
            return {"update_id": number * 10, "message": body}
        return {"update_id": number * 10 + step, "edited_message": {**body, "edit_date": 1795400000 + step}}


def telegram_proof(gateway: GatewayProcess) -> dict[str, str]:
    """The header by which the gateway knows that it is Telegram that calls."""
    config = gateway.config
    return {
        "X-Telegram-Bot-Api-Secret-Token": config.resolve(config.account("telegram-dki").settings["secret"])
    }


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value below which that share of them lies, in milliseconds."""
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1) if ordered else 0.0
