"""Gammu: what its hook program reads, keeps and believes; the proof and the identity on our side."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

import adapters.sms
from adapters.base import Accepted, Ignored
from adapters.sms import gammu_hook
from adapters.sms.parse import parse
from adapters.sms.providers.gammu import Gammu, GammuSettings
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import RawEvent
from normalizer.settings import Secret

SECRET = "invented-secret-of-a-modem"
FILE = "IN20261123_113000_00_+6281200001111_00.txt"


def gammu(zone: str = "Asia/Jakarta", secret: str = SECRET) -> Gammu:
    return Gammu(GammuSettings(secret=Secret(secret)), ZoneInfo(zone), "account.g.settings")


def event(body: bytes, **headers: str) -> RawEvent:
    return RawEvent(
        account="g",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        method="POST",
        url="https://aduan.example.go.id/hooks/g",
        body=body,
        headers={"content-type": "application/json", **headers},
    )


def environment(*texts: str, number: str = "+6281200001111", **further: str) -> dict[bytes, bytes]:
    """As smsd sets it for one message of these physical parts."""
    found = {"SMS_MESSAGES": str(len(texts)), "DECODED_PARTS": "0", "PHONE_ID": "modem1", "LANG": "C.UTF-8"}
    for position, text in enumerate(texts, 1):
        found |= {
            f"SMS_{position}_NUMBER": number,
            f"SMS_{position}_TEXT": text,
            f"SMS_{position}_CLASS": "-1",
        }
        found[f"SMS_{position}_REFERENCE"] = "0"
    return {name.encode(): value.encode() for name, value in (found | further).items()}


def message(values: dict[bytes, bytes], ids: tuple[str, ...] = (FILE,), zone: str = "Asia/Jakarta") -> Any:
    """What the provider makes of what the hook would post."""
    (item,) = parse(gammu(zone), event(gammu_hook.report(values, ids)), "ID")
    return item.message if isinstance(item, Accepted) else item


def test_the_text_passes_from_the_environment_to_the_message_unharmed() -> None:
    text = "Banjir 😭 di “gang” & bau\nbaris dua, 100%? é"
    found = message(environment(text))
    assert found.text == text
    assert found.sender.reference == "+6281200001111"
    assert found.sent_at == datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def test_bytes_that_are_no_utf8_are_read_as_latin() -> None:
    assert message({**environment("x"), b"SMS_1_TEXT": b"Caf\xe9 bising"}).text == "Café bising"


def test_a_long_message_is_what_smsd_joined() -> None:
    values = environment(
        "Selokan ter", "sumbat", DECODED_PARTS="2", DECODED_1_TEXT="Selokan ", DECODED_2_TEXT="tersumbat"
    )
    assert message(values).text == "Selokan tersumbat"
    assert message(environment("Selokan ter", "sumbat")).text == "Selokan tersumbat"


def test_a_binary_message_has_no_text_and_an_empty_one_has_an_empty_text() -> None:
    values = environment("")
    assert message(values) == Ignored(reason="empty", external_id=message(values).external_id)
    del values[b"SMS_1_TEXT"]
    assert message(values) == Ignored(reason="unsupported", detail="binary SMS")


def test_the_identity_is_modem_sender_time_and_text() -> None:
    one = message(environment("Banjir")).external_id
    again = FILE.replace("_00_+", "_01_+")
    assert message(environment("Banjir"), (again,)).external_id == one, "smsd kept it a second time"
    assert message(environment("Banjir", number="081200001111")).external_id == one
    others = {
        message(environment("Banjir", PHONE_ID="modem2")).external_id,
        message(environment("Banjir", number="+6281200002222")).external_id,
        message(environment("banjir")).external_id,
        message(environment("Banjir"), (FILE.replace("113000", "113001"),)).external_id,
        message(environment("Banjir", SMS_1_TIMESTAMP="1795408200")).external_id,
    }
    assert len(others) == 5 and one not in others


def test_a_file_s_time_is_read_in_the_account_s_zone_and_a_timestamp_needs_none() -> None:
    assert message(environment("x"), zone="Asia/Jayapura").sent_at == datetime(
        2026, 11, 23, 2, 30, tzinfo=UTC
    )
    values = environment("x", SMS_1_TIMESTAMP="1795408200", SMS_1_SMSC_TIMESTAMP="")
    assert message(values, ("17",), "Asia/Jayapura").sent_at == datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("count", ["", "x", "-1", "99999999999", "2"])
def test_a_strange_number_of_parts_is_no_crash(count: str) -> None:
    values = environment("Jalan rusak", DECODED_PARTS=count)
    assert message(values).text == "Jalan rusak"


@pytest.mark.parametrize(
    "header", ["", "sha256=", "sha256=" + "0" * 64, "é", "\udc80", "x" * 5000, "sha1=" + "0" * 40]
)
def test_a_wrong_signature_is_refused_and_the_right_one_not_echoed(header: str) -> None:
    adapter, raw = gammu(), event(b'{"messages":[]}')
    genuine = adapter.prove(raw).headers["x-kanal-signature"]
    adapter.verify(adapter.prove(raw))
    with pytest.raises(Forged) as caught:
        adapter.verify(replace(raw, headers={"x-kanal-signature": header}))
    assert genuine not in str(caught.value)
    for forged in (replace(adapter.prove(raw), body=raw.body + b" "), gammu(secret="x" * 16).prove(raw)):
        with pytest.raises(Forged):
            adapter.verify(forged)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b'{"messages":[]}', b'{"messages":[1]}', b"\xff", b"[" * 60_000]
)
def test_a_body_that_the_hook_did_not_write_is_unreadable_and_never_a_crash(body: bytes) -> None:
    with pytest.raises(Unreadable):
        gammu().read(event(body))


def test_a_field_that_a_later_hook_adds_does_no_harm() -> None:
    body = {
        "messages": [{"number": "3636", "text": "x", "udh": "050003"}],
        "ran_at": "2026-11-23T04:30:00Z",
        "v": 2,
    }
    assert len(gammu().read(event(msgspec.json.encode(body)))) == 1


def test_a_short_secret_is_named_with_the_cure() -> None:
    with pytest.raises(Misconfigured) as caught:
        gammu(secret="short")
    assert caught.value.setting == "account.g.settings.secrets.secret"


# --- the hook's own side ---


def settings_file(folder: Path, **values: str) -> Path:
    table = {"url": "http://127.0.0.1:1/hooks/g", "secret": SECRET, "spool": str(folder / "spool"), **values}
    file = folder / "kanal-gammu.ini"
    file.write_text("[kanal]\n" + "".join(f"{name} = {value}\n" for name, value in table.items() if value))
    return file


def test_settings_are_read_as_they_are_written_percent_signs_too(tmp_path: Path) -> None:
    found = gammu_hook.read_settings(
        str(settings_file(tmp_path, secret="with%percent%(and)s-more", seconds="5"))
    )
    assert found.secret == "with%percent%(and)s-more"
    assert found.seconds == 5.0


@pytest.mark.parametrize(
    "values",
    [
        {"url": "aduan.example.go.id"},
        {"url": "http://h:x/"},
        {"url": ""},
        {"secret": "short"},
        {"spool": ""},
        {"seconds": "x"},
    ],
)
def test_wrong_settings_end_with_the_code_for_that(tmp_path: Path, values: dict[str, str]) -> None:
    assert gammu_hook.main(["hook", str(settings_file(tmp_path, **values))]) == gammu_hook.WRONG


def test_without_its_file_of_settings_the_hook_says_so() -> None:
    assert gammu_hook.main(["hook"]) == gammu_hook.WRONG
    assert gammu_hook.main(["hook", "/nonexistent/kanal-gammu.ini"]) == gammu_hook.WRONG


def test_what_is_kept_is_whole_in_order_and_for_nobody_else_to_read(tmp_path: Path) -> None:
    spool = tmp_path / "deep" / "spool"
    for number in range(20):
        gammu_hook.keep(spool, json.dumps({"n": number}).encode())
    files = sorted(spool.glob("*.json"))
    assert [json.loads(file.read_bytes())["n"] for file in files] == list(range(20))
    assert not list(spool.glob("*.part"))
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_hook_is_a_program_that_needs_nothing_but_python() -> None:
    hook = Path(adapters.sms.__file__).with_name("gammu_hook.py")
    assert os.access(hook, os.X_OK)
    text = hook.read_text()
    assert text.startswith("#!/usr/bin/env python3\n")
    imported = {
        line.split()[1].partition(".")[0]
        for line in text.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert not imported & {"adapters", "normalizer", "intake", "complaint_queue", "msgspec", "aiohttp"}
