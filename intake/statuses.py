"""A status of the CRM becomes progress that the citizen can see, and words that are said to them; once.

A lower stage that is older than what we know is late and moves nothing. A word that is no stage of ours passes
through untouched and moves nothing either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import structlog
from msgspec.structs import replace

from complaint_queue import points
from complaint_queue.journal import Journal
from complaint_queue.way_out import Progress, Step
from intake.answering import Answerer
from intake.metrics import Metrics
from normalizer.errors import Unavailable
from normalizer.identity import claim_of, read_ticket
from normalizer.record import Complaint
from normalizer.stages import LAST, StatusUpdate, rank, stage_of

#: How often a status is worked out anew when another one of the same complaint came between.
TRIES = 8
#: Steps that a complaint's page shows; older ones make room.
STEPS = 40

log = structlog.get_logger()


@dataclass(frozen=True)
class StatusKeeper:
    """`keep` is what the consumer of the status queue calls; `said` is called when something waits to be said."""

    journal: Journal
    answerer: Answerer
    metrics: Metrics
    said: Callable[[], None]

    async def keep(self, update: StatusUpdate) -> bool:
        """Store it with what it says to the citizen. False when the ticket is none of ours."""
        ticket = read_ticket(update.ticket)
        file = await self.journal.complaint_by_ticket(ticket) if ticket else None
        if file is None or not file.record:
            self._count("unknown_ticket", update)
            return False
        record = msgspec.msgpack.decode(file.record, type=Complaint)
        for _ in range(TRIES):
            before = await self.journal.progress(file.complaint_id)
            now = advanced(before, update)
            news = now.steps != before.steps
            done_now = now.stage == LAST and before.stage != LAST
            asked = any(step.stage == LAST for step in before.steps)
            replies = (
                self.answerer.tell_status(file, record, update, rating=done_now and not asked) if news else ()
            )
            name = claim_of("crm", update.status_id)
            outcome = await self.journal.note_status(name, file.complaint_id, before, now, replies)
            if outcome == "moved":
                continue
            points.reached("status_kept")
            self._count(outcome if news or outcome == "duplicate" else "late", update)
            if replies and outcome == "noted":
                self.said()
            return True
        raise Unavailable("another status of the same complaint came between, again and again")

    def _count(self, outcome: str, update: StatusUpdate) -> None:
        self.metrics.statuses.labels(outcome).inc()
        log.info("status", ticket=update.ticket[:24], stage=update.stage[:24], outcome=outcome)


def advanced(before: Progress, update: StatusUpdate) -> Progress:
    """The progress after `update`; the same steps when it brings nothing new."""
    stage = stage_of(update.stage) or ""
    step = Step(stage=stage, word=update.stage, at=update.occurred_at, agency=update.agency, note=update.note)
    number = update.crm_number or before.crm_number
    last = before.steps[-1] if before.steps else None
    if last is not None:
        late = bool(stage) and rank(stage) < before.rank and update.occurred_at <= last.at
        again = replace(step, at=last.at) == last
        if late or again:
            return replace(before, crm_number=number)
    return replace(
        before,
        stage=stage or before.stage,
        rank=rank(stage) if stage else before.rank,
        crm_number=number,
        steps=(*before.steps, step)[-STEPS:],
    )
