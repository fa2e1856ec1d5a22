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

from msgspec import Struct

from normalizer.errors import Misconfigured

CELLS = Path(__file__).parent / "cells.json"
WIDTH, HEIGHT = 640, 650
#: (west, south, east, north) in degrees and (left, top, width, height) in the picture.
_MAINLAND = ((106.675, -6.385, 106.985, -6.075), (0, 10, 640, 640))
_ISLANDS = ((106.38, -6.01, 106.78, -5.43), (10, 475, 118, 150))
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


def place(longitude: float, latitude: float) -> tuple[float, float] | None:
    """Where a point is drawn; None outside of both boxes."""
    for bounds, box in (_MAINLAND, _ISLANDS):
        west, south, east, north = bounds
        if west <= longitude <= east and south <= latitude <= north:
            return _project(longitude, latitude, bounds, box)
    return None


def frames() -> list[dict[str, float]]:
    """The two boxes as a page's script needs them: degrees, and how far apart they are drawn."""
    found = []
    for bounds, box in (_MAINLAND, _ISLANDS):
        west, south, east, north = bounds
        scale = _scale(bounds, box)
        found.append(
            {"west": west, "south": south, "east": east, "north": north, "left": box[0], "top": box[1]}
            | {"across": _SQUEEZE * scale, "down": scale}
        )
    return found


def _scale(bounds: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> float:
    """How long a degree of latitude is drawn."""
    west, south, east, north = bounds
    return min(box[2] / ((east - west) * _SQUEEZE), box[3] / (north - south))


def _project(
    longitude: float,
    latitude: float,
    bounds: tuple[float, float, float, float],
    box: tuple[float, float, float, float],
) -> tuple[float, float]:
    west, _, _, north = bounds
    left, top, _, _ = box
    scale = _scale(bounds, box)
    return (
        round(left + (longitude - west) * _SQUEEZE * scale, 1),
        round(top + (north - latitude) * scale, 1),
    )


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
    bounds, box = _ISLANDS if code.startswith("31.01") else _MAINLAND
    return Shape(code, "".join(_path([_project(p[0], p[1], bounds, box) for p in ring]) for ring in rings))


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A closed path; points that fall on each other at this size are one."""
    kept = [point for at, point in enumerate(points) if at == 0 or point != points[at - 1]]
    if len(kept) < 3:
        return ""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in kept) + "Z"
