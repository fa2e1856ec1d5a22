"""`kanal demo` and what `kanal serve` prints, as a newcomer meets them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from intake import demo
from intake.free_ports import free_ports
from intake.private_rabbitmq import installed
from normalizer.record import ComplaintEvent

ROOT = Path(__file__).resolve().parent.parent.parent
DOORS = {account for account, _, _ in demo.DOORS}


async def kanal(*arguments: str, within: float = 100, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "intake", *arguments,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}", "KANAL_LANG": "en", **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(within):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.rabbitmq
async def test_the_demo_shows_one_right_record_per_door() -> None:
    if not installed():
        pytest.skip("RabbitMQ is not installed")
    code, out, err = await kanal("demo", "--json")
    assert code == 0, err
    records = [json.loads(line)["complaint"] for line in out.splitlines()]
    assert {record["account"] for record in records} == DOORS
    assert len({record["ticket"] for record in records}) == len(DOORS)
    assert "embedded journal" not in err


async def test_without_rabbitmq_the_demo_says_so_and_reads_the_journal(tmp_path: Path) -> None:
    code, out, err = await kanal("demo", "--json", KANAL_RABBITMQ_HOME=str(tmp_path / "none"))
    assert code == 0, err
    assert "embedded journal" in err
    assert {json.loads(line)["complaint"]["account"] for line in out.splitlines()} == DOORS


def test_the_demo_notices_what_is_wrong_with_a_record() -> None:
    door = demo._doors()[0]
    assert demo.wrong(door, None) == ["no record came"]
    # A record of nothing: whatever the check asks for is missing.
    from datetime import UTC, datetime

    from normalizer.record import Complaint

    now = datetime.now(UTC)
    record = Complaint(
        complaint_id="0SAR5PJF40000", ticket="261124-0006-5", channel="sms", adapter="email",
        account=door.account, received_at=now,
    )  # fmt: skip
    event = ComplaintEvent(event="created", sequence=1, occurred_at=now, complaint=record)
    problems = " ".join(demo.wrong(door, event))
    for word in ("channel", "text", "ticket", "kelurahan", "language", "photos", "raw event"):
        assert word in problems
    assert "is corrected number 2" in " ".join(
        demo.wrong(door, replace(event, event="corrected", sequence=2))
    )


async def test_the_three_lines_that_serve_prints_work(tmp_path: Path) -> None:
    """As in README.md: on the built-in settings, in a folder of one's own, on free ports."""
    http, smtp = free_ports(2)
    settings = (ROOT / "intake/default.toml").read_text().replace("127.0.0.1:2525", f"127.0.0.1:{smtp}")
    (tmp_path / "default.toml").write_text(settings)
    script = (
        "import sys; from pathlib import Path; from intake import config, welcome; "
        f"config.DEFAULT_FILE = welcome.DEFAULT_FILE = Path({str(tmp_path / 'default.toml')!r}); "
        "from intake.cli import main; main(['serve'])"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}",
        "PYTHONUNBUFFERED": "1",
        "KANAL_LANG": "en",
        "KANAL_BROKER": "none",
        "KANAL_LISTEN": f"127.0.0.1:{http}",
        "KANAL_DATA_DIR": "var",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=tmp_path, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said: list[str] = []
        async with asyncio.timeout(30):
            while not said or "Ctrl+C" not in said[-1]:
                line = await process.stdout.readline()
                assert line, f"it ended after {said}"
                said.append(line.decode().rstrip("\n"))
        lines = [line.strip() for line in said if line.startswith("  ")]
        assert len(lines) == 3
        assert any(re.search(r"/sandi/\S{20,}", line) for line in said), "the first administrator's link"
        for line in lines[:2]:
            shell = await asyncio.create_subprocess_shell(line, cwd=tmp_path, stderr=asyncio.subprocess.PIPE)
            async with asyncio.timeout(20):
                _, err = await shell.communicate()
            assert shell.returncode == 0, err.decode()
        chosen = {"KANAL_CONFIG": str(tmp_path / "default.toml"), "KANAL_DATA_DIR": str(tmp_path / "var")}
        async with asyncio.timeout(20):
            found: set[str] = set()
            while found != {"email-dki", "sms-1708"}:
                code, out, err = await kanal("consume", "--json", KANAL_BROKER="none", **chosen)
                assert code == 0, err
                found = {json.loads(one)["complaint"]["account"] for one in out.splitlines()}
    finally:
        process.terminate()
        async with asyncio.timeout(20):
            await process.wait()
