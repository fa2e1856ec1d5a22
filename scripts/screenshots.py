"""Writes docs/screenshots/*.png: the pages as they look, at two widths, light and dark.

Run from the repository's root: `.venv/bin/python scripts/screenshots.py`. It serves the real pages on loopback
over a small journal in memory (tests/web_world.py) and drives Debian's chromium through them.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "queue")]

from complaint_queue.way_out import Progress, Step  # noqa: E402
from tests.console_world import ConsoleWorld, console_world  # noqa: E402
from tests.web_world import PASSWORD, World, open_world  # noqa: E402

VIEWS = ((1280, "light"), (320, "light"), (1280, "dark"))


async def walk(page: Page, world: World, target: Path, suffix: str) -> None:
    """One visit: the public pages, a complaint at the desk, its receipt, its stage."""

    async def keep(name: str) -> None:
        await page.screenshot(path=target / f"{name}-{suffix}.png", full_page=True)

    for name, path in (("beranda", "/"), ("lacak", "/lacak"), ("masuk", "/masuk")):
        await page.goto(world.url + path)
        await keep(name)
    await page.fill("#login", "loket")
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/loket")
    await page.fill("#text", "Jalan di depan pasar berlubang sejak sebulan. Sudah ada yang jatuh.")
    await page.fill("#name", "Siti Contoh")
    await page.fill("#kelurahan", "Cideng, Gambir, Jakarta Pusat")
    await page.check("#consent")
    await keep("loket")
    await page.click("main form button[type=submit]")
    await page.wait_for_url("**/tanda-terima/*")
    await keep("tanda-terima")
    await page.goto(world.url + "/loket/hari-ini")
    await keep("hari-ini")
    await page.goto(world.url + "/lacak/" + world.secrets.tracking_code(1))
    await keep("tahap")
    world.journal.reached[1] = _on_its_way(world.clock.now())
    await page.reload()
    await keep("perjalanan")


def _on_its_way(filed_at: datetime) -> Progress:
    """What the CRM has said of a complaint after two days."""
    told = (
        ("Koordinasi", "Koordinasi", 3, "Biro Pemerintahan", ""),
        ("Disposisi", "Disposisi", 26, "Dinas Bina Marga", "Tim akan memeriksa lokasi pada Rabu pagi."),
        ("", "Survei lapangan", 47, "Dinas Bina Marga", ""),
    )
    steps = tuple(
        Step(stage=stage, word=word, at=filed_at + timedelta(hours=hours), agency=agency, note=note)
        for stage, word, hours, agency, note in told
    )
    return Progress(stage="Disposisi", rank=3, crm_number="CRM-2611-004217", steps=steps)


async def operate(page: Page, world: ConsoleWorld, target: Path, suffix: str) -> None:
    """An operator's round through the console."""
    await page.goto(world.url + "/masuk")
    await page.fill("#login", "operator")
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/loket")
    (entry,) = await world.inside.journal.quarantined()
    for name, path in (
        ("konsol", "/konsol?rentang=hari"),
        ("peta", "/konsol/peta"),
        ("triase", "/konsol/triase"),
        ("cari", "/konsol/cari?q=banjir"),
        ("aduan", f"/konsol/aduan/{world.tickets[0]}"),
        ("karantina", f"/konsol/karantina/{entry.entry_id}"),
    ):
        await page.goto(world.url + path)
        await page.wait_for_timeout(500)
        await page.screenshot(path=target / f"{name}-{suffix}.png", full_page=True)


async def visit(browser: Browser, target: Path, width: int, scheme: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_world(Path(folder)) as world:
            context = await browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
            )
            await walk(await context.new_page(), world, target, f"{width}-{scheme}")
            await context.close()
    with tempfile.TemporaryDirectory() as folder:
        async with console_world(Path(folder)) as console:
            context = await browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
            )
            await operate(await context.new_page(), console, target, f"{width}-{scheme}")
            await context.close()


async def main() -> None:
    """Every view, one after another."""
    target = ROOT / "docs" / "screenshots"
    target.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for width, scheme in VIEWS:
            await visit(browser, target, width, scheme)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
