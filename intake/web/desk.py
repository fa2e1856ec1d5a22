"""The walk-in desk: the form that a clerk fills in with a citizen, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from adapters.shared.form import FILE_BYTES_MAX, FILES_MAX, TEXT_MAX, TEXT_MIN
from adapters.shared.http import read_body
from adapters.shared.multipart import Part, read
from intake.staff.rules import Session
from intake.web import desk_forms, desk_help, desk_offline, guard, regions
from intake.web.deps import DEPS
from intake.web.render import page, words
from intake.web.texts import LANGUAGES
from normalizer.categories import categories
from normalizer.errors import InvalidForm, Unavailable
from normalizer.identity import ticket_day
from normalizer.offices import Office, offices
from normalizer.record import RawEvent

#: Seconds in which a whole form with its photos must have arrived.
BODY_DEADLINE = 180.0
#: Forms that may be in memory at one moment; the others wait their turn.
_AT_ONCE = 4
_TURN: web.AppKey[asyncio.Semaphore] = web.AppKey("desk_turn", asyncio.Semaphore)


def mount(app: web.Application) -> None:
    """Add the routes."""
    app[_TURN] = asyncio.Semaphore(_AT_ONCE)
    app.router.add_get("/loket", guard.staff_only(form_page))
    app.router.add_post("/loket", submit)
    app.router.add_get("/loket/luring/{language}", shell)
    desk_help.mount(app)
    desk_offline.mount(app)


async def form_page(request: web.Request, session: Session) -> web.StreamResponse:
    why = _closed(request, session)
    if why:
        return await page(request, "loket_tutup.html", status=503, why=why)
    response = await _show(request, session, {})
    response.enable_compression()  # nothing that a stranger chose stands beside the form's token
    return response


async def shell(request: web.Request) -> web.StreamResponse:
    """The page as the worker keeps it: nobody's, and only usable where a clerk has signed in before."""
    if request.match_info["language"] not in LANGUAGES:
        raise web.HTTPNotFound
    response = await _show(request, None, {}, shell=request.match_info["language"])
    response.enable_compression()
    response.headers["Cache-Control"] = "no-cache"
    return response


def _closed(request: web.Request, session: Session) -> str:
    """Why nothing could be stored here: the gateway has no `account` for the desk, or the clerk no `office`."""
    if not request.app[DEPS].walkin_account:
        return "account"
    user = session.user
    return "" if user.sees_all_offices or user.office_code in offices() else "office"


async def submit(request: web.Request) -> web.StreamResponse:
    """Store the form, then show its receipt. Whatever goes wrong, what was typed comes back."""
    async with request.app[_TURN]:
        return await _submit(request)


async def _submit(request: web.Request) -> web.StreamResponse:
    deps = request.app[DEPS]
    body = await read_body(request, deps.max_form, BODY_DEADLINE)
    content_type = request.headers.get("Content-Type", "")
    parts = read(body, content_type)
    typed = _typed(parts)
    session = await guard.find_session(request)
    guard.check_origin(request)
    if session is None:
        return await _again(request, None, typed, notice="session", status=401)
    try:
        guard.check_form(request, session, typed.get("csrf", ""))
    except guard.Refused:
        return await _again(request, session, typed, notice="stale", status=403)
    if _closed(request, session):
        return await _again(request, session, typed, notice="closed", status=503)
    try:
        form_id = desk_forms.read_form(deps.secrets, session.user.login, typed.get("form_id", ""))
    except guard.Refused:
        return await _again(request, session, typed, notice="stale", status=403, fresh=True)
    office = _office(session, typed)
    if office is None:
        return await _again(request, session, typed, problems=(("office", "office"),), status=422)
    raw = RawEvent(
        account=deps.walkin_account,
        received_at=deps.clock(),
        body=body,
        method="POST",
        url=deps.public_url + "/loket",
        headers={"content-type": content_type},
        envelope={
            "clerk": session.user.login,
            "office_code": office.code,
            "remote": guard.address_of(request),
            "ticket": form_id.ticket,
        },
    )
    try:
        (fate, *_) = await deps.receive(deps.walkin_account, raw)
    except InvalidForm as error:
        return await _again(request, session, typed, problems=error.problems, status=422)
    except Unavailable as error:
        answer = await _again(request, session, typed, notice="unavailable", status=503)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    if not fate.ticket:
        return await _again(request, session, {}, notice="quarantined", status=202)
    await deps.staff.audit(session.user.login, "walkin_entered", fate.ticket)
    again = "?ulang=1" if fate.outcome == "duplicate" else ""
    place = f"/loket/tanda-terima/{fate.ticket}{again}"
    if _by_script(request):
        return web.json_response({"ticket": fate.ticket, "place": place})
    raise web.HTTPSeeOther(place)


