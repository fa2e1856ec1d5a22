"""Writes intake/web/console/cells.json: a cell around each kelurahan's point, for maps without polygons.

Run from the repository's root: `.venv/bin/python scripts/cells.py`. Voronoi cells of the points of
normalizer/data/kelurahan.csv, cut to a neighbourhood of the points, so that the sea stays empty.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from shapely import MultiPoint, Point, unary_union, voronoi_polygons

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "queue")]

from normalizer.gazetteer import kelurahan_table  # noqa: E402

#: Degrees around a point that belong to it, on the mainland and in the islands.
AROUND, AROUND_ISLAND = 0.016, 0.03


def cells() -> dict[str, list[list[float]]]:
    """The outer ring of each kelurahan's cell: [longitude, latitude] to four digits (11 m)."""
    table = kelurahan_table()
    points = {one.code: Point(one.longitude, one.latitude) for one in table}
    land = unary_union(
        [p.buffer(AROUND_ISLAND if code.startswith("31.01") else AROUND) for code, p in points.items()]
    )
    found = {}
    for cell in voronoi_polygons(MultiPoint(list(points.values()))).geoms:
        code = next(code for code, point in points.items() if cell.contains(point))
        shape = cell.intersection(land)
        if shape.geom_type != "Polygon":
            shape = next(part for part in shape.geoms if part.contains(points[code]))
        ring = shape.simplify(0.0006).exterior.coords
        found[code] = [[round(x, 4), round(y, 4)] for x, y in ring]
    return dict(sorted(found.items()))


if __name__ == "__main__":
    text = json.dumps(cells(), separators=(",", ":")).replace("]],", "]],\n")
    (ROOT / "intake" / "web" / "console" / "cells.json").write_text(text + "\n", encoding="utf-8")
