"""Where complaints are, and how that moved in time: what the console's map asks the derived store.

Each is a function of a connection, for `ReadingStore.ask`. What is about an office is left out for `hidden_from` that
office.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime, timedelta

from msgspec import Struct

from complaint_queue.sqlite_rows import micros
from intake.reading.gathered import gathered
from intake.reading.rows import DAY, JAKARTA_AHEAD

#: Points that a map draws at most; more are a cloud that nobody can read.
POINTS = 1500
ONE_DAY = timedelta(days=1)


class Filter(Struct, frozen=True, kw_only=True):
    """Which complaints are meant; an empty field means any."""

    since: datetime
    until: datetime
    category: str = ""
    channel: str = ""
    hidden_from: str = ""


class Spot(Struct, frozen=True, array_like=True):
    """One complaint as a point."""

    ticket: str
    latitude: float
    longitude: float
    category: str


def day_of(at: datetime) -> int:
    """Jakarta's day, as `area_days` counts it."""
    return (micros(at) + JAKARTA_AHEAD) // DAY


def area_steps(db: sqlite3.Connection, chosen: Filter, step: timedelta) -> dict[int, dict[str, int]]:
    """Filed complaints by kelurahan in each step since `chosen.since`, which is step 0; empty ones are left out.

    Steps of a day are Jakarta's days, whole, and were counted as complaints came, so that a month costs what its days
    do. Those whose kelurahan is unknown are not in it.
    """
    found = _days(db, chosen) if step == ONE_DAY else _slots(db, chosen, step)
    return dict(found)


def totals(steps: dict[int, dict[str, int]]) -> dict[str, int]:
    """All steps together."""
    found: Counter[str] = Counter()
    for counts in steps.values():
        found.update(counts)
    return dict(found)


def _days(db: sqlite3.Connection, chosen: Filter) -> list[tuple[int, dict[str, int]]]:
    found = _days_against(db, chosen, "")
    if not chosen.hidden_from:
        return found
    hidden = dict(_days_against(db, chosen, chosen.hidden_from))
    left = ((day, Counter(counts) - Counter(hidden.get(day, {}))) for day, counts in found)
    return [(day, dict(counts)) for day, counts in left if counts]


def _days_against(db: sqlite3.Connection, chosen: Filter, against: str) -> list[tuple[int, dict[str, int]]]:
    # All columns of the key but the last are said or ranged over in its order: nothing is sorted, nothing added up.
    return gathered(
        db,
        "day, json(counts)",
        "SELECT day - ?1 AS day, json_group_object(kelurahan, complaints) AS counts FROM area_days "
        "WHERE against = ?2 AND channel = ?3 AND category = ?4 AND day BETWEEN ?1 AND ?5 AND complaints > 0 "
        "GROUP BY area_days.day",
        (day_of(chosen.since), against, chosen.channel, chosen.category, day_of(chosen.until)),
        tuple[int, dict[str, int]],
    )


def _slots(db: sqlite3.Connection, chosen: Filter, step: timedelta) -> list[tuple[int, dict[str, int]]]:
    where, values = _where(chosen)
    return gathered(
        db,
        "step, json(counts)",
        "SELECT step, json_group_object(kelurahan, complaints) AS counts FROM ("  # noqa: S608 - see `_where`
        "SELECT (opened_at - ?) / ? AS step, kelurahan, count(*) AS complaints "
        f"FROM complaints INDEXED BY complaints_map WHERE {where} AND kelurahan <> '' GROUP BY 1, 2) GROUP BY step",
        [micros(chosen.since), step // timedelta(microseconds=1), *values],
        tuple[int, dict[str, int]],
    )


def spots(db: sqlite3.Connection, chosen: Filter, limit: int = POINTS) -> list[Spot]:
    """The newest complaints with coordinates, as points."""
    where, values = _where(chosen)
    columns = "ticket, latitude, longitude, category"
    return gathered(
        db,
        columns,
        f"SELECT {columns} FROM complaints INDEXED BY complaints_spots "  # noqa: S608 - see `_where`
        f"WHERE {where} AND latitude IS NOT NULL ORDER BY opened_at DESC LIMIT ?",
        [*values, limit],
        Spot,
    )


def _where(chosen: Filter) -> tuple[str, list[object]]:
    """Conditions with a hole for each value."""
    where = ["opened_at >= ?", "opened_at < ?", "state = 1"]
    given: list[object] = [micros(chosen.since), micros(chosen.until)]
    for column, value in (("category", chosen.category), ("channel", chosen.channel)):
        if value:
            where.append(f"{column} = ?")
            given.append(value)
    if chosen.hidden_from:
        where.append("against <> ?")
        given.append(chosen.hidden_from)
    return " AND ".join(where), given
