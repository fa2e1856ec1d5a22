"""What stands before every page: cookies, CSRF tokens, the origin's check, sessions, security headers.

Tokens are bound to the session (or, before sign-in, to a cookie of its own) by a MAC, so nothing is stored for
them. The headers follow OWASP's Secure Headers; the policy allows no inline script, style or foreign origin.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from intake.staff.rules import Session
from intake.web.deps import DEPS, PageDeps
from intake.web.remote import remote_of
from normalizer.errors import Rejected

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_PRESESSION = "kanal_pra"
_FOUND: web.RequestKey[Session | None] = web.RequestKey("staff_session")
_BEFORE: web.RequestKey[str] = web.RequestKey("before_session", str)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: with it browsers send `Origin: null` with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
}

#: What a page that works by itself may do beside: ask us, and work on another thread or as a service worker.
WORKING = POLICY + "; connect-src 'self'; worker-src 'self'"


class Refused(Rejected):
    """A form that did not come from our own page, or whose token is stale."""

    http_status = 403


def secure_headers(deps: PageDeps, response: web.StreamResponse) -> None:
    """Add what every answer of the pages bears; a page that said otherwise keeps its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if deps.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


def session_id(request: web.Request) -> str:
    return request.cookies.get(cookie_name(request.app[DEPS], "kanal_sesi"), "")


def cookie_name(deps: PageDeps, name: str) -> str:
    """With HTTPS a `__Host-` cookie: no other host or path can set it."""
    return f"__Host-{name}" if deps.secure else name


def set_session(request: web.Request, response: web.StreamResponse, identity: str) -> None:
    _set_cookie(request.app[DEPS], response, "kanal_sesi", identity)


def end_session(request: web.Request, response: web.StreamResponse) -> None:
    deps = request.app[DEPS]
    response.del_cookie(
        cookie_name(deps, "kanal_sesi"), path="/", secure=deps.secure, httponly=True, samesite="Lax"
    )


def _set_cookie(deps: PageDeps, response: web.StreamResponse, name: str, value: str) -> None:
    response.set_cookie(
        cookie_name(deps, name), value, path="/", secure=deps.secure, httponly=True, samesite="Lax"
    )


async def find_session(request: web.Request) -> Session | None:
    """The signed-in member of staff, if there is one; looked up once per request."""
    if _FOUND not in request:
        identity = session_id(request)
        request[_FOUND] = await request.app[DEPS].staff.session(identity) if identity else None
    found: Session | None = request[_FOUND]
    return found


def known_session(request: web.Request) -> Session | None:
    """The session, if this request's page has asked for it; public pages do not."""
    return request.get(_FOUND)


def staff_only(handler: Callable[[web.Request, Session], Awaitable[web.StreamResponse]]) -> Handler:
    """Only for those who are signed in; others go to the sign-in page and come back."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        session = await find_session(request)
        if session is None:
            raise web.HTTPSeeOther("/masuk?lanjut=" + request.path)
        return await handler(request, session)

    return guarded


def csrf_token(request: web.Request, session: Session | None) -> str:
    """The token of this session's forms; before sign-in, of this browser's (see `keep_presession`)."""
    deps = request.app[DEPS]
    if session is not None:
        return deps.secrets.sign("csrf", session.key)
    if _BEFORE not in request:
        given = request.cookies.get(cookie_name(deps, _PRESESSION), "")
        request[_BEFORE] = given if 20 <= len(given) <= 100 else secrets.token_urlsafe(24)
    return deps.secrets.sign("csrf-before", request[_BEFORE])


def keep_presession(request: web.Request, response: web.StreamResponse) -> None:
    """Give the browser the cookie to which its token before sign-in is bound."""
    if _BEFORE in request:
        _set_cookie(request.app[DEPS], response, _PRESESSION, request[_BEFORE])


def check_form(request: web.Request, session: Session | None, token: str) -> None:
    """Raises `Refused` unless the form came from our own page with this browser's token."""
    check_origin(request)
    expected = csrf_token(request, session)
    if not hmac.compare_digest(expected.encode(), token.encode("utf-8", "replace")):
        raise Refused("the form's token is not this session's")


def check_origin(request: web.Request) -> None:
    """What browsers say about where a form comes from: Fetch Metadata, else the Origin header."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Refused("the form comes from another site")
    origin = request.headers.get("Origin")
    if origin is None:
        return
    asked, own = urlsplit(origin), urlsplit(request.app[DEPS].public_url)
    if asked.netloc not in (own.netloc, request.host) or asked.scheme not in ("http", "https"):
        raise Refused("the form comes from another origin")


def address_of(request: web.Request) -> str:
    """The browser's address; behind a trusted proxy, the one that the proxy saw."""
    return remote_of(request, request.app[DEPS].trusted_proxies)
