"""Whether an account has been silent for longer than usual: a provider that stopped delivering says nothing.

What is usual is learnt: for each of the 168 hours of the week in Jakarta, how many messages an account brings, as a
mean in which an hour of eight weeks ago weighs half. The silence since the last message is then judged as if
messages came by chance at that rate: with `n` expected meanwhile, such a silence has the probability exp(-n). Below
one in 10,000 it is said. An account that rarely gets anything is therefore never called silent for a quiet night, and
one with a message a minute is after ten.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from intake.private_files import replace_file
from normalizer.identity import JAKARTA

HOURS = 7 * 24
#: Weight of the past when an hour of the week comes again: half after eight weeks.
_KEEP = 0.5 ** (1 / 8)
#: -ln(1/10,000): so many messages have to be missing.
MISSING = -math.log(1e-4)
#: Nothing shorter is called silence, whatever the rate; and nobody judges before a day was seen. Seconds.
SHORTEST = 600.0
LEARNING = timedelta(days=1)
EVERY = 60.0

log = structlog.get_logger()


class Habit(Struct, kw_only=True):
    """One account: its mean number of messages for each hour of the week, and what was counted in this one.

    A mean is -1 until its hour was seen once.
    """

    since: datetime
    hour: datetime
    counted: int = 0
    last: datetime
    means: list[float] = msgspec.field(default_factory=lambda: [-1.0] * HOURS)

    def arrived(self, moment: datetime) -> None:
        self.turn(moment)
        self.counted += 1
        self.last = max(self.last, moment)

    def turn(self, moment: datetime) -> None:
        """Close the hours that are over. After a long stop of the gateway only the one that was counted."""
        begun = _hour(moment)
        if begun <= self.hour:
            return
        mean, index = self.means[_index(self.hour)], _index(self.hour)
        self.means[index] = self.counted if mean < 0 else mean * _KEEP + self.counted * (1 - _KEEP)
        self.hour, self.counted = begun, 0

    def expected(self, until: datetime) -> float:
        """How many messages should have come since the last one."""
        seen = [mean for mean in self.means if mean >= 0]
        usual = sum(seen) / len(seen) if seen else 0.0
        total, at = 0.0, self.last
        while at < until:
            end = min(until, _hour(at) + timedelta(hours=1))
            mean = self.means[_index(at)]
            total += (usual if mean < 0 else mean) * (end - at).total_seconds() / 3600
            at = end
            if total > 10 * MISSING:
                break
        return total


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _index(moment: datetime) -> int:
    local = moment.astimezone(JAKARTA)
    return local.weekday() * 24 + local.hour


@dataclass
class Silence:
    """Counts what arrives, and tells `alarm(name, words or None)` about each account that fell silent."""

    path: Path
    accounts: Iterable[str]
    clock: Callable[[], datetime]
    alarm: Callable[[str, str | None], None]
    paused: Callable[[str], bool] = lambda account: False
    """Whether nothing is wanted from an account: then its silence says nothing."""
    habits: dict[str, Habit] = field(default_factory=dict)

    def load(self) -> None:
        """Take up what was learnt before. The time in which no gateway ran is nobody's silence."""
        now = self.clock()
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=dict[str, Habit])
        except FileNotFoundError:
            found = {}
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("silence_forgotten", error=type(error).__name__)
            found = {}
        for account in self.accounts:
            habit = found.get(account) or Habit(since=now, hour=_hour(now), last=now)
            habit.last = now
            if habit.hour != _hour(now):  # an hour that was cut off says nothing
                habit.hour, habit.counted = _hour(now), 0
            self.habits[account] = habit

    def arrived(self, account: str) -> None:
        """A message came."""
        if habit := self.habits.get(account):
            habit.arrived(self.clock())

    async def run(self) -> None:
        """Judge every minute, keep what was learnt every hour; until cancelled."""
        kept = _hour(self.clock())
        while True:
            await asyncio.sleep(EVERY)
            self.judge()
            if kept != (kept := _hour(self.clock())):
                await asyncio.to_thread(self.keep)

    def judge(self) -> None:
        """Say who is silent, and who is not any more."""
        now = self.clock()
        for account, habit in self.habits.items():
            habit.turn(now)
            if self.paused(account):
                habit.last = now
            quiet = (now - habit.last).total_seconds()
            silent = now - habit.since >= LEARNING and quiet >= SHORTEST and habit.expected(now) >= MISSING
            words = f"nothing for {_spoken(quiet)}, longer than usual: look at the provider's side"
            self.alarm(f"{account}: silent", words if silent else None)

    def keep(self) -> None:
        """Write down what was learnt; a disk that refuses costs no more than that."""
        try:
            replace_file(self.path, msgspec.json.encode(self.habits))
        except OSError as error:
            log.warning("silence_not_kept", error=error.strerror)


def _spoken(seconds: float) -> str:
    """Coarse, so that the words change seldom."""
    if seconds < 7200:
        return f"{int(seconds // 600) * 10} min"
    return f"{int(seconds // 3600)} h"
