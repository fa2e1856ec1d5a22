"""The alarms as they stand, and the loop that has each way out know them.

Telling is a comparison, not a queue: each way has a list of what it was told, kept in the data folder, and is told
the difference. So a way that was down hears the state as it is then, an alarm is told once however often it is
raised, and a restart repeats nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from intake.alarms.ways import News, Way
from intake.logs import redact
from normalizer.errors import KanalError

#: Seconds before a way that failed is tried again; doubles up to the last.
FIRST_WAIT, LAST_WAIT = 5.0, 600.0
#: Seconds after a start in which an alarm that a way knows of may be raised again before it counts as over.
GRACE = 60.0

log = structlog.get_logger()


class Raised(Struct, frozen=True):
    """An alarm and since when."""

    words: str
    since: datetime


@dataclass
class AlarmBoard:
    """`alarm(name, words)` raises, `alarm(name, None)` ends. `told` is the file of what each way knows.

    What lasts less than `after` seconds leaves the program neither when it begins nor when it ends.
    """

    told: Path
    clock: Callable[[], datetime]
    ways: Sequence[Way] = ()
    source: str = ""
    after: float = 30.0
    current: dict[str, Raised] = field(default_factory=dict)
    _ended: dict[str, datetime] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def alarm(self, name: str, words: str | None) -> None:
        """Something that a person should know (`words`), or that it is over (None). Logged once per change."""
        known = self.current.get(name)
        if words is None:
            if known is not None:
                del self.current[name]
                self._ended[name] = self.clock()
                log.info("alarm_over", alarm=name)
                self._news.set()
        elif known is None or known.words != words:
            self.current[name] = Raised(words, self.clock() if known is None else known.since)
            if known is None:
                log.error("alarm", alarm=name, words=words)
                self._news.set()

    def words(self) -> dict[str, str]:
        """Every alarm that stands."""
        return {name: raised.words for name, raised in self.current.items()}

    async def run(self) -> None:
        """Tell every way until cancelled."""
        begun = self.clock()
        async with asyncio.TaskGroup() as group:
            for way in self.ways:
                group.create_task(self._keep_told(way, begun))
            if not self.ways:
                await asyncio.Event().wait()

    async def _keep_told(self, way: Way, begun: datetime) -> None:
        known = self._known().get(way.name, {})
        wait = FIRST_WAIT
        while True:
            try:
                for news in self._difference(known, begun):
                    await way.tell(news)
                    if news.state == "raised":
                        known[news.alarm] = news.words
                    else:
                        del known[news.alarm]
                    self._keep(way.name, known)
                wait = FIRST_WAIT
                await asyncio.sleep(min(1.0, self.after / 2))
            except (KanalError, OSError, TimeoutError) as error:
                log.warning(
                    "alarm_not_told", way=way.name, error=redact(str(error))[:300] or type(error).__name__
                )
                await asyncio.sleep(wait)
                wait = min(wait * 2, LAST_WAIT)

    def _difference(self, known: dict[str, str], begun: datetime) -> list[News]:
        now = self.clock()
        news = [
            self._news_of(name, "raised", raised.words, raised.since)
            for name, raised in self.current.items()
            if name not in known and (now - raised.since).total_seconds() >= self.after
        ]
        for name, words in known.items():
            ended = self._ended.get(name, begun)
            patience = self.after if name in self._ended else max(self.after, GRACE)
            if name not in self.current and (now - ended).total_seconds() >= patience:
                news.append(self._news_of(name, "over", words, ended))
        return news

    def _news_of(self, name: str, state: str, words: str, since: datetime) -> News:
        return News(
            alarm=name, state=state, words=redact(words), since=since, at=self.clock(), source=self.source
        )

    def _known(self) -> dict[str, dict[str, str]]:
        try:
            return msgspec.json.decode(self.told.read_bytes(), type=dict[str, dict[str, str]])
        except (OSError, msgspec.MsgspecError):
            return {}  # a list that is lost costs one repetition of what stands

    def _keep(self, way: str, known: dict[str, str]) -> None:
        beside = self.told.with_name(self.told.name + ".new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(self._known() | {way: known}))
            beside.replace(self.told)
        except OSError as error:
            # A full disk is the very moment to go on telling.
            log.warning("alarms_not_noted", error=error.strerror or str(error))
