"""What citizens are told of their complaints, whom it reaches, and when nothing is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Account, Outgoing, Ports, Receipt
from complaint_queue.way_out import ReplyEntry
from intake import replies
from intake.answering import Answerer
from intake.banner import Banner, clear_banner, read_banner, write_banner
from intake.conversation.answers import QuietHours
from intake.conversation.texts import table
from intake.replies import ReplyWorker
from intake.statuses import StatusKeeper
from normalizer.errors import OutcomeUnknown, ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.identity import JAKARTA
from normalizer.record import Message, RawEvent, Sender
from normalizer.stages import StatusUpdate, rank, stage_of
from tests.intake_world import START, IntakeWorld, Said, intake_world

SITI = Sender(reference="1001", name="Siti Contoh")
BUDI = Sender(reference="1002", name="Budi Contoh")
POTHOLE = "Jalan berlubang besar di Kelurahan Kenari sudah dua minggu rusak, mohon segera diperbaiki."
TO = {"chat": "7"}


class Speaking(Said):
    """An account that can answer; `fail` are the errors of the next attempts, None for one that succeeds."""

    buttons = 5

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.told: list[Outgoing] = []
        self.fail: list[Exception | None] = []

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        error = self.fail.pop(0) if self.fail else None
        if error is not None:
            raise error
        self.told.append(outgoing)
        return f"m-{len(self.told)}"


class World:
    """The way in with an account that answers, and the way out."""

    def __init__(self, inside: IntakeWorld, folder: Path) -> None:
        self.inside = inside
        ports = Ports(inbox=None, clock=inside.clock, new_spool=None)  # type: ignore[arg-type]
        self.account = Speaking(Account(name="said", adapter="said", channel="twitter"), None, ports)
        inside.adapters["said"] = self.account
        self.folder = folder
        self.answerer = Answerer(
            journal=inside.journal,
            secrets=inside.settler.secrets,
            adapters=inside.adapters,
            public_url="https://aduan.example.go.id",
            clock=inside.clock.now,
            folder=folder,
            quiet=QuietHours(time(21), time(6)),
        )
        inside.settler.acknowledge = self.answerer.acknowledge
        self.worker = ReplyWorker(inside.journal, inside.adapters, inside.clock.now, inside.metrics)
        self.keeper = StatusKeeper(inside.journal, self.answerer, inside.metrics, self.worker.wake)
        self.statuses = 0

    async def complain(self, text: str = POTHOLE, number: str = "1", **more: Any) -> str:
        message = Message(external_id=number, text=text, **({"sender": SITI, "reply_to": TO} | more))
        fate = await self.inside.say(message)
        await self.inside.settle()
        return fate.ticket

    async def status(self, ticket: str, stage: str, *, name: str = "", **more: Any) -> bool:
        self.statuses += 1
        given = {"occurred_at": self.inside.clock.now()} | more
        update = StatusUpdate(status_id=name or f"s-{self.statuses}", ticket=ticket, stage=stage, **given)
        return await self.keeper.keep(update)

    async def say(self) -> list[Outgoing]:
        """Everything that is due leaves; what was told by it."""
        before = len(self.account.told)
        while await self.worker.turn():
            await self.worker.idle()
        return self.account.told[before:]

    async def entries(self, ticket: str) -> tuple[ReplyEntry, ...]:
        file = await self.inside.journal.complaint_by_ticket(ticket)
        assert file is not None
        return await self.inside.journal.replies_of(file.complaint_id)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with intake_world(tmp_path) as inside:
        yield World(inside, tmp_path)


async def test_a_filed_complaint_is_acknowledged_with_what_was_understood(world: World) -> None:
    ticket = await world.complain()
    (told,) = await world.say()
    assert ticket in told.text
    assert "Kenari" in told.text
    assert "https://aduan.example.go.id/lacak/" in told.text
    assert told.private
    assert await world.say() == []


async def test_english_is_answered_in_english(world: World) -> None:
    await world.complain(
        "There is a large pothole on the road near Kenari, please repair it soon, thank you."
    )
    (told,) = await world.say()
    assert "Ticket number" in told.text


async def test_javanese_is_answered_in_indonesian(world: World) -> None:
    await world.complain("Dalane rusak kabeh, lampune yo mati, kapan didandani to pak, wis suwe ora diurus.")
    (told,) = await world.say()
    assert "Nomor tiket" in told.text


async def test_in_public_one_short_sentence_without_anything_personal(world: World) -> None:
    ticket = await world.complain(public=True)
    public, private = await world.say()
    assert not public.private
    assert ticket in public.text
    assert "/lacak/" not in public.text
    assert "Kenari" not in public.text
    assert private.private
    assert "/lacak/" in private.text


async def test_nothing_is_said_in_public_of_a_confidential_complaint(world: World) -> None:
    ticket = await world.complain(public=True, confidential=True)
    assert [one.private for one in await world.say()] == [True]
    await world.status(ticket, "Selesai")
    assert [one.private for one in await world.say()] == [True]


async def test_the_banner_of_the_day_stands_in_acknowledgements(world: World) -> None:
    (world.folder / "banner.txt").write_text("Banjir: petugas sudah dikerahkan.\n")
    await world.complain(public=True)
    assert all("petugas sudah dikerahkan" in one.text for one in await world.say())


async def test_who_writes_english_reads_the_banner_in_english(world: World) -> None:
    write_banner(world.folder, Banner("Banjir: petugas sudah dikerahkan.", "Flood: crews are on their way."))
    await world.complain("The street light in front of the mosque has been broken for two weeks", "7")
    (said,) = await world.say()
    assert "crews are on their way" in said.text
    assert "dikerahkan" not in said.text
    clear_banner(world.folder)
    assert read_banner(world.folder) == Banner()


async def test_public_talk_that_waits_for_a_person_is_not_answered(world: World) -> None:
    await world.complain("Selamat pagi Jakarta, semoga hari ini menyenangkan", "2", public=True)
    assert await world.say() == []


async def test_nobody_is_answered_without_a_way_back(world: World) -> None:
    await world.complain(reply_to={})
    assert await world.say() == []


async def test_the_same_words_within_the_hour_are_acknowledged_once(world: World) -> None:
    for number in range(4):
        await world.complain(f"  {POTHOLE.upper() if number % 2 else POTHOLE}", str(number))
    assert len(await world.say()) == 1
    world.inside.clock.forward(3700)
    await world.complain(number="9")
    assert len(await world.say()) == 1


async def test_a_program_that_writes_all_day_hears_of_its_first_ones_alone(world: World) -> None:
    for number in range(12):
        await world.complain(f"Lampu jalan nomor {number} di Kelurahan Kenari padam.", str(number))
    assert len(await world.say()) == 5
    await world.complain("Lampu jalan di Kelurahan Kenari padam.", "b", sender=BUDI)
    assert len(await world.say()) == 1, "another person is answered"


async def test_a_status_is_told_once_and_shown(world: World) -> None:
    ticket = await world.complain()
    await world.say()
    assert await world.status(ticket, "Koordinasi", name="a", agency="Dinas Contoh", crm_number="CRM-7")
    assert await world.status(ticket, "Koordinasi", name="a", agency="Dinas Contoh", crm_number="CRM-7")
    (told,) = await world.say()
    assert "Tahap sekarang: Koordinasi" in told.text
    assert "Dinas Contoh" in told.text
    assert "CRM-7" in told.text
    file = await world.inside.journal.complaint_by_ticket(ticket)
    assert file is not None
    progress = await world.inside.journal.progress(file.complaint_id)
    assert (progress.stage, progress.crm_number, len(progress.steps)) == ("Koordinasi", "CRM-7", 1)


async def test_a_late_lower_stage_moves_nothing_and_says_nothing(world: World) -> None:
    ticket = await world.complain()
    await world.say()
    await world.status(ticket, "Disposisi")
    await world.say()
    assert await world.status(ticket, "Menunggu", occurred_at=START - timedelta(days=1))
    assert await world.say() == []
    file = await world.inside.journal.complaint_by_ticket(ticket)
    assert file is not None
    assert (await world.inside.journal.progress(file.complaint_id)).stage == "Disposisi"


async def test_a_word_of_the_crm_that_is_no_stage_is_passed_on_and_moves_nothing(world: World) -> None:
    ticket = await world.complain()
    await world.status(ticket, "Disposisi")
    await world.say()
    await world.status(ticket, "Menunggu anggaran tahun depan")
    (told,) = await world.say()
    assert "Menunggu anggaran tahun depan" in told.text
    file = await world.inside.journal.complaint_by_ticket(ticket)
    assert file is not None
    assert (await world.inside.journal.progress(file.complaint_id)).stage == "Disposisi"


async def test_the_rating_is_asked_for_once(world: World) -> None:
    ticket = await world.complain()
    await world.say()
    await world.status(ticket, "Selesai")
    told = await world.say()
    assert [len(one.choices) for one in told] == [0, 5]
    world.inside.clock.forward(60)
    await world.status(ticket, "Disposisi")
    world.inside.clock.forward(60)
    await world.status(ticket, "Selesai", note="Sudah diperbaiki lagi.")
    assert [len(one.choices) for one in await world.say()] == [0, 0]


async def test_an_unknown_ticket_is_none_of_ours(world: World) -> None:
    assert not await world.status("261123-0042-7", "Selesai")
    assert not await world.status("bukan tiket", "Selesai")


async def test_at_night_a_status_waits_and_an_acknowledgement_does_not(world: World) -> None:
    world.inside.clock.at = datetime(2026, 11, 23, 23, 30, tzinfo=JAKARTA).astimezone(UTC)
    ticket = await world.complain()
    assert len(await world.say()) == 1
    await world.status(ticket, "Koordinasi")
    assert await world.say() == []
    world.inside.clock.at = datetime(2026, 11, 24, 6, 0, tzinfo=JAKARTA).astimezone(UTC)
    assert len(await world.say()) == 1


async def test_what_the_provider_cannot_take_now_is_said_later_and_in_order(world: World) -> None:
    ticket = await world.complain()
    world.account.fail = [ProviderUnavailable("down"), ProviderUnavailable("down", retry_after=120.0)]
    assert await world.say() == []
    await world.status(ticket, "Koordinasi")
    world.inside.clock.forward(10)
    assert await world.say() == []
    world.inside.clock.forward(60)
    assert await world.say() == [], "the provider asked for two minutes"
    world.inside.clock.forward(61)
    told = await world.say()
    assert ["Nomor tiket" in told[0].text, "Koordinasi" in told[1].text] == [True, True]
    assert [entry.tries for entry in await world.entries(ticket)] == [3, 1]


async def test_a_refusal_ends_it_and_the_next_is_said(world: World) -> None:
    ticket = await world.complain()
    world.account.fail = [ProviderRefused("the bot was blocked")]
    assert await world.say() == []
    (entry,) = await world.entries(ticket)
    assert (entry.state, entry.said.trouble) == ("refused", "the bot was blocked")
    await world.status(ticket, "Koordinasi")
    assert len(await world.say()) == 1


@pytest.mark.parametrize("error", [OutcomeUnknown("no answer"), RuntimeError("broken adapter")])
async def test_an_unknown_outcome_is_repeated_once_and_counted(world: World, error: Exception) -> None:
    ticket = await world.complain()
    world.account.fail = [error, None]
    assert await world.say() == []
    world.inside.clock.forward(10)
    assert len(await world.say()) == 1
    (entry,) = await world.entries(ticket)
    assert (entry.state, entry.unsure) == ("sent", 1)
    await world.status(ticket, "Koordinasi")
    world.account.fail = [error, error]
    for _ in range(4):
        await world.say()
        world.inside.clock.forward(600)
    assert [entry.state for entry in await world.entries(ticket)] == ["sent", "unknown"]


class Hanging(Speaking):
    """A provider that takes every request and never answers."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked = 0

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        self.asked += 1
        await asyncio.Event().wait()
        raise AssertionError


