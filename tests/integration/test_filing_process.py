"""The process in which records are made: it says what a thread would, dies alone, and learns again what it knew."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from complaint_queue.journal import ComplaintFile
from complaint_queue.keys import Keyring
from intake.conversation.dialogue import Understood
from intake.filing.frames import Answer, File, Learn, Request, Setup
from intake.filing.process import FilingProcess, check_files
from intake.filing.work import Failed, NotUnderstood, Work
from intake.remembering import Remembering
from normalizer.duplicate_memory import DAYS, MOST
from normalizer.errors import Misconfigured, Unavailable
from normalizer.record import Message, Sender
from tests.gateway_process import CLERK, GatewayProcess
from tests.intake_world import FilingHere, IntakeWorld, intake_world

POTHOLE = "Jalan berlubang di Jl. Cendana Wangi 3 depan bengkel, Kelurahan Kalisari, sudah ada yang jatuh"
AGAIN = "lobang gede bgt jl cendana wangi 3 kalisari dpn bengkel, ojol td pagi nyungsep"
POISON = "racun"
IDENTITY = b"i" * 32


def setup(**changes: object) -> Setup:
    given: dict[str, object] = {
        "identity_key": IDENTITY,
        "crm_key": None,
        "public_url": "https://aduan.example.go.id",
        "adapters": {"said": "said"},
        "days": DAYS,
        "most": MOST,
    }
    return Setup(**(given | changes))  # type: ignore[arg-type]


class Deadly(FilingProcess):
    """It is killed whenever it gets the poison, or is taught while it is `unteachable`."""

    deaths = 0
    unteachable = False

    async def _exchange(self, request: Request) -> Answer:
        if isinstance(request, Learn) and self.unteachable:
            os.kill((await self._started()).pid, signal.SIGKILL)
            self.deaths += 1
        if isinstance(request, File) and any(
            POISON in m.message.text for f in request.files for m in f.messages
        ):
            os.kill((await self._started()).pid, signal.SIGKILL)
            self.deaths += 1
        return await super()._exchange(request)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path, Keyring([os.urandom(32)], IDENTITY)) as made:
        yield made


@pytest.fixture
async def process(world: IntakeWorld) -> AsyncIterator[Deadly]:
    """A process that files for `world`."""
    made = Deadly(setup(), Remembering(world.journal, world.clock.now, DAYS))
    world.settler.filing = made
    yield made
    await made.close()


def message(number: int, text: str) -> Message:
    return Message(external_id=f"m{number}", text=text, sender=Sender(reference=f"citizen-{number}"))


async def loaded(world: IntakeWorld) -> list[ComplaintFile]:
    world.clock.forward(60)
    files = [await world.journal.complaint(one) for one in await world.journal.due(world.clock.now())]
    return [file for file in files if file is not None]


async def test_it_makes_what_a_thread_makes(world: IntakeWorld, process: Deadly) -> None:
    for number, text in enumerate((POTHOLE, AGAIN, "Terima kasih, mantap!", "Jam buka RPTRA berapa ya?")):
        await world.say(message(number, text))
    due = await loaded(world)
    there = FilingHere(world.filer)
    here = [await there.file(file) for file in due]
    apart = await asyncio.gather(*map(process.file, due))
    assert len(here) == len(apart) == 4
    for one, other in zip(here, apart, strict=True):
        assert isinstance(one, Work) and isinstance(other, Work)
        assert one.record is not None and other.record is not None
        assert (one.state, one.record.public_text) == (other.state, other.record.public_text)
        assert one.record.possible_duplicates == other.record.possible_duplicates
        assert one.record.evidence == other.record.evidence
        assert [e.kind for e, _ in one.events] == [e.kind for e, _ in other.events]
        assert [ids for _, ids in one.events] == [ids for _, ids in other.events]


async def test_many_are_understood_together_each_for_itself(world: IntakeWorld, process: Deadly) -> None:
    texts = ("Terima kasih, mantap!", POTHOLE, "kebakaran di rumah sebelah, tolong!", "halo")
    for number, text in enumerate(texts * 5):
        await world.say(message(number, text))
    due = await loaded(world)
    here = [await FilingHere(world.filer).understand(file) for file in due]
    assert len({repr(u) for u in here}) == len(texts)
    assert await asyncio.gather(*map(process.understand, due)) == here


async def test_whoever_types_is_offered_the_same_among_others(world: IntakeWorld, process: Deadly) -> None:
    await world.say(message(1, POTHOLE))
    (due,) = await loaded(world)
    typed = ("lampu jalan mati", "got mampet bau", "xqz")
    *offered, filed = await asyncio.gather(*map(process.offer, typed), process.file(due))
    assert offered == [await FilingHere(world.filer).offer(text) for text in typed]
    assert offered[0][0] == "lampu_jalan"
    assert isinstance(filed, Work)


async def test_a_wrong_file_is_told_before_the_doors_open(tmp_path: Path) -> None:
    check_files(setup())
    wrong = tmp_path / "kinds.gz"
    wrong.write_bytes(b"no model")
    with pytest.raises(Misconfigured, match="kind_model"):
        check_files(setup(kind_model=str(wrong)))


async def test_a_process_that_dies_while_many_are_understood_is_asked_again(
    world: IntakeWorld, process: Deadly
) -> None:
    for number in range(5):
        await world.say(message(number, f"{POTHOLE} {number}"))
    due = await loaded(world)
    await process.ready()
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    understood = await asyncio.gather(*map(process.understand, due))
    assert [u.place for u in understood] == [True] * 5
    assert process.pid != pid


async def test_what_cannot_be_understood_is_said_to_its_asker_alone(
    world: IntakeWorld, process: Deadly
) -> None:
    await world.say(message(1, POTHOLE))
    await world.say(message(2, POTHOLE))
    one, other = await loaded(world)
    stranger = replace(one, account="gone")
    said = await asyncio.gather(
        process.understand(stranger), process.understand(other), return_exceptions=True
    )
    assert isinstance(said[0], NotUnderstood) and "gone" in str(said[0])
    assert isinstance(said[1], Understood) and said[1].place


async def test_it_knows_nothing_of_our_environment(process: Deadly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANAL_BROKER_URL", "amqp://kanal:rahasia@127.0.0.1/")
    await process.ready()
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert b"KANAL" not in environment and b"rahasia" not in environment
    assert IDENTITY not in environment and IDENTITY not in command


async def test_a_new_process_is_taught_what_the_old_one_knew(world: IntakeWorld, process: Deadly) -> None:
    first = await world.say(message(1, POTHOLE))
    await world.settle()
    await process.ready()
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    second = await world.say(message(2, AGAIN))
    for _ in range(2):  # the first time may be the one that notices its death
        await world.settle()
    assert process.pid != pid
    assert [one.ticket for one in (await world.record(second.ticket)).possible_duplicates] == [first.ticket]
    assert len(await world.events()) == 2


async def test_a_death_over_what_is_remembered_is_no_complaints_fault(
    world: IntakeWorld, process: Deadly
) -> None:
    await world.say(message(1, POTHOLE))
    await world.settle()
    await process.close()  # whatever is started from now on has to be taught
    process.unteachable = True
    await world.say(message(2, AGAIN))
    await world.settle()
    assert len(await world.events()) == 2
    assert process.deaths == 1
    assert await world.journal.quarantined() == ()


async def test_what_kills_it_is_held_for_a_person_and_the_others_are_filed(
    world: IntakeWorld, process: Deadly
) -> None:
    tickets = [
        (await world.say(message(n, POTHOLE if n != 3 else f"{POTHOLE} {POISON}"))).ticket for n in range(6)
    ]
    for _ in range(4):
        await world.settle()
    assert {e.complaint.ticket for e in await world.events()} == {*tickets} - {tickets[3]}
    (entry,) = await world.journal.quarantined()
    assert entry.stage == "settle"
    assert "FilingDied" in entry.reason
    # Once among the others, after which nobody knows over which of them, and three times alone.
    assert process.deaths == 4


async def test_an_answer_that_does_not_come_ends_it(world: IntakeWorld, process: Deadly) -> None:
    await world.say(message(1, POTHOLE))
    (due,) = await loaded(world)
    await process.ready()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    process._deadline = 0.5
    failed = await process.file(due)
    assert isinstance(failed, Failed) and (failed.kind, "TimeoutError" in failed.why) == ("FilingDied", True)
    assert process.pid is None
    process._deadline = 60.0
    assert isinstance(await process.file(due), Work)


async def test_who_gives_up_leaves_no_answer_for_the_next(world: IntakeWorld, process: Deadly) -> None:
    for number in range(8):
        await world.say(message(number, f"{POTHOLE} {number}"))
    due = await loaded(world)
    await process.ready()
    given_up = [asyncio.create_task(process.file(file)) for file in due[:5]]
    await asyncio.sleep(0.001)
    for task in given_up:
        task.cancel()
    works = await asyncio.gather(*map(process.file, due))
    assert [w.record.ticket for w in works if isinstance(w, Work) and w.record] == [f.ticket for f in due]


async def test_closed_in_the_middle_it_leaves_no_process_and_nobody_waiting(
    world: IntakeWorld, process: Deadly
) -> None:
    for number in range(20):
        await world.say(message(number, f"{POTHOLE} {number}"))
    asked = [asyncio.create_task(process.file(file)) for file in await loaded(world)]
    await process.ready()
    pid = process.pid
    await process.close()
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, Work | asyncio.CancelledError) for answer in answers)
    assert process.pid is None and pid is not None and not files(pid)


async def test_a_process_that_cannot_start_loses_and_holds_nothing(world: IntakeWorld) -> None:
    alarms: list[tuple[str, str | None]] = []
    filing = FilingProcess(
        setup(polygons="/nowhere/kelurahan.geojson"), alarm=lambda name, words: alarms.append((name, words))
    )
    with pytest.raises(Unavailable, match="did not start"):
        await filing.ready()
    world.settler.filing = filing
    await world.say(message(1, POTHOLE))
    (due,) = await loaded(world)
    await world.settler.settle(due.complaint_id)
    assert await world.journal.quarantined() == ()
    assert len(await world.journal.due(world.clock.now())) == 1
    assert len(alarms) == 2
    assert all(name == "filing" and words and "does not start" in words for name, words in alarms)


async def test_a_clerk_is_offered_categories_and_it_dies_with_its_gateway(tmp_path: Path) -> None:
    gateway = GatewayProcess(tmp_path, "amqp://127.0.0.1:1/")
    await gateway.add_clerk()
    await gateway.start()
    found: set[int] = set()
    try:
        assert (await offered(gateway, "lampu jalan mati di depan sekolah"))[0] == "lampu_jalan"
        assert gateway.process is not None
        async with asyncio.timeout(60):
            while not found:
                await asyncio.sleep(0.05)
                children = f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children"
                found = {int(child) for child in Path(children).read_text().split() if files(int(child))}
    finally:
        await gateway.kill()
    async with asyncio.timeout(60):
        while any(map(files, found)):
            await asyncio.sleep(0.05)


async def offered(gateway: GatewayProcess, text: str) -> list[str]:
    """What the desk of a gateway offers a clerk who types this, as soon as it offers anything."""
    hidden = re.compile(r'name="csrf" value="([^"]*)"')
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(gateway.url, cookie_jar=jar) as session, asyncio.timeout(60):

        async def csrf(path: str) -> str:
            async with session.get(path) as answer:
                (found, *_) = hidden.findall(await answer.text())
                return unescape(found)

        login, password = CLERK
        form = {"csrf": await csrf("/masuk"), "login": login, "password": password}
        async with session.post("/masuk", data=form, allow_redirects=False) as answer:
            assert answer.status == 303
        typed = {"csrf": await csrf("/loket"), "text": text}
        while True:
            async with session.post("/loket/usul", data=typed) as answer:
                codes: list[str] = (await answer.json())["codes"]
            if codes:
                return codes
            await asyncio.sleep(0.2)


def files(pid: int) -> bool:
    """Whether this is a filing process that lives."""
    try:
        return b"intake.filing.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False
