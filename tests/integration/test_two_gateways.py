"""Two gateways on one PostgreSQL, step by step; faults/rows/gateways.py has them whole, under load, one killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from complaint_queue import wire
from complaint_queue.accounts_lease import AccountsLease
from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit, NewEvent
from complaint_queue.journal_postgres import PostgresJournal
from complaint_queue.keys import Keyring
from complaint_queue.postgres_open import connect
from complaint_queue.publisher import BrokerSettings, Publisher
from normalizer.errors import Misconfigured, Unavailable
from normalizer.identity import claim_of
from normalizer.record import Message, RawEvent, Sender
from tests.event_samples import SOURCE, event
from tests.relay import Crm

KEYRING = Keyring([os.urandom(32)], os.urandom(32))


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
        new = NewEvent(
            kind="created" if sequence == 1 else "information_added",
            sequence=sequence,
            revision=0,
            occurred_at=datetime.now(UTC),
            routing_key="created.sms.3171",
            body=b"{}",
        )
        assert await journal.settle(opened, file.version, [(new, ())], b"", "filed")
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


@pytest.mark.rabbitmq
async def test_two_relays_share_the_work_and_no_event_overtakes_another(
    two: list[PostgresJournal], rabbitmq_url: str
) -> None:
    chance, settled = random.Random(2611), Counter[int]()
    for number in range(1, 31):
        opened = (await two[0].admit(letter(number * 10)))[0].complaint_id
        for sequence in range(1, 6):
            which = chance.randrange(2)
            settled[which] += 1
            await settle(two[which], opened, number, sequence)
    assert min(settled.values()) > 50, "both have some of nearly every complaint"
    relays = [
        Publisher(
            journal,
            BrokerSettings(url=rabbitmq_url, source=SOURCE),
            on_alarm=lambda name, words: None,
            clock=lambda: datetime.now(UTC),
        )
        for journal in two
    ]
    running = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        crm = await Crm().take(rabbitmq_url, limit=150, idle=None)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert set(map(tuple, crm.sequences().values())) == {(1, 2, 3, 4, 5)}
    assert len(crm.sequences()) == 30


async def settle(journal: PostgresJournal, complaint_id: int, number: int, sequence: int) -> None:
    """The complaint's next event, which that gateway's relay will send."""
    if sequence > 1:
        await journal.admit(letter(number * 10 + sequence, (claim_of("sms", str(number * 10)),)))
    file = await journal.complaint(complaint_id)
    assert file is not None
    told = event(complaint_id, sequence)
    told = replace(told, complaint=replace(told.complaint, ticket=file.ticket))
    routing_key, body = wire.encode(told)
    new = NewEvent(
        kind="created" if sequence == 1 else "information_added",
        sequence=sequence,
        revision=0,
        occurred_at=datetime.now(UTC),
        routing_key=routing_key,
        body=body,
    )
    assert await journal.settle(complaint_id, file.version, [(new, ())], b"", "filed")


async def test_one_polls_an_account_and_the_next_follows(postgres_url: str) -> None:
    turns = [AccountsLease(postgres_url, ask_again=0.2) for _ in range(2)]
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


POLLS = """
import asyncio, sys
from complaint_queue.accounts_lease import AccountsLease

async def poll():
    print("ours", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("lost", flush=True)

asyncio.run(AccountsLease(sys.argv[1], ask_again=0.2, silent=3.0).while_ours("telegram", poll))
"""


async def said(process: asyncio.subprocess.Process, line: bytes) -> None:
    assert process.stdout is not None
    async for one in process.stdout:
        if one == line:
            return
    raise AssertionError(f"it never said {line!r}")


async def test_a_gateway_that_hangs_loses_its_accounts(postgres_url: str) -> None:
    hung = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", POLLS, postgres_url),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "queue:."},
    )
    taken = asyncio.Event()

    async def poll() -> None:
        taken.set()

    other = AccountsLease(postgres_url, ask_again=0.2)
    try:
        async with asyncio.timeout(60):
            await said(hung, b"ours\n")
            waiting = asyncio.create_task(other.while_ours("telegram", poll))
            await asyncio.sleep(1)
            assert not taken.is_set(), "while it lives nobody else has it"
            hung.send_signal(signal.SIGSTOP)
            await waiting
            hung.send_signal(signal.SIGCONT)
            await said(hung, b"lost\n")
    finally:
        hung.kill()
        await hung.wait()
        await other.close()


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
