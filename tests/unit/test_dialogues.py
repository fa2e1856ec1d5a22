"""Scripted dialogues: straight, chaotic, impatient, in danger, secret, corrected, withdrawn, interleaved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from intake.conversation import converse
from normalizer.record import Group, Message, Sender
from tests.dialogue_world import DialogueWorld, ShortMessages, dialogue_world, said

WHOLE = "Jalan berlubang besar di Kelurahan Kenari, sudah dua minggu rusak."
NO_PLACE = "Lampu jalan padam sudah seminggu dan gelap sekali"
KENARI = (-6.1926, 106.8447)


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


async def test_the_status_of_ones_own_ticket(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    (created,) = await world.events()
    ticket = created.complaint.ticket
    assert "Menunggu" in said(await world.write("cek status"))
    await world.status(ticket, "Disposisi", agency="Dinas Contoh")
    told = said(await world.write(f"STATUS {ticket}"))
    assert "Disposisi" in told
    assert "Dinas Contoh" in told
    assert "Disposisi" in said(await world.write(ticket)), "a ticket alone asks for its status"


async def test_a_strangers_ticket_tells_and_changes_nothing(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    (created,) = await world.events()
    ticket = created.complaint.ticket
    mine = said(await world.write(f"status {ticket}", who="budi"))
    none = said(await world.write("status 261123-0042-7", who="budi"))
    assert mine == none
    for words in (f"tarik {ticket}", f"perbaiki {ticket}", f"nilai:{ticket}:1"):
        await world.write(words, who="budi")
    await world.write(who="budi", tap=f"nilai:{ticket}:1")
    await world.write(who="budi", tap=f"t:{ticket}")
    await world.wait(1200)
    events = [e for e in await world.events() if e.complaint.ticket == ticket]
    assert [e.event for e in events] == ["created"]


async def test_a_correction(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    assert "tulis yang benar" in said(await world.write("perbaiki"))
    told = await world.write("Bukan Kenari, tapi Kelurahan Paseban")
    assert "ralat" in said(told)
    assert (await world.story())[1] == ("corrected", "Bukan Kenari, tapi Kelurahan Paseban")


async def test_a_withdrawal_is_asked_back_and_done_once(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    assert "Yakin" in said(await world.write("tarik laporan"))
    assert "kami tarik" in said(await world.tap("Ya"))
    assert [event for event, _ in await world.story()] == ["created", "withdrawn"]
    assert "sudah Anda tarik" in said(await world.write("tarik laporan"))


async def test_a_withdrawal_declined(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    await world.write("tarik laporan")
    assert "tetap berjalan" in said(await world.write("tidak"))
    assert [event for event, _ in await world.story()] == ["created"]


async def test_which_of_two_is_asked(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    await world.write("Sampah menumpuk di Kelurahan Paseban sejak hari Senin kemarin, bau sekali.")
    tickets = [event.complaint.ticket for event in await world.events()]
    assert len(tickets) == 2
    (told,) = await world.write("tarik laporan")
    assert {choice.label for choice in told.choices} == set(tickets)
    await world.tap(tickets[0])
    await world.tap("Ya")
    withdrawn = [e.complaint.ticket for e in await world.events() if e.event == "withdrawn"]
    assert withdrawn == [tickets[0]]


async def test_a_rating_by_button_once(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    (created,) = await world.events()
    await world.status(created.complaint.ticket, "Selesai")
    assert "penilaian" in said(await world.tap("4 – baik"))
    assert "sudah Anda nilai" in said(await world.tap("1 – sangat buruk"))
    rated = [e for e in await world.events() if e.event == "rated"]
    assert [e.added.rating for e in rated if e.added] == [4]


async def test_a_rating_by_digit(world: DialogueWorld) -> None:
    await world.write("halo")
    await world.write(WHOLE)
    (created,) = await world.events()
    await world.wait(300)
    await world.status(created.complaint.ticket, "Selesai")
    assert "penilaian" in said(await world.write("5"))
    (rated,) = [e for e in await world.events() if e.event == "rated"]
    assert rated.added is not None
    assert rated.added.rating == 5


async def test_nothing_is_rated_before_it_is_done(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    (created,) = await world.events()
    told = await world.write(tap=f"nilai:{created.complaint.ticket}:5")
    assert "belum selesai" in said(told)
    assert len(await world.events()) == 1


async def test_a_photo_afterwards_belongs_to_the_complaint(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    told = await world.write(photo=1)
    assert "tambahkan" in said(told)
    assert [event for event, _ in await world.story()] == ["created", "information_added"]


async def test_a_short_remark_afterwards_is_asked_about_and_added(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    told = await world.write("yang dekat warung ya")
    assert "tambahan" in said(told)
    assert "tambahkan" in said(await world.tap("Tambahan"))
    assert await world.story() == [("created", WHOLE), ("information_added", "yang dekat warung ya")]


async def test_a_short_remark_may_be_a_new_complaint(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    await world.write("yang sebelah juga begitu")
    await world.tap("Laporan baru")
    await world.write("Kelurahan Paseban")
    await world.write("lewati")
    await world.wait(700)
    assert [event for event, _ in await world.story()] == ["created", "created"]


async def test_unanswered_it_is_filed_on_its_own(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    await world.write("yang dekat warung ya")
    await world.wait(700)
    assert [event for event, _ in await world.story()] == ["created", "created"]


async def test_another_whole_complaint_afterwards_is_a_new_one(world: DialogueWorld) -> None:
    other = "Sampah menumpuk di Kelurahan Paseban sejak hari Senin kemarin, bau sekali."
    await world.write(WHOLE)
    await world.write(other)
    assert await world.story() == [("created", WHOLE), ("created", other)]


async def test_a_reply_to_the_bots_acknowledgement_is_an_addition(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    acknowledgement = f"bot-{world.chat.sent}"
    await world.wait(90_000)
    await world.write("Sekarang lubangnya tambah besar dan sudah ada yang jatuh", follows=(acknowledgement,))
    assert [event for event, _ in await world.story()] == ["created", "information_added"]


async def test_a_stranger_who_replies_to_our_words_opens_his_own(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    await world.write(
        "Di tempat saya juga, Kelurahan Paseban, jalannya rusak",
        who="budi",
        follows=(f"bot-{world.chat.sent}",),
    )
    events = await world.events()
    assert [e.event for e in events] == ["created", "created"]
    assert "third_party" in events[1].complaint.flags


async def test_a_ticket_in_the_words_is_an_addition(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    (created,) = await world.events()
    await world.wait(90_000)
    words = f"Laporan {created.complaint.ticket} belum juga ditangani, lubangnya makin dalam"
    assert "tambahkan" in said(await world.write(words))
    assert (await world.story())[1] == ("information_added", words)


async def mail(world: DialogueWorld, text: str, who: str, number: str, subject: str = "") -> str:
    """One mail: nobody chats there."""
    sender = Sender(reference=who)
    message = Message(external_id=number, text=text, subject=subject, sender=sender, reply_to={"chat": who})
    fate = await world.inside.say(message, account="said")
    await world.wait()
    return fate.ticket


async def test_a_mail_that_quotes_its_own_ticket_is_an_addition(world: DialogueWorld) -> None:
    ticket = await mail(world, WHOLE, "siti@contoh.example", "1")
    await mail(world, "Masih belum diperbaiki.", "siti@contoh.example", "2", subject=f"Re: Laporan {ticket}")
    assert await world.story() == [("created", WHOLE), ("information_added", "Masih belum diperbaiki.")]


async def test_a_mail_that_quotes_somebody_elses_ticket_is_marked_and_changes_nothing(
    world: DialogueWorld,
) -> None:
    ticket = await mail(world, WHOLE, "siti@contoh.example", "1")
    await mail(world, f"Tolong tutup laporan {ticket}.", "budi@contoh.example", "2")
    events = await world.events()
    assert [(e.event, e.complaint.ticket == ticket) for e in events] == [
        ("created", True),
        ("created", False),
    ]
    assert "third_party" in events[1].complaint.flags
    assert "third_party" not in events[0].complaint.flags


async def test_an_unknown_ticket_in_a_mail_means_nothing(world: DialogueWorld) -> None:
    await mail(world, f"{WHOLE} Lihat 261123-0042-7.", "siti@contoh.example", "1")
    (created,) = await world.events()
    assert "third_party" not in created.complaint.flags


async def test_an_album_is_one_complaint(world: DialogueWorld) -> None:
    group = Group(key="album-1", silence=5.0)
    await world.write(WHOLE, photo=1, wait=False, group=group)
    for _ in range(3):
        await world.write(photo=1, wait=False, group=group)
    await world.wait(20)
    (created,) = await world.events()
    assert len(created.complaint.attachments) == 4


async def test_the_parts_of_a_long_text_are_waited_for(world: DialogueWorld) -> None:
    parts = ("Jalan berlubang besar di Kelura", "han Kenari, sudah dua min", "ggu rusak.")
    for order in (2, 0):
        group = Group(key="sms-1", parts=3, order=order, silence=60.0)
        await world.write(parts[order], wait=False, group=group, parts_joiner="")
    await world.wait(20)
    assert await world.story() == []
    group = Group(key="sms-1", parts=3, order=1, silence=60.0)
    await world.write(parts[1], group=group, parts_joiner="")
    assert await world.story() == [("created", "".join(parts))]


async def test_an_edit_while_it_is_being_told(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    await world.write(
        f"{NO_PLACE} di Kelurahan Kenari", verb="edit", version="2", external_id="m-1", follows=("m-1",)
    )
    await world.write("lewati")
    ((_, text),) = await world.story()
    assert text == f"{NO_PLACE} di Kelurahan Kenari"


async def test_a_restart_in_the_middle_changes_nothing(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    world.restart()
    await world.write("Kelurahan Kenari")
    world.restart()
    told = await world.write("lewati")
    assert "Nomor tiket" in said(told)
    assert len(await world.story()) == 1


async def test_after_an_outage_the_answer_may_still_come(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    world.inside.clock.forward(3600)  # nobody was there to hear the answer
    world.restart(grace_until=world.inside.clock.at + timedelta(seconds=15))
    await world.wait(1)
    assert await world.story() == []
    await world.write("Kelurahan Kenari")
    await world.write("lewati")
    assert await world.story() == [("created", f"{NO_PLACE}\nKelurahan Kenari")]


async def test_two_people_at_once_never_mix(world: DialogueWorld) -> None:
    await world.write(NO_PLACE, who="siti")
    await world.write("Sampah menumpuk sejak hari Senin, bau sekali", who="budi")
    await world.write("Kelurahan Kenari", who="budi")
    await world.write("Kelurahan Paseban", who="siti")
    for who in ("siti", "budi"):
        await world.write("lewati", who=who)
    texts = {text for _, text in await world.story()}
    assert texts == {
        f"{NO_PLACE}\nKelurahan Paseban",
        "Sampah menumpuk sejak hari Senin, bau sekali\nKelurahan Kenari",
    }


async def test_two_complaints_interleaved_by_one_person(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    told = await world.write("lapor lagi")
    assert "Apa yang terjadi" in said(told)
    await world.write(WHOLE)
    assert {text for _, text in await world.story()} == {NO_PLACE, WHOLE}


async def test_a_question_in_between_keeps_what_was_told(world: DialogueWorld) -> None:
    await world.write(NO_PLACE)
    assert "112" in said(await world.write("nomor darurat"))
    await world.write("Kelurahan Kenari")
    await world.write("lewati")
    assert await world.story() == [("created", f"{NO_PLACE}\nKelurahan Kenari")]


async def test_stop_ends_the_news_and_a_new_complaint_begins_it_again(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    (created,) = await world.events()
    assert "tidak mengirim kabar lagi" in said(await world.write("STOP"))
    before = len(world.chat.told["siti"])
    await world.status(created.complaint.ticket, "Koordinasi")
    assert len(world.chat.told["siti"]) == before
    await world.write("Sampah menumpuk di Kelurahan Paseban sejak hari Senin kemarin, bau sekali.")
    assert "Nomor tiket" in said(world.chat.told["siti"][before:])


async def test_thanks_afterwards_opens_nothing(world: DialogueWorld) -> None:
    await world.write(WHOLE)
    assert "Sama-sama" in said(await world.write("terima kasih banyak ya pak"))
    await world.wait(1200)
    assert len(await world.story()) == 1


async def test_english_is_spoken_to_in_english(world: DialogueWorld) -> None:
    told = await world.write("The street lamp has been broken for a week and it is very dark at night")
    assert "Where is it?" in said(told)
    told = await world.write("skip")
    assert "photo" in said(told)


async def test_a_bot_that_fails_keeps_nothing(world: DialogueWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(converse, "take", broken)
    await world.write(NO_PLACE)
    await world.write(WHOLE, who="budi")
    assert {text for _, text in await world.story()} == {NO_PLACE, WHOLE}


async def test_chaos_loses_nothing(world: DialogueWorld) -> None:
    for text in ("halo", "1", "9", "??", "ya", "tidak", "lewati", "kirim", "/start", "5", "status"):
        await world.write(text)
    await world.write("tolong dong")
    await world.write("got mampet parah", wait=False)
    await world.write("bau", wait=False)
    await world.write("di kelurahan kenari")
    await world.write("lewati")
    await world.wait(1300)
    told = "\n".join(text for _, text in await world.story())
    for words in ("tolong dong", "got mampet parah", "bau", "di kelurahan kenari"):
        assert words in told


async def test_who_writes_without_end_is_heard_whole_and_never_in_an_old_complaint(
    world: DialogueWorld,
) -> None:
    for number in range(90):
        await world.write(f"{WHOLE} tanda{number:03d}z", wait=False)
        if number in (7, 50, 51):
            await world.wait(0.3)
    await world.wait(6)
    events = await world.events()
    assert {event.event for event in events} == {"created"}
    told = "\n".join(event.complaint.text for event in events)
    assert all(f"tanda{number:03d}z" in told for number in range(90))


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


async def test_the_same_words_give_the_same_outcome(tmp_path: Path) -> None:
    script = [
        "halo",
        NO_PLACE,
        "nomor darurat",
        "Kelurahan Kenari",
        "lewati",
        "cek status",
        "perbaiki",
        "Di depan toko",
    ]
    outcomes = []
    for turn in range(2):
        async with dialogue_world(tmp_path / str(turn)) as world:
            (tmp_path / str(turn)).mkdir(exist_ok=True)
            for text in script:
                await world.write(text)
            shown = [(o.text.partition("https")[0], o.choices) for o in world.chat.told["siti"]]
            outcomes.append((await world.story(), shown))
    assert outcomes[0] == outcomes[1]
