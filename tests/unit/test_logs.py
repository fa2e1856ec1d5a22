"""No log line holds a person's data or a credential."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from intake.logs import redact

ROOT = Path(__file__).resolve().parent.parent.parent
SECRETS = (
    "3171012304800001",
    "081200001708",
    "+62 812-0000-1708",
    "+6281200001708",
    "siti.contoh@example.org",
    "7000000001:CONTOH-bukan-token-asli",
    "hunter2-uji",
)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("NIK 3171012304800001 dari warga", "NIK [NIK] dari warga"),
        ("telepon 0812-0000-1708.", "telepon [phone]."),
        ("from=+6281200001708 to=1708", "from=[phone] to=1708"),
        ("surat dari siti@example.org", "surat dari [e-mail]"),
        ("amqp://kanal:hunter2-uji@broker:5672/", "amqp://***@broker:5672/"),
        ("/bot7000000001:CONTOH-bukan-token-asli/getMe", "/bot[token]/getMe"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer [token]"),
        ("GET /hooks/sms-1708/hunter2-uji?id=1", "GET /hooks/sms-1708/[token]?id=1"),
        ("/hooks/x?secret=hunter2-uji&id=4", "/hooks/x?secret=[token]&id=4"),
    ],
)
def test_personal_data_and_credentials_are_replaced(text: str, hidden: str) -> None:
    assert redact(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "tiket 261123-0042-7",
        "127.0.0.1:2525",
        "2026-11-23T22:20:10.435512Z",
        "0SAR5PJF40000",
        "31.71.04.1002",
        "a" * 64,
        "/hooks/sms-1708",
    ],
)
def test_what_operators_search_for_stays(text: str) -> None:
    assert redact(text) == text


def test_every_way_into_the_log_is_redacted() -> None:
    script = f"""
import logging, structlog
from intake import logs
logs.configure({{"KANAL_LOG": "json"}})
secrets = {SECRETS!r}
structlog.get_logger().warning("sent " + secrets[0], to=secrets[1], more={{"deep": [secrets[2], secrets[4]]}})
logging.getLogger("aiohttp").warning("from a library: %s", secrets[3])
try:
    raise ValueError("amqp://kanal:" + secrets[6] + "@broker/ and " + secrets[5])
except ValueError:
    structlog.get_logger().exception("failed", what=ValueError(secrets[4]))
"""
    told = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in told.stderr.splitlines()]
    assert len(lines) == 3
    assert "ValueError" in lines[2]["exception"]
    for secret in SECRETS:
        assert secret not in told.stderr


def test_a_request_that_is_no_http_is_named_and_not_shown() -> None:
    script = """
import logging
from aiohttp.http_exceptions import LineTooLong
from intake import logs
logs.configure({"KANAL_LOG": "json"})
try:
    raise LineTooLong(b"/hooks/sms/?text=Rumah+saya", 8190)
except LineTooLong as error:
    logging.getLogger("aiohttp.server").exception("Error handling request from 127.0.0.1", exc_info=error)
"""
    told = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'queue'}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (line,) = [json.loads(line) for line in told.stderr.splitlines()]
    assert (line["event"], line["level"], line["why"]) == ("request_unreadable", "warning", "LineTooLong")
    assert "Rumah" not in told.stderr
