"""Points: shared links and written degrees, which source wins, and the borders where the materials are there."""

from __future__ import annotations

import json
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalizer.pipeline import Context, build_context
from normalizer.place import step
from normalizer.place_links import from_geohash, from_plus_code, shared_places
from normalizer.place_points import corrected
from normalizer.record import Attachment, Complaint, Coordinates, Place, Region
from tests.steps import context

CONTEXT = context()
GEOJSON = (
    Path(os.environ.get("KANAL_MATERIALS", Path(__file__).resolve().parents[3] / "shared" / "materials"))
    / "regions"
    / "jakarta-kelurahan.geojson"
)
#: In front of Monas, kelurahan Gambir.
GAMBIR = (-6.1754, 106.8272)


def complaint(text: str = "", **fields: object) -> Complaint:
    return Complaint(
        complaint_id="1", ticket="t", channel="sms", adapter="sms", account="a",
        received_at=datetime(2026, 11, 23, tzinfo=UTC), text=text, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.fixture(scope="module")
def borders() -> Context:
    if not GEOJSON.is_file():
        pytest.skip("the polygons are not here; set KANAL_MATERIALS to the folder of the materials")
    return build_context(polygons=GEOJSON)


@pytest.mark.parametrize(
    "text",
    [
        "https://www.google.com/maps/place/Monas/@-6.18,106.83,17z/data=!3m1!4b1!8m2!3d-6.1754!4d106.8272",
        "cek https://maps.google.com/?q=-6.1754,106.8272 ya",
        "maps.google.com/maps?q=-6.1754%2C106.8272",
        "https://www.google.com/maps/search/?api=1&query=-6.1754%2C106.8272",
        "https://www.google.com/maps/search/-6.1754,+106.8272",
        "https://www.google.com/maps/dir//-6.1754,106.8272",
        "https://www.google.com/maps/@-6.1754,106.8272,15z",
        "https://waze.com/ul?ll=-6.1754%2C106.8272&navigate=yes",
        "https://www.waze.com/live-map/directions?to=ll.-6.1754%2C106.8272",
        "https://maps.apple.com/?ll=-6.1754,106.8272&q=Lubang",
        "https://www.openstreetmap.org/?mlat=-6.1754&mlon=106.8272#map=17/-6.1/106.8",
        "https://www.openstreetmap.org/#map=17/-6.1754/106.8272",
        "geo:-6.1754,106.8272;u=35",
        "geo:0,0?q=-6.1754,106.8272(lubang)",
        "lokasi -6.175400, 106.827200 depan pagar",
        "lokasi -6,1754000, 106,8272000 depan pagar",
        "-6.175400 106.827200",
        "lat: -6.1754, long: 106.8272",
        "6.17540 LS 106.82720 BT",
        "S 6.1754 E 106.8272",
        "6°10'31.4\"S 106°49'37.9\"E",
        "6P58RRFG+RV",
        "RRFG+RV Gambir, Kota Jakarta Pusat",
    ],
)
def test_shared_points(text: str) -> None:
    shared = shared_places(text)[0].point
    assert shared is not None
    right, _ = corrected(shared)
    assert right is not None
    assert (right.latitude, right.longitude) == pytest.approx(GAMBIR, abs=0.0003)


@pytest.mark.parametrize(
    "text",
    [
        "rugi Rp 1.500.000, 2.000.000",
        "telepon 0812.0000.1234",
        "jam 6.30, 7.45",
        "tgl 01.02.2026",
        "WARGA+CO",
        "a@b.co/1,2",
    ],
)
def test_other_numbers_are_no_points(text: str) -> None:
    assert not shared_places(text)


def test_a_short_link_is_said_to_hide_its_place() -> None:
    place = step(complaint("lubang di https://maps.app.goo.gl/AbCdEf123"), CONTEXT)
    assert place.place.method == "none"
    assert any("short map link" in e.result and "maps.app" in e.words[0] for e in place.evidence)


def test_codes() -> None:
    # The examples of the Open Location Code and geohash specifications.
    code = from_plus_code("8FVC9G8F+6X")
    assert (code.latitude, code.longitude) == pytest.approx((47.3655625, 8.5249375), abs=1e-6)
    grid = from_plus_code("8FVC9G8F+6XQ")
    assert (grid.latitude, grid.longitude) == pytest.approx((47.36559, 8.524997), abs=2e-5)
    cell = from_geohash("ezs42e44yx96")
    assert (cell.latitude, cell.longitude) == pytest.approx((42.6, -5.6), abs=1e-5)


@given(st.text(alphabet="-+.,;°'\"0123456789 @!3d4dSNEWLSBTgeo:/?q=lat&%CGQ", max_size=200))
def test_links_never_fail(text: str) -> None:
    shared_places(text)
    step(complaint(f"https://{text}"), CONTEXT)


@pytest.mark.parametrize(
    "piece", ["-6.1234,", "http://a!3d", "6°1'", "AAAA+", "6.12345 ", "lat 6.1 ", "geo:1,", "%2C", "S 6.123 "]
)
def test_no_crafted_text_holds_the_reader_up(piece: str) -> None:
    began = time.process_time()
    shared_places((piece * 5000)[:5000])
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("latitude", "longitude", "problem"),
    [
        (-6175400, 106827200, "millionths"),
        (106.8272, 6.1754, "swapped"),
        (0.00001, 0.0, "default"),
        (91, 200, "range"),
    ],
)
def test_corrected(latitude: float, longitude: float, problem: str) -> None:
    right, said = corrected(Coordinates(latitude=latitude, longitude=longitude))
    assert problem in said
    assert right is None or (right.latitude, right.longitude) == pytest.approx(GAMBIR, abs=1e-4)


