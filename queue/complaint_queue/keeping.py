"""What a journal offers for its own care: pruning in small steps, pages for a whole check, a return from a backup.

Pages are in the order of the ids; ask for what comes after the last one seen. One page is one short question, so a
check of millions of rows never holds anybody up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from normalizer.record import Message, RawEvent
from normalizer.sentence import Sentence

from .journal import ComplaintState

#: Raw events by what became of them: a message was `read` from it, it was `ignored`, or an operator has decided about
#: it in quarantine (`ended`). What waits for anybody is of no kind, and is never pruned.
RawKind = Literal["read", "ignored", "ended"]


class Pruning(Struct, frozen=True, kw_only=True):
    """One step: how many raw events went, which one was looked at last, and whether there may be more."""

    gone: int
    through: int
    more: bool


class WalkedRaw(Struct, frozen=True, kw_only=True):
    """A raw event; None where it does not open, and `damage` says so."""

    raw_id: int
    account: str
    raw: RawEvent | None
    damage: Sentence | None = None


class WalkedMessage(Struct, frozen=True, kw_only=True):
    """A message beside the raw event that it was read from (`raw` is None when that is not there or not opened)."""

    message_id: int
    complaint_id: int
    raw_id: int
    event_sequence: int | None
    message: Message | None
    raw_sha256: str
    raw: RawEvent | None
    raw_is_there: bool
    complaint_is_there: bool
    is_linked: bool
    """Whether its complaint knows it: it opened it, or stands among those that joined."""
    damage: Sentence | None = None


class WalkedEvent(Struct, frozen=True, kw_only=True):
    """An event of the outbox's past and present. `left_out`: one of its complaint's was discarded in quarantine."""

    position: int
    complaint_id: int
    ticket: str
    sequence: int
    revision: int
    body: bytes
    waits: bool
    confirmed: bool
    overtook: bool
    """Whether an earlier one of its complaint still waits."""
    left_out: bool
    damage: Sentence | None = None


class WalkedComplaint(Struct, frozen=True, kw_only=True):
    """A complaint and what its events add up to: how many sequence numbers there are, the first and the last."""

    complaint_id: int
    ticket: str
    state: ComplaintState
    last_sequence: int
    sequences: int
    first: int
    last: int
    opened_by_message: bool
    damage: Sentence | None = None


class WalkedFacts(Struct, frozen=True, kw_only=True):
    """What was read of a file's content: the pictures that were made of it, by their SHA-256."""

    name: bytes
    files: tuple[str, ...]
    damage: Sentence | None = None


class WalkedClaims(Struct, frozen=True, kw_only=True):
    """A page of claims: how many they are, how many of them lead nowhere, and where the next page begins (None: it was
    the last)."""

    seen: int
    broken: int
    following: bytes | None


class Restored(Struct, frozen=True, kw_only=True):
    """The journal's last return from a backup. What was published between backup and return is not known here, so
    events about what came since bear `epoch` as their revision: no id means two things. `epoch` 0: it never was."""

    epoch: int = 0
    first_id: int = 0


NEVER = Restored()


class Keeping(Protocol):
    """The part of a journal that looks after what it holds."""

    async def prune(self, before: Mapping[RawKind, datetime], after: int, limit: int) -> Pruning:
        """Of the next `limit` raw events past the id `after`, remove those that are older than their kind may be and
        that nobody waits for. Claims, messages and events stay: a retry still finds what it finds."""

    async def pruned_through(self) -> int:
        """Raw events with ids up to this may be gone on purpose; 0: none."""

    async def raws_after(self, after: int, limit: int) -> tuple[WalkedRaw, ...]: ...
    async def messages_after(self, after: int, limit: int) -> tuple[WalkedMessage, ...]: ...
    async def ledger_after(self, after: int, limit: int) -> tuple[WalkedEvent, ...]: ...
    async def complaints_after(self, after: int, limit: int) -> tuple[WalkedComplaint, ...]: ...
    async def facts_after(self, after: bytes, limit: int) -> tuple[WalkedFacts, ...]: ...
    async def claims_from(self, begin: bytes, limit: int) -> WalkedClaims: ...

    async def orphans(self) -> dict[str, int]:
        """Rows that point to nothing, by table; empty when there are none."""

    async def sizes(self) -> dict[str, int]:
        """How many raws, messages, events, complaints, claims and facts there are."""

    async def restored(self) -> Restored: ...

    async def note_restored(self, taken_at: datetime) -> Restored:
        """The journal was put back from a backup that was taken at `taken_at`: from now on ids of events and tickets
        are such as cannot have been given in between."""
