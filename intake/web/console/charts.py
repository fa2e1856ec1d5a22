"""Charts as SVG, drawn here: no script, no foreign library, nothing that a strict content policy minds.

Colours are classes of the one stylesheet, so that light, dark and print follow the rest of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log10

from msgspec import Struct

WIDTH, HEIGHT = 720, 220
_LEFT, _BOTTOM, _TOP = 44, 26, 8


class Series(Struct, frozen=True):
    """One colour's numbers, one for each slot. `name` is what people call it."""

    name: str
    values: tuple[int, ...]


class Bar(Struct, frozen=True):
    """A rectangle; `level` is the series' place, `title` what a pointer shows."""

    x: float
    y: float
    width: float
    height: float
    level: int
    title: str


class Chart(Struct, frozen=True):
    """What the template draws. `ticks` are (y, words), `labels` (x, words)."""

    width: int
    height: int
    left: int
    base: int
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]


def stacked(series: Sequence[Series], slots: Sequence[str], every: int) -> Chart:
    """Bars of all series on each other; every `every`th slot has its words beneath."""
    count = len(slots)
    totals = [sum(one.values[at] for one in series) for at in range(count)]
    top = _round_up(max(totals, default=0))
    base = HEIGHT - _BOTTOM
    scale = (base - _TOP) / top
    step = (WIDTH - _LEFT) / max(count, 1)
    bars = []
    for at, slot in enumerate(slots):
        y = float(base)
        for level, one in enumerate(series):
            value = one.values[at]
            if value:
                y -= value * scale
                title = f"{slot}: {one.name} {value}"
                bars.append(
                    Bar(round(_LEFT + at * step + step * 0.1, 1), round(y, 1), round(step * 0.8, 1),
                        round(value * scale, 1), level, title)
                )  # fmt: skip
    ticks = tuple((round(base - share * (base - _TOP), 1), f"{top * share:g}") for share in (0, 0.5, 1))
    labels = tuple(
        (round(_LEFT + (at + 0.5) * step, 1), slots[at]) for at in range(count) if at % every == every // 2
    )
    return Chart(WIDTH, HEIGHT, _LEFT, base, tuple(bars), ticks, labels)


def _round_up(value: int) -> int:
    """The next even number that looks round: 2, 4, 6, 8, 10, 20, 40…"""
    if value <= 10:
        return max(2, value + value % 2)
    unit = 10 ** int(log10(value))
    return int(ceil(value / (unit / 5)) * (unit / 5))
