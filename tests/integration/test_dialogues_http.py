"""Every scripted dialogue, on every chat adapter, over its real HTTP surface; and all of it once more from the log.

One gateway, five providers' fakes, some 250 citizens who talk at the same time. What the bot says goes to the fakes,
which check it as the providers do; what is looked at is what they took.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.base import Letter, Outgoing
from adapters.shared.meta_fake import person_id
from adapters.sms.simulate import phone_of
from adapters.telegram.simulate import _person
from adapters.whatsapp.simulate import _number
from complaint_queue import wire
from intake.config import load
from intake.conversation.converse import BREATH
from intake.free_ports import free_ports
from intake.service import Service
from intake.simulate import load_simulator
from intake.statuses import StatusKeeper
from normalizer.record import RawEvent
from normalizer.stages import StatusUpdate
from tests.dialogue_scripts import SCRIPTS, TICKET, Line, Script
from tests.dialogue_world import DialogueWorld
from tests.intake_world import intake_world

pytestmark = pytest.mark.timeout(900)

#: Seconds that an answer may take; it takes two to three, because people write in several breaths.
PATIENCE = 120.0
SILENCE = timedelta(minutes=11)
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"

NUMBER = r"(?<!\d)\d{6}-\d{4,}-\d"

#: How an account's fake names the person whom it told something.
ADDRESS: dict[str, Callable[[str], str]] = {
    "telegram-dki": lambda name: str(_person(name)["id"]),
    "whatsapp-dki": _number,
    "facebook-dki": person_id,
    "instagram-dki": person_id,
    "sms-dki": lambda name: phone_of(name, "ID"),
}

CONFIG = """
[gateway]
data_dir = "{data}"
listen = "127.0.0.1:{http}"
restart_grace = 1.0

[broker]
crm_public_key = "{crm_key}"

[answers]
quiet_from = "00:00"
quiet_until = "00:00"

[[account]]
name = "telegram-dki"
adapter = "telegram"
[account.settings]
token = "file:{folder}/telegram-token"
secret = "auto:telegram"
set_webhook = false
username = "KanalAduanUjiBot"
api_base_url = "http://127.0.0.1:{telegram}"

[[account]]
name = "whatsapp-dki"
adapter = "whatsapp"
[account.settings]
app_secret = "auto:meta"
verify_token = "auto:meta-verify"
access_token = "auto:whatsapp-access"
phone_number_id = "200000000000001"
graph_base_url = "http://127.0.0.1:{whatsapp}"

[[account]]
name = "facebook-dki"
adapter = "facebook"
[account.settings]
app_secret = "auto:meta"
verify_token = "auto:meta-verify"
access_token = "auto:facebook-access"
page_id = "100000000000001"
graph_base_url = "http://127.0.0.1:{facebook}"

[[account]]
name = "instagram-dki"
adapter = "instagram"
[account.settings]
app_secret = "auto:meta"
verify_token = "auto:meta-verify"
access_token = "auto:instagram-access"
account_id = "17840000000000001"
graph_base_url = "http://127.0.0.1:{instagram}"

[[account]]
name = "sms-dki"
adapter = "sms"
[account.settings]
provider = "kannel"
options = {{ sendsms_url = "http://127.0.0.1:{sms}/cgi-bin/sendsms", username = "kanal" }}
secrets = {{ secret = "auto:kannel", password = "auto:kannel-send" }}
"""
PORTS = ("http", "telegram", "whatsapp", "facebook", "instagram", "sms")


class MovedClock:
    """The machine's time, moved forward by what the test skips."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved


