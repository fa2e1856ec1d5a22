"""Templates become answers: language, navigation, tokens and the stylesheet's name are filled in here."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from intake.banner import read_banner
from intake.web import guard
from intake.web.deps import DEPS
from intake.web.texts import LANGUAGES, Words

FOLDER = Path(__file__).parent
STATIC = {
    "kanal.css": "text/css",
    "betulkan.js": "text/javascript",
    "bukti.js": "text/javascript",
    "isian.js": "text/javascript",
    "lapor.js": "text/javascript",
    "loket.js": "text/javascript",
    "antre.js": "text/javascript",
    "foto.js": "text/javascript",
    "keluar.js": "text/javascript",
    "nik.js": "text/javascript",
    "pekerja.js": "text/javascript",
    "perangkat.js": "text/javascript",
    "sementara.js": "text/javascript",
    "simpan.js": "text/javascript",
    "usul.js": "text/javascript",
    "terkirim.js": "text/javascript",
    "cetak.js": "text/javascript",
    "konsol.js": "text/javascript",
    "peta.js": "text/javascript",
    "pilihan.js": "text/javascript",
    "tempat.js": "text/javascript",
    "lambang.svg": "image/svg+xml",
    "fonts/plus-jakarta-sans.woff2": "font/woff2",
}

#: How a module asks for another one.
_IMPORT = re.compile(rb'(\bfrom ")\./([\w-]+\.js)(?=";)')


@lru_cache(maxsize=1)
def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    found.globals["asset"] = asset
    return found


@lru_cache(maxsize=len(STATIC))
def _static(name: str) -> tuple[bytes, bytes, str]:
    """The file, the same packed (empty where that saves nothing), and its mark.

    A module asks for others by their marks, so none ever meets one of another version.
    """
    content = (FOLDER / "static" / name).read_bytes()
    if STATIC[name] == "text/javascript":
        content = _IMPORT.sub(lambda found: found[1] + asset(found[2].decode()).encode(), content)
    packed = gzip.compress(content, 9, mtime=0)
    return (
        content,
        packed if len(packed) < len(content) * 0.9 else b"",
        hashlib.sha256(content).hexdigest()[:12],
    )


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for ever."""
    return f"/statis/{name}?v={_static(name)[2]}"


def source(name: str) -> str:
    """A script as it is served."""
    return _static(name)[0].decode()


async def static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in STATIC:
        raise web.HTTPNotFound
    content, packed, mark = _static(name)
    response = web.Response(body=content, headers={"Content-Type": STATIC[name], "Vary": "Accept-Encoding"})
    # These hold nobody's secret, so nothing can be guessed from their length; pages themselves are never packed here.
    if packed and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.body = packed
        response.headers["Content-Encoding"] = "gzip"
    current = request.query.get("v") == mark
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    return response


def words(request: web.Request) -> Words:
    """The visitor's language: asked for in the address, else the cookie, else Indonesian."""
    for wanted in (
        request.match_info.get("language"),
        request.query.get("bahasa"),
        request.cookies.get("bahasa"),
    ):
        if wanted in LANGUAGES:
            return Words(wanted)
    return Words("id")


def fragment(template: str, t: Words, **values: object) -> Markup:
    """A part of a page that is the same for all who read its language; any thread may make it."""
    return Markup(_templates().get_template(template).render(t=t, **values))  # noqa: S704 - escaped by the template


async def page(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """One rendered page."""
    t = words(request)
    session = guard.known_session(request)
    token = guard.csrf_token(request, session)
    # Staff need no announcement to citizens, and what a clerk's browser keeps for later would keep an old one.
    staff = session is not None or request.path.startswith("/loket")
    banner = "" if staff else read_banner(request.app[DEPS].folder).words(t.language)
    html = (
        _templates()
        .get_template(template)
        .render(
            t=t, session=session, csrf=token, path=request.path, query=request.query, banner=banner, **values
        )
    )
    # HTML has no NUL (13.2.3.5): what somebody typed comes back as browsers would show it.
    html = html.replace("\x00", "\ufffd")
    response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
    if session is None:
        guard.keep_presession(request, response)
    if request.query.get("bahasa") in LANGUAGES:
        response.set_cookie("bahasa", t.language, max_age=31536000, path="/", samesite="Lax")
    return response