def _by_script(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


async def _again(
    request: web.Request,
    session: Session | None,
    typed: Mapping[str, str],
    *,
    problems: Sequence[tuple[str, str]] = (),
    notice: str = "",
    status: int,
    fresh: bool = False,
) -> web.Response:
    """What is not stored comes back with the reason; a script has kept it, and hears the reason alone."""
    if not _by_script(request):
        return await _show(
            request, session, typed, problems=problems, notice=notice, status=status, fresh=fresh
        )
    t = words(request)
    said = [[field, t(f"problem.{problem}")] for field, problem in problems]
    return web.json_response({"notice": notice, "problems": said}, status=status)


def _typed(parts: Sequence[Part]) -> dict[str, str]:
    """What was typed, to be shown again; of files only their names."""
    typed: dict[str, str] = {}
    for part in parts:
        if part.filename is None:
            typed.setdefault(part.name, part.text)
    chosen = [part.filename for part in parts if part.filename and part.content]
    return {**typed, "files": ", ".join(chosen)}


def _office(session: Session, typed: Mapping[str, str]) -> Office | None:
    """A clerk's own office, whatever the form says; operators and administrators choose."""
    user = session.user
    return offices().get(typed.get("office", "") if user.sees_all_offices else user.office_code)


async def _show(
    request: web.Request,
    session: Session | None,
    typed: Mapping[str, str],
    *,
    problems: Sequence[tuple[str, str]] = (),
    notice: str = "",
    status: int = 200,
    fresh: bool = False,
    shell: str = "",
) -> web.Response:
    """The form with what was typed. A form keeps its id as long as it is not stored, so a resend is safe."""
    deps = request.app[DEPS]
    form_id = "" if fresh else typed.get("form_id", "")
    if session is not None and not form_id:
        form_id = desk_forms.new_form(deps.secrets, session.user.login)
    office = _office(session, typed) if session is not None else None
    response = await page(
        request,
        "loket.html",
        status=status,
        typed={"office": session.user.office_code if session else "", **typed},
        problems=problems,
        wrong=dict(reversed(problems)),
        notice=notice,
        form_id=form_id,
        clerk=desk_forms.clerk_mark(deps.secrets, session.user.login) if session else "",
        host=deps.public_url.partition("://")[2],
        shell=shell,
        fresh=not typed,
        office=office,
        always_confidential=bool(office and office.confidential),
        offices=tuple(offices().values()),
        choose_office=session is None or session.user.sees_all_offices,
        categories=categories(ticket_day(deps.clock())),
        kelurahan=regions.kelurahan_labels(),
        near=desk_help.nearby(session),
        regions=desk_help.regions_of_numbers(),
        limits={
            "text_min": TEXT_MIN, "text_max": TEXT_MAX,
            "files": FILES_MAX, "file_bytes": FILE_BYTES_MAX, "megabytes": FILE_BYTES_MAX // 1024 // 1024,
        },
    )  # fmt: skip
    response.headers["Content-Security-Policy"] = guard.WORKING
    return response
