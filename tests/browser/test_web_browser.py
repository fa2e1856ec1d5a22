"""The pages as people use them: Debian's chromium, the keyboard, narrow screens, light and dark, axe."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.web_world import PASSWORD, PNG, World, open_world

pytestmark = pytest.mark.browser


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as one:
        yield one


async def sign_in_by_keyboard(page: Page, world: World) -> None:
    await page.goto(world.url + "/masuk")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "login":
            break
    await page.keyboard.type("loket")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/loket")


async def test_a_clerk_works_by_keyboard_alone(world: World, chromium: Browser) -> None:
    page = await chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await sign_in_by_keyboard(page, world)
    await page.keyboard.press("Control+Enter")  # nothing is typed yet: nothing is sent
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "text":
            break
    await page.keyboard.type("Pendek")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#ringkasan")).to_be_focused()
    await expect(page.locator("#text")).to_have_attribute("aria-invalid", "true")
    await page.locator("#text").fill("Jalan berlubang di depan pasar, sudah ada yang jatuh")
    await page.locator("#files").set_input_files(
        {"name": "jalan.png", "mimeType": "image/png", "buffer": PNG}
    )
    await page.locator("#nik").focus()
    await page.keyboard.type("3171014107900001")
    await expect(page.locator("#nik-terbaca")).to_contain_text("perempuan")
    await expect(page.locator("#nik-terbaca")).to_contain_text("1 Juli 1990")
    await page.locator("#consent").focus()
    await page.keyboard.press("Space")
    await page.locator("#name").focus()
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/tanda-terima/*")
    await expect(page.get_by_text(world.pin(1))).to_be_visible()
    drawn = await page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth > 0")
    assert drawn
    assert world.journal.contents == [{0: PNG}]
    assert world.journal.messages[0].sender.nik == "3171014107900001"
    assert said == [], "no violation of the content policy, no script error"


async def test_without_scripts_wrong_fields_are_told_and_the_form_works(
    world: World, chromium: Browser
) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(world.url + "/masuk")
    await page.fill("#login", "loket")
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.fill("#text", "Lampu jalan mati tiga malam")
    await page.fill("#kelurahan", "Atlantis")
    await page.click("main form button[type=submit]")
    await expect(page.locator("#kelurahan-error")).to_be_visible()
    await expect(page.locator("#ringkasan")).to_be_visible()
    await expect(page.locator("#text")).to_have_value("Lampu jalan mati tiga malam")
    await page.fill("#kelurahan", "Cideng, Gambir, Jakarta Pusat")
    await page.check("#consent")
    await page.click("main form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    assert world.journal.messages[0].place.kelurahan is not None


async def test_one_key_says_that_it_is_about_this_office_and_its_list_stays_empty(
    world: World, chromium: Browser
) -> None:
    page = await chromium.new_page()
    await sign_in_by_keyboard(page, world)
    await page.fill("#text", "Petugas loket meminta uang untuk surat pengantar")
    await page.locator("#against_office").focus()
    await page.keyboard.press(".")
    await page.locator("#consent").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/tanda-terima/*")
    await expect(page.get_by_text(world.pin(1))).to_be_visible()
    assert world.journal.messages[0].against_office == world.journal.messages[0].office_code != ""
    await page.goto(world.url + "/loket/hari-ini")
    await expect(page.get_by_text("Belum ada laporan hari ini.")).to_be_visible()


async def test_a_double_click_is_one_complaint(world: World, chromium: Browser) -> None:
    page = await chromium.new_page()
    await sign_in_by_keyboard(page, world)
    await page.fill("#text", "Saluran air mampet sejak Sabtu")
    await page.check("#consent")
    await page.dblclick("main form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    assert len(world.journal.messages) == 1


@pytest.mark.parametrize(("paper", "points"), [("a6", (298, 420)), ("58", (164, 454))])
async def test_a_receipt_prints_on_one_sheet(
    world: World, chromium: Browser, paper: str, points: tuple[int, int]
) -> None:
    page = await chromium.new_page()
    await sign_in_by_keyboard(page, world)
    await page.fill("#text", "Saluran air mampet sejak Sabtu")
    await page.check("#consent")
    await page.click("main form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    await page.goto(f"{page.url}?ukuran={paper}")
    printed = await page.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert [(round(float(width)), round(float(height))) for width, height in sheets] == [points]


async def all_pages(page: Page, world: World) -> AsyncIterator[str]:
    """Every kind of page, opened one after another; the name of each."""
    token = await world.staff.reset_link("loket")
    first = await world.staff.first_admin_link()
    public = {
        "beranda": "/", "masuk": "/masuk", "lacak": "/lacak", "sandi": f"/sandi/{token}",
        "administrator": f"/sandi/{first}", "sandi-habis": "/sandi/x", "tidak-ada": "/tidak-ada",
    }  # fmt: skip
    for name, path in public.items():
        await page.goto(world.url + path)
        yield name
    await page.goto(world.url + "/masuk")
    await page.fill("#login", "loket")
    await page.fill("#password", "bukan kata sandinya")
    await page.click("main button")
    yield "masuk-salah"
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/loket")
    yield "loket"
    await page.fill("#text", "Pohon tumbang menutup jalan")
    await page.fill("#kelurahan", "Atlantis")
    await page.fill("#phone", "12")
    await page.click("main form button[type=submit]")
    await page.wait_for_selector("#kelurahan-error")
    yield "loket-salah"
    await page.fill("#kelurahan", "Cideng, Gambir, Jakarta Pusat")
    await page.fill("#phone", "")
    await page.check("#consent")
    await page.click("main form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    yield "tanda-terima"
    await page.goto(page.url + "?ukuran=58")
    yield "tanda-terima-58"
    await page.goto(world.url + "/loket/hari-ini")
    yield "hari-ini"
    ticket = world.journal.complaints[1].ticket
    for name, path in (("rekap", "rekap"), ("betulkan", f"betulkan/{ticket}"), ("lacak-loket", "lacak")):
        await page.goto(f"{world.url}/loket/{path}")
        yield name
    await page.goto(world.url + "/lacak/" + world.secrets.tracking_code(1))
    yield "lacak-tahap"
    await page.goto(world.url + "/loket")
    await page.fill("#text", "Petugas loket meminta uang untuk surat pengantar")
    await page.fill("#against_office", ".")
    await page.check("#consent")
    await page.click("main form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    for login, office in (("inspektur", "inspektorat"), ("tanpa", "")):
        await world.add(login, office=office)
        await page.context.clear_cookies()
        await page.goto(world.url + "/masuk")
        await page.fill("#login", login)
        await page.fill("#password", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/loket")
        yield f"loket-{login}"
        if office:
            await page.fill("#text", "Petugas itu meminta uang")
            await page.fill("#against_office", "menteng")
            await page.check("#consent")
            await page.click("main form button[type=submit]")
            await page.wait_for_selector("#against_office-error")
            yield "loket-kantor-mana"
            await page.goto(world.url + "/loket/hari-ini")
            await expect(page.get_by_role("cell", name="Kelurahan Cideng")).to_be_visible()
            yield "hari-ini-tentang"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_every_page_is_open_to_everybody(
    world: World, chromium: Browser, tmp_path: Path, scheme: str, width: int
) -> None:
    dark = scheme == "dark"
    context = await chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    grave: list[str] = []
    async for name in all_pages(page, world):
        sideways = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if sideways > 0:
            grave.append(f"{name}: scrolls {sideways} px sideways")
        found = await Axe().run(page)
        grave += [
            f"{name}: {violation['id']} {[node['target'] for node in violation['nodes']]}"
            for violation in found.response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
    assert grave == []
    assert [line for line in said if "Content Security Policy" in line] == []
