"""The public form as citizens use it: a narrow phone, the keyboard, no scripts, a slow proof, a reload."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.lapor_world import LaporWorld, lapor_world
from tests.web_world import PNG

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
]  # fmt: skip
STORY = "Lampu jalan di depan musala mati sejak Senin."


@pytest.fixture
async def lapor(tmp_path: Path) -> AsyncIterator[LaporWorld]:
    async with lapor_world(tmp_path) as one:
        yield one


async def tab_to(page: Page, name: str) -> None:
    for _ in range(40):
        if await page.evaluate("document.activeElement.id") == name:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {name}")


async def held(lapor: LaporWorld) -> str:
    (ticket,) = await lapor.tickets()
    file = await lapor.world.journal.complaint_by_ticket(ticket)
    assert file is not None
    return file.messages[0].message.hold


async def test_by_keyboard_alone_with_a_position_and_a_photo(lapor: LaporWorld, chromium: Browser) -> None:
    context = await chromium.new_context(
        permissions=["geolocation"],
        geolocation={"latitude": -6.175392, "longitude": 106.827153, "accuracy": 7},
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(lapor.url + "/")
    await page.get_by_role("link", name="Tulis laporan").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/lapor")
    await tab_to(page, "text")
    await page.keyboard.type("rusak")
    await page.locator("form button[type=submit]").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await expect(page.locator("#text-error")).to_be_visible()
    await expect(page.locator("#consent-error")).to_be_visible()
    await page.locator("#text").fill(STORY)
    await page.locator("#files").set_input_files(
        {"name": "lampu.png", "mimeType": "image/png", "buffer": PNG}
    )
    await page.locator("[data-locate]").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#lokasi-terbaca")).to_contain_text("7 meter")
    await tab_to(page, "consent")
    await page.keyboard.press("Space")
    lapor.world.clock.forward(30)
    await page.keyboard.press("Tab")
    while await page.evaluate("document.activeElement.type") != "submit":
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/lapor/tanda-terima/*")
    assert "ditinjau" not in page.url
    assert await held(lapor) == ""
    drawn = await page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth > 0")
    assert drawn
    assert await page.evaluate("sessionStorage.getItem('lapor')") is None
    assert said == [], "no violation of the content policy, no script error"


async def test_without_scripts_it_is_taken_and_held_and_the_citizen_is_told(
    lapor: LaporWorld, chromium: Browser
) -> None:
    context = await chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = await context.new_page()
    await page.goto(lapor.url + "/lapor")
    await page.fill("#text", STORY)
    await page.fill("#kelurahan", "Atlantis")
    await page.click("form button[type=submit]")
    await expect(page.locator("#kelurahan-error")).to_be_visible()
    await expect(page.locator("#kelurahan")).to_be_focused()
    await expect(page.locator("#text")).to_have_value(STORY)
    await page.fill("#kelurahan", "Cideng, Gambir, Jakarta Pusat")
    await page.check("#consent")
    lapor.world.clock.forward(30)
    await page.click("form button[type=submit]")
    await expect(page.get_by_text("membacanya lebih dulu")).to_be_visible()
    assert await held(lapor) == "no_proof_of_work"


async def test_a_draft_survives_a_reload_and_can_be_cleared(lapor: LaporWorld, chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.goto(lapor.url + "/lapor")
    await page.fill("#text", STORY)
    await page.check("#confidential")
    await page.reload()
    await expect(page.locator("#text")).to_have_value(STORY)
    await expect(page.locator("#confidential")).to_be_checked()
    await page.click("[data-clear]")
    await expect(page.locator("#text")).to_have_value("")


async def test_a_double_click_is_one_report(lapor: LaporWorld, chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.goto(lapor.url + "/lapor")
    await page.fill("#text", STORY)
    await page.check("#consent")
    lapor.world.clock.forward(30)
    await page.dblclick("form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    assert len(await lapor.tickets()) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_every_state_is_open_to_everybody(
    lapor: LaporWorld, chromium: Browser, tmp_path: Path, scheme: str, width: int
) -> None:
    context = await chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    grave: list[str] = []

    async def look(name: str) -> None:
        if await page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0:
            grave.append(f"{name}: scrolls sideways")
        found = await Axe().run(page)
        grave.extend(
            f"{name}: {one['id']} {[node['target'] for node in one['nodes']]}"
            for one in found.response["violations"]
            if one["impact"] in ("serious", "critical")
        )

    await page.goto(lapor.url + "/")
    await look("beranda")
    await page.goto(lapor.url + "/lapor?bahasa=en")
    await look("english")
    await page.goto(lapor.url + "/lapor?bahasa=id")
    await page.click("form button[type=submit]")
    await look("wrong in the browser")
    await page.fill("#text", STORY)
    await page.fill("#kelurahan", "Atlantis")
    await page.check("#consent")
    lapor.world.clock.forward(30)
    await page.click("form button[type=submit]")
    await expect(page.locator("#kelurahan")).to_be_focused()
    await look("wrong on the server")
    await page.fill("#kelurahan", "Cideng, Gambir, Jakarta Pusat")
    await page.click("form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    await look("receipt")
    assert grave == []
