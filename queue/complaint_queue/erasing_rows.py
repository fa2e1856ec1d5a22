"""How an erasure is written, for both journals: a generator of statements (`$1` is SQLite's `?1`), sent their rows.

It runs inside the writer's transaction, so that nothing comes between the look at what waits and the writing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, TypeVar

import msgspec

from normalizer.errors import Damaged, Unreadable
from normalizer.identity import encode_id
from normalizer.ports import MediaFacts
from normalizer.record import Attachment, Complaint, ComplaintEvent, Message, RawEvent

from . import blank, wire
from .claiming import Hand
from .erasing import Erasure, Unfinished, Waits
from .media_rows import facts_name
from .sqlite_fingerprints import PURPOSE
from .sqlite_rows import Details, Ids, MessageBody, moment, pack_message, ticket_text
from .way_out import Progress, Said

T = TypeVar("T")
Steps = Generator[tuple[str, tuple[Any, ...]], list[Any], T]
#: Of a sealed body: version, key and nonce. No two bodies share them, and without them the rest cannot be opened.
HEAD = 17

_WAITS = """
SELECT k.state, k.due_at IS NOT NULL,
  EXISTS (SELECT 1 FROM events e JOIN outbox o ON o.position = e.position WHERE e.complaint_id = k.complaint_id),
  EXISTS (SELECT 1 FROM media j WHERE j.complaint_id = k.complaint_id),
  EXISTS (SELECT 1 FROM quarantine q WHERE q.complaint_id = k.complaint_id AND q.state = 'held'),
  EXISTS (SELECT 1 FROM replies r WHERE r.complaint_id = k.complaint_id AND r.complaint_id > 0 AND r.state = 1)
