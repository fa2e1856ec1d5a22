"""Forged calls at every door whose callers prove who they are, and replays of genuine ones.

The doors are found, not listed: every account of the adapters' fixtures that is a webhook, and that of Open311 with its
keys. Those of our own signed APIs, which know a moment, too, have tests of their own (test_app_reports,
test_balai_warga).
"""

from __future__ import annotations

import asyncio
import importlib
import io
import random
import re
import statistics
import string
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web
from msgspec.structs import replace

from adapters.base import Adapter
from normalizer.errors import Forged, KanalError
from normalizer.record import RawEvent
from tests.contract.test_adapters import PUBLIC_URL, ROOT, Case, load_account, read, webhook_cases
from tests.contract.test_doors import served, signed
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.intake_world import IntakeWorld, intake_world

AT_ONCE = 8
#: So many pairs of proofs are timed at least: a call takes microseconds.
_LEAST_PAIRS = 200
_REFUSED = (401, 403)
_TICKET = re.compile(r"\d{6}-\d{4,}-\d")

Spoil = Callable[[random.Random], RawEvent]


async def run(stage: Stage, figure: Figure) -> Numbers:
    found, total = webhook_cases(), Counter[str]()
    slowest = 0.0
    async with intake_world(stage.folder) as world:
        for case in found:
            statuses, differs = await _door(world, case, figure.count)
            assert statuses.keys() <= set(_REFUSED), f"{case.id}: {dict(statuses)}"
            total["forged"] += statuses.total()
            slowest = max(slowest, differs)
            stage.step(figure.count / (len(found) + 1))
            stage.tell(f"{case.id}: {dict(statuses)}")
        total["forged"] += await _keys(world, figure.count)
    return {
        "doors": float(len(found) + 1),
        "forged": total["forged"],
        "replays": figure.count * len(found),
        "time_differs_percent": round(slowest, 1),
    }


async def _door(world: IntakeWorld, case: Case, count: int) -> tuple[Counter[int], float]:
    """So many forged calls at one door, then the genuine one, again and again."""
    account = load_account(case.folder)
    adapter: Any = world.adapter(account, public_url=PUBLIC_URL)
    genuine = signed(case, adapter, datetime.now(UTC))
    plain, _ = read(case, adapter)
    proofs = proofs_of(plain, genuine)
    spoils = ways(case, adapter, plain, genuine)
    chance = random.Random(2611)
    statuses: Counter[int] = Counter()
    before = await _held(world)
    async with served(world, account) as url, aiohttp.ClientSession() as session:

        async def call(raw: RawEvent) -> tuple[int, str]:
            unfit = ("host", "content-length", "connection")
            headers = {name: value for name, value in raw.headers.items() if name not in unfit}
            path = raw.url.removeprefix(PUBLIC_URL)
            method = raw.method or "POST"
            async with session.request(
                method, url + path, data=io.BytesIO(raw.body), headers=headers
            ) as answer:
                return answer.status, await answer.text()

        async def forge(numbers: range) -> None:
            for number in numbers:
                status, said = await call(spoils[number % len(spoils)](chance))
                statuses[status] += 1
                assert not any(proof in said for proof in proofs), f"{case.id}: what is right was said"

        await asyncio.gather(*(forge(range(first, count, AT_ONCE)) for first in range(AT_ONCE)))
        assert await _held(world) == before, f"{case.id}: something of a forger's is kept"
        first = await call(genuine)
        assert first[0] < 300, f"{case.id}: the genuine call got {first}"
        complaints = await world.journal.recent(limit=1000)

        async def again(numbers: range) -> None:
            for _ in numbers:
                status, said = await call(genuine)
                told = (status, _TICKET.findall(said))
                assert told == (first[0], _TICKET.findall(first[1])), f"{case.id}: first {first}, now {said}"

        await asyncio.gather(*(again(range(one, count, AT_ONCE)) for one in range(AT_ONCE)))
        assert await world.journal.recent(limit=1000) == complaints, f"{case.id}: a replay was taken for new"
    return statuses, _differs(adapter, genuine, proofs, count)


