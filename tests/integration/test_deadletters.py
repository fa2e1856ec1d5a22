"""Dead letters on a real broker: looked at without being lost or disordered, sent again once confirmed, noted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aio_pika
import pytest

from complaint_queue import topology, wire
from complaint_queue.deadletters import REPLAYS, peek
from complaint_queue.sender import sending
from complaint_queue.statuses import StatusConsumer, message_of
from intake.consume import Seen, consume
from intake.deadletters import DeadLetters
from intake.staff.store import StaffStore
from normalizer.errors import Misconfigured, Unavailable
from normalizer.record import ComplaintEvent
from normalizer.stages import StatusUpdate
from tests.event_samples import SOURCE, MemoryOutbox, event

pytestmark = [pytest.mark.timeout(120), pytest.mark.rabbitmq]
WHO = "siti.contoh"


@pytest.fixture
async def staff(tmp_path: Path) -> AsyncIterator[StaffStore]:
    made = StaffStore(tmp_path / "staff.sqlite3", lambda: datetime.now(UTC))
    await made.open()
    yield made
    await made.close()


async def refused(url: str, *records: ComplaintEvent) -> None:
    """Events that the CRM took and refused, in this order."""
    async with sending(url) as sender:
        for record in records:
            key, body = wire.encode(record)
            properties = wire.properties(
                MemoryOutbox().put(record, int(record.complaint.complaint_id)), SOURCE
            )
            message = aio_pika.Message(
                body,
                headers=properties.headers or {},
                content_type=properties.content_type,
                message_id=properties.message_id,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            await sender.send([(topology.EXCHANGE, key, message)])
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        queue = await channel.get_queue(topology.QUEUE)
        for _ in records:
            message = await queue.get(timeout=5)
            assert message is not None
            await message.reject(requeue=False)
    await holds(url, topology.DEAD_QUEUE, len(records))


async def holds(url: str, queue: str, count: int) -> None:
    """Wait until a queue holds so many; a quorum queue dead-letters a moment later."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        async with asyncio.timeout(20):
            while (
                await channel.declare_queue(queue, passive=True)
            ).declaration_result.message_count != count:
                await asyncio.sleep(0.1)


async def test_looking_neither_loses_nor_disorders(rabbitmq_url: str) -> None:
    await refused(rabbitmq_url, *(event(1, n) for n in range(1, 6)))
    for limit in (2, 5, 3, 100):
        found = await peek(rabbitmq_url, "events", limit)
        assert [one.message_id.split(".")[1] for one in found] == [
            str(n) for n in range(1, min(limit, 5) + 1)
        ]
        await holds(rabbitmq_url, topology.DEAD_QUEUE, 5)
    first = found[0]
    assert (first.why, first.subject, first.replays) == ("rejected", "261123-0001-0", 0)
    assert (first.exchange, first.routing_key) == (topology.EXCHANGE, "created.sms.3171")
    assert first.since is not None
    assert first.since.tzinfo is not None
    assert len({one.key for one in found}) == 5


async def test_what_is_sent_again_is_the_same_message(
    rabbitmq_url: str, staff: StaffStore, tmp_path: Path
) -> None:
    await refused(rabbitmq_url, *(event(1, n) for n in range(1, 4)))
    dead = DeadLetters(rabbitmq_url, staff)
    letters = await dead.list("events")
    (done,) = await dead.replay("events", WHO, {letters[1].key}, "CRM dimutakhirkan")
    assert done == letters[1]
    left = await dead.list("events")
    assert [one.key for one in left] == [letters[0].key, letters[2].key]
    assert len(await dead.replay("events", WHO, None)) == 2
    await holds(rabbitmq_url, topology.DEAD_QUEUE, 0)
    came: list[ComplaintEvent] = []

    async def take(record: ComplaintEvent) -> None:
        came.append(record)

    seen = Seen(tmp_path / "crm.sqlite")
    tally = await consume(rabbitmq_url, on_event=take, idle_timeout=1, seen=seen)
    seen.close()
    assert (tally.handled, tally.refused) == (3, 0), "headers, id and body still fit together"
    assert [record.sequence for record in came] == [2, 1, 3]
    lines = list(reversed(await staff.audit_lines()))
    assert [(line.who, line.what, line.subject) for line in lines] == [
        (WHO, "deadletter_replay", letters[n].message_id) for n in (1, 0, 2)
    ]
    assert lines[0].detail["before"] == letters[1].sha256
    assert lines[0].detail["reason"] == "CRM dimutakhirkan"


