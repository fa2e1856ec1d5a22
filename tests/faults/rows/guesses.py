"""Who guesses: passwords, PINs and tracking codes. Few guesses are heard, and none of them finds anything.

Every guess may come from another address of loopback, so that what is bounded is the account or the ticket, and not
only the address.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from math import log2
from pathlib import Path

import aiohttp

from adapters.base import Letter
from complaint_queue.keys import load_or_create
from intake.staff import StaffStore
from intake.staff.rules import StaffSettings, TooManyTries
from intake.web import tracking
from normalizer.identity import Secrets, decode_id, encode_id
from tests.faults.rows.damage import NAME, rows
from tests.faults.rows.load import enrol
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import CLERK, GatewayProcess

AT_ONCE = 16
RULES = StaffSettings()
WRONG = "salah sekali ini"
_CSRF = re.compile(r'name="csrf" value="([^"]*)"')
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Guesser:
    """One browser's cookie and form token, sent from as many addresses as are wanted."""

    def __init__(self, gateway: GatewayProcess, path: str) -> None:
        self._url, self._path = gateway.url + path, path
        self._stack = AsyncExitStack()
        self._sessions: dict[int, aiohttp.ClientSession] = {}
        self._cookies: dict[str, str] = {}
        self._csrf = ""

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[Guesser]:
        """With the form open."""
        async with self._stack:
            async with aiohttp.ClientSession() as session, session.get(self._url) as answer:
                self._csrf = _CSRF.findall(await answer.text())[-1]
                self._cookies = {name: one.value for name, one in answer.cookies.items()}
            yield self

    async def say(self, address: int, **fields: str) -> tuple[int, str, str]:
        """Send the form from 127.0.<address>: the status, the page, and where it leads."""
        session = await self._from(address)
        form = {"csrf": self._csrf, **fields}
        async with session.post(self._url, data=form, allow_redirects=False) as answer:
            return answer.status, await answer.text(), answer.headers.get("Location", "")

    async def look(self, address: int, path: str) -> tuple[int, str]:
        """Open `path` below the form's."""
        session = await self._from(address)
        async with session.get(f"{self._url}/{path}", allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def _from(self, address: int) -> aiohttp.ClientSession:
        if address not in self._sessions:
            where = f"127.0.{address // 250}.{address % 250 + 2}"
            connector = aiohttp.TCPConnector(local_addr=(where, 0), limit=AT_ONCE)
            session = aiohttp.ClientSession(connector=connector, cookies=self._cookies)
            self._sessions[address] = await self._stack.enter_async_context(session)
        return self._sessions[address]


async def in_turns(stage: Stage, count: int, one: Callable[[int], Awaitable[None]]) -> None:
    """Call `one(number)` so many times, some at once."""
    numbers = iter(range(count))

    async def some() -> None:
        for number in numbers:
            await one(number)
            stage.step(1)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


# passwords


async def passwords(stage: Stage, figure: Figure) -> Numbers:
    """Three tenths of the tries at one account, four at many from one address; with the rest the clock is read."""
    gateway = GatewayProcess(stage.folder, "")
    at_one, from_one = figure.count * 3 // 10, figure.count * 4 // 10
    pairs = (figure.count - at_one - from_one) // 2
    known = [f"petugas.{number}" for number in range(-(-pairs // (RULES.guesses - 1)))]
    await enrol(gateway, [CLERK[0], *known])
    await gateway.start(60)
    began = time.monotonic()
    try:
        async with Guesser(gateway, "/masuk").ready() as guesser:
            slow = await _equally_slow(stage, guesser, known, pairs)
            account = Counter[int]()

            async def guess(number: int) -> None:
                status, _, _ = await guesser.say(10 + number % 40, login=CLERK[0], password=WRONG)
                account[status] += 1

            await in_turns(stage, at_one, guess)
            status, _, _ = await guesser.say(99, login=CLERK[0].upper(), password=CLERK[1])
            assert status == 429, f"the right password is no way round, and it got {status}"
            address = Counter[int]()

            async def spray(number: int) -> None:
                status, _, _ = await guesser.say(100, login=f"warga.{number}", password=WRONG)
                address[status] += 1

            await in_turns(stage, from_one, spray)
        assert time.monotonic() - began < RULES.window, "in one window"
    finally:
        await gateway.kill()
    assert account == Counter({401: RULES.guesses, 429: at_one - RULES.guesses}), dict(account)
    heard = min(RULES.guesses_per_address, from_one)
    assert address == Counter({401: heard} | ({429: from_one - heard} if from_one > heard else {})), address
    return {
        "tries": figure.count,
        "heard_at_one_account": float(account[401]),
        "heard_from_one_address": float(heard),
        **slow,
    }


async def _equally_slow(stage: Stage, guesser: Guesser, known: Sequence[str], pairs: int) -> Numbers:
    """The time of a wrong password for those who have an account, and for those who have none, by turns."""
    seconds: dict[str, list[float]] = {"known": [], "unknown": []}
    pages = set()
    for number in range(pairs):
        logins = {"known": known[number // (RULES.guesses - 1)], "unknown": f"siapa.{number}"}
        order = list(logins.items())
        random.shuffle(order)
        for which, login in order:
            began = time.perf_counter()
            status, page, _ = await guesser.say(number // 50, login=login, password=WRONG)
            seconds[which].append(time.perf_counter() - began)
            assert status == 401, f"{which}: {status}"
            pages.add(page.replace(login, "").replace("kanal", ""))
            stage.step(1)
    assert len(pages) == 1, "both are shown the same page"
    there, absent = (statistics.median(seconds[which]) for which in ("known", "unknown"))
    return {
        "known_ms": round(there * 1000, 1),
        "unknown_ms": round(absent * 1000, 1),
        "timing_differs_percent": round(abs(there / absent - 1) * 100, 1),
    }


# tracking codes and PINs

TICKETS = 12
MARK = "tanda-rahasia-pelapor"
#: Stands on the page of a complaint that was found.
STAGE = 'aria-current="step"'
#: What is tried at the code and the store itself, for each guess that comes by HTTP.
INSIDE = 50


async def codes(stage: Stage, figure: Figure) -> Numbers:
    """Half of the guesses at codes, half at PINs; then, without HTTP, fifty times as many of each."""
    gateway = GatewayProcess(stage.folder, "")
    await enrol(gateway, [CLERK[0]])
    await gateway.start(60)
    try:
        simulator = gateway.simulator("loket")
        await simulator.start()
        tickets = []
        for number in range(TICKETS):
            letter = Letter(number=number, text=f"Lampu jalan mati di depan pasar {MARK} {number}")
            tickets.append((await simulator.send(letter)).rpartition("/")[2])
        await simulator.stop()
        folder = gateway.config.data_dir
        secrets = Secrets(load_or_create(folder / "keys.json", {}).identity_key)
        numbers = sorted(int(str(row[0])) for row in rows(folder / NAME)["complaints"])
        assert len(numbers) == len(tickets) == TICKETS
        async with Guesser(gateway, "/lacak").ready() as guesser:
            found = await _guess_codes(stage, guesser, secrets, numbers, figure.count // 2)
            pins = await _guess_pins(stage, guesser, tickets, figure.count - figure.count // 2)
            await _the_right_ones(guesser, secrets, dict(zip(tickets, numbers, strict=True)))
    finally:
        await gateway.kill()
    inside = figure.count * INSIDE
    return {
        "guesses_by_http": figure.count,
        "codes_refused": found,
        "pins_heard": float(pins[422]),
        "pins_refused_unheard": pins[429],
        "guesses_inside": inside,
        "random_bits_of_a_code": _bits(secrets),
        "codes_found_inside": _found_inside(secrets, numbers, inside),
        "pins_heard_a_day_inside": await _heard_a_day(stage.folder, inside),
    }


async def _guess_codes(
    stage: Stage, guesser: Guesser, secrets: Secrets, numbers: Sequence[int], count: int
) -> int:
    """Codes of complaints that are there, whose secret half is made up, or off by one sign."""

    async def guess(number: int) -> None:
        code = _guess(secrets, numbers[number % len(numbers)], near=number % 2 == 0)
        status, page = await guesser.look(number % 200, code)
        assert status == 404, f"{code} was answered {status}"
        assert STAGE not in page, "no stage is shown"
        assert MARK not in page

    await in_turns(stage, count, guess)
    return count


def _guess(secrets: Secrets, complaint_id: int, *, near: bool) -> str:
    right = secrets.tracking_code(complaint_id)
    half = right[13:]
    if near:
        at = random.randrange(13)
        half = half[:at] + random.choice(_ALPHABET.replace(half[at], "")) + half[at + 1 :]
    else:
        half = "".join(random.choices(_ALPHABET, k=13))
    return encode_id(complaint_id) + half if half != right[13:] else _guess(secrets, complaint_id, near=near)


async def _guess_pins(stage: Stage, guesser: Guesser, tickets: Sequence[str], count: int) -> Counter[int]:
    """At tickets but the last two, at each more often than is heard; from many addresses, as a net of hijacked
    machines would."""
    statuses, heard = Counter[int](), Counter[str]()
    tried = tickets[:-2][: max(1, count // (tracking.PER_TICKET + 2))]

    async def guess(number: int) -> None:
        ticket = tried[number % len(tried)]
        status, page, _ = await guesser.say(number % 400, ticket=ticket, pin=f"{number % 1_000_000:06d}")
        statuses[status] += 1
        heard[ticket] += status == 422
        if status == 303:
            raise AssertionError(f"a guess at {ticket} was right: one in {1_000_000 // count:,} runs is")
        assert MARK not in page
        assert STAGE not in page

    await in_turns(stage, count, guess)
    assert statuses.keys() <= {422, 429}, dict(statuses)
    assert max(heard.values()) <= tracking.PER_TICKET, heard.most_common(3)
    return statuses


async def _the_right_ones(guesser: Guesser, secrets: Secrets, papers: dict[str, int]) -> None:
    """After all that, a ticket that was guessed at opens for nobody by PIN today; its link and the others' PINs do."""
    *tried, alone, other = papers
    status, page, where = await guesser.say(401, ticket=other, pin=secrets.pin(papers[other]))
    assert status == 303, page[:300]
    assert decode_id(where.rpartition("/")[2][:13]) == papers[other]
    status, page, _ = await guesser.say(402, ticket=alone, pin="")
    assert status == 422, "a ticket alone shows nothing"
    assert STAGE not in page
    status, _, _ = await guesser.say(403, ticket=tried[0], pin=secrets.pin(papers[tried[0]]))
    assert status == 429
    status, page = await guesser.look(404, secrets.tracking_code(papers[tried[0]]))
    assert status == 200
    assert STAGE in page
    assert MARK not in page, "what was reported is shown to nobody"


def _bits(secrets: Secrets) -> float:
    """How many bits the secret half can carry, as it is seen: each of its signs takes every value."""
    seen = [set(signs) for signs in zip(*(secrets.tracking_code(n)[13:] for n in range(2000)), strict=True)]
    bits = sum(log2(len(signs)) for signs in seen)
    assert bits >= 60, f"{bits:.1f} random bits"
    return round(bits, 1)


def _found_inside(secrets: Secrets, numbers: Sequence[int], count: int) -> float:
    found = sum(
        secrets.read_tracking_code(_guess(secrets, numbers[n % len(numbers)], near=n % 2 == 0)) is not None
        for n in range(count)
    )
    assert not found, f"{found} of {count:,} guesses were codes"
    return float(found)


async def _heard_a_day(folder: Path, count: int) -> float:
    """Guesses at one PIN, a second apart and without an address: how many of them are heard in a day at most."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    moments = (now + timedelta(seconds=second) for second in itertools.count())
    at = now
    store = StaffStore(folder / "guesses.sqlite3", lambda: at)
    await store.open()
    heard: list[datetime] = []
    try:
        for _, at in zip(range(count), moments, strict=False):
            try:
                await store.guess("track-ticket", "261123-0001-5", tracking.PER_TICKET, tracking.DAY)
            except TooManyTries:
                continue
            heard.append(at)
    finally:
        await store.close()
    day = timedelta(seconds=tracking.DAY)
    most = max(sum(one <= later < one + day for later in heard) for one in heard)
    assert most <= tracking.PER_TICKET, f"{most} guesses in a day"
    assert len(heard) <= tracking.PER_TICKET * (count / tracking.DAY + 1)
    return float(most)


ROWS = (
    Row(
        name="sign-in-guesses",
        test="brute force on sign-in, at one account from many addresses and at many from one; user enumeration",
        load="1,000 tries",
        passes="≤ 10 guesses per 15 min and account, 300 per address; equal page and time for known and unknown",
        unit="tries",
        small=Figure(count=80),
        full=Figure(count=1000),
        limits={"heard_at_one_account": 10, "timing_differs_percent": 10},
        minutes=1,
        broker=False,
        run=passwords,
    ),
    Row(
        name="code-guesses",
        test="guessing tracking codes and PINs of complaints that are there",
        load="20,000 guesses over HTTP; 1,000,000 each at the codes and at the store that counts them",
        passes="0 found; a code has 60 random bits or more; ≤ 10 PINs a day and ticket; a ticket alone shows nothing",
        unit="guesses",
        small=Figure(count=120),
        full=Figure(count=20_000),
        minutes=5,
        broker=False,
        run=codes,
    ),
)
