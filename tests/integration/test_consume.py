"""The sample consumer: each event once, acknowledged after handling, refused when it does not validate."""

from __future__ import annotations

import asyncio
import io
from base64 import b64decode
from pathlib import Path

import aio_pika
import msgspec
import pytest
from rich.console import Console

from complaint_queue import seal, topology, wire
from intake.consume import Seen, Tally, consume, read_journal, render_json_line, render_table
from intake.private_rabbitmq import PrivateRabbitMQ
from normalizer.errors import Unavailable
from normalizer.record import ComplaintEvent
from tests.event_samples import SOURCE, MemoryOutbox, event
from tests.relay import Crm

pytestmark = pytest.mark.timeout(120)
needs_rabbitmq = pytest.mark.rabbitmq


async def publish(url: str, *records: ComplaintEvent, key: bytes | None = None) -> None:
    """Publish events as they are, also twice or out of turn, which the publisher never would."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(topology.EXCHANGE)
        for record in records:
            routing_key, body = wire.encode(record, crm_key=key)
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
            await exchange.publish(message, routing_key)


async def length(url: str, queue: str) -> int:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count or 0


@needs_rabbitmq
async def test_a_second_copy_is_dropped_also_by_another_run(rabbitmq_url: str, tmp_path: Path) -> None:
    await publish(rabbitmq_url, event(1), event(1), event(2))
    crm = Crm()
    seen = Seen(tmp_path / "seen.sqlite")
    tally = await consume(rabbitmq_url, on_event=crm.on_event, idle_timeout=2, seen=seen)
    assert (tally.handled, tally.duplicates) == (2, 1)
    seen.close()
    await publish(rabbitmq_url, event(2), event(3))
    seen = Seen(tmp_path / "seen.sqlite")
    tally = await consume(rabbitmq_url, on_event=crm.on_event, idle_timeout=2, seen=seen)
    seen.close()
    assert (tally.handled, tally.duplicates) == (1, 1)
    assert crm.ids == [event(n).event_id for n in (1, 2, 3)]


@needs_rabbitmq
async def test_an_event_out_of_turn_is_reported(rabbitmq_url: str) -> None:
    await publish(rabbitmq_url, event(1), event(1, 3), event(1, 2), event(2, 2))
    tally = (await Crm().take(rabbitmq_url)).tally
    assert [(gap.expected, gap.got) for gap in tally.gaps] == [(2, 3), (4, 2), (1, 2)]
    assert tally.handled == 4


@needs_rabbitmq
async def test_what_does_not_validate_goes_to_the_dead_letters(rabbitmq_url: str) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection, connection.channel() as channel:
        exchange = await channel.get_exchange(topology.EXCHANGE)
        await exchange.publish(aio_pika.Message(b"bukan json"), "created.sms.3171")
    await publish(rabbitmq_url, event(1))
    tally = (await Crm().take(rabbitmq_url)).tally
    assert (tally.handled, tally.refused) == (1, 1)
    async with asyncio.timeout(20):
        while await length(rabbitmq_url, topology.DEAD_QUEUE) != 1:
            await asyncio.sleep(0.1)


@needs_rabbitmq
async def test_what_was_not_handled_stays_in_the_queue(rabbitmq_url: str) -> None:
    await publish(rabbitmq_url, event(1), event(2))

    async def fails(_: ComplaintEvent) -> None:
        raise LookupError("the CRM's own trouble")

    with pytest.raises(LookupError):
        await consume(rabbitmq_url, on_event=fails, idle_timeout=5)
    crm = await Crm().take(rabbitmq_url, limit=2, idle=None)
    assert sorted(crm.ids) == [event(1).event_id, event(2).event_id]


@needs_rabbitmq
async def test_the_crms_key_opens_what_is_sealed(rabbitmq_url: str) -> None:
    private, public = seal.generate()
    await publish(rabbitmq_url, event(1, confidential=True), key=seal.read_key(public))
    crm = Crm()
    await consume(rabbitmq_url, on_event=crm.on_event, limit=1, private_key=b64decode(private))
    assert crm.events == [event(1, confidential=True)]


@needs_rabbitmq
async def test_it_consumes_on_after_its_connection_was_closed(
    rabbitmq: PrivateRabbitMQ, rabbitmq_url: str
) -> None:
    crm = Crm()
    task = asyncio.create_task(crm.take(rabbitmq_url, limit=2, idle=None))
    await publish(rabbitmq_url, event(1))
    async with asyncio.timeout(20):
        while not crm.events:
            await asyncio.sleep(0.05)
    await rabbitmq.ctl("close_all_connections", "-p", rabbitmq.virtual_host, "ditutup oleh uji")
    await publish(rabbitmq_url, event(2))
    await task
    assert len(crm.ids) == 2


async def test_no_broker_is_said_when_tries_are_counted() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await consume("amqp://127.0.0.1:9/", on_event=Crm().on_event, connect_tries=2)


async def test_the_journal_is_read_and_nothing_is_marked() -> None:
    outbox, crm = MemoryOutbox(), Crm()
    outbox.fill(complaints=250, sequences=2)
    tally: Tally = await read_journal(outbox, on_event=crm.on_event)
    assert tally.handled == 500
    assert len(set(crm.ids)) == 500
    assert outbox.marked == {}
    assert (await read_journal(outbox, on_event=crm.on_event, limit=3)).handled == 3


def test_a_json_line_is_the_record() -> None:
    line = render_json_line(event())
    assert "\n" not in line
    assert msgspec.json.decode(line, type=ComplaintEvent) == event()


@pytest.mark.parametrize(
    ("language", "words"), [("id", ("kejadian", "(rahasia)")), ("en", ("event", "(confidential)"))]
)
def test_the_table_shows_people_what_came_and_hides_who_is_confidential(
    language: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANAL_LANG", language)
    out = io.StringIO()
    hidden = wire.decode_body(wire.encode(event(2, confidential=True))[1])
    Console(file=out, width=200).print(render_table([event(), hidden, event(1, 2)]))
    text = out.getvalue()
    for expected in (
        "261123-0001-0",
        "sms",
        "Siti Contoh",
        "Jakarta Pusat",
        "09:00:00",
        "lampu juga",
        *words,
    ):
        assert expected in text


def test_words_that_look_like_markup_are_shown_as_they_are() -> None:
    out = io.StringIO()
    odd = event()
    odd = msgspec.structs.replace(
        odd, complaint=msgspec.structs.replace(odd.complaint, text="[/bold] lampu [red]mati")
    )
    Console(file=out, width=80).print(render_table([odd]))
    assert "[/bold] lampu [red]mati" in out.getvalue()
