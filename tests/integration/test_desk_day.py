"""The day at the desk: corrections that the CRM hears, a citizen's status by ticket and PIN, the recap."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from intake.web.recap import neutral
from tests.desk_world import DeskWorld, desk_world
from tests.web_world import OTHER_OFFICE, Browser


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[DeskWorld]:
    async with desk_world(tmp_path) as one:
        yield one


@pytest.fixture
async def clerk(world: DeskWorld) -> AsyncIterator[Browser]:
    async with Browser(world) as one:  # type: ignore[arg-type]
        await one.sign_in()
        yield one


async def entered(world: DeskWorld, clerk: Browser, **fields: str) -> str:
    """The ticket of a complaint that the CRM has."""
    await clerk.fill(**fields)
    ticket = clerk.path.rpartition("/")[2]
    await world.inside.settle()
    return ticket


async def correct(clerk: Browser, ticket: str, **fields: str) -> None:
    await clerk.get(f"/loket/betulkan/{ticket}")
    hidden = {"csrf": clerk.hidden("csrf"), "form_id": clerk.hidden("form_id")}
    await clerk.post(f"/loket/betulkan/{ticket}", {**hidden, **fields})


async def test_a_correction_is_a_corrected_event_with_the_right_place_and_category(
    world: DeskWorld, clerk: Browser
) -> None:
    ticket = await entered(world, clerk, kelurahan="Cideng, Gambir, Jakarta Pusat", category="jalan_rusak")
    fields = {
        "text": "Bukan di Cideng, tetapi di Petojo Utara",
        "kelurahan": "Petojo Utara, Gambir, Jakarta Pusat",
        "category": "lampu_jalan",
    }
    await correct(clerk, ticket, **fields)
    assert "Pembetulan tersimpan" in clerk.text
    await world.inside.settle()
    first, second = await world.inside.events()
    assert (first.event, second.event, second.sequence) == ("created", "corrected", 2)
    assert second.added is not None
    assert second.added.text == fields["text"]
    assert second.complaint.place.kelurahan is not None
    assert second.complaint.place.kelurahan.name == "Petojo Utara"
    assert [one.code for one in second.complaint.categories] == ["lampu_jalan"]
    assert second.complaint.reporter == first.complaint.reporter


async def test_a_correction_sent_twice_is_one(world: DeskWorld, clerk: Browser) -> None:
    ticket = await entered(world, clerk)
    await clerk.get(f"/loket/betulkan/{ticket}")
    form = {name: clerk.hidden(name) for name in ("csrf", "form_id")} | {"text": "Nomor rumahnya 12"}
    for _ in range(2):
        await clerk.post(f"/loket/betulkan/{ticket}", form)
        assert clerk.status == 200
    await world.inside.settle()
    assert [event.event for event in await world.inside.events()] == ["created", "corrected"]


async def test_what_is_wrong_comes_back_and_nothing_is_stored(world: DeskWorld, clerk: Browser) -> None:
    ticket = await entered(world, clerk)
    await correct(clerk, ticket, text="Pendek", kelurahan="Atlantis")
    assert clerk.status == 422
    assert "Pendek" in clerk.text
    assert "Kelurahan ini tidak ditemukan" in clerk.text
    await clerk.post(f"/loket/betulkan/{ticket}", {"text": "Nomor rumahnya 12", "csrf": "x", "form_id": "x"})
    assert clerk.status == 403
    await world.inside.settle()
    assert len(await world.inside.events()) == 1


async def test_nobody_corrects_what_was_entered_elsewhere(world: DeskWorld, clerk: Browser) -> None:
    ticket = await entered(world, clerk)
    await world.add("jauh", OTHER_OFFICE)
    async with Browser(world) as other:  # type: ignore[arg-type]
        await other.sign_in("jauh")
        await other.get(f"/loket/betulkan/{ticket}")
        assert other.status == 404


async def test_a_clerk_looks_up_the_paper_of_whoever_stands_there(world: DeskWorld, clerk: Browser) -> None:
    ticket = await entered(world, clerk)
    (one,) = await world.files()
    pin = world.inside.receiver.secrets.pin(one.complaint_id)

    async def look_up(pin: str) -> None:
        await clerk.get("/loket/lacak")
        await clerk.post("/loket/lacak", {"csrf": clerk.hidden("csrf"), "ticket": ticket, "pin": pin})

    await look_up(pin)
    assert clerk.status == 200
    assert clerk.path == "/loket/lacak", "the citizen's own code stays out of the clerk's history"
    assert "Menunggu" in clerk.text
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    statuses = []
    for _ in range(11):
        await look_up(wrong)
        statuses.append(clerk.status)
    assert statuses == [422] * 10 + [429]


async def test_the_recap_counts_and_tells_nobodys_story(world: DeskWorld, clerk: Browser) -> None:
    ticket = await entered(
        world, clerk, kelurahan="Cideng, Gambir, Jakarta Pusat", category="jalan_rusak", name="Siti Contoh"
    )
    secret = await entered(world, clerk, confidential="1", kelurahan="Gambir, Gambir, Jakarta Pusat")
    page = await clerk.get("/loket/rekap")
    assert clerk.status == 200
    assert ticket in page
    assert secret in page
    assert "Cideng" in page
    assert "Siti" not in page
    assert "depan pasar" not in page
    text = await clerk.get("/loket/rekap.csv?hari=2026-11-23")
    assert clerk.headers["Content-Disposition"] == 'attachment; filename="rekap-2026-11-23.csv"'
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[1] for row in rows] == ["Nomor tiket", ticket, secret]
    assert rows[1][4] == "Cideng"
    assert rows[2][3:5] == ["", ""], "of a confidential complaint nothing is told"
    assert "Siti" not in text
    for odd in ("2026-11-22", "2030-01-01", "kemarin"):
        assert (await clerk.get(f"/loket/rekap?hari={odd}")) and clerk.status == 200
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.get(world.url + "/loket/rekap.csv", allow_redirects=False) as answer,
    ):
        assert answer.status == 303


@pytest.mark.parametrize("cell", ["=1+1", "+62", "-1", "@x", "|cmd", "%0", "\t=1", "  =1", "\uff1d1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert neutral(cell) == "'" + cell


def test_usual_cells_stay_as_they_are() -> None:
    for cell in ("Cideng", "261123-0042-4", "", "Jalan rusak", "23 November 2026"):
        assert neutral(cell) == cell
