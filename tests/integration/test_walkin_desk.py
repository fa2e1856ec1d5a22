"""Who sees what at the desk: each office its own, none what is about itself, and the Inspektorat's silence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from normalizer.offices import offices
from tests.web_world import OFFICE, OTHER_OFFICE, Browser, World, open_world

KECAMATAN, CITY, OTHER_CITY = OFFICE[:8], OFFICE[:5], OTHER_OFFICE[:5]
HOUR = 3600
#: One office of each kind, with the counters that may know what is complained about it.
ABOVE = {
    OFFICE: {KECAMATAN, CITY, "inspektorat", "balai_kota"},
    KECAMATAN: {CITY, "inspektorat", "balai_kota"},
    CITY: {"inspektorat", "balai_kota"},
    "inspektorat": {"balai_kota"},
    "balai_kota": {"inspektorat"},
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as one:
        yield one


async def signed_in(world: World, login: str, role: str = "clerk", office: str = "") -> Browser:
    await world.add(login, role, office)
    browser = Browser(world)
    await browser.sign_in(login)
    return browser


async def sees(browser: Browser, ticket: str) -> tuple[bool, bool, bool]:
    """Whether the day's list, the receipt and the QR code show it to this browser."""
    listed = ticket in await browser.get("/loket/hari-ini")
    await browser.get(f"/loket/tanda-terima/{ticket}")
    receipt = browser.status == 200
    await browser.get(f"/loket/qr/{ticket}.svg")
    return listed, receipt, browser.status == 200


@pytest.mark.parametrize("about", ABOVE)
async def test_a_complaint_about_an_office_is_hidden_from_it(world: World, about: str) -> None:
    """Entered at that very office: its other clerk and an operator of that office see nothing of it."""
    async with await signed_in(world, "penulis", office=about) as writer:
        await writer.fill(against_office=".", text="Petugas kantor ini meminta uang")
        ticket = writer.path.rpartition("/")[2]
        assert world.journal.messages[0].against_office == about
        assert offices()[about].name in writer.text, "the paper bears the office that took it"
        assert "meminta uang" not in writer.text
        assert await sees(writer, ticket) == (False, True, True), "the citizen gets the paper"
        for login, role in (("rekan", "clerk"), ("operator", "operator"), ("admin", "administrator")):
            async with await signed_in(world, login, role, about) as other:
                assert await sees(other, ticket) == (False, False, False), login
        world.clock.forward(HOUR + 1)
        await writer.sign_in("penulis")
        assert await sees(writer, ticket) == (False, False, False), (
            "after an hour it is closed to its writer too"
        )
        async with await signed_in(world, "pusat", "operator", "") as operator:
            assert await sees(operator, ticket) == (True, True, True)


@pytest.mark.parametrize("about", ABOVE)
async def test_offices_above_know_of_it_and_no_others(world: World, about: str) -> None:
    async with await signed_in(world, "penulis", office=OTHER_OFFICE) as writer:
        await writer.fill(against_office=about, text="Petugas kantor itu meminta uang")
        ticket = writer.path.rpartition("/")[2]
        assert await sees(writer, ticket) == (True, True, True), "it is an entry of the writer's own office"
    for office in (*ABOVE, OTHER_CITY, "31.71.01.1001", "31.01"):
        async with await signed_in(world, f"lihat.{office.replace('_', '')}", office=office) as other:
            known = office in ABOVE[about]
            assert await sees(other, ticket) == (known, False, False), office
            if known:
                assert offices()[about].name in await other.get("/loket/hari-ini")


@pytest.mark.parametrize("forged", [".", OFFICE, "kantor ini", "Kelurahan Cideng"])
async def test_a_forged_form_cannot_open_it_again(world: World, forged: str) -> None:
    async with Browser(world) as writer:
        await writer.sign_in()
        await writer.fill(against_office=forged, clerk="rekan", office_code=OTHER_OFFICE, office=OTHER_OFFICE)
        ticket = writer.path.rpartition("/")[2]
        form_id, message = writer.world.journal.messages[0].external_id, world.journal.messages[0]
        assert (message.office_code, message.against_office, message.clerk_id) == (OFFICE, OFFICE, "loket")
    async with await signed_in(world, "rekan", office=OFFICE) as other:
        await other.get("/loket")
        mark = other.hidden("form_id").partition(".")[2]
        for guess in (f"{form_id}.{mark}", form_id):
            await other.send(form_id=guess, against_office="")
            assert other.status == 403, "the number of a colleague's form is no key to its receipt"
            assert ticket not in other.text
        for path in (f"?clerk=loket&ulang=1&office={OTHER_OFFICE}", "?ukuran=58", "?ulang=1"):
            await other.get(f"/loket/tanda-terima/{ticket}{path}")
            assert other.status == 404
    assert len(world.journal.messages) == 1


