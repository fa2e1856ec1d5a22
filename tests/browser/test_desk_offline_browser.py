"""The desk without network, in Debian's chromium, over the real journal: nothing is lost, and nothing comes twice."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.desk_world import DeskWorld, desk_world
from tests.pictures import KENARI, exif, scene
from tests.web_world import PASSWORD

#: What lies in the browser: rows of a store.
ROWS = """(store) => new Promise((done) => {
    const asked = indexedDB.open("kanal-loket", 1);
    asked.onsuccess = () => {
        const all = asked.result.transaction(store).objectStore(store).getAll();
        all.onsuccess = () => { asked.result.close(); done(all.result.map((one) => Object.keys(one))); };
    };
})"""

pytestmark = pytest.mark.browser
SENT = "#perangkat .state.sent"
WAITING = "#perangkat .state.waiting"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DeskWorld]:
    async with desk_world(tmp_path) as one:
        yield one


async def sign_in(page: Page, world: DeskWorld, login: str = "loket") -> None:
    await page.goto(world.url + "/masuk?lanjut=/loket")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/loket")
    await ready(page)


async def ready(page: Page) -> None:
    """The worker keeps the page, and the browser holds tickets for a while without network."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await until(page, ROWS, "nomor", lambda rows: len(rows) > 0)


async def until(page: Page, ask: str, arg: object, right: Callable[[list[Any]], bool]) -> list[Any]:
    """Ask the page until the answer is right; what it was."""
    async with asyncio.timeout(60):
        while not right(answer := await page.evaluate(ask, arg)):
            await asyncio.sleep(0.05)
    return answer


async def opened(
    world: DeskWorld, chromium: Browser, **more: object
) -> tuple[BrowserContext, Page, list[str]]:
    context = await chromium.new_context(**more)  # type: ignore[arg-type]
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await sign_in(page, world)
    return context, page, said


