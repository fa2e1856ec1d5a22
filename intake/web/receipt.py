"""The receipt that the citizen takes home, its QR code, and the day's list to print it again.

What is about an office is not shown to it: neither receipt, nor QR code, nor a line in its list. Only the clerk who
typed it gets the paper for the citizen, for an hour.
"""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from complaint_queue.journal import ComplaintFile
from intake.staff.rules import Session, User
from intake.web import guard
from intake.web import qr as qr_code
from intake.web.deps import DEPS, PageDeps
from intake.web.paper import paper_number, tracking_link
from intake.web.render import page
from normalizer.identity import read_ticket, ticket_day
from normalizer.offices import offices, overseen_by

#: How long a clerk may print what they entered about their own office.
_PAPER = timedelta(hours=1)
_COUNTERS = frozenset(
    ("kantor_kelurahan", "kantor_kecamatan", "kantor_walikota", "kantor_inspektorat", "balai_kota")
)


def mount(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/loket/tanda-terima/{ticket}", guard.staff_only(receipt))
    app.router.add_get("/loket/qr/{ticket}.svg", guard.staff_only(qr))
    app.router.add_get("/loket/hari-ini", guard.staff_only(today))


async def own_complaint(request: web.Request, session: Session) -> ComplaintFile:
    """The complaint of the address. Another office's is as absent as one that never was: 404."""
    deps = request.app[DEPS]
    ticket = read_ticket(request.match_info["ticket"])
    found = await deps.journal.complaint_by_ticket(ticket) if ticket else None
    user = session.user
    if found is None or not _may_see(found, user, deps):
        raise web.HTTPNotFound
    return found


def _may_see(found: ComplaintFile, user: User, deps: PageDeps) -> bool:
    if found.against_office and found.against_office == user.office_code:
        clerk = found.messages[0].message.clerk_id if found.messages else ""
        return clerk == user.login and deps.clock() - found.opened_at <= _PAPER
    return user.sees_all_offices or _own(found, deps, user.office_code)


def _own(found: ComplaintFile, deps: PageDeps, office_code: str) -> bool:
    return bool(office_code) and found.account == deps.walkin_account and found.office_code == office_code


async def receipt(request: web.Request, session: Session) -> web.StreamResponse:
    deps = request.app[DEPS]
    found = await own_complaint(request, session)
    await deps.staff.audit(session.user.login, "receipt_shown", found.ticket)
    office = offices().get(found.office_code)
    code = deps.secrets.tracking_code(paper_number(found))
    return await page(
        request,
        "tanda_terima.html",
        ticket=found.ticket,
        opened_at=found.opened_at,
        office=office.name if office else "",
        pin=deps.secrets.pin(paper_number(found)),
        link=tracking_link(deps, paper_number(found)),
        code=code,
        host=deps.public_url.partition("://")[2],
        thermal=request.query.get("ukuran") == "58",
        again=request.query.get("ulang") == "1",
    )


async def qr(request: web.Request, session: Session) -> web.StreamResponse:
    found = await own_complaint(request, session)
    return qr_code.drawn(tracking_link(request.app[DEPS], paper_number(found)))


async def today(request: web.Request, session: Session) -> web.StreamResponse:
    """Today's entries of one's own office, of all for operators and administrators; and what is about offices below.

    Of the latter the number alone: the citizen's receipt is for the counter where it was asked for.
    """
    deps = request.app[DEPS]
    user = session.user
    mine = None if user.sees_all_offices else user.office_code or "-"
    rows = await deps.journal.recent(mine, limit=500, hidden_from=user.office_code)
    overseen = await deps.journal.about(overseen_by(user.office_code), limit=100)
    day = ticket_day(deps.clock())
    entries = [row for row in rows if ticket_day(row[1]) == day and row[2] in _COUNTERS]
    office = offices().get(user.office_code)
    about = [(ticket, at, offices()[code].name) for ticket, at, code in overseen if code in offices()]
    return await page(
        request,
        "hari_ini.html",
        entries=entries,
        about=about,
        office=office.name if office else "",
        day=deps.clock(),
    )
