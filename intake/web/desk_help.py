"""What helps a clerk while they type: categories that the words may belong to, and what an identity card's number says.

Nothing here is kept, and nothing is decided: the clerk chooses, and the form is read again by `adapters.walkin`.
"""

from __future__ import annotations

from functools import lru_cache

from aiohttp import web

from adapters.walkin.nik import PROVINCES
from intake.staff.rules import Session
from intake.web import guard
from intake.web.deps import DEPS
from intake.web.signin import form_of
from normalizer.gazetteer import kelurahan_table

#: Characters of a text that are looked at; the words that matter come early.
_ENOUGH = 2000


def mount(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/loket/usul", suggest)


async def suggest(request: web.Request) -> web.StreamResponse:
    """`{"codes": […]}`: at most three, the likeliest first. 401 for whoever is not signed in, 403 from elsewhere."""
    session = await guard.find_session(request)
    if session is None:
        return web.json_response({"codes": []}, status=401)
    form = await form_of(request)
    guard.check_form(request, session, form.get("csrf", ""))
    text = form.get("text", "")[:_ENOUGH].strip()
    categories_of = request.app[DEPS].categories_of
    codes = await categories_of(text) if text and categories_of is not None else ()
    return web.json_response({"codes": list(codes)})


@lru_cache(maxsize=1)
def regions_of_numbers() -> str:
    """Where a NIK may have been issued, for the page: `31:Jakarta|317101:Gambir, Jakarta Pusat|…`.

    All provinces, and Jakarta's kecamatan. Codes are those of `adapters.walkin.nik` and the gazetteer.
    """
    known = {f"{code:02d}": name for code, name in PROVINCES.items()}
    for one in kelurahan_table():
        city = one.city.removeprefix("Kota Administrasi ")
        known[one.kecamatan_code.replace(".", "")] = f"{one.kecamatan}, {city}"
    return "|".join(f"{code}:{name}" for code, name in known.items())


def nearby(session: Session | None) -> str:
    """How the labels of the kelurahan around the clerk's office end: `Gambir, Jakarta Pusat`; empty when unknown."""
    code = session.user.office_code if session is not None else ""
    for one in kelurahan_table():
        if code in (one.code, one.kecamatan_code):
            return f"{one.kecamatan}, {one.city.removeprefix('Kota Administrasi ')}"
        if code == one.city_code:
            return one.city.removeprefix("Kota Administrasi ")
    return ""
