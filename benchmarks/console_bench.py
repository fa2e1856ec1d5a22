"""The console's pages with 100,000 complaints behind them and 200 messages a second coming in, and what it costs those.

    PYTHONPATH=.:queue python benchmarks/console_bench.py [records] [messages a second] [seconds a phase]

The derived store is filled by the gateway's own code (`intake.reading.rows`) with invented complaints of 30 days, then
a whole gateway (`kanal serve`, embedded journal) is started on it. SMS of Kannel come in at a fixed rate from a process
of their own: first alone; then while twenty operators work and three screens watch the live board; then while somebody
opens one page after another without a pause. The first are alone once more at the end: what differs is the machine's.
A page's time is from the request to its last byte over loopback: the server's, with everything that it waited for.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import re
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import aiohttp
from msgspec import Struct

from complaint_queue.following import Arrival, Outgoing
from complaint_queue.journal import OutboxEvent
from complaint_queue.sqlite_rows import Ids, micros
from intake.reading import rows
from intake.reading.store import ReadingStore
from intake.web.console.shared import FRESH
from normalizer.categories import categories
from normalizer.gazetteer import Kelurahan, kelurahan_table
from normalizer.identity import encode_id, ticket_day, ticket_of
from normalizer.record import (
    CategorySuggestion,
    Complaint,
    Coordinates,
    Evidence,
    Language,
    Place,
    Region,
    Reporter,
)
from tests.gateway_process import GatewayProcess

GOAL = 300.0
LOGIN, PASSWORD = "operator.uji", "kata-sandi-uji-2611"
DAYS = 30
CHANNELS = {
    "sms-kannel": "sms",
    "telegram-dki": "telegram",
    "email-dki": "email",
    "loket": "kantor_kelurahan",
}
WORDS = tuple(
    "jalan berlubang parah sampah menumpuk banjir selutut pompa mati lampu padam gelap got mampet bau parkir liar "  # noqa: SIM905
    "trotoar rusak pohon tumbang kabel menjuntai air keruh debu proyek bising malam pasar sekolah musala halte".split()
)
#: How often each page is asked; at least, since the load's time decides too.
TIMES = 20
#: Seconds between two pages of all operators together, each of whom reads a page for four seconds.
OPERATORS, PACE = 20, 4.0 / 20
#: How often while nothing else comes in, with a pause after each round.
ROUNDS = 10


class Page(Struct, frozen=True):
    """A console page: what it is called, and where it is."""

    name: str
    path: str


def pages(ticket: str) -> tuple[Page, ...]:
    """Everything an operator opens that reads many rows, and the rest."""
    return (
        Page("Konsol (1 jam)", "/konsol"),
        Page("Konsol (30 hari)", "/konsol?rentang=bulan"),
        Page("Grafik", "/konsol/grafik?rentang=jam"),
        Page("Peta (7 hari)", "/konsol/peta"),
        Page("Peta (30 hari)", "/konsol/peta?rentang=bulan"),
        Page("Peta, satu kategori", "/konsol/peta?rentang=bulan&kategori=banjir_genangan"),
        Page("Geser waktu (30 hari)", "/konsol/peta.json?rentang=bulan"),
        Page("Triase", "/konsol/triase"),
        Page("Cari kata umum", "/konsol/cari?q=banjir"),
        Page("Cari tiga kata", "/konsol/cari?q=lampu+padam+musala"),
        Page("Cari setengah kata", "/konsol/cari?q=ba"),
        Page("Cari pengirim", "/konsol/cari?q=081200000001&menurut=pengirim"),
        Page("Satu laporan", f"/konsol/aduan/{ticket}"),
        Page("Karantina", "/konsol/karantina"),
        Page("Akun", "/konsol/akun"),
        Page("Pengumuman", "/konsol/pengumuman"),
        Page("Perbaiki tiket", "/konsol/perbaiki"),
    )


def record_of(
    number: int,
    complaint_id: int,
    ticket: str,
    account: str,
    at: datetime,
    chance: random.Random,
    home: Kelurahan,
) -> Complaint:
    """An invented complaint."""
    codes = [one.code for one in categories(ticket_day(at))]
    words = " ".join(chance.choices(WORDS, k=chance.randint(8, 24)))
    placed = chance.random() < 0.85
    point = (
        Coordinates(latitude=home.latitude, longitude=home.longitude) if placed and number % 3 == 0 else None
    )
    place = Place(
        coordinates=point,
        kelurahan=Region(code=home.code, name=home.name),
        kecamatan=Region(code=home.kecamatan_code, name=home.kecamatan),
        city=Region(code=home.city_code, name=home.city),
        method="text",
        confidence=0.8,
    )
    return Complaint(
        complaint_id=encode_id(complaint_id),
        ticket=ticket,
        channel=CHANNELS[account],  # type: ignore[arg-type]
        adapter=account.partition("-")[0],
        account=account,
        received_at=at,
        kind_confidence=0.9,
        public_text=f"{words} di {home.name}",
        language=Language(code="id", confidence=0.99),
        reporter=Reporter(reference=f"{number % 40_000:032x}"),
        confidential=number % 50 == 0,
        place=place if placed else Place(),
        categories=(CategorySuggestion(code=chance.choice(codes), confidence=0.7),),
        evidence=(Evidence(step="kind", result="complaint", confidence=0.9),),
    )


async def fill(folder: Path, count: int) -> str:
    """A derived store with `count` complaints, each confirmed and answered; 300 wait for a decision.

    One of their tickets.
    """
    chance = random.Random(2611)
    store = ReadingStore(folder)
    await store.open()
    begin = datetime.now(UTC) - timedelta(days=DAYS)
    ids, table = Ids(node=900), kelurahan_table()
    ticket, numbers = "", dict[str, int]()
    for start in range(0, count, 1000):
        arrivals, events, confirmed = (
            list[Arrival](),
            list[tuple[OutboxEvent, Complaint]](),
            dict[int, datetime](),
        )
        replies = list[Outgoing]()
        for number in range(start, min(start + 1000, count)):
            at = begin + timedelta(days=DAYS) * (number / count)
            ids.at(micros(at))
            complaint_id, position, reply_id = ids.next(), ids.next(), ids.next()
            day = ticket_day(at)
            numbers[str(day)] = numbers.get(str(day), 0) + 1
            ticket = ticket_of(day, numbers[str(day)])
            account = chance.choice(list(CHANNELS))
            arrivals.append(
                Arrival(
                    message_id=complaint_id, complaint_id=complaint_id, ticket=ticket, account=account,
                    channel=CHANNELS[account], office_code="", against_office="", received_at=at, opened_at=at,
                )
            )  # fmt: skip
            record = record_of(number, complaint_id, ticket, account, at, chance, chance.choice(table))
            event = OutboxEvent(
                position=position, complaint_id=complaint_id, ticket=ticket, kind="created", sequence=1, revision=0,
                occurred_at=at, routing_key="", body=b"",
            )  # fmt: skip
            events.append((event, record))
            confirmed[position] = at + timedelta(seconds=chance.uniform(0.02, 3))
            replies.append(
                Outgoing(
                    reply_id=reply_id, complaint_id=complaint_id, account=account, purpose="acknowledgement",
                    state="sent", made_at=at, due_at=at, ended_at=at + timedelta(seconds=1), delivery="delivered",
                )
            )  # fmt: skip

        def write(db, arrivals=arrivals, events=events, confirmed=confirmed, replies=replies):  # type: ignore[no-untyped-def]
            rows.add_arrivals(db, arrivals)
            rows.add_events(db, events)
            rows.confirm(db, confirmed)
            rows.add_replies(db, replies)

        await store.write(write)
    await store.write(
        lambda db: db.execute(
            "UPDATE complaints SET state = 3 WHERE complaint_id IN "
            "(SELECT complaint_id FROM complaints ORDER BY complaint_id DESC LIMIT 300)"
        )
    )
    await store.close()
    return ticket


def send(url: str, rate: float, seconds: float, first: int, pipe: Connection) -> None:
    """Kannel's side, in a process of its own: `rate` messages a second, each a request; latencies in milliseconds."""
    pipe.send(asyncio.run(_send(url, rate, seconds, first)))


