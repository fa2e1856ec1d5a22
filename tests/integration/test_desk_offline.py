"""What the desk's page asks for to go on without network: who sits here, tickets, a worker and a page of nobody's."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from normalizer.identity import read_ticket
from tests.desk_world import DeskWorld, desk_world
from tests.web_world import Browser

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DeskWorld]:
    async with desk_world(tmp_path) as one:
        yield one


@pytest.fixture
async def clerk(world: DeskWorld) -> AsyncIterator[Browser]:
    async with Browser(world) as one:  # type: ignore[arg-type]
        await one.sign_in()
        yield one


async def state(browser: Browser) -> dict[str, Any]:
    return dict(json.loads(await browser.get("/loket/keadaan")))


async def reserve(browser: Browser) -> list[dict[str, str]]:
    token = (await state(browser))["csrf"]
    return list(json.loads(await browser.post("/loket/nomor", {"csrf": token}))["tickets"])


async def send(browser: Browser, form_id: str, **fields: str) -> dict[str, Any]:
    """One entry, as the page sends it."""
    form = aiohttp.FormData(default_to_multipart=True)
    usual = {"text": "Jalan berlubang di depan pasar", "consent": "1", "csrf": (await state(browser))["csrf"]}
    for name, value in {**usual, "form_id": form_id, **fields}.items():
        form.add_field(name, value)
    return dict(json.loads(await browser.post("/loket", form, headers=SCRIPT)))


async def test_the_page_hears_who_sits_here_and_a_stranger_nothing(world: DeskWorld, clerk: Browser) -> None:
    told = await state(clerk)
    assert told["office"] == "Kelurahan Cideng"
    assert re.fullmatch("[0-9a-f]{32}", told["key"])
    assert "loket" not in (told["clerk"], told["key"])
    async with Browser(world) as stranger:  # type: ignore[arg-type]
        assert await state(stranger) == {}
        assert stranger.status == 401
        await stranger.post("/loket/nomor", {"csrf": told["csrf"]})
        assert stranger.status == 401
    await clerk.post("/loket/nomor", {"csrf": "x"})
    assert clerk.status == 403


async def test_a_reserved_ticket_is_borne_by_its_entry_however_often_it_comes(
    world: DeskWorld, clerk: Browser
) -> None:
    papers = await reserve(clerk)
    assert len({read_ticket(paper["ticket"]) for paper in papers}) == len(papers) == 20
    given = papers[3]
    entered = world.inside.clock.now() - timedelta(hours=3)
    for _ in range(2):
        answer = await send(clerk, given["form_id"], entered_at=entered.isoformat())
        assert answer["ticket"] == given["ticket"]
    (one,) = await world.files()
    assert one.messages[0].message.sent_at == entered
    await clerk.get(answer["place"])
    assert given["pin"] in clerk.text
    await clerk.get(given["link"].removeprefix(world.url))
    assert clerk.status == 200
    assert given["ticket"] in clerk.text


async def test_a_code_of_an_entry_that_has_not_come_says_so(world: DeskWorld, clerk: Browser) -> None:
    (paper, *_) = await reserve(clerk)
    await clerk.get(paper["link"].removeprefix(world.url))
    assert clerk.status == 404
    assert "belum terkirim" in clerk.text


async def test_nobody_sends_under_the_ids_of_another_clerk(world: DeskWorld, clerk: Browser) -> None:
    await world.add("kedua")
    (paper, *_) = await reserve(clerk)
    own = f"L-{(await state(clerk))['clerk']}-0123456789abcdef"
    async with Browser(world) as other:  # type: ignore[arg-type]
        await other.sign_in("kedua")
        for form_id in (paper["form_id"], own, paper["form_id"].partition(".")[0] + ".0", "x" * 24):
            await send(other, form_id)
            assert other.status == 403
    assert await world.files() == []
    answer = await send(clerk, own)
    assert (await send(clerk, own))["ticket"] == answer["ticket"]
    assert len(await world.files()) == 1


async def test_what_is_wrong_is_told_in_words(clerk: Browser) -> None:
    (paper, *_) = await reserve(clerk)
    answer = await send(clerk, paper["form_id"], kelurahan="Atlantis")
    assert clerk.status == 422
    ((field, words),) = answer["problems"]
    assert field == "kelurahan"
    assert "tidak ditemukan" in words


async def test_a_clock_that_cannot_be_right_is_not_believed(world: DeskWorld, clerk: Browser) -> None:
    papers = await reserve(clerk)
    now = world.inside.clock.now()
    wrong = ("kemarin", "2026-11-20T10:00:00", (now + timedelta(hours=1)).isoformat(), "1999-01-01T00:00:00Z")
    for paper, written in zip(papers, wrong, strict=False):
        await send(clerk, paper["form_id"], entered_at=written)
    assert {one.messages[0].message.sent_at for one in await world.files()} == {now}


async def test_tickets_are_not_taken_without_end(clerk: Browser) -> None:
    token = (await state(clerk))["csrf"]
    statuses = []
    for _ in range(21):
        await clerk.post("/loket/nomor", {"csrf": token})
        statuses.append(clerk.status)
    assert statuses == [200] * 20 + [429]


async def test_the_worker_keeps_what_is_there_and_the_page_holds_nobodys_data(
    world: DeskWorld, clerk: Browser
) -> None:
    token = (await state(clerk))["csrf"]
    for language in ("id", "en"):
        source = await clerk.get(f"/loket/pekerja.js?bahasa={language}")
        headers: Mapping[str, str] = clerk.headers
        assert headers["Service-Worker-Allowed"] == "/loket"
        assert "connect-src 'self'" in headers["Content-Security-Policy"]
        found = re.match(r"const KEPT = (.*);\n", source)
        assert found is not None
        kept = json.loads(found[1])
        page = await clerk.get(kept["page"])
        assert f'<html lang="{language}">' in page
        assert token not in page
        assert "Keluar" not in page
        wanted = set(re.findall(r'(?:src|href)="(/statis/[^"]+)"', page))
        assert wanted <= set(kept["files"])
        for address in kept["files"]:
            script = await clerk.get(address)
            assert clerk.status == 200, address
            wanted = set(re.findall(r'from "(/statis/[^"]+)"', script))
            assert wanted <= set(kept["files"]), address
    await clerk.get("/loket/pekerja.js?bahasa=xx")
    assert clerk.status == 404
