"""The public form at `/lapor`: anybody may write, without an account, without scripts, without being tracked.

Against floods stands a proof of work (`adapters.balai_warga.proof`), which the browser does while the citizen types.
Whoever has none, was faster than people type, or filled in a field that nobody sees, is taken all the same: the
report waits until a person has looked at it (`Message.hold`), and the citizen is told so. Nobody's address is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from adapters.balai_warga import proof
from adapters.balai_warga.pressure import Pressure
from adapters.shared.form import FILE_BYTES_MAX, FILES_MAX, TEXT_MAX, TEXT_MIN, text_fields
from adapters.shared.multipart import Part, read
from adapters.shared.room import Room
from complaint_queue.journal import ComplaintFile
from intake.web import guard, regions
from intake.web import qr as qr_code
from intake.web.deps import DEPS, PageDeps
from intake.web.paper import tracking_link
from intake.web.render import page
from normalizer.categories import categories
from normalizer.errors import InvalidForm, Unavailable
from normalizer.identity import decode_id, ticket_day
from normalizer.record import RawEvent

#: A field that no person sees; who fills it in is a program.
HONEYPOT = "situs"
#: Seconds below which nobody fills in a form.
FASTEST = 2
#: Bytes of forms that may be in memory at one moment.
_ROOM = 256 * 1024 * 1024
_BODIES: web.AppKey[Room] = web.AppKey("public_form_room", Room)
_PRESSURE: web.AppKey[Pressure] = web.AppKey("public_form_pressure", Pressure)
#: What this page may do beyond the others: ask where the device is, work on another thread, fetch the map.
_HEADERS = {
    "Permissions-Policy": guard.HEADERS["Permissions-Policy"].replace("geolocation=()", "geolocation=(self)"),
    "Content-Security-Policy": guard.WORKING,
}


def mount(app: web.Application) -> None:
    """Add the routes; none where no account takes what the form brings."""
    deps = app[DEPS]
    if not deps.public_form_account:
        return
    app[_BODIES] = Room(_ROOM)
    app[_PRESSURE] = Pressure(lambda: deps.clock().timestamp())
    app.router.add_get("/lapor", form_page)
    app.router.add_post("/lapor", submit)
    app.router.add_get("/lapor/tanda-terima/{code}", receipt)
    app.router.add_get("/lapor/qr/{code}.svg", qr)


#: So many may wait for a person's eyes; beyond it, a form without proof is asked to come later: whoever can do the
#: proof is let in at once, and a flood cannot bury what waits.
HELD_MOST, CROWDED_FOR = 1000, 900


async def form_page(request: web.Request) -> web.StreamResponse:
    return await _show(request, {})


async def submit(request: web.Request) -> web.StreamResponse:
    """Store the form, then show its receipt. Whatever goes wrong, what was typed comes back."""
    guard.check_origin(request)
    async with request.app[_BODIES].body(request, request.app[DEPS].max_form) as body:
        return await _submit(request, body)


async def _submit(request: web.Request, body: bytes) -> web.StreamResponse:
    deps = request.app[DEPS]
    content_type = request.headers.get("Content-Type", "")
    parts = read(body, content_type)
    typed = {**text_fields(parts), "files": _names(parts)}
    try:
        guard.check_form(request, None, typed.get("csrf", ""))
        form = FormId.read(deps, typed.get("form_id", ""))
    except guard.Refused:
        return await _show(request, typed, notice="stale", status=403)
    hold = _hold(deps, form, typed)
    if hold and (await deps.journal.depths()).triage >= HELD_MOST:
        answer = await _show(request, typed, notice="crowded", status=503)
        answer.headers["Retry-After"] = str(CROWDED_FOR)
        return answer
    raw = RawEvent(
        account=deps.public_form_account,
        received_at=deps.clock(),
        body=body,
        method="POST",
        url=deps.public_url + "/lapor",
        headers={"content-type": content_type},
        envelope={"door": "web", "hold": hold},
    )
    try:
        (fate, *_) = await deps.receive(deps.public_form_account, raw)
    except InvalidForm as error:
        return await _show(request, typed, problems=error.problems, status=422)
    except Unavailable as error:
        answer = await _show(request, typed, notice="unavailable", status=503)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    if not fate.ticket:
        return await _show(request, {}, notice="quarantined", status=202)
    code = deps.secrets.tracking_code(decode_id(fate.complaint_id))
    said = {"ulang": fate.outcome == "duplicate", "ditinjau": bool(hold)}
    query = urlencode({name: "1" for name, holds in said.items() if holds})
    raise web.HTTPSeeOther(f"/lapor/tanda-terima/{code}?{query}".rstrip("?"))


class FormId:
    """A form's number and when it was handed out, as the page carries them: `<number>.<seconds>.<MAC>`."""

    def __init__(self, number: str, issued: int) -> None:
        self.number, self.issued = number, issued

    @classmethod
    def new(cls, deps: PageDeps) -> FormId:
        return cls(secrets.token_urlsafe(18), int(deps.clock().timestamp()))

    @classmethod
    def read(cls, deps: PageDeps, written: str) -> FormId:
        """Raises `Refused` unless the form is one of ours; then the page hands out another."""
        number, _, rest = written.partition(".")
        issued, _, mark = rest.partition(".")
        if not deps.secrets.verify("lapor", f"{number}.{issued}", mark):
            raise guard.Refused("the form is none of ours")
        return cls(number, int(issued))

    def written(self, deps: PageDeps) -> str:
        mark = deps.secrets.sign("lapor", f"{self.number}.{self.issued}")
        return f"{self.number}.{self.issued}.{mark}"


