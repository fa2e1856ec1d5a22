"""Erasing what the gateway holds of one person, whose right that is (Law 27/2022, articles 8 and 16).

The journal writes over what they said (`complaint_queue.erasing`), here in steps that the gateway's own writer takes;
what is still on its way to the CRM is left and named. Afterwards go the files that nobody else refers to. A step that
was cut short is taken again by the same command: the journal remembers what is still to be seen to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from complaint_queue.erasing import Erasing, Erasure, Waits
from complaint_queue.file_port import Files
from intake.person import Holdings, PersonJournal
from intake.references import named_files, wanted_files
from intake.staff.audit import Audit, noted
from normalizer.record import Complaint

#: Complaints in one order, so that other writing never waits long.
BATCH = 50
#: A file that was stored again so lately (seconds) may be another's, whose message is not in the journal yet.
YOUNG = 600.0
TRIES = 5


class Erase(Struct, frozen=True, kw_only=True, tag="person_erase"):
    """Erase from the journal what the person known by `keys` said in `complaints`, and `raws` that only name them.
    `tickets` are noted in the audit log, with the `reason`."""

    keys: tuple[bytes, ...]
    complaints: tuple[int, ...]
    raws: tuple[int, ...] = ()
    tickets: tuple[str, ...] = ()
    reason: str = ""


class Tidy(Struct, frozen=True, kw_only=True, tag="person_tidy"):
    """Forget what was read from files that are nobody's any more, and the erasures that are done with."""

    facts: tuple[str, ...] = ()
    done: tuple[int, ...] = ()


async def carry_out(journal: Erasing, audit: Audit, who: str, order: Erase | Tidy) -> None:
    if isinstance(order, Tidy):
        await journal.forget_facts(order.facts)
        await journal.finish(order.done)
        return
    for ticket in order.tickets[1:]:
        await audit.audit(who, "person_erase", ticket, {"reason": order.reason})
    first = order.tickets[0] if order.tickets else ""
    async with noted(audit, who, "person_erase", first, {"reason": order.reason}):
        await journal.erase(Erasure(keys=order.keys, complaints=order.complaints, raws=order.raws))


#: Has an order carried out by the running gateway, or in the journal itself.
Order = Callable[[Erase | Tidy], Awaitable[None]]


class Plan(Struct, frozen=True, kw_only=True):
    """What can be erased, what waits (by ticket), and the tickets that the CRM has to erase on its side, each with the
    CRM's own number where that is known."""

    complaints: tuple[int, ...]
    tickets: tuple[str, ...]
    waiting: dict[str, Waits]
    waits: tuple[int, ...]
    raws: tuple[int, ...]
    raws_waiting: int
    replying: int
    """Words of a dialogue that are just being sent."""
    crm: dict[str, str]


class Left(Struct, frozen=True, kw_only=True):
    """What could not be seen to yet: files that were stored again just now, and traces of what was written over."""

    files: int = 0
    traces: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.files or self.traces)


@dataclass(frozen=True)
class Eraser:
    """Looks into `journal`, and has everything that changes it done by `order`."""

    journal: PersonJournal
    order: Order

    async def plan(self, found: Holdings) -> Plan:
        waiting = await self.journal.waiting(found.complaints)
        tickets, crm, waits = [], {}, {}
        for complaint_id in found.complaints:
            file = await self.journal.complaint(complaint_id)
            if file is None or not any(m.sender in found.keys for m in file.messages):
                continue
            if complaint_id in waiting:
                waits[file.ticket] = waiting[complaint_id]
                continue
            tickets.append(file.ticket)
            if file.last_sequence and file.messages[0].sender in found.keys:
                record = msgspec.msgpack.decode(file.record, type=Complaint) if file.record else None
                progress = await self.journal.progress(complaint_id)
                crm[file.ticket] = progress.crm_number or (record.crm_number if record else "")
        told = [one for key in found.keys for one in await self.journal.replies_to(key)]
        held = await self.journal.raws_waiting(found.mentions)
        return Plan(
            complaints=tuple(one for one in found.complaints if one not in waiting),
            tickets=tuple(tickets),
            waiting=waits,
            waits=tuple(waiting),
            raws=tuple(one for one in found.mentions if one not in held),
            raws_waiting=len(held),
            replying=sum(about == 0 and entry.state == "sending" for about, entry in told),
            crm=crm,
        )

    async def erase(self, found: Holdings, plan: Plan, reason: str) -> None:
        """The journal's part. What has begun to wait meanwhile is left by the journal itself."""
        if plan.waits and not (plan.complaints or plan.raws):
            return
        raws, tickets = plan.raws, plan.tickets
        for at in range(0, max(len(plan.complaints), 1), BATCH):
            # With one that waits beside them their dialogue and what it said stay: they may be about that.
            batch = (*plan.complaints[at : at + BATCH], *plan.waits[:1])
            await self.order(
                Erase(
                    keys=tuple(found.keys),
                    complaints=batch,
                    raws=raws,
                    tickets=tickets or ("",),
                    reason=reason,
                )
            )
            raws, tickets = (), ()

    async def tidy(self, files: Files) -> Left:
        """See to what erasures have left, also one that was cut short. Raises `Damaged` when a row does not open: then
        it is not known which files others refer to."""
        unfinished = await self.journal.unfinished()
        mine = tuple(dict.fromkeys(sha256 for one in unfinished for sha256 in one.files))
        left = await self._files(files, mine) if mine else 0
        heads = [head for one in unfinished for head in one.heads]
        traces = await self._traces(heads) if heads else 0
        if unfinished and not left and not traces:
            await self.order(Tidy(done=tuple(one.erasure_id for one in unfinished)))
        return Left(files=left, traces=traces)

    async def _traces(self, heads: Sequence[bytes]) -> int:
        """Those that stay, although whoever read an older page of the log has had a moment to let go of it."""
        for _ in range(TRIES):
            if not await self.journal.traces(heads):
                return 0
            await self.order(Tidy())  # whatever is written has the log cut
            await asyncio.sleep(0.2)
        return await self.journal.traces(heads)

    async def _files(self, files: Files, mine: Sequence[str]) -> int:
        """Remove those that nobody refers to; how many could not go yet."""
        older_than = time.time() - YOUNG
        named = await named_files(self.journal, files, _breathe)
        nobodys = tuple(sha256 for sha256 in mine if files.name(sha256) not in named)
        if nobodys:
            await self.order(Tidy(facts=nobodys))
        wanted = await wanted_files(self.journal, files, _breathe)
        left = 0
        for sha256 in mine:
            name = files.name(sha256)
            if name not in wanted and not await files.remove(name, older_than):
                left += await files.size(sha256) is not None
        return left


async def _breathe(began: float) -> None:
    await asyncio.sleep(0)
