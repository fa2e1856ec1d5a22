"""Finding a complaint: by ticket, by words, by the person behind an address; and the whole way of one.

A search by a person, and every look at one complaint, is noted in the audit log. The address that was typed is not:
the log holds no citizen's data.
"""

from __future__ import annotations

from aiohttp import web

from intake.reading import questions
from intake.reading.questions import Row
from intake.staff.rules import Session
from intake.web.console.door import console_page, operators_only, store
from intake.web.deps import DEPS
from normalizer.gazetteer import kelurahan_table
from normalizer.identity import read_ticket
from normalizer.numbers import to_e164

PATH = "/konsol/cari"
PAGE = 30
_LONGEST = 200


def mount(app: web.Application) -> None:
    app.router.add_get(PATH, operators_only(_search))
    app.router.add_get("/konsol/aduan/{ticket}", operators_only(_one))


async def _search(request: web.Request, session: Session) -> web.StreamResponse:
    typed = request.query.get("q", "").strip()[:_LONGEST]
    person = request.query.get("menurut", "") == "pengirim"
    before = request.query.get("sebelum", "")
    start = int(before) if before.isdecimal() and len(before) < 20 else 0
    ticket = read_ticket(typed)
    rows: list[Row] = []
    if ticket and not person:
        raise web.HTTPSeeOther(f"/konsol/aduan/{ticket}")
    if typed and person:
        rows = await _of_person(request, session, typed)
    elif typed:
        hidden = session.user.office_code
        rows = await store(request).ask(
            lambda db: questions.by_words(db, typed, before=start, limit=PAGE + 1, hidden_from=hidden)
        )
    return await console_page(
        request,
        "konsol_cari.html",
        typed=typed,
        person=person,
        rows=rows[:PAGE],
        more=rows[PAGE - 1].complaint_id if len(rows) > PAGE else 0,
    )


async def _of_person(request: web.Request, session: Session, typed: str) -> list[Row]:
    """By the keyed hash under which each adapter knows this address; the address itself is nowhere stored."""
    deps = request.app[DEPS]
    spellings = {typed, typed.lower(), to_e164(typed) or typed}
    hashes = [
        deps.secrets.person(adapter, spelling).hex()
        for adapter in deps.adapter_names
        for spelling in spellings
    ]
    await deps.staff.audit(session.user.login, "searched_person", "")
    if not hashes:
        return []
    hidden = session.user.office_code
    return await store(request).ask(
        lambda db: questions.by_reporters(db, hashes, limit=PAGE, hidden_from=hidden)
    )


async def _one(request: web.Request, session: Session) -> web.StreamResponse:
    ticket = read_ticket(request.match_info["ticket"])
    hidden = session.user.office_code
    row = None
    if ticket is not None:
        row = await store(request).ask(lambda db: questions.by_ticket(db, ticket, hidden))
    if row is None:
        return await console_page(request, "konsol_aduan.html", status=404, row=None, story=(), region="")
    await request.app[DEPS].staff.audit(session.user.login, "looked_at", row.ticket)
    story = await store(request).ask(lambda db: questions.story(db, row.complaint_id))
    code = row.kelurahan or row.kecamatan
    names = {one.code: f"{one.name}, {one.kecamatan}" for one in kelurahan_table()}
    names |= {one.kecamatan_code: one.kecamatan for one in kelurahan_table()}
    return await console_page(
        request, "konsol_aduan.html", row=row, story=story, region=names.get(code, code)
    )
