"""Dead letters: events that the CRM refused or could not take, and statuses that named no ticket of ours.

What one says may be of a citizen: a look at it is noted in the audit log, as is every act. They lie in RabbitMQ, not in
the derived store, so this page needs the broker.
"""

from __future__ import annotations

import contextlib
from typing import cast

import msgspec
from aiohttp import web

from complaint_queue.deadletters import DeadLetter, Which
from intake.staff.rules import Session
from intake.web.console.door import console_page, form, operators_only
from intake.web.deps import DEPS, DeadLetterOffice
from normalizer.errors import Misconfigured, Unavailable

PATH = "/konsol/tertolak"
_ONE = PATH + r"/{which:events|statuses}/{key:[0-9a-f]{12}}"
#: Letters of one queue in the list, and bytes of one that the page shows.
SHOWN, BYTES_SHOWN = 100, 64 * 1024


def mount(app: web.Application) -> None:
    app.router.add_get(PATH, operators_only(_list))
    app.router.add_get(_ONE, operators_only(_one))
    app.router.add_post(_ONE, operators_only(_act))


def _office(request: web.Request) -> DeadLetterOffice:
    """Raises `Unavailable` while no broker is known."""
    found = request.app[DEPS].deadletters()
    if found is None:
        raise Unavailable("no RabbitMQ is known")
    return found


async def _list(request: web.Request, _: Session) -> web.StreamResponse:
    done, away = request.query.get("kabar", ""), False
    boxes: dict[Which, tuple[DeadLetter, ...]] = {"events": (), "statuses": ()}
    try:
        office = _office(request)
        for which in boxes:
            boxes[which] = await office.list(which, SHOWN)
    except Unavailable:
        away = True
    return await console_page(
        request,
        "konsol_tertolak.html",
        status=503 if away else 200,
        boxes=boxes,
        away=away,
        done=done if done in ("replay", "discard") else "",
    )


async def _one(request: web.Request, session: Session) -> web.StreamResponse:
    return await _show(request, session)


async def _show(
    request: web.Request, session: Session, *, problem: str = "", status: int = 200
) -> web.StreamResponse:
    which, key = cast("Which", request.match_info["which"]), request.match_info["key"]
    try:
        letter = await _office(request).find(which, key)
    except Misconfigured:
        raise web.HTTPNotFound from None
    await request.app[DEPS].staff.audit(
        session.user.login, "deadletter_looked_at", letter.message_id or key, {"queue": which}
    )
    return await console_page(
        request,
        "konsol_tertolak_satu.html",
        status=status,
        letter=letter,
        body=_words(letter.body),
        problem=problem,
    )


async def _act(request: web.Request, session: Session) -> web.StreamResponse:
    which, key = cast("Which", request.match_info["which"]), request.match_info["key"]
    fields = await form(request, session)
    act, reason, who = fields.get("act", ""), fields.get("reason", "")[:500], session.user.login
    try:
        if act == "replay":
            await _office(request).replay(which, who, {key}, reason)
        elif act == "discard":
            await _office(request).discard(which, who, {key}, reason)
        else:
            raise web.HTTPBadRequest()
    except Misconfigured as error:
        return await _show(request, session, problem=error.setting, status=422)
    raise web.HTTPSeeOther(f"{PATH}?kabar={act}")


def _words(body: bytes) -> str:
    """The body as people read it; JSON in lines."""
    with contextlib.suppress(msgspec.DecodeError):
        body = msgspec.json.format(body, indent=2)
    return body[:BYTES_SHOWN].decode("utf-8", "backslashreplace")
