"""`make soak`: the rows of the reliability report at their full figures.

    scripts/soak.py                     lists the rows and how far each is
    scripts/soak.py kill-gateway        runs one, on from where it was; Ctrl-C keeps what is done
    scripts/soak.py kill-gateway 600    at most so many of its units in this run
    scripts/soak.py report              writes docs/reliability.md anew

Exit code 1 when the promise of the row was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from rich import progress as bars
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "queue")]

from intake.private_rabbitmq import PrivateRabbitMQ  # noqa: E402
from tests.faults.rows import report  # noqa: E402
from tests.faults.rows.promises import ROWS, table  # noqa: E402
from tests.faults.rows.report import Result  # noqa: E402
from tests.faults.rows.row import WIDER, Figure, Numbers, Row, Stage  # noqa: E402

console = Console()


def show() -> int:
    """The rows and where they stand."""
    results = report.load()
    shown = Table("row", "full figure", "state", "takes about", title="make soak ROW=…")
    for row in ROWS.values():
        found = report.state(row, results)
        if found.runs:
            state = f"{found.done:g} of {row.whole:g} {row.unit}"
        elif found.failed:
            state = f"failed on {found.failed.started[:10]}"
        else:
            state = f"in full on {found.whole[-1].started[:10]}" if found.whole else "not yet"
        if why := row.missing():
            state += f" (not here: {why})"
        took = f"{row.minutes / 60:.1f} h" if row.minutes >= 90 else f"{row.minutes:.0f} min"
        shown.add_row(row.name, row.load, state, took)
    console.print(shown)
    return 0


def write_page() -> int:
    """docs/reliability.md."""
    report.RESULTS.parent.mkdir(parents=True, exist_ok=True)
    report.RESULTS.touch()
    report.PAGE.write_text(report.page(ROWS, report.load(), table()), encoding="utf-8")
    console.print(f"wrote {report.PAGE.relative_to(ROOT)}")
    return 0


class Run:
    """One run of a row, in parts that are recorded as they end."""

    def __init__(self, row: Row, most: float) -> None:
        self.row = row
        now = datetime.now(UTC)
        self.result = Result(
            row=row.name,
            started=f"{now:%Y-%m-%dT%H:%M:%SZ}",
            commit=report.commit(),
            machine=report.machine(),
        )
        self.goal = min(row.whole - report.state(row, report.load()).done, most or row.whole)
        self._began = time.monotonic()
        self._kept = ROOT / "build" / "soak" / f"{row.name}-{now:%Y%m%dT%H%M%S}"
        self._bar = bars.Progress(
            bars.TextColumn(row.name),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TextColumn(row.unit),
            bars.TimeElapsedColumn(),
            bars.TextColumn("left"),
            bars.TimeRemainingColumn(),
            bars.TextColumn("{task.fields[said]}"),
            console=console,
            refresh_per_second=2,
        )
        self._task = self._bar.add_task("", total=self.goal, said="")

    def go(self) -> None:
        """Until the goal is reached. Raises AssertionError when the promise is broken."""
        row, result = self.row, self.result
        with self._bar:
            while result.done < self.goal:
                figure, units = self._part(self.goal - result.done)
                numbers = asyncio.run(self._one(figure))
                result.numbers = report.merge(result.numbers, numbers)
                assert not (wrong := row.over(numbers, WIDER)), "; ".join(wrong)
                result.done += units
                self._bar.update(self._task, completed=result.done)
                self.record()

    def record(self) -> None:
        self.result.seconds = round(time.monotonic() - self._began)
        report.record(self.result)

    def _part(self, left: float) -> tuple[Figure, float]:
        if self.row.unit == "seconds":
            return self.row.full, self.row.whole
        count = int(min(self.row.at_once or left, left))
        return replace(self.row.full, count=count), count

    async def _one(self, figure: Figure) -> Numbers:
        folder = Path(tempfile.mkdtemp(prefix="kanal-soak-"))
        node = PrivateRabbitMQ() if self.row.broker else None
        stage = Stage(folder, node, self._step, self._tell)
        try:
            if node is not None:
                await node.start()
            return await self.row.run(stage, figure)
        except BaseException:
            self._keep_logs(folder)
            raise
        finally:
            if node is not None:
                await node.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def _step(self, amount: float) -> None:
        self._bar.advance(self._task, amount)

    def _tell(self, words: str) -> None:
        self._bar.update(self._task, said=words)

    def _keep_logs(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            for log in folder.rglob("*.log"):
                kept = self._kept / log.relative_to(folder)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(log, kept)


def run(row: Row, most: float) -> int:
    """Run a row until its full figure is reached, `most` is done, it fails, or somebody interrupts."""
    if why := row.missing():
        console.print(f"{row.name} cannot be run here: {why}")
        return 2
    one = Run(row, most)
    try:
        one.go()
    except KeyboardInterrupt:
        console.print(f"interrupted after {one.result.done:g} {row.unit}; `make soak ROW={row.name}` goes on")
        return 130
    except Exception as error:
        one.result.outcome, one.result.why = "failed", f"{type(error).__name__}: {error}"
        one.record()
        console.print_exception(max_frames=6)
        console.print(f"{row.name} failed after {one.result.done:g} {row.unit}", style="bold red")
        return 1
    finally:
        write_page()
    for late in row.over(one.result.numbers):
        console.print(f"yet {late}")
    console.print(f"{row.name}: {one.result.done:g} {row.unit} in {one.result.seconds} s", one.result.numbers)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("row", nargs="?", choices=[*ROWS, "report"])
    parser.add_argument("most", nargs="?", type=float, default=0)
    given = parser.parse_args()
    # Started by a script or asked to end by a supervisor, it ends as by Ctrl-C: a gateway that is left behind would
    # take the machine from every row after it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    # What a row runs in this process says what it meets, thousands of times; a gateway's log is a file.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if given.row is None:
        return show()
    if given.row == "report":
        return write_page()
    return run(ROWS[given.row], given.most)


if __name__ == "__main__":
    sys.exit(main())
