"""What X says of its limits, and how far apart our calls are to lie then."""

from __future__ import annotations

import pytest

from adapters.x.pace import Pace

NOW = 1_795_400_000.0


def _headers(limit: object, left: object, seconds: float) -> dict[str, str]:
    names = ("limit", "remaining", "reset")
    values = (limit, left, int(NOW + seconds))
    return {f"x-rate-limit-{name}": str(value) for name, value in zip(names, values, strict=True)}


@pytest.mark.parametrize(
    ("left", "seconds", "apart"),
    [(15, 900, 0), (8, 480, 0), (7, 420, 60), (1, 600, 600), (0, 300, 300), (7, 0, 0), (0, -5, 0)],
)
def test_the_second_half_of_a_windows_calls_lasts_to_its_end(left: int, seconds: float, apart: float) -> None:
    pace = Pace()
    pace.heard("mentions", _headers(15, left, seconds))
    assert pace.apart("mentions", NOW) == apart
    assert pace.apart("direct messages", NOW) == 0, "each kind of call is counted for itself"


def test_what_is_left_is_spread_over_what_is_left_of_the_window() -> None:
    pace = Pace()
    pace.heard("mentions", _headers(450, 100, 300))
    assert pace.apart("mentions", NOW + 100) == 2


@pytest.mark.parametrize("headers", [{}, _headers("many", 3, 60), {"x-rate-limit-remaining": "0"}])
def test_an_answer_that_says_nothing_of_it_changes_nothing(headers: dict[str, str]) -> None:
    pace = Pace()
    pace.heard("mentions", _headers(10, 2, 60))
    pace.heard("mentions", headers)
    assert pace.apart("mentions", NOW) == 30
