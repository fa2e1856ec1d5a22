"""The questions and the opened rows of `keeping`, in the SQL that both databases understand (`$1` is SQLite's `?1`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from normalizer.errors import Damaged
from normalizer.ports import MediaFacts
from normalizer.record import RawEvent
from normalizer.sentence import Sentence

from .codec import Codec, decode
from .keeping import RawKind, WalkedComplaint, WalkedEvent, WalkedFacts, WalkedMessage, WalkedRaw
from .sqlite_rows import STATES, Ids, MessageBody, ticket_text

#: A page of raw events, each with its kind and whether anybody still waits for it.
PRUNABLE = """
WITH page AS (SELECT raw_id FROM raws WHERE raw_id > $1 AND raw_id < $2 ORDER BY raw_id LIMIT $3)
SELECT p.raw_id,
  CASE WHEN EXISTS (SELECT 1 FROM messages m WHERE m.raw_id = p.raw_id) THEN 'read'
       WHEN EXISTS (SELECT 1 FROM quarantine q WHERE q.raw_id = p.raw_id) THEN 'ended'
       WHEN EXISTS (SELECT 1 FROM fates f WHERE f.raw_id = p.raw_id) THEN 'ignored'
       ELSE 'read' END,
  EXISTS (SELECT 1 FROM kept w WHERE w.raw_id = p.raw_id)
  OR EXISTS (SELECT 1 FROM quarantine q WHERE q.raw_id = p.raw_id AND q.state = 'held')
  OR EXISTS (SELECT 1 FROM messages m JOIN complaints k ON k.complaint_id = m.complaint_id WHERE m.raw_id = p.raw_id
     AND (k.due_at IS NOT NULL OR k.state IN (0, 3) OR (k.state = 1 AND m.event_sequence IS NULL)
          OR EXISTS (SELECT 1 FROM media j WHERE j.complaint_id = k.complaint_id)
          OR EXISTS (SELECT 1 FROM quarantine q WHERE q.complaint_id = k.complaint_id AND q.state = 'held')
          OR EXISTS (SELECT 1 FROM events e JOIN outbox o ON o.position = e.position
                     WHERE e.complaint_id = k.complaint_id)))
FROM page p ORDER BY p.raw_id
"""
RAWS = "SELECT raw_id, account, body FROM raws WHERE raw_id > $1 ORDER BY raw_id LIMIT $2"
MESSAGES = """
SELECT m.message_id, m.complaint_id, m.raw_id, m.event_sequence, m.body, r.body, k.complaint_id IS NOT NULL,
  m.message_id = m.complaint_id OR EXISTS
    (SELECT 1 FROM joined j WHERE j.complaint_id = m.complaint_id AND j.message_id = m.message_id)
FROM messages m LEFT JOIN raws r ON r.raw_id = m.raw_id LEFT JOIN complaints k ON k.complaint_id = m.complaint_id
WHERE m.message_id > $1 ORDER BY m.message_id LIMIT $2
"""
LEDGER = """
SELECT e.position, e.complaint_id, k.ticket, e.sequence, e.revision, e.body,
  EXISTS (SELECT 1 FROM outbox o WHERE o.position = e.position),
  EXISTS (SELECT 1 FROM confirmed c WHERE c.position = e.position),
  EXISTS (SELECT 1 FROM confirmed c WHERE c.position = e.position) AND EXISTS
    (SELECT 1 FROM events b JOIN outbox o ON o.position = b.position
     WHERE b.complaint_id = e.complaint_id AND b.sequence < e.sequence),
  EXISTS (SELECT 1 FROM quarantine q WHERE q.complaint_id = e.complaint_id AND q.stage = 'publish'
          AND q.state = 'discarded')
FROM events e LEFT JOIN complaints k ON k.complaint_id = e.complaint_id
WHERE e.position > $1 ORDER BY e.position LIMIT $2
"""
COMPLAINTS = """
SELECT k.complaint_id, k.ticket, k.state, k.last_sequence,
  (SELECT count(DISTINCT e.sequence) FROM events e WHERE e.complaint_id = k.complaint_id),
  (SELECT min(e.sequence) FROM events e WHERE e.complaint_id = k.complaint_id),
  (SELECT max(e.sequence) FROM events e WHERE e.complaint_id = k.complaint_id),
  EXISTS (SELECT 1 FROM messages m WHERE m.message_id = k.complaint_id AND m.complaint_id = k.complaint_id), r.record
