"""Points: coordinates as they were meant, and the region that they lie in."""

from __future__ import annotations

import math

from normalizer.gazetteer import BOUNDS, MAINLAND, RegionPath, find_region, nearest
from normalizer.ports import RegionFinder
from normalizer.record import Coordinates

#: Metres to a border below which a point may as well lie beyond it: what a phone misses by, and what simplified
#: borders have lost.
_NEAR_BORDER = 25.0
#: Metres of accuracy beyond which a point tells no kelurahan, and beyond which it tells no kecamatan.
_VAGUE, _VERY_VAGUE = 1_000.0, 5_000.0


def in_box(latitude: float, longitude: float) -> bool:
    """Whether a point is in the province's bounding box."""
    west, south, east, north = BOUNDS
    return west <= longitude <= east and south <= latitude <= north


def corrected(given: Coordinates) -> tuple[Coordinates | None, str]:
    """The coordinates as they were meant, and what was wrong with them (empty: nothing)."""
    latitude, longitude = given.latitude, given.longitude
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None, "coordinates are no numbers"
    if abs(latitude) < 0.01 and abs(longitude) < 0.01:
        return None, "coordinates 0, 0 are a device's default"
    if not in_box(latitude, longitude):
        for north, east, problem in (
            (longitude, latitude, "latitude and longitude were swapped"),
            (-latitude, longitude, "latitude had lost its minus"),
            (-longitude, latitude, "latitude and longitude were swapped, the minus lost"),
            (latitude / 1e6, longitude / 1e6, "coordinates were in millionths of a degree"),
            (latitude / 1e7, longitude / 1e7, "coordinates were in ten-millionths of a degree"),
        ):
            if in_box(north, east):
                return Coordinates(latitude=north, longitude=east, accuracy=given.accuracy), problem
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None, "coordinates out of range"
    return given, ""


def region_at(
    point: Coordinates, polygons: RegionFinder | None
) -> tuple[RegionPath | None, float, bool | None, str]:
    """Region, confidence, whether the point is inside the province (None: unknown), and a remark for the reader."""
    path, confidence, inside = _by_polygons(point, polygons) if polygons is not None else _by_centres(point)
    if path is None or path.depth == 1:
        return path, confidence, inside, ""
    accuracy = point.accuracy or 0.0
    if accuracy > _VAGUE:
        code = path.city.code if accuracy > _VERY_VAGUE or path.kecamatan is None else path.kecamatan.code
        return find_region(code), min(confidence, 0.6), inside, f"coordinates are {accuracy:.0f} m inexact"
    if polygons is not None and path.depth == 3:
        border = polygons.border(point.latitude, point.longitude)
        if border < max(_NEAR_BORDER, accuracy):
            return path, 0.75, inside, f"{border:.0f} m from the border of {path.region.name}"
    return path, confidence, inside, ""


def _by_polygons(point: Coordinates, polygons: RegionFinder) -> tuple[RegionPath | None, float, bool | None]:
    latitude, longitude = point.latitude, point.longitude
    if not in_box(latitude, longitude):
        return None, 0.0, False
    found = polygons.locate(latitude, longitude)
    if found is not None:
        return found, 0.98, True
    # Between the islands there is sea that no kelurahan's polygon holds.
    if latitude > MAINLAND[3] and longitude > 106.45:
        return find_region("31.01"), 0.5, None
    return None, 0.0, False


def _by_centres(point: Coordinates) -> tuple[RegionPath | None, float, bool | None]:
    latitude, longitude = point.latitude, point.longitude
    if not in_box(latitude, longitude):
        return None, 0.0, False
    (first, closest), (second, runner_up) = nearest(latitude, longitude)
    if first > (3_000 if latitude <= MAINLAND[3] else 6_000):
        return None, 0.0, None
    # Only a point much nearer to one centre than to the next is believed. Measured on points drawn evenly from the
    # mainland's kelurahan: see tests/contract/test_regions.py.
    inside = True if first < 1_500 else None
    if first <= 0.55 * second:
        return find_region(closest.code), 0.6, inside
    if closest.kecamatan_code == runner_up.kecamatan_code:
        return find_region(closest.kecamatan_code), 0.55, inside
    return find_region(closest.city_code) if closest.city_code == runner_up.city_code else None, 0.5, None
