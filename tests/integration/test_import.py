"""`kanal import` into a running gateway: bar, resume, nothing twice, and each bad row named."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from intake.importing import ROWS
from tests.gateway_process import ROOT, GatewayProcess

CONFIG = """
[gateway]
data_dir = "{data}"
listen = "127.0.0.1:{http}"

[[account]]
name = "qlue-2018"
adapter = "qlue"
[account.settings]
key = "auto:qlue"
"""
MANY = 12 * ROWS + 7


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayProcess]:
    made = GatewayProcess(tmp_path, template=CONFIG)
    await made.start()
    yield made
    await made.stop()


def export(path: Path, count: int = MANY) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "timestamp", "username", "description", "lat", "lng"))
        for number in range(1, count + 1):
            text = f"Jalan rusak nomor {number},\ndi depan pasar contoh"
            writer.writerow(
                (number, "2018-03-05 14:30:00", f"warga{number % 50}.contoh", text, "-6.2", "106.8")
            )
    return path


async def kanal(gateway: GatewayProcess, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "intake", *arguments, "--config", str(gateway.config_file),
        env={**gateway.environment, "KANAL_LANG": "en", "COLUMNS": "120"}, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def told(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    async with asyncio.timeout(90):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def counts(gateway: GatewayProcess, *arguments: str) -> dict[str, Any]:
    code, out, err = await told(await kanal(gateway, "import", *arguments, "--json"))
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


async def test_stopped_in_the_middle_it_goes_on_and_makes_nothing_twice(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    file = export(tmp_path / "laporan.csv")
    process = await kanal(gateway, "import", str(file), "--json")
    notes = gateway.folder / "data" / "imports"
    async with asyncio.timeout(60):
        while not list(notes.glob("*.json")):
            await asyncio.sleep(0.005)
    process.kill()
    await told(process)
    (note,) = notes.glob("*.json")
    before = json.loads(note.read_text())["rows"]
    assert 0 < before < MANY
    after = await counts(gateway, str(file))
    assert after["rows"] == MANY
    assert after["accepted"] + after["duplicate"] == MANY
    assert after["duplicate"] <= ROWS, "at most the piece that was on its way"
    note.unlink()
    again = await counts(gateway, str(file))
    assert (again["accepted"], again["duplicate"]) == (0, MANY)


async def test_a_bad_row_is_named_with_its_column_and_cure(gateway: GatewayProcess, tmp_path: Path) -> None:
    file = tmp_path / "laporan.csv"
    file.write_text(
        "id,tanggal,isi\n1,2018-03-05,Sampah menumpuk\n2,kemarin,Sampah\n3,,\n4,2018-03-06,Lampu mati\n"
    )
    for dry in (("--dry-run",), ()):
        code, out, err = await told(await kanal(gateway, "import", str(file), *dry))
        assert code == 1
        assert "row 2: tanggal: 'kemarin' is no time. write it as" in " ".join(err.split())
        assert "4 rows: 2 " in out
    code, out, _ = await told(await kanal(gateway, "quarantine", "list"))
    assert out.count("qlue-2018") == 1


async def test_without_a_gateway_it_says_how_to_start_one(gateway: GatewayProcess, tmp_path: Path) -> None:
    await gateway.stop()
    code, _, err = await told(await kanal(gateway, "import", str(export(tmp_path / "a.csv", 3))))
    assert code == 75, "started, it can go on"
    assert "start it (kanal serve)" in err


@pytest.mark.parametrize("content", [None, b"", b"\n\n"])
async def test_a_file_that_is_no_table(
    gateway: GatewayProcess, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "kosong.csv"
    if content is not None:
        file.write_bytes(content)
    code, _, err = await told(await kanal(gateway, "import", str(file)))
    assert code == 2
    assert err.startswith("kanal: FILE: ")
    assert "cure:" in err
    assert "Traceback" not in err
    assert os.path.exists(file) is (content is not None)  # noqa: PTH110
