"""What filing a complaint makes, and who does it: the port between the settler and the filing process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from complaint_queue.fingerprints import StoredFingerprint
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
    """A complaint that could not be made ready: the error's type, its words, and where in our code it was."""

    kind: str
    why: str
    trace: str = ""


class FilingDied(Exception):
    """The process ended, or was ended at its deadline, over one of these files."""


class NotUnderstood(Exception):
    """The bot gets no answer about this complaint: our code failed over it."""


class Filing(Protocol):
    """Makes complaints ready to be written; remembers what was filed, to find duplicates."""

    async def ready(self) -> int:
        """Wait until it can work; the number of its life. Another number than the last time: it remembers nothing.

        Raises `Unavailable` when it cannot start.
        """

    async def learn(self, page: Sequence[StoredFingerprint]) -> None:
        """Remember what the journal has. Raises `FilingDied`."""

    async def file(self, files: Sequence[ComplaintFile]) -> Sequence[Work | Failed]:
        """For each file, in their order, what to write. Raises `FilingDied`."""

    async def understand(self, file: ComplaintFile) -> Understood:
        """What the messages in the file mean to the bot. Raises `NotUnderstood`, and `Unavailable` as `ready` does."""

    async def close(self) -> None:
        """End it."""