def photo(seed: int, **more: object) -> dict[str, object]:
    """A photo as a telephone takes it: large, and with its notes."""
    picture = io.BytesIO()
    scene(seed, 2000, 1500).save(picture, "JPEG", quality=90, exif=exif(**more))  # type: ignore[arg-type]
    return {"name": f"foto-{seed}.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}


async def enter(page: Page, number: int, files: list[dict[str, object]] | None = None) -> None:
    """Write down one complaint and save it."""
    await page.fill("#text", f"Lampu jalan nomor {number} padam sejak seminggu, gelap sekali")
    await page.fill("#name", f"Siti Contoh {number}")
    if files:
        await page.set_input_files("#files", files)  # type: ignore[arg-type]
        await expect(page.locator("#foto li")).to_have_count(len(files))
    await page.check("#consent")
    await page.keyboard.press("Control+Enter")


async def grave(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")]


def policy(said: list[str]) -> list[str]:
    return [line for line in said if "Content Security Policy" in line]


async def test_five_complaints_without_network_are_five_records(world: DeskWorld, chromium: Browser) -> None:
    """The line is cut, five people are served, it comes back: five records, although one answer was lost."""
    context, page, said = await opened(world, chromium, viewport={"width": 320, "height": 800})
    await world.down()
    await context.set_offline(True)
    tickets = []
    for number in range(5):
        await page.goto(world.url + "/loket")
        await expect(page.locator("#kantor")).to_have_text("Kelurahan Cideng")
        await enter(page, number, [photo(number)])
        await expect(page.locator("#sementara")).to_be_visible()
        await expect(page.locator(".unsent")).to_have_text("Belum terkirim")
        tickets.append(await page.locator("[data-paper=ticket]").text_content())
        assert await page.locator("[data-paper=pin]").text_content() not in ("", None)
        assert await page.locator("svg.qr path").count() == 1
        if number == 0:
            assert await grave(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert len(set(tickets)) == 5
    await page.click("[data-next]")
    await expect(page.locator(WAITING)).to_have_count(5)
    assert await grave(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert await world.files() == []
    world.swallow = 1
    await world.up()
    await context.set_offline(False)
    await expect(page.locator(SENT)).to_have_count(5, timeout=60_000)
    files = await world.files()
    assert sorted(one.ticket for one in files) == sorted(t or "" for t in tickets)
    assert world.posted.count("200") == 6, "the one whose answer was lost came twice, and was known"
    assert {one.messages[0].message.text.split()[3] for one in files} == {"0", "1", "2", "3", "4"}
    assert all(len(one.messages[0].message.attachments) == 1 for one in files)
    await world.inside.read_files()
    await world.inside.settle()
    events = await world.inside.events()
    assert sorted(event.complaint.ticket for event in events) == sorted(t or "" for t in tickets)
    assert {event.event for event in events} == {"created"}
    assert policy(said) == []
    left = {name for row in await page.evaluate(ROWS, "entri") for name in row}
    assert left == {"id", "clerk", "at", "ticket", "state", "sentAt"}, (
        "nothing of it stays but ticket and time"
    )


async def test_the_paper_of_an_unsent_complaint_holds_once_it_was_sent(
    world: DeskWorld, chromium: Browser
) -> None:
    context, page, _ = await opened(world, chromium)
    await context.set_offline(True)
    await page.goto(world.url + "/loket")
    await enter(page, 1)
    await expect(page.locator("#sementara")).to_be_visible()
    ticket = await page.locator("[data-paper=ticket]").text_content()
    pin = await page.locator("[data-paper=pin]").text_content()
    link = await page.evaluate(
        """async (ticket) => {
            const names = performance.getEntriesByType("resource").map((one) => one.name);
            const store = await import(names.find((one) => one.includes("/simpan.js")));
            const me = await store.who();
            const [one] = await store.entries(me.clerk);
            return (await store.read(me, one.id)).paper.link;
        }""",
        ticket,
    )
    citizen = await (await chromium.new_context()).new_page()
    await citizen.goto(link)
    await expect(citizen.locator("main")).to_contain_text("belum terkirim")
    await context.set_offline(False)
    await page.click("[data-next]")
    await expect(page.locator(SENT)).to_have_count(1, timeout=60_000)
    await citizen.goto(link)
    await expect(citizen.locator("h1")).to_contain_text(ticket or "?")
    await citizen.goto(world.url + "/lacak")
    await citizen.fill("#ticket", ticket or "")
    await citizen.fill("#pin", pin or "")
    await citizen.click("main form button[type=submit]")
    await expect(citizen.locator("h1")).to_contain_text(ticket or "?")
    await page.click("#perangkat a")
    await expect(page.locator(".receipt")).to_contain_text(pin or "?")


async def test_an_ended_session_keeps_what_was_typed_until_its_clerk_is_back(
    world: DeskWorld, chromium: Browser
) -> None:
    await world.add("kedua")
    _, page, _ = await opened(world, chromium)
    world.inside.clock.forward(31 * 60)
    await enter(page, 1, [photo(1)])
    await expect(page.locator("#sementara")).to_be_visible()
    assert await world.files() == []
    await page.click("[data-next]")
    await page.wait_for_url("**/masuk**")
    await sign_in(page, world, "kedua")
    await page.wait_for_timeout(300)
    await expect(page.locator("#perangkat")).to_be_hidden()
    assert await world.files() == [], "nobody sends for somebody else"
    await page.click("form[action='/keluar'] button")
    await page.wait_for_url("**/masuk?keluar=1")
    await sign_in(page, world)
    await expect(page.locator(SENT)).to_have_count(1, timeout=60_000)
    (one,) = await world.files()
    assert one.messages[0].message.clerk_id == "loket"


async def test_signing_out_asks_when_something_is_unsent_and_leaves_nothing(
    world: DeskWorld, chromium: Browser
) -> None:
    _, page, _ = await opened(world, chromium)
    await page.fill("#text", "Saluran air mampet sejak Sabtu")
    await until(page, ROWS, "entri", lambda rows: len(rows) == 1)
    await page.reload()
    await expect(page.locator("#dipulihkan")).to_be_visible()
    await expect(page.locator("#text")).to_have_value("Saluran air mampet sejak Sabtu")
    await page.click("form[action='/keluar'] button")
    dialog = page.locator("#tanya-keluar")
    await expect(dialog).to_be_visible()
    await expect(dialog.locator("button[value=stay]")).to_be_focused()
    assert await grave(page) == []
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await page.click("form[action='/keluar'] button")
    await dialog.locator("button[value=wipe]").click()
    await page.wait_for_url("**/masuk?keluar=1")
    for store in ("siapa", "entri", "nomor"):
        assert await page.evaluate(ROWS, store) == []


async def test_a_large_photo_is_shrunk_stands_upright_and_keeps_its_place(
    world: DeskWorld, chromium: Browser
) -> None:
    _, page, _ = await opened(world, chromium, has_touch=True, is_mobile=True)
    given = photo(7, orientation=6, place=KENARI)
    await expect(page.locator("#kamera")).to_be_visible()
    await page.set_input_files("#kamera", given)  # type: ignore[arg-type]
    await expect(page.locator("#foto img")).to_be_visible()
    await enter(page, 7)
    await page.wait_for_url("**/tanda-terima/*")
    (one,) = await world.files()
    (attachment,) = one.messages[0].message.attachments
    content = b"".join([chunk async for chunk in world.inside.files.chunks(attachment.sha256)])
    assert len(content) < len(given["buffer"])  # type: ignore[arg-type]
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "JPEG"
    assert picture.size == (1200, 1600), "turned the way it is looked at"
    assert picture.getexif()[0x0112] == 1
    await world.inside.read_files()
    await world.inside.settle()
    record = await world.inside.record(one.ticket)
    (kept,) = record.attachments
    assert kept.captured_place is not None
    assert abs(kept.captured_place.latitude - KENARI[0]) < 0.001


async def test_an_upgrade_leaves_no_old_page(world: DeskWorld, chromium: Browser) -> None:
    _, page, _ = await opened(world, chromium)
    (before,) = await page.evaluate("caches.keys()")
    world.release = "baru"
    await page.reload()
    names = "() => caches.keys()"
    (after,) = await until(page, names, None, lambda found: len(found) == 1 and found[0] != before)
    assert after.startswith("loket-baru-")
