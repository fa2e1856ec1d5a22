"""Dialogues that do not go straight: in parts, edited, interrupted, interleaved, without end, through an outage."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from intake.conversation import converse
from normalizer.record import Group
from tests.dialogue_scripts import NO_PLACE, WHOLE
from tests.dialogue_world import DialogueWorld, dialogue_world, said


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DialogueWorld]:
    async with dialogue_world(tmp_path) as made:
        yield made


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


async def test_a_look_from_before_the_question_does_not_file_what_waits_for_its_answer(
    world: DialogueWorld,
) -> None:
    await world.write(NO_PLACE)
    (draft,) = await world.inside.journal.due(world.inside.clock.now() + timedelta(hours=1))
    # Another gateway, or a list that was read before the question was asked, hands it over once more.
    await world.inside.settler.settle(draft)
    await world.wait()
    assert await world.story() == []
    await world.write("Kelurahan Kenari")
    await world.write("lewati")
    assert await world.story() == [("created", f"{NO_PLACE}\nKelurahan Kenari")]
    await world.write(NO_PLACE, who="budi")
    await world.wait(converse.SILENCE.total_seconds() + 3)
    assert [event for event, _ in await world.story()] == ["created", "created"], "silence still files it"


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
