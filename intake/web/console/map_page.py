"""The map: where it happens, by kelurahan and as points, of one category or channel, and how it moved in time.

It is drawn by the server, so it is there without a script; the script adds the slider through time.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

from aiohttp import web

from intake.reading.mapped import Filter
from intake.staff.rules import Session
from intake.web.console.door import console_page, operators_only, store
from intake.web.console.drawing import LEVELS, Picture, picture
from intake.web.console.shapes import shapes
from intake.web.console.shared import SHARED
from intake.web.deps import DEPS
from normalizer.categories import categories
from normalizer.identity import JAKARTA, ticket_day

#: How long a step of the slider is, and how many make the span. Steps of a day begin at Jakarta's midnight.
SPANS = {"hari": (timedelta(hours=2), 12), "minggu": (timedelta(days=1), 7), "bulan": (timedelta(days=1), 30)}


def mount(app: web.Application) -> None:
    app.router.add_get("/konsol/peta", operators_only(_page))
    app.router.add_get("/konsol/peta.json", operators_only(_steps))


def _chosen(request: web.Request, session: Session) -> tuple[str, Filter]:
    """What the address asks for; anything unknown is left out."""
    span = request.query.get("rentang", "minggu")
    span = span if span in SPANS else "minggu"
    now = request.app[DEPS].clock()
    known = {one.code for one in categories(ticket_day(now))}
    category, channel = request.query.get("kategori", ""), request.query.get("kanal", "")
    step, count = SPANS[span]
    since = now - step * count
    if step == timedelta(days=1):
        midnight = now.astimezone(JAKARTA).replace(hour=0, minute=0, second=0, microsecond=0)
        since = (midnight - step * (count - 1)).astimezone(UTC)
    return span, Filter(
        since=since,
        until=now + timedelta(seconds=1),
        category=category if category in known else "",
        channel=channel if channel.replace("_", "").isalnum() else "",
        hidden_from=session.user.office_code,
    )


async def _picture(request: web.Request, span: str, chosen: Filter) -> Picture:
    """The map of what was asked for, as it was a moment ago for whoever asked the same."""
    deps = request.app[DEPS]
    drawn = shapes(Path(deps.polygons) if deps.polygons else None)
    step, count = SPANS[span]
    key = ("map", span, chosen.category, chosen.channel, chosen.hidden_from)
    return await request.app[SHARED].get(
        key, lambda: store(request).ask(lambda db: picture(db, chosen, step, count, drawn))
    )


async def _page(request: web.Request, session: Session) -> web.StreamResponse:
    span, chosen = _chosen(request, session)
    deps = request.app[DEPS]
    return await console_page(
        request,
        "konsol_peta.html",
        span=span,
        spans=tuple(SPANS),
        chosen=chosen,
        categories=categories(ticket_day(deps.clock())),
        channels=sorted(deps.channels),
        drawn=shapes(Path(deps.polygons) if deps.polygons else None),
        picture=await _picture(request, span, chosen),
        steps=SPANS[span][1],
        levels=LEVELS,
    )


async def _steps(request: web.Request, session: Session) -> web.StreamResponse:
    """How many in each kelurahan (as its tile stands on the map), in each step of the span; for the slider."""
    found = await _picture(request, *_chosen(request, session))
    return web.Response(body=found.steps, content_type="application/json")
