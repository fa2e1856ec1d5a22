"""Single values out of an item: by a path, as text, as a flag, as a moment, as a number. Pure; nonsense is None."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo


def steps(path: str) -> list[str]:
    """The names of a dotted path, or of a JSON pointer (RFC 6901), which begins with a slash."""
    if path.startswith("/"):
        return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    return path.split(".") if path else []


def walk(value: Any, path: str) -> Any:
    """What lies at `path` (empty: `value` itself); None where the way ends."""
    return reach(value, steps(path))


def reach(value: Any, way: list[str]) -> Any:
    """What lies at the end of `way`; None where it ends before."""
    for step in way:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and len(step) < 6 and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def put(into: Any, way: list[str], value: Any) -> Any:
    """A copy of `into` with `value` at the end of `way`; the fake server writes with it what `walk` reads."""
    if not way:
        return value
    if way[0].isdecimal():
        position = int(way[0])
        grown = list(into) if isinstance(into, list) else []
        grown += [{}] * (position + 1 - len(grown))
        grown[position] = put(grown[position], way[1:], value)
        return grown
    known = into if isinstance(into, dict) else {}
    return {**known, way[0]: put(known.get(way[0], {}), way[1:], value)}


def listed(value: Any) -> list[Any]:
    """A list as it is; nothing as an empty one; one thing (XML knows no lists of one) as a list of it."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str | None:
    """Text or a number as text without space around it, empty when absent; None when it is neither."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def plain(value: Any) -> str:
    """As `text`; what is no text is as absent."""
    return text(value) or ""


def flag(value: Any, no: Collection[str]) -> bool:
    """Whether a flag is set. A form that nobody has foreseen sets it: a name that is out stays out."""
    if isinstance(value, str):
        return value.strip().lower() not in no
    return bool(value)


def moment(value: Any, zone: ZoneInfo, form: str = "") -> datetime | None:
    """A time in UTC. `form`: a strptime pattern, or empty for ISO 8601 and Unix seconds or milliseconds.

    `zone` holds for times that state none. None for nonsense: a strange time must not cost us the message.
    """
    written = plain(value)[:64]
    try:
        if form:
            found = datetime.strptime(written, form)  # noqa: DTZ007 - the zone is added below
        elif written.replace(".", "", 1).isascii() and written.replace(".", "", 1).isdigit():
            stamp = float(written)
            return datetime.fromtimestamp(stamp / 1000 if stamp >= 1e11 else stamp, UTC)
        else:
            found = datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def degrees(value: Any, limit: float) -> float | None:
    """A latitude or longitude, also with a decimal comma; None when it is none."""
    try:
        found = float(plain(value).replace(",", "."))
    except ValueError:
        return None
    return found if math.isfinite(found) and abs(found) <= limit else None
