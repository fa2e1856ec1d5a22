"""What a clerk wrote down wrong is set right: the CRM hears a *corrected* event, and nothing is forgotten.

Only what was entered at one's own office. Of a confidential complaint nobody reads the words here; it can be corrected
all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from aiohttp import web

from adapters.shared.form import TEXT_MAX, TEXT_MIN, Form
from complaint_queue.journal import ComplaintFile
from intake import mending
from intake.staff.rules import Session
from intake.web import desk_forms, guard, regions
from intake.web.deps import DEPS
from intake.web.receipt import own_complaint
from intake.web.render import page
from intake.web.signin import form_of
from normalizer.categories import categories
from normalizer.errors import Misconfigured, Unavailable
from normalizer.identity import ticket_day
from normalizer.record import Complaint


def mount(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/loket/betulkan/{ticket}", guard.staff_only(form_page))
    app.router.add_post("/loket/betulkan/{ticket}", guard.staff_only(submit))


async def form_page(request: web.Request, session: Session) -> web.StreamResponse:
    return await _show(request, session, {}, done=request.query.get("kabar") == "1")


async def submit(request: web.Request, session: Session) -> web.StreamResponse:
    """Store the correction; whatever goes wrong, what was typed comes back."""
    deps = request.app[DEPS]
    found = await _entered(request, session)
    typed = await form_of(request)
    try:
        guard.check_form(request, session, typed.get("csrf", ""))
        form_id = desk_forms.read_form(deps.secrets, session.user.login, typed.get("form_id", ""))
    except guard.Refused:
        return await _show(request, session, typed, notice="stale", status=403)
    form = Form(typed, (), ticket_day(deps.clock()))
    order = mending.Correction(
        ticket=found.ticket,
        number=form_id.number,
        clerk=session.user.login,
        text=form.text(),
        place=form.place(),
        category=form.category(),
    )
    if form.problems:
        return await _show(request, session, typed, problems=form.problems, status=422)
    await deps.staff.audit(session.user.login, "corrected", found.ticket)
    try:
        await mending.correct(deps.journal, order)
    except Misconfigured:
        return await _show(request, session, typed, notice="too_early", status=409)
    except Unavailable as error:
        answer = await _show(request, session, typed, notice="unavailable", status=503)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    deps.woken()
    raise web.HTTPSeeOther(f"/loket/betulkan/{found.ticket}?kabar=1")


async def _entered(request: web.Request, session: Session) -> ComplaintFile:
    """What was entered at a counter; what came by another door is the citizen's own to correct."""
    found = await own_complaint(request, session)
    if found.account != request.app[DEPS].walkin_account:
        raise web.HTTPNotFound
    return found


async def _show(
    request: web.Request,
    session: Session,
    typed: Mapping[str, str],
    *,
    problems: Sequence[tuple[str, str]] = (),
    notice: str = "",
    status: int = 200,
    done: bool = False,
) -> web.Response:
    deps = request.app[DEPS]
    found = await _entered(request, session)
    record = msgspec.msgpack.decode(found.record, type=Complaint) if found.record else None
    await deps.staff.audit(session.user.login, "looked_at", found.ticket)
    given = typed.get("form_id", "") if notice != "stale" else ""
    return await page(
        request,
        "betulkan.html",
        status=status,
        ticket=found.ticket,
        record=record,
        typed=typed,
        problems=problems,
        wrong=dict(reversed(problems)),
        notice=notice,
        done=done,
        form_id=given or desk_forms.new_form(deps.secrets, session.user.login),
        categories=categories(ticket_day(deps.clock())),
        kelurahan=regions.kelurahan_labels(),
        limits={"text_min": TEXT_MIN, "text_max": TEXT_MAX},
    )
