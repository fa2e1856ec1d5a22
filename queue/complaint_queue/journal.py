"""The journal: what the gateway remembers, and the one place where a message is claimed.

This is the port. `journal_sqlite.py` and `journal_postgres.py` fulfil it; one conformance suite
(tests/contract/test_journal_*.py) holds for all. Every method that changes something returns only when the change
is synced to disk. Callers that wait at the same moment share one sync.

A message's life here:

    raw event --admit--> message --(opens or joins)--> complaint --settle--> events --published--> confirmed
        \\--keep--> kept raw event --admit(raw_id)--> ...
        \\--quarantine (authentic, unreadable; whole)

`admit` opens a complaint or joins one, in the same transaction as the claim. A complaint with messages that no
event speaks of yet has a *task* with a due time; `due` finds it, `settle` writes the events and ends the task, if
nothing has joined meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from normalizer.ports import MediaFacts
from normalizer.record import Attachment, EventKind, Message, RawEvent

from .fingerprints import Remembers
from .way_out import NewReply, ProviderWord, WayOut

#: Messages of one complaint that is being told: whoever writes more without waiting opens another one.
LONGEST_TALE = 20
#: `triage`: it waits for a person to decide whether it becomes a case; nothing was published.
#: What is done with a file next: it is fetched from its provider, or read where it is stored.
MediaStep = Literal["fetch", "read"]
ComplaintState = Literal["open", "filed", "set_aside", "triage"]


class Admit(Struct, frozen=True, kw_only=True):
    """One message to be claimed.

    `claim`, `sender`, `group` and `follows` are 16-byte keys (`normalizer.identity`). `ticket_day` is the ISO date
    in Jakarta from which a new ticket takes its number. `quiet` is how many seconds a new complaint stays open
    for more (0: due at once); with `group`, `parts` closes it early and each part prolongs it by `quiet`.

    What it `follows` may also be something that we said (`WayOut.reply_sent`). In a `dialogue` that decides before
    the group does, which is only where new words go, and every new word makes the complaint due at once.

    `handle` is set when `claim` names a version of something that others refer to without it (two different
    mails may bear one Message-ID): it is claimed beside `claim` if it is still free, so that `follows` finds the
    message; if another message holds it, this one is stored with the flag `duplicate_message_id`.

    `stands_in` is for an edit: the names under which it is found by what it is an edit of, and by other edits of that,
    when they come later. They are claimed when the edit opens a complaint.

    `ticket` is one that was reserved (`Journal.reserve`): the new complaint bears it, unless another one does already
    or it was never given; then it gets the next.
    """

    message: Message
    claim: bytes
    sender: bytes
    channel: str
    ticket_day: str
    group: bytes | None = None
    parts: int | None = None
    quiet: float = 0.0
    follows: tuple[bytes, ...] = ()
    office_code: str = ""
    handle: bytes | None = None
    dialogue: bool = False
    stands_in: tuple[bytes, ...] = ()
    ticket: str = ""


class Held(Struct, frozen=True, kw_only=True):
    """Something authentic that was not understood. `item` is its index in the raw event, -1 for the whole.

    With a `claim` (16 bytes) it is held once: a provider that repeats the same bytes makes no second entry.
    """

    reason: str
    item: int = -1
    external_id: str = ""
    claim: bytes | None = None


class Admission(Struct, frozen=True, kw_only=True):
    """One raw event with all that was found in it: one transaction.

    `raw_id` is set when the raw event was kept before (its kept state ends now). A raw event in which nothing is
    new (every message already claimed, nothing held) is not stored again.
    """

    raw: RawEvent
    messages: tuple[Admit, ...] = ()
    held: tuple[Held, ...] = ()
    cursor: tuple[str, str] | None = None
    raw_id: int | None = None
    words: tuple[ProviderWord, ...] = ()


class Admitted(Struct, frozen=True, kw_only=True):
    """What became of one `Admit`. A duplicate gets the answer of the first time."""

    complaint_id: int
    message_id: int
    ticket: str
    how: Literal["opened", "joined", "followed", "duplicate"]


class Kept(Struct, frozen=True, kw_only=True):
    """A raw event that waits to be parsed. `tries` counts the attempts that were begun."""

    raw_id: int
    tries: int


class StoredMessage(Struct, frozen=True, kw_only=True):
    """A claimed message with where it came from. `event_sequence` is None while no event speaks of it; `sender` is
    the 16-byte key of whoever wrote it."""

    message_id: int
    message: Message
    received_at: datetime
    raw_sha256: str
    third_party: bool
    event_sequence: int | None
    sender: bytes = b""


class ComplaintFile(Struct, frozen=True, kw_only=True):
    """Everything about one complaint. `messages` are in the order of arrival; `version` guards `settle`."""

    complaint_id: int
    ticket: str
    account: str
    channel: str
    office_code: str
    opened_at: datetime
    state: ComplaintState
    last_sequence: int
    version: int
    messages: tuple[StoredMessage, ...]
    media_pending: int
    record: bytes
    """The complaint's record after its last event (`Complaint` as msgpack), empty before the first."""
    against_office: str = ""
    """The office that it is about, from which it is hidden; empty: about none."""
    media: Mapping[str, MediaFacts] = {}
    """What was read from its files, by the SHA-256 of their content."""