async def _send(url: str, rate: float, seconds: float, first: int) -> tuple[list[float], int, float]:
    latencies, refused = list[float](), 0
    chance = random.Random(first)
    turn = asyncio.Semaphore(64)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:

        async def one(number: int) -> None:
            nonlocal refused
            text = f"{' '.join(chance.choices(WORDS, k=12))} di Kelurahan Kenari {number}"
            query = {
                "id": str(uuid.UUID(int=number)), "ts": str(int(time.time())), "from": f"+62812{number % 5000:08d}",
                "to": "1708", "text": text, "coding": "0", "charset": "UTF-8", "udh": "",
            }  # fmt: skip
            started = time.perf_counter()
            async with turn, session.get(url, params=query) as answer:
                await answer.read()
                refused += answer.status != 200
            latencies.append((time.perf_counter() - started) * 1000)

        began, tasks = time.perf_counter(), list[asyncio.Task[None]]()
        for index in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + index / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(one(first + index)))
        await asyncio.gather(*tasks)
        took = time.perf_counter() - began
    return latencies, refused, took


async def loaded(
    gateway: GatewayProcess, rate: float, seconds: float, first: int
) -> tuple[list[float], int, float]:
    """Messages for `seconds`; see `_send`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    secret = gateway.config.resolve("auto:kannel")
    url = f"{gateway.url}/hooks/sms-kannel/{secret}"
    process = context.Process(target=send, args=(url, rate, seconds, first, theirs), daemon=True)
    process.start()
    try:
        found: tuple[list[float], int, float] = await asyncio.to_thread(ours.recv)
    finally:
        await asyncio.to_thread(process.join, 30)
    return found


async def signed_in(gateway: GatewayProcess) -> aiohttp.ClientSession:
    """An operator's browser."""
    session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with session.get(gateway.url + "/masuk") as answer:
        csrf = re.search(r'name="csrf" value="([^"]+)"', await answer.text())
    assert csrf is not None
    form = {"login": LOGIN, "password": PASSWORD, "csrf": csrf[1]}
    async with session.post(gateway.url + "/masuk", data=form) as answer:
        assert answer.status == 200, answer.status
    return session


