"""The publisher against a real broker: marked only when confirmed, in order, and never ended by a failure."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aio_pika
import pytest
from msgspec.structs import replace

from complaint_queue import topology, wire
from complaint_queue.broker import BrokerSettings, Hosts, Reach, address
from complaint_queue.publisher import Publisher
from intake.private_rabbitmq import PrivateRabbitMQ
from normalizer.errors import Misconfigured, Unavailable
from tests.event_samples import MemoryOutbox, event
from tests.relay import Crm, Relay, bind, unbind

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120)]


async def test_every_event_is_confirmed_marked_and_consumed_once_in_order(rabbitmq_url: str) -> None:
    relay = Relay(rabbitmq_url)
    relay.outbox.fill(complaints=300, sequences=4)
    async with relay.running():
        await relay.outbox.until_marked(1200)
        assert relay.publisher.connected
        assert relay.publisher.last_confirm is not None
    crm = await Crm().take(rabbitmq_url, limit=1200, idle=None)
    assert len(set(crm.ids)) == 1200
    assert set(map(tuple, crm.sequences().values())) == {(1, 2, 3, 4)}
    assert (crm.tally.duplicates, crm.tally.refused, crm.tally.gaps) == (0, 0, [])


async def test_what_is_written_later_is_sent_when_the_publisher_is_woken(rabbitmq_url: str) -> None:
    relay = Relay(rabbitmq_url)
    async with relay.running():
        await relay.until_alarm("broker_away", stands=False)
        for number in range(1, 21):
            relay.outbox.put(event(number), number)
            relay.publisher.wake()
            await relay.outbox.until_marked(number, within=10)


async def test_a_message_is_persistent_and_carries_its_envelope(rabbitmq_url: str) -> None:
    relay = Relay(rabbitmq_url)
    stored = relay.outbox.put(event(7), 7)
    async with relay.running():
        await relay.outbox.until_marked(1)
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        message = await (await channel.get_queue(topology.QUEUE)).get(timeout=10)
        assert message is not None
        await message.ack()
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert message.routing_key == "created.sms.3171"
    assert message.message_id == wire.event_id(stored) == event(7).event_id
    assert wire.decode(message) == event(7)


async def test_unroutable_events_alarm_stay_unpublished_and_go_once_a_queue_is_bound(
    rabbitmq_url: str,
) -> None:
    relay = Relay(rabbitmq_url)
    async with relay.running():
        await relay.until_alarm("broker_away", stands=False)
        relay.outbox.put(event(1), 1)
        relay.publisher.wake()
        await relay.outbox.until_marked(1)
        await unbind(rabbitmq_url)
        relay.outbox.fill(complaints=50, sequences=2, first=2)
        relay.publisher.wake()
        await relay.until_alarm("unroutable", within=30)
        assert set(relay.outbox.marked) == {1}
        await bind(rabbitmq_url)
        await relay.outbox.until_marked(101)
        await relay.until_alarm("unroutable", stands=False)
    crm = await Crm().take(rabbitmq_url, limit=101, idle=None)
    assert len(set(crm.ids)) == 101
    assert crm.tally.gaps == []


async def test_a_full_queue_refuses_and_nothing_of_it_is_marked(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    await rabbitmq.ctl(
        "set_policy", "-p", rabbitmq.virtual_host, "kecil", "^crm.complaints$", '{"max-length": 5}'
    )
    cleared = False
    try:
        relay = Relay(rabbitmq_url)
        async with relay.running():
            async with asyncio.timeout(30):
                # A quorum queue counts behind its confirms: some more than its length get in first.
                while "broker_refuses" not in relay.alarms:
                    relay.outbox.fill(complaints=10, first=len(relay.outbox.events) + 1)
                    relay.publisher.wake()
                    await asyncio.sleep(0.05)
            written = len(relay.outbox.events)
            assert len(relay.outbox.marked) < written
            await rabbitmq.ctl("clear_policy", "-p", rabbitmq.virtual_host, "kecil")
            cleared = True
            crm = asyncio.create_task(Crm().take(rabbitmq_url, limit=written, idle=None))
            await relay.outbox.until_marked(written)
            await relay.until_alarm("broker_refuses", stands=False)
            assert len(set((await crm).ids)) == written
    finally:
        if not cleared:
            await rabbitmq.ctl("clear_policy", "-p", rabbitmq.virtual_host, "kecil")


@pytest.mark.timeout(500)
async def test_nothing_is_marked_while_the_broker_blocks_and_all_after_it(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    relay = Relay(rabbitmq_url, confirm_timeout=1.0)
    async with relay.running():
        await relay.until_alarm("broker_away", stands=False, within=120)
        await rabbitmq.set_memory_limit(0)
        try:
            relay.outbox.fill(complaints=20)
            relay.publisher.wake()
            await relay.until_alarm("broker_blocked", within=120)
            assert relay.outbox.marked == {}
        finally:
            await rabbitmq.set_memory_limit(0.4)
        await relay.outbox.until_marked(20, within=120)
        await relay.until_alarm("broker_blocked", stands=False, within=120)


async def test_what_is_too_large_is_quarantined_and_its_followers_wait(rabbitmq_url: str) -> None:
    relay = Relay(rabbitmq_url, max_body=10_000)
    relay.outbox.put(event(1), 1, body=b"x" * 10_001)
    relay.outbox.put(event(1, 2), 1)
    relay.outbox.put(event(2), 2, key="x" * 256)
    relay.outbox.put(event(3), 3)
    async with relay.running():
        async with asyncio.timeout(10):
            while not (relay.outbox.marked and len(relay.outbox.held) == 2):
                relay.outbox.changed.clear()
                await relay.outbox.changed.wait()
    assert set(relay.outbox.marked) == {4}
    assert "10001 bytes" in relay.outbox.held[1]
    assert "255" in relay.outbox.held[2]


async def test_what_comes_out_of_quarantine_is_sent_in_order(rabbitmq_url: str) -> None:
    relay = Relay(rabbitmq_url)
    relay.outbox.put(event(1), 1)
    relay.outbox.put(event(1, 2), 1)
    relay.outbox.held[1] = "looked at by an operator"
    relay.outbox.put(event(2), 2)
    async with relay.running():
        await relay.outbox.until_marked(1)
        del relay.outbox.held[1]
        relay.outbox.put(event(1, 3), 1)
        relay.publisher.wake()
        await relay.outbox.until_marked(4)
    crm = await Crm().take(rabbitmq_url, limit=4, idle=None)
    assert sorted(crm.sequences().values()) == [[1], [1, 2, 3]]


async def test_a_message_over_which_the_broker_closes_the_channel_is_found_and_quarantined(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    await rabbitmq.ctl("eval", "application:set_env(rabbit, max_message_size, 60000).")
    try:
        relay = Relay(rabbitmq_url)
        for number in range(1, 21):
            relay.outbox.put(event(number), number)
        relay.outbox.put(event(21), 21, body=wire.encode(event(21))[1] + b" " * 60_000)
        for number in range(22, 31):
            relay.outbox.put(event(number), number)
        async with relay.running():
            await relay.outbox.until_marked(29)
            async with asyncio.timeout(20):
                while not relay.outbox.held:
                    relay.outbox.changed.clear()
                    await relay.outbox.changed.wait()
        assert list(relay.outbox.held) == [21]
        crm = await Crm().take(rabbitmq_url, limit=29, idle=None)
        assert len(set(crm.ids)) == 29
    finally:
        await rabbitmq.ctl("eval", "application:set_env(rabbit, max_message_size, 134217728).")


async def test_a_journal_that_fails_to_mark_is_asked_again_and_nothing_is_sent_twice(
    rabbitmq_url: str,
) -> None:
    class Stubborn(MemoryOutbox):
        refusals = 3

        async def mark_published(self, positions, at):  # type: ignore[no-untyped-def]
            if self.refusals:
                self.refusals -= 1
                raise Unavailable("no room")
            await super().mark_published(positions, at)

    relay = Relay(rabbitmq_url)
    outbox = Stubborn()
    relay.outbox = relay.publisher._journal = outbox  # type: ignore[assignment]
    outbox.fill(complaints=10, sequences=2)
    async with relay.running():
        await outbox.until_marked(20)
    crm = await Crm().take(rabbitmq_url)
    assert outbox.refusals == 0
    assert (len(crm.ids), crm.tally.duplicates) == (20, 0)


async def test_a_broken_connection_is_made_again(rabbitmq: PrivateRabbitMQ, rabbitmq_url: str) -> None:
    relay = Relay(rabbitmq_url)
    async with relay.running():
        for round_ in range(1, 4):
            relay.outbox.fill(complaints=100, first=round_ * 1000)
            relay.publisher.wake()
            await rabbitmq.ctl("close_all_connections", "-p", rabbitmq.virtual_host, "ditutup oleh uji")
        await relay.outbox.until_marked(300)
    crm = await Crm().take(rabbitmq_url)
    assert len(crm.ids) == len(set(crm.ids)) == 300
    assert "broker_away" in relay.raised


async def test_queues_that_differ_alarm_and_publishing_goes_on(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        await channel.queue_delete(topology.QUEUE)
        queue = await channel.declare_queue(
            topology.QUEUE, durable=True, arguments={"x-queue-type": "quorum"}
        )
        await queue.bind(topology.EXCHANGE, "#")
    relay = Relay(rabbitmq_url)
    relay.outbox.fill(complaints=5)
    async with relay.running():
        await relay.outbox.until_marked(5)
        assert "x-" in relay.alarms["topology"]


async def test_a_virtual_host_that_is_not_there_is_named_with_the_cure(rabbitmq: PrivateRabbitMQ) -> None:
    relay = Relay(rabbitmq.url + "-tidak-ada")
    async with relay.running():
        await relay.until_alarm("broker_away")
    assert "rabbitmqctl add_vhost" in relay.alarms["broker_away"]
    assert rabbitmq.password not in relay.alarms["broker_away"]


async def test_old_events_alarm_while_nobody_answers() -> None:
    relay = Relay("amqp://127.0.0.1:9/", alarm_after=0.2)
    old = event(1)
    relay.outbox.put(replace(old, occurred_at=old.occurred_at.replace(year=2025)), 1)
    async with relay.running():
        await relay.until_alarm("unpublished_old", within=10)
        assert relay.publisher.oldest_unpublished is not None
        assert not relay.publisher.connected


def test_an_address_is_completed(tmp_path: Path) -> None:
    secret = tmp_path / "credentials"
    secret.write_text("kanal:rahasia\n")
    whole = address("amqps://broker.example.go.id?cafile=/ca.pem", name="n", credentials_file=str(secret))
    assert (whole.user, whole.password, whole.path) == ("kanal", "rahasia", "/kanal-aduan")
    assert dict(whole.query) == {"heartbeat": "10", "name": "n", "cafile": "/ca.pem"}
    assert address("amqp://h/lain").path == "/lain"
    assert address("amqp://h/").path == "/kanal-aduan"
    for wrong in ("http://h", "", "amqp://"):
        with pytest.raises(Misconfigured):
            address(wrong)
    with pytest.raises(Misconfigured, match="credentials"):
        _ = Reach(Hosts(urls=("amqp://h",), credentials_file=str(tmp_path / "none"))).url


def test_a_publisher_is_made_without_a_running_loop() -> None:
    made = Publisher(
        MemoryOutbox(),  # type: ignore[arg-type]
        BrokerSettings(url="amqp://h"),
        on_alarm=lambda *_: None,
        clock=lambda: event().occurred_at,
    )
    assert not made.connected