class NewEvent(Struct, frozen=True, kw_only=True):
    """An event ready for the wire; its sequence is checked against the complaint's by the journal."""

    kind: EventKind
    sequence: int
    revision: int
    occurred_at: datetime
    routing_key: str
    body: bytes


class OutboxEvent(Struct, frozen=True, kw_only=True):
    """An event on its way to the broker; `position` orders the outbox."""

    position: int
    complaint_id: int
    ticket: str
    kind: EventKind
    sequence: int
    revision: int
    occurred_at: datetime
    routing_key: str
    body: bytes


class MediaJob(Struct, frozen=True, kw_only=True):
    """A file that is still at the provider, or that is stored and not read yet. `index` is its place in the message's
    attachments."""

    job_id: int
    account: str
    message_id: int
    index: int
    attachment: Attachment
    tries: int


class QuarantineEntry(Struct, frozen=True, kw_only=True):
    """What waits for an operator. `stage`: `parse`, `settle`, `publish`. `state`: `held`, `replayed`, `discarded`,
    `edited` (a corrected copy was admitted in its place; see `editing`)."""

    entry_id: int
    account: str
    stage: str
    reason: str
    item: int
    external_id: str
    state: str
    since: datetime
    raw_id: int | None
    complaint_id: int | None


class Depths(Struct, frozen=True, kw_only=True):
    """How much waits where; for health, metrics and the console."""

    kept: int
    open_complaints: int
    tasks: int
    unpublished: int
    oldest_unpublished: datetime | None
    media_pending: int
    quarantined: int
    triage: int = 0
    oldest_triage: datetime | None = None


