"""What a journal holds of one person, found by the keys under which it knows them (`Secrets.person`).

The same questions, in SQL that both databases understand, for both journals. Nothing here is on any message's way, so
there is no index for it: a search by sender reads through all messages once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from normalizer.errors import Damaged
from normalizer.record import Sender

from .codec import Codec
from .journal import OutboxEvent
from .sqlite_rows import MessageBody, moment
from .stored import EVENT, Stored
from .way_out import ReplyEntry

_WRITTEN = "SELECT message_id, complaint_id, raw_id FROM messages WHERE sender = $1 ORDER BY message_id"
_SENDERS = (
    "SELECT m.message_id, k.account, m.sender, m.body FROM messages m JOIN complaints k USING (complaint_id) "
    "WHERE m.message_id > $1 ORDER BY m.message_id LIMIT $2"
)
_OF_RAW = "SELECT sender FROM messages WHERE raw_id = $1"
_EVENTS = (
    f"SELECT {EVENT}, c.at FROM events e JOIN complaints k USING (complaint_id) "  # noqa: S608
    "LEFT JOIN confirmed c ON c.position = e.position WHERE e.complaint_id = $1 ORDER BY e.position"
)
_REPLIES = (
    "SELECT r.complaint_id, r.reply_id, r.purpose, r.state, r.ended_at, r.tries, r.unsure, r.body, "
    "(SELECT d.state FROM deliveries d WHERE d.reply_id = r.reply_id AND d.reply_id > 0) FROM replies r "
    "WHERE r.person = $1 ORDER BY r.reply_id"
)
_ORIGINAL = (
    "SELECT q.raw_id FROM edited e JOIN quarantine q ON q.entry_id = e.entry_id "
    "WHERE e.raw_id = $1 AND q.raw_id IS NOT NULL"
)


class Written(Struct, frozen=True, kw_only=True):
    """A message of the person's, the complaint that it belongs to, and the raw event that it was read from."""

    message_id: int
    complaint_id: int
    raw_id: int


class Spoken(Struct, frozen=True, kw_only=True):
    """Who wrote a message, as its channel knew them; `sender` is None where the message does not open."""

    message_id: int
    account: str
    key: bytes
    sender: Sender | None


class Published(Struct, frozen=True, kw_only=True):
    """An event, and when the broker confirmed it (None: not yet)."""

    event: OutboxEvent
    confirmed_at: datetime | None


class Persons(Protocol):
    """The part of a journal that finds what one person wrote and was told."""

    async def messages_by(self, person: bytes) -> tuple[Written, ...]:
        """In the order of their arrival. Reads through all messages."""

    async def senders_after(self, after: int, limit: int) -> tuple[Spoken, ...]:
        """Who wrote the messages past this id."""

    async def senders_of_raw(self, raw_id: int) -> frozenset[bytes]:
        """Who wrote the messages that were read from one raw event: a provider may send several people's at once."""

    async def original_of(self, raw_id: int) -> int | None:
        """The raw event that this one is an operator's corrected copy of."""

    async def events_of(self, complaint_id: int) -> tuple[Published, ...]: ...

    async def replies_to(self, person: bytes) -> tuple[tuple[int, ReplyEntry], ...]:
        """What they were told, each with its complaint's id (0: of none)."""


class PersonRows(ABC):
    """Fulfils `Persons` over one question."""

    codec: Codec

    @abstractmethod
    async def _query(self, sql: str, *values: Any) -> list[Any]:
        """The rows of `sql`, whose values are `$1`, `$2`, …"""

    async def messages_by(self, person: bytes) -> tuple[Written, ...]:
        rows = await self._query(_WRITTEN, person)
        return tuple(Written(message_id=m, complaint_id=c, raw_id=r) for m, c, r in rows)

    async def senders_after(self, after: int, limit: int) -> tuple[Spoken, ...]:
        return tuple(map(self._spoken, await self._query(_SENDERS, after, limit)))

    def _spoken(self, row: Any) -> Spoken:
        message_id, account, key, sealed = row
        try:
            sender = self.codec.unpack("message", sealed, MessageBody).message.sender
        except Damaged:
            sender = None
        return Spoken(message_id=message_id, account=account, key=bytes(key), sender=sender)

    async def senders_of_raw(self, raw_id: int) -> frozenset[bytes]:
        return frozenset(bytes(row[0]) for row in await self._query(_OF_RAW, raw_id))

    async def original_of(self, raw_id: int) -> int | None:
        rows = await self._query(_ORIGINAL, raw_id)
        return int(rows[0][0]) if rows else None

    async def events_of(self, complaint_id: int) -> tuple[Published, ...]:
        found = []
        for row in await self._query(_EVENTS, complaint_id):
            *event, at = row
            confirmed = None if at is None else moment(at)
            found.append(Published(event=Stored(self.codec).event(event), confirmed_at=confirmed))
        return tuple(found)

    async def replies_to(self, person: bytes) -> tuple[tuple[int, ReplyEntry], ...]:
        rows = await self._query(_REPLIES, person)
        return tuple((row[0], Stored(self.codec).reply(tuple(row)[1:])) for row in rows)
