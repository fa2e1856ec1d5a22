"""What filing a complaint makes, and who does it: the port between the settler, the bot and the filing process."""

from __future__ import annotations

import traceback
from typing import Literal, Protocol

from msgspec import Struct

from complaint_queue.journal import ComplaintFile, NewEvent
from intake.conversation.dialogue import Understood
from normalizer.record import Complaint


class Work(Struct, frozen=True, kw_only=True, tag="work"):
    """What settling one complaint writes. Each event has the ids of the messages that it speaks of.

    `fingerprint` is what is remembered of the complaint; None: as before.
    """

    record: Complaint | None = None
    events: tuple[tuple[NewEvent, tuple[int, ...]], ...] = ()
    state: Literal["filed", "set_aside", "triage"] = "filed"
    fingerprint: bytes | None = None

    def opens(self, file: ComplaintFile) -> bool:
        """Whether the CRM hears of this complaint for the first time."""
        return file.last_sequence == 0 and any(event.kind == "created" for event, _ in self.events)


class Failed(Struct, frozen=True, kw_only=True, tag="failed"):
    """Our code failed over a complaint: the error's type, its words, and where in our code it was."""

    kind: str
    why: str
    trace: str = ""


class Offered(Struct, frozen=True, kw_only=True, tag="offered"):
    """Codes of categories that some words may belong to, the likeliest first."""

    codes: tuple[str, ...]


def failed_by(error: Exception) -> Failed:
    """What an error says of itself."""
    trace = "".join(traceback.format_exception(error))
    return Failed(kind=type(error).__name__, why=str(error), trace=trace)


class NotUnderstood(Exception):
    """The bot gets no answer about this complaint: our code failed over it."""


class Filing(Protocol):
    """Makes complaints ready to be written, and says what they mean to the bot.

    Many may ask at one time. Everything raises `Unavailable` when there is no filing for now.
    """

    async def ready(self) -> None:
        """Wait until it can work."""

    async def file(self, file: ComplaintFile) -> Work | Failed:
        """What to write for this complaint. What was filed is remembered, to find duplicates."""

    async def understand(self, file: ComplaintFile) -> Understood:
        """What the messages in the file mean to the bot. Raises `NotUnderstood`."""

    async def offer(self, text: str) -> tuple[str, ...]:
        """Up to three codes of categories for words that somebody is still typing; none where our code failed."""

    async def close(self) -> None:
        """End it."""