FROM complaints k WHERE k.complaint_id = $1
"""
_RAW_WAITS = (
    "SELECT EXISTS (SELECT 1 FROM kept w WHERE w.raw_id = $1) "
    "OR EXISTS (SELECT 1 FROM quarantine q WHERE q.raw_id = $1 AND q.state = 'held')"
)
_COLUMNS = "message_id, raw_id, event_sequence, sender, body"
_MESSAGES = (
    f"SELECT {_COLUMNS} FROM messages WHERE message_id = $1 AND complaint_id = $1 UNION ALL "  # noqa: S608
    f"SELECT {_COLUMNS} FROM messages WHERE message_id IN (SELECT message_id FROM joined WHERE complaint_id = $1)"
)
_ORIGINAL = (
    "SELECT q.raw_id FROM edited e JOIN quarantine q ON q.entry_id = e.entry_id "
    "WHERE e.raw_id = $1 AND q.raw_id IS NOT NULL"
)
_WAS_ERASED = "SELECT 1 FROM erased WHERE complaint_id = $1"
_RECORD = (
    "SELECT k.ticket, k.account, k.channel, k.office, k.against, k.opened_at, k.last_sequence, r.record "
    "FROM complaints k LEFT JOIN records r ON r.complaint_id = k.complaint_id WHERE k.complaint_id = $1"
)
_EVENTS = (
    "SELECT position, kind, sequence, revision, occurred_at, body FROM events "
    "WHERE complaint_id = $1 ORDER BY position"
)


def waits(complaint_id: int) -> Steps[Waits | None]:
    """Why a complaint cannot be erased now; None: it can, or is not there."""
    rows = yield _WAITS, (complaint_id,)
    if not rows:
        return None
    state, due, unpublished, files, held, replying = rows[0]
    if state == 3:
        return "triage"
    if held:
        return "quarantine"
    if state == 0 or due:
        return "settling"
    if unpublished:
        return "unpublished"
    if files:
        return "files"
    if replying:
        return "replying"
    for row in (yield _MESSAGES, (complaint_id,)):
        if (yield from raw_waits(row[1])):
            return "quarantine"
    return None


def raw_waits(raw_id: int) -> Steps[bool]:
    rows = yield _RAW_WAITS, (raw_id,)
    return bool(rows[0][0])


def erase(hand: Hand, erasure: Erasure) -> Steps[None]:
    """See `erasing.Erasing.erase`."""
    work = _Work(hand, frozenset(erasure.keys))
    left = 0
    for complaint_id in erasure.complaints:
        if (yield from waits(complaint_id)) is None:
            yield from work.complaint(complaint_id)
        else:
            left += 1
    for raw_id in erasure.raws:
        if (yield from raw_waits(raw_id)):
            left += 1
        else:
            yield from work.raw(raw_id)
    for key in erasure.keys if not left else ():
        # What a dialogue said may be about what waits.
        yield from work.replies("person = $1 AND complaint_id = 0 AND state <> 1", key)
        yield from work.dialogue(key)
    yield from work.note()


class _Work:
    """One erasure: what it wrote over, and what that leaves to be seen to."""

    def __init__(self, hand: Hand, keys: frozenset[bytes]) -> None:
        self._hand, self._codec, self._keys = hand, hand.codec, keys
        self._at = moment(hand.now)
        self._files: dict[str, None] = {}
        self._heads: list[bytes] = []

    def complaint(self, complaint_id: int) -> Steps[None]:
        """Everything of a complaint that is the person's."""
        rows = yield _MESSAGES, (complaint_id,)
        found = yield _RECORD, (complaint_id,)
        if not found:
            return
        mine = [row for row in rows if bytes(row[3]) in self._keys]
        others = {row[2] for row in rows if bytes(row[3]) not in self._keys and any(bytes(row[3]))}
        first = next((row for row in rows if row[0] == complaint_id), None)
        # Without its first message it is what a dialogue left behind when it moved the words elsewhere; nobody's is
        # one that was erased, to which more was added.
        owner = first is None or first in mine or not any(bytes(first[3]))
        if not mine and (not owner or (yield _WAS_ERASED, (complaint_id,))):
            return
        for row in mine:
            yield from self._message(row)
        record = self._before(complaint_id, found[0])
        if owner:
            yield from self._record(complaint_id, record, found[0][-1])
            yield from self._beside(complaint_id)
        spoken = {row[2] for row in mine}
        yield from self._events(complaint_id, record if owner else None, spoken, others)
        yield from self.replies("complaint_id = $1 AND complaint_id > 0", complaint_id)
        entries = "SELECT entry_id, details FROM quarantine WHERE complaint_id = $1 AND state <> 'held'"
        yield from self._entries(entries, complaint_id)
        yield (
            "INSERT INTO erased VALUES ($1, $2, $3, $4)",
            (self._hand.ids.next(), complaint_id, found[0][6], self._hand.now),
        )
        yield "UPDATE complaints SET version = version + 1 WHERE complaint_id = $1", (complaint_id,)

    def _before(self, complaint_id: int, row: Any) -> Complaint:
        """The record as it was, or what the journal itself knows of the complaint."""
        ticket, account, channel, office, against, opened_at, _, sealed = row
        if sealed:
            try:
                return msgspec.msgpack.decode(self._codec.open("record", sealed), type=Complaint)
            except (Damaged, msgspec.MsgspecError):
                pass
        return Complaint(
            complaint_id=encode_id(complaint_id),
            ticket=ticket_text(ticket),
            channel=channel,
            adapter="",
            account=account,
            received_at=moment(opened_at),
            office_code=office,
            against_office=against,
        )

    def _record(self, complaint_id: int, before: Complaint, sealed: bytes | None) -> Steps[None]:
        self._names(before.attachments)
        if sealed:
            self._over(sealed)
            body = self._codec.seal("record", msgspec.msgpack.encode(blank.record(before, self._at)))
            yield "UPDATE records SET record = $1 WHERE complaint_id = $2", (body, complaint_id)

    def _beside(self, complaint_id: int) -> Steps[None]:
        """What the CRM said of it, and what is remembered to know others that tell of the same."""
        for (sealed,) in (yield "SELECT body FROM progress WHERE complaint_id = $1", (complaint_id,)):
            self._over(sealed)
            now = blank.progress(self._opened("progress", sealed, Progress) or Progress())
            yield (
                "UPDATE progress SET body = $1, change = $2 WHERE complaint_id = $3",
                (self._codec.pack("progress", now), self._hand.ids.next(), complaint_id),
            )
        for (sealed,) in (yield "SELECT body FROM fingerprints WHERE complaint_id = $1", (complaint_id,)):
            self._over(sealed)
            yield (
                "UPDATE fingerprints SET body = $1, position = $2 WHERE complaint_id = $3",
                (self._codec.seal(PURPOSE, b""), self._hand.ids.next(), complaint_id),
            )

    def _message(self, row: Any) -> Steps[None]:
        message_id, raw_id, _, _, sealed = row
        self._over(sealed)
        body = self._opened("message", sealed, MessageBody)
        before = body.message if body is not None else Message(external_id="")
        self._names(before.attachments)
        for attachment in before.attachments:
            yield from self._facts(attachment.sha256)
        now = pack_message(blank.message(message_id, before), "")
        yield (
            "UPDATE messages SET body = $1, sender = $2 WHERE message_id = $3",
            (self._codec.seal("message", now), blank.NOBODY, message_id),
        )
        if raw_id:
            yield from self.raw(raw_id)

    def _facts(self, sha256: str) -> Steps[None]:
        """The pictures that were made of a file; what was read goes when it is known that nobody else has the file."""
        if not sha256:
            return
        for (sealed,) in (
            yield "SELECT body FROM media_facts WHERE name = $1", (facts_name(self._codec, sha256),)
        ):
            facts = self._opened("media", sealed, MediaFacts)
            if facts is not None:
                self._files |= {one: None for one in (facts.public_sha256, facts.thumbnail_sha256) if one}

    def _events(
        self, complaint_id: int, record: Complaint | None, spoken: set[int | None], others: set[int | None]
    ) -> Steps[None]:
        """`record` None: the complaint is somebody else's, and only events of the messages that are `spoken` of lose
        what they brought. What only `others` added stays."""
        for position, kind, sequence, revision, occurred_at, sealed in (yield _EVENTS, (complaint_id,)):
            if record is None and sequence not in spoken:
                continue
            before = self._event(sealed)
            if record is not None:
                carried = blank.record(record, self._at)
            elif before is not None:
                carried = before.complaint
            else:
                continue
            self._over(sealed)
            now = blank.event(before, kind, sequence, revision, moment(occurred_at), carried)
            if before is not None and sequence in others and sequence not in spoken:
                now = msgspec.structs.replace(now, added=before.added)
            if before is not None:
                self._names(before.added.attachments if before.added else ())
            body = self._codec.seal("event", wire.encode(now)[1])
            yield "UPDATE events SET body = $1 WHERE position = $2", (body, position)

    def _event(self, sealed: bytes) -> ComplaintEvent | None:
        try:
            return wire.decode_body(self._codec.open("event", sealed))
        except (Damaged, Unreadable):
            return None

    def raw(self, raw_id: int) -> Steps[None]:
        """A raw event, with what an operator corrected of it. Others' messages from it stay, and forget its hash."""
        for (original,) in (yield _ORIGINAL, (raw_id,)):
            if original != raw_id:
                yield from self.raw(original)
        for account, sealed in (yield "SELECT account, body FROM raws WHERE raw_id = $1", (raw_id,)):
            before = self._opened("raw", sealed, RawEvent)
            if before is None:
                before = RawEvent(account=account, received_at=moment(Ids.time_of(raw_id)))
            if blank.ERASED in before.envelope:
                continue
            self._over(sealed)
            if before.body_file:
                self._files[before.body_file] = None
            body = self._codec.pack("raw", blank.raw(before, self._at))
            yield "UPDATE raws SET body = $1 WHERE raw_id = $2", (body, raw_id)
        for message_id, sender, sealed in (
            yield (
                "SELECT message_id, sender, body FROM messages WHERE raw_id = $1",
                (raw_id,),
            )
        ):
            other = self._opened("message", sealed, MessageBody)
            if other is not None and other.raw_sha256 and bytes(sender) not in self._keys:
                body = self._codec.seal("message", pack_message(other.message, ""))
                yield "UPDATE messages SET body = $1 WHERE message_id = $2", (body, message_id)
        entries = "SELECT entry_id, details FROM quarantine WHERE raw_id = $1 AND state <> 'held'"
        yield from self._entries(entries, raw_id)

    def _entries(self, sql: str, which: int) -> Steps[None]:
        for entry_id, sealed in (yield sql, (which,)):
            self._over(sealed)
            details = self._codec.pack("quarantine", Details(blank.ERASED))
            yield "UPDATE quarantine SET details = $1 WHERE entry_id = $2", (details, entry_id)

    def replies(self, condition: str, value: Any) -> Steps[None]:
        """What they were told; what waits is not said any more."""
        sql = f"SELECT reply_id, person, state, body FROM replies WHERE {condition}"  # noqa: S608 - ours
        for reply_id, person, state, sealed in (yield sql, (value,)):
            if bytes(person) not in self._keys:
                continue
            self._over(sealed)
            before = self._opened("reply", sealed, Said) or Said(reply_to={}, text="")
            body = self._codec.pack("reply", blank.said(before))
            yield (
                "UPDATE replies SET body = $1, person = $2, mark = NULL WHERE reply_id = $3",
                (body, blank.NOBODY, reply_id),
            )
            if state == 0:
                yield (
                    "UPDATE replies SET state = 5, ended_at = $1 WHERE reply_id = $2",
                    (self._hand.now, reply_id),
                )

    def dialogue(self, key: bytes) -> Steps[None]:
        for (sealed,) in (yield "SELECT body FROM people WHERE person = $1", (key,)):
            self._over(sealed)
            yield "DELETE FROM people WHERE person = $1", (key,)

    def note(self) -> Steps[None]:
        """What is to be seen to afterwards."""
        if self._heads:
            left = Unfinished(files=tuple(self._files), heads=tuple(self._heads))
            body = self._codec.pack("erasing", left)
            yield "INSERT INTO erasing VALUES ($1, $2)", (self._hand.ids.next(), body)

    def _names(self, attachments: Iterable[Attachment]) -> None:
        for one in attachments:
            self._files |= {
                sha256: None for sha256 in (one.sha256, one.public_sha256, one.thumbnail_sha256) if sha256
            }

    def _over(self, sealed: bytes) -> None:
        self._heads.append(bytes(sealed[:HEAD]))

    def _opened(self, purpose: str, sealed: bytes, kind: type[T]) -> T | None:
        try:
            return self._codec.unpack(purpose, sealed, kind)
        except Damaged:
            return None