async def _held(world: IntakeWorld) -> tuple[object, ...]:
    """Whatever a call could have left behind."""
    depths = await world.journal.depths()
    return await world.journal.recent(limit=1000), depths.quarantined, depths.kept


def proofs_of(plain: RawEvent, genuine: RawEvent) -> list[str]:
    """What proves the call: headers, and the part of the address that is in none without proof."""
    found = [value for name, value in genuine.headers.items() if plain.headers.get(name) != value]
    if genuine.url != plain.url:
        found.append(_secret(plain.url, genuine.url)[1])
    return [proof for proof in found if len(proof) >= 8]


def _secret(plain: str, genuine: str) -> tuple[str, str, str]:
    """The address with its proof: what stands before it, the proof, and what stands behind."""
    alike = [a == b for a, b in zip(plain, genuine, strict=False)]
    start = alike.index(False) if False in alike else len(alike)
    end = 0
    while end < min(len(plain), len(genuine)) - start and plain[-end - 1] == genuine[-end - 1]:
        end += 1
    return genuine[:start], genuine[start : len(genuine) - end], genuine[len(genuine) - end :]


def ways(case: Case, adapter: Adapter[Any], plain: RawEvent, genuine: RawEvent) -> list[Spoil]:
    """The ways to forge this call: each makes another one every time."""
    headers = [name for name, value in genuine.headers.items() if plain.headers.get(name) != value]
    found: list[Spoil] = []
    if headers:
        found.append(lambda _: replace(genuine, headers=_without(genuine.headers, headers)))
    for name in headers:
        value = genuine.headers[name]
        with_ = partial(_with_header, genuine, name)
        found += [
            lambda _, n=name: replace(genuine, headers=_without(genuine.headers, [n])),  # type: ignore[misc]
            lambda chance, v=value, w=with_: w(v[: chance.randrange(len(v))].strip()),  # type: ignore[misc]
            lambda chance, v=value, w=with_: w(v + chance.choice("0aZ=")),  # type: ignore[misc]
            lambda chance, v=value, w=with_: w(_changed(v, chance)),  # type: ignore[misc]
            lambda chance, v=value, w=with_: w("".join(chance.choices(string.hexdigits, k=len(v)))),  # type: ignore[misc]
            lambda chance, w=with_: w(
                chance.choice(("", "é", "sha256=", "Basic ", "Bearer null", "0" * 5000))
            ),  # type: ignore[misc]
        ]
    if genuine.url != plain.url:
        before, secret, behind = _secret(plain.url, genuine.url)
        found += [
            lambda _: replace(genuine, url=plain.url),
            lambda chance: replace(genuine, url=before + _changed(secret, chance) + behind),
        ]
    sign = importlib.import_module(f"adapters.{case.adapter}.simulate").sign

    def covered(body: bytes) -> bool:
        """Whether the proof would be another one for this body. Some hold for all, some for listed fields."""
        other = replace(plain, body=body, received_at=genuine.received_at)
        try:
            proved = sign(other, adapter.settings)
        except KanalError:  # the fields that are signed are not there
            return True
        return any(proved.headers[name] != genuine.headers[name] for name in headers)

    def other_body(chance: random.Random) -> RawEvent:
        while not covered(body := _other_body(genuine.body, chance)):
            pass
        return replace(genuine, body=body)

    if covered(b"x" + genuine.body[1:]) and covered(b""):
        found.append(other_body)
    return found


