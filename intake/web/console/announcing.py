"""The word for the day: what every citizen reads on the pages and in acknowledgements, on the night of a flood."""

from __future__ import annotations

from aiohttp import web

from intake.banner import LONGEST, Banner, clear_banner, read_banner, write_banner
from intake.staff.audit import noted
from intake.staff.rules import Session
from intake.web.console.door import console_page, form, operators_only
from intake.web.deps import DEPS
from normalizer.errors import Malformed

PATH = "/konsol/pengumuman"


def mount(app: web.Application) -> None:
    app.router.add_get(PATH, operators_only(_page))
    app.router.add_post(PATH, operators_only(_act))


async def _page(request: web.Request, _: Session) -> web.StreamResponse:
    done = request.query.get("kabar", "")
    return await _show(request, done=done if done in ("set", "clear") else "")


async def _show(
    request: web.Request, *, typed: Banner | None = None, done: str = "", problem: str = "", status: int = 200
) -> web.StreamResponse:
    now = read_banner(request.app[DEPS].folder)
    return await console_page(
        request,
        "konsol_pengumuman.html",
        status=status,
        now=now,
        typed=typed or now,
        done=done,
        problem=problem,
        longest=LONGEST,
    )


async def _act(request: web.Request, session: Session) -> web.StreamResponse:
    fields = await form(request, session)
    deps, act, who = request.app[DEPS], fields.get("act", ""), session.user.login
    if act == "clear":
        async with noted(deps.staff, who, "banner_cleared", ""):
            clear_banner(deps.folder)
    elif act == "set":
        wanted = Banner(fields.get("text", ""), fields.get("english", ""))
        try:
            async with noted(deps.staff, who, "banner_set", "", {"text": wanted.indonesian[:LONGEST]}):
                write_banner(deps.folder, wanted)
        except Malformed as error:
            return await _show(request, typed=wanted, problem=error.field, status=422)
    else:
        raise web.HTTPBadRequest()
    raise web.HTTPSeeOther(f"{PATH}?kabar={act}")
