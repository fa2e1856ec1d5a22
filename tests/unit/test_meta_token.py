"""A token's end is told before it comes and when it came, once, and is over when a new one is there."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from adapters.base import Fate
from tests.meta_world import DOORS, MetaWorld, meta_world


def ends_in(w: MetaWorld, **delta: float) -> int:
    return int((w.clock.at + timedelta(**delta)).timestamp())


@pytest.mark.parametrize("name", DOORS)
async def test_a_token_that_holds_troubles_nobody(name: str) -> None:
    async with meta_world(name) as w:
        for _ in range(3):
            await w.adapter.check()
        assert w.graph.calls == ["debug_token"] * 3
        assert w.health.changes == []


@pytest.mark.parametrize("field", ["expires_at", "data_access_expires_at"])
async def test_a_token_that_ends_soon_is_told_a_week_before(field: str) -> None:
    async with meta_world("facebook") as w:
        w.graph.about_token[field] = ends_in(w, days=8)
        await w.adapter.check()
        assert w.health.now == {}
        w.clock.at += timedelta(days=2)
        await w.adapter.check()
        await w.adapter.check()
        assert "2026-12-01" in w.health.now["token expires"]
        assert "account.facebook.settings.access_token" in w.health.now["token expires"]
        w.graph.about_token[field] = 0
        await w.adapter.check()
        assert w.health.now == {}
        assert w.health.changes == [("token expires", True), ("token expires", False)]


@pytest.mark.parametrize(
    "about",
    [
        {"is_valid": False},
        {"is_valid": False, "error": {"code": 190, "error_subcode": 463, "message": "Session has expired"}},
        {"is_valid": False, "expires_at": 1},
    ],
)
async def test_an_invalid_token_is_told_once_however_often_it_is_looked_at(about: dict[str, Any]) -> None:
    async with meta_world("facebook") as w:
        w.graph.about_token = about
        for _ in range(4):
            await w.adapter.check()
        assert w.health.changes == [("token", True)], "no flipping back and forth"
        w.graph.about_token = {"is_valid": True}
        await w.adapter.check()
        assert w.health.changes == [("token", True), ("token", False)]


async def test_a_token_that_meta_takes_no_more_is_told_and_over_when_it_is_mended() -> None:
    async with meta_world("facebook") as w:
        w.graph.token = "another"
        for _ in range(3):
            await w.adapter.check()
        assert w.health.changes == [("token", True)]
        w.graph.token = "contoh-token"
        await w.adapter.check()
        assert w.health.now == {}


@pytest.mark.parametrize("code", [10, 100, 200])
async def test_where_a_token_may_not_ask_about_itself_me_is_asked(code: int) -> None:
    async with meta_world("facebook") as w:
        for _ in range(3):
            w.graph.refuse_next.append((400, {"code": code}))
            await w.adapter.check()
        assert w.graph.calls == ["debug_token", "me"] * 3
        assert w.health.changes == []
        w.graph.refuse_next += [(400, {"code": code}), (400, {"code": 190})]
        await w.adapter.check()
        assert w.health.changes == [("token", True)]
        w.graph.refuse_next.append((400, {"code": code}))
        await w.adapter.check()
        assert w.health.now == {}


async def test_while_meta_is_away_the_health_stays_as_it_was() -> None:
    async with meta_world("facebook") as w:
        for error in ((500, {"code": 2}), (429, {"code": 4}), (503, {})):
            w.graph.refuse_next.append(error)
            await w.adapter.check()
        assert w.health.changes == []
        w.graph.token = "another"
        await w.adapter.check()
        w.graph.refuse_next.append((500, {"code": 2}))
        await w.adapter.check()
        assert w.health.changes == [("token", True)]


@pytest.mark.parametrize(
    ("changed", "calls"), [({}, ["debug_token"]), ({"check_interval": 0}, []), ({"access_token": ""}, [])]
)
async def test_the_loop_looks_at_once_or_never(changed: dict[str, Any], calls: list[str]) -> None:
    async with meta_world("facebook", **changed) as w:
        loop = asyncio.create_task(w.adapter.run())
        async with asyncio.timeout(20):
            while len(w.graph.calls) < len(calls):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        assert w.graph.calls == calls


@pytest.mark.parametrize("name", DOORS)
async def test_events_of_another_account_are_told_until_a_day_without_any(name: str) -> None:
    async with meta_world(name) as w:
        stranger = Fate(outcome="ignored", reason="other_account")
        for _ in range(5):
            answer = w.adapter.answer([Fate(outcome="accepted"), stranger])
            assert (answer.status, answer.body) == (200, b"EVENT_RECEIVED"), "Meta must not send them again"
        assert w.adapter.own_setting in w.health.now["other account"]
        w.adapter.answer([Fate(outcome="accepted")])
        w.clock.at += timedelta(hours=23)
        w.adapter._forget_strangers()
        assert "other account" in w.health.now
        w.clock.at += timedelta(hours=2)
        w.adapter._forget_strangers()
        assert w.health.changes == [("other account", True), ("other account", False)]