class Stage:
    """Where the dialogues are played. Some things happen to everybody at once: then all wait for all."""

    def __init__(self, config_file: Path) -> None:
        self.config = load(config_file, {"KANAL_BROKER": "none"})
        self.clock = MovedClock()
        self.fakes: dict[str, Any] = {}
        self.numbers = itertools.count(1)
        self.statuses: list[tuple[datetime, StatusUpdate]] = []
        self._waiting: dict[str, list[asyncio.Event]] = {"restart": [], "silence": []}
        self._told: dict[str, dict[str, list[Outgoing]]] = {name: {} for name in ADDRESS}
        self._read: Counter[str] = Counter()

    async def open(self) -> None:
        await self._start()
        for name in ADDRESS:
            self.fakes[name] = load_simulator(self.config, name)
            await self.fakes[name].start()

    async def close(self) -> None:
        for fake in self.fakes.values():
            await fake.stop()
        await self.service.stop()

    async def _start(self) -> None:
        self.service = Service(self.config)
        self.service.clock = self.clock  # type: ignore[assignment]
        await self.service.start()
        inside = self.service
        self.keeper = StatusKeeper(inside.journal, inside._answerer(), inside.metrics, inside.replies.wake)

    def told(self, account: str, address: str) -> list[Outgoing]:
        """What the fake took for a person. Two hundred ask twenty times a second, so each word is sorted once."""
        by_person, heard = self._told[account], self.fakes[account].heard
        for one in heard[self._read[account] :]:
            by_person.setdefault(re.sub(r"\D", "", one.key), []).append(one)
        self._read[account] = len(heard)
        return by_person.get(address, [])

    async def play(self, persons: list[Person]) -> None:
        """All dialogues to their ends."""
        playing = {asyncio.create_task(person.play()) for person in persons}
        while playing:
            waiting = sum(map(len, self._waiting.values()))
            if waiting < len(playing):
                _, playing = await asyncio.wait(playing, timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
                continue
            what = "restart" if self._waiting["restart"] else "silence"
            if what == "restart":
                await self.service.stop()
                await self._start()
            else:
                self.clock.moved += SILENCE
                self.service.settler.wake()
            released, self._waiting[what] = self._waiting[what], []
            for event in released:
                event.set()

    async def all_wait(self, what: str) -> None:
        event = asyncio.Event()
        self._waiting[what].append(event)
        await event.wait()


class Person:
    """One citizen on one channel, with one dialogue; `wrong` is what was not as it should be."""

    def __init__(self, stage: Stage, account: str, script: Script, number: int) -> None:
        self.stage, self.account, self.script = stage, account, script
        self.name = f"Warga {number:03d}{'abc'[number % 3]}"
        self.address = re.sub(r"\D", "", ADDRESS[account](self.name))
        self.ticket = ""
        self.wrong: list[str] = []
        self.hesitated = False
        """Between two breaths so much time passed that the bot may have spoken, or not yet."""
        self._breath: datetime | None = None

    @property
    def breaths(self) -> bool:
        return any(line.what == "more" for line in self.script.lines)

    @property
    def heard(self) -> list[Outgoing]:
        return self._told(self.address)

    def _told(self, address: str) -> list[Outgoing]:
        return self.stage.told(self.account, address)

    async def play(self) -> None:
        try:
            for line in self.script.lines:
                await self._line(line)
        except (AssertionError, TimeoutError) as error:
            self.wrong.append(str(error))

    async def _line(self, line: Line) -> None:
        text, before = line.text.replace("{ticket}", self.ticket), len(self.heard)
        began = datetime.now(UTC)
        if line.what in ("restart", "silence"):
            # What the silence files is told before the next line looks: it counts from here.
            await self.stage.all_wait(line.what)
            return
        if line.what == "stranger":
            stranger = self.name + " Lain"
            address = re.sub(r"\D", "", ADDRESS[self.account](stranger))
            before = len(self._told(address))
            await self._send(Letter(number=next(self.stage.numbers), text=text, sender=stranger))
            await self._answer(line, before, lambda: self._told(address))
            return
        if line.what == "no_photo":
            if not any("fotonya" in o.text for o in self.heard[-1:]):
                await self._answer(
                    Line("say", expected=("fotonya|" + TICKET,)), before - 1, lambda: self.heard
                )
            if "fotonya" in self.heard[-1].text:
                before = len(self.heard)
                await self._tap("Lewati")
                await self._answer(Line("tap", expected=(TICKET,)), before, lambda: self.heard)
            return
        if line.what == "crm":
            update = StatusUpdate(
                status_id=f"{self.account}-{self.name}-{text}",
                ticket=self.ticket,
                stage=text,
                occurred_at=self.stage.clock.now(),
            )
            self.stage.statuses.append((update.occurred_at, update))
            assert await self.stage.keeper.keep(update), "the status was not taken"
        elif line.what == "tap":
            await self._tap(text)
        elif text or line.photos or line.place:
            latitude, longitude = line.place or (None, None)
            await self._send(
                Letter(
                    number=next(self.stage.numbers),
                    text=text,
                    sender=self.name,
                    photos=tuple(PHOTO + bytes([n]) for n in range(line.photos)),
                    latitude=latitude,
                    longitude=longitude,
                )
            )
        else:
            before = 0  # silence: whatever was told until now
        if line.what == "more":
            self._breath = began
        await self._answer(line, before, lambda: self.heard)

    async def _send(self, letter: Letter) -> None:
        await self.stage.fakes[self.account].send(letter)
        if self._breath is not None and datetime.now(UTC) - self._breath >= BREATH:
            self.hesitated = True
        self._breath = None

    async def _tap(self, label: str) -> None:
        """Tap the button, where there is one; else send the number that stands before the words."""
        last = self.heard[-1]
        number = next(self.stage.numbers)
        for choice in last.choices:
            if choice.label == label:
                await self._send(Letter(number=number, text=label, sender=self.name, tap=choice.name))
                return
        numbered = re.search(rf"^(\d+)\. {re.escape(label)}$", last.text, re.MULTILINE)
        rating = re.match(r"(\d) – ", label)
        found = numbered or rating
        assert found, f"no choice {label!r} in {last.text!r}"
        await self._send(Letter(number=number, text=found[1], sender=self.name))

    async def _answer(self, line: Line, before: int, told: Callable[[], list[Outgoing]]) -> None:
        """Wait until everything expected was told."""
        if not line.expected:
            if line.what == "say":
                # Something is answered, whatever it is.
                line = Line("say", line.text, ("",))
            else:
                return
        missing: list[str] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    new = told()[before:]
                    text = "\n".join(o.text + "\n" + "\n".join(c.label for c in o.choices) for o in new)
                    missing = [e for e in line.expected if not re.search(e, text, re.IGNORECASE)]
                    if new and not missing:
                        break
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"after {line.text!r}: no {missing} in {text!r}") from None
        for ticket in re.findall(NUMBER, text):
            if line.what != "stranger":
                self.ticket = ticket


