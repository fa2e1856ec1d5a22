"""The desk as a clerk works at it all day: by the keyboard, with suggestions that force nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from adapters.walkin.nik import Nik, read_nik
from tests.web_world import PASSWORD, World, open_world

pytestmark = pytest.mark.browser
#: Beside what the citizen says.
STROKES = 25
SAID = "Lampu jalan di depan SDN 01 padam sejak seminggu, malam gelap sekali"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as one:
        yield one


async def at_the_desk(world: World, chromium: Browser, **context: object) -> Page:
    """A clerk's page, signed in; what the browser has to say is in `page.said`."""
    page = await (await chromium.new_context(**context)).new_page()  # type: ignore[arg-type]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.said = said  # type: ignore[attr-defined]
    await page.goto(world.url + "/masuk")
    await page.fill("#login", "loket")
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/loket")
    return page


class Keys:
    """A keyboard that counts; each key of a combination is a stroke."""

    def __init__(self, page: Page) -> None:
        self.page, self.strokes = page, 0

    async def press(self, keys: str, times: int = 1) -> None:
        for _ in range(times):
            await self.page.keyboard.press(keys)
            self.strokes += len(keys.split("+"))

    async def tab_to(self, name: str) -> None:
        for _ in range(20):
            if await self.page.evaluate("document.activeElement.id") == name:
                return
            await self.press("Tab")
        raise AssertionError(f"the keyboard does not reach {name}")


async def test_a_typical_complaint_takes_few_strokes_beside_its_words(
    world: World, chromium: Browser
) -> None:
    page = await at_the_desk(world, chromium)
    keys = Keys(page)
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type(SAID)
    await expect(page.locator("#usulan button").first).to_contain_text("Lampu penerangan jalan")
    await keys.press("Alt+1")
    await keys.tab_to("kelurahan")
    await keys.press("c")
    await keys.press("i")
    await expect(page.locator(".choices-list:not([hidden]) li").first).to_have_text(
        "Cideng, Gambir, Jakarta Pusat"
    )
    await keys.tab_to("name")
    await page.keyboard.type("Siti Contoh")
    await keys.tab_to("phone")
    await page.keyboard.type("081200001234")
    await keys.tab_to("consent")
    await keys.press("Space")
    await keys.press("Control+Enter")
    await page.wait_for_url("**/tanda-terima/*")
    print(f"\n{keys.strokes} strokes beside the words (at most {STROKES})")
    assert keys.strokes <= STROKES
    (message,) = world.journal.messages
    assert message.text == SAID
    assert message.category == "lampu_jalan"
    assert message.place.kelurahan is not None
    assert message.place.kelurahan.name == "Cideng"
    assert message.sender.contacts[0].value == "+6281200001234"
    assert page.said == []  # type: ignore[attr-defined]


async def test_suggestions_force_nothing_and_are_only_for_staff(world: World, chromium: Browser) -> None:
    page = await at_the_desk(world, chromium)
    await page.keyboard.type("Sampah menumpuk di depan pasar dan bau sekali")
    first = page.locator("#usulan button").first
    await expect(first).to_be_visible()
    assert await page.locator("#usulan button").count() <= 3
    await expect(page.locator("#category")).to_have_value("")
    await first.click()
    await expect(first).to_have_attribute("aria-pressed", "true")
    await first.click()
    await expect(page.locator("#category")).to_have_value("")
    await page.check("#consent")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/tanda-terima/*")
    assert world.journal.messages[0].category == ""
    await page.context.clear_cookies()
    answer = await page.request.post(world.url + "/loket/usul", form={"text": "sampah"})
    assert answer.status == 401


async def test_a_kelurahan_is_found_by_two_letters(world: World, chromium: Browser) -> None:
    page = await at_the_desk(world, chromium)
    field, choices = page.locator("#kelurahan"), page.locator(".choices-list:not([hidden]) li")
    await field.focus()
    await page.keyboard.type("k")
    await expect(choices).to_have_count(0)
    await page.keyboard.type("e")
    await expect(field).to_have_attribute("aria-expanded", "true")
    await expect(choices).to_have_count(8)
    active = await field.get_attribute("aria-activedescendant")
    await expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    found = await Axe().run(page)
    grave = [v["id"] for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
    assert grave == []
    await page.keyboard.press("ArrowDown")
    second = await choices.nth(1).text_content()
    await page.keyboard.press("Enter")
    await expect(field).to_have_value(second or "")
    await expect(choices).to_have_count(0)
    await field.fill("menteng")
    await expect(choices.first).to_have_text("Menteng, Menteng, Jakarta Pusat")
    await page.keyboard.press("Escape")
    await expect(choices).to_have_count(0)
    await expect(field).to_have_value("menteng")


NUMBERS = (
    *(
        "3171014107900001",
        "3171 0101 0790 0001",
        "31.71.01.290204.0002",
        "3171012311260003",
        "3171012411260003",
    ),
    *("317101410790000", "31710141079000011", "9971014107900001", "3100014107900001", "3171004107900001"),
    *(
        "3171013002900001",
        "3171012902010001",
        "3171017202900001",
        "3171010013900001",
        "3171014107900000",
        "abc",
    ),
    *("3273010112990001", "9601010101050007", "3171010101000001", "3171012902000001", "3171010000900001"),
)


async def test_the_page_reads_a_number_as_the_server_does(world: World, chromium: Browser) -> None:
    page = await at_the_desk(world, chromium)
    address = await page.evaluate(
        "performance.getEntriesByType('resource').map(one => one.name).find(one => one.includes('/nik.js'))"
    )
    read = """async ([address, numbers]) => {
        const nik = await import(address);
        const regions = nik.readRegions(document.getElementById("nik-terbaca").dataset.regions);
        return numbers.map((one) => nik.readNik(one, new Date(Date.UTC(2026, 10, 23)), regions));
    }"""
    theirs = await page.evaluate(read, [address, list(NUMBERS)])
    for number, found in zip(NUMBERS, theirs, strict=True):
        ours = read_nik(number, date(2026, 11, 23))
        if isinstance(ours, Nik):
            assert (found["female"], found["born"].date()) == (ours.female, ours.born), number
        else:
            assert found == ours, number
    await page.locator("#nik").fill("3171014107900001")
    await expect(page.locator("#nik-terbaca")).to_contain_text("NIK dari Gambir, Jakarta Pusat")
    await page.locator("#nik").fill("3171004107900001")
    await expect(page.locator("#nik-terbaca")).to_contain_text("Kode wilayah")


async def test_the_desk_is_light(world: World, chromium: Browser) -> None:
    """Everything that the page needs, over a real connection; 100 kB at the most."""
    page = await at_the_desk(world, chromium)
    client = await page.context.new_cdp_session(page)
    await client.send("Network.enable")
    await client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    # What the page's service worker keeps already would come without a byte.
    await client.send("Network.setBypassServiceWorker", {"bypass": True})
    came: list[float] = []
    client.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))
    await page.goto(world.url + "/loket", wait_until="networkidle")
    print(f"\nthe desk: {sum(came) / 1000:.1f} kB in {len(came)} answers: {json.dumps(came)}")
    assert 10_000 < sum(came) < 100_000
