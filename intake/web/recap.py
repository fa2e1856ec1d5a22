"""A day at the desk, to print or to take along as CSV: what came, about what, where, and how far it is.

Nobody's name, contact or words are in it. Of a confidential complaint there is its ticket and nothing more.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, datetime, timedelta

import msgspec
from aiohttp import web
from msgspec import Struct

from intake.staff.rules import Session
from intake.web import guard
from intake.web.deps import DEPS
from intake.web.render import page, words
from intake.web.texts import Words
from normalizer.categories import categories
from normalizer.identity import ticket_day
from normalizer.offices import offices
from normalizer.record import Complaint

#: Entries that are looked through (a month of one office has fewer), and how far back a day may lie.
_MOST, _DAYS = 2000, 31
#: What a spreadsheet takes for the beginning of a formula; also behind white space, and in its wide forms.
_FORMULA = tuple("=+-@|%\t\r\n\uff1d\uff0b\uff0d\uff20")


class Line(Struct, frozen=True):
    """One entry, in the visitor's language."""

    at: datetime
    ticket: str
    counter: str
    category: str
    place: str
    stage: str
    files: int
    confidential: bool


def mount(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/loket/rekap", guard.staff_only(recap))
    app.router.add_get("/loket/rekap.csv", guard.staff_only(export))


async def recap(request: web.Request, session: Session) -> web.StreamResponse:
    day, today = _days(request)
    lines, cut = await _lines(request, session, day)
    office = offices().get(session.user.office_code)
    return await page(
        request,
        "rekap.html",
        lines=lines,
        cut=cut,
        day=day,
        before=day - timedelta(days=1) if today - day < timedelta(days=_DAYS) else None,
        after=day + timedelta(days=1) if day < today else None,
        office=office.name if office else "",
        confidential=sum(line.confidential for line in lines),
        with_files=sum(line.files > 0 for line in lines),
        by_category=Counter(line.category for line in lines if line.category).most_common(),
        by_place=Counter(line.place for line in lines if line.place).most_common(),
    )


async def export(request: web.Request, session: Session) -> web.StreamResponse:
    """The same as CSV (RFC 4180, UTF-8 with a mark, as spreadsheets want it)."""
    day, _ = _days(request)
    t = words(request)
    lines, _ = await _lines(request, session, day)
    await request.app[DEPS].staff.audit(session.user.login, "recap_exported", day.isoformat())
    out = io.StringIO()
    table = csv.writer(out, quoting=csv.QUOTE_ALL)
    names = ("time", "ticket", "channel", "category", "kelurahan", "stage", "files", "confidential")
    table.writerow([neutral(t(f"recap.{name}")) for name in names])
    for one in lines:
        row = (t.moment(one.at), one.ticket, one.counter, one.category, one.place, one.stage, str(one.files))
        secret = t("recap.yes") if one.confidential else ""
        table.writerow([neutral(cell) for cell in (*row, secret)])
    return web.Response(
        body=out.getvalue().encode("utf-8-sig"),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="rekap-{day.isoformat()}.csv"',
        },
    )


def neutral(cell: str) -> str:
    """The cell so that no spreadsheet calculates it (OWASP, CSV injection)."""
    return f"'{cell}" if cell.lstrip(" \u00a0").startswith(_FORMULA) else cell


def _days(request: web.Request) -> tuple[date, date]:
    """The day that is asked for, and today; a day that cannot be is today."""
    today = ticket_day(request.app[DEPS].clock())
    try:
        day = date.fromisoformat(request.query.get("hari", ""))
    except ValueError:
        return today, today
    return (day if timedelta() <= today - day <= timedelta(days=_DAYS) else today), today


async def _lines(request: web.Request, session: Session, day: date) -> tuple[list[Line], int]:
    """The day's entries of one's own office, the earliest first; of all counters for who sees all offices.

    And how many complaints were looked through, where the day may have had more; else 0.
    """
    deps, user, t = request.app[DEPS], session.user, words(request)
    mine = None if user.sees_all_offices else user.office_code or "-"
    rows = await deps.journal.recent(mine, limit=_MOST, hidden_from=user.office_code)
    labels = {c.code: c.label_en if t.language == "en" else c.label_id for c in categories(day)}
    lines = []
    for ticket, at, channel in rows:
        if ticket_day(at) != day:
            continue
        found = await deps.journal.complaint_by_ticket(ticket)
        if found is None or found.account != deps.walkin_account:
            continue
        record = msgspec.msgpack.decode(found.record, type=Complaint) if found.record else None
        stage = (await deps.journal.progress(found.complaint_id)).stage
        lines.append(_line(t, ticket, at, channel, record, stage, labels))
    cut = _MOST if len(rows) == _MOST and ticket_day(rows[-1][1]) >= day else 0
    return sorted(lines, key=lambda line: (line.at, line.ticket)), cut


def _line(
    t: Words,
    ticket: str,
    at: datetime,
    channel: str,
    record: Complaint | None,
    stage: str,
    labels: dict[str, str],
) -> Line:
    secret = record is not None and record.confidential
    shown = None if secret else record
    code = shown.categories[0].code if shown is not None and shown.categories else ""
    place = shown.place if shown is not None else None
    region = (place.kelurahan or place.kecamatan or place.city) if place is not None else None
    return Line(
        at=at,
        ticket=ticket,
        counter=t(f"channel.{channel}"),
        category=labels.get(code, code),
        place=region.name if region is not None else "",
        stage=t(f"stage.{(stage or 'menunggu').lower()}"),
        files=len(shown.attachments) if shown is not None else 0,
        confidential=secret,
    )
