"""What every journal promises of the way out: nothing is said twice unknowingly, and nothing is forgotten."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from complaint_queue.journal import LONGEST_TALE, Admission, Admit, Journal
from complaint_queue.way_out import NewReply, Progress, ProviderWord, Said, Step, WaitingReply
from normalizer.identity import claim_of
from normalizer.record import Choice, Message, RawEvent, Sender
from tests.journal_world import START, Disk, HeldClock

SITI, BUDI = b"siti-contoh-----", b"budi-contoh-----"


def reply(text: str, person: bytes = SITI, **more: Any) -> NewReply:
    said = Said(reply_to={"chat": "7"}, text=text, choices=(Choice(name="ya", label="Ya"),))
    return NewReply(person=person, account="telegram-contoh", purpose="status", said=said, **more)


async def noted(journal: Journal, *replies: NewReply, name: bytes | None = None, complaint: int = 7) -> str:
    before = await journal.progress(complaint)
    step = Step(stage="Koordinasi", word="Koordinasi", at=START)
    now = Progress(stage="Koordinasi", rank=2, steps=(*before.steps, step))
    return await journal.note_status(name or os.urandom(16), complaint, before, now, replies)


async def due(journal: Journal, clock: HeldClock) -> list[str]:
    return [one.said.text for one in await journal.replies_due(clock())]


async def only(journal: Journal, clock: HeldClock) -> WaitingReply:
    (found,) = await journal.replies_due(clock())
    return found


async def test_a_status_is_taken_once_with_what_it_says(journal: Journal, clock: HeldClock) -> None:
    name = claim_of("crm", "status-1")
    assert await noted(journal, reply("satu"), name=name) == "noted"
    assert await noted(journal, reply("satu"), name=name) == "duplicate"
    assert await due(journal, clock) == ["satu"]
    assert (await journal.progress(7)).stage == "Koordinasi"
    found = await only(journal, clock)
    assert found.said.choices[0].label == "Ya"
    assert (found.tries, found.unsure) == (0, False)


async def test_a_status_on_top_of_another_progress_is_not_written(journal: Journal, clock: HeldClock) -> None:
    await noted(journal)
    outcome = await journal.note_status(
        os.urandom(16), 7, Progress(), Progress(stage="Selesai"), [reply("x")]
    )
    assert outcome == "moved"
    assert await due(journal, clock) == []
    assert (await journal.progress(7)).stage == "Koordinasi"


async def test_one_person_is_told_things_in_order(journal: Journal, clock: HeldClock) -> None:
    await noted(journal, reply("satu"), reply("dua"), reply("lain", BUDI))
    assert sorted(await due(journal, clock)) == ["lain", "satu"]
    first = next(r for r in await journal.replies_due(clock()) if r.said.text == "satu")
    assert await journal.begin_reply(first.reply_id)
    assert await due(journal, clock) == ["lain"], "while one is being sent the next one waits"
    await journal.reply_later(first.reply_id, clock() + timedelta(seconds=30))
    assert await due(journal, clock) == ["lain"], "a second try is not overtaken"
    clock.forward(31)
    assert sorted(await due(journal, clock)) == ["lain", "satu"]
    assert await journal.begin_reply(first.reply_id)
    await journal.reply_sent(first.reply_id, b"n" * 16, clock())
    assert sorted(await due(journal, clock)) == ["dua", "lain"]


async def test_what_waits_behind_a_failure_waits_as_long(journal: Journal, clock: HeldClock) -> None:
    """Else every look for what may be said would go through all of it."""
    await noted(journal, reply("satu"), *(reply(f"lalu {n}") for n in range(3)), reply("lain", BUDI))
    first = next(one for one in await journal.replies_due(clock()) if one.said.text == "satu")
    await journal.begin_reply(first.reply_id)
    again = clock() + timedelta(seconds=30)
    await journal.reply_later(first.reply_id, again)
    clock.forward(31)
    (found,) = [one for one in await journal.replies_due(clock()) if one.said.text != "lain"]
    assert found.said.text == "satu"
    await journal.begin_reply(first.reply_id)
    await journal.reply_sent(first.reply_id, b"n" * 16, clock())
    (second,) = [one for one in await journal.replies_due(clock()) if one.said.text != "lain"]
    assert (second.said.text, second.due_at) == ("lalu 0", again)


async def test_accounts_can_be_left_out(journal: Journal, clock: HeldClock) -> None:
    await noted(journal, reply("satu"), reply("lain", BUDI))
    assert await journal.replies_due(clock(), without=["telegram-contoh"]) == ()
    assert await journal.next_reply(without=["telegram-contoh"]) is None
    assert len(await journal.replies_due(clock(), without=["x-contoh"])) == 2
    assert await journal.next_reply(without=["x-contoh"]) is not None


async def test_what_is_held_back_until_morning_holds_up_nothing(journal: Journal, clock: HeldClock) -> None:
    morning = clock() + timedelta(hours=8)
    await noted(journal, reply("besok", after=morning), reply("sekarang"))
    assert await due(journal, clock) == ["sekarang"]
    first = await only(journal, clock)
    await journal.begin_reply(first.reply_id)
    await journal.reply_sent(first.reply_id, None, clock())
    assert await journal.next_reply() == morning
    clock.forward(8 * 3600)
    assert await due(journal, clock) == ["besok"]


async def test_an_attempt_is_begun_by_one_alone(journal: Journal, clock: HeldClock) -> None:
    await noted(journal, reply("satu"))
    found = await only(journal, clock)
    assert await journal.begin_reply(found.reply_id)
    assert not await journal.begin_reply(found.reply_id)


async def test_after_a_crash_it_is_said_once_more_and_then_no_more(
    factory: Callable[..., Journal], clock: HeldClock, tmp_path: Path
) -> None:
    journal = factory(tmp_path, clock)
    await journal.open()
    await noted(journal, reply("satu", complaint_id=7))
    await journal.begin_reply((await only(journal, clock)).reply_id)
    await journal.close()  # the process ended before the outcome was noted

    journal = factory(tmp_path, clock)
    await journal.open()
    assert await journal.recover_replies() == (1, 0)
    again = await only(journal, clock)
    assert again.unsure
    assert again.tries == 1
    await journal.begin_reply(again.reply_id)
    await journal.close()

    journal = factory(tmp_path, clock)
    await journal.open()
    assert await journal.recover_replies() == (0, 1)
    assert await due(journal, clock) == []
    (entry,) = await journal.replies_of(7)
    assert (entry.state, entry.tries, entry.unsure) == ("unknown", 2, 1)
    await journal.close()


async def test_what_the_provider_says_is_kept_in_any_order(journal: Journal, clock: HeldClock) -> None:
    await noted(journal, reply("satu", complaint_id=7))
    found = await only(journal, clock)
    await journal.begin_reply(found.reply_id)
    raw = RawEvent(account="telegram-contoh", received_at=clock())
    name = claim_of("telegram-contoh", "m-1")
    # The receipt overtakes the answer to the request that it belongs to.
    await journal.admit(Admission(raw=raw, words=(ProviderWord(name=name, state="delivered"),)))
    await journal.reply_sent(found.reply_id, name, clock())
    (entry,) = await journal.replies_of(7)
    assert (entry.state, entry.delivery) == ("sent", "delivered")
    await journal.admit(Admission(raw=raw, words=(ProviderWord(name=name, state="sent"),)))
    assert (await journal.replies_of(7))[0].delivery == "delivered", "a late lower word changes nothing"
    await journal.admit(Admission(raw=raw, words=(ProviderWord(name=name, state="read"),)))
    assert (await journal.replies_of(7))[0].delivery == "read"


async def test_an_end_keeps_its_reason_sealed(journal: Journal, clock: HeldClock, disk: Disk) -> None:
    await noted(journal, reply("satu", complaint_id=7))
    found = await only(journal, clock)
    await journal.begin_reply(found.reply_id)
    await journal.reply_ended(found.reply_id, "refused", "siti@contoh.example has blocked the bot")
    (entry,) = await journal.replies_of(7)
    assert entry.state == "refused"
    assert entry.said.trouble == "siti@contoh.example has blocked the bot"
    assert await due(journal, clock) == []
    stored = await disk.files()
    assert not [path for path, content in stored.items() if b"contoh.example" in content]


def tale(number: int, clock: HeldClock) -> Admission:
    message = Message(external_id=str(number), text=f"bagian {number}", sender=Sender(reference="siti"))
    admit = Admit(
        message=message,
        claim=claim_of("telegram-contoh", str(number)),
        sender=SITI,
        channel="telegram",
        ticket_day="2026-11-23",
        group=b"g" * 16,
        dialogue=True,
    )
    return Admission(raw=RawEvent(account="telegram-contoh", received_at=clock()), messages=(admit,))


async def test_a_tale_without_end_becomes_several_complaints(journal: Journal, clock: HeldClock) -> None:
    homes = [(await journal.admit(tale(n, clock)))[0].complaint_id for n in range(2 * LONGEST_TALE + 1)]
    assert [homes.count(home) for home in dict.fromkeys(homes)] == [LONGEST_TALE, LONGEST_TALE, 1]


async def test_how_often_a_person_was_told(journal: Journal, clock: HeldClock) -> None:
    await noted(journal, reply("satu"), reply("dua"), reply("lain", BUDI))
    assert await journal.told(SITI, "status", clock() - timedelta(hours=1)) == 2
    assert await journal.told(SITI, "acknowledgement", clock() - timedelta(hours=1)) == 0
    clock.forward(7200)
    assert await journal.told(SITI, "status", clock() - timedelta(hours=1)) == 0
