"""JSON as RFC 8259 and I-JSON (RFC 7493) want it: one object, no name twice, finite numbers, bounded depth.

The standard library is laxer in each of these; two readers of one body must never see two different reports.
"""

from __future__ import annotations

import json
import math
from typing import Any

from normalizer.errors import Malformed

#: A report is three deep.
DEPTH = 8
_CURE = "send one JSON object in UTF-8, as in the interface's description"


def loads(body: bytes) -> dict[str, Any]:
    """The object in `body`. Raises `Malformed`; lone surrogates and NUL in strings are left to who reads them."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("body", f"byte {error.start} is not UTF-8", _CURE) from None
    try:
        found = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Malformed("body", f"is not JSON ({where}: {error.msg})", _CURE) from None
    except RecursionError:
        raise Malformed("body", "is nested too deep", _CURE) from None
    if not isinstance(found, dict):
        raise Malformed("body", "is JSON, but no object", _CURE)
    _check_depth(found)
    return found


def _check_depth(found: Any) -> None:
    """By levels, without recursion: the parser itself takes some hundreds."""
    level = [found]
    for _ in range(DEPTH + 1):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise Malformed("body", f"is nested deeper than {DEPTH}", _CURE)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            shown = name[:40].encode("ascii", "backslashreplace").decode()
            raise Malformed("body", f"the name {shown!r} comes twice in one object", "send each name once")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise Malformed("body", f"{name} is no number of JSON", "send a finite number, or leave the field out")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Malformed("body", "a number is too large", "send a finite number")
    return value


def _whole(digits: str) -> int:
    if len(digits) > 20:
        raise Malformed("body", "a number is too long", "send a number of at most 20 digits")
    return int(digits)