@asynccontextmanager
async def stage_of(folder: Path) -> AsyncIterator[Stage]:
    from complaint_queue import seal

    (folder / "telegram-token").write_text("2611:TEST-not-a-real-token-0002")
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    file = folder / "kanal.toml"
    file.write_text(
        CONFIG.format(data=folder / "data", folder=folder, crm_key=seal.generate()[1], **ports),
        encoding="utf-8",
    )
    stage = Stage(file)
    await stage.open()
    try:
        yield stage
    finally:
        await stage.close()


async def stories(journal: Any) -> dict[tuple[str, str], list[Any]]:
    """The events of each person, by account and address, in order."""
    found: dict[tuple[str, str], list[Any]] = {}
    people: dict[str, tuple[str, str]] = {}
    for event in [wire.decode_body(one.body) for one in await journal.unpublished(100_000)]:
        ticket = event.complaint.ticket
        if ticket not in people:
            file = await journal.complaint_by_ticket(ticket)
            reference = file.messages[0].message.sender.reference
            people[ticket] = (file.account, re.sub(r"\D", "", reference))
        found.setdefault(people[ticket], []).append(event)
    return found


def told(event: Any) -> tuple[str, str]:
    """An event in short. What a command said is no part of the case."""
    if event.added is None:
        return event.event, event.complaint.text
    return event.event, "" if event.event in ("rated", "withdrawn") else event.added.text


def judge(person: Person, events: list[Any]) -> list[str]:
    """What is wrong with how this dialogue ended."""
    script, wrong = person.script, list(person.wrong)
    want = [(event, text.replace("{ticket}", person.ticket)) for event, text in script.story]
    got = [told(event) for event in events]
    if Counter(got) != Counter(want):
        wrong.append(f"the CRM got {got}, not {want}")
    if script.told and len(person.heard) != script.told:
        wrong.append(f"told {[o.text for o in person.heard]}")
    if events and events[0].complaint.confidential != script.confidential:
        wrong.append("its secrecy is wrong")
    if events and not set(script.flags) <= set(events[0].complaint.flags):
        wrong.append(f"flags {events[0].complaint.flags}")
    return wrong


