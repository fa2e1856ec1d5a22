"""What lets the desk go on without network: its page without anybody's data, a worker that keeps it, and tickets.

The worker's scope is the desk alone. Its cache bears the version of everything that the page is made of, so a browser
never shows a page of another version than its scripts, and fetches all of it anew after an upgrade.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from functools import lru_cache

import segno
from aiohttp import web

from intake.staff.rules import Session
from intake.web import desk_forms, guard, texts
from intake.web.deps import DEPS, PageDeps
from intake.web.paper import ticket_number, tracking_link
from intake.web.render import FOLDER, STATIC, asset, source
from intake.web.signin import form_of
from intake.web.texts import LANGUAGES
from normalizer.gazetteer import kelurahan_table
from normalizer.identity import ticket_day
from normalizer.offices import offices

#: Tickets of one block, and how many blocks a clerk may have in an hour: a desk sees some forty people a day.
BLOCK = 20
_BLOCKS, _HOUR = 20, 3600.0
#: What the page asks for, its modules beside.
_FILES = ("kanal.css", "lambang.svg", "loket.js")
_BESIDE = "fonts/plus-jakarta-sans.woff2"


def mount(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/loket/pekerja.js", worker)
    app.router.add_get("/loket/keadaan", state)
    app.router.add_post("/loket/nomor", reserve)


async def state(request: web.Request) -> web.StreamResponse:
    """Who sits here, as the page keeps it: name, office, the key of what is stored in the browser, a form token.

    401 without a session: then nothing is sent, and nothing lost.
    """
    session = await guard.find_session(request)
    if session is None:
        return web.json_response({}, status=401)
    deps, user = request.app[DEPS], session.user
    office = offices().get(user.office_code)
    return web.json_response(
        {
            "clerk": desk_forms.clerk_mark(deps.secrets, user.login),
            "key": desk_forms.store_key(deps.secrets, user.login),
            "csrf": guard.csrf_token(request, session),
            "office": office.name if office else "",
            "confidential": bool(office and office.confidential),
            "chooses": user.sees_all_offices,
            "day": ticket_day(deps.clock()).isoformat(),
        }
    )


async def reserve(request: web.Request) -> web.StreamResponse:
    """A block of tickets for this clerk's entries; what is not used is a gap in the day's count and nothing else.

    `{"day", "tickets": [{"ticket", "form_id", "pin", "link", "qr"}]}`; `qr` is its modules, row by row, one bit each.
    401 without a session, 403 for a stale token, 429 after too many.
    """
    session = await guard.find_session(request)
    if session is None:
        return web.json_response({}, status=401)
    form = await form_of(request)
    guard.check_form(request, session, form.get("csrf", ""))
    deps, login = request.app[DEPS], session.user.login
    await deps.staff.guess("desk-tickets", login, _BLOCKS, _HOUR)
    day = ticket_day(deps.clock()).isoformat()
    tickets = await deps.journal.reserve(day, BLOCK)
    await deps.staff.audit(login, "tickets_reserved", tickets[0], {"to": tickets[-1]})
    return web.json_response({"day": day, "tickets": [_paper(deps, session, one) for one in tickets]})


def _paper(deps: PageDeps, session: Session, ticket: str) -> dict[str, object]:
    number = ticket_number(ticket)
    link = tracking_link(deps, number)
    return {
        "ticket": ticket,
        "form_id": desk_forms.reserved_form(deps.secrets, session.user.login, ticket),
        "pin": deps.secrets.pin(number),
        "link": link,
        "qr": _modules(link),
    }


def _modules(link: str) -> str:
    """The QR code as base64 of its bits, row by row from the first; a page draws it as it is."""
    bits = "".join("1" if dark else "0" for row in segno.make_qr(link, error="m").matrix for dark in row)
    padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return b64encode(int(padded, 2).to_bytes(len(padded) // 8, "big")).decode()


async def worker(request: web.Request) -> web.StreamResponse:
    """The service worker, with the list of what it keeps written on top."""
    language = request.query.get("bahasa", "id")
    if language not in LANGUAGES:
        raise web.HTTPNotFound
    body = f"const KEPT = {json.dumps(kept(language))};\n{source('pekerja.js')}"
    response = web.Response(text=body, content_type="text/javascript", charset="utf-8")
    response.headers["Service-Worker-Allowed"] = "/loket"
    response.headers["Content-Security-Policy"] = guard.WORKING
    response.headers["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=len(LANGUAGES))
def kept(language: str) -> dict[str, object]:
    """`version`, the page's address, and every file that it needs."""
    modules = sorted({*_FILES, *_modules_of("loket.js")})
    files = [asset(name) for name in modules]
    page = f"/loket/luring/{language}"
    # The page's words and lists are part of the version: the fingerprint is over all that it is made of.
    made_of = hashlib.sha256("".join((*files, asset(_BESIDE), *_sources())).encode())
    return {
        "version": f"loket-{language}-{made_of.hexdigest()[:12]}",
        "page": page,
        "files": [*files, f"/statis/{_BESIDE}"],
    }


def _modules_of(name: str) -> set[str]:
    """The modules that this one asks for, and theirs."""
    found = {other for other in STATIC if f"/{other}?v=" in source(name)}
    return found.union(*(_modules_of(other) for other in found)) if found else set()


def _sources() -> list[str]:
    """The templates and words behind the page, and the tables that fill its lists."""
    files = [*sorted((FOLDER / "templates").glob("*.html")), *sorted(texts.FOLDER.glob("*.toml"))]
    tables = [
        repr([office.name for office in offices().values()]),
        repr([one.code for one in kelurahan_table()]),
    ]
    return [*(path.read_text(encoding="utf-8") for path in files), *tables]
