"""Quarantine: what was authentic and could not be read, raw and error side by side; replay, correct a copy, discard.

The raw event may hold what a citizen wrote: a look at it is noted in the audit log.
"""

from __future__ import annotations

from typing import cast

from aiohttp import web

from complaint_queue.editing import EditableJournal
from complaint_queue.file_port import Files
from intake import quarantine
from intake.staff.rules import Session
from intake.web.console.door import console_page, form, operators_only
from intake.web.deps import DEPS
from normalizer.errors import Damaged, Malformed, Misconfigured

PATH = "/konsol/karantina"
#: Bytes of a raw event that the page shows; all of it is corrected by the command line.
SHOWN = 64 * 1024


def mount(app: web.Application) -> None:
    app.router.add_get(PATH, operators_only(_list))
    app.router.add_get(PATH + r"/{entry:\d{1,19}}", operators_only(_one))
    app.router.add_post(PATH + r"/{entry:\d{1,19}}", operators_only(_act))


async def _list(request: web.Request, _: Session) -> web.StreamResponse:
    entries = await request.app[DEPS].journal.quarantined(limit=200)
    done = request.query.get("kabar", "")
    known = ("replay", "discard", "edit")
    return await console_page(
        request, "konsol_karantina.html", entries=entries, done=done if done in known else ""
    )


async def _one(request: web.Request, session: Session) -> web.StreamResponse:
    return await _show(request, session)


async def _show(
    request: web.Request, session: Session, *, problem: str = "", status: int = 200
) -> web.StreamResponse:
    deps = request.app[DEPS]
    number = int(request.match_info["entry"])
    try:
        view = await quarantine.view(cast("EditableJournal", deps.journal), number)
    except Misconfigured:
        raise web.HTTPNotFound from None
    await deps.staff.audit(session.user.login, "quarantine_looked_at", str(number))
    draft, editable = "", False
    if view.raw is not None:
        try:
            made = await quarantine.Draft.of(view.raw, cast("Files", deps.files))
        except (Damaged, Misconfigured) as error:
            draft = str(error)
        else:
            draft = made.content[:SHOWN].decode("utf-8", "backslashreplace")
            editable = len(made.content) <= SHOWN and _is_text(made.content) and view.entry.state == "held"
    return await console_page(
        request,
        "konsol_karantina_satu.html",
        status=status,
        view=view,
        entry=view.entry,
        draft=draft,
        editable=editable and view.entry.complaint_id is None,
        problem=problem,
    )


async def _act(request: web.Request, session: Session) -> web.StreamResponse:
    deps, number = request.app[DEPS], int(request.match_info["entry"])
    fields = await form(request, session)
    act, reason, who = fields.get("act", ""), fields.get("reason", "")[:500], session.user.login
    journal = cast("EditableJournal", deps.journal)
    try:
        if act == "replay":
            await quarantine.replay(journal, deps.staff, who, number, reason)
        elif act == "discard":
            await quarantine.discard(journal, deps.staff, who, number, reason)
        elif act == "edit":
            await _edit(request, who, number, fields.get("content", ""), reason)
        else:
            raise web.HTTPBadRequest()
    except (Misconfigured, Malformed) as error:
        problem = error.setting if isinstance(error, Misconfigured) else error.field
        return await _show(request, session, problem=problem, status=422)
    deps.woken()
    raise web.HTTPSeeOther(f"{PATH}?kabar={act}")


async def _edit(request: web.Request, who: str, number: int, content: str, reason: str) -> None:
    deps = request.app[DEPS]
    journal, files = cast("EditableJournal", deps.journal), cast("Files", deps.files)
    view = await quarantine.view(journal, number)
    original = await quarantine.original_of(journal, view.entry)
    draft = await quarantine.Draft.of(original, files)
    # A browser sends every line's end as CRLF; the original's own is kept.
    text = content.replace("\r\n", "\n")
    if b"\r\n" in draft.content:
        text = text.replace("\n", "\r\n")
    changed = quarantine.Draft(draft.part, text.encode("utf-8", "surrogateescape"), draft.content_type)
    await quarantine.edit(journal, deps.staff, who, number, await changed.kept(files), reason)


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False
