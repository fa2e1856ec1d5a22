"""The borders of the kelurahan from the operator's GeoJSON file. Imported only when one is configured."""

from __future__ import annotations

import json
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
                "normalizer.polygons",
                f"{path.name} cannot be read as GeoJSON: {type(error).__name__}",
                "name a GeoJSON FeatureCollection whose features have the property `code` (31.71.01.1001)",
            ) from None
        if not shapes:
            raise Misconfigured(
                "normalizer.polygons",
                f"{path.name} holds no kelurahan of Jakarta",
                "check its property `code`",
            )
        self._shapes = shapes
        self._tree = STRtree(shapes)

    def locate(self, latitude: float, longitude: float) -> RegionPath | None:
        """The kelurahan that holds the point, or the one whose border is within `TOLERANCE`."""
        point = Point(longitude, latitude)
        found = self._tree.query(point, predicate="intersects")
        if len(found):
            return self._paths[int(found[0])]
        closest = int(self._tree.nearest(point))
        polygon = self._shapes[closest]
        edge = polygon.boundary.interpolate(polygon.boundary.project(point))
        near = metres(latitude, longitude, edge.y, edge.x) <= TOLERANCE
        return self._paths[closest] if near else None
