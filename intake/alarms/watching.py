"""Looks at the gateway every few seconds and says what a person must know: a full disk, a line that grows old.

What other parts notice by themselves (the broker, a silent account, a refused token) they raise themselves.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from complaint_queue.journal import Depths, Journal
from normalizer.errors import Unavailable

EVERY = 5.0
#: Below this many bytes the disk is nearly full: it holds a flood night's mails for about an hour.
LEAST_FREE = 2 * 1024**3
LEAST_SHARE = 0.03
#: A person's decision is due within four hours; a raw event is parsed within minutes.
TRIAGE_AFTER, KEPT_AFTER = 4 * 3600.0, 300.0


def waits(depths: Depths, now: datetime) -> dict[str, str]:
    """What waits for too long, by the alarm's name."""
    found = {}
    if depths.quarantined:
        found["quarantine"] = f"{depths.quarantined} messages are in quarantine: kanal quarantine list"
    if depths.oldest_triage is not None:
        age = (now - depths.oldest_triage).total_seconds()
        if age > TRIAGE_AFTER:
            found["triage_old"] = (
                f"{depths.triage} messages wait for a decision, the oldest for {age / 3600:.0f} h: kanal triage list"
            )
    return found


def room(folder: Path) -> str:
    """Why the disk of `folder` is nearly full; empty when it is not."""
    usage = shutil.disk_usage(folder)
    if usage.free >= min(LEAST_FREE, usage.total * LEAST_SHARE):
        return ""
    return (
        f"only {usage.free / 1024**2:.0f} MiB are free where {folder} lies; make room before the doors say no"
    )


@dataclass
class Watch:
    """`run` looks until cancelled, and tells `alarm`."""

    journal: Journal
    folders: tuple[Path, ...]
    clock: Callable[[], datetime]
    alarm: Callable[[str, str | None], None]
    _names = ("quarantine", "triage_old")

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Once."""
        try:
            await self.journal.probe()
            depths = await self.journal.depths()
        except Unavailable as error:
            self.alarm("journal", f"the journal takes nothing: {error.reason}")
        else:
            self.alarm("journal", None)
            found = waits(depths, self.clock())
            for name in self._names:
                self.alarm(name, found.get(name))
        tight = [words for folder in self.folders if (words := await asyncio.to_thread(_room, folder))]
        self.alarm("disk", tight[0] if tight else None)


def _room(folder: Path) -> str:
    try:
        return room(folder)
    except OSError as error:
        return f"{folder} cannot be looked at ({error.strerror})"
