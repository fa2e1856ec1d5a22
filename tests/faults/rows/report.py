"""The report of the full runs: one line of JSON for each run, and the page that is made of them.

A run's line is written anew after each part of it, so that an interrupted run keeps what it did. Parts add up over
runs until the full figure is reached or one fails; then counting begins again.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from tests.faults.rows.row import Numbers, Row

ROOT = Path(__file__).resolve().parents[3]
RESULTS = ROOT / "docs" / "reliability" / "results.jsonl"
PAGE = ROOT / "docs" / "reliability.md"
#: What makes a run's result: a change of anything else leaves it as it is.
PROGRAM = ("intake", "adapters", "normalizer", "queue", "requirements.lock")


@dataclass
class Result:
    """One run. `started` is in UTC to the second, `seconds` how long it took, `done` in the row's units."""

    row: str
    started: str
    commit: str
    machine: str
    seconds: int = 0
    done: float = 0
    outcome: Literal["passed", "failed"] = "passed"
    numbers: Numbers = field(default_factory=dict)
    why: str = ""


def commit() -> str:
    """The last commit that changed the program; a plus says that there are changes on top of it."""
    last = _git("log", "-1", "--format=%h", "--abbrev=10", "--", *PROGRAM)
    return last + ("+" if _git("status", "--porcelain", "--", *PROGRAM) else "")


def _git(*arguments: str) -> str:
    told = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    return told.stdout.strip() if told.returncode == 0 else ""


def machine() -> str:
    """What it ran on, in a few words; no name of it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    )


def load(path: Path = RESULTS) -> list[Result]:
    """All runs, the oldest first."""
    if not path.exists():
        return []
    return [Result(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]


def record(result: Result, path: Path = RESULTS) -> None:
    """Write a run's line, in the place of what was said of it before."""
    others = [one for one in load(path) if (one.row, one.started) != (result.row, result.started)]
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in (*others, result)]
    beside = path.with_suffix(".new")
    beside.write_text("".join(lines), encoding="utf-8")
    beside.replace(path)


def merge(numbers: Numbers, more: Numbers) -> Numbers:
    """Counts add up; of measures the greatest counts."""
    merged = dict(numbers)
    for name, value in more.items():
        if isinstance(value, int):
            merged[name] = merged.get(name, 0) + value
        else:
            merged[name] = max(merged.get(name, value), value)
    return merged


@dataclass
class State:
    """Where a row stands: the runs since the last failure that add up to (at most) its full figure."""

    runs: list[Result] = field(default_factory=list)
    done: float = 0
    failed: Result | None = None
    """The last failure, if nothing has been in full since."""
    whole: list[Result] = field(default_factory=list)
    """The runs of the last time that the full figure was reached."""

    @property
    def numbers(self) -> Numbers:
        merged: Numbers = {}
        for run in self.runs or self.whole:
            merged = merge(merged, run.numbers)
        return merged


def state(row: Row, results: Iterable[Result]) -> State:
    """What the report says of a row."""
    found = State()
    for result in results:
        if result.row != row.name:
            continue
        if result.outcome == "failed":
            found.runs, found.done, found.failed = [], 0, result
            continue
        found.runs.append(result)
        found.done += result.done
        if found.done >= row.whole:
            found.whole, found.runs, found.done, found.failed = found.runs, [], 0, None
    return found


# the page


def page(rows: Mapping[str, Row], results: list[Result], promises: str = "") -> str:
    """docs/reliability.md."""
    lines = [_TOP]
    lines.append(
        "| row | promise | passes | full figure | state | last run | commit |\n|---|---|---|---|---|---|---|"
    )
    lines += ["| " + " | ".join(_cells(row, state(row, results))) + " |" for row in rows.values()]
    lines.append(
        "\n## What was measured\n\nCounts add up over a row's runs; of every other figure the worst is shown.\n"
    )
    for row in rows.values():
        found = state(row, results)
        if found.numbers:
            lines.append(_measured(row, found))
    failures = [one for one in results if one.outcome == "failed"]
    if failures:
        lines.append("\n## Runs that failed\n\n| row | when | commit | after | why |\n|---|---|---|---|---|")
        lines += [
            f"| {one.row} | {_day(one.started)} | `{one.commit}` | {one.done:g} | {_cell(one.why)} |"
            for one in failures
        ]
    return "\n".join(lines) + "\n" + promises


_TOP = """# Reliability: what was put to the test, and how it went

Every row puts real faults upon real processes: SIGKILL, SIGSTOP, a disk that is full, damaged files, a RabbitMQ node
that dies. A ledger of what the gateway acknowledged is compared by id with what the CRM's consumer got.

`make test` runs each row at a small figure. `make soak` lists the rows, `make soak ROW=name` runs one in full: it can
be interrupted and goes on where it was. Each run adds one line to [results.jsonl](reliability/results.jsonl), with the
commit that last changed the program; `make reliability` writes this page anew from it.

After *n* kills without a loss the true rate of losses is, with 95 % confidence, below 3/*n*.
"""


def _cells(row: Row, found: State) -> list[str]:
    runs = found.runs or found.whole
    if found.runs:
        progress = f"{found.done:g} of {row.whole:g} {row.unit}"
        progress += (
            ", all passed"
            if found.failed is None
            else f", all passed since the failure of {_day(found.failed.started)}"
        )
        if found.whole:
            progress = f"in full on {_day(found.whole[-1].started)}; again: {progress}"
    elif found.failed:
        progress = f"**failed** on {_day(found.failed.started)}"
    elif found.whole:
        over = row.over(found.numbers)
        progress = "in full" + (f", yet {'; '.join(over)}" if over else "")
    else:
        progress = "not yet run in full"
    commits = list(dict.fromkeys(f"`{run.commit}`" for run in runs))
    return [
        f"`{row.name}`",
        row.test,
        row.passes,
        row.load,
        progress,
        _day(runs[-1].started) if runs else "",
        " ".join(commits[-3:]),
    ]


def _measured(row: Row, found: State) -> str:
    runs = found.runs or found.whole
    told = ", ".join(f"{name.replace('_', ' ')} {_number(value)}" for name, value in found.numbers.items())
    hours = sum(run.seconds for run in runs)
    took = (
        f"{hours / 3600:.1f} h" if hours >= 5400 else f"{hours / 60:.0f} min" if hours >= 90 else f"{hours} s"
    )
    machines = "; ".join(dict.fromkeys(run.machine for run in runs))
    return f"- `{row.name}`: {told} ({len(runs)} run{'s' if len(runs) > 1 else ''}, {took}; {machines})"


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _day(started: str) -> str:
    return started[:10]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())[:300]