def _without(headers: Mapping[str, str], names: list[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def _with_header(raw: RawEvent, name: str, value: str) -> RawEvent:
    return replace(raw, headers={**raw.headers, name: value})


def _changed(text: str, chance: random.Random) -> str:
    """One letter or digit is another one: not the same in capitals, which some providers write."""
    at = chance.choice([found.start() for found in re.finditer(r"[A-Za-z0-9]", text)])
    others = [sign for sign in string.ascii_letters + string.digits if sign.lower() != text[at].lower()]
    return text[:at] + chance.choice(others) + text[at + 1 :]


def _other_body(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    kind = chance.randrange(3)
    if kind == 0:
        return body[:at] + bytes([body[at] ^ 1 << chance.randrange(8)]) + body[at + 1 :]
    return body[:at] if kind == 1 else body[:at] + b" " + body[at:]


def _differs(adapter: Any, genuine: RawEvent, proofs: list[str], count: int) -> float:
    """By how many percent a proof that is wrong at its end takes longer than one that is wrong at once."""
    names = [name for name, value in genuine.headers.items() if value in proofs]
    if not names:
        return 0.0
    name = max(names, key=lambda one: len(genuine.headers[one]))
    value = genuine.headers[name]
    signs = [found.start() for found in re.finditer(r"[A-Za-z0-9]", value.rpartition("=")[2] or value)]
    start = len(value) - len(value.rpartition("=")[2] or value)
    wrong = []
    for at in (start + signs[0], start + signs[-1]):
        other = "b" if value[at].lower() != "b" else "d"
        wrong.append(_with_header(genuine, name, value[:at] + other + value[at + 1 :]))
    seconds: tuple[list[float], list[float]] = ([], [])
    pairs = list(zip(wrong, seconds, strict=True))
    for _ in range(max(count, _LEAST_PAIRS)):
        for raw, taken in pairs:
            # The thread's own time: what else the machine does is no difference between two proofs.
            began = time.thread_time()
            with suppress(Forged):
                adapter.verify(raw)
            taken.append(time.thread_time() - began)
        # Whatever the first of two does for the second helps each of them as often.
        pairs.reverse()
    early, late = (statistics.quantiles(taken, n=4)[0] for taken in seconds)
    return abs(late / early - 1) * 100


# Open311: whoever has a key may file


async def _keys(world: IntakeWorld, count: int) -> int:
    """Reports with keys that are none."""
    folder = next(iter(sorted(ROOT.glob("open311/fixtures/**/account.toml")))).parent
    account = load_account(folder)
    adapter: Any = world.adapter(account, public_url=PUBLIC_URL)
    app = web.Application()
    app.add_subapp(adapter.prefix, adapter.web_app())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}{adapter.prefix}/requests.json"
    before = await _held(world)
    keys = [key.reveal() for key in adapter.settings.keys.values()]
    chance = random.Random(2611)
    forms: tuple[Callable[[str], str], ...] = (
        lambda key: key[: chance.randrange(len(key))],
        lambda key: key + chance.choice("0aZ="),
        lambda key: _changed(key, chance),
        lambda key: "".join(chance.choices(string.ascii_letters, k=len(key))),
        lambda key: chance.choice(("", "\x00", "é", "*", "' OR 1=1 --", "x" * 5000)),
    )
    try:
        async with aiohttp.ClientSession() as session:
            for number in range(count):
                form = {"service_code": "jalan", "description": "Jalan berlubang di depan pasar"}
                form["api_key"] = forms[number % len(forms)](chance.choice(keys))
                async with session.post(url, data=form) as answer:
                    said = await answer.text()
                    assert answer.status in _REFUSED, f"open311: {answer.status} {said}"
                    assert not any(key in said for key in keys)
    finally:
        await runner.cleanup()
    assert await _held(world) == before
    return count


ROW = Row(
    name="forged",
    test="forged, absent, truncated, wrong-body signatures at every door that has one; replays of the genuine call",
    load="1,000 forged and 1,000 replays per account",
    passes="all refused with 401/403, the expected value never echoed, constant time; 0 new records, the first answer",
    unit="calls per account",
    small=Figure(count=24),
    full=Figure(count=1000),
    limits={"time_differs_percent": 15},
    minutes=3,
    broker=False,
    run=run,
)
