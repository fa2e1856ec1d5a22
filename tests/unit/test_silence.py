"""An account is called silent when so long a silence would be chance once in 10,000 times; not before."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.silence import Silence

MONDAY = datetime(2026, 11, 2, 17, 0, tzinfo=UTC)  # Tuesday 00:00 in Jakarta


class Watch:
    def __init__(self, path: Path, start: datetime = MONDAY) -> None:
        self.now = start
        self.alarms: dict[str, str] = {}
        self.silence = Silence(path, ("sms", "loket"), lambda: self.now, self._alarm)
        self.silence.load()

    def _alarm(self, name: str, words: str | None) -> None:
        if words is None:
            self.alarms.pop(name, None)
        else:
            self.alarms[name] = words

    def busy_days(self, days: int, rate: float = 60.0) -> None:
        """`rate` messages an hour by day (06 to 22 o'clock in Jakarta), a twentieth of that by night."""
        chance = random.Random(1)
        end = self.now + timedelta(days=days)
        while self.now < end:
            day = 6 <= (self.now.hour + 7) % 24 < 22
            self.now += timedelta(hours=1) * chance.expovariate(rate if day else rate / 20)
            self.silence.arrived("sms")
            if chance.random() < 0.02:
                self.silence.judge()
                assert self.alarms == {}, f"a false alarm at {self.now}"


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "habits.json")


def later(watch: Watch, **span: float) -> dict[str, str]:
    watch.now += timedelta(**span)
    watch.silence.judge()
    return watch.alarms


def test_a_busy_account_that_stops_by_day_is_noticed_within_a_quarter_of_an_hour(watch: Watch) -> None:
    watch.busy_days(14)
    watch.now = watch.now.replace(hour=4)  # 11:00 in Jakarta
    watch.now += timedelta(days=1)
    watch.silence.arrived("sms")
    assert later(watch, minutes=5) == {}
    assert "sms: silent" in later(watch, minutes=10)
    watch.silence.arrived("sms")
    assert later(watch, seconds=1) == {}, "it is over with the first message"


def test_the_same_quarter_of_an_hour_at_night_is_usual(watch: Watch) -> None:
    watch.busy_days(14)
    watch.now = watch.now.replace(hour=18) + timedelta(days=1)  # 01:00 in Jakarta
    watch.silence.arrived("sms")
    assert later(watch, minutes=15) == {}
    assert "sms: silent" in later(watch, hours=5)


def test_who_never_gets_anything_is_never_silent(watch: Watch) -> None:
    watch.busy_days(3)
    assert not any(name.startswith("loket") for name in later(watch, days=30))


def test_nobody_is_judged_on_the_first_day(watch: Watch) -> None:
    watch.busy_days(0)
    for _ in range(100):
        watch.now += timedelta(seconds=10)
        watch.silence.arrived("sms")
    assert later(watch, hours=20) == {}


def test_what_was_learnt_survives_a_restart_and_the_stop_is_nobodys_silence(tmp_path: Path) -> None:
    path = tmp_path / "habits.json"
    watch = Watch(path)
    watch.busy_days(14)
    watch.silence.keep()
    again = Watch(path, watch.now.replace(hour=4) + timedelta(days=3))
    assert later(again, minutes=5) == {}
    assert "sms: silent" in later(again, minutes=10)


def test_a_torn_file_is_forgotten_and_not_fatal(tmp_path: Path) -> None:
    path = tmp_path / "habits.json"
    path.write_text('{"sms": ')
    assert later(Watch(path), hours=1) == {}