class Journal(WayOut, Remembers, Protocol):
    """See the module. All times are in UTC; `Unavailable` and `StorageFull` say that nothing was written."""

    healed: list[str]
    """What was damaged and has been put right when it was opened."""

    async def open(self) -> None:
        """Create or migrate, recover, start the writer. Raises `Misconfigured` with the cure, or `Damaged`."""

    async def close(self) -> None:
        """Finish what waits, checkpoint, release."""

    # the way in
    async def admit(self, admission: Admission) -> tuple[Admitted, ...]: ...
    async def reserve(self, ticket_day: str, count: int) -> tuple[str, ...]:
        """The next `count` tickets of a day (ISO, in Jakarta): nobody else gets them. One that is never used is only
        a gap in the day's count."""

    async def keep(self, raw: RawEvent, cursor: tuple[str, str] | None = None) -> int: ...
    async def kept(self, limit: int = 100) -> tuple[Kept, ...]:
        """Raw events that wait to be parsed, oldest first, also those whose parsing was cut short by a crash."""

    async def begin(self, raw_id: int) -> RawEvent:
        """Count one more try (durable before the parser runs, so that a crash counts too) and load the bytes."""

    async def finish_kept(self, raw_id: int, fate: str, held: Held | None = None) -> None:
        """End a kept raw event that gave no message: `fate` is `ignored:<reason>` or `quarantined`."""

    async def raw(self, raw_id: int) -> RawEvent: ...
    async def cursor(self, account: str, name: str) -> str | None: ...

    # complaints
    async def due(self, now: datetime, limit: int = 100) -> tuple[int, ...]:
        """Complaints whose task is due, the earliest first."""

    async def next_due(self) -> datetime | None: ...
    async def prolong(self, until: datetime) -> None:
        """No open group may close before `until`: after a start, silence counts only from then."""

    async def postpone(self, complaint_id: int, until: datetime) -> None: ...
    async def complaint(self, complaint_id: int) -> ComplaintFile | None: ...
    async def complaint_by_ticket(self, ticket: str) -> ComplaintFile | None: ...
    async def settle(
        self,
        complaint_id: int,
        version: int,
        events: Sequence[tuple[NewEvent, tuple[int, ...]]],
        record: bytes,
        state: Literal["filed", "set_aside", "triage"],
        replies: Sequence[NewReply] = (),
        group: bytes | None = None,
        fingerprint: bytes | None = None,
    ) -> bool:
        """Write `events`, each with the ids of the messages it speaks of, and `replies`, and end the task.

        `group` is a dialogue's: what its person writes from now on no longer joins this complaint. `fingerprint` is
        what is remembered of it from now on (empty: nothing any more; None: as before).

        False, and nothing is written, when `version` is no longer the complaint's: something joined meanwhile.
        """

    async def triage(self, limit: int = 1000) -> tuple[int, ...]:
        """Complaints that wait for a person's decision, the oldest first."""

    async def decide(self, complaint_id: int, verdict: Literal["file", "set_aside"]) -> None:
        """End the waiting of a complaint in triage. `file` opens it again with a task that is due at once; its
        record, which is no longer empty, says that it was looked at. LookupError when it does not wait."""

    async def filed(
        self, account: str, since: datetime, until: datetime, limit: int = 100
    ) -> tuple[ComplaintFile, ...]:
        """Filed complaints of one account that were opened in this span, the newest first."""

    # the outbox
    async def unpublished(self, limit: int, after: int = 0) -> tuple[OutboxEvent, ...]:
        """Events past `after` that are not confirmed and whose complaint has none in quarantine, in order."""

    async def mark_published(self, positions: Sequence[int], at: datetime) -> None: ...
    async def event(self, complaint_id: int, sequence: int) -> tuple[OutboxEvent, bool] | None:
        """One event, and whether the broker has confirmed it."""

    # files: fetched from a provider's address, then read. A complaint waits for both.
    async def media_due(
        self, now: datetime, limit: int = 20, step: MediaStep = "fetch"
    ) -> tuple[MediaJob, ...]: ...
    async def media_done(self, job_id: int, attachment: Attachment) -> None:
        """Store the attachment's final form (stored or unavailable). One that can be read (`normalizer.media.is_read`)
        is now to be read; else its complaint has a task, due at once, unless others of its files are still pending
        and no event speaks of it yet."""

    async def media_read(self, job_id: int, sha256: str, facts: MediaFacts) -> None:
        """Keep what was read of the content and end the job; its complaint goes on as after `media_done`."""

    async def media_facts(self, sha256: str) -> MediaFacts | None:
        """What was read of a content before, from whomever it came."""

    async def media_retry(self, job_id: int, at: datetime) -> None:
        """Fetching or reading failed: count it, and try again at `at`."""

    # quarantine
    async def quarantine(
        self, stage: str, reason: str, *, raw_id: int | None = None, complaint_id: int | None = None
    ) -> int: ...
    async def quarantined(self, state: str = "held", limit: int = 1000) -> tuple[QuarantineEntry, ...]: ...
    async def quarantine_entry(self, entry_id: int) -> QuarantineEntry | None: ...
    async def release(self, entry_id: int, state: Literal["replayed", "discarded"]) -> None:
        """End an entry. `replayed` gives its raw event back to `kept` with no tries, or its complaint a new task."""

    # watching
    async def probe(self) -> None:
        """Prove that the journal takes a synced write; raises `Unavailable` when it does not."""

    async def depths(self) -> Depths: ...
    async def recent(
        self, office_code: str | None = None, limit: int = 100, *, hidden_from: str = ""
    ) -> tuple[tuple[str, datetime, str], ...]:
        """The newest complaints: ticket, opened_at, channel; of one office when it is named.

        An office's own list never has what is about that office; `hidden_from` names one from which this holds in
        the list of all."""

    async def about(self, offices: Sequence[str], limit: int = 100) -> tuple[tuple[str, datetime, str], ...]:
        """The newest complaints against these offices: ticket, opened_at, the office that it is about."""
