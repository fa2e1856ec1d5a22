"""The kelurahan as the pages need them: names and outlines, from this gateway and nobody else's server.

The outlines' address bears the content's hash, so that a browser fetches it once. It holds nothing of anybody.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

import msgspec
from aiohttp import web

from adapters.shared.form import kelurahan_label
from intake.web.console.shapes import frames, shapes
from intake.web.deps import DEPS, PageDeps
from normalizer.gazetteer import kelurahan_table

PATH = "/wilayah.json"


def mount(app: web.Application) -> None:
    """Add the route."""
    app.router.add_get(PATH, serve)


def address(deps: PageDeps) -> str:
    """Where a page fetches them."""
    return f"{PATH}?v={_made(deps.polygons)[1]}"


@lru_cache(maxsize=1)
def kelurahan_labels() -> tuple[str, ...]:
    """How the forms offer the kelurahan, in order."""
    return tuple(sorted(kelurahan_label(one) for one in kelurahan_table()))


async def serve(request: web.Request) -> web.Response:
    packed, mark = _made(request.app[DEPS].polygons)
    squeezed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = web.Response(
        body=packed if squeezed else gzip.decompress(packed), content_type="application/json"
    )
    if squeezed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    current = request.query.get("v") == mark
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    return response


@lru_cache(maxsize=2)
def _made(polygons: str) -> tuple[bytes, str]:
    """Packed, and its mark."""
    drawn = shapes(Path(polygons) if polygons else None)
    table = {one.code: one for one in kelurahan_table()}
    areas = [
        {
            "code": shape.code,
            "name": table[shape.code].name,
            "kecamatan": table[shape.code].kecamatan,
            "label": kelurahan_label(table[shape.code]),
            "d": shape.d,
        }
        for shape in drawn.shapes
        if shape.code in table
    ]
    content = msgspec.json.encode(
        {"width": drawn.width, "height": drawn.height, "frames": frames(), "areas": areas}
    )
    return gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:12]
