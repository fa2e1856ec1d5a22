"""One account on X, many ways in: through the real receiver and journal, the same words are one complaint."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.base import Account
from adapters.x.simulate import sign
from normalizer.record import RawEvent
from tests.intake_world import IntakeWorld, intake_world

US, SITI = "100000001", "200000001"
TEXT = "Jalan berlubang di depan pasar, Kelurahan Kenari, Kecamatan Senen. Tolong diperbaiki."
SETTINGS = {
    "user_id": US,
    "username": "AduanContoh",
    "modes": ["poll", "stream", "dm", "webhook"],
    "api_key": "k",
    "api_secret": "rahasia",
    "access_token": "t",
    "access_secret": "s",
    "bearer": "b",
}
FIRST, SECOND, THIRD = "2070000000000000001", "2070000000000000006", "2070000000000000009"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as one:
        one.adapter(Account(name="x", adapter="x", settings=SETTINGS))
        yield one


def listed(world: IntakeWorld, transport: str, body: Any) -> RawEvent:
    """As a loop of ours has it."""
    return RawEvent(
        account="x",
        received_at=world.clock.now(),
        body=json.dumps(body).encode(),
        envelope={"transport": transport},
    )


def called(world: IntakeWorld, body: Any, account: str = "x") -> RawEvent:
    """As X calls the webhook; its proof is checked as the web server does."""
    raw = RawEvent(
        account=account, received_at=world.clock.now(), body=json.dumps(body).encode(), method="POST"
    )
    adapter: Any = world.adapters[account]
    signed = sign(raw, adapter.settings)
    adapter.verify(signed)
    return signed


def post(number: str, text: str, answers: str = "") -> dict[str, Any]:
    """The post as API v2 has it, with what it refers to."""
    data: dict[str, Any] = {
        "id": number,
        "text": f"@AduanContoh {text}",
        "author_id": SITI,
        "conversation_id": FIRST,
        "created_at": "2026-11-23T04:29:58.000Z",
        "edit_history_tweet_ids": [number],
    }
    if answers:
        data["referenced_tweets"] = [{"type": "replied_to", "id": answers}]
    users = [{"id": SITI, "name": "Siti Contoh", "username": "siti_contoh"}]
    return {"data": data, "includes": {"users": users}}


def status(number: str, text: str, answers: str = "") -> dict[str, Any]:
    """The same post as Account Activity has it."""
    person = {"id": int(SITI), "id_str": SITI, "name": "Siti Contoh", "screen_name": "siti_contoh"}
    return {
        "created_at": "Mon Nov 23 04:29:58 +0000 2026",
        "id": int(number),
        "id_str": number,
        "text": f"@AduanContoh {text}",
        "user": person,
        "in_reply_to_status_id_str": answers or None,
        "entities": {"urls": []},
    }


def ways(world: IntakeWorld, number: str, text: str, answers: str = "") -> dict[str, RawEvent]:
    """One post, by everything that may bring it."""
    found = post(number, text, answers)
    streamed = {**found, "matching_rules": [{"id": "1", "tag": "kanal-x"}]}
    activity = {"event_uuid": "1", "filter": {"user_id": US}, "event_type": "post.mention.create"}
    return {
        "polled": listed(world, "mentions", found),
        "streamed": listed(world, "stream", streamed),
        "webhook": called(world, {"for_user_id": US, "tweet_create_events": [status(number, text, answers)]}),
        "activity": called(
            world, {"data": {**activity, "payload": found["data"], "includes": found["includes"]}}
        ),
    }


ORDERS = list(itertools.permutations(("polled", "streamed", "webhook", "activity")))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
async def test_a_post_is_one_complaint_by_whatever_ways_it_comes_and_a_reply_adds_to_it(
    world: IntakeWorld, order: tuple[str, ...]
) -> None:
    first = ways(world, FIRST, TEXT)
    fates = [(await world.receive("x", first[way]))[0] for way in order]
    assert [fate.outcome for fate in fates] == ["accepted", "duplicate", "duplicate", "duplicate"]
    assert len({fate.ticket for fate in fates}) == 1
    await world.settle()
    reply = ways(world, SECOND, "Tambahan: di RT 03 RW 05", FIRST)
    added = [(await world.receive("x", reply[way]))[0] for way in reversed(order)]
    assert [fate.outcome for fate in added] == ["accepted", "duplicate", "duplicate", "duplicate"]
    assert {fate.ticket for fate in added} == {fates[0].ticket}
    assert added[0].joined
    await world.settle()
    events = await world.events()
    assert [event.event for event in events] == ["created", "information_added"]
    record = await world.record(fates[0].ticket)
    assert record.channel == "twitter"
    assert record.external_ids == (FIRST, SECOND)
    assert "RT 03 RW 05" in record.text


@pytest.mark.parametrize(
    "order", list(itertools.permutations(("polled", "webhook", "activity"))), ids="-".join
)
async def test_a_direct_message_is_one_complaint_too(world: IntakeWorld, order: tuple[str, ...]) -> None:
    event = {"id": FIRST, "event_type": "MessageCreate", "text": TEXT, "sender_id": SITI}
    event |= {"created_at": "2026-11-23T04:29:58.000Z", "dm_conversation_id": f"{US}-{SITI}"}
    older = {
        "type": "message_create",
        "id": FIRST,
        "created_timestamp": "1795408198000",
        "message_create": {
            "target": {"recipient_id": US},
            "sender_id": SITI,
            "message_data": {"text": TEXT, "entities": {"urls": []}},
        },
    }
    by = {
        "polled": listed(world, "directs", {"data": event}),
        "webhook": called(world, {"for_user_id": US, "direct_message_events": [older]}),
        "activity": called(
            world,
            {"data": {"filter": {"user_id": US}, "event_type": "dm.received", "payload": event}},
        ),
    }
    fates = [(await world.receive("x", by[way]))[0] for way in order]
    assert [fate.outcome for fate in fates] == ["accepted", "duplicate", "duplicate"]
    assert len({fate.ticket for fate in fates}) == 1
    await world.settle()
    assert [event.event for event in await world.events()] == ["created"]
    messages = [
        (await world.journal.complaint_by_ticket(fates[0].ticket)).messages  # type: ignore[union-attr]
    ][0]
    assert messages[0].message.reply_to == {"participant_id": SITI}


async def test_an_edit_corrects_the_reply_it_is_of_and_not_the_first_post(world: IntakeWorld) -> None:
    await world.receive("x", ways(world, FIRST, TEXT)["polled"])
    await world.receive("x", ways(world, SECOND, "Alamatnya RT 30", FIRST)["webhook"])
    edited = post(THIRD, "Alamatnya RT 03", FIRST)
    edited["data"]["edit_history_tweet_ids"] = [SECOND, THIRD]
    (by_poll,) = await world.receive("x", listed(world, "mentions", edited))
    again = status(THIRD, "Alamatnya RT 03", FIRST)
    again["edit_history"] = {"initial_tweet_id": SECOND, "edit_tweet_ids": [SECOND, THIRD]}
    (by_hook,) = await world.receive("x", called(world, {"for_user_id": US, "tweet_create_events": [again]}))
    assert (by_poll.outcome, by_poll.joined, by_hook.outcome) == ("accepted", True, "duplicate")
    await world.settle()
    record = await world.record(by_poll.ticket)
    assert "Jalan berlubang" in record.text
    assert "RT 03" in record.text
    assert "RT 30" not in record.text


async def test_another_citizen_in_the_thread_gets_a_complaint_of_their_own(world: IntakeWorld) -> None:
    (first,) = await world.receive("x", ways(world, FIRST, TEXT)["polled"])
    body = json.dumps(post(SECOND, "Di gang saya juga berlubang", FIRST)).replace(SITI, "200000002")
    (second,) = await world.receive("x", listed(world, "mentions", json.loads(body)))
    assert second.ticket != first.ticket


async def test_the_governors_account_is_another_channel_and_hears_only_what_is_meant_for_it(
    world: IntakeWorld,
) -> None:
    own = {**SETTINGS, "user_id": "100000002", "username": "GubernurContoh", "api_secret": "rahasia-lain"}
    world.adapter(Account(name="x-gubernur", adapter="x", channel="medsos_gubernur", settings=own))
    event = {"for_user_id": "100000002", "tweet_create_events": [status(FIRST, TEXT)]}
    (fate,) = await world.receive("x-gubernur", called(world, event, "x-gubernur"))
    (other,) = await world.receive("x-gubernur", called(world, {**event, "for_user_id": US}, "x-gubernur"))
    assert (other.outcome, other.reason) == ("ignored", "other_account")
    (both,) = await world.receive("x", ways(world, FIRST, TEXT)["webhook"])
    assert both.outcome == "accepted", "who names both accounts writes to both"
    await world.settle()
    assert (await world.record(fate.ticket)).channel == "medsos_gubernur"
    assert (await world.record(both.ticket)).channel == "twitter"


async def test_a_read_receipt_is_counted_and_a_broken_body_kept(world: IntakeWorld) -> None:
    read = {"created_timestamp": "1795408198000", "sender_id": SITI, "last_read_event_id": "9"}
    (fate,) = await world.receive(
        "x", called(world, {"for_user_id": US, "direct_message_mark_read_events": [read]})
    )
    assert (fate.outcome, fate.reason, fate.external_id) == ("ignored", "delivery_receipt", "9")
    broken = msgspec.structs.replace(called(world, {}), body=b'{"for_user_id"')
    (kept,) = await world.receive("x", broken)
    assert kept.outcome == "quarantined"
    assert len(await world.journal.quarantined()) == 1
