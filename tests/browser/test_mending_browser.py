"""An operator takes an addition out of a ticket and joins two, in Debian's chromium and over the real journal."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from intake.staff import StaffStore
from intake.web import pages
from tests.dialogue_world import DialogueWorld, dialogue_world
from tests.web_world import OFFICE, PASSWORD
from tests.web_world import Browser as PlainBrowser

pytestmark = pytest.mark.browser

WHOLE = "Jalan berlubang besar di Kelurahan Kenari, sudah dua minggu rusak."
OTHER = "Sampah menumpuk di Kelurahan Paseban sejak hari Senin kemarin, bau. Nama saya Siti, HP 081200000011."


@dataclass
class MendingWorld:
    """The bot's world with the pages in front of it."""

    chats: DialogueWorld
    staff: StaffStore
    url: str = ""
    woken: int = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[MendingWorld]:
    async with dialogue_world(tmp_path) as chats:
        inside = chats.inside
        staff = StaffStore(tmp_path / "staff.sqlite3", inside.clock.now)
        await staff.open()
        made = MendingWorld(chats, staff)
        for login, role, office in (("operator", "operator", ""), ("loket", "clerk", OFFICE)):
            await staff.add_user(login, "Petugas Contoh", role, office)  # type: ignore[arg-type]
            await staff.set_password(login, PASSWORD)
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        made.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        deps = pages.PageDeps(
            journal=inside.journal, files=inside.files, secrets=inside.receiver.secrets, staff=staff,
            clock=inside.clock.now, receive=inside.receive, walkin_account="loket", public_url=made.url,
            secure=False, woken=made.wake,
        )  # fmt: skip
        app = web.Application(middlewares=pages.middlewares(deps))
        pages.mount(app, deps)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, sock).start()
        try:
            yield made
        finally:
            await runner.cleanup()
            await staff.close()


async def sign_in(page: Page, world: MendingWorld, login: str = "operator") -> None:
    await page.goto(world.url + "/masuk")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/loket")


async def _wrongly_added(world: MendingWorld) -> str:
    await world.chats.write(WHOLE)
    (created,) = await world.chats.events()
    await world.chats.write(f"{OTHER} Lihat juga {created.complaint.ticket}.")
    return created.complaint.ticket


@pytest.mark.parametrize("width", [320, 1280])
async def test_an_addition_is_taken_out_by_keyboard(
    world: MendingWorld, chromium: Browser, width: int
) -> None:
    ticket = await _wrongly_added(world)
    page = await chromium.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await sign_in(page, world)
    await page.goto(world.url + "/konsol/perbaiki")
    await page.locator("#tiket").focus()
    await page.keyboard.type(ticket)
    await page.keyboard.press("Enter")
    await expect(page.locator("body")).to_contain_text("Sampah menumpuk")
    await expect(page.locator("body")).not_to_contain_text("081200000011")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no sideways scrolling"
    found = await Axe().run(page)
    assert [v["id"] for v in found.response["violations"] if v["impact"] in ("serious", "critical")] == []
    await page.get_by_role("button", name=re.compile("Jadikan laporan sendiri")).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Tiket barunya")
    await expect(page.locator("body")).to_contain_text("Belum ada tambahan")
    await world.chats.wait()
    assert sorted(e.event for e in await world.chats.events()) == [
        "corrected", "created", "created", "information_added",
    ]  # fmt: skip
    assert world.woken == 1
    assert said == []


async def test_two_reports_of_one_person_are_joined_and_of_two_are_not(
    world: MendingWorld, chromium: Browser
) -> None:
    for text, who in ((WHOLE, "siti"), (OTHER, "siti"), (WHOLE, "budi")):
        await world.chats.write(text, who=who)
    first, second, foreign = (e.complaint.ticket for e in await world.chats.events())
    page = await chromium.new_page()
    await sign_in(page, world)
    await page.goto(f"{world.url}/konsol/perbaiki?tiket={second}")
    await page.fill("#ke", foreign)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Pelapornya berbeda")
    await page.fill("#ke", first)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text(second)
    await world.chats.wait()
    assert {e.event for e in await world.chats.events() if e.complaint.ticket == second} == {
        "created",
        "withdrawn",
    }


async def test_clerks_strangers_and_forged_forms_mend_nothing(world: MendingWorld) -> None:
    ticket = await _wrongly_added(world)
    before = len(await world.chats.events())
    order = {"ticket": ticket, "sequence": "2"}
    async with PlainBrowser(world) as browser:  # type: ignore[arg-type]
        await browser.post("/konsol/perbaiki/pisah", order)
        assert browser.path == "/masuk"
        await browser.sign_in("loket")
        await browser.get("/konsol/perbaiki")
        assert browser.status == 403
        await browser.post("/konsol/perbaiki/pisah", {**order, "csrf": browser.hidden("csrf")})
        assert browser.status == 403
    async with PlainBrowser(world) as browser:  # type: ignore[arg-type]
        await browser.sign_in("operator")
        await browser.post("/konsol/perbaiki/pisah", {**order, "csrf": "another"})
        assert browser.status == 403
        await browser.get("/konsol/perbaiki?tiket=261123-9999-1")
        assert browser.status == 404
        await browser.get(f"/konsol/perbaiki?tiket={ticket}")
        await browser.post(
            "/konsol/perbaiki/pisah", {"ticket": ticket, "sequence": "9", "csrf": browser.hidden("csrf")}
        )
        assert browser.status == 422
    await world.chats.wait()
    assert len(await world.chats.events()) == before


async def test_of_a_confidential_complaint_nothing_is_read(world: MendingWorld) -> None:
    await world.chats.write("Ada pungli oleh oknum di kantor Kelurahan Kenari saat urus KTP")
    await world.chats.write("ya")
    await world.chats.write("lewati")
    (created,) = await world.chats.events()
    assert created.complaint.confidential
    async with PlainBrowser(world) as browser:  # type: ignore[arg-type]
        await browser.sign_in("operator")
        await browser.get(f"/konsol/perbaiki?tiket={created.complaint.ticket}")
    assert browser.status == 200
    assert "pungli" not in browser.text
