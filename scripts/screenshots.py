"""Writes docs/screenshots/*.png: every page as it looks, at two widths, light and dark.

Run from the repository's root: `.venv/bin/python scripts/screenshots.py [NAME…] [--into FOLDER] [--all-views]`. It
serves the real pages on loopback over small worlds of the tests and drives Debian's chromium through them. `SHOTS`
names a picture for every route that is a page; a test compares it with the route table, so that none is forgotten.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "queue")]

from intake.banner import Banner, write_banner  # noqa: E402
from tests.console_world import ConsoleWorld, console_world  # noqa: E402
from tests.lapor_world import LaporWorld, Visitor, lapor_world  # noqa: E402
from tests.web_world import PASSWORD, World, open_world  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
VIEWS = ((1280, "light"), (320, "light"), (1280, "dark"))
#: What nobody looks at: pictures, data for scripts, streams.
NOT_PAGES = frozenset(
    (
        "/statis/{name}", "/lapor/qr/{code}.svg", "/loket/qr/{ticket}.svg", "/wilayah.json", "/konsol/grafik",
        "/konsol/langsung", "/konsol/peta.json", "/loket/pekerja.js", "/loket/keadaan", "/loket/rekap.csv",
        "/lampiran/{sha256}", "/gambar/{sha256}",
    )
)  # fmt: skip
#: Colours of a picture: flat pages need few, and a file stays small.
COLOURS = 128


@dataclass
class Visit:
    """One browser in one world. `known` is what an earlier step left for a later one."""

    page: Page
    url: str
    known: dict[str, str] = field(default_factory=dict)

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)


Step = Callable[[Visit], Awaitable[None]]


@dataclass(frozen=True)
class Shot:
    """One picture: its `name`, the route that it shows (empty: none, such as an error), and how to get there."""

    name: str
    route: str
    reach: Step | str

    async def take(self, visit: Visit, target: Path) -> None:
        if isinstance(self.reach, str):
            await visit.go(self.reach)
        else:
            await self.reach(visit)
        await visit.page.evaluate("document.fonts.ready")
        picture = Image.open(io.BytesIO(await visit.page.screenshot(full_page=True, animations="disabled")))
        small = picture.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        small.save(target, optimize=True)


# --- the citizen's pages ---


async def _form(visit: Visit) -> None:
    await visit.go("/lapor")
    await visit.page.fill("#text", "Lampu jalan di depan musala mati sejak Senin, gelap sekali kalau malam.")
    await visit.page.fill("#address", "Jalan Kenari II, depan musala")


async def _suggested(visit: Visit) -> None:
    await visit.page.locator("#kelurahan").press_sequentially("ken")
    await visit.page.wait_for_selector("#kelurahan-pilihan li")


async def _map(visit: Visit) -> None:
    await visit.page.fill("#kelurahan", "")
    await visit.page.click("[data-map]")
    await visit.page.locator("#peta g[aria-label=Senen]").click()
    await visit.page.wait_for_selector("#peta text")


async def _wrong(visit: Visit) -> None:
    await visit.go("/lapor")
    await visit.page.click("[data-clear]")
    await visit.page.click("form button[type=submit]")


CITIZEN = (
    Shot("beranda", "/", "/"),
    Shot("lapor", "/lapor", _form),
    Shot("lapor-cari", "/lapor", _suggested),
    Shot("lapor-peta", "/lapor", _map),
    Shot("lapor-salah", "/lapor", _wrong),
    Shot("lapor-terima", "/lapor/tanda-terima/{code}", lambda visit: visit.go(visit.known["receipt"])),
    Shot("lacak", "/lacak", "/lacak"),
    Shot("tahap", "/lacak/{code}", lambda visit: visit.go(visit.known["tracking"])),
    Shot("galat", "", "/tidak-ada"),
)


@asynccontextmanager
async def citizen(folder: Path, page: Page) -> AsyncIterator[Visit]:
    """The public form, one report that was just sent, and the word for the day."""
    async with lapor_world(folder) as world:
        yield Visit(page, world.url, await _reported(world))


async def _reported(world: LaporWorld) -> dict[str, str]:
    async with Visitor(world) as visitor:
        await visitor.get()
        await visitor.send()
    code = visitor.path.partition("?")[0].rpartition("/")[2]
    return {"receipt": f"/lapor/tanda-terima/{code}", "tracking": f"/lacak/{code}"}


# --- the desk ---


async def _desk(visit: Visit) -> None:
    page = visit.page
    await visit.go("/masuk")
    await page.fill("#login", "loket")
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/loket")
    await page.fill("#text", "Jalan di depan pasar berlubang sejak sebulan. Sudah ada yang jatuh.")
    await page.fill("#name", "Siti Contoh")
    await page.fill("#kelurahan", "Cideng, Gambir, Jakarta Pusat")
    await page.keyboard.press("Escape")
    await page.check("#consent")


async def _receipt(visit: Visit) -> None:
    await visit.page.locator("#formulir button[type=submit]").first.click()
    await visit.page.wait_for_url("**/tanda-terima/*")
    visit.known["receipt"] = visit.page.url


async def _correction(visit: Visit) -> None:
    ticket = visit.known["receipt"].partition("?")[0].rpartition("/")[2]
    await visit.go(f"/loket/betulkan/{ticket}")


async def _provisional(visit: Visit) -> None:
    """The line is cut, and a complaint is saved all the same."""
    page = visit.page
    await visit.go("/loket")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_load_state("networkidle")
    await page.context.set_offline(True)
    await visit.go("/loket")
    await page.fill("#text", "Lampu jalan di depan SDN 01 padam sejak seminggu.")
    await page.check("#consent")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("#sementara:not([hidden])")


async def _waiting(visit: Visit) -> None:
    await visit.page.click("[data-next]")
    await visit.page.wait_for_selector("#perangkat .state.waiting")


DESK = (
    Shot("masuk", "/masuk", "/masuk"),
    Shot("sandi", "/sandi/{token}", lambda visit: visit.go(visit.known["password"])),
    Shot("loket", "/loket", _desk),
    Shot("tanda-terima", "/loket/tanda-terima/{ticket}", _receipt),
    Shot("luring", "/loket/luring/{language}", "/loket/luring/id"),
    Shot("hari-ini", "/loket/hari-ini", "/loket/hari-ini"),
    Shot("rekap", "/loket/rekap", "/loket/rekap"),
    Shot("betulkan", "/loket/betulkan/{ticket}", _correction),
    Shot("lacak-loket", "/loket/lacak", "/loket/lacak"),
    Shot("tanda-terima-sementara", "", _provisional),
    Shot("loket-luring", "", _waiting),
)


@asynccontextmanager
async def desk(folder: Path, page: Page) -> AsyncIterator[Visit]:
    """A clerk's morning."""
    async with open_world(folder) as world:
        yield Visit(page, world.url, {"password": await _password(world)})