async def complaints_of(world: World, people: int, account: str = "said") -> None:
    for number in range(people):
        who = Sender(reference=f"{account}-{number}")
        message = Message(
            external_id=f"{account}-{number}", text=POTHOLE, sender=who, reply_to={"chat": str(number)}
        )
        await world.inside.say(message, account=account)
    await world.inside.settle()


async def test_a_provider_that_is_down_is_not_asked_for_each_who_waits(world: World) -> None:
    await complaints_of(world, 60)
    world.account.fail = [ProviderUnavailable("down")] * 1000
    for _ in range(60):
        await world.say()
        world.inside.clock.forward(5)
    asked = 1000 - len(world.account.fail)
    assert replies.OF_ONE <= asked <= replies.OF_ONE + 14, (
        "five minutes: one wave, then one alone after each rest"
    )
    world.account.fail = []
    world.inside.clock.forward(60)
    assert len(await world.say()) >= 60 - replies.OF_ONE
    world.inside.clock.forward(900)
    await world.say()
    assert len(world.account.told) == 60, "as soon as one was told, all are"


async def test_a_provider_that_never_answers_holds_up_nobody_else(world: World) -> None:
    hanging = Hanging(Account(name="stumm", adapter="said", channel="twitter"), None, world.account.ports)
    world.inside.adapters["stumm"] = hanging
    await complaints_of(world, 40, "stumm")
    await complaints_of(world, 1)
    running = asyncio.create_task(world.worker.run())
    try:
        async with asyncio.timeout(10):
            while not world.account.told:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert hanging.asked == replies.OF_ONE


