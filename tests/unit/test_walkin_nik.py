"""What an identity card's number says."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.walkin.nik import Nik, read_nik
from normalizer.offices import offices

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "female", "born"),
    [
        ("3171014107900001", True, date(1990, 7, 1)),
        ("3171 0101 0790 0001", False, date(1990, 7, 1)),
        ("31.71.01.290204.0002", False, date(2004, 2, 29)),
        ("3171012311260003", False, date(2026, 11, 23)),
        ("3171012411260003", False, date(1926, 11, 24)),
    ],
)
def test_a_number_says_sex_and_birth(text: str, female: bool, born: date) -> None:
    found = read_nik(text, TODAY)
    assert isinstance(found, Nik)
    assert (found.female, found.born) == (female, born)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("317101410790000", "digits"),
        ("31710141079000012", "digits"),
        ("3171O14107900001", "digits"),
        ("٣١٧١٠١٤١٠٧٩٠٠٠٠١", "digits"),
        ("0071014107900001", "region"),
        ("3100014107900001", "region"),
        ("3171013202900001", "date"),
        ("3171013002900001", "date"),
        ("3171010013900001", "date"),
        ("3171012902010001", "date"),
        ("3171014107900000", "serial"),
    ],
)
def test_a_mistyped_number_names_what_is_wrong(text: str, problem: str) -> None:
    assert read_nik(text, TODAY) == problem


def test_every_office_is_there() -> None:
    kinds = [office.kind for office in offices().values()]
    counts = {kind: kinds.count(kind) for kind in kinds}
    assert counts == {"kelurahan": 267, "kecamatan": 44, "walikota": 6, "inspektorat": 1, "balai_kota": 1}
    assert offices()["31.71.01.1002"].name == "Kelurahan Cideng"
    assert [office.code for office in offices().values() if office.confidential] == ["inspektorat"]
