"""`kanal demo` and what `kanal serve` prints, as a newcomer meets them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from complaint_queue import seal, wire
from intake import demo_doors
from intake.demo_doors import Door
from intake.free_ports import free_ports
from intake.private_rabbitmq import installed
from normalizer.identity import ticket_of
from normalizer.offices import offices
from normalizer.record import (
    FURTHER_CHANNELS,
    OFFICIAL_CHANNELS,
    Attachment,
    Complaint,
    ComplaintEvent,
    Language,
    Place,
    Region,
    Reporter,
)

ROOT = Path(__file__).resolve().parent.parent.parent
DOORS = demo_doors.doors()


async def kanal(*arguments: str, within: float = 100, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "intake", *arguments,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}", "KANAL_LANG": "en", **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(within):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def records_of(out: str) -> list[dict[str, Any]]:
    return [json.loads(line)["complaint"] for line in out.splitlines()]


@pytest.mark.rabbitmq
async def test_the_demo_shows_one_right_record_per_door() -> None:
    if not installed():
        pytest.skip("RabbitMQ is not installed")
    code, out, err = await kanal("demo", "--json")
    assert code == 0, err
    records = records_of(out)
    assert sorted(record["account"] for record in records) == sorted(door.account for door in DOORS)
    assert len({record["ticket"] for record in records}) == len(DOORS)
    assert {record["channel"] for record in records} == {*OFFICIAL_CHANNELS, *FURTHER_CHANNELS}
    assert "embedded journal" not in err


async def test_without_rabbitmq_the_demo_says_so_and_reads_the_journal(tmp_path: Path) -> None:
    code, out, err = await kanal("demo", "--json", KANAL_RABBITMQ_HOME=str(tmp_path / "none"))
    assert code == 0, err
    assert "embedded journal" in err
    assert {record["account"] for record in records_of(out)} == {door.account for door in DOORS}


def test_every_channel_and_every_kind_of_office_has_its_door() -> None:
    assert {door.channel for door in DOORS} == {*OFFICIAL_CHANNELS, *FURTHER_CHANNELS}
    assert {offices()[door.office].kind for door in DOORS if door.office} == {
        office.kind for office in offices().values()
    }
    assert {"31.01", "31.71"} <= {door.office for door in DOORS}
    governors = {door.account for door in DOORS if door.channel == "medsos_gubernur"}
    assert governors == {"x-gubernur", "facebook-gubernur", "instagram-gubernur"}
    secret = {door.channel for door in DOORS if door.confidential}
    assert secret == {"kantor_inspektorat", "lapor_video"}
    assert len({door.name for door in DOORS}) == len(DOORS)


#: Run the demo on the configuration in argv[1], with the doors named after it.
SOME_DOORS = """
import sys
from pathlib import Path
from intake import demo, demo_doors
from intake.cli import main
demo.CONFIG, wanted = Path(sys.argv[1]), sys.argv[2:]
demo.PATIENCE = 60.0
chosen = tuple(door for door in demo_doors.doors() if door.name in wanted)
demo_doors.doors = lambda: chosen
main(["demo"])
"""


async def demo_on(settings: str, folder: Path, *doors: str) -> tuple[int, str, str]:
    """The demo of these doors alone, without a broker, on changed settings."""
    file = folder / "changed.toml"
    file.write_text(settings)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}",
        "KANAL_LANG": "en",
        "COLUMNS": "200",
        "KANAL_RABBITMQ_HOME": str(folder / "none"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SOME_DOORS, str(file), *doors, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_wrong_record_makes_the_demo_fail_and_is_named(tmp_path: Path) -> None:
    """Two real mistakes of a configuration: the governor's page counted as the province's, LaporVideo not seen."""
    settings = (ROOT / "intake/demo.toml").read_text()
    page = 'name = "facebook-gubernur"\nadapter = "facebook"\n'
    assert page + 'channel = "medsos_gubernur"' in settings
    changed = settings.replace(page + 'channel = "medsos_gubernur"', page).replace(
        'addresses = ["dki@jakarta.go.id"]', 'addresses = ["dki@jakarta.go.id"]\nlapor_video = false'
    )
    names = ("facebook-gubernur", "lapor-video", "qlue-2018")
    code, out, err = await demo_on(changed, tmp_path, *names)
    assert code == 1
    assert "1 of 3 doors" in err
    assert "✗ facebook-gubernur: channel facebook, not medsos_gubernur" in err
    assert "✗ lapor-video: channel email, not lapor_video; it is not confidential" in err
    assert "✗ qlue-2018" not in err
    assert (out.count("✗"), out.count("✓")) == (2, 1)
    code, _, err = await demo_on(settings, tmp_path, *names)
    assert (code, "3 of 3 doors" in err) == (0, True), err


def record_for(door: Door) -> ComplaintEvent:
    """The record that is right for `door`."""
    now = datetime.now(UTC)
    copy = "" if door.confidential else "https://aduan.example.go.id/gambar/contoh"
    read = Attachment(
        media_type="image/jpeg", sha256="1" * 64, captured_at=now, metadata_place=True, width=640, height=480,
        perceptual_hash="0" * 16, public_url=copy, thumbnail_url=copy,
    )  # fmt: skip
    film = Attachment(media_type="video/mp4", sha256="2" * 64, duration=float(demo_doors.FILM_SECONDS))
    record = Complaint(
        complaint_id="0SAR5PJF40000", ticket=ticket_of(now.date(), 6), channel=door.channel, adapter="any",
        account=door.account, received_at=now, text=door.letter.text, raw_sha256=("0" * 64,),
        language=Language(code="id", confidence=1.0), confidential=door.confidential,
        reporter=Reporter(reference="p-1", name=door.letter.sender),
        place=Place(
            kelurahan=Region(code="31.71.04.1002", name=door.kelurahan), method="photo" if door.by_photo else "text"
        ),
        office_code=door.office, against_office=door.against,
        attachments=(read,) * len(door.letter.photos) + (film,) * door.videos,
    )  # fmt: skip
    return ComplaintEvent(event="created", sequence=1, occurred_at=now, complaint=record)


def on_the_wire(event: ComplaintEvent, crm_key: bytes | None) -> ComplaintEvent:
    return wire.decode_body(wire.encode(event, crm_key=crm_key)[1])


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_the_check_of_each_door_takes_the_right_record_and_no_other(door: Door) -> None:
    mine, public = (seal.read_key(key) for key in seal.generate())
    right = record_for(door)
    sealed = on_the_wire(right, public)
    assert demo_doors.wrong(door, sealed, mine) == []
    assert [str(one) for one in demo_doors.wrong(door, None)] == ["no record came"]
    record = right.complaint
    changes: dict[str, dict[str, Any]] = {
        "channel": {"channel": "twitter" if door.channel != "twitter" else "facebook"},
        "text": {"text": "Sesuatu yang lain."},
        "ticket": {"ticket": "261124-0006-x"},
        "kelurahan": {"place": Place()},
        "language": {"language": Language(code="en")},
        "files": {"attachments": (*record.attachments, Attachment(media_type="image/jpeg"))},
        "office": {"office_code": "31.72"},
        "against": {"against_office": "31.72"},
        "confidential": {"confidential": not door.confidential},
        "sender Orang Lain": {"reporter": Reporter(reference="p-1", name="Orang Lain")},
        "no sender": {"reporter": Reporter()},
        "raw event": {"raw_sha256": ()},
    }
    if door.by_photo:
        changes["found by"] = {"place": replace(record.place, method="text")}
    for number, one in enumerate(record.attachments):
        unread = (*record.attachments[:number], Attachment(media_type=one.media_type, sha256=one.sha256))
        word = "was not read" if one.media_type == "image/jpeg" else "a film of"
        changes[word] = {"attachments": (*unread, *record.attachments[number + 1 :])}
    for word, change in changes.items():
        event = on_the_wire(replace(right, complaint=replace(record, **change)), public)
        assert word in " ".join(map(str, demo_doors.wrong(door, event, mine))), word
    second = replace(sealed, event="corrected", sequence=2)
    assert "it is corrected number 2" in " ".join(map(str, demo_doors.wrong(door, second)))
    if door.confidential:
        assert "travels in the open" in " ".join(map(str, demo_doors.wrong(door, right, mine)))
        other = seal.read_key(seal.generate()[0])
        assert "does not open" in " ".join(map(str, demo_doors.wrong(door, sealed, other)))


def test_each_record_is_laid_beside_the_door_whose_words_it_holds() -> None:
    counters = tuple(door for door in DOORS if door.account == "loket")
    for door in counters:
        assert demo_doors.door_of(record_for(door), counters) == door
    event = record_for(counters[-1])
    other = replace(event, complaint=replace(event.complaint, text="Sesuatu yang lain."))
    assert demo_doors.door_of(other, counters) == counters[0], "wrong words are still told as somebody's"
    assert demo_doors.door_of(event, ()) is None


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
