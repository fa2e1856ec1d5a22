"""Files for the CRM: signed addresses with a stated end, streamed from the store.

An original is never shown in the browser: a stranger made it. The copy and the small picture of a photo were drawn by
us from its pixels, and may be.
"""

from __future__ import annotations

import re

from aiohttp import web

from intake.file_addresses import FileAddresses, Kind
from intake.web import guard
from intake.web.deps import DEPS
from normalizer.errors import Unavailable

_SHA256 = re.compile(r"[0-9a-f]{64}")


def mount(app: web.Application) -> None:
    """Add `/lampiran/<sha256>?exp=<seconds since 1970>&sig=<hex>` for originals, `/gambar/…` for what may be shown."""
    app.router.add_get("/lampiran/{sha256}", original)
    app.router.add_get("/gambar/{sha256}", picture)


async def original(request: web.Request) -> web.StreamResponse:
    """The file's bytes. 403 when the address is forged or has expired, 404 when the file is gone."""
    sha256 = request.match_info["sha256"]
    return await _sent(
        request,
        "lampiran",
        {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{sha256}"',
            "Cache-Control": "private, no-store",
        },
    )


async def picture(request: web.Request) -> web.StreamResponse:
    """The copy or small picture of a photo, a JPEG that other sites may show. 403 and 404 as above."""
    return await _sent(
        request,
        "gambar",
        {
            "Content-Type": "image/jpeg",
            "Content-Disposition": "inline",
            "Cache-Control": "private, max-age=86400, immutable",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


async def _sent(request: web.Request, kind: Kind, headers: dict[str, str]) -> web.StreamResponse:
    deps = request.app[DEPS]
    sha256, end = request.match_info["sha256"], request.query.get("exp", "")
    addresses = FileAddresses(deps.secrets, deps.public_url, deps.clock)
    if not addresses.genuine(kind, sha256, end, request.query.get("sig", "")) or not _SHA256.fullmatch(
        sha256
    ):
        raise web.HTTPForbidden
    try:
        size = await deps.files.size(sha256)
    except Unavailable as error:
        raise web.HTTPServiceUnavailable(
            headers={"Retry-After": str(round(error.retry_after or 10))}
        ) from None
    if size is None:
        raise web.HTTPNotFound
    response = web.StreamResponse(headers={**headers, "Content-Length": str(size)})
    guard.secure_headers(deps, response)
    await response.prepare(request)
    if request.method != "HEAD":
        async for chunk in deps.files.chunks(sha256):
            await response.write(chunk)
    await response.write_eof()
    return response
