"""The way out of the PostgreSQL journal: what `way_out.WayOut` promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Literal, TypeVar

from normalizer.record import EventKind

from . import postgres_dialogue as dialogue
from . import postgres_replies as outgoing
from .codec import Codec
from .postgres_reads import Reads
from .postgres_work import others
from .postgres_writer import Turn, Writer
from .sqlite_replies import seal
from .sqlite_rows import micros, moment, pack_message
from .way_out import Conversed, NewReply, Outcome, Person, Progress, Purpose, ReplyEntry, WaitingReply

T = TypeVar("T")


class PostgresWayOut(ABC):
    """The half of `PostgresJournal` that talks back to people."""

    codec: Codec
    _writer: Writer | None

    @abstractmethod
    def _w(self) -> Writer: ...

    @abstractmethod
    async def _ask(self, question: Callable[[Reads], Awaitable[T]]) -> T: ...

    async def note_status(
        self, name: bytes, complaint_id: int, before: Progress, now: Progress, replies: Sequence[NewReply]
    ) -> Outcome:
        sealed, said = self.codec.pack("progress", now), seal(self.codec, replies)
        return await self._w().call(
            lambda turn: outgoing.note_status(turn, name, complaint_id, before, sealed, said)
        )

    async def progress(self, complaint_id: int) -> Progress:
        return await self._ask(lambda reads: reads.progress(complaint_id))

    async def replies_due(
        self, now: datetime, limit: int = 50, without: Sequence[str] = ()
    ) -> tuple[WaitingReply, ...]:
        found, damaged = await self._ask(lambda reads: reads.work.replies_due(micros(now), limit, without))
        for reply_id in damaged if self._writer is not None else ():
            await self._w().call(partial(outgoing.set_aside, reply_id=reply_id))
        return found

    async def next_reply(self, without: Sequence[str] = ()) -> datetime | None:
        due_at = await self._ask(lambda reads: reads.work.next_reply(without))
        return None if due_at is None else moment(due_at)

    async def begin_reply(self, reply_id: int) -> bool:
        return await self._w().call(lambda turn: outgoing.begin(turn, reply_id))

    async def reply_sent(self, reply_id: int, name: bytes | None, at: datetime) -> None:
        await self._w().call(lambda turn: outgoing.sent(turn, reply_id, name, micros(at)))

    async def reply_later(self, reply_id: int, at: datetime, *, unsure: bool = False) -> None:
        await self._w().call(lambda turn: outgoing.later(turn, reply_id, micros(at), unsure))

    async def reply_ended(
        self, reply_id: int, state: Literal["refused", "unknown", "dropped"], reason: str
    ) -> None:
        await self._w().call(lambda turn: outgoing.ended(turn, reply_id, state, reason))

    async def recover_replies(self) -> tuple[int, int]:
        async def recover(turn: Turn) -> tuple[int, int]:
            return await outgoing.recover(turn, await others(turn.db, turn.gateway))

        return await self._w().call(recover)

    async def replies_of(self, complaint_id: int) -> tuple[ReplyEntry, ...]:
        return await self._ask(lambda reads: reads.replies_of(complaint_id))

    async def person(self, person: bytes) -> Person:
        return await self._ask(lambda reads: reads.person(person))

    async def converse(self, turn: Conversed) -> bool:
        line = self._w()
        line.check()
        state, said = self.codec.seal("person", turn.now.state), seal(self.codec, turn.replies)
        hashes = await self._ask(lambda reads: reads.raw_hashes([m.message_id for m in turn.moves]))
        moved = [
            (m.message_id, m.to, self.codec.seal("message", pack_message(m.message, hashes[m.message_id])))
            for m in turn.moves
        ]
        return await line.call(lambda ours: dialogue.converse(ours, turn, state, moved, said))

    async def kinds(self, complaint_id: int) -> tuple[EventKind, ...]:
        return await self._ask(lambda reads: reads.kinds(complaint_id))

    async def told(self, person: bytes, purpose: Purpose, since: datetime, mark: bytes | None = None) -> int:
        return await self._ask(lambda reads: reads.told(person, purpose, micros(since), mark))
