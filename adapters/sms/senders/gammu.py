"""Gammu's smsd: a file in its outbox (docs.gammu.org, "Files backend"), which smsd cuts into segments itself.

The file's name is the id: smsd's RunOnSent and RunOnFailure name it, and `gammu_hook.py` passes that on.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from adapters.sms.phone import e164
from adapters.sms.providers.gammu import GammuSettings
from adapters.sms.senders.base import Note, Sender
from normalizer.errors import ProviderRefused, ProviderUnavailable


class GammuSender(Sender[GammuSettings]):
    """Writes; there is nobody to refuse a credential."""

    credential: ClassVar[str] = "the access to smsd's outbox"

    def missing(self) -> str:
        return "" if self.settings.outbox else "options.outbox"

    async def send(self, note: Note) -> str:
        if e164(note.to, "ID") is None:
            raise ProviderRefused("no number that a modem could call")
        await self.line.turn()
        try:
            return await asyncio.to_thread(queue, Path(self.settings.outbox), note)
        except OSError as error:
            raise ProviderUnavailable(f"smsd's outbox cannot be written: {error.strerror}") from None


def queue(outbox: Path, note: Note) -> str:
    """`note` in the outbox, whole and synced before smsd can see it; the file's name. Raises `OSError`.

    A second attempt finds the file of the first, as long as smsd has not sent it.
    """
    for waiting in outbox.glob(f"OUTC*_{note.reference}.txtd"):
        return waiting.name
    at = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
    name = f"OUTC{at}_00_{note.to}_{note.reference}.txtd"  # d: a delivery report is asked for
    unfinished = outbox / f".{note.reference}.part"
    with unfinished.open("wb") as file:
        # UTF-16 with its mark: smsd then needs no locale, and chooses GSM or UCS-2 by what the text holds.
        file.write(note.text.encode("utf-16", "replace"))
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(outbox / name)
    folder = os.open(outbox, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return name


SENDER = GammuSender
