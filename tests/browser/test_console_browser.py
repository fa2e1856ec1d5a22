"""The operator's console in Debian's chromium: each page's task by keyboard, at two widths, with nothing amiss."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from intake.config import load
from intake.reading import questions
from intake.simulate import play
from normalizer.errors import Misconfigured
from tests.console_world import ConsoleWorld, console_world
from tests.web_world import PASSWORD
from tests.web_world import Browser as PlainBrowser

pytestmark = pytest.mark.browser
#: Bytes of a console page with nothing cached, its map left aside; the budget of a slow line.
BUDGET = 250_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ConsoleWorld]:
    async with console_world(tmp_path, filled=30) as made:
        yield made


async def opened(world: ConsoleWorld, chromium: Browser, width: int = 1280, scheme: str = "light") -> Page:
    context = await chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    page.said = []  # type: ignore[attr-defined]
    page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.said.append(str(error)))  # type: ignore[attr-defined]
    await page.goto(world.url + "/masuk")
    await page.fill("#login", "operator")
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/loket")
    return page


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
async def test_every_page_is_open_to_everybody_and_fits(
    world: ConsoleWorld, chromium: Browser, width: int, scheme: str
) -> None:
    page = await opened(world, chromium, width, scheme)
    (entry,) = await world.inside.journal.quarantined()
    for path in (
        "/konsol", "/konsol?rentang=bulan", "/konsol/peta", "/konsol/triase", "/konsol/cari?q=banjir",
        f"/konsol/aduan/{world.tickets[0]}", "/konsol/karantina", f"/konsol/karantina/{entry.entry_id}",
        "/konsol/perbaiki", "/konsol/aduan/261123-9999-1", "/konsol/tertolak",
        f"/konsol/tertolak/events/{1:012x}", "/konsol/akun", "/konsol/pengumuman",
    ):  # fmt: skip
        answer = await page.goto(world.url + path)
        assert answer is not None
        assert len(await answer.body()) < BUDGET
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found = await Axe().run(page)
        bad = [v["id"] for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
        assert bad == [], path
    said = [text for text in page.said if "404" not in text]  # type: ignore[attr-defined]
    assert said == [], "no script error, no violation of the policy"


async def test_the_numbers_move_by_themselves(world: ConsoleWorld, chromium: Browser) -> None:
    page = await opened(world, chromium)
    await page.get_by_role("link", name="Konsol", exact=True).first.click()
    waiting = page.locator("[data-now=triage]")
    before = len(await world.store.ask(questions.waiting))
    assert before > 1
    await expect(waiting).to_have_text(str(before))
    await expect(page.locator("#sambungan")).to_contain_text("diperbarui sendiri")
    row = (await world.store.ask(questions.waiting))[0]
    await world.inside.journal.decide(row.complaint_id, "set_aside")
    world.alarms["broker_away"] = "RabbitMQ <b>away</b>"
    await world.follow()
    await expect(waiting).to_have_text(str(before - 1), timeout=10_000)
    await expect(page.locator("#alarm")).to_contain_text("RabbitMQ tidak dapat dihubungi")
    await expect(page.locator("#alarm")).to_contain_text("RabbitMQ <b>away</b>")


async def test_the_map_moves_through_time_by_keyboard(world: ConsoleWorld, chromium: Browser) -> None:
    page = await opened(world, chromium)
    await page.goto(world.url + "/konsol/peta")
    slider = page.get_by_label("Geser waktu")
    await expect(slider).to_be_visible()
    coloured = page.locator("#wilayah path:not(.l0)")
    assert await page.locator("#wilayah path").count() == 267
    whole = await coloured.count()
    assert whole > 10
    assert await page.locator("#titik circle").count() > 5
    await slider.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#kapan")).not_to_have_text("Seluruh rentang")
    assert await coloured.count() < whole
    await page.keyboard.press("ArrowRight")
    await expect(page.locator("#kapan")).to_have_text("Seluruh rentang")
    assert await coloured.count() == whole
    await page.get_by_label("Kategori").select_option("banjir_genangan")
    await page.wait_for_url("**kategori=banjir_genangan**")
    assert 0 < await coloured.count() < whole


async def test_a_message_becomes_a_case_and_another_is_laid_aside(
    world: ConsoleWorld, chromium: Browser
) -> None:
    page = await opened(world, chromium)
    await page.goto(world.url + "/konsol/triase")
    await page.get_by_role("button", name=re.compile("^Jadikan laporan")).first.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Sudah menjadi laporan")
    await world.follow()
    await page.goto(world.url + "/konsol/triase")
    await page.get_by_role("button", name=re.compile("^Bukan aduan")).first.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("tidak ada yang dihapus")
    acts = [line.what for line in await world.staff.audit_lines(what="triage")]
    assert sorted(acts) == ["triage_file", "triage_set_aside"]
    assert world.woken == 2


async def test_a_person_is_found_by_what_they_wrote_from_and_the_search_is_noted(
    world: ConsoleWorld, chromium: Browser
) -> None:
    page = await opened(world, chromium)
    await page.goto(world.url + "/konsol/cari")
    await page.get_by_label("Nomor tiket, kata, atau pengirim").focus()
    await page.keyboard.type("081200000003")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await expect(page.locator(".found li")).to_have_count(1)
    await expect(page.locator(".found")).to_contain_text(world.tickets[3])
    (noted,) = await world.staff.audit_lines(what="searched_person")
    assert "0812" not in f"{noted.subject} {noted.detail}"
    await page.get_by_role("link", name=world.tickets[3]).click()
    await expect(page.locator(".timeline li")).to_have_count(3)
    await page.goto(f"{world.url}/konsol/cari?q={world.tickets[0]}")
    await expect(page.locator("h1")).to_have_text(world.tickets[0])
    await expect(page.locator(".timeline")).to_contain_text("Dinas Bina Marga")


async def test_a_broken_message_is_corrected_and_another_way_needs_a_reason(
    world: ConsoleWorld, chromium: Browser
) -> None:
    page = await opened(world, chromium)
    await page.goto(world.url + "/konsol/karantina")
    await page.get_by_role("link", name=re.compile("^Membaca")).click()
    await expect(page.locator("pre.raw")).to_contain_text('"messageId": "abc"')
    await page.get_by_role("button", name="Perbaiki salinan").click()
    await expect(page.get_by_role("alert")).to_contain_text("Belum ada yang diubah")
    copy = page.get_by_label("Isi salinan")
    text = await copy.input_value()
    await copy.fill(text + "}]}")
    await page.get_by_role("button", name="Perbaiki salinan").click()
    await expect(page.get_by_role("status")).to_contain_text("Salinannya sedang dibaca")
    assert await world.inside.journal.quarantined() == ()
    (kept,) = await world.inside.journal.kept()
    assert (await world.inside.journal.raw(kept.raw_id)).body.endswith(b"}]}")


async def test_clerks_strangers_and_forged_forms_are_refused(world: ConsoleWorld) -> None:
    (entry,) = await world.inside.journal.quarantined()
    paths = (
        "/konsol",
        "/konsol/peta",
        "/konsol/peta.json",
        "/konsol/langsung",
        "/konsol/triase",
        "/konsol/cari",
        "/konsol/tertolak",
        "/konsol/akun",
        "/konsol/pengumuman",
    )
    async with PlainBrowser(world) as browser:  # type: ignore[arg-type]
        for path in paths:
            await browser.get(path)
            assert browser.path == "/masuk"
        await browser.sign_in("loket")
        for path in (*paths, f"/konsol/aduan/{world.tickets[0]}", f"/konsol/karantina/{entry.entry_id}"):
            await browser.get(path)
            assert browser.status == 403, path
    async with PlainBrowser(world) as browser:  # type: ignore[arg-type]
        await browser.sign_in("operator")
        await browser.post(
            f"/konsol/karantina/{entry.entry_id}", {"act": "discard", "reason": "x", "csrf": "no"}
        )
        assert browser.status == 403
        await browser.get(f"/konsol/karantina/{entry.entry_id}")
        csrf = browser.hidden("csrf")
        await browser.post(
            f"/konsol/karantina/{entry.entry_id}", {"act": "discard", "reason": " ", "csrf": csrf}
        )
        assert browser.status == 422
    assert len(await world.inside.journal.quarantined()) == 1


async def test_of_a_confidential_complaint_the_console_shows_no_word(world: ConsoleWorld) -> None:
    async with PlainBrowser(world) as browser:  # type: ignore[arg-type]
        await browser.sign_in("operator")
        await browser.get(f"/konsol/aduan/{world.tickets[5]}")
    assert browser.status == 200
    assert "rahasia tidak ditampilkan" in browser.text
    assert "Kelurahan" not in browser.text.partition("</h1>")[2].partition("<dl")[0]


async def test_what_the_crm_refused_is_sent_again_or_discarded_with_a_reason(
    world: ConsoleWorld, chromium: Browser
) -> None:
    page = await opened(world, chromium)
    await page.goto(world.url + "/konsol/tertolak")
    await page.get_by_role("link", name=re.compile(f"{1:012x}$")).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("pre.raw")).to_contain_text("Got mampet di Kenari")
    await page.get_by_role("button", name="Kirim lagi").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Sudah dikirim lagi")
    assert world.dead.sent == [f"{1:012x}"]
    await page.goto(f"{world.url}/konsol/tertolak/statuses/{3:012x}")
    await page.get_by_label("Alasan").fill("tiket dari sistem lama")
    await page.get_by_role("button", name="Singkirkan").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Sudah disingkirkan")
    assert [one.key for one in world.dead.letters] == [f"{2:012x}"]
    acts = [line.what for line in await world.staff.audit_lines(what="deadletter")]
    assert sorted(acts) == [
        "deadletter_discard", "deadletter_looked_at", "deadletter_looked_at", "deadletter_replay",
    ]  # fmt: skip
    world.dead.away = True
    answer = await page.goto(world.url + "/konsol/tertolak")
    assert answer is not None
    assert answer.status == 503
    await expect(page.get_by_role("alert")).to_contain_text("RabbitMQ tidak dapat dihubungi")


async def test_an_account_is_paused_and_resumed_and_the_board_says_so_in_plain_words(
    world: ConsoleWorld, chromium: Browser
) -> None:
    page = await opened(world, chromium)
    await page.goto(world.url + "/konsol/akun")
    assert await page.get_by_role("button", name="Kirim surat contoh").count() == 0, "not in demo mode"
    card = page.locator(".accounts > li", has=page.get_by_role("heading", name="sms-1708"))
    await card.locator("summary").press("Enter")
    await card.get_by_role("button", name="Jeda sekarang").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("mengapa sms-1708 dijeda")
    await card.get_by_label("Alasan").fill("penyedia mengirim ulang tanpa henti")
    await card.get_by_role("button", name="Jeda sekarang").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("sms-1708 dijeda")
    await expect(card).to_contain_text("penyedia mengirim ulang tanpa henti")
    assert set(world.pauses.current) == {"sms-1708"}
    await page.goto(world.url + "/konsol")
    await expect(page.locator("#alarm")).to_contain_text("Akun sms-1708 sedang dijeda")
    await page.goto(world.url + "/konsol/akun")
    await card.get_by_role("button", name="Lanjutkan").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("dilanjutkan")
    assert world.pauses.current == {}
    acts = [line.what for line in await world.staff.audit_lines(what="account")]
    assert sorted(acts) == ["account_paused", "account_resumed"]


async def test_the_word_for_the_day_is_on_the_citizens_pages_in_both_languages(
    world: ConsoleWorld, chromium: Browser
) -> None:
    page = await opened(world, chromium)
    await page.goto(world.url + "/konsol/pengumuman")
    await page.get_by_label("Kalimatnya dalam bahasa Indonesia").fill("Banjir: <b>petugas</b> dikerahkan.")
    await page.get_by_label("Dalam bahasa Inggris").fill("Flood: crews are out.")
    await page.get_by_role("button", name="Tampilkan").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("sekarang tampil")
    citizen = await chromium.new_page()
    await citizen.goto(world.url + "/")
    await expect(citizen.locator(".banner")).to_have_text("Banjir: <b>petugas</b> dikerahkan.")
    await citizen.goto(world.url + "/lacak?bahasa=en")
    await expect(citizen.locator(".banner")).to_have_text("Flood: crews are out.")
    await page.get_by_role("button", name="Copot").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("sudah dicopot")
    await citizen.reload()
    await expect(citizen.locator(".banner")).to_have_count(0)
    acts = [line.what for line in await world.staff.audit_lines(what="banner")]
    assert sorted(acts) == ["banner_cleared", "banner_set"]


async def test_only_in_demo_mode_the_console_plays_a_provider(tmp_path: Path) -> None:
    for demo, status in ((False, 404), (True, 200)):
        folder = tmp_path / str(demo)
        folder.mkdir()
        async with console_world(folder, filled=0, demo=demo) as world:
            async with PlainBrowser(world) as browser:  # type: ignore[arg-type]
                await browser.sign_in("operator")
                await browser.get("/konsol/akun")
                assert ("Kirim surat contoh" in browser.text) == demo
                form = {"act": "simulate", "account": "sms-1708", "csrf": browser.hidden("csrf")}
                await browser.post("/konsol/akun", form)
            assert browser.status == status
            assert world.simulated == (["sms-1708"] if demo else [])


def test_a_gateway_that_others_reach_has_no_demo_mode(tmp_path: Path) -> None:
    file = tmp_path / "kanal.toml"
    for listen, public, right in (
        ("127.0.0.1:8080", "", True),
        ("0.0.0.0:8080", "", False),
        ("127.0.0.1:8080", "https://aduan.example.org", False),
    ):
        file.write_text(
            f'[gateway]\nlisten = "{listen}"\npublic_url = "{public}"\n[console]\ndemo = true\n'
            '[[account]]\nname = "loket"\nadapter = "walkin"\n'
        )
        if right:
            assert callable(play(load(file, {})))
        else:
            with pytest.raises(Misconfigured, match="demo"):
                play(load(file, {}))
