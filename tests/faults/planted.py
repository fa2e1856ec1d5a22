"""Faults that somebody could have made, each planted into one real piece: the search must find every one of them."""

from __future__ import annotations

from collections import deque
from typing import Any

import msgspec

from complaint_queue.journal import Admission, Admitted, OutboxEvent
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.outflow import Outflow
from complaint_queue.publisher import Publisher
from tests.faults.orders import Died, House


class _Heedless(Outflow):
    """Every event is ready at once, whether or not the one before it is confirmed."""

    def add(self, event: OutboxEvent) -> None:
        if event.position not in self._known:
            self._known.add(event.position)
            self._followers.setdefault(event.complaint_id, deque())
            self._ready.append(event)

    def confirmed(self, event: OutboxEvent) -> None:
        self._followers.pop(event.complaint_id, None)


class _MarksWhenSent(Publisher):
    async def _send(self, line: Any, frames: Any) -> None:
        await super()._send(line, frames)
        self._to_mark += [event.position for event in self._in_flight.values()]


class _SendsOutOfTurn(Publisher):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._outflow = _Heedless()


class _ForgetsWhatWasInFlight(Publisher):
    def _give_back(self) -> None:
        self._in_flight.clear()
        super()._give_back()


class _DoesNotHearReturns(Publisher):
    def _on_return(self, message_id: str, reason: str) -> None:
        return


class _TakesNoForYes(Publisher):
    def _on_confirm(self, tag: int, multiple: bool, taken: bool) -> None:
        super()._on_confirm(tag, multiple, True)


class _ClaimsNothing(SqliteJournal):
    """Every message is new: a provider that comes again is believed."""

    claimed = 0

    async def admit(self, admission: Admission) -> tuple[Admitted, ...]:
        messages = []
        for admit in admission.messages:
            _ClaimsNothing.claimed += 1
            messages.append(msgspec.structs.replace(admit, claim=self.claimed.to_bytes(16)))
        return await super().admit(msgspec.structs.replace(admission, messages=tuple(messages)))


class _OverwritesWhatJoined(SqliteJournal):
    """A complaint's first event is written although something joined since it was read."""

    async def settle(self, complaint_id: int, version: int, *given: Any, **named: Any) -> bool:
        file = await self.complaint(complaint_id)
        if file is not None and file.last_sequence == 0:
            version = file.version
        return await super().settle(complaint_id, version, *given, **named)


class _ForgetsAtDeath(SqliteJournal):
    """After a start only new events are published."""

    async def open(self) -> None:
        await super().open()
        waiting = await super().unpublished(1_000)
        self._first = waiting[-1].position if waiting else 0

    async def unpublished(self, limit: int, after: int = 0) -> tuple[OutboxEvent, ...]:
        return await super().unpublished(limit, max(after, self._first))


class MarksWhenSent(House):
    publisher_type = _MarksWhenSent


class SendsOutOfTurn(House):
    publisher_type = _SendsOutOfTurn


class ForgetsWhatWasInFlight(House):
    publisher_type = _ForgetsWhatWasInFlight


class DoesNotHearReturns(House):
    publisher_type = _DoesNotHearReturns


class TakesNoForYes(House):
    publisher_type = _TakesNoForYes


class ClaimsNothing(House):
    journal_type = _ClaimsNothing


class OverwritesWhatJoined(House):
    journal_type = _OverwritesWhatJoined


class ForgetsAtDeath(House):
    journal_type = _ForgetsAtDeath


class AnswersBeforeTheCommit(House):
    async def _alive(self, step: Any) -> Any:
        result = await step
        if self.snapshot is not None:
            raise Died(result if self.died_at == "written" else None)
        return result


#: Each with the words (a pattern) that the machine says when it has found it.
PLANTED: dict[type[House], str] = {
    MarksWhenSent: "marked, and the broker does not have it",
    DoesNotHearReturns: "marked, and the broker does not have it",
    TakesNoForYes: "marked, and the broker does not have it",
    SendsOutOfTurn: "came before an earlier one",
    ForgetsWhatWasInFlight: "never published",
    ForgetsAtDeath: "in no event",
    OverwritesWhatJoined: "in no event",
    ClaimsNothing: "first time heard|in two events|not told",
    AnswersBeforeTheCommit: "in no event",
}