def _hold(deps: PageDeps, form: FormId, typed: Mapping[str, str]) -> str:
    """Why a person has to look first; empty when nobody has to."""
    if typed.get(HONEYPOT, ""):
        return "honeypot"
    if deps.clock().timestamp() - form.issued < FASTEST:
        return "filled_too_fast"
    proved = _genuine(deps, form, typed) and proof.solved(typed.get("challenge", ""), typed.get("proof", ""))
    return "" if proved else "no_proof_of_work"


def _genuine(deps: PageDeps, form: FormId, typed: Mapping[str, str]) -> bool:
    sign = partial(deps.secrets.sign, "lapor.challenge")
    return proof.genuine(sign, form.number, typed.get("challenge", ""), deps.clock().timestamp())


def _challenge(request: web.Request, form: FormId, typed: Mapping[str, str]) -> str:
    """The challenge that the form came with, as long as it holds: nobody works twice for one report."""
    deps = request.app[DEPS]
    if _genuine(deps, form, typed):
        return typed["challenge"]
    difficulty = request.app[_PRESSURE].difficulty(guard.address_of(request))
    sign = partial(deps.secrets.sign, "lapor.challenge")
    return proof.issue(sign, form.number, difficulty, deps.clock().timestamp())


def _names(parts: Sequence[Part]) -> str:
    """Of files, only the names can be shown again."""
    return ", ".join(part.filename for part in parts if part.filename and part.content)


async def _show(
    request: web.Request,
    typed: Mapping[str, str],
    *,
    problems: Sequence[tuple[str, str]] = (),
    notice: str = "",
    status: int = 200,
) -> web.Response:
    """The form with what was typed. A form keeps its id as long as it is not stored, so a resend is safe."""
    deps = request.app[DEPS]
    try:
        form = FormId.read(deps, typed.get("form_id", ""))
    except guard.Refused:
        form = FormId.new(deps)
    challenge = _challenge(request, form, typed)
    response = await page(
        request,
        "lapor.html",
        status=status,
        typed=typed,
        problems=problems,
        wrong=dict(reversed(problems)),
        notice=notice,
        form_id=form.written(deps),
        challenge=challenge,
        proof=typed.get("proof", "") if challenge == typed.get("challenge") else "",
        honeypot=HONEYPOT,
        categories=categories(ticket_day(deps.clock())),
        kelurahan=regions.kelurahan_labels(),
        regions=regions.address(deps),
        limits={
            "text_min": TEXT_MIN, "text_max": TEXT_MAX,
            "files": FILES_MAX, "file_bytes": FILE_BYTES_MAX, "megabytes": FILE_BYTES_MAX // 1024 // 1024,
        },
    )  # fmt: skip
    response.headers.update(_HEADERS)
    return response


async def _complaint(request: web.Request) -> ComplaintFile:
    """The complaint of the address's tracking code, which its reporter alone has: 404 for any other."""
    deps = request.app[DEPS]
    complaint_id = deps.secrets.read_tracking_code(request.match_info["code"])
    found = await deps.journal.complaint(complaint_id) if complaint_id is not None else None
    if found is None or found.account != deps.public_form_account:
        raise web.HTTPNotFound
    return found


async def receipt(request: web.Request) -> web.StreamResponse:
    deps = request.app[DEPS]
    found = await _complaint(request)
    return await page(
        request,
        "lapor_terima.html",
        ticket=found.ticket,
        opened_at=found.opened_at,
        pin=deps.secrets.pin(found.complaint_id),
        code=deps.secrets.tracking_code(found.complaint_id),
        link=tracking_link(deps, found.complaint_id),
        host=deps.public_url.partition("://")[2],
        again=request.query.get("ulang") == "1",
        held=request.query.get("ditinjau") == "1",
    )


async def qr(request: web.Request) -> web.StreamResponse:
    found = await _complaint(request)
    return qr_code.drawn(tracking_link(request.app[DEPS], found.complaint_id))
