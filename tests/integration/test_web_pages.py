"""The pages over real HTTP: sessions, forged forms, field errors, receipts, tracking, attachments."""

from __future__ import annotations

import asyncio
import hashlib
import re
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from complaint_queue.erasing import Erased
from complaint_queue.way_out import Progress, Step
from tests.web_world import OFFICE, OTHER_OFFICE, PASSWORD, PNG, Browser, World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as one:
        yield one


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with Browser(world) as one:
        yield one


def session_cookie(browser: Browser) -> str:
    return next((c.value for c in browser.session.cookie_jar if c.key == "kanal_sesi"), "")


@pytest.mark.parametrize("path", ["/", "/masuk", "/lacak", "/lacak/ABC", "/tidak-ada", "/sandi/xyz"])
async def test_every_page_bears_the_security_headers(browser: Browser, path: str) -> None:
    await browser.get(path)
    policy = browser.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.headers["Cache-Control"] == "no-store"
    assert "<style" not in browser.text
    assert "style=" not in browser.text
    assert not re.search(r"<script(?![^>]*src=)", browser.text)
    assert not re.search(r"\son\w+=", browser.text)


async def test_with_https_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    async with open_world(tmp_path, secure=True) as world, Browser(world) as browser:
        await browser.get("/masuk")
        cookie = browser.headers["Set-Cookie"]
        assert cookie.startswith("__Host-kanal_pra=")
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "max-age" in browser.headers["Strict-Transport-Security"]


async def test_signing_in_opens_the_desk_and_signing_out_closes_it(browser: Browser) -> None:
    await browser.get("/loket")
    assert browser.path == "/masuk"
    await browser.sign_in()
    assert browser.path == "/loket"
    old = session_cookie(browser)
    await browser.post("/keluar", {"csrf": browser.hidden("csrf")})
    assert browser.path == "/masuk"
    await browser.get("/loket", headers={"Cookie": f"kanal_sesi={old}"})
    assert browser.path == "/masuk", "the old id is dead on the server too"


async def test_an_id_that_somebody_planted_is_never_signed_in(world: World, browser: Browser) -> None:
    browser.session.cookie_jar.update_cookies({"kanal_sesi": "planted-by-somebody"}, URL(browser.world.url))
    await browser.sign_in()
    assert session_cookie(browser) not in ("", "planted-by-somebody")
    assert await world.staff.session("planted-by-somebody") is None


async def test_each_sign_in_gets_an_id_of_its_own_and_ends_the_one_before(
    world: World, browser: Browser
) -> None:
    await browser.sign_in()
    first = session_cookie(browser)
    async with Browser(world) as other:
        await other.get("/masuk")
        token = other.hidden("csrf")
        await other.post(
            "/masuk", {"csrf": token, "login": "loket", "password": PASSWORD}, cookies={"kanal_sesi": first}
        )
        assert session_cookie(other) not in ("", first)
    assert await world.staff.session(first) is None


@pytest.mark.parametrize("token", ["", "0" * 32, "é"])
async def test_a_form_without_its_token_is_refused(world: World, browser: Browser, token: str) -> None:
    await browser.get("/masuk")
    await browser.post("/masuk", {"csrf": token, "login": "loket", "password": PASSWORD})
    assert browser.status == 403
    await browser.sign_in()
    await browser.fill(csrf=token)
    assert browser.status == 403
    assert "Jalan berlubang di depan pasar" in browser.text, "what was typed stays"
    await browser.post("/keluar", {"csrf": token})
    assert browser.status == 403
    assert world.journal.messages == []


