"""On a copy from which everything was thrown away that was not synced, every acknowledged message is there."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.faults.admitting import check, promised, start, traces
from tests.faults.power_cut import TRACE, Disk, calls

CUTS = int(os.environ.get("KANAL_POWER_CUTS", "12"))


@pytest.mark.timeout(120 + 10 * CUTS)
async def test_what_was_acknowledged_survives_a_power_cut(tmp_path: Path) -> None:
    if why := traces():
        pytest.skip(why)
    log, data = tmp_path / "trace", tmp_path / "data"
    process = start(data, "p", 4, 16, *TRACE, str(log))
    process.communicate(timeout=100)
    assert process.returncode == 0
    disk, said, chance = Disk(data), [], random.Random(2611)
    total = sum(_acknowledgement(call) is not None for call in calls(log))
    assert total > 64
    cuts = {*chance.sample(range(1, total), CUTS - 1), total}
    for call in calls(log):
        disk.see(call)
        line = _acknowledgement(call)
        if line is None:
            continue
        said.append(line)
        if len(said) in cuts:
            for number, luck in enumerate((None, random.Random(len(said)))):
                found = tmp_path / f"cut-{len(said)}-{number}"
                found.mkdir()
                disk.write_to(found, luck)
                await check(found, promised(said))
    assert len(said) == total
    assert disk.syncs > 20


def _acknowledgement(call: object) -> str | None:
    """What the process said, at the moment at which it began to say it."""
    if call.name != "write" or call.returned or call.numbers[0] != 1 or call.strings[-1] == b"ready\n":  # type: ignore[attr-defined]
        return None
    return str(call.strings[-1].decode())  # type: ignore[attr-defined]


async def test_a_journal_that_does_not_sync_would_be_found_out(tmp_path: Path) -> None:
    """The check can fail: without the syncs of its log, the same run loses what was acknowledged."""
    if why := traces():
        pytest.skip(why)
    log, data = tmp_path / "trace", tmp_path / "data"
    process = start(data, "p", 2, 4, *TRACE, str(log))
    process.communicate(timeout=100)
    disk, said = Disk(data), []
    for call in calls(log):
        synced = call.name in ("fsync", "fdatasync") and call.strings[0].endswith(b"-wal")
        if not synced:
            disk.see(call)
        if line := _acknowledgement(call):
            said.append(line)
            if len(said) == 8:  # before the end, at which the log goes into the database
                break
    found = tmp_path / "cut"
    found.mkdir()
    disk.write_to(found)
    with pytest.raises(AssertionError):
        await check(found, promised(said))
