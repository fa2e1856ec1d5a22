"""Charts as SVG, without a library: a table of confusions as squares, and claimed against true probability."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from intake.evaluation.scores import Confusion

_INK, _GRID, _RIGHT, _WRONG = "#1b2a41", "#d9dee7", "#1f7a4d", "#c2452d"
_CELL, _MARGIN = 22, 170
_BINS = 8


def confusion(table: Confusion, title: str) -> str:
    """Wanted labels as rows, what was read as columns; the darker, the larger the row's share."""
    labels = table.labels
    size = _CELL * len(labels)
    out = [_head(size + _MARGIN + 70, size + _MARGIN + 50, title)]
    for number, label in enumerate(labels):
        middle = _MARGIN + number * _CELL + _CELL * 0.7
        out.append(_words(_MARGIN - 6, middle, label, "end"))
        at = _MARGIN + number * _CELL + _CELL * 0.65
        out.append(f'<text transform="translate({at:.1f},{_MARGIN - 6}) rotate(-60)">{escape(label)}</text>')
    for y, wanted in enumerate(labels):
        count = sum(n for (w, _), n in table.pairs.items() if w == wanted)
        for x, found in enumerate(labels):
            n = table.pairs[wanted, found]
            left, top = _MARGIN + x * _CELL, _MARGIN + y * _CELL
            shade = 0.15 + 0.85 * n / count if n else 0.0
            colour = _RIGHT if wanted == found else _WRONG
            out.append(
                f'<rect x="{left}" y="{top}" width="{_CELL}" height="{_CELL}" fill="{colour if n else "none"}" '
                f'fill-opacity="{shade:.2f}" stroke="{_GRID}"/>'
            )
            if n:
                out.append(_words(left + _CELL / 2, top + _CELL * 0.68, str(n), "middle"))
    return "\n".join((*out, "</svg>\n"))


def calibration(claims: Sequence[tuple[float, bool]], title: str) -> str:
    """How often a claim of a probability was right; on the diagonal the claims are true."""
    side, left, top = 300, 60, 50
    out = [_head(side + 110, side + 110, title)]
    out.append(f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="{_GRID}"/>')
    out.append(f'<path d="M{left} {top + side}L{left + side} {top}" stroke="{_GRID}" fill="none"/>')
    for number in range(_BINS):
        low, high = number / _BINS, (number + 1) / _BINS
        inside = [
            (claim, right)
            for claim, right in claims
            if low <= claim < high or (number == _BINS - 1 and claim >= high)
        ]
        if not inside:
            continue
        said = sum(claim for claim, _ in inside) / len(inside)
        true = sum(right for _, right in inside) / len(inside)
        x, y = left + said * side, top + (1 - true) * side
        radius = 3 + 12 * (len(inside) / len(claims)) ** 0.5
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{_RIGHT}" fill-opacity="0.6"/>')
        out.append(_words(x, y - radius - 3, str(len(inside)), "middle"))
    out.append(_words(left + side / 2, top + side + 34, "claimed probability", "middle"))
    out.append(
        f'<text transform="translate(24,{top + side / 2}) rotate(-90)" text-anchor="middle">share that was right</text>'
    )
    for tick in (0.0, 0.5, 1.0):
        out.append(_words(left + tick * side, top + side + 16, f"{tick:.1f}", "middle"))
        out.append(_words(left - 6, top + (1 - tick) * side + 4, f"{tick:.1f}", "end"))
    return "\n".join((*out, "</svg>\n"))


def _head(width: float, height: float, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'font-family="sans-serif" font-size="11" fill="{_INK}"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="12" y="22" font-size="15" font-weight="bold">{escape(title)}</text>'
    )


def _words(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'