class Failing(Speaking):
    """A provider that is away until it is back; of what it is asked meanwhile it takes some without saying so."""

    away = False

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        if self.away:
            if int(outgoing.key) % 3 == 0:
                await super().reply(reply_to, outgoing)
                raise OutcomeUnknown("the connection broke after the request")
            raise ProviderUnavailable("connection refused")
        return await super().reply(reply_to, outgoing)


async def test_a_provider_that_is_down_for_two_minutes(world: World) -> None:
    """None lost; none repeated but those whose outcome nobody knew, and those are counted."""
    failing = world.inside.adapters["said"] = Failing(world.account.account, None, world.account.ports)
    tickets = []
    for number in range(30):
        who = {"sender": Sender(reference=f"p-{number}"), "reply_to": {"chat": str(number)}}
        tickets.append(
            await world.complain(f"Jalan berlubang nomor {number} di Kelurahan Kenari.", str(number), **who)
        )
    await world.say()
    while await world.worker.turn():
        await world.worker.idle()
    failing.told.clear()

    failing.away = True
    for second, ticket in enumerate(tickets):
        await world.status(ticket, "Koordinasi", note=f"kabar{second:02d}z")
        world.inside.clock.forward(4)
        await world.worker.turn()
        await world.worker.idle()
    failing.away = False
    for _ in range(40):
        world.inside.clock.forward(60)
        while await world.worker.turn():
            await world.worker.idle()

    heard = [sum(f"kabar{second:02d}z" in one.text for one in failing.told) for second in range(30)]
    unsure = [sum(entry.unsure for entry in await world.entries(ticket)) for ticket in tickets]
    states = {entry.state for ticket in tickets for entry in await world.entries(ticket)}
    assert min(heard) == 1, "none is lost"
    assert max(heard) <= 2
    assert all(count == 1 for count, doubt in zip(heard, unsure, strict=True) if not doubt), (
        "no needless repetition"
    )
    assert states <= {"sent", "unknown"}
    assert sum(unsure) >= 1, "some outcomes were unknown, and are counted"