@pytest.mark.parametrize("headers", [{"Origin": "https://jahat.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_form_from_another_site_is_refused(
    world: World, browser: Browser, headers: dict[str, str]
) -> None:
    await browser.sign_in()
    await browser.get("/loket")
    browser.session.headers.update(headers)
    await browser.send()
    assert browser.status == 403
    assert world.journal.messages == []


async def test_a_session_ends_when_it_idles_and_when_it_is_old(world: World, browser: Browser) -> None:
    await browser.sign_in()
    world.clock.forward(29 * 60)
    await browser.get("/loket")
    assert browser.path == "/loket"
    world.clock.forward(31 * 60)
    await browser.get("/loket")
    assert browser.path == "/masuk"
    await browser.sign_in()
    for _ in range(12 * 3):
        world.clock.forward(20 * 60)
        await browser.get("/loket/hari-ini")
    assert browser.path == "/masuk", "twelve hours are the end, however busy it was"


async def test_ten_guesses_and_no_more_even_at_once(world: World, browser: Browser) -> None:
    await browser.get("/masuk")
    form = {"csrf": browser.hidden("csrf"), "login": "loket", "password": "salah sekali ini"}

    async def guess() -> int:
        async with browser.session.post(world.url + "/masuk", data=form) as answer:
            return answer.status

    statuses = await asyncio.gather(*(guess() for _ in range(25)))
    assert statuses.count(401) == 10
    assert statuses.count(429) == 15
    await browser.sign_in()
    assert browser.status == 429, "the right password is no way round"
    world.clock.forward(15 * 60 + 1)
    await browser.sign_in()
    assert browser.path == "/loket"


async def test_an_unknown_user_looks_and_lasts_like_a_wrong_password(world: World, browser: Browser) -> None:
    await browser.sign_in(password="salah sekali ini")
    known = browser.text
    await browser.sign_in("tidakada", "salah sekali ini")
    assert re.sub(r'value="[^"]*"', "", browser.text) == re.sub(r'value="[^"]*"', "", known)

    async def seconds(login: str) -> float:
        begun = time.perf_counter()
        await browser.post("/masuk", {"csrf": token, "login": login, "password": "salah sekali ini"})
        assert browser.status == 401
        return time.perf_counter() - begun

    token = browser.hidden("csrf")
    there = statistics.median([await seconds("loket") for _ in range(5)])
    absent = statistics.median([await seconds(f"tidakada{n}") for n in range(5)])
    assert 0.2 < there / absent < 5, "no answer comes without a hash having been computed"


async def test_a_complaint_is_stored_with_its_photo_and_gets_a_receipt(
    world: World, browser: Browser
) -> None:
    await browser.sign_in()
    await browser.fill(
        photos=[PNG, PNG],
        nik="3171014107900001",
        phone="0812-0000-1234",
        kelurahan="Cideng, Gambir, Jakarta Pusat",
    )
    assert browser.status == 200, browser.text
    ticket = browser.path.rpartition("/")[2]
    assert ticket in browser.text
    assert world.secrets.pin(1) in browser.text
    assert "Siti Contoh" not in browser.text, "a receipt names nobody"
    (message,) = world.journal.messages
    assert message.clerk_id == "loket"
    assert message.channel == "kantor_kelurahan"
    assert message.place.kelurahan.name == "Cideng"
    assert [c.value for c in message.sender.contacts] == ["+6281200001234"]
    assert world.journal.contents == [{0: PNG, 1: PNG}]
    await browser.get(f"/loket/qr/{ticket}.svg")
    assert browser.headers["Content-Type"] == "image/svg+xml"
    await browser.get("/loket/hari-ini")
    assert ticket in browser.text


async def test_a_form_sent_twice_is_one_complaint(world: World, browser: Browser) -> None:
    await browser.sign_in()
    await browser.get("/loket")
    fields = {"csrf": browser.hidden("csrf"), "form_id": browser.hidden("form_id")}
    await browser.send(**fields)
    first = browser.path
    await browser.send(**fields)
    assert browser.path == first
    assert "sudah tersimpan sebelumnya" in browser.text
    assert len(world.journal.messages) == 1
    await browser.send(csrf=fields["csrf"], form_id="buatansendiri1234567.00")
    assert browser.status == 403


async def test_errors_name_the_fields_and_keep_what_was_typed(world: World, browser: Browser) -> None:
    await browser.sign_in()
    await browser.fill(
        photos=[b"MZ this is a program"], text="Pendek", nik="3171016502900001"[:-1], phone="12", email="siti@",
        kelurahan="Atlantis", category="tidak_ada", name="Siti Contoh", consent="",
    )  # fmt: skip
    assert browser.status == 422
    for field in ("text", "nik", "phone", "email", "kelurahan", "category", "files", "consent"):
        assert f'id="{field}-error"' in browser.text, field
        assert f'href="#{field}"' in browser.text, field
    for typed in ("Pendek", "Siti Contoh", "Atlantis", "siti@", "foto-0.png"):
        assert typed in browser.text
    assert world.journal.messages == []
    await browser.send()
    assert len(world.journal.messages) == 1


async def test_our_own_failure_says_not_stored_and_keeps_the_text(world: World, browser: Browser) -> None:
    await browser.sign_in()
    world.journal.away = True
    await browser.fill(text="Lampu jalan mati sejak Senin")
    assert browser.status == 503
    assert browser.headers["Retry-After"] == "7"
    assert "Belum tersimpan, coba lagi" in browser.text
    assert "Lampu jalan mati sejak Senin" in browser.text
    world.journal.away = False
    await browser.send(text="Lampu jalan mati sejak Senin")
    assert len(world.journal.messages) == 1


async def test_a_session_that_ends_while_typing_loses_nothing(world: World, browser: Browser) -> None:
    await browser.sign_in()
    await browser.get("/loket")
    world.clock.forward(31 * 60)
    await browser.send(text="Sampah menumpuk dua minggu")
    assert browser.status == 401
    assert "Sampah menumpuk dua minggu" in browser.text
    form_id = browser.hidden("form_id")
    async with Browser(world) as tab:
        tab.session._cookie_jar = browser.session.cookie_jar
        await tab.sign_in()
    await browser.send(text="Sampah menumpuk dua minggu", form_id=form_id)
    assert browser.status == 403
    await browser.send(text="Sampah menumpuk dua minggu", form_id=form_id)
    assert len(world.journal.messages) == 1


async def test_another_office_sees_nothing(world: World, browser: Browser) -> None:
    await browser.sign_in()
    await browser.fill(office=OTHER_OFFICE)
    assert world.journal.messages[0].office_code == OFFICE, "a clerk cannot write for another office"
    ticket = browser.path.rpartition("/")[2]
    await world.add("lain", office=OTHER_OFFICE)
    await world.add("tanpa", office="")
    await world.add("operator", "operator", "")
    for login, status in (("lain", 404), ("tanpa", 404), ("operator", 200)):
        async with Browser(world) as other:
            await other.sign_in(login)
            for path in (f"/loket/tanda-terima/{ticket}", f"/loket/qr/{ticket}.svg"):
                await other.get(path)
                assert other.status == status, (login, path)
            assert (ticket in await other.get("/loket/hari-ini")) == (status == 200)


async def test_a_form_that_is_too_large_is_413(browser: Browser, world: World) -> None:
    await browser.sign_in()
    await browser.get("/loket")
    await browser.fill(photos=[PNG + bytes(4 * 1024 * 1024)])
    assert browser.status == 413
    assert "Kiriman terlalu besar" in browser.text


async def test_tracking_shows_the_stage_and_nothing_private(world: World, browser: Browser) -> None:
    await browser.sign_in()
    await browser.fill(text="Tetangga membakar sampah plastik")
    code = world.secrets.tracking_code(1)
    async with Browser(world) as citizen:
        await citizen.get(f"/lacak/{code}")
        assert citizen.status == 200
        assert "Menunggu" in citizen.text
        for private in ("Siti", "sampah plastik", world.secrets.pin(1), "Cideng"):
            assert private not in citizen.text
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        unknown = world.secrets.tracking_code(99)
        answers = {
            (await citizen.get(f"/lacak/{one}")).replace(one, ""): citizen.status for one in (wrong, unknown)
        }
        tokens = {re.sub(r'value="[^"]*"', "", text) for text in answers}
        assert len(tokens) == 1
        assert set(answers.values()) == {404}


async def test_tracking_shows_the_way_so_far(world: World, browser: Browser) -> None:
    await browser.sign_in()
    await browser.fill(text="Tetangga membakar sampah plastik")
    at = world.clock.now()
    world.journal.reached[1] = Progress(
        stage="Disposisi",
        rank=3,
        crm_number="CRM-77",
        steps=(
            Step(stage="Koordinasi", word="Koordinasi", at=at),
            Step(stage="", word="Survei lapangan", at=at),
            Step(stage="Disposisi", word="Proses", at=at, agency="Dinas <Contoh>", note="Petugas ke lokasi."),
        ),
    )
    async with Browser(world) as citizen:
        await citizen.get(f"/lacak/{world.secrets.tracking_code(1)}")
    text = citizen.text
    assert re.search(r'aria-current="step"><p[^>]*>Disposisi', text)
    for shown in ("CRM-77", "Dinas &lt;Contoh&gt;", "Petugas ke lokasi.", "Survei lapangan"):
        assert shown in text
    assert text.index("Survei lapangan") < text.index("Petugas ke lokasi."), "in the order of the stages"


async def test_tracking_says_that_it_was_erased_in_both_languages(world: World, browser: Browser) -> None:
    await browser.sign_in()
    await browser.fill(text="Tetangga membakar sampah plastik")
    world.journal.gone[1] = Erased(sequence=1, at=world.clock.now())
    async with Browser(world) as citizen:
        await citizen.get(f"/lacak/{world.secrets.tracking_code(1)}")
        assert "telah dihapus atas permintaan pelapornya" in citizen.text
        await citizen.get(f"/lacak/{world.secrets.tracking_code(1)}?bahasa=en")
        assert "erased because its reporter asked for it" in citizen.text


async def test_a_ticket_needs_its_pin_and_guesses_are_few(world: World, browser: Browser) -> None:
    await browser.sign_in()
    await browser.fill()
    ticket = world.journal.complaints[1].ticket
    pin = world.secrets.pin(1)
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    async with Browser(world) as citizen:
        await citizen.get("/lacak")
        await citizen.post("/lacak", {"csrf": citizen.hidden("csrf"), "ticket": ticket, "pin": ""})
        assert citizen.status == 422
        await citizen.post(
            "/lacak", {"csrf": citizen.hidden("csrf"), "ticket": ticket.replace("-", " "), "pin": pin}
        )
        assert citizen.status == 200
        assert citizen.path.startswith("/lacak/")
        await citizen.get("/lacak")
        form = {"csrf": citizen.hidden("csrf"), "ticket": ticket, "pin": wrong}
        statuses = []
        for _ in range(14):
            await citizen.post("/lacak", form)
            statuses.append(citizen.status)
        assert statuses == [422] * 10 + [429] * 4
        await citizen.post("/lacak", {**form, "pin": pin})
        assert citizen.status == 429, "the right PIN is no way round"


async def test_an_attachment_goes_to_whoever_holds_a_fresh_signature(world: World, browser: Browser) -> None:
    content = b"<script>alert(1)</script>" * 50
    sha256 = hashlib.sha256(content).hexdigest()
    world.files.held[sha256] = content
    end = int(world.clock.now().timestamp()) + 60
    signature = world.secrets.sign("attachment", f"{sha256}.{end}")
    path = f"/lampiran/{sha256}?exp={end}&sig="
    assert (await browser.get(path + signature)).encode() == content
    assert browser.headers["Content-Disposition"].startswith("attachment")
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.headers["Content-Type"] == "application/octet-stream"
    for forged in ("", "0" * 32, "é", signature[:-1]):
        await browser.get(path + forged)
        assert browser.status == 403
        assert signature not in browser.text
    await browser.get(f"/lampiran/{sha256}?exp={end + 1}&sig={signature}")
    assert browser.status == 403
    other = "0" * 64
    await browser.get(f"/lampiran/{other}?exp={end}&sig={world.secrets.sign('attachment', f'{other}.{end}')}")
    assert browser.status == 404
    world.clock.forward(61)
    await browser.get(path + signature)
    assert browser.status == 403


async def test_the_first_administrator_comes_by_a_link_that_works_once(
    world: World, browser: Browser
) -> None:
    token = await world.staff.first_admin_link()
    await browser.get(f"/sandi/{token}")
    form = {"csrf": browser.hidden("csrf"), "name": "Admin Contoh", "login": "admin"}
    await browser.post(f"/sandi/{token}", {**form, "password": "pendek", "again": "pendek"})
    assert browser.status == 422
    await browser.post(f"/sandi/{token}", {**form, "password": PASSWORD, "again": PASSWORD + "x"})
    assert browser.status == 422
    await browser.post(f"/sandi/{token}", {**form, "password": PASSWORD, "again": PASSWORD})
    assert browser.path == "/masuk"
    await browser.get(f"/sandi/{token}")
    assert browser.status == 404
    await browser.sign_in("admin")
    assert browser.path == "/loket"
    assert await world.staff.first_admin_link() is None


async def test_what_people_type_is_never_markup(world: World, browser: Browser) -> None:
    await browser.sign_in()
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    await browser.fill(text="x", name=nasty, address=nasty, kelurahan=nasty)
    assert browser.status == 422
    assert "<script>alert" not in browser.text
    assert "<img src=x" not in browser.text


async def test_a_nul_that_somebody_typed_is_no_part_of_a_page(browser: Browser) -> None:
    await browser.get("/lacak")
    await browser.post("/lacak", {"csrf": browser.hidden("csrf"), "ticket": "2611\x0023", "pin": "1"})
    assert browser.status == 422
    assert 'value="2611\ufffd23"' in browser.text
    assert "\x00" not in browser.text


async def test_pages_speak_english_when_asked_to(browser: Browser) -> None:
    await browser.get("/?bahasa=en")
    assert '<html lang="en">' in browser.text
    await browser.get("/lacak")
    assert "Track a complaint" in browser.text
