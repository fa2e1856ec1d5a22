"""Who may open the console: operators and administrators, with a derived store behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from intake.reading.store import ReadingStore
from intake.staff.rules import Session
from intake.web import guard
from intake.web.deps import DEPS
from intake.web.render import page, words
from normalizer.categories import categories
from normalizer.identity import ticket_day

#: Scripts of the console ask this gateway, and nobody else, for news.
POLICY = guard.POLICY + "; connect-src 'self'"


def operators_only(handler: Callable[[web.Request, Session], Awaitable[web.StreamResponse]]) -> guard.Handler:
    """For those who see all offices; clerks hear 403, strangers sign in first."""

    async def guarded(request: web.Request, session: Session) -> web.StreamResponse:
        if not session.user.sees_all_offices:
            raise web.HTTPForbidden()
        return await handler(request, session)

    return guard.staff_only(guarded)


def store(request: web.Request) -> ReadingStore:
    """The derived store. 503 while there is none."""
    found = request.app[DEPS].reading
    if found is None:
        raise web.HTTPServiceUnavailable()
    return found


async def console_page(
    request: web.Request, template: str, *, status: int = 200, **values: object
) -> web.Response:
    """One page of the console, whose scripts may ask for news."""
    t = words(request)
    found = categories(ticket_day(request.app[DEPS].clock()))
    labels = {one.code: one.label_en if t.language == "en" else one.label_id for one in found}
    response = await page(request, template, status=status, labels=labels, **values)
    response.headers["Content-Security-Policy"] = POLICY
    return response


async def form(request: web.Request, session: Session) -> dict[str, str]:
    """The fields of a form of our own. Raises `guard.Refused` for any other."""
    given = await request.post()
    fields = {name: value for name, value in given.items() if isinstance(value, str)}
    guard.check_form(request, session, fields.get("csrf", ""))
    return fields
