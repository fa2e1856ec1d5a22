"""Files for the CRM: a signed address with a stated end, streamed from the store, never shown in the browser."""

from __future__ import annotations

import re

from aiohttp import web

from intake.web import guard
from intake.web.deps import DEPS

_SHA256 = re.compile(r"[0-9a-f]{64}")


def mount(app: web.Application) -> None:
    """Add the route: `/lampiran/<sha256>?exp=<seconds since 1970>&sig=<hex>`."""
    app.router.add_get("/lampiran/{sha256}", send)


async def send(request: web.Request) -> web.StreamResponse:
    """The file's bytes. 403 when the address is forged or has expired, 404 when the file is gone."""
    deps = request.app[DEPS]
    sha256, end = request.match_info["sha256"], request.query.get("exp", "")
    genuine = deps.secrets.verify("attachment", f"{sha256}.{end}", request.query.get("sig", ""))
    if (
        not genuine
        or not _SHA256.fullmatch(sha256)
        or not end.isdigit()
        or int(end) < deps.clock().timestamp()
    ):
        raise web.HTTPForbidden
    size = deps.files.size(sha256)
    if size is None:
        raise web.HTTPNotFound
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{sha256}"',
            "Content-Length": str(size),
            "Cache-Control": "private, no-store",
        }
    )
    guard.secure_headers(deps, response)
    await response.prepare(request)
    if request.method != "HEAD":
        async for chunk in deps.files.chunks(sha256):
            await response.write(chunk)
    await response.write_eof()
    return response
