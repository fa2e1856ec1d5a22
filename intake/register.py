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
from complaint_queue.way_out import Progress
from normalizer.privacy import public
from normalizer.record import Complaint, Place

#: Every complaint is here until the CRM says otherwise.
FIRST_STAGE = "Menunggu"
#: How often the journal is asked for more when much of what it gave may not be told.
PAGES = 20


@dataclass(frozen=True)
class AccountRegister:
    """The journal as one account may read it."""

    journal: Journal
    account: str

    async def find(self, ticket: str) -> Filed | None:
        file = await self.journal.complaint_by_ticket(ticket)
        return None if file is None or file.state == "set_aside" else await self._seen(file)

    async def between(self, since: datetime, until: datetime, limit: int) -> Sequence[Filed]:
        found: dict[str, Filed] = {}
        # What is confidential is left out after the journal has counted: it must not take others' places.
        for _ in range(PAGES):
            files = await self.journal.filed(self.account, since, until, limit)
            fresh = [await self._seen(file) for file in files if file.ticket not in found]
            found.update((one.ticket, one) for one in fresh if not one.confidential)
            if len(found) >= limit or len(files) < limit or files[-1].opened_at == until:
                break
            until = files[-1].opened_at
        return list(found.values())[:limit]

    async def _seen(self, file: ComplaintFile) -> Filed:
        return public_view(file, await self.journal.progress(file.complaint_id))


def _public_place(record: Complaint) -> Place:
    """The place without what people write beside an address: their house's number, their name and telephone."""
    names = [name for name in (record.reporter.name, record.on_behalf_of) if name]
    address = public(record.place.address, names=names)
    return msgspec.structs.replace(record.place, address=address, evidence=())


def public_view(file: ComplaintFile, progress: Progress) -> Filed:
    """One complaint without its reporter; of a confidential or unfinished one the stage alone."""
    record = msgspec.msgpack.decode(file.record, type=Complaint) if file.record else None
    confidential = record.confidential if record else any(m.message.confidential for m in file.messages)
    shown = record is not None and not confidential and file.state == "filed"
    return Filed(
        ticket=file.ticket,
        channel=file.channel,
        account=file.account,
        stage=progress.stage or FIRST_STAGE,
        requested_at=file.opened_at,
        updated_at=max(
            (*(m.received_at for m in file.messages), *(step.at for step in progress.steps)),
            default=file.opened_at,
        ),
        text=record.public_text if record and shown else "",
        categories=tuple(c.code for c in record.categories) if record and shown else (),
        place=_public_place(record) if record and shown else Place(),
        confidential=confidential,
    )
