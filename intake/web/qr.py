"""A link as a QR code that any telephone reads."""

from __future__ import annotations

import io

import segno
from aiohttp import web


def drawn(link: str) -> web.Response:
    """The code as SVG, with the quiet zone that scanners want."""
    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(picture, kind="svg", scale=4, border=4, light="#fff")
    return web.Response(body=picture.getvalue(), content_type="image/svg+xml")