async def test_what_was_sent_again_and_refused_again_says_so(rabbitmq_url: str, staff: StaffStore) -> None:
    await refused(rabbitmq_url, event(1))
    dead = DeadLetters(rabbitmq_url, staff)
    await dead.replay("events", WHO, None)
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        message = await (await channel.get_queue(topology.QUEUE)).get(timeout=5)
        assert message is not None
        assert message.headers[REPLAYS] == 1
        assert "x-death" not in message.headers
        await message.reject(requeue=False)
    await holds(rabbitmq_url, topology.DEAD_QUEUE, 1)
    (again,) = await dead.list("events")
    assert again.replays == 1


async def test_what_cannot_be_delivered_stays(rabbitmq_url: str, staff: StaffStore) -> None:
    await refused(rabbitmq_url, event(1), event(2))
    dead = DeadLetters(rabbitmq_url, staff)
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        queue = await channel.get_queue(topology.QUEUE)
        exchange = await channel.get_exchange(topology.EXCHANGE)
        await queue.unbind(exchange, "#")
        try:
            with pytest.raises(Unavailable):
                await dead.replay("events", WHO, None)
        finally:
            await queue.bind(exchange, "#")
    await holds(rabbitmq_url, topology.DEAD_QUEUE, 2)
    assert [line.what for line in await staff.audit_lines()] == [
        "deadletter_replay_failed",
        "deadletter_replay",
    ]


async def test_discarding_needs_a_reason_and_takes_only_what_was_named(
    rabbitmq_url: str, staff: StaffStore
) -> None:
    await refused(rabbitmq_url, event(1), event(2))
    dead = DeadLetters(rabbitmq_url, staff)
    first, second = await dead.list("events")
    with pytest.raises(Misconfigured, match="reason"):
        await dead.discard("events", WHO, {first.key}, " ")
    with pytest.raises(Misconfigured, match="is called"):
        await dead.discard("events", WHO, {first.key, "0" * 12}, "uji")
    await holds(rabbitmq_url, topology.DEAD_QUEUE, 2)
    await dead.discard("events", WHO, {first.key}, "pesan uji")
    assert [one.key for one in await dead.list("events")] == [second.key]
    assert (await dead.find("events", second.key)).body == second.body
    (line,) = await staff.audit_lines()
    assert (line.what, line.detail["reason"]) == ("deadletter_discard", "pesan uji")


async def test_a_status_of_no_ticket_of_ours_goes_back_to_be_taken(
    rabbitmq_url: str, staff: StaffStore
) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        for name in (topology.STATUS_QUEUE, topology.STATUS_DEAD_QUEUE):
            await (await channel.get_queue(name)).purge()
    update = StatusUpdate(
        status_id="st-1",
        ticket="261123-0001-6",
        stage="Koordinasi",
        occurred_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    known, taken = False, list[str]()

    async def keep(found: StatusUpdate) -> bool:
        if known:
            taken.append(found.status_id)
        return known

    consumer = StatusConsumer(rabbitmq_url, keep)
    task = asyncio.create_task(consumer.run())
    try:
        async with sending(rabbitmq_url) as sender:
            await sender.send(
                [(topology.STATUS_EXCHANGE, "koordinasi", message_of(update, "https://crm.example.org"))]
            )
        await holds(rabbitmq_url, topology.STATUS_DEAD_QUEUE, 1)
        dead = DeadLetters(rabbitmq_url, staff)
        (letter,) = await dead.list("statuses")
        assert (letter.message_id, letter.subject) == ("st-1", "261123-0001-6")
        assert await dead.list("events") == ()
        known = True
        await dead.replay("statuses", WHO, {letter.key})
        async with asyncio.timeout(10):
            while not taken:
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert taken == ["st-1"]
    await holds(rabbitmq_url, topology.STATUS_DEAD_QUEUE, 0)
