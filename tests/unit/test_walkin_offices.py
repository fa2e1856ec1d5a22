"""The table of offices, who stands above whom, and what the form makes of an office that is complained about."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.walkin.parse import parse
from normalizer.errors import InvalidForm
from normalizer.gazetteer import kelurahan_table
from normalizer.offices import Office, find_office, offices, overseen_by
from normalizer.record import Message, RawEvent

ROOT = Path(__file__).resolve().parents[2]
MATERIALS = Path(os.environ.get("KANAL_MATERIALS", ROOT.parent / "shared" / "materials")) / "regions"
KENARI = "31.71.04.1002"
ONE_OF_EACH = {
    KENARI: "kantor_kelurahan",
    "31.71.04": "kantor_kecamatan",
    "31.71": "kantor_walikota",
    "31.01": "kantor_walikota",
    "inspektorat": "kantor_inspektorat",
    "balai_kota": "balai_kota",
}


def form(office: str = KENARI, **fields: str) -> Message:
    """What the parser reads from a form that a clerk of `office` sent."""
    told = {
        "form_id": "contoh-formulir-0001",
        "text": "Petugas loket meminta uang.",
        "consent": "1",
        **fields,
    }
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in told.items()
    )
    (item,) = parse(
        RawEvent(
            account="loket",
            received_at=datetime(2026, 11, 23, 4, 30, tzinfo=UTC),
            body=(parts + "--x--\r\n").encode(),
            headers={"content-type": "multipart/form-data; boundary=x"},
            envelope={"clerk": "siti", "office_code": office},
        )
    )
    return item.message


def test_every_region_has_its_office_under_its_own_name() -> None:
    expected: dict[str, str] = {}
    for row in kelurahan_table():
        expected[row.code] = f"Kelurahan {row.name}"
        expected[row.kecamatan_code] = f"Kecamatan {row.kecamatan}"
        city = row.city.removeprefix("Kota Administrasi ").removeprefix("Kabupaten Administrasi ")
        expected[row.city_code] = f"Kantor {'Bupati' if 'Seribu' in city else 'Wali Kota'} {city}"
    regional = {
        code: one.name for code, one in offices().items() if code not in ("inspektorat", "balai_kota")
    }
    assert regional == expected
    names = [one.name for one in offices().values()]
    assert len(set(names)) == len(names) == 319, "a name alone says which office is meant"


def test_the_offices_are_those_of_the_region_table_of_others() -> None:
    path = MATERIALS / "jakarta-kelurahan.csv"
    if not path.is_file():
        pytest.skip(f"{path.name} is not here; set KANAL_MATERIALS to the folder of the materials")
    with path.open(encoding="utf-8", newline="") as file:
        theirs = {row["code"] for row in csv.DictReader(file)}
    ours = {code for code, one in offices().items() if one.kind == "kelurahan"}
    assert ours == theirs
    assert {code for code, one in offices().items() if one.kind == "kecamatan"} == {
        code[:8] for code in theirs
    }
    assert {code for code, one in offices().items() if one.kind == "walikota"} == {
        code[:5] for code in theirs
    }


@pytest.mark.parametrize("office", offices().values(), ids=lambda office: office.code)
def test_each_office_has_the_channel_of_its_kind(office: Office) -> None:
    words = {"balai_kota": "balai_kota"}
    assert office.channel == words.get(office.kind, f"kantor_{office.kind}")
    message = form(office.code)
    assert (message.channel, message.office_code) == (office.channel, office.code)
    assert message.confidential == (office.kind == "inspektorat")


def test_offices_above_are_told_and_nobody_of_themselves() -> None:
    assert overseen_by(KENARI) == ()
    assert KENARI in overseen_by("31.71.04")
    assert set(overseen_by("31.71.04")) == {c for c in offices() if c.startswith("31.71.04.")}
    assert {"31.71.04", KENARI} <= set(overseen_by("31.71"))
    assert not {"31.71", "31.72.01", "31.01"} & set(overseen_by("31.71"))
    assert set(overseen_by("inspektorat")) == set(offices()) - {"inspektorat"}
    assert set(overseen_by("balai_kota")) == set(offices()) - {"balai_kota"}
    assert overseen_by("") == overseen_by("31.7") == overseen_by("31.71.0") == ()


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("Kelurahan Kenari", [KENARI]),
        ("kelurahan  KENARI", [KENARI]),
        ("kenari", [KENARI]),
        (KENARI, [KENARI]),
        ("Kecamatan Menteng", ["31.71.06"]),
        ("Inspektorat", ["inspektorat"]),
        ("balai kota", ["balai_kota"]),
        ("bupati", ["31.01"]),
        ("Kelurahan Antah Berantah", []),
        ("", []),
        ("...", []),
    ],
)
def test_an_office_is_found_by_what_people_call_it(written: str, codes: list[str]) -> None:
    assert [one.code for one in find_office(written)] == codes


@pytest.mark.parametrize("written", [".", " . ", "kantor ini", "Kantor Ini", "this office"])
@pytest.mark.parametrize("office", ONE_OF_EACH)
def test_one_key_says_this_office(office: str, written: str) -> None:
    assert form(office, against_office=written).against_office == office


def test_a_complaint_is_about_no_office_unless_the_form_says_so() -> None:
    assert form().against_office == form(against_office="  ").against_office == ""
    assert form(against_office="Inspektorat").against_office == "inspektorat"


@pytest.mark.parametrize(
    ("written", "problem"), [("menteng", "against_unclear"), ("Kelurahan Antah", "against_unknown")]
)
def test_an_office_that_is_not_clear_is_asked_for_again(written: str, problem: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        form(against_office=written, nik="1")
    assert refused.value.problems == (("against_office", problem), ("nik", "nik_digits"))


@pytest.mark.parametrize("office", ONE_OF_EACH)
def test_only_the_inspektorat_is_confidential_by_itself(office: str) -> None:
    by_itself = office == "inspektorat"
    assert form(office).confidential is by_itself
    assert form(office, confidential="").confidential is by_itself, "an unticked box says nothing there"
    assert form(office, confidential="0").confidential is by_itself
    assert form(office, confidential="1").confidential is True
    assert form(office, not_confidential="1").confidential is False
    assert form(office, not_confidential="1", confidential="1").confidential is True, "the safe one wins"
