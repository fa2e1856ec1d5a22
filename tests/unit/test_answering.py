"""What citizens are told of their complaints, whom it reaches, and when nothing is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from intake.banner import Banner, clear_banner, read_banner, write_banner
from intake.conversation.answers import QuietHours
from intake.conversation.texts import table
from normalizer.identity import JAKARTA
from normalizer.stages import rank, stage_of
from tests.answering_world import BUDI, POTHOLE, TO, World, answering_world
from tests.intake_world import START


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with answering_world(tmp_path) as made:
        yield made


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
