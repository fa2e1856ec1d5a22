"""Two gateways on one PostgreSQL and one RabbitMQ: one is killed, and the other goes on with what it left."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.base import Letter, Simulator
from complaint_queue.accounts_lease import AccountsLease
from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit, NewEvent
from complaint_queue.journal_postgres import PostgresJournal
from complaint_queue.keys import Keyring
from complaint_queue.postgres_open import connect
from intake.consume import consume
from normalizer.errors import Misconfigured, Unavailable
from normalizer.identity import claim_of
from normalizer.record import ComplaintEvent, Message, RawEvent, Sender
from tests.gateway_process import GatewayProcess

CONFIG = """
[gateway]
sender_burst = 1000000
data_dir = "{data}"
listen = "127.0.0.1:{http}"
restart_grace = 0.5

[journal]
url = "env:UJI_JOURNAL"
files = "{folder}/../files"

[[account]]
name = "sms-kannel"
adapter = "sms"
[account.settings]
provider = "kannel"
secrets = {{ secret = "env:UJI_KANNEL" }}
"""
#: A dead gateway's work is taken over within 30 s; the rest is room for a busy machine.
PATIENCE = 90.0
KEYRING = Keyring([os.urandom(32)], os.urandom(32))


def mark(number: int) -> str:
    return "tanda" + "".join("abcdefghij"[int(digit)] for digit in f"{number:06d}")


@pytest.mark.rabbitmq
@pytest.mark.timeout(300)
async def test_one_is_killed_and_the_other_takes_over(
    tmp_path: Path, rabbitmq_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UJI_JOURNAL", postgres_url)
    monkeypatch.setenv("UJI_KANNEL", "rahasia-uji-0123456789abcdef")
    monkeypatch.setenv("KANAL_KEY", base64.b64encode(os.urandom(32)).decode())
    gateways = []
    for name in ("satu", "dua"):
        (tmp_path / name).mkdir()
        gateways.append(GatewayProcess(tmp_path / name, rabbitmq_url, template=CONFIG))
    events: list[ComplaintEvent] = []

    async def on_event(event: ComplaintEvent) -> None:
        events.append(event)

    ledger: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        for gateway in gateways:
            await gateway.start(60)
            stack.push_async_callback(gateway.kill)
        simulators = [gateway.simulator("sms-kannel") for gateway in gateways]
        for simulator in simulators:
            await simulator.start()
            stack.push_async_callback(simulator.stop)
        consuming = asyncio.create_task(consume(rabbitmq_url, on_event=on_event))
        stack.callback(consuming.cancel)
        numbers = iter(range(1, 401))
        senders = [
            asyncio.create_task(send(numbers, [simulators[n % 2], simulators[1 - n % 2]], ledger))
            for n in range(6)
        ]
        while len(ledger) < 150:
            await asyncio.sleep(0.01)
        await gateways[0].kill()
        killed = time.monotonic()
        await asyncio.gather(*senders)
        while set(ledger) - set(marks(events)) and time.monotonic() - killed < PATIENCE:
            await asyncio.sleep(0.1)
        consuming.cancel()
        await asyncio.gather(consuming, return_exceptions=True)

    got = marks(events)
    assert len(ledger) == 400
    assert not [one for one in ledger if not got[one]], "acknowledged and lost"
    assert not [one for one, count in got.items() if count > 1], "doubled after dedup by event id"
    last: dict[str, int] = {}
    for event in events:
        complaint = event.complaint.complaint_id
        assert event.sequence == last.get(complaint, 0) + 1
        last[complaint] = event.sequence


async def send(numbers: object, ways: list[Simulator], ledger: list[str]) -> None:
    """As behind a load balancer: what one gateway does not take the other is given, until it is taken."""
    for number in numbers:  # type: ignore[attr-defined]
        text = f"Lampu jalan mati di Jalan Kramat, Kelurahan Kenari, Senen. {mark(number)}"
        letter = Letter(number=number, text=text)
        for way in ways * 1000:
            try:
                async with asyncio.timeout(20):
                    await way.send(letter)
                break
            except Exception:
                await asyncio.sleep(0.05)
        ledger.append(mark(number))


def marks(events: list[ComplaintEvent]) -> Counter[str]:
    complaints = {
        e.complaint.complaint_id: e.complaint.original_text or e.complaint.text
        for e in events
        if e.event == "created"
    }
    return Counter(
        word.strip(".") for text in complaints.values() for word in text.split() if word.startswith("tanda")
    )


# the same, one step at a time, in one process


def letter(number: int, follows: tuple[bytes, ...] = ()) -> Admission:
    name = str(number)
    message = Message(external_id=name, text="lampu mati", sender=Sender(reference="siti"))
    admit = Admit(
        message=message,
        claim=claim_of("sms", name),
        sender=b"siti-contoh-----",
        channel="sms",
        ticket_day="2026-11-23",
        follows=follows,
    )
    return Admission(raw=RawEvent(account="sms", received_at=datetime.now(UTC)), messages=(admit,))


@pytest.fixture
async def two(postgres_url: str) -> object:
    journals = [PostgresJournal(postgres_url, Codec(KEYRING)) for _ in range(2)]
    for journal in journals:
        await journal.open()
    yield journals
    for journal in journals:
        await journal.close()


async def fall_silent(journal: PostgresJournal, url: str) -> None:
    """As if it had been killed and its time was over."""
    assert journal._beating is not None
    journal._beating.cancel()
    await asyncio.gather(journal._beating, return_exceptions=True)
    db = await connect(url)
    await db.execute("UPDATE gateways SET until = now() - interval '1 s' WHERE gateway = $1", journal.gateway)
    await db.close()


async def test_both_claim_and_one_opens(two: list[PostgresJournal]) -> None:
    answers = await asyncio.gather(
        *(two[n % 2].admit(letter(number)) for number in range(50) for n in range(2))
    )
    hows = Counter(answer[0].how for answer in answers)
    assert hows == {"opened": 50, "duplicate": 50}
    tickets = {answer[0].ticket for answer in answers}
    assert sorted(int(t.split("-")[1]) for t in tickets) == list(range(1, 51))


async def test_work_stays_with_its_gateway_until_that_is_gone(
    two: list[PostgresJournal], postgres_url: str
) -> None:
    first, second = two
    opened = (await first.admit(letter(1)))[0].complaint_id
    raw_id = await first.keep(RawEvent(account="email", received_at=datetime.now(UTC), body=b"mail"))
    soon = datetime.now(UTC) + timedelta(seconds=1)
    assert await first.due(soon) == (opened,)
    assert await second.due(soon) == ()
    assert await second.next_due() is None
    assert await second.kept() == ()
    await fall_silent(first, postgres_url)
    assert await second.due(soon) == (opened,)
    assert [one.raw_id for one in await second.kept()] == [raw_id]
    assert await first.due(soon) == (), "who comes back does not take it again"


async def test_events_of_one_complaint_keep_their_order(two: list[PostgresJournal]) -> None:
    first, second = two
    opened = (await first.admit(letter(1)))[0].complaint_id
    for journal, sequence in ((first, 1), (second, 2)):
        if sequence > 1:
            await journal.admit(letter(2, (claim_of("sms", "1"),)))
        file = await journal.complaint(opened)
        assert file is not None
        event = NewEvent(
            kind="created" if sequence == 1 else "information_added",
            sequence=sequence,
            revision=0,
            occurred_at=datetime.now(UTC),
            routing_key="created.sms.3171",
            body=b"{}",
        )
        assert await journal.settle(opened, file.version, [(event, ())], b"", "filed")
    (one,), (two_,) = await first.unpublished(10), await second.unpublished(10)
    assert (one.sequence, two_.sequence) == (1, 2)
    assert one.position < two_.position
    before = await second.event(opened, 1)
    assert before is not None
    assert not before[1], "the publisher of the second waits for this"
    await first.mark_published([one.position], datetime.now(UTC))
    before = await second.event(opened, 1)
    assert before is not None
    assert before[1]


async def test_one_polls_an_account_and_the_next_follows(postgres_url: str) -> None:
    turns = [AccountsLease(postgres_url) for _ in range(2)]
    running: list[int] = []

    async def poll(number: int) -> None:
        running.append(number)
        try:
            await asyncio.Event().wait()
        finally:
            running.remove(number)

    async def gateway(number: int) -> None:
        await turns[number].while_ours("telegram", lambda: poll(number))

    tasks = [asyncio.create_task(gateway(n)) for n in range(2)]
    try:
        async with asyncio.timeout(30):
            while not running:
                await asyncio.sleep(0.02)
            (holder,) = running
            await turns[holder].close()  # its session ends, as when the process dies
            while running != [1 - holder]:
                assert len(running) < 2 or running[0] != running[1]
                await asyncio.sleep(0.02)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in turns:
            await one.close()


async def test_a_newer_schema_and_another_key_are_refused(postgres_url: str) -> None:
    journal = PostgresJournal(postgres_url, Codec(KEYRING))
    await journal.open()
    await journal.close()
    with pytest.raises(Misconfigured, match="key"):
        await PostgresJournal(postgres_url, Codec(Keyring([os.urandom(32)], os.urandom(32)))).open()
    db = await connect(postgres_url)
    await db.execute("INSERT INTO schema_version VALUES (999, now())")
    await db.close()
    with pytest.raises(Misconfigured, match="newer"):
        await PostgresJournal(postgres_url, Codec(KEYRING)).open()


async def test_a_lost_connection_means_try_again_and_then_it_works(
    two: list[PostgresJournal], postgres_url: str
) -> None:
    first = two[0]
    await first.admit(letter(1))
    db = await connect(postgres_url)
    await db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await db.close()
    refusals: list[Unavailable] = []
    for _ in range(100):
        try:
            again = (await first.admit(letter(1)))[0]
            break
        except Unavailable as error:
            refusals.append(error)
            await asyncio.sleep(0.1)
    else:
        raise AssertionError("it did not come back")
    assert again.how == "duplicate"
    assert all(error.retry_after > 0 for error in refusals)
