"""The CRM's safety net on a real broker: sent again under the same ids, compared day by day, one consumer at a time."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aio_pika
import jsonschema
import pytest
from aio_pika.abc import AbstractIncomingMessage
from yarl import URL

from complaint_queue import reconciliation, topology, wire
from complaint_queue.line import close, connection_of
from complaint_queue.sender import Parcel, Sender, sending
from complaint_queue.sent import Sent
from intake.consume import Seen, consume
from intake.reconciling import Reconciler, day_of, tell
from intake.resending import HEADER, NAME, Resending, Wanted, apart
from normalizer.errors import Misconfigured, Unavailable, Unreadable
from normalizer.identity import JAKARTA
from normalizer.record import ComplaintEvent, Message
from normalizer.record import Sender as Person
from tests.intake_world import IntakeWorld, intake_world

pytestmark = [pytest.mark.timeout(120), pytest.mark.rabbitmq]
SOURCE = "https://aduan.example.go.id"
ROOT = Path(__file__).resolve().parents[2]
EVENING = datetime(2026, 11, 27, 20, 0, tzinfo=JAKARTA)
DAY = EVENING.date()


class Day:
    """A gateway's journal with an evening's events, all confirmed, and their ids in order."""

    def __init__(self, world: IntakeWorld, folder: Path) -> None:
        self.world, self.folder, self.ids = world, folder, list[str]()

    async def tell(self, name: str, follows: str = "") -> None:
        person = Person(reference=f"siti-{(follows or name)[0]}")
        words = f"Lampu jalan di Kenari padam, tolong diperbaiki {name}"
        message = Message(external_id=name, text=words, sender=person, follows=(follows,) if follows else ())
        await self.world.say(message)
        await self.world.settle()

    async def confirm(self) -> None:
        waiting = await self.world.journal.unpublished(1000)
        self.ids += [wire.event_id(one) for one in waiting]
        await self.world.journal.mark_published([one.position for one in waiting], self.world.clock.now())

    def resending(self, **wanted: Any) -> Resending:
        span = {"since": EVENING - timedelta(hours=1), "until": EVENING + timedelta(hours=3)}
        return Resending(self.world.journal, Wanted(**(span | wanted)), self.folder, SOURCE, rate=1000.0)


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    async with intake_world(tmp_path) as world:
        world.clock.at = EVENING
        made = Day(world, tmp_path)
        for name in ("a", "b", "c"):
            await made.tell(name)
        for number in range(3):
            await made.tell(f"a{number}", follows="a")
            await made.tell(f"b{number}", follows="b")
        await made.confirm()
        assert len(made.ids) == 9
        yield made


class Stops(Sender):
    """A sender whose connection breaks after so many batches."""

    def __init__(self, sender: Sender, after: int) -> None:
        super().__init__(sender.channel)
        self.left = after

    async def send(self, parcels: Sequence[Parcel]) -> None:
        if not self.left:
            raise Unavailable("RabbitMQ does not answer")
        self.left -= 1
        await super().send(parcels)


async def test_what_is_sent_again_has_the_same_ids_and_order_and_is_dropped(
    day: Day, rabbitmq_url: str, tmp_path: Path
) -> None:
    seen, came = Seen(tmp_path / "crm.sqlite"), list[ComplaintEvent]()

    async def take(event: ComplaintEvent) -> None:
        came.append(event)

    async with sending(rabbitmq_url) as sender:
        assert await day.resending().run(sender) == 9
    tally = await consume(rabbitmq_url, on_event=take, idle_timeout=1, seen=seen)
    assert (tally.handled, tally.duplicates, tally.gaps) == (9, 0, [])
    assert sorted(event.event_id for event in came) == sorted(day.ids)
    async with sending(rabbitmq_url) as sender:
        assert await day.resending().run(sender) == 9
    tally = await consume(rabbitmq_url, on_event=take, idle_timeout=1, seen=seen)
    assert (tally.handled, tally.duplicates) == (0, 9)
    seen.close()


async def test_an_interrupted_run_goes_on_where_it_stopped(day: Day, rabbitmq_url: str) -> None:
    async with sending(rabbitmq_url) as sender:
        with pytest.raises(Unavailable):
            await day.resending().run(Stops(sender, 2))
        assert (day.folder / NAME).exists()
        assert await day.resending().run(sender) == 9, "with those of the first run"
        assert not (day.folder / NAME).exists()
    got = await drained(rabbitmq_url)
    assert [message.message_id for message in got] == day.ids, "each once, and in order"
    assert all(HEADER in message.headers for message in got)
    # Another span does not go on with the mark of this one.
    async with sending(rabbitmq_url) as sender:
        with pytest.raises(Unavailable):
            await day.resending().run(Stops(sender, 1))
        assert await day.resending(channel="twitter").run(sender) == 9


async def drained(url: str, queue: str = topology.QUEUE) -> list[AbstractIncomingMessage]:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        source, found = await channel.get_queue(queue), []
        while message := await source.get(no_ack=True, fail=False):
            found.append(message)
        return found


async def test_what_is_counted_is_what_is_wanted(day: Day, rabbitmq_url: str) -> None:
    assert await day.resending().count() == {"created.twitter": 3, "information_added.twitter": 6}
    assert await day.resending(channel="sms").count() == {}
    assert await day.resending(since=EVENING + timedelta(hours=2)).count() == {}
    (first, *_) = await day.world.journal.complaints_after(0, 1)
    assert (await day.resending(ticket=first.ticket).count()).total() == 4
    await day.tell("a9", follows="a")  # it waits for the publisher: not ours to send
    assert (await day.resending(ticket=first.ticket).count()).total() == 4
    with pytest.raises(Misconfigured, match="there is no"):
        await day.resending(ticket="261127-0042-0").count()
    assert await drained(rabbitmq_url) == []


def test_no_batch_has_two_events_of_one_complaint() -> None:
    def sent(complaint: int, sequence: int) -> Sent:
        return Sent(
            position=complaint * 10 + sequence, complaint_id=complaint, channel="sms", kind="created",
            sequence=sequence, revision=0, at=0,
        )  # fmt: skip

    page = [sent(1, 1), sent(2, 1), sent(1, 2), sent(1, 3), sent(3, 1), sent(4, 1), sent(5, 1)]
    batches = apart(page, 2)
    assert [one for batch in batches for one in batch] == page
    assert [[one.complaint_id for one in batch] for batch in batches] == [[1, 2], [1], [1, 3], [4, 5]]


async def test_the_days_message_names_every_event_and_what_is_missing_is_found(
    day: Day, rabbitmq_url: str, tmp_path: Path
) -> None:
    (whole,) = await day_of(day.world.journal, DAY)
    assert (whole.events, whole.by_kind, whole.by_channel) == (
        9,
        {"created": 3, "information_added": 6},
        {"twitter": 9},
    )
    assert (whole.first, whole.last, whole.ids) == (day.ids[0], day.ids[-1], tuple(sorted(day.ids)))
    schema = json.loads((ROOT / "docs/schema/reconciliation.schema.json").read_text())
    jsonschema.validate(json.loads(reconciliation.message_of(whole, SOURCE)[1].body), schema)
    seen = Seen(tmp_path / "crm.sqlite")

    async def take(event: ComplaintEvent) -> None:
        return

    async with sending(rabbitmq_url) as sender:
        await day.resending().run(sender)
        await tell(sender, [whole], SOURCE)
    tally = await consume(rabbitmq_url, on_event=take, idle_timeout=1, seen=seen)
    (found,) = tally.reconciled
    assert (found.events, found.missing, found.whole, tally.refused) == (9, (), True, 0)
    # The CRM loses some; the day is told again in several messages, and what is missing has a name.
    seen._db.execute("DELETE FROM seen WHERE id IN (?, ?)", (day.ids[2], day.ids[7]))
    parts = await small(day, 4)
    assert [part.chunks for part in parts] == [3, 3, 3]
    async with sending(rabbitmq_url) as sender:
        await tell(sender, parts, SOURCE, again="2026-11-28T01:00:00+00:00")
    tally = await consume(rabbitmq_url, on_event=take, idle_timeout=1, seen=seen)
    assert sorted(one for part in tally.reconciled for one in part.missing) == sorted(
        [day.ids[2], day.ids[7]]
    )
    assert all(part.whole for part in tally.reconciled)
    seen.close()


async def small(day: Day, size: int) -> tuple[reconciliation.Reconciliation, ...]:
    """The day in messages of so many ids."""
    since, until = reconciliation.span_of(DAY)
    page = await day.world.journal.sent(since, until, 0, 1000)
    return reconciliation.build(DAY, page.found, size)


async def test_a_damaged_day_is_noticed(day: Day, rabbitmq_url: str, tmp_path: Path) -> None:
    parts = list(await small(day, 5))
    _, message = reconciliation.message_of(parts[1], SOURCE)
    message.body = message.body.replace(parts[1].ids[0].encode(), b"0000000000000.1.0")
    seen = Seen(tmp_path / "crm.sqlite")
    async with sending(rabbitmq_url) as sender:
        await tell(sender, parts[:1], SOURCE)
        await sender.send([(topology.EXCHANGE, "reconciliation.x", message)])

    async def take(event: ComplaintEvent) -> None:
        return

    tally = await consume(rabbitmq_url, on_event=take, idle_timeout=1, seen=seen)
    assert [part.whole for part in tally.reconciled] == [True, False]
    seen.close()
    message.message_id = "reconciliation.2026-11-27.7"
    with pytest.raises(Unreadable):
        reconciliation.decode(message)  # type: ignore[arg-type]


async def test_every_day_is_told_once_after_it_is_over(day: Day, rabbitmq_url: str) -> None:
    clock = day.world.clock
    reconciler = Reconciler(day.world.journal, clock.now, lambda: rabbitmq_url, SOURCE)
    clock.at = datetime(2026, 11, 27, 23, 50, tzinfo=JAKARTA)
    assert await reconciler.once() == 0, "of the day before nothing was sent: a new gateway begins silently"
    clock.at = datetime(2026, 11, 28, 0, 5, tzinfo=JAKARTA)
    assert await reconciler.once() == 0, "it is too early"
    clock.at = datetime(2026, 11, 28, 0, 15, tzinfo=JAKARTA)
    assert await reconciler.once() == 1
    assert await reconciler.once() == 0
    other = Reconciler(day.world.journal, clock.now, lambda: rabbitmq_url, SOURCE)
    assert await other.once() == 0, "another gateway on the same journal"
    clock.at = datetime(2026, 11, 30, 9, 0, tzinfo=JAKARTA)
    assert await reconciler.once() == 2, "days on which no gateway ran, too"
    got = await drained(rabbitmq_url)
    assert [(m.routing_key, m.message_id) for m in got] == [
        (f"reconciliation.2026-11-{n}", f"reconciliation.2026-11-{n}.1") for n in (27, 28, 29)
    ]
    assert [reconciliation.decode(m).events for m in got] == [9, 0, 0]


async def test_a_single_active_consumer_keeps_the_order_when_it_dies(day: Day, rabbitmq_url: str) -> None:
    queue = "uji.satu-konsumen"
    handled: list[tuple[str, str]] = []
    async with await aio_pika.connect(rabbitmq_url) as owner, owner.channel() as channel:
        declared = await channel.declare_queue(
            queue, durable=True, arguments=topology.crm_arguments(single_active=True)
        )
        await declared.bind(topology.EXCHANGE, "#")
        try:
            first, wire_of_first = connection_of(URL(rabbitmq_url))
            await first.connect()
            second = await aio_pika.connect(rabbitmq_url)
            dead = asyncio.Event()

            async def work(connection: Any, name: str, dies_after: int | None) -> None:
                source = await (await connection.channel()).get_queue(queue)
                async with source.iterator() as messages:
                    async for message in messages:
                        handled.append((name, str(message.message_id)))
                        if len(handled) == dies_after:
                            dead.set()  # it has handled this one, and dies before it says so
                            await asyncio.Event().wait()
                        await message.ack()

            one = asyncio.create_task(work(first, "first", 4))
            await asyncio.sleep(0.5)
            two = asyncio.create_task(work(second, "second", None))
            await asyncio.sleep(0.5)
            async with sending(rabbitmq_url) as sender:
                await day.resending().run(sender)
            async with asyncio.timeout(20):
                await dead.wait()
                wire_of_first.abort()
                while len({event for _, event in handled}) < 9:
                    await asyncio.sleep(0.05)
            one.cancel()
            two.cancel()
            await asyncio.gather(one, two, return_exceptions=True)
            await close(first, wire_of_first, 0.0)
            await second.close()
        finally:
            await channel.queue_delete(queue)
    assert {name for name, _ in handled[:4]} == {"first"}, "the second one waits"
    assert {name for name, _ in handled[4:]} == {"second"}
    order: dict[str, list[int]] = defaultdict(list)
    for event in dict.fromkeys(event for _, event in handled):  # the consumer's dedup
        complaint, sequence, _ = event.split(".")
        order[complaint].append(int(sequence))
    assert sorted(order.values()) == [[1], [1, 2, 3, 4], [1, 2, 3, 4]]
