"""The perceptual hash: 64 bits that stay the same when a picture is scaled, saved anew, or sent through a messenger.

It is the usual one (Zauner, 2010): the picture at 32 by 32 in grey, its discrete cosine transform (DCT-II), of which
the slow waves are kept, and for each whether it is above their median. The constant term is left out: it says how
bright the picture is. imagehash computes the same, and would bring numpy, scipy and pywavelets, 150 MB, for these
lines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

SIDE = 32
_WAVES = 9
_COSINES = [
    [math.cos(math.pi * wave * (2 * x + 1) / (2 * SIDE)) for x in range(SIDE)] for wave in range(_WAVES)
]
#: The 64 slowest waves but the constant one: along the anti-diagonals, as JPEG orders them.
_KEPT = sorted(
    ((u, v) for u in range(_WAVES) for v in range(_WAVES) if (u, v) != (0, 0)), key=lambda w: (w[0] + w[1], w)
)[:64]
#: Grey levels. A wall, the night, a black screen: what varies less has a hash of noise, and would be everyone's double.
_FLAT = 3.0


def perceptual_hash(grey: Sequence[int]) -> str:
    """16 hexadecimal digits for `SIDE` × `SIDE` grey levels (0 to 255) row by row; empty for a picture of nothing."""
    mean = sum(grey) / len(grey)
    if math.sqrt(sum((level - mean) ** 2 for level in grey) / len(grey)) < _FLAT:
        return ""
    rows = [
        [sum(map(float.__mul__, cosines, row)) for cosines in _COSINES]
        for row in ([float(level) for level in grey[y * SIDE : (y + 1) * SIDE]] for y in range(SIDE))
    ]
    columns = [[row[wave] for row in rows] for wave in range(_WAVES)]
    waves = [sum(map(float.__mul__, _COSINES[v], columns[u])) for u, v in _KEPT]
    median = sorted(waves)[len(waves) // 2]
    bits = 0
    for wave in waves:
        bits = bits << 1 | (wave >= median)
    return f"{bits:016x}"


def distance(one: str, other: str) -> int:
    """How many of the 64 bits differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