async def test_a_resend_shows_the_writer_the_same_paper(world: World) -> None:
    async with Browser(world) as writer:
        await writer.sign_in()
        await writer.get("/loket")
        form_id, csrf = writer.hidden("form_id"), writer.hidden("csrf")
        for _ in range(2):
            await writer.send(form_id=form_id, csrf=csrf, against_office=".")
            assert "/tanda-terima/" in writer.path
    assert len(world.journal.messages) == 1


@pytest.mark.parametrize(
    "office", ["31.71.04.1002", "31.71.04", "31.75", "31.01", "inspektorat", "balai_kota"]
)
async def test_a_clerk_sees_the_own_office_only(world: World, office: str) -> None:
    """An ordinary complaint: no counter sees another's, above or below, whatever the kinds."""
    others = {"31.71.04.1001", "31.71.04", "31.71", "31.75", "31.01", "inspektorat", "balai_kota"} - {office}
    async with await signed_in(world, "penulis", office=office) as writer:
        await writer.fill()
        ticket = writer.path.rpartition("/")[2]
        assert world.journal.complaints[1].channel == offices()[office].channel
        assert await sees(writer, ticket) == (True, True, True)
    for other in others:
        async with await signed_in(world, f"lihat.{other.replace('_', '')}", office=other) as browser:
            assert await sees(browser, ticket) == (False, False, False), other


async def test_the_inspektorat_is_confidential_unless_someone_says_not(world: World) -> None:
    async with await signed_in(world, "inspektur", office="inspektorat") as clerk:
        await clerk.get("/loket")
        assert 'name="confidential"' not in clerk.text
        assert 'name="not_confidential"' in clerk.text
        for fields in ({}, {"confidential": ""}, {"confidential": "0"}, {"not_confidential": "1"}):
            await clerk.fill(**fields)
            assert "/tanda-terima/" in clerk.path
    assert [message.confidential for message in world.journal.messages] == [True, True, True, False]
    async with await signed_in(world, "pusat", "operator") as operator:
        await operator.fill(office="inspektorat")
        await operator.fill(office=OFFICE)
    assert [message.confidential for message in world.journal.messages[4:]] == [True, False]


async def test_what_was_said_of_secrecy_survives_an_error(world: World) -> None:
    async with await signed_in(world, "inspektur", office="inspektorat") as clerk:
        await clerk.fill(consent="", not_confidential="1", against_office="Kelurahan Cideng")
        assert clerk.status == 422
        assert 'value="Kelurahan Cideng"' in clerk.text
        ticked = clerk.text.partition('id="not_confidential"')[2].partition(">")[0]
        assert "checked" in ticked
        await clerk.fill(against_office="menteng")
        assert "Ada beberapa kantor dengan nama ini" in clerk.text
        assert 'href="#against_office"' in clerk.text
    assert world.journal.messages == []


@pytest.mark.parametrize("path", ["/loket", "/loket?bahasa=en"])
async def test_a_gateway_without_a_desk_says_how_to_get_one(tmp_path: Path, path: str) -> None:
    async with open_world(tmp_path, walkin_account="") as world, Browser(world) as browser:
        await browser.sign_in()
        await browser.get(path)
        assert browser.status == 503
        assert "adapter = &#34;walkin&#34;" in browser.text or 'adapter = "walkin"' in browser.text
        await browser.get("/loket/hari-ini")
        assert browser.status == 200


async def test_a_form_sent_to_a_gateway_without_a_desk_comes_back_whole(tmp_path: Path) -> None:
    async with open_world(tmp_path, walkin_account="") as world, Browser(world) as browser:
        await browser.sign_in()
        await browser.get("/loket/hari-ini")
        await browser.send(text="Sampah menumpuk dua minggu", csrf=browser.hidden("csrf"))
        assert browser.status == 503
        assert "Sampah menumpuk dua minggu" in browser.text
        assert "loket ini belum siap" in browser.text


@pytest.mark.parametrize("office", ["", "99.99"])
async def test_a_clerk_without_an_office_is_told_so(world: World, office: str) -> None:
    async with await signed_in(world, "tanpa", office=office) as browser:
        await browser.get("/loket")
        assert browser.status == 503
        assert "--office" in browser.text
        await browser.send(csrf=browser.hidden("csrf"))
        assert browser.status == 503
    assert world.journal.messages == []
