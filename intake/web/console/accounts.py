"""Every configured account: what it brought, what troubles it, and whether it is paused; pause, resume.

In demo mode (`console.demo`, for a gateway that only its own machine reaches) an account's provider can be played: one
invented letter through its real door.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

import aiohttp
from aiohttp import web
from msgspec import Struct

from complaint_queue.editing import EditableJournal
from intake.alarms.explained import Explained, explained
from intake.control import carry_out
from intake.pausing import Pause, Paused
from intake.reading import questions
from intake.staff.rules import Session
from intake.web.console.door import console_page, form, operators_only, store
from intake.web.deps import DEPS
from intake.web.render import words
from normalizer.errors import KanalError, Misconfigured

PATH = "/konsol/akun"


class Line(Struct, frozen=True, kw_only=True):
    """One account as the page shows it. `messages` are those of seven days."""

    name: str
    adapter: str
    channel: str
    messages: int
    last: datetime | None
    paused: Paused | None
    troubles: tuple[Explained, ...]


def mount(app: web.Application) -> None:
    app.router.add_get(PATH, operators_only(_list))
    app.router.add_post(PATH, operators_only(_act))


async def _list(request: web.Request, _: Session) -> web.StreamResponse:
    done = request.query.get("kabar", "")
    known = ("paused", "resumed", "sent")
    return await _show(request, done=done if done in known else "", about=request.query.get("akun", ""))


async def _show(
    request: web.Request,
    *,
    done: str = "",
    about: str = "",
    problem: str = "",
    said: str = "",
    status: int = 200,
) -> web.StreamResponse:
    deps = request.app[DEPS]
    names = {one.name for one in deps.accounts}
    return await console_page(
        request,
        "konsol_akun.html",
        status=status,
        lines=await _lines(request),
        done=done,
        about=about if about in names else "",
        problem=problem,
        said=said,
        demo=deps.simulate is not None,
    )


async def _lines(request: web.Request) -> list[Line]:
    deps = request.app[DEPS]
    since = deps.clock() - timedelta(days=7)
    brought: dict[str, tuple[int, datetime]] = {}
    for one in await store(request).ask(lambda db: questions.accounts(db, since)):
        count, last = brought.get(one.account, (0, one.last))
        brought[one.account] = (count + one.messages, max(last, one.last))
    paused = deps.pauses.current if deps.pauses else {}
    language = words(request).language
    troubles: dict[str, list[Explained]] = {}
    for name, told in deps.alarms().items():
        account, colon, kind = name.rpartition(": ")
        if colon and kind != "paused":
            troubles.setdefault(account, []).append(explained(name, told, language))
    return [
        Line(
            name=one.name,
            adapter=one.adapter,
            channel=one.channel,
            messages=brought.get(one.name, (0, None))[0],
            last=brought[one.name][1] if one.name in brought else None,
            paused=paused.get(one.name),
            troubles=tuple(troubles.get(one.name, ())),
        )
        for one in sorted(deps.accounts, key=lambda one: one.name)
    ]


async def _act(request: web.Request, session: Session) -> web.StreamResponse:
    fields = await form(request, session)
    deps, account, act = request.app[DEPS], fields.get("account", ""), fields.get("act", "")
    if account not in {one.name for one in deps.accounts}:
        raise web.HTTPBadRequest()
    if act == "simulate":
        return await _simulate(request, session, account)
    if act not in ("pause", "resume") or deps.pauses is None:
        raise web.HTTPBadRequest()
    order = Pause(account=account, paused=act == "pause", reason=fields.get("reason", ""))
    try:
        await carry_out(cast("EditableJournal", deps.journal), deps.staff, session.user.login, order)
    except Misconfigured:
        return await _show(request, about=account, problem="reason", status=422)
    await deps.pauses.load()
    deps.woken()
    raise web.HTTPSeeOther(f"{PATH}?kabar={'paused' if order.paused else 'resumed'}&akun={account}")


async def _simulate(request: web.Request, session: Session, account: str) -> web.StreamResponse:
    """One letter of the account's simulator, through the real door; 404 outside of demo mode."""
    deps = request.app[DEPS]
    if deps.simulate is None:
        raise web.HTTPNotFound
    await deps.staff.audit(session.user.login, "simulated", account)
    try:
        said = await deps.simulate(account)
    except (KanalError, OSError, RuntimeError, ValueError, aiohttp.ClientError) as error:
        return await _show(request, about=account, problem="simulate", said=str(error)[:300], status=422)
    return await _show(request, done="sent", about=account, said=said[:300])
