"""Dialogues in which a complaint is told: what is asked, what is not, in danger, in secret, in few words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.dialogue_scripts import KENARI, NO_PLACE, WHOLE
from tests.dialogue_world import DialogueWorld, ShortMessages, dialogue_world, said


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DialogueWorld]:
    async with dialogue_world(tmp_path) as made:
        yield made


async def test_a_whole_complaint_is_filed_at_once(world: DialogueWorld) -> None:
    told = await world.write(WHOLE)
    assert "Nomor tiket" in said(told)
    assert await world.story() == [("created", WHOLE)]


async def test_the_place_is_asked_for_and_the_answer_files_it(world: DialogueWorld) -> None:
    told = await world.write(NO_PLACE)
    assert "Di mana" in said(told)
    assert await world.story() == []
    told = await world.write("Kelurahan Kenari, Senen")
    assert "Ada fotonya?" in said(told)
    told = await world.tap("Lewati")
    assert "Nomor tiket" in said(told)
    ((event, text),) = await world.story()
    assert (event, text) == ("created", f"{NO_PLACE}\nKelurahan Kenari, Senen")
    (created,) = await world.events()
    assert created.complaint.place.kelurahan is not None
    assert created.complaint.place.kelurahan.name == "Kenari"


async def test_a_sent_location_answers_where(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    await world.write(place=KENARI)
    await world.write("lewati")
    (created,) = await world.events()
    assert created.complaint.place.coordinates is not None


async def test_a_photo_answers_the_question_for_one(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    await world.write("Kelurahan Kenari")
    told = await world.write(photo=1)
    assert "Nomor tiket" in said(told)
    (created,) = await world.events()
    assert len(created.complaint.attachments) == 1


async def test_everything_in_one_breath_asks_nothing(world: DialogueWorld) -> None:
    await world.write("lampu jalan padam", wait=False)
    await world.write("gelap sekali kalau malam", wait=False)
    await world.write("di kelurahan kenari", wait=False)
    await world.write(photo=2, wait=False)
    told = await world.wait(6)
    assert "Nomor tiket" in said(told)
    assert "?" not in told[0].text.partition("Ada yang keliru")[0]
    (created,) = await world.events()
    assert created.complaint.text == "lampu jalan padam\ngelap sekali kalau malam\ndi kelurahan kenari"


async def test_silence_files_it_anyway(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    await world.wait(500)
    assert await world.story() == []
    told = await world.wait(150)
    assert "Nomor tiket" in said(told)
    assert await world.story() == [("created", NO_PLACE)]


async def test_at_most_three_questions(world: DialogueWorld) -> None:
    questions = 0
    await world.write("pungli")
    for _ in range(6):
        questions = sum("?" in one.text and "Nomor tiket" not in one.text for one in world.chat.told["siti"])
        if await world.story():
            break
        await world.write("lewati")
    assert questions <= 3
    assert len(await world.story()) == 1


async def test_impatient_sends_what_there_is(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    told = await world.write("kirim saja")
    assert "Nomor tiket" in said(told)
    assert await world.story() == [("created", NO_PLACE)]


async def test_batal_takes_it_back_and_nothing_reaches_the_crm(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    told = await world.write("batal")
    assert "tidak jadi" in said(told)
    await world.wait(1200)
    assert await world.story() == []
    await world.write(WHOLE)
    assert await world.story() == [("created", WHOLE)]


async def test_batal_with_nothing_open_explains(world: DialogueWorld) -> None:
    assert "TARIK" in said(await world.write("batal"))


@pytest.mark.parametrize(
    "greeting", ["/start", "Halo", "halo min", "Selamat pagi pak", "menu", "assalamualaikum"]
)
async def test_a_greeting_gets_the_menu(world: DialogueWorld, greeting: str) -> None:
    (told,) = await world.write(greeting)
    assert [choice.label for choice in told.choices][:2] == ["Lapor", "Cek status"]
    await world.wait(1200)
    assert await world.story() == []


async def test_the_menu_is_not_said_twice_in_a_row(world: DialogueWorld) -> None:
    assert len(await world.write("halo")) == 1
    assert await world.write("halo") == []


async def test_a_sticker_alone_gets_the_menu(world: DialogueWorld) -> None:
    assert "Kanal Aduan" in said(await world.write(""))


async def test_buttons_of_the_menu(world: DialogueWorld) -> None:
    await world.write("/start")
    assert "112" in said(await world.tap("Nomor darurat"))
    assert "STOP" in said(await world.tap("Bantuan"))
    assert "Apa yang terjadi" in said(await world.tap("Lapor"))
    await world.write(WHOLE)
    assert await world.story() == [("created", WHOLE)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Kebakaran di Kelurahan Kenari, api sudah besar tolong cepat!", "113"),
        ("tolong ada tawuran di Kelurahan Kenari sekarang bawa senjata tajam", "110"),
        ("ada kecelakaan di Kelurahan Kenari, orangnya pingsan tolong", "119"),
    ],
)
async def test_an_emergency_is_answered_and_published_at_once(
    world: DialogueWorld, text: str, number: str
) -> None:
    await world.write(text, wait=False)
    told = await world.wait(0.3)
    assert "112" in told[0].text
    assert number in told[0].text
    (created,) = await world.events()
    assert "emergency" in created.complaint.flags


async def test_an_emergency_without_a_place_is_not_held_up_by_questions(world: DialogueWorld) -> None:
    await world.write("KEBAKARAN!! tolong api besar", wait=False)
    await world.wait(0.3)
    assert len(await world.events()) == 1


async def test_the_operators_own_numbers_stand_beside_the_known_ones(world: DialogueWorld) -> None:
    told = said(await world.write("nomor darurat"))
    assert "112" in told
    assert "Pos contoh" not in told
    world.restart(numbers={"Pos contoh": "0000"})
    assert "Pos contoh: 0000." in said(await world.write("nomor darurat"))


async def test_secrecy_is_offered_and_kept(world: DialogueWorld) -> None:
    told = await world.write("Ada pungli oleh oknum di kantor Kelurahan Kenari saat urus KTP")
    assert "dirahasiakan" in said(told)
    told = await world.tap("Ya")
    if "Ada fotonya" in said(told):
        told = await world.tap("Lewati")
    assert "rahasiakan" in said(told)
    (created,) = await world.events()
    assert created.complaint.confidential


async def test_secrecy_declined(world: DialogueWorld) -> None:
    await world.write("Ada pungli oleh oknum di kantor Kelurahan Kenari saat urus KTP")
    await world.write("tidak")
    await world.write("lewati")
    (created,) = await world.events()
    assert not created.complaint.confidential


async def test_a_voice_message_alone_reaches_a_human(world: DialogueWorld) -> None:
    told = await world.write(voice=True)
    assert "Pesan suara" in said(told)
    await world.wait(700)
    (created,) = await world.events()
    assert len(created.complaint.attachments) == 1


async def test_english_is_spoken_to_in_english(world: DialogueWorld) -> None:
    told = await world.write("The street lamp has been broken for a week and it is very dark at night")
    assert "Where is it?" in said(told)
    told = await world.write("skip")
    assert "photo" in said(told)


async def test_by_sms_choices_are_numbers(tmp_path: Path) -> None:
    async with dialogue_world(tmp_path, ShortMessages) as world:
        (told,) = await world.write("halo")
        assert "1. Lapor" in told.text
        assert told.choices == ()
        assert "112" in said(await world.write("3"))
        told_of_place = await world.write(NO_PLACE)
        assert "1. Lewati" in said(told_of_place)
        told = (await world.write("1"))[0]
        assert "Tiket" in told.text
        assert "fotonya" not in said(world.chat.told["siti"])