async def _password(world: World) -> str:
    await world.add("baru")
    return "/sandi/" + (await world.staff.reset_link("baru")).rpartition("/")[2]


# --- the console ---


CONSOLE = (
    Shot("konsol", "/konsol", "/konsol?rentang=hari"),
    Shot("peta", "/konsol/peta", "/konsol/peta"),
    Shot("triase", "/konsol/triase", "/konsol/triase"),
    Shot("cari", "/konsol/cari", "/konsol/cari?q=banjir"),
    Shot("aduan", "/konsol/aduan/{ticket}", lambda visit: visit.go(visit.known["complaint"])),
    Shot("karantina", "/konsol/karantina", "/konsol/karantina"),
    Shot("karantina-satu", "/konsol/karantina/{entry}", lambda visit: visit.go(visit.known["held"])),
    Shot("tertolak", "/konsol/tertolak", "/konsol/tertolak"),
    Shot("tertolak-satu", "/konsol/tertolak/{which}/{key}", f"/konsol/tertolak/events/{1:012x}"),
    Shot("akun", "/konsol/akun", "/konsol/akun"),
    Shot("pengumuman", "/konsol/pengumuman", "/konsol/pengumuman"),
    Shot("perbaiki", "/konsol/perbaiki", lambda visit: visit.go(visit.known["mend"])),
    Shot("perjalanan", "/lacak/{code}", lambda visit: visit.go(visit.known["tracking"])),
)


@asynccontextmanager
async def console(folder: Path, page: Page) -> AsyncIterator[Visit]:
    """An operator's night: a flood, a token that ran out, an account that is paused."""
    async with console_world(folder) as world:
        visit = Visit(page, world.url, await _night(world))
        await visit.go("/masuk")
        await page.fill("#login", "operator")
        await page.fill("#password", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/loket")
        yield visit


async def _night(world: ConsoleWorld) -> dict[str, str]:
    from intake.pausing import Pause, carry_out

    journal = world.inside.journal
    write_banner(
        world.folder,
        Banner(
            "Banjir di beberapa wilayah, petugas sudah dikerahkan. Keadaan darurat: telepon 112.", "Flooding…"
        ),
    )
    world.alarms["telegram-dki: token"] = "Telegram answers 401: the token was revoked"
    order = Pause(account="x-dki", paused=True, reason="Satu akun mengirim ulang pesan yang sama tanpa henti")
    await carry_out(journal, world.staff, "operator", order)
    await world.pauses.load()
    (entry,) = await journal.quarantined()
    file = await journal.complaint_by_ticket(world.tickets[0])
    assert file is not None
    code = world.inside.settler.secrets.tracking_code(file.complaint_id)
    return {
        "complaint": f"/konsol/aduan/{world.tickets[0]}",
        "mend": f"/konsol/perbaiki?tiket={world.tickets[1]}",
        "held": f"/konsol/karantina/{entry.entry_id}",
        "tracking": f"/lacak/{code}",
    }


ROUNDS = ((citizen, CITIZEN), (desk, DESK), (console, CONSOLE))
SHOTS = tuple(shot for _, shots in ROUNDS for shot in shots)


async def visit_all(browser: Browser, target: Path, width: int, scheme: str, names: Sequence[str]) -> None:
    """Every round at one width; with `names`, only the rounds that lead to those."""
    for world, shots in ROUNDS:
        if names and not {shot.name for shot in shots} & set(names):
            continue
        context = await browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        with tempfile.TemporaryDirectory() as folder:
            async with world(Path(folder), await context.new_page()) as visit:
                for shot in shots:
                    await shot.take(visit, target / f"{shot.name}-{width}-{scheme}.png")
        await context.close()


async def main(names: Sequence[str], target: Path, views: Sequence[tuple[int, str]]) -> None:
    """Every view, one after another."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for width, scheme in views:
            await visit_all(browser, target, width, scheme, names)
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the pictures of the pages anew.")
    parser.add_argument("names", nargs="*", help="only the rounds that lead to these pictures")
    parser.add_argument("--into", type=Path, default=FOLDER)
    parser.add_argument("--all-views", action="store_true", help="320 in the dark too")
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(given.names, given.into, (*VIEWS, (320, "dark")) if given.all_views else VIEWS))
