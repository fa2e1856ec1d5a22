"""The way out of the SQLite journal: what `way_out.WayOut` promises, over the journal's one writer and one reader."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal, TypeVar

from normalizer.record import EventKind

from . import sqlite_dialogue as dialogue
from . import sqlite_replies as outgoing
from .codec import Codec
from .sqlite_line import Line
from .sqlite_reads import Reads
from .sqlite_rows import micros, moment, pack_message
from .way_out import Conversed, NewReply, Outcome, Person, Progress, Purpose, ReplyEntry, WaitingReply

T = TypeVar("T")


class SqliteWayOut(ABC):
    """The half of `SqliteJournal` that talks back to people."""

    codec: Codec
    _writer: Line | None

    @abstractmethod
    def _w(self) -> Line: ...

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], T]) -> T: ...

    async def note_status(
        self, name: bytes, complaint_id: int, before: Progress, now: Progress, replies: Sequence[NewReply]
    ) -> Outcome:
        sealed, said = self.codec.pack("progress", now), outgoing.seal(self.codec, replies)
        return await self._w().call(
            lambda tools: outgoing.note_status(tools, name, complaint_id, before, sealed, said)
        )

    async def progress(self, complaint_id: int) -> Progress:
        return await self._ask(lambda reads: reads.replies.progress(complaint_id))

    async def replies_due(
        self, now: datetime, limit: int = 50, without: Sequence[str] = ()
    ) -> tuple[WaitingReply, ...]:
        found, damaged = await self._ask(lambda reads: reads.replies.due(micros(now), limit, without))
        for reply_id in damaged if self._writer is not None else ():
            await self._w().call(partial(outgoing.set_aside, reply_id=reply_id))
        return found

    async def next_reply(self, without: Sequence[str] = ()) -> datetime | None:
        due_at = await self._ask(lambda reads: reads.replies.next(without))
        return None if due_at is None else moment(due_at)

    async def begin_reply(self, reply_id: int) -> bool:
        return await self._w().call(lambda tools: outgoing.begin(tools, reply_id))

    async def reply_sent(self, reply_id: int, name: bytes | None, at: datetime) -> None:
        await self._w().call(lambda tools: outgoing.sent(tools, reply_id, name, micros(at)))

    async def reply_later(self, reply_id: int, at: datetime, *, unsure: bool = False) -> None:
        await self._w().call(lambda tools: outgoing.later(tools, reply_id, micros(at), unsure))

    async def reply_ended(
        self, reply_id: int, state: Literal["refused", "unknown", "dropped"], reason: str
    ) -> None:
        await self._w().call(lambda tools: outgoing.ended(tools, reply_id, state, reason))

    async def recover_replies(self) -> tuple[int, int]:
        return await self._w().call(outgoing.recover)

    async def replies_of(self, complaint_id: int) -> tuple[ReplyEntry, ...]:
        return await self._ask(lambda reads: reads.replies.of(complaint_id))

    async def person(self, person: bytes) -> Person:
        return await self._ask(lambda reads: reads.replies.person(person))

    async def converse(self, turn: Conversed) -> bool:
        line = self._w()
        line.check()
        state, said = self.codec.seal("person", turn.now.state), outgoing.seal(self.codec, turn.replies)
        hashes = await self._ask(lambda reads: reads.raw_hashes([m.message_id for m in turn.moves]))
        moved = [
            (m.message_id, m.to, self.codec.seal("message", pack_message(m.message, hashes[m.message_id])))
            for m in turn.moves
        ]
        return await line.call(lambda tools: dialogue.converse(tools, turn, state, moved, said))

    async def kinds(self, complaint_id: int) -> tuple[EventKind, ...]:
        return await self._ask(lambda reads: reads.replies.kinds(complaint_id))

    async def told(self, person: bytes, purpose: Purpose, since: datetime, mark: bytes | None = None) -> int:
        return await self._ask(lambda reads: reads.replies.told(person, purpose, micros(since), mark))
