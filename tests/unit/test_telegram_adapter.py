"""What the Telegram adapter does without a network: settings, proof, odd bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Account, Ignored, Ports, Webhook
from adapters.telegram import ADAPTER
from adapters.telegram.adapter import TelegramAdapter, TelegramSettings, _offset
from adapters.telegram.parse import Us, parse_update
from adapters.telegram.update import update_id
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import RawEvent
from normalizer.settings import convert

US = Us(id=7000000001, username="KanalAduanContohBot")
NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
GOOD = {"token": "7000000001:CONTOH-bukan-token-asli", "secret": "rahasia_contoh-26"}


class HeldClock:
    def now(self) -> datetime:
        return NOW


def make(**settings: Any) -> TelegramAdapter:
    typed = convert(TelegramSettings, settings, "account.telegram.settings", lambda value: value)
    ports = Ports(inbox=None, clock=HeldClock(), new_spool=None)  # type: ignore[arg-type]
    return ADAPTER(Account(name="telegram", adapter="telegram"), typed, ports)


def message(**fields: Any) -> bytes:
    person = {"id": 5, "is_bot": False, "first_name": "Siti"}
    body = {"message_id": 1, "date": 1795408200, "from": person, "chat": {"id": 5, "type": "private"}}
    return json.dumps({"update_id": 1, "message": body | fields}).encode()


@pytest.mark.parametrize(
    ("changed", "setting"),
    [
        ({"token": "CONTOH"}, "token"),
        ({"token": "7000000001:CONTOH bukan token"}, "token"),
        ({"secret": ""}, "secret"),
        ({"secret": "ada spasi"}, "secret"),
        ({"secret": "x" * 257}, "secret"),
        ({"username": "@KanalAduanContohBot"}, "username"),
        ({"api_base_url": "ftp://127.0.0.1"}, "api_base_url"),
        ({"poll_timeout": 0}, "poll_timeout"),
        ({"mode": "push"}, "mode"),
    ],
)
def test_a_setting_that_cannot_work_is_named_without_its_value(changed: dict[str, Any], setting: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        make(**{**GOOD, **changed})
    assert caught.value.setting == f"account.telegram.settings.{setting}"
    assert (
        not changed[setting]
        or setting not in ("token", "secret")
        or changed[setting] not in str(caught.value)
    )


def test_polling_needs_no_secret_and_takes_no_webhook() -> None:
    adapter = make(token=GOOD["token"], mode="polling")
    assert isinstance(adapter, Webhook)
    empty = {"x-telegram-bot-api-secret-token": ""}
    for headers in ({}, empty):
        with pytest.raises(Forged):
            adapter.verify(RawEvent(account="telegram", received_at=NOW, headers=headers))


def test_an_offset_of_a_week_ago_is_forgotten_because_numbers_start_anew() -> None:
    stored = f"123@{int(NOW.timestamp())}"
    assert _offset(stored, NOW + timedelta(days=5)) == 123
    assert _offset(stored, NOW + timedelta(days=7)) is None
    assert _offset(None, NOW) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"update_id":"x","message":{}}',
        b'{"update_id":1,"message":null}',
        b"[" * 100_000,
        b'{"update_id":1,"message":' + b'{"a":' * 50_000,
        b'{"update_id":1,"message":{"message_id":1,"date":NaN}}',
        b"\xff\xfe{}",
        message(text="\ud800"),
        message(date=10**30, text="x"),
        message(date=-1, text="x"),
        message(text=["x"]),
        message(photo=[{"width": 1}]),
    ],
    ids=range(15),
)
def test_what_is_no_update_is_unreadable_and_nothing_worse(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_update(body, US)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parser(body: bytes) -> None:
    update_id(body)
    with pytest.raises(Unreadable):
        parse_update(body, US)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5), st.text())
def test_unknown_fields_change_nothing(value: Any, name: str) -> None:
    plain = parse_update(message(text="Jalan rusak"), US)
    assert parse_update(message(**{"text": "Jalan rusak", f"x_{name}": value}), US) == plain


def test_without_our_name_every_mention_in_a_group_counts() -> None:
    group = {"id": -100, "type": "group", "title": "Warga"}
    body = message(
        chat=group, text="@siapa jalan rusak", entities=[{"type": "mention", "offset": 0, "length": 6}]
    )
    assert isinstance(parse_update(body, US), Ignored)
    assert not isinstance(parse_update(body, Us(id=US.id)), Ignored)


def test_update_id_is_read_even_when_the_rest_is_not() -> None:
    assert update_id(b'{"update_id":77,"message":{"message_id":"?"}}') == 77
    assert update_id(b'{"update_id":"77"}') is None
