"""The map: where it happens, by kelurahan and as points, of one category or channel, and how it moved in time.

It is drawn by the server, so it is there without a script; the script adds the slider through time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from pathlib import Path

from aiohttp import web
from markupsafe import Markup
from msgspec import Struct

from intake.reading import questions
from intake.reading.questions import Filter
from intake.staff.rules import Session
from intake.web.console.door import console_page, operators_only, store
from intake.web.console.shapes import Shapes, place, shapes
from intake.web.deps import DEPS
from normalizer.categories import categories
from normalizer.gazetteer import kelurahan_table
from normalizer.identity import JAKARTA, ticket_day

#: How long a step of the slider is, and how many make the span. Steps of a day begin at Jakarta's midnight.
SPANS = {"hari": (timedelta(hours=2), 12), "minggu": (timedelta(days=1), 7), "bulan": (timedelta(days=1), 30)}
#: The newest points, of which each says what it is; the older ones are dots of one path.
TOLD = 300
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


async def _page(request: web.Request, session: Session) -> web.StreamResponse:
    span, chosen = _chosen(request, session)
    deps = request.app[DEPS]
    counts = await store(request).ask(lambda db: questions.area_totals(db, chosen, SPANS[span][0]))
    spots = await store(request).ask(lambda db: questions.spots(db, chosen))
    drawn = shapes(Path(deps.polygons) if deps.polygons else None)
    tiles = _tiles(drawn, counts)
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
        points=points[:TOLD],
        dots=Markup("".join(f"M{x:g} {y:g}h0" for _, (x, y) in points[TOLD:])),  # noqa: S704 - numbers alone
        busiest=sorted((t for t in tiles if t.count), key=lambda t: (-t.count, t.name))[:15],
        total=sum(counts.values()),
        steps=SPANS[span][1],
        levels=LEVELS,
    )


def _tiles(drawn: Shapes, counts: Mapping[str, int]) -> list[Tile]:
    names = {one.code: f"{one.name}, {one.kecamatan}" for one in kelurahan_table()}
    most = max(counts.values(), default=1)
    return [
        Tile(
            s.code, s.d, names.get(s.code, s.code), counts.get(s.code, 0), level(counts.get(s.code, 0), most)
        )
        for s in drawn.shapes
    ]


async def _steps(request: web.Request, session: Session) -> web.StreamResponse:
    """How many in each kelurahan, in each step of the span; for the slider."""
    span, chosen = _chosen(request, session)
    step, count = SPANS[span]
    slots = await store(request).ask(lambda db: questions.area_slots(db, chosen, step))
    found = [
        {"since": (chosen.since + step * number).isoformat(), "counts": slots.get(number, {})}
        for number in range(count)
    ]
    return web.json_response({"levels": LEVELS, "steps": found})