FROM complaints k LEFT JOIN records r ON r.complaint_id = k.complaint_id
WHERE k.complaint_id > $1 ORDER BY k.complaint_id LIMIT $2
"""
FACTS = "SELECT name, body FROM media_facts WHERE name > $1 ORDER BY name LIMIT $2"

#: Rows that point to nothing.
ORPHANS = {
    "outbox": "outbox o WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.position = o.position)",
    "confirmed": "confirmed c WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.position = c.position)",
    "records": "records r WHERE NOT EXISTS (SELECT 1 FROM complaints k WHERE k.complaint_id = r.complaint_id)",
    "joined": "joined j WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.message_id = j.message_id)",
    "media": "media j WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.message_id = j.message_id)",
    "kept": "kept w WHERE NOT EXISTS (SELECT 1 FROM raws r WHERE r.raw_id = w.raw_id)",
    "quarantine": "quarantine q WHERE q.state = 'held' AND (q.raw_id IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM raws r WHERE r.raw_id = q.raw_id) OR q.complaint_id IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM complaints k WHERE k.complaint_id = q.complaint_id))",
    "replies": "replies r WHERE r.complaint_id > 0 AND NOT EXISTS "
    "(SELECT 1 FROM complaints k WHERE k.complaint_id = r.complaint_id)",
}
SIZES = ("raws", "messages", "events", "complaints", "claims", "media_facts")
#: A day's tickets after a return from a backup begin above this, and above every multiple of it that was reached.
LEAP = 100_000


class Ages:
    """Until which id raw events of each kind are too old."""

    def __init__(self, before: Mapping[RawKind, int]) -> None:
        self.before = {kind: Ids.first_at(moment) for kind, moment in before.items()}
        self.furthest = max(self.before.values(), default=0)

    def chosen(self, rows: list[Any]) -> list[int]:
        """Of a page of `PRUNABLE` those that may go."""
        return [
            raw_id
            for raw_id, kind, waited_for in rows
            if not waited_for and raw_id < self.before.get(kind, 0)
        ]


class Walks:
    """Opens the rows of a check; what does not open is told, not raised."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def raw(self, row: Any) -> WalkedRaw:
        raw_id, account, sealed = row
        raw, damage = self._raw(sealed)
        return WalkedRaw(raw_id=raw_id, account=account, raw=raw, damage=damage)

    def _raw(self, sealed: bytes | None) -> tuple[RawEvent | None, Sentence | None]:
        if sealed is None:
            return None, None
        try:
            return decode(self.codec.open("raw", sealed), RawEvent), None
        except Damaged as error:
            return None, error.words

    def message(self, row: Any) -> WalkedMessage:
        message_id, complaint_id, raw_id, event_sequence, sealed, raw_sealed, complaint, linked = row
        body, damage = None, None
        try:
            body = self.codec.unpack("message", sealed, MessageBody)
        except Damaged as error:
            damage = error.words
        return WalkedMessage(
            message_id=message_id,
            complaint_id=complaint_id,
            raw_id=raw_id,
            event_sequence=event_sequence,
            message=None if body is None else body.message,
            raw_sha256="" if body is None else body.raw_sha256,
            raw=self._raw(raw_sealed)[0],
            raw_is_there=raw_sealed is not None,
            complaint_is_there=bool(complaint),
            is_linked=bool(linked),
            damage=damage,
        )

    def event(self, row: Any) -> WalkedEvent:
        position, complaint_id, ticket, sequence, revision, sealed, waits, confirmed, overtook, left_out = row
        body, damage = b"", None
        try:
            body = self.codec.open("event", sealed)
        except Damaged as error:
            damage = error.words
        return WalkedEvent(
            position=position,
            complaint_id=complaint_id,
            ticket=_ticket(ticket),
            sequence=sequence,
            revision=revision,
            body=body,
            waits=bool(waits),
            confirmed=bool(confirmed),
            overtook=bool(overtook),
            left_out=bool(left_out),
            damage=damage,
        )

    def complaint(self, row: Any) -> WalkedComplaint:
        complaint_id, ticket, state, last_sequence, sequences, first, last, opened, sealed = row
        damage = None
        try:
            if sealed is not None:
                self.codec.open("record", sealed)
        except Damaged as error:
            damage = error.words
        return WalkedComplaint(
            complaint_id=complaint_id,
            ticket=_ticket(ticket),
            state=STATES[state],
            last_sequence=last_sequence,
            sequences=sequences,
            first=first or 0,
            last=last or 0,
            opened_by_message=bool(opened),
            damage=damage,
        )

    def facts(self, row: Any) -> WalkedFacts:
        name, sealed = row
        try:
            facts = self.codec.unpack("media", sealed, MediaFacts)
        except Damaged as error:
            return WalkedFacts(name=bytes(name), files=(), damage=error.words)
        files = tuple(one for one in (facts.public_sha256, facts.thumbnail_sha256) if one)
        return WalkedFacts(name=bytes(name), files=files)


def _ticket(number: int | None) -> str:
    try:
        return "" if number is None else ticket_text(number)
    except Damaged:
        return ""
