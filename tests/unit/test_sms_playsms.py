"""playSMS: the secret, the networks, naive times, and wrong settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.base import Accepted, Letter
from adapters.sms.parse import parse
from adapters.sms.providers.base import Sms, prove_path
from adapters.sms.providers.playsms import Playsms, PlaysmsSettings
from normalizer.errors import Forged, Misconfigured
from normalizer.record import RawEvent
from normalizer.settings import Secret

SECRET = "invented-secret/with=signs é"


def playsms(zone: str = "Asia/Jakarta", **options: Any) -> Playsms:
    settings = PlaysmsSettings(**{"secret": Secret(SECRET), **options})
    return Playsms(settings, ZoneInfo(zone), "account.p.settings")


def event(query: str = "from=1", remote: str = "127.0.0.1") -> RawEvent:
    return RawEvent(
        account="p",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        method="GET",
        url=f"https://aduan.example.go.id/hooks/p?{query}",
        envelope={"remote": remote},
    )


@pytest.mark.parametrize("remote", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_by_default_only_this_machine_may_call(remote: str) -> None:
    adapter = playsms()
    adapter.verify(adapter.prove(event(remote=remote)))


@pytest.mark.parametrize("remote", ["10.0.0.1", "::ffff:10.0.0.1", "", "127.0.0.1, 10.0.0.1"])
def test_another_address_is_refused_even_with_the_secret(remote: str) -> None:
    adapter = playsms()
    with pytest.raises(Forged):
        adapter.verify(adapter.prove(event(remote=remote)))


@pytest.mark.parametrize("given", ["", "x", SECRET[:-1], SECRET + "x"])
def test_a_wrong_secret_is_refused_and_not_echoed(given: str) -> None:
    with pytest.raises(Forged) as caught:
        playsms().verify(prove_path(event(), given))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Jakarta", 4), ("Asia/Jayapura", 2), ("UTC", 11)])
def test_a_time_without_zone_is_read_in_the_account_s(zone: str, hour: int) -> None:
    (found,) = playsms(zone).read(event("time=2026-11-23+11%3A30%3A00&from=081200001111&text=x"))
    assert isinstance(found, Sms)
    assert found.sent_at == datetime(2026, 11, 23, hour, 30, tzinfo=UTC)


def test_the_same_words_at_another_time_or_from_another_sender_are_another_message() -> None:
    def identity(time: str, sender: str, text: str) -> str:
        (item,) = parse(playsms(), event(f"time={time}&from={sender}&text={text}"), "ID")
        assert isinstance(item, Accepted)
        return item.message.external_id

    one = identity("2026-11-23+11:30:00", "081200001111", "Banjir")
    assert identity("2026-11-23+11:30:00", "%2B6281200001111", "Banjir") == one
    others = {
        identity("2026-11-23+11:30:01", "081200001111", "Banjir"),
        identity("2026-11-23+11:30:00", "081200002222", "Banjir"),
        identity("2026-11-23+11:30:00", "081200001111", "banjir"),
    }
    assert len(others) == 3 and one not in others


def test_nothing_is_answered_that_playsms_could_send_to_the_citizen() -> None:
    answer = playsms().answer(())
    assert (answer.status, answer.body) == (200, b"")


def test_a_simulated_message_is_proved_and_read_back() -> None:
    adapter = playsms()
    raw = adapter.prove(
        adapter.request(
            Letter(number=3, text="Lapor: bau + asap & 100%? é"),
            "+6281200001111",
            event().url.partition("?")[0],
        )
    )
    adapter.verify(
        RawEvent(
            account="p",
            received_at=raw.received_at,
            method="GET",
            url=raw.url,
            envelope={"remote": "127.0.0.1"},
        )
    )
    (found,) = adapter.read(raw)
    assert isinstance(found, Sms)
    assert (found.text, found.sender, found.receiver) == (
        "Lapor: bau + asap & 100%? é",
        "+6281200001111",
        "1708",
    )


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"secret": Secret("short")}, "secrets.secret"),
        ({"allowed": ("10.0.0.1/8",)}, "options.allowed"),
        ({"allowed": ("playsms.example.org",)}, "options.allowed"),
    ],
)
def test_a_wrong_setting_is_named_with_the_cure(options: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        playsms(**options)
    assert caught.value.setting == f"account.p.settings.{named}"
    assert caught.value.cure