def pin(point: tuple[float, float] = GAMBIR, accuracy: float | None = None) -> Place:
    return Place(coordinates=Coordinates(latitude=point[0], longitude=point[1], accuracy=accuracy))


def photo(point: tuple[float, float] = GAMBIR) -> tuple[Attachment, ...]:
    return (Attachment(name="a.jpg", captured_place=Coordinates(latitude=point[0], longitude=point[1])),)


def results(record: Complaint) -> str:
    return "; ".join(e.result for e in record.evidence)


def test_what_a_person_chose_stands_against_a_pin(borders: Context) -> None:
    chosen = Place(kelurahan=Region(code="31.74.01.1002", name="Tebet Barat"), coordinates=pin().coordinates)
    record = step(complaint(place=chosen), borders)
    assert record.place.kelurahan == Region(code="31.74.01.1002", name="Tebet Barat")
    assert "coordinates say 31.71.01.1001" in results(record)


def test_a_pin_stands_against_words_and_both_are_said(borders: Context) -> None:
    record = step(complaint("lampu mati di Kel. Tebet Barat", place=pin()), borders)
    assert record.place.kelurahan == Region(code="31.71.01.1001", name="Gambir")
    assert record.place.confidence <= 0.7
    assert "words say 31.74.01.1002" in results(record)


def test_a_pin_and_words_that_agree_are_surer(borders: Context) -> None:
    alone = step(complaint(place=pin()), borders).place.confidence
    assert step(complaint("di Gambir", place=pin()), borders).place.confidence > alone >= 0.95


def test_marked_words_stand_against_a_photo_but_plain_ones_do_not(borders: Context) -> None:
    record = step(complaint("lampu mati di Kel. Tebet Barat", attachments=photo()), borders)
    assert record.place.kelurahan == Region(code="31.74.01.1002", name="Tebet Barat")
    assert "photo say 31.71.01.1001" in results(record)
    record = step(complaint("lampu mati di Tebet", attachments=photo()), borders)
    assert record.place.kelurahan == Region(code="31.71.01.1001", name="Gambir")
    assert record.place.method == "photo"


def test_words_stand_against_a_pin_from_outside(borders: Context) -> None:
    record = step(complaint("lampu mati di kel Tebet Barat", place=pin((-6.45, 106.83))), borders)
    assert record.place.kelurahan == Region(code="31.74.01.1002", name="Tebet Barat")
    assert record.place.confidence <= 0.7
    assert "coordinates lie outside the province" in results(record)
    record = step(complaint("lampu mati", place=pin((-6.45, 106.83))), borders)
    assert record.place.inside is False


def test_an_inexact_pin_tells_no_kelurahan(borders: Context) -> None:
    record = step(complaint(place=pin(accuracy=2000)), borders)
    assert record.place.kelurahan is None
    assert record.place.kecamatan == Region(code="31.71.01", name="Gambir")
    record = step(complaint(place=pin(accuracy=20_000)), borders)
    assert record.place.kecamatan is None


def test_a_link_in_the_text_is_a_pin(borders: Context) -> None:
    record = step(complaint("sampah https://maps.google.com/?q=106.8272,-6.1754"), borders)
    assert record.place.kelurahan == Region(code="31.71.01.1001", name="Gambir")
    assert "swapped" in results(record)
    assert record.place.evidence == ("https://maps.google.com/?q=106.8272,-6.1754",)
    outside = step(complaint("https://maps.google.com/?q=-6.9,107.6"), borders)
    assert outside.place.inside is False


def test_the_office_is_the_last_hint() -> None:
    record = step(complaint("lampu mati", office_code="31.74.01.1002"), CONTEXT)
    assert record.place.kelurahan == Region(code="31.74.01.1002", name="Tebet Barat")
    assert (record.place.method, record.place.inside) == ("office", None)
    assert record.place.confidence < 0.5
    record = step(complaint("lampu mati di kel Cideng", office_code="31.74.01.1002"), CONTEXT)
    assert record.place.kelurahan == Region(code="31.71.01.1002", name="Cideng")
    assert step(complaint("lampu mati", office_code="inspektorat"), CONTEXT).place.method == "none"


def test_points_inside_are_in_their_kelurahan_and_quickly(borders: Context) -> None:
    """Measured on 10,680 points: 0.9993; what is missing lies where the simplified borders overlap."""
    from shapely.geometry import Point, shape  # type: ignore[import-untyped]

    chance, points = random.Random(11), []
    for feature in json.loads(GEOJSON.read_bytes())["features"]:
        area = shape(feature["geometry"])
        west, south, east, north = area.bounds
        wanted = len(points) + 8
        for _ in range(5000):
            point = Point(chance.uniform(west, east), chance.uniform(south, north))
            if area.contains(point):
                points.append((point, feature["properties"]["code"]))
            if len(points) == wanted:
                break
    assert len(points) > 2000
    finder = borders.polygons
    assert finder is not None
    began = time.process_time()
    found = [finder.locate(point.y, point.x) for point, _ in points]
    assert (time.process_time() - began) / len(points) < 0.001
    right = sum(path is not None and path.code == code for path, (_, code) in zip(found, points, strict=True))
    assert right / len(points) >= 0.999
    # Near a border the answer says so.
    near = [finder.border(point.y, point.x) for point, _ in points]
    assert min(near) < 25 < max(near)
