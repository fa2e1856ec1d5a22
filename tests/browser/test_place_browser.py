"""Where it happened, as a citizen says it: by the device, by two letters, on the map; and what the pages weigh."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Request, expect

from normalizer.record import Message
from tests.lapor_world import LaporWorld, lapor_world

pytestmark = pytest.mark.browser

STORY = "Lampu jalan di depan musala mati sejak Senin."
#: Bytes over the wire of a citizen's page with an empty cache: words, style, scripts, fonts; the map comes when asked.
BUDGET = 100_000
#: What Chromium's own tools call slow 3G: bytes per second, and milliseconds there and back.
SLOW = {"downloadThroughput": 50_000, "uploadThroughput": 50_000, "latency": 2_000}
#: Milliseconds until a person can write, on that line. Asserted ten times wider than it takes on a calm machine.
PATIENCE = 60_000


@pytest.fixture
async def lapor(tmp_path: Path) -> AsyncIterator[LaporWorld]:
    async with lapor_world(tmp_path) as one:
        yield one


async def opened(lapor: LaporWorld, chromium: Browser, **more: object) -> Page:
    """The form, with a device that stands at the National Monument."""
    context = await chromium.new_context(
        permissions=["geolocation"],
        geolocation={"latitude": -6.175392, "longitude": 106.827153, "accuracy": 7},
        viewport={"width": 320, "height": 700},
        **more,  # type: ignore[arg-type]
    )
    page = await context.new_page()
    page.said = []  # type: ignore[attr-defined]
    page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.said.append(str(error)))  # type: ignore[attr-defined]
    await page.goto(lapor.url + "/lapor")
    return page


async def grave(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")]


async def send(lapor: LaporWorld, page: Page) -> Message:
    await page.fill("#text", STORY)
    await page.check("#consent")
    lapor.world.clock.forward(30)
    await page.click("form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    (ticket,) = await lapor.tickets()
    file = await lapor.world.journal.complaint_by_ticket(ticket)
    assert file is not None
    return file.messages[0].message


async def test_the_device_says_which_kelurahan_and_nothing_leaves_before_the_form(
    lapor: LaporWorld, chromium: Browser
) -> None:
    page = await opened(lapor, chromium)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.url} {request.post_data or ''}")

    page.on("request", note)
    await page.click("[data-locate]")
    await expect(page.locator("#lokasi-terbaca")).to_contain_text("7 meter. Tampaknya di Gambir, Gambir")
    await expect(page.locator("#kelurahan")).to_have_value("Gambir, Gambir, Jakarta Pusat")
    assert not any("6.17" in one or "106.82" in one or "Gambir" in one for one in asked)
    await page.reload()
    await expect(page.locator("#kelurahan")).to_have_value("Gambir, Gambir, Jakarta Pusat")
    sent = await send(lapor, page)
    assert sent.place.coordinates is not None
    assert sent.place.kelurahan is None, "nobody chose it: the gateway reads it from the position"
    assert page.said == []  # type: ignore[attr-defined]


async def test_a_citizen_corrects_the_kelurahan_by_two_letters(lapor: LaporWorld, chromium: Browser) -> None:
    page = await opened(lapor, chromium)
    await page.click("[data-locate]")
    await expect(page.locator("#kelurahan")).to_have_value(re.compile("^Gambir"))
    line = page.get_by_role("combobox", name="Kelurahan")
    await line.fill("")
    await line.press_sequentially("ci")
    first = page.locator("#kelurahan-pilihan").get_by_role("option").first
    await expect(first).to_have_text(re.compile("^Ci"))
    await expect(page.locator("#kelurahan-pilihan").get_by_role("option")).to_have_count(8)
    assert await grave(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox", name="Kelurahan")).to_be_hidden()
    await line.press_sequentially("deng")
    await page.keyboard.press("ArrowDown")
    await expect(line).to_have_attribute("aria-activedescendant", "kelurahan-pilihan-0")
    await page.keyboard.press("Enter")
    await expect(line).to_have_value("Cideng, Gambir, Jakarta Pusat")
    sent = await send(lapor, page)
    assert sent.place.kelurahan is not None
    assert sent.place.kelurahan.name == "Cideng"


async def test_on_the_map_by_touch_and_by_keyboard(lapor: LaporWorld, chromium: Browser) -> None:
    page = await opened(lapor, chromium, has_touch=True)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await page.get_by_role("button", name="Pilih di peta").tap()
    said = page.locator("#peta [role=status]")
    await expect(said).to_contain_text("Sentuh kecamatannya")
    assert any("wilayah.json" in one for one in loaded)
    assert all(one.startswith((lapor.url, "blob:")) for one in loaded), "no foreign tiles"
    await expect(page.locator("#peta path")).to_have_count(267)
    await expect(page.locator("#peta").get_by_role("option")).to_have_count(44)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await grave(page) == []
    await page.locator("#peta").get_by_role("option", name="Menteng").tap()
    await expect(said).to_contain_text("Kecamatan Menteng")
    await expect(page.locator("#peta").get_by_role("option")).to_have_count(5)
    await page.locator("#peta").get_by_role("option", name="Gondangdia").tap()
    await expect(page.locator("#kelurahan")).to_have_value("Gondangdia, Menteng, Jakarta Pusat")
    await expect(page.locator("#kelurahan")).to_be_focused()
    await page.get_by_role("button", name="Pilih di peta").press("Enter")
    await expect(page.locator("#peta").get_by_role("option")).to_have_count(44)
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        await page.keyboard.press(key)
    kecamatan = await said.text_content()
    await page.keyboard.press("Enter")
    await expect(said).to_contain_text(f"Kecamatan {kecamatan}")
    await page.keyboard.press("ArrowRight")
    kelurahan = await said.text_content()
    await page.keyboard.press("Enter")
    await expect(page.locator("#kelurahan")).to_have_value(re.compile(f"^{kelurahan}, {kecamatan}, "))
    assert page.said == []  # type: ignore[attr-defined]


async def test_every_citizens_page_weighs_little(lapor: LaporWorld, chromium: Browser) -> None:
    fate = await lapor.world.say(Message(external_id="m1", text=STORY))
    file = await lapor.world.journal.complaint_by_ticket(fate.ticket)
    assert file is not None
    code = lapor.world.receiver.secrets.tracking_code(file.complaint_id)
    weights: dict[str, int] = {}
    for path in ("/", "/lapor", "/lacak", f"/lacak/{code}", "/masuk"):
        context = await chromium.new_context()
        page = await context.new_page()
        tools = await context.new_cdp_session(page)
        await tools.send("Network.enable")
        got: list[float] = []
        tools.on("Network.loadingFinished", lambda told, got=got: got.append(told["encodedDataLength"]))
        await page.goto(lapor.url + path, wait_until="networkidle")
        weights[path] = int(sum(got))
        assert len(got) >= 4, "page, style, emblem and font came"
        await context.close()
    print(weights)
    assert max(weights.values()) < BUDGET, weights


async def test_on_slow_3g_the_form_can_soon_be_written_in(lapor: LaporWorld, chromium: Browser) -> None:
    context = await chromium.new_context(viewport={"width": 320, "height": 700})
    page = await context.new_page()
    tools = await context.new_cdp_session(page)
    await tools.send("Network.enable")
    await tools.send("Network.emulateNetworkConditions", {"offline": False, **SLOW})
    clock = asyncio.get_running_loop().time
    begun = clock()
    await page.goto(lapor.url + "/lapor", wait_until="commit", timeout=PATIENCE)
    await page.locator("#text").click(timeout=PATIENCE)
    await page.keyboard.type(STORY)
    took = clock() - begun
    print(f"slow 3G: written after {took:.1f} s")
    await page.wait_for_load_state("load", timeout=PATIENCE)
    await expect(page.locator("#text")).to_have_value(STORY)
    assert took * 1000 < PATIENCE
