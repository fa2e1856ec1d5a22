"""Errors in the pages' own clothes: not found, too large, forbidden, try again, our fault."""

from __future__ import annotations

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from intake.staff.rules import TooManyTries
from intake.web import guard, render
from intake.web.deps import PageDeps
from normalizer.errors import Rejected, TooLarge, Unavailable

#: Doors of machines, beside those of `PageDeps.machines`: their answers are none of ours.
_MACHINES = ("/hooks/", "/health/", "/metrics")
log = structlog.get_logger()


def errors_as_pages(deps: PageDeps) -> Middleware:
    """A middleware that turns what a page's handler raises into a page, and adds the security headers."""

    machines = (*_MACHINES, *deps.machines)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(machines):
            return await handler(request)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                guard.secure_headers(deps, error)
                raise
            response = await _page(request, error.status)
        except TooManyTries as error:
            response = await _page(request, 429)
            response.headers["Retry-After"] = str(error.retry_after)
        except Unavailable as error:
            log.warning("try_again", reason=error.reason)
            response = await _page(request, 503)
            response.headers["Retry-After"] = str(error.retry_after)
        except Rejected as error:
            log.info("page_refused", error=type(error).__name__, reason=str(error))
            response = await _page(request, 413 if isinstance(error, TooLarge) else error.http_status)
        except ConnectionError:
            raise
        except Exception:
            log.exception("page_failed", route=_route(request))
            response = await _page(request, 500)
        if not response.prepared:
            guard.secure_headers(deps, response)
        return response

    return middleware


def _route(request: web.Request) -> str:
    """The route's pattern: the path itself may hold a tracking code."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


async def _page(request: web.Request, status: int) -> web.Response:
    known = status if status in (400, 403, 404, 405, 413, 429, 503) else 400 if status < 500 else 500
    return await render.page(request, "galat.html", status=status, code=known)
