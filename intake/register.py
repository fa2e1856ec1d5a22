"""What was filed, as far as anybody may know it. Fulfils `adapters.base.Register` for one account.

Whether reports stand on a public list is the CRM's decision: an account is only ever told of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from adapters.base import Filed
from complaint_queue.journal import ComplaintFile, Journal
from normalizer.record import Complaint, Place

#: Every complaint is here until the CRM says otherwise.
FIRST_STAGE = "Menunggu"


@dataclass(frozen=True)
class AccountRegister:
    """The journal as one account may read it."""

    journal: Journal
    account: str

    async def find(self, ticket: str) -> Filed | None:
        file = await self.journal.complaint_by_ticket(ticket)
        return None if file is None or file.state == "set_aside" else public_view(file)

    async def between(self, since: datetime, until: datetime, limit: int) -> Sequence[Filed]:
        files = await self.journal.filed(self.account, since, until, limit)
        return [seen for seen in map(public_view, files) if not seen.confidential]


def public_view(file: ComplaintFile) -> Filed:
    """One complaint without its reporter; of a confidential or unfinished one the stage alone."""
    record = msgspec.msgpack.decode(file.record, type=Complaint) if file.record else None
    confidential = record.confidential if record else any(m.message.confidential for m in file.messages)
    shown = record is not None and not confidential and file.state == "filed"
    return Filed(
        ticket=file.ticket,
        channel=file.channel,
        account=file.account,
        stage=FIRST_STAGE,
        requested_at=file.opened_at,
        updated_at=max((m.received_at for m in file.messages), default=file.opened_at),
        text=record.public_text if record and shown else "",
        categories=tuple(c.code for c in record.categories) if record and shown else (),
        place=record.place if record and shown else Place(),
        confidential=confidential,
    )