async def look(
    session: aiohttp.ClientSession, url: str, every: Sequence[Page], until: asyncio.Event, pace: float = 0.0
) -> dict[str, list[float]]:
    """One page after another until the load is over, `pace` seconds apart; without a pace each at least `TIMES` times.
    Milliseconds."""
    times: dict[str, list[float]] = {page.name: [] for page in every}
    following = time.perf_counter()
    while not until.is_set() or (not pace and min(map(len, times.values())) < TIMES):
        for page in every:
            following += pace
            await asyncio.sleep(max(0.0, following - time.perf_counter()) if pace else 0.0)
            started = time.perf_counter()
            async with session.get(url + page.path) as answer:
                await answer.read()
                assert answer.status == 200, (page.path, answer.status)
            times[page.name].append((time.perf_counter() - started) * 1000)
    return times


async def alone_with(
    session: aiohttp.ClientSession, gateway: GatewayProcess, every: Sequence[Page]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Each page with nothing else to do: milliseconds, and what the gateway itself computed for one.

    The second figure is the same on a machine that others use too. The rounds are so far apart that nothing is left of
    what a page shares with those who look at the same moment, only what it shares with the pages of its own round.
    """
    times: dict[str, list[float]] = {page.name: [] for page in every}
    computed = dict.fromkeys(times, 0.0)
    for _ in range(ROUNDS):
        for page in every:
            before, started = cpu_of(gateway), time.perf_counter()
            async with session.get(gateway.url + page.path) as answer:
                await answer.read()
                assert answer.status == 200, (page.path, answer.status)
            times[page.name].append((time.perf_counter() - started) * 1000)
            computed[page.name] += (cpu_of(gateway) - before) / ROUNDS
        await asyncio.sleep(FRESH + 0.1)
    return times, computed


def cpu_of(gateway: GatewayProcess) -> float:
    """Milliseconds of processor time that the gateway's threads have used, all together."""
    assert gateway.process is not None
    threads = Path(f"/proc/{gateway.process.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


async def watch(session: aiohttp.ClientSession, url: str) -> None:
    """A screen on the wall."""
    async with session.get(url + "/konsol/langsung", timeout=aiohttp.ClientTimeout(total=None)) as answer:
        async for _ in answer.content:
            pass


def share(values: Sequence[float], of_hundred: int) -> float:
    """The percentile."""
    return (
        statistics.quantiles(values, n=100, method="inclusive")[of_hundred - 1]
        if len(values) > 1
        else values[0]
    )


async def main(count: int, rate: float, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir(mode=0o700)
        began = time.perf_counter()
        ticket = await fill(folder / "data", count)
        size = (folder / "data" / "reading.sqlite3").stat().st_size / 1024**2
        print(
            f"{count} complaints in the derived store ({size:.0f} MiB) after {time.perf_counter() - began:.0f} s"
        )
        gateway = GatewayProcess(folder)
        options = ("--role", "operator", "--password-stdin")
        code, said = await gateway.run("user", "add", LOGIN, *options, stdin=PASSWORD.encode())
        assert code == 0, said
        await gateway.start(within=60)
        session = await signed_in(gateway)
        try:
            every = pages(ticket)
            idle, computed = await alone_with(session, gateway, every)
            intake = {"alone": await loaded(gateway, rate, seconds, 10_000_000)}
            screens = [asyncio.create_task(watch(session, gateway.url)) for _ in range(3)]
            busy: dict[str, list[float]] = {}
            opened = 0.0
            for number, (pace, who) in enumerate(
                ((PACE, f"with {OPERATORS} operators"), (0.0, "with pages opened without a pause")), 2
            ):
                over, since = asyncio.Event(), time.perf_counter()
                looking = asyncio.create_task(look(session, gateway.url, every, over, pace))
                intake[who] = await loaded(gateway, rate, seconds, number * 10_000_000)
                over.set()
                busy = await looking
                opened = sum(map(len, busy.values())) / (time.perf_counter() - since)
            for screen in screens:
                screen.cancel()
            await asyncio.gather(*screens, return_exceptions=True)
            intake["alone again"] = await loaded(gateway, rate, seconds, 40_000_000)
        finally:
            await session.close()
            await gateway.stop()
    load = os.getloadavg()[0]
    print(f"load of the machine over the last minute: {load:.1f} on {os.cpu_count()} cores\n")
    head = f"| page | computes | calm, p50 | p95 | {rate:.0f} messages/s, p50 | p95 | asked |"
    print(head + "\n|---|---|---|---|---|---|---|")
    for page in every:
        calm_ones, busy_ones = idle[page.name], busy[page.name]
        cells = [f"{share(times, part):.0f}" for times in (calm_ones, busy_ones) for part in (50, 95)]
        print(f"| {page.name} | {computed[page.name]:.0f} | {' | '.join(cells)} | {len(busy_ones)} |")
    slow = [page.name for page in every if share(busy[page.name], 95) > GOAL]
    print(f"\nmilliseconds; goal {GOAL:.0f} at p95; over it: {', '.join(slow) or 'none'}")
    print(
        f"without a pause, {opened:.0f} pages were opened each second; by {OPERATORS} operators, {1 / PACE:.0f}\n"
    )
    print("| intake | messages/s | p50 ms | p95 ms | p99 ms | refused |\n|---|---|---|---|---|---|")
    for name, (latencies, refused, took) in intake.items():
        rates = f"{len(latencies) / took:.0f} | {share(latencies, 50):.0f} | {share(latencies, 95):.0f}"
        print(f"| {name} | {rates} | {share(latencies, 99):.0f} | {refused} |")


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    given += [100_000.0, 200.0, 20.0][len(given) :]
    asyncio.run(main(int(given[0]), given[1], given[2]))
