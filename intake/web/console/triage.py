"""What nobody could decide but a person: a message on a public account becomes a case, or is laid aside."""

from __future__ import annotations

from typing import cast

from aiohttp import web

from complaint_queue.editing import EditableJournal
from intake.control import Decide, carry_out
from intake.reading import questions
from intake.staff.rules import Session
from intake.web.console.door import console_page, form, operators_only, store
from intake.web.deps import DEPS
from normalizer.errors import Misconfigured
from normalizer.identity import read_ticket

PATH = "/konsol/triase"
#: Messages on one page.
PAGE = 20


def mount(app: web.Application) -> None:
    app.router.add_get(PATH, operators_only(_list))
    app.router.add_post(PATH, operators_only(_decide))


async def _list(request: web.Request, session: Session) -> web.StreamResponse:
    return await _show(request, session, done=request.query.get("kabar", ""))


async def _show(
    request: web.Request, session: Session, *, done: str = "", status: int = 200
) -> web.StreamResponse:
    after = request.query.get("setelah", "")
    start = int(after) if after.isdecimal() and len(after) < 20 else 0
    hidden = session.user.office_code
    rows = await store(request).ask(
        lambda db: questions.waiting(db, after=start, limit=PAGE + 1, hidden_from=hidden)
    )
    count = await store(request).ask(questions.count_waiting)
    known = ("file", "set_aside", "gone")
    return await console_page(
        request,
        "konsol_triase.html",
        status=status,
        rows=rows[:PAGE],
        more=rows[PAGE - 1].complaint_id if len(rows) > PAGE else 0,
        count=count,
        done=done if done in known else "",
    )


async def _decide(request: web.Request, session: Session) -> web.StreamResponse:
    fields = await form(request, session)
    ticket, verdict = read_ticket(fields.get("ticket", "")) or "", fields.get("verdict", "")
    if verdict not in ("file", "set_aside"):
        raise web.HTTPBadRequest()
    deps = request.app[DEPS]
    order = Decide(ticket=ticket, verdict="file" if verdict == "file" else "set_aside")
    try:
        await carry_out(cast("EditableJournal", deps.journal), deps.staff, session.user.login, order)
    except Misconfigured:
        return await _show(request, session, done="gone", status=409)
    deps.woken()
    raise web.HTTPSeeOther(f"{PATH}?kabar={verdict}")
