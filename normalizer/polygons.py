"""The borders of the kelurahan from the operator's GeoJSON file. Imported only when one is configured."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from shapely import STRtree  # type: ignore[import-untyped]
from shapely.geometry import Point, shape  # type: ignore[import-untyped]

from normalizer.errors import Misconfigured
from normalizer.gazetteer import RegionPath, find_region, metres

#: Metres by which a point may miss a simplified border.
TOLERANCE = 60.0


class Polygons:
    """Finds the kelurahan that holds a point. `path`: a FeatureCollection whose features have `code`."""

    def __init__(self, path: Path) -> None:
        shapes: list[Any] = []
        self._paths: list[RegionPath] = []
        try:
            for feature in json.loads(path.read_bytes())["features"]:
                region = find_region(str(feature["properties"]["code"]))
                if region is not None:
                    shapes.append(shape(feature["geometry"]))
                    self._paths.append(region)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(
                "gateway.polygons",
                "{file} cannot be read as GeoJSON: {kind}",
                "name a GeoJSON FeatureCollection whose features have the property `code` (31.71.01.1001)",
                file=path.name,
                kind=type(error).__name__,
            ) from None
        if not shapes:
            raise Misconfigured(
                "gateway.polygons",
                "{file} holds no kelurahan of Jakarta",
                "check its property `code`",
                file=path.name,
            )
        self._edges = [polygon.boundary for polygon in shapes]
        self._tree = STRtree(shapes)

    def locate(self, latitude: float, longitude: float) -> RegionPath | None:
        """The kelurahan that holds the point, or the one whose border is within `TOLERANCE`."""
        place = self._find(Point(longitude, latitude))
        return None if place is None else self._paths[place]

    def border(self, latitude: float, longitude: float) -> float:
        """Metres from the point to the nearest border of the kelurahan that `locate` gives; infinite without one."""
        point = Point(longitude, latitude)
        place = self._find(point)
        return math.inf if place is None else self._to_edge(place, point)

    def _find(self, point: Any) -> int | None:
        found = self._tree.query(point, predicate="intersects")
        if len(found) == 1:
            return int(found[0])
        if len(found) > 1:
            # Simplified borders overlap in slivers: it lies in the one that it is deeper in.
            return max((int(place) for place in found), key=lambda place: self._to_edge(place, point))
        closest = int(self._tree.nearest(point))
        return closest if self._to_edge(closest, point) <= TOLERANCE else None

    def _to_edge(self, place: int, point: Any) -> float:
        edge = self._edges[place]
        near = edge.interpolate(edge.project(point))
        return metres(point.y, point.x, near.y, near.x)
