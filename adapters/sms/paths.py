"""Dotted paths in JSON: `data.messages.0.text` is how a configuration says where a field lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def walk(value: Any, path: str) -> Any:
    """What lies at a dotted path of names and list positions; None where the way ends."""
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and len(step) < 6 and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def nested(values: Mapping[str, str], items: str) -> Any:
    """The JSON in which `values` lie at their paths, in a list at `items` where there is one."""
    message: Any = {}
    for path, value in values.items():
        message = put(message, path.split("."), value)
    return put({}, items.split("."), [message]) if items else message


def put(into: Any, steps: Sequence[str], value: Any) -> Any:
    """A copy of `into` with `value` at the end of `steps`."""
    if not steps:
        return value
    if steps[0].isdecimal():
        position = int(steps[0])
        grown = list(into) if isinstance(into, list) else []
        grown += [{}] * (position + 1 - len(grown))
        grown[position] = put(grown[position], steps[1:], value)
        return grown
    return {**into, steps[0]: put(into.get(steps[0], {}), steps[1:], value)}
