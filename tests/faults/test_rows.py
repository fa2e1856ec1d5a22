"""Every row of the reliability report at its small figure; `make soak ROW=name` runs it at the full one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.rows.promises import ROWS
from tests.faults.rows.row import WIDER, Row, Stage


@pytest.fixture
def stage(row: Row, tmp_path: Path, request: pytest.FixtureRequest) -> Stage:
    if why := row.missing():
        pytest.skip(why)
    return Stage(tmp_path, request.getfixturevalue("rabbitmq") if row.broker else None)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "row",
    [pytest.param(row, id=name, marks=[pytest.mark.alone] * row.alone) for name, row in ROWS.items()],
)
async def test_the_promise_holds(row: Row, stage: Stage) -> None:
    numbers = await row.run(stage, row.small)
    print(f"\n{row.name}: {numbers}")
    assert not row.over(numbers, WIDER)
