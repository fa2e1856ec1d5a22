"""Signing in and out, and setting a password by a one-time link."""

from __future__ import annotations

from aiohttp import web

from intake.staff.rules import (
    PASSWORD_MIN,
    LinkRefused,
    PasswordRefused,
    SignInRefused,
    TooManyTries,
    UserRefused,
)
from intake.web import guard
from intake.web.deps import DEPS
from intake.web.render import page


def mount(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/masuk", sign_in_page)
    app.router.add_post("/masuk", sign_in)
    app.router.add_post("/keluar", sign_out)
    app.router.add_get("/sandi/{token}", password_page)
    app.router.add_post("/sandi/{token}", set_password)


async def form_of(request: web.Request) -> dict[str, str]:
    """The text fields of a small form."""
    if (request.content_length or 0) > 64 * 1024:
        raise web.HTTPRequestEntityTooLarge(64 * 1024, request.content_length or 0)
    return {key: value for key, value in (await request.post()).items() if isinstance(value, str)}


def _next(path: str) -> str:
    """Where to go after signing in: one of our own staff pages, never another site."""
    return path if path.startswith("/loket") and not path.startswith("//") and "\\" not in path else "/loket"


async def sign_in_page(request: web.Request) -> web.StreamResponse:
    if await guard.find_session(request) is not None:
        raise web.HTTPSeeOther(_next(request.query.get("lanjut", "")))
    lanjut = _next(request.query.get("lanjut", ""))
    return await page(request, "masuk.html", problem="", login="", lanjut=lanjut)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """A new session under a new id, whatever id the browser came with."""
    form = await form_of(request)
    lanjut = _next(form.get("lanjut", ""))
    login = form.get("login", "")
    deps = request.app[DEPS]
    try:
        guard.check_form(request, None, form.get("csrf", ""))
        identity, _ = await deps.staff.sign_in(login, form.get("password", ""), guard.address_of(request))
    except (SignInRefused, TooManyTries, guard.Refused) as error:
        many = isinstance(error, TooManyTries)
        problem = "many" if many else "stale" if isinstance(error, guard.Refused) else "wrong"
        response = await page(
            request, "masuk.html", status=error.http_status, problem=problem, login=login, lanjut=lanjut
        )
        if isinstance(error, TooManyTries):
            response.headers["Retry-After"] = str(error.retry_after)
        return response
    if guard.session_id(request):
        await deps.staff.sign_out(guard.session_id(request))
    done = web.Response(status=303, headers={"Location": lanjut})
    guard.set_session(request, done, identity)
    return done


async def sign_out(request: web.Request) -> web.StreamResponse:
    session = await guard.find_session(request)
    form = await form_of(request)
    guard.check_form(request, session, form.get("csrf", ""))
    await request.app[DEPS].staff.sign_out(guard.session_id(request))
    done = web.Response(status=303, headers={"Location": "/masuk?keluar=1", "Clear-Site-Data": '"cache"'})
    guard.end_session(request, done)
    return done


async def password_page(request: web.Request) -> web.StreamResponse:
    return await _password_page(request, "", {})


async def set_password(request: web.Request) -> web.StreamResponse:
    """Use the link up: the password is set and every earlier session of the account ends."""
    form = await form_of(request)
    guard.check_form(request, None, form.get("csrf", ""))
    if form.get("password", "") != form.get("again", ""):
        return await _password_page(request, "again", form)
    try:
        await request.app[DEPS].staff.use_link(
            request.match_info["token"], form.get("password", ""), form.get("login", ""), form.get("name", "")
        )
    except (PasswordRefused, UserRefused) as error:
        return await _password_page(request, error.problem, form)
    except LinkRefused:
        return await _password_page(request, "link", {})
    raise web.HTTPSeeOther("/masuk?sandi=1")


async def _password_page(request: web.Request, problem: str, form: dict[str, str]) -> web.StreamResponse:
    try:
        link = await request.app[DEPS].staff.link(request.match_info["token"])
    except LinkRefused:
        return await page(request, "sandi.html", status=404, link=None, problem="", form={}, least=0)
    status = 422 if problem else 200
    return await page(
        request, "sandi.html", status=status, link=link, problem=problem, form=form, least=PASSWORD_MIN
    )
