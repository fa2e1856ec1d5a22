"""All pages that people open, and the two functions by which the service mounts them."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from intake.web import (
    attachments,
    balai_warga,
    console,
    correcting,
    desk,
    mending,
    recap,
    receipt,
    regions,
    render,
    signin,
    tracking,
)
from intake.web.deps import DEPS, PageDeps
from intake.web.errors import errors_as_pages

__all__ = ["PageDeps", "middlewares", "mount"]


def middlewares(deps: PageDeps) -> Sequence[Middleware]:
    """What the application is made with; machines' doors (`/hooks/`, `/health/`…) pass untouched."""
    return (errors_as_pages(deps),)


def mount(app: web.Application, deps: PageDeps) -> None:
    """Add every page's route to `app`."""
    app[DEPS] = deps
    app.router.add_get("/", landing)
    app.router.add_get("/statis/{name:.+}", render.static)
    signin.mount(app)
    desk.mount(app)
    receipt.mount(app)
    correcting.mount(app)
    recap.mount(app)
    tracking.mount(app)
    mending.mount(app)
    balai_warga.mount(app)
    regions.mount(app)
    attachments.mount(app)
    console.mount(app)


async def landing(request: web.Request) -> web.Response:
    """What this is, and the two doors: for citizens and for staff."""
    return await render.page(request, "beranda.html", public_form=bool(request.app[DEPS].public_form_account))
