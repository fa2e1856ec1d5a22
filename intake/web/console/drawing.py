"""The map as it is drawn: colours and numbers over shapes that stay, and its steps through time for the slider.

Everything here is the same for all who look, so it is made once and shared (`intake.web.console.shared`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache

import msgspec
from markupsafe import Markup, escape
from msgspec import Struct

from intake.reading.mapped import Filter, Spot, area_steps, spots
from intake.web.console.shapes import Shapes, place
from normalizer.gazetteer import kelurahan_table

#: The newest points, of which each says what it is; the older ones are dots of one path.
TOLD = 300
#: Shades beside none.
LEVELS = 6
#: Kelurahan in the table beside the map.
BUSIEST = 15


class Picture(Struct, frozen=True):
    """One map. `tiles` and `points` are SVG, `steps` is the slider's JSON, `busiest` names and counts, most first."""

    tiles: Markup
    points: Markup
    busiest: tuple[tuple[str, int], ...]
    total: int
    steps: bytes


def level(count: int, most: int) -> int:
    """0 for none, else 1 to `LEVELS`; each shade begins at twice the share of the one below."""
    if count <= 0:
        return 0
    found = LEVELS
    share = count / most
    while found > 1 and share <= 0.5 ** (LEVELS - found + 1):
        found -= 1
    return found


def picture(db: sqlite3.Connection, chosen: Filter, step: timedelta, count: int, drawn: Shapes) -> Picture:
    """The map of `chosen` in `count` steps, drawn in the thread that asks the derived store."""
    found = area_steps(db, chosen, step)
    known = [found.get(number, {}) for number in range(count)]
    # A kelurahan's counts stand where its tile stands, so that the slider needs no codes.
    rows = [[counts.get(shape.code, 0) for shape in drawn.shapes] for counts in known]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    begins = [(chosen.since + step * number).isoformat() for number in range(count)]
    names = _names()
    named = [(names.get(one.code, one.code), number) for one, number in zip(drawn.shapes, sums, strict=True)]
    return Picture(
        tiles=_tiles(drawn, sums),
        points=_points(spots(db, chosen)),
        busiest=tuple(sorted((one for one in named if one[1]), key=lambda one: (-one[1], one[0]))[:BUSIEST]),
        total=sum(sum(counts.values()) for counts in known),
        steps=msgspec.json.encode({"levels": LEVELS, "since": begins, "counts": rows}),
    )


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {one.code: f"{one.name}, {one.kecamatan}" for one in kelurahan_table()}


@lru_cache(maxsize=2)
def _outlines(drawn: Shapes) -> tuple[str, ...]:
    """Of each tile what stays: everything between its shade and its number."""
    names = _names()
    found = []
    for shape in drawn.shapes:
        name = escape(names.get(shape.code, shape.code))
        found.append(f'" data-name="{name}" d="{escape(shape.d)}"><title>{name}: ')
    return tuple(found)


def _tiles(drawn: Shapes, sums: Sequence[int]) -> Markup:
    most = max(sums, default=0)
    return Markup(  # noqa: S704 - names and paths are escaped, the rest are numbers
        "".join(
            f'<path class="l{level(number, most)}{outline}{number}</title></path>'
            for outline, number in zip(_outlines(drawn), sums, strict=True)
        )
    )


def _points(found: Iterable[Spot]) -> Markup:
    told, dots = list[str](), list[str]()
    for spot in found:
        at = place(spot.longitude, spot.latitude)
        if at is None:
            continue
        if len(told) < TOLD:
            words = escape(f"{spot.ticket} {spot.category}")
            told.append(
                f'<circle class="spot" cx="{at[0]}" cy="{at[1]}" r="3"><title>{words}</title></circle>'
            )
        else:
            dots.append(f"M{at[0]:g} {at[1]:g}h0")
    older = f'<path class="dots" d="{"".join(dots)}"></path>' if dots else ""
    return Markup(older + "".join(told))  # noqa: S704 - tickets and categories are escaped
