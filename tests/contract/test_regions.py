"""Our table of regions against other people's, and coordinates against their polygons, when these are there."""

from __future__ import annotations

import csv
import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from normalizer.context import Context
from normalizer.gazetteer import BOUNDS, find_region, kelurahan_table, nearest
from normalizer.pipeline import build_context
from normalizer.place_points import region_at
from normalizer.record import Coordinates

ROOT = Path(__file__).resolve().parents[2]
MATERIALS = Path(os.environ.get("KANAL_MATERIALS", ROOT.parent / "shared" / "materials")) / "regions"


def _material(name: str) -> Path:
    path = MATERIALS / name
    if not path.is_file():
        pytest.skip(f"{name} is not here; set KANAL_MATERIALS to the folder of the materials")
    return path


def test_every_city_has_its_number_of_kecamatan_and_kelurahan() -> None:
    cities: dict[str, set[str]] = {}
    for row in kelurahan_table():
        cities.setdefault(row.city, set()).add(row.kecamatan_code)
    kelurahan = Counter(row.city for row in kelurahan_table())
    counts = {c.split("Administrasi ")[1]: (len(k), kelurahan[c]) for c, k in cities.items()}
    assert counts == {
        "Jakarta Pusat": (8, 44),
        "Jakarta Utara": (6, 31),
        "Jakarta Barat": (8, 56),
        "Jakarta Selatan": (10, 65),
        "Jakarta Timur": (10, 65),
        "Kepulauan Seribu": (2, 6),
    }
    assert len({row.code for row in kelurahan_table()}) == 267


def test_codes_nest_and_points_lie_in_the_province() -> None:
    west, south, east, north = BOUNDS
    for row in kelurahan_table():
        assert row.code.startswith(row.kecamatan_code + ".")
        assert row.kecamatan_code.startswith(row.city_code + ".")
        assert west < row.longitude < east
        assert south < row.latitude < north
        assert nearest(row.latitude, row.longitude)[0][1] == row


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        ("31.71", 1),
        ("3171", 1),
        ("31.75.06", 2),
        ("31.75.06.1001", 3),
        ("3175061001", 3),
        ("31.75.06.1999", 0),
        ("", 0),
        ("31", 0),
        ("x", 0),
        ("32.71", 0),
    ],
)
def test_find_region(code: str, depth: int) -> None:
    found = find_region(code)
    assert (found.depth if found else 0) == depth


def test_names_and_codes_are_those_of_the_decree() -> None:
    with _material("jakarta-kelurahan.csv").open(encoding="utf-8", newline="") as file:
        theirs = {r["code"]: (r["kelurahan"], r["kecamatan"], r["kota"]) for r in csv.DictReader(file)}
    assert {r.code: (r.name, r.kecamatan, r.city) for r in kelurahan_table()} == theirs


@pytest.fixture(scope="module")
def polygons() -> Context:
    return build_context(polygons=_material("jakarta-kelurahan.geojson"))


def test_every_point_lies_in_its_own_polygon(polygons: Context) -> None:
    assert polygons.polygons is not None
    for row in kelurahan_table():
        found = polygons.polygons.locate(row.latitude, row.longitude)
        assert found is not None
        assert found.code == row.code


def test_without_polygons_what_is_claimed_is_mostly_right(polygons: Context) -> None:
    """Measured on 6,000 points over the mainland: right in 0.94 of the kelurahan and 0.95 of the kecamatan claimed."""
    assert polygons.polygons is not None
    chance, plain = random.Random(5), build_context()
    right: Counter[int] = Counter()
    claimed: Counter[int] = Counter()
    for _ in range(1500):
        point = Coordinates(latitude=chance.uniform(-6.37, -6.08), longitude=chance.uniform(106.69, 106.97))
        true = polygons.polygons.locate(point.latitude, point.longitude)
        guess, confidence, *_ = region_at(point, plain.polygons)
        if guess is not None and true is not None:
            assert confidence <= 0.6
            claimed[guess.depth] += 1
            right[guess.depth] += true.within(guess.code)
    rates = {depth: right[depth] / claimed[depth] for depth in claimed}
    assert rates[3] > 0.85, rates
    assert rates[2] > 0.9, rates


def test_neighbours_are_outside_when_polygons_say_so(polygons: Context) -> None:
    depok, _, inside, _ = region_at(Coordinates(latitude=-6.38, longitude=106.83), polygons.polygons)
    assert (depok, inside) == (None, False)


def test_a_wrong_polygon_file_is_named_with_the_cure(tmp_path: Path) -> None:
    from normalizer.errors import Misconfigured

    for content in ("nonsense", json.dumps({"features": []}), json.dumps([1])):
        path = tmp_path / "regions.geojson"
        path.write_text(content)
        with pytest.raises(Misconfigured, match="cure"):
            build_context(polygons=path)