async def test_every_dialogue_on_every_chat_adapter(tmp_path: Path) -> None:
    async with stage_of(tmp_path) as stage:
        cast = [(a, s) for a in ADDRESS for s in SCRIPTS if not (s.rich and a == "sms-dki")]
        persons = [Person(stage, account, script, n) for n, (account, script) in enumerate(cast)]
        assert len({(p.account, p.address) for p in persons}) == len(persons)
        assert min(Counter(p.account for p in persons).values()) >= 40
        await stage.play(persons)
        found = await stories(stage.service.journal)
        wrong = {
            f"{p.account}: {p.script.name}": problems
            for p in persons
            if (problems := judge(p, found.get((p.account, p.address), [])))
        }
        assert not wrong, "\n".join(f"{name}: {'; '.join(problems)}" for name, problems in wrong.items())
        log = await recorded(stage)
        heard = {(p.account, p.address): [o.text for o in p.heard] for p in persons}
        again = await replayed(tmp_path / "again", log, stage.service.adapters, heard)
    for person in persons:
        key = (person.account, person.address)
        stories_then = [shown(text) for _, text in map(told, found.get(key, []))]
        assert [shown(text) for _, text in again.stories.get(key, [])] == stories_then, person.script.name
        assert [event for event, _ in again.stories.get(key, [])] == [e.event for e in found.get(key, [])]
        if not person.hesitated:
            assert list(map(shown, again.heard.get(key, []))) == list(map(shown, heard[key])), (
                person.script.name
            )
    assert not all(person.hesitated for person in persons if person.breaths), (
        "the machine is too slow to tell"
    )


def shown(text: str) -> str:
    """What was said, without the secret of its link and the number of the day."""
    return re.sub(r"https?://\S+|" + NUMBER, "", text)


async def recorded(stage: Stage) -> list[tuple[datetime, RawEvent | StatusUpdate]]:
    """Everything that came from outside, in order: the log of raw events, and the CRM's words."""
    journal = stage.service.journal
    with sqlite3.connect(f"file:{journal.path}?mode=ro", uri=True) as db:
        numbers = [row[0] for row in db.execute("SELECT raw_id FROM raws ORDER BY raw_id")]
    raws = [await journal.raw(number) for number in numbers]
    events: list[tuple[datetime, RawEvent | StatusUpdate]] = [(raw.received_at, raw) for raw in raws]
    return sorted([*events, *stage.statuses], key=lambda one: one[0])


@dataclass
class Replayed:
    """What came of a log: the events and the answers of each person."""

    stories: dict[tuple[str, str], list[tuple[str, str]]]
    heard: dict[tuple[str, str], list[str]]


async def replayed(
    folder: Path,
    log: Sequence[tuple[datetime, RawEvent | StatusUpdate]],
    adapters: Mapping[str, Any],
    then: Mapping[tuple[str, str], Sequence[str]],
) -> Replayed:
    """The log once more, in an empty gateway without doors whose clock stands where the log says.

    Its tickets have other numbers: what names the n-th ticket that a person was told `then` names the n-th of now.
    """
    folder.mkdir()
    heard: dict[tuple[str, str], list[str]] = {key: [] for key in then}
    owner = {ticket: key for key, texts in then.items() for ticket in _tickets(texts)}

    def now(ticket: str) -> str:
        if ticket not in owner:
            return ticket  # a provider's id that looks like one
        key = owner[ticket]
        return _tickets(heard[key])[_tickets(then[key]).index(ticket)]

    def renumbered(words: str) -> str:
        return re.sub(NUMBER, lambda match: now(match[0]), words)

    async with intake_world(folder) as inside:
        world = DialogueWorld(inside, folder)
        for name, adapter in adapters.items():
            inside.adapters[name] = _muted(adapter, heard)
        world.restart()
        for at, one in log:
            while (due := await inside.journal.next_due()) is not None and due <= at:
                inside.clock.at = max(due, inside.clock.at)
                await world.wait(0)
            inside.clock.at = at
            if isinstance(one, StatusUpdate):
                assert await world.keeper.keep(replace(one, ticket=now(one.ticket)))
            else:
                body = renumbered(one.body.decode()).encode()
                await inside.receive(one.account, replace(one, body=body, url=renumbered(one.url)))
            await world.wait(0)
        await world.wait(1200)
        found = await stories(inside.journal)
        return Replayed({key: list(map(told, events)) for key, events in found.items()}, heard)


def _tickets(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(re.findall(NUMBER, "\n".join(texts))))


def _muted(adapter: Any, heard: dict[tuple[str, str], list[str]]) -> Any:
    """The adapter with everything it reads by, and a reply that is only noted."""
    numbers = itertools.count(1)

    async def reply(reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        people = [(adapter.account.name, re.sub(r"\D", "", value)) for value in reply_to.values()]
        for key in people:
            if key in heard:
                heard[key].append(outgoing.text)
        return f"again-{next(numbers)}"

    muted = copy.copy(adapter)
    muted.reply = reply
    return muted
