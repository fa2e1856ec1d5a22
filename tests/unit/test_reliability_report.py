"""The reliability report: runs add up, a failure counts, and the page says what the results say."""

from __future__ import annotations

from pathlib import Path

from tests.faults.rows import report
from tests.faults.rows.promises import PROMISES, ROWS, table
from tests.faults.rows.report import Result
from tests.faults.rows.row import Figure, Numbers, Row, Stage


async def nothing(stage: Stage, figure: Figure) -> Numbers:
    return {}


ROW = Row(
    name="kills",
    test="kills",
    load="100",
    passes="0 lost",
    unit="kills",
    small=Figure(),
    full=Figure(count=100),
    run=nothing,
    minutes=1,
    limits={"start_s": 5.0},
)


def result(done: float, day: int, **more: object) -> Result:
    numbers: Numbers = {"kills": int(done), "start_s": 1.0 + day / 10}
    return Result(
        row="kills", started=f"2026-11-{day:02d}T01:00:00Z", commit="abc", machine="2 cores",
        done=done, numbers=numbers, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_runs_add_up_until_the_full_figure() -> None:
    found = report.state(ROW, [result(60, 1), result(30, 2)])
    assert (found.done, found.numbers) == (90, {"kills": 90, "start_s": 1.2})
    found = report.state(ROW, [result(60, 1), result(40, 2), result(10, 3)])
    assert [run.done for run in found.whole] == [60, 40]
    assert found.done == 10


def test_a_failure_begins_anew_and_is_told() -> None:
    runs = [result(60, 1), result(20, 2, outcome="failed", why="1 lost | of 2"), result(30, 3)]
    found = report.state(ROW, runs)
    assert (found.done, found.failed) == (30, runs[1])
    page = report.page({"kills": ROW}, runs)
    assert "30 of 100 kills, all passed since the failure of 2026-11-02" in page
    assert "1 lost \\| of 2" in page


def test_a_run_over_its_limit_is_told() -> None:
    slow = result(100, 1)
    slow.numbers["start_s"] = 7.5
    assert "in full, yet start_s is 7.5, over 5" in report.page({"kills": ROW}, [slow])


def test_a_run_is_written_anew_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    report.record(result(10, 1), path)
    report.record(result(5, 2), path)
    report.record(result(20, 1), path)
    assert sorted((one.started[8:10], one.done) for one in report.load(path)) == [("01", 20), ("02", 5)]


def test_the_page_is_made_of_the_results() -> None:
    assert report.PAGE.read_text(encoding="utf-8") == report.page(ROWS, report.load(), table()), (
        "run: make reliability"
    )


def test_every_promise_is_tested_somewhere() -> None:
    root = report.ROOT / "tests"
    for promise in PROMISES:
        assert promise.rows or promise.tests or promise.lacking, promise.test
        assert set(promise.rows) <= ROWS.keys(), promise.test
        for name in promise.tests:
            file, _, test = name.partition("::")
            assert (root / file).is_file(), name
            assert not test or f"def {test}(" in (root / file).read_text(encoding="utf-8"), name
    assert {name for promise in PROMISES for name in promise.rows} == ROWS.keys()
