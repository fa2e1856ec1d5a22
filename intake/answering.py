"""Who is answered, and when: the rules around the words in `intake.conversation.answers`.

Nobody is answered twice within an hour about the same words, and nobody gets more than a few acknowledgements an
hour: two programs that answer each other end here. What can wait is not said at night.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from msgspec.structs import replace

from adapters.base import Adapter, Replies, TakesStatus
from complaint_queue.journal import ComplaintFile, Journal
from complaint_queue.way_out import NewReply
from intake.banner import read_banner
from intake.conversation import answers
from intake.conversation.answers import Manner, QuietHours
from normalizer.folding import fold
from normalizer.identity import Secrets
from normalizer.record import Complaint
from normalizer.stages import StatusUpdate

#: An account that files more than this in an hour is told of the first ones alone: it may be a program.
ACKNOWLEDGEMENTS_AN_HOUR = 5
HOUR = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True)
class Answerer:
    """Decides what is said of a complaint. `silent` are accounts that say nothing by themselves."""

    journal: Journal
    secrets: Secrets
    adapters: Mapping[str, Adapter[Any]]
    public_url: str
    clock: Callable[[], datetime]
    folder: Path
    quiet: QuietHours
    silent: frozenset[str] = frozenset()

    async def acknowledge(self, file: ComplaintFile, record: Complaint) -> tuple[NewReply, ...]:
        """What the reporter of a newly filed complaint is told; nothing when nobody can or should be told."""
        manner, to = self._manner(file.account), answers.answerable(file.messages)
        if manner is None or to is None:
            return ()
        now = self.clock()
        mark = self.secrets.group("", to.sender.hex(), " ".join(fold(record.text).split()))
        if await self.journal.told(to.sender, "acknowledgement", now - HOUR, mark):
            log.info("not_acknowledged", ticket=record.ticket, why="the same words within the hour")
            return ()
        # Beside a public sentence stands a private one: two for each complaint.
        each = 2 if to.message.public else 1
        if (
            await self.journal.told(to.sender, "acknowledgement", now - HOUR)
            >= ACKNOWLEDGEMENTS_AN_HOUR * each
        ):
            log.info("not_acknowledged", ticket=record.ticket, why="many within the hour")
            return ()
        said = answers.acknowledge(record, to, self.link(file.complaint_id), manner)
        return tuple(replace(one, mark=mark) for one in said)

    def tell_status(
        self, file: ComplaintFile, record: Complaint, update: StatusUpdate, *, rating: bool
    ) -> tuple[NewReply, ...]:
        """What the reporter is told of a status; with `rating`, the question how it went stands behind it."""
        manner, to = self._manner(file.account), answers.answerable(file.messages)
        if manner is None or to is None:
            return ()
        said = answers.tell_status(record, to, update, self.link(file.complaint_id), manner)
        if rating and not to.message.public and not self.takes_status(file.account):
            said = (*said, answers.ask_rating(record, to, manner))
        after = self.quiet.over(self.clock())
        return tuple(replace(one, after=after) for one in said)

    def takes_status(self, account: str) -> bool:
        """Whether the provider keeps a status of its own."""
        return isinstance(self.adapters.get(account), TakesStatus)

    def link(self, complaint_id: int) -> str:
        """Where the reporter sees how it is going."""
        return f"{self.public_url}/lacak/{self.secrets.tracking_code(complaint_id)}"

    def _manner(self, account: str) -> Manner | None:
        adapter = self.adapters.get(account)
        if not isinstance(adapter, Replies) or account in self.silent:
            return None
        return Manner(form=adapter.answers_in, banner=read_banner(self.folder))