class KeepsStatus(Speaking):
    """A provider with a status of its own for each report."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.pushed: list[tuple[str, str]] = []

    async def push_status(self, reply_to: Mapping[str, str], stage: str, text: str, key: str) -> str:
        self.pushed.append((stage, text))
        return f"p-{key}"


async def test_a_provider_with_a_status_of_its_own_gets_it(world: World) -> None:
    account = world.account
    keeps = world.inside.adapters["said"] = KeepsStatus(account.account, None, account.ports)
    ticket = await world.complain()
    while await world.worker.turn():
        await world.worker.idle()
    await world.status(ticket, "Selesai", note="Sudah diperbaiki.")
    while await world.worker.turn():
        await world.worker.idle()
    ((stage, text),) = keeps.pushed
    assert stage == "Selesai"
    assert "Sudah diperbaiki." in text
    assert len(keeps.told) == 1, "the acknowledgement alone: nobody there can tap a rating"


async def test_an_outcome_that_cannot_be_noted_is_noted_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "FIRST_NOTE", 0.01)
    ticket = await world.complain()
    journal, tries = world.inside.journal, 0
    whole = journal.reply_sent

    async def full(*given: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Unavailable("the disk is full")
        await whole(*given)

    monkeypatch.setattr(journal, "reply_sent", full)
    assert len(await world.say()) == 1
    assert [entry.state for entry in await world.entries(ticket)] == ["sent"]
    assert tries == 3


async def test_a_receipt_of_the_provider_is_seen_on_the_answer(world: World) -> None:
    ticket = await world.complain()
    await world.say()
    raw = RawEvent(account="said", received_at=world.inside.clock.now(), body=b"receipt")
    items = [Receipt(external_id="m-1", state="delivered")]
    await world.inside.receiver.admit(world.account, raw, items)
    assert [entry.delivery for entry in await world.entries(ticket)] == ["delivered"]


async def test_a_status_of_a_stranger_who_quotes_the_ticket_never_reaches_him(world: World) -> None:
    ticket = await world.complain()
    await world.say()
    quoting = {"follows": ("1",), "sender": BUDI, "reply_to": {"chat": "8"}}
    await world.complain(f"Bagaimana laporan {ticket}?", "2", **quoting)
    await world.say()
    await world.status(ticket, "Koordinasi")
    await world.say()
    file = await world.inside.journal.complaint_by_ticket(ticket)
    assert file is not None
    told = [e.said.reply_to for e in await world.inside.journal.replies_of(file.complaint_id)]
    assert told == [TO, TO]


def test_quiet_hours_over_midnight_and_within_a_day() -> None:
    def over(hours: QuietHours, hour: int) -> datetime | None:
        return hours.over(datetime(2026, 11, 23, hour, tzinfo=JAKARTA))

    night = QuietHours(time(21), time(6))
    assert over(night, 12) is None
    assert over(night, 22) == datetime(2026, 11, 24, 6, tzinfo=JAKARTA)
    assert over(night, 3) == datetime(2026, 11, 23, 6, tzinfo=JAKARTA)
    noon = QuietHours(time(12), time(14))
    assert over(noon, 13) == datetime(2026, 11, 23, 14, tzinfo=JAKARTA)
    assert over(noon, 15) is None
    assert over(QuietHours(time(0), time(0)), 3) is None


def test_the_words_of_crm_and_lapor_for_a_stage() -> None:
    assert stage_of("MENUNGGU") == "Menunggu"
    assert stage_of("sedang_diproses") == "Disposisi"
    assert stage_of("entah") is None
    assert [rank(s) for s in ("", "Menunggu", "Selesai")] == [0, 1, 4]


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    def values(text: str) -> list[str]:
        return sorted(part.partition("}")[0] for part in text.split("{")[1:])

    indonesian, english = table("id"), table("en")
    assert {s: set(t) for s, t in indonesian.items()} == {s: set(t) for s, t in english.items()}
    for section, texts in indonesian.items():
        for key, text in texts.items():
            assert set(values(text)) == set(values(english[section][key])), f"{section}.{key}"
