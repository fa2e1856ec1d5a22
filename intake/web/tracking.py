"""Where a citizen sees how far a complaint has come: by its link or QR code, or by ticket and PIN.

Nothing of the reporter is shown: the stages with their dates, the CRM's number, who has it, what they say. A
ticket alone shows nothing, and a wrong code looks like an unknown one.
"""

from __future__ import annotations

import hmac
from datetime import datetime

from aiohttp import web
from msgspec import Struct

from complaint_queue.journal import ComplaintFile
from complaint_queue.way_out import Progress, Step
from intake.staff.rules import Session, TooManyTries
from intake.web import guard
from intake.web.deps import DEPS
from intake.web.paper import found_by_code, paper_number
from intake.web.render import page
from intake.web.signin import form_of
from normalizer.identity import read_ticket
from normalizer.stages import STAGES

#: A PIN has six digits: ten guesses a day at one ticket find it in a hundred thousand days, evenly spread.
PER_TICKET, DAY = 10, 24 * 3600.0
_PER_ADDRESS, _QUARTER = 60, 15 * 60.0

_AT_THE_DESK = "/loket/lacak"


def mount(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/lacak", ask)
    app.router.add_post("/lacak", by_pin)
    app.router.add_get("/lacak/{code}", by_code)
    app.router.add_get(_AT_THE_DESK, guard.staff_only(at_the_desk))
    app.router.add_post(_AT_THE_DESK, guard.staff_only(at_the_desk))


async def ask(request: web.Request) -> web.StreamResponse:
    return await _ask(request)


async def by_pin(request: web.Request) -> web.StreamResponse:
    deps = request.app[DEPS]
    found = await _by_pin(request, None, guard.address_of(request))
    if isinstance(found, web.Response):
        return found
    raise web.HTTPSeeOther(f"/lacak/{deps.secrets.tracking_code(paper_number(found))}")


async def at_the_desk(request: web.Request, session: Session) -> web.StreamResponse:
    """A clerk looks it up for the citizen who stands there with their paper. Its code stays out of the address."""
    if request.method != "POST":
        return await _ask(request)
    found = await _by_pin(request, session, session.user.login)
    if isinstance(found, web.Response):
        return found
    await request.app[DEPS].staff.audit(session.user.login, "tracked", found.ticket)
    return await _stages(request, found)


async def _by_pin(request: web.Request, session: Session | None, asks: str) -> ComplaintFile | web.Response:
    """The complaint of the ticket and PIN in the form, or the page that says why not. `asks` is who is counted."""
    deps = request.app[DEPS]
    form = await form_of(request)
    written = form.get("ticket", "")[:40]
    try:
        guard.check_form(request, session, form.get("csrf", ""))
        ticket = read_ticket(written) or ""
        pin = "".join(form.get("pin", "").split())
        await deps.staff.guess("track-clerk" if session else "track-address", asks, _PER_ADDRESS, _QUARTER)
        await deps.staff.guess("track-ticket", ticket or written, PER_TICKET, DAY)
    except guard.Refused:
        return await _ask(request, "stale", 403, written)
    except TooManyTries as error:
        answer = await _ask(request, "many", 429, written)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    found = await deps.journal.complaint_by_ticket(ticket) if ticket else None
    expected = deps.secrets.pin(paper_number(found) if found else 0)
    right = hmac.compare_digest(expected.encode(), pin.encode("utf-8", "replace"))
    if found is None or not right:
        return await _ask(request, "wrong", 422, written)
    await deps.staff.forget_guesses("track-ticket", ticket)
    return found


async def _ask(request: web.Request, problem: str = "", status: int = 200, ticket: str = "") -> web.Response:
    return await page(
        request,
        "lacak.html",
        status=status,
        problem=problem,
        ticket=ticket,
        found=None,
        action=_action(request),
    )


def _action(request: web.Request) -> str:
    return _AT_THE_DESK if request.path == _AT_THE_DESK else "/lacak"


async def by_code(request: web.Request) -> web.StreamResponse:
    deps = request.app[DEPS]
    found, to_come = await found_by_code(deps.journal, deps.secrets, request.match_info["code"])
    if found is None and to_come:
        return await _ask(request, "to_come", 404)
    if found is None:
        return await _ask(request, "code", 404)
    return await _stages(request, found)


class Leg(Struct, frozen=True):
    """One stage of the way: when it began (None: not known, or not yet), and what was told while it lasted."""

    stage: str
    begun: datetime | None
    steps: tuple[Step, ...] = ()


def legs(opened_at: datetime, progress: Progress) -> tuple[Leg, ...]:
    """The four stages with their steps in order. What comes late and is lower moves nothing; a word that is no stage
    stands where the complaint was when it was said."""
    reached = max(progress.rank, 1)
    begun: dict[int, datetime] = {0: opened_at}
    told: dict[int, list[Step]] = {}
    at = 0
    for step in progress.steps:
        rank = STAGES.index(step.stage) if step.stage in STAGES else -1
        if at < rank < reached:
            at = rank
            begun[at] = step.at
        told.setdefault(at, []).append(step)
    return tuple(Leg(name, begun.get(rank), tuple(told.get(rank, ()))) for rank, name in enumerate(STAGES))


async def _stages(request: web.Request, found: ComplaintFile) -> web.StreamResponse:
    journal = request.app[DEPS].journal
    progress = await journal.progress(found.complaint_id)
    erased = await journal.erased([found.complaint_id])
    return await page(
        request,
        "lacak.html",
        problem="",
        ticket="",
        found=found,
        erased=erased.get(found.complaint_id),
        action=_action(request),
        progress=progress,
        legs=legs(found.opened_at, progress),
        reached=max(progress.rank, 1),
    )
