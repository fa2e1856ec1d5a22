"""What every webhook door promises, whoever its provider is: the fixtures of each adapter through the real way in.

Found by itself: a new folder in `adapters/` is held to this without a line here.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.base import Account, Adapter, names
from intake.web.hooks import Hooks
from normalizer.record import RawEvent
from tests.contract.test_adapters import PUBLIC_URL, Case, cases, load_account, read, webhook_cases
from tests.intake_world import IntakeWorld, intake_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


def signed(case: Case, adapter: Adapter[Any], at: datetime | None = None) -> RawEvent:
    raw, _ = read(case, adapter)
    if at is not None:
        raw = RawEvent(**{**{f: getattr(raw, f) for f in raw.__struct_fields__}, "received_at": at})
    found: RawEvent = importlib.import_module(f"adapters.{case.adapter}.simulate").sign(raw, adapter.settings)
    return found


@asynccontextmanager
async def served(world: IntakeWorld, account: Account) -> AsyncIterator[str]:
    """The account's hook on a free port; its address."""
    hooks = Hooks(
        receiver=world.receiver,
        adapters=world.adapters,
        clock=lambda: datetime.now(UTC),
        public_url=PUBLIC_URL,
        metrics=world.metrics,
    )
    app = web.Application()
    hooks.mount(app)
    # a client that is told 413 in the middle of its body: the server waits for the rest, here not for long
    runner = web.AppRunner(app, lingering_time=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("case", webhook_cases(), ids=lambda case: case.id)
async def test_fifty_repetitions_at_once_make_nothing_twice(case: Case, world: IntakeWorld) -> None:
    account = load_account(case.folder)
    adapter = world.adapter(account, public_url=PUBLIC_URL)
    raw = signed(case, adapter)
    answers = await asyncio.gather(*(world.receive(account.name, raw) for _ in range(50)))
    expected = [item for item in json.loads(case.expected.read_text())["items"] if item["item"] == "accepted"]
    ids = {item["message"]["external_id"] for item in expected}
    told = {tuple((fate.external_id, fate.ticket) for fate in fates) for fates in answers}
    assert len(told) == 1, "every repetition hears what the first time heard"
    first = [fate for fates in answers for fate in fates if fate.outcome == "accepted"]
    assert len(first) == len(ids), "one of the fifty was the first, for each message"
    stored = await world.journal.recent()
    assert len(stored) == len({fate.ticket for fate in first})


@pytest.mark.parametrize("case", webhook_cases(), ids=lambda case: case.id)
async def test_over_http_refusals_tell_a_forger_nothing(case: Case, world: IntakeWorld) -> None:
    account = load_account(case.folder)
    adapter: Any = world.adapter(account, public_url=PUBLIC_URL)
    raw = signed(case, adapter, datetime.now(UTC))
    plain, _ = read(case, adapter)
    proofs = [value for name, value in raw.headers.items() if plain.headers.get(name) != value]
    async with served(world, account) as url, aiohttp.ClientSession() as session:

        async def call(path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
            method = raw.method or "POST"
            async with session.request(method, url + path, data=io.BytesIO(body), headers=headers) as answer:
                return answer.status, await answer.text()

        bare = {
            name: value for name, value in plain.headers.items() if name not in ("host", "content-length")
        }
        # unsigned, with nothing in it, and larger than the door
        unsigned = plain.url.removeprefix(PUBLIC_URL).partition("?")[0]
        unsigned = unsigned if raw.url == plain.url else f"/hooks/{account.name}"
        status, text = await call(unsigned, raw.body, bare)
        assert status == 403, text
        assert not any(proof in text for proof in proofs)
        status, text = await call(unsigned, b"", {})
        assert status in (401, 403, 405), text
        status, _ = await call(unsigned, b" " * (adapter.max_bytes + 1), bare)
        assert status == 413
    assert await world.journal.recent() == ()
    assert (await world.journal.depths()).quarantined == 0, "nothing of a stranger's is kept"


def outcomes(adapter: str) -> list[dict[str, Any]]:
    return [
        json.loads(c.expected.read_text()) for c in cases() if c.adapter == adapter and c.expected.exists()
    ]


def kinds(adapter: str) -> set[str]:
    """What an adapter's fixtures show: each error, each fate, each reason, and batches with a bad item."""
    found = set()
    for told in outcomes(adapter):
        found.add(told.get("error", ""))
        items = told.get("items", [])
        found |= {item["item"] for item in items}
        found |= {item["reason"] for item in items if item["item"] == "ignored"}
        if {"not_read", "accepted"} <= {item["item"] for item in items}:
            found.add("one bad item")
    return found


WEBHOOKS = sorted({case.adapter for case in webhook_cases()})


@pytest.mark.parametrize("adapter", WEBHOOKS)
def test_the_fixtures_of_a_webhook_show_every_fate(adapter: str) -> None:
    assert {"accepted", "Forged", "ignored", "empty"} <= kinds(adapter)
    assert kinds(adapter) & {"Unreadable", "not_read"}, "what is authentic and cannot be read"
    assert "unsupported" in kinds(adapter) or adapter == "qlue", "an event that is no message"


BATCHES = {"facebook", "instagram", "whatsapp", "x", "sms", "qlue", "sp4n_lapor"}


@pytest.mark.parametrize("adapter", sorted(BATCHES & set(names())))
def test_one_bad_item_of_a_batch_does_not_hold_up_the_others(adapter: str) -> None:
    assert "one bad item" in kinds(adapter)


@pytest.mark.parametrize(
    "adapter", ["facebook", "instagram", "whatsapp", "x", "telegram", "email", "sp4n_lapor"]
)
def test_what_we_said_ourselves_is_no_complaint(adapter: str) -> None:
    assert "own_echo" in kinds(adapter)
