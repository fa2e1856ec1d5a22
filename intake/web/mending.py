"""The operator's page about one ticket: an addition is taken out of it, a complaint joined to another."""

from __future__ import annotations

from itertools import groupby

import msgspec
from aiohttp import web
from msgspec import Struct

from complaint_queue.journal import ComplaintFile, StoredMessage
from intake import mending
from intake.staff.rules import Session
from intake.web.console.door import form, operators_only
from intake.web.deps import DEPS
from intake.web.render import page
from normalizer.errors import Misconfigured
from normalizer.identity import read_ticket
from normalizer.privacy import public
from normalizer.record import Complaint

PATH = "/konsol/perbaiki"


class Addition(Struct, frozen=True):
    """What came in one event after the first: its number, when, its words with personal details masked."""

    sequence: int
    received_at: object
    text: str
    files: int
    third_party: bool


def mount(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(PATH, operators_only(_look))
    app.router.add_post(PATH + "/pisah", operators_only(_split))
    app.router.add_post(PATH + "/gabung", operators_only(_join))


async def _look(request: web.Request, session: Session) -> web.StreamResponse:
    typed = request.query.get("tiket", "")
    done = request.query.get("kabar", "")
    made = read_ticket(request.query.get("ke", "")) or ""
    return await _show(request, session, typed, notice=done if done in ("split", "joined") else "", made=made)


async def _split(request: web.Request, session: Session) -> web.StreamResponse:
    fields = await _form(request, session)
    ticket, number = fields["ticket"], fields["sequence"]
    order = mending.Split(
        ticket=read_ticket(ticket) or ticket, sequence=int(number) if number.isdecimal() else 0
    )
    deps = request.app[DEPS]
    try:
        made = await mending.split(deps.journal, order)
    except Misconfigured:
        return await _show(request, session, ticket, notice="not_split", status=422)
    deps.woken()
    await deps.staff.audit(session.user.login, "split", f"{order.ticket} {order.sequence} -> {made}")
    raise web.HTTPSeeOther(f"{PATH}?tiket={order.ticket}&kabar=split&ke={made}")


async def _join(request: web.Request, session: Session) -> web.StreamResponse:
    fields = await _form(request, session)
    ticket, into = fields["ticket"], fields["into"]
    order = mending.Join(ticket=read_ticket(ticket) or ticket, into=read_ticket(into) or into)
    deps = request.app[DEPS]
    try:
        await mending.join(deps.journal, order)
    except Misconfigured as error:
        why = "other_person" if "reporters" in error.problem else "not_joined"
        return await _show(request, session, ticket, notice=why, status=422, into=into)
    deps.woken()
    await deps.staff.audit(session.user.login, "join", f"{order.ticket} -> {order.into}")
    raise web.HTTPSeeOther(f"{PATH}?tiket={order.into}&kabar=joined&ke={order.ticket}")


async def _form(request: web.Request, session: Session) -> dict[str, str]:
    given = await form(request, session)
    return {name: given.get(name, "").strip()[:40] for name in ("ticket", "sequence", "into")}


async def _show(
    request: web.Request,
    session: Session,
    typed: str,
    *,
    notice: str = "",
    status: int = 200,
    made: str = "",
    into: str = "",
) -> web.Response:
    deps = request.app[DEPS]
    ticket = read_ticket(typed) or ""
    file = await deps.journal.complaint_by_ticket(ticket) if ticket else None
    record = None
    if file is not None and file.state == "filed" and file.record:
        record = msgspec.msgpack.decode(file.record, type=Complaint)
        await deps.staff.audit(session.user.login, "looked_at", ticket)
    elif typed and not notice:
        notice, status = "unknown", 404
    return await page(
        request,
        "perbaiki.html",
        status=status,
        typed=typed,
        into=into,
        notice=notice,
        made=made,
        record=record,
        # Of a confidential complaint staff read nothing.
        additions=_additions(file, record) if file is not None and record is not None else (),
    )


def _additions(file: ComplaintFile, record: Complaint) -> tuple[Addition, ...]:
    gone = {name for m in file.messages for name in m.message.removes}
    later = [
        m
        for m in file.messages
        if m.event_sequence is not None
        and m.event_sequence > 1
        and not m.message.act
        and m.message.external_id not in gone
    ]
    later.sort(key=lambda m: m.event_sequence or 0)
    groups = groupby(later, key=lambda m: m.event_sequence or 0)
    return tuple(_addition(sequence, list(parts), record) for sequence, parts in groups)


def _addition(sequence: int, parts: list[StoredMessage], record: Complaint) -> Addition:
    text = "\n".join(m.message.text for m in parts if m.message.text)
    return Addition(
        sequence=sequence,
        received_at=parts[0].received_at,
        text="" if record.confidential else public(text, names=(record.reporter.name,)),
        files=sum(len(m.message.attachments) for m in parts),
        third_party=parts[0].third_party,
    )
