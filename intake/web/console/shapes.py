"""Jakarta as SVG paths: the configured polygons, else a cell around each kelurahan's representative point.

Equirectangular about Jakarta's latitude: at this size no other projection looks different. The islands of Kepulauan
Seribu lie up to 120 km out, so they have a box of their own, in the corner that the land leaves free.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import cos, radians
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins

from normalizer.errors import Misconfigured

CELLS = Path(__file__).parent / "cells.json"
WIDTH, HEIGHT = 640, 650
_SQUEEZE = cos(radians(6.2))

Ring = Sequence[Sequence[float]]


class Shape(Struct, frozen=True):
    """One kelurahan as the `d` of a path, and where its name would stand."""

    code: str
    d: str


class Shapes(Struct, frozen=True):
    """The whole map. `exact` is whether these are boundaries, not cells."""

    shapes: tuple[Shape, ...]
    exact: bool
    width: int = WIDTH
    height: int = HEIGHT


class _Box(Struct, frozen=True):
    """A part of the earth in degrees, and where it is drawn. `across` and `down` are what a degree measures there."""

    west: float
    south: float
    east: float
    north: float
    left: float
    top: float
    across: float
    down: float

    def has(self, longitude: float, latitude: float) -> bool:
        return self.west <= longitude <= self.east and self.south <= latitude <= self.north

    def project(self, longitude: float, latitude: float) -> tuple[float, float]:
        return (
            round(self.left + (longitude - self.west) * self.across, 1),
            round(self.top + (self.north - latitude) * self.down, 1),
        )


def _box(bounds: tuple[float, float, float, float], drawn: tuple[float, float, float, float]) -> _Box:
    west, south, east, north = bounds
    left, top, width, height = drawn
    down = min(width / ((east - west) * _SQUEEZE), height / (north - south))
    return _Box(west, south, east, north, left, top, _SQUEEZE * down, down)


_MAINLAND = _box((106.675, -6.385, 106.985, -6.075), (0, 10, 640, 640))
_ISLANDS = _box((106.38, -6.01, 106.78, -5.43), (10, 475, 118, 150))


def place(longitude: float, latitude: float) -> tuple[float, float] | None:
    """Where a point is drawn; None outside of both boxes."""
    for box in (_MAINLAND, _ISLANDS):
        if box.has(longitude, latitude):
            return box.project(longitude, latitude)
    return None


def frames() -> list[dict[str, float]]:
    """The two boxes as a page's script needs them: degrees, and how far apart they are drawn."""
    return [to_builtins(box) for box in (_MAINLAND, _ISLANDS)]


@lru_cache(maxsize=2)
def shapes(polygons: Path | None = None) -> Shapes:
    """The map, read once. Raises `Misconfigured` when the configured file is no GeoJSON with `code`s."""
    if polygons is None:
        cells: dict[str, Ring] = json.loads(CELLS.read_text(encoding="utf-8"))
        return Shapes(tuple(_shape(code, [ring]) for code, ring in cells.items()), exact=False)
    try:
        features = json.loads(polygons.read_text(encoding="utf-8"))["features"]
        found = [_feature(feature) for feature in features]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise Misconfigured(
            "gateway.polygons",
            "{polygons} is no GeoJSON of kelurahan ({kind})",
            "see docs/place.md",
            polygons=polygons,
            kind=type(error).__name__,
        ) from None
    return Shapes(tuple(one for one in found if one.d), exact=True)


def _feature(feature: dict[str, Any]) -> Shape:
    code = str(feature["properties"]["code"])
    geometry = feature["geometry"]
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return _shape(code, [ring for polygon in polygons for ring in polygon])


def _shape(code: str, rings: Iterable[Ring]) -> Shape:
    box = _ISLANDS if code.startswith("31.01") else _MAINLAND
    return Shape(code, "".join(_path([box.project(p[0], p[1]) for p in ring]) for ring in rings))


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A closed path; points that fall on each other at this size are one."""
    kept = [point for at, point in enumerate(points) if at == 0 or point != points[at - 1]]
    if len(kept) < 3:
        return ""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in kept) + "Z"
