"""The journal's part for the way out: what citizens are to be told, how far the CRM has come, what was delivered.

A reply's life here:

    settle, note_status, admit --> waiting --begin_reply--> sending --reply_sent--> sent, delivered, read
                                    ^                         |---reply_later--> waiting
                                    |                         '---reply_ended--> refused, dropped
                                    '--- after a crash: once more, counted as unsure; then `unknown`

`begin_reply` is synced before the provider is asked, so that a crash between asking and noting is seen afterwards.
What waits for one person leaves in order: the next one is due only when those before it have ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from normalizer.record import Base, Choice, EventKind, Message, Moment

#: Why something is said. `dialogue` answers what a person has just written and is never held back or limited.
Purpose = Literal["acknowledgement", "status", "rating", "dialogue"]
ReplyState = Literal["waiting", "sending", "sent", "refused", "unknown", "dropped"]
DeliveryState = Literal["queued", "sent", "delivered", "read", "failed"]
Outcome = Literal["noted", "duplicate", "moved"]
REPLY_STATES: tuple[ReplyState, ...] = ("waiting", "sending", "sent", "refused", "unknown", "dropped")


class Said(Base, frozen=True, kw_only=True):
    """What a person is told, and where. `stage` is set when it speaks of a status of the CRM; `trouble` says
    why it could not be said."""

    reply_to: dict[str, str]
    text: str
    subject: str = ""
    ticket: str = ""
    private: bool = True
    stage: str = ""
    choices: tuple[Choice, ...] = ()
    trouble: str = ""


class NewReply(Struct, frozen=True, kw_only=True):
    """Something to say. `person` is the 16-byte key of whom it is said to; `after` holds it back until then.

    `complaint_id` is 0 when it belongs to none. `mark` is 16 bytes that stand for the words that are answered: who
    is told the same about the same words again and again may be a program.
    """

    person: bytes
    account: str
    purpose: Purpose
    said: Said
    complaint_id: int = 0
    after: datetime | None = None
    mark: bytes | None = None


class WaitingReply(Struct, frozen=True, kw_only=True):
    """A reply whose turn it is. `tries` counts the attempts that were begun; `unsure`: an earlier one's outcome is
    unknown, so this may be a repetition."""

    reply_id: int
    person: bytes
    account: str
    complaint_id: int
    purpose: Purpose
    said: Said
    tries: int
    unsure: bool
    made_at: datetime
    due_at: datetime


class ReplyEntry(Struct, frozen=True, kw_only=True):
    """A reply as the console and `kanal explain` show it. `delivery` is the provider's last word, or empty."""

    reply_id: int
    purpose: Purpose
    state: ReplyState
    made_at: datetime
    ended_at: datetime | None
    tries: int
    unsure: int
    delivery: str
    said: Said


class Step(Base, frozen=True, kw_only=True):
    """One status as the citizen may see it. `stage` is empty for a word that is no stage of ours."""

    stage: str
    word: str
    at: Moment
    agency: str = ""
    note: str = ""


class Progress(Base, frozen=True, kw_only=True):
    """How far a complaint has come: `stage` and its `rank`, the CRM's own number, and the steps until here."""

    stage: str = ""
    rank: int = 0
    crm_number: str = ""
    steps: tuple[Step, ...] = ()


class ProviderWord(Struct, frozen=True, kw_only=True):
    """What a provider says of a message of ours; `name` is 16 bytes of account and its id."""

    name: bytes
    state: DeliveryState


class Person(Struct, frozen=True, kw_only=True):
    """Where the dialogue with one person stands. `state` is the bot's own; `version` is 0 for somebody new."""

    version: int = 0
    state: bytes = b""
    stopped: bool = False


class Move(Struct, frozen=True, kw_only=True):
    """A message that belongs to another complaint than the one that it opened or joined."""

    message_id: int
    to: int
    message: Message


class Conversed(Struct, frozen=True, kw_only=True):
    """What a turn of the dialogue does, in one transaction.

    `complaint_id` is the open complaint that the words came in with, at `version`. `outcome`: `wait` keeps it open
    until `until`, `close` has it filed as it is, `aside` lays it aside: its words were a command, or have moved.
    `group` is the key under which the person's next words would join it: forgotten, unless it waits.
    """

    complaint_id: int
    version: int
    person: bytes
    before: Person
    now: Person
    outcome: Literal["wait", "close", "aside"]
    until: datetime | None = None
    group: bytes | None = None
    moves: tuple[Move, ...] = ()
    replies: tuple[NewReply, ...] = ()


class WayOut(Protocol):
    """What `journal.Journal` promises for the way out; everything that changes something is synced on return."""

    async def note_status(
        self, name: bytes, complaint_id: int, before: Progress, now: Progress, replies: Sequence[NewReply]
    ) -> Outcome:
        """Take one status message of the CRM with all that it says to the citizen: one transaction.

        `name` is 16 bytes of its id. `moved`: the progress is no longer `before`, and nothing was written.
        """

    async def progress(self, complaint_id: int) -> Progress:
        """An empty one while the CRM has said nothing."""

    async def replies_due(
        self, now: datetime, limit: int = 50, without: Sequence[str] = ()
    ) -> tuple[WaitingReply, ...]:
        """What may be said now, the earliest first, at most one to each person, `without` those accounts."""

    async def next_reply(self, without: Sequence[str] = ()) -> datetime | None:
        """When the next waiting reply is due, `without` those accounts; None when nothing waits.

        What waits behind another one is not counted: that one's end, or its own time, comes first.
        """

    async def begin_reply(self, reply_id: int) -> bool:
        """Count one more attempt, before the provider is asked. False when it does not wait any more."""

    async def reply_sent(self, reply_id: int, name: bytes | None, at: datetime) -> None:
        """The provider took it, under the id whose 16 bytes are `name` (None: it named none)."""

    async def reply_later(self, reply_id: int, at: datetime, *, unsure: bool = False) -> None:
        """The attempt failed and may be made again at `at`; `unsure` when it may have arrived all the same."""

    async def reply_ended(
        self, reply_id: int, state: Literal["refused", "unknown", "dropped"], reason: str
    ) -> None: ...

    async def recover_replies(self) -> tuple[int, int]:
        """At a start: what was being sent waits again, once; the second time it ends as `unknown`. (again, ended)"""

    async def replies_of(self, complaint_id: int) -> tuple[ReplyEntry, ...]: ...

    async def person(self, person: bytes) -> Person:
        """The dialogue with this person; an empty one for somebody new."""

    async def converse(self, turn: Conversed) -> bool:
        """Write a turn of a dialogue. False, and nothing is written, when words or another turn came between."""

    async def kinds(self, complaint_id: int) -> tuple[EventKind, ...]:
        """The events of a complaint, in order."""

    async def told(self, person: bytes, purpose: Purpose, since: datetime, mark: bytes | None = None) -> int:
        """How many replies of this purpose (and, with `mark`, about these words) this person got since then."""
