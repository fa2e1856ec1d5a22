"""How far apart our calls must lie so that what X still allows lasts until it allows more.

X counts calls in windows of a quarter of an hour and says with each answer how many are left
(https://docs.x.com/x-api/fundamentals/rate-limits). Spending them all at once would leave us deaf for the rest of the
window, on the very night when everybody writes.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

#: While more than this share of a window's calls is left, nothing is held back.
FREE = 0.5


class _Window(Struct, frozen=True):
    limit: int
    left: int
    ends: float


class Pace:
    """What is left of each kind of call, as X's own answers say."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def heard(self, call: str, headers: Mapping[str, str]) -> None:
        """Note the `x-rate-limit-…` headers of an answer to `call`; an answer without them changes nothing."""
        try:
            limit, left, ends = (
                int(headers[f"x-rate-limit-{name}"]) for name in ("limit", "remaining", "reset")
            )
        except (KeyError, ValueError):
            return
        self._windows[call] = _Window(limit, left, ends)

    def apart(self, call: str, now: float) -> float:
        """Seconds to leave until the next `call`; 0 when it may come at once. `now` is in Unix seconds."""
        window = self._windows.get(call)
        if window is None or window.ends <= now or window.left > window.limit * FREE:
            return 0.0
        return (window.ends - now) / max(1, window.left)
