"""A judgement for people (a table), for machines (JSON) and for later (Markdown and SVG files in a folder)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from intake.evaluation import drawing
from intake.evaluation.judging import Judgement
from intake.evaluation.scores import Confusion, Figure
from intake.words import say

if TYPE_CHECKING:
    from rich.table import Table

#: Labels beyond which a confusion table no longer fits a terminal; then the commonest errors are listed.
_WIDE = 9
_ERRORS = 15


def for_terminal(judged: Judgement) -> list[Table | str]:
    """What the command prints, in order."""
    from rich.table import Table

    figures = Table(title=say("evaluate_figures"))
    for at, name in enumerate((*say("evaluate_columns").split("|"), "")):
        figures.add_column(name, justify="left" if at in (0, 4) else "right")
    for f in judged.figures:
        colour = {True: "green", False: "red", None: ""}[f.reached]
        value = _percent(f)
        figures.add_row(
            f.name, f"[{colour}]{value}[/]" if colour else value, _goal(f), str(f.count), _reached(f)
        )
    out: list[Table | str] = [figures]
    for name, table in judged.confusions.items():
        out.append(_confusion(name, table))
    return out


def as_json(judged: Judgement) -> bytes:
    """The figures and confusions; shares from 0 to 1."""
    return msgspec.json.encode(
        {
            "figures": [{**msgspec.structs.asdict(f), "reached": f.reached} for f in judged.figures],
            "confusions": {
                name: [{"wanted": w, "found": f, "count": n} for (w, f), n in sorted(c.pairs.items())]
                for name, c in judged.confusions.items()
            },
        }
    )


def write(judged: Judgement, folder: Path, title: str) -> list[Path]:
    """`report.md`, `misses.csv`, and a chart for each table and each calibration; gives what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    lines = [f"# {title}", "", "| figure | value | goal | texts | |", "|---|---:|---:|---:|---|"]
    lines += [f"| {f.name} | {_percent(f)} | {_goal(f)} | {f.count} | {_mark(f)} |" for f in judged.figures]
    for name, table in judged.confusions.items():
        file = folder / f"confusion-{_slug(name)}.svg"
        file.write_text(drawing.confusion(table, f"{name}: wanted and read"), encoding="utf-8")
        lines += ["", f"![{name}]({file.name})"]
        written.append(file)
    for name, claims in judged.claims.items():
        if claims:
            file = folder / f"calibration-{_slug(name)}.svg"
            file.write_text(drawing.calibration(claims, f"{name}: claimed and true"), encoding="utf-8")
            lines += ["", f"![calibration of {name}]({file.name})"]
            written.append(file)
    misses = folder / "misses.csv"
    with misses.open("w", encoding="utf-8", newline="") as file_:
        writer = csv.writer(file_)
        writer.writerow(("figure", "row", "wanted", "found", "text"))
        writer.writerows((m.figure, m.row, m.wanted, m.found, m.text) for m in judged.misses)
    report = folder / "report.md"
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [report, misses, *written]


def _confusion(name: str, table: Confusion) -> Table:
    from rich.table import Table

    labels = table.labels
    if len(labels) <= _WIDE:
        shown = Table(title=say("evaluate_confusion", name=name))
        shown.add_column("")
        for label in labels:
            shown.add_column(label, justify="right")
        for wanted in labels:
            shown.add_row(wanted, *(str(table.pairs[wanted, found] or "·") for found in labels))
        return shown
    shown = Table(title=say("evaluate_errors", name=name))
    for at, column in enumerate(say("evaluate_error_columns").split("|")):
        shown.add_column(column, justify="right" if at == 2 else "left")
    errors = [(n, w, f) for (w, f), n in table.pairs.items() if w != f]
    for n, wanted, found in sorted(errors, key=lambda e: (-e[0], e[1], e[2]))[:_ERRORS]:
        shown.add_row(wanted, found, str(n))
    return shown


def _percent(figure: Figure) -> str:
    return f"{100 * figure.value:.1f} %"


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"{'≤' if figure.most else '≥'} {100 * figure.goal:g} %"


def _reached(figure: Figure) -> str:
    """In the reader's language; files are English."""
    if figure.reached is None:
        return ""
    return say("evaluate_reached" if figure.reached else "evaluate_not_reached")


def _mark(figure: Figure) -> str:
    return {True: "reached", False: "not reached", None: ""}[figure.reached]


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
