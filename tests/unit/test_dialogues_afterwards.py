"""Dialogues about a complaint that was filed: its status, corrections, ratings, additions, and what is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from normalizer.record import Message, Sender
from tests.dialogue_scripts import WHOLE
from tests.dialogue_world import DialogueWorld, dialogue_world, said


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DialogueWorld]:
    async with dialogue_world(tmp_path) as made:
        yield made


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
