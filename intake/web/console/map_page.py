"""The map: where it happens, by kelurahan and as points, of one category or channel, and how it moved in time.

It is drawn by the server, so it is there without a script; the script adds the slider through time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from intake.reading import questions
from intake.reading.questions import Area, Filter
from intake.staff.rules import Session
from intake.web.console.door import console_page, operators_only, store
from intake.web.console.shapes import Shapes, place, shapes
from intake.web.deps import DEPS
from normalizer.categories import categories
from normalizer.gazetteer import kelurahan_table
from normalizer.identity import ticket_day

SPANS = {"hari": timedelta(days=1), "minggu": timedelta(days=7), "bulan": timedelta(days=30)}
#: Steps of the slider.
STEPS = 12
#: Shades beside none.
LEVELS = 6


class Tile(Struct, frozen=True):
    """One kelurahan as it is drawn."""

    code: str
    d: str
    name: str
    count: int
    level: int


def mount(app: web.Application) -> None:
    app.router.add_get("/konsol/peta", operators_only(_page))
    app.router.add_get("/konsol/peta.json", operators_only(_steps))


def level(count: int, most: int) -> int:
    """0 for none, else 1 to `LEVELS`; each shade begins at twice the share of the one below."""
    if count <= 0:
        return 0
    found = LEVELS
    share = count / most
    while found > 1 and share <= 0.5 ** (LEVELS - found + 1):
        found -= 1
    return found


def _chosen(request: web.Request, session: Session) -> tuple[str, Filter]:
    """What the address asks for; anything unknown is left out."""
    span = request.query.get("rentang", "minggu")
    span = span if span in SPANS else "minggu"
    now = request.app[DEPS].clock()
    known = {one.code for one in categories(ticket_day(now))}
    category, channel = request.query.get("kategori", ""), request.query.get("kanal", "")
    return span, Filter(
        since=now - SPANS[span],
        until=now + timedelta(seconds=1),
        category=category if category in known else "",
        channel=channel if channel.replace("_", "").isalnum() else "",
        hidden_from=session.user.office_code,
    )


async def _page(request: web.Request, session: Session) -> web.StreamResponse:
    span, chosen = _chosen(request, session)
    deps = request.app[DEPS]
    areas = await store(request).ask(lambda db: questions.areas(db, chosen))
    spots = await store(request).ask(lambda db: questions.spots(db, chosen))
    drawn = shapes(Path(deps.polygons) if deps.polygons else None)
    tiles = _tiles(drawn, areas)
    points = [(spot, at) for spot in spots if (at := place(spot.longitude, spot.latitude)) is not None]
    return await console_page(
        request,
        "konsol_peta.html",
        span=span,
        spans=tuple(SPANS),
        chosen=chosen,
        categories=categories(ticket_day(deps.clock())),
        channels=sorted(deps.channels),
        drawn=drawn,
        tiles=tiles,
        points=points,
        busiest=sorted((t for t in tiles if t.count), key=lambda t: (-t.count, t.name))[:15],
        total=sum(area.count for area in areas),
        steps=STEPS,
        levels=LEVELS,
    )


def _tiles(drawn: Shapes, areas: list[Area]) -> list[Tile]:
    counts = {area.code: area.count for area in areas}
    names = {one.code: f"{one.name}, {one.kecamatan}" for one in kelurahan_table()}
    most = max(counts.values(), default=1)
    return [
        Tile(
            s.code, s.d, names.get(s.code, s.code), counts.get(s.code, 0), level(counts.get(s.code, 0), most)
        )
        for s in drawn.shapes
    ]


async def _steps(request: web.Request, session: Session) -> web.StreamResponse:
    """How many in each kelurahan, in each of `STEPS` steps of the span; for the slider."""
    span, chosen = _chosen(request, session)
    step = SPANS[span] / STEPS
    found = []
    for number in range(STEPS):
        since: datetime = chosen.since + step * number
        part = Filter(
            since=since,
            until=since + step,
            category=chosen.category,
            channel=chosen.channel,
            hidden_from=chosen.hidden_from,
        )
        areas = await store(request).ask(lambda db, part=part: questions.areas(db, part))  # type: ignore[misc]
        found.append({"since": since.isoformat(), "counts": {area.code: area.count for area in areas}})
    return web.json_response({"levels": LEVELS, "steps": found})
