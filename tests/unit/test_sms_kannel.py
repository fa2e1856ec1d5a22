"""Kannel: the secret, the networks, and wrong settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.sms.providers.base import Sms, prove_path
from adapters.sms.providers.kannel import Kannel, KannelSettings
from normalizer.errors import Forged, Misconfigured
from normalizer.record import RawEvent
from normalizer.settings import Secret

SECRET = "invented-secret/with=signs é"


def kannel(**options: Any) -> Kannel:
    settings = KannelSettings(**{"secret": Secret(SECRET), **options})
    return Kannel(settings, ZoneInfo("Asia/Jakarta"), "account.k.settings")


def event(query: str = "id=1", remote: str = "127.0.0.1") -> RawEvent:
    return RawEvent(
        account="k",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        method="GET",
        url=f"https://aduan.example.go.id/hooks/k?{query}",
        envelope={"remote": remote},
    )


@pytest.mark.parametrize("remote", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_by_default_only_this_machine_may_call(remote: str) -> None:
    adapter = kannel()
    adapter.verify(adapter.prove(event(remote=remote)))


@pytest.mark.parametrize(
    "remote", ["10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "", "unknown", "127.0.0.1, 10.0.0.1"]
)
def test_another_address_is_refused_even_with_the_secret(remote: str) -> None:
    adapter = kannel()
    with pytest.raises(Forged):
        adapter.verify(adapter.prove(event(remote=remote)))


@pytest.mark.parametrize("given", ["", "x", SECRET[:-1], SECRET + "x", "\udcff"])
def test_a_wrong_secret_is_refused_and_not_echoed(given: str) -> None:
    raw = event() if given == "\udcff" else prove_path(event(), given)
    with pytest.raises(Forged) as caught:
        kannel().verify(raw)
    assert SECRET not in str(caught.value)


def test_the_secret_in_the_query_is_no_secret_in_the_path() -> None:
    with pytest.raises(Forged):
        kannel().verify(event(query=f"id=1/{SECRET}"))


def test_an_emoji_cut_between_two_parts_costs_the_emoji_and_not_the_message() -> None:
    halves = ["%00A%D8%3D", "%DE%2D%00B"]
    texts = []
    for number, half in enumerate(halves, 1):
        udh = f"%05%00%03%4C%02%0{number}"
        found = kannel().read(event(f"id={number}&from=081200001111&text={half}&charset=UTF-16BE&udh={udh}"))[
            0
        ]
        assert isinstance(found, Sms)
        assert found.part is not None
        texts.append(found.text)
    assert "".join(texts).encode() == "A\ufffd\ufffdB".encode()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"secret": Secret("short")}, "secrets.secret"),
        ({"allowed": ("10.0.0.1/8",)}, "options.allowed"),
        ({"allowed": ("kannel.example.org",)}, "options.allowed"),
        ({"time_zone": "Jakarta"}, "options.time_zone"),
    ],
)
def test_a_wrong_setting_is_named_with_the_cure(options: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        kannel(**options)
    assert caught.value.setting == f"account.k.settings.{named}"
    assert caught.value.cure
