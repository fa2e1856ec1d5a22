"""The console's first page: how much comes in, what waits, how every account is, as of this moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import web
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from intake.alarms.explained import Explained, explained
from intake.reading import questions
from intake.reading.questions import AccountNews, Row, Slot
from intake.staff.rules import Session
from intake.web.console.charts import Chart, Series, stacked
from intake.web.console.door import console_page, operators_only, store
from intake.web.console.live import LIVE
from intake.web.console.shared import SHARED
from intake.web.deps import DEPS, PageDeps
from intake.web.render import fragment, words
from intake.web.texts import LANGUAGES, Words
from normalizer.identity import JAKARTA

#: What a chart shows: seconds of a slot, how many, and how many lie between two labels.
SPANS = {"jam": (60, 60, 10), "hari": (3600, 24, 4), "bulan": (86400, 30, 5)}
#: Channels with a colour of their own; the rest are one.
COLOURS = 6


class Now(Struct, frozen=True, kw_only=True):
    """The numbers that change by themselves. `oldest` is told in each language, delays in milliseconds."""

    at: datetime
    minute: int
    hour: int
    today: int
    backlog: int
    oldest: dict[str, str]
    half: int | None
    most: int | None
    triage: int
    quarantined: int
    replies_waiting: int
    replies_failed: int
    alarms: dict[str, dict[str, Explained]]
    """By the alarm's name, in each language."""


def mount(app: web.Application) -> None:
    app.router.add_get("/konsol", operators_only(_board))
    app.router.add_get("/konsol/grafik", operators_only(_chart_alone))
    app.router.add_get("/konsol/langsung", operators_only(_live))


async def now_of(app: web.Application) -> Now:
    """The numbers as of now."""
    deps = app[DEPS]
    numbers = await app[SHARED].get("now", lambda: _numbers(deps))
    told = deps.alarms().items()
    alarms = {
        name: {language: explained(name, words, language) for language in LANGUAGES} for name, words in told
    }
    return replace(numbers, alarms=alarms)


async def _numbers(deps: PageDeps) -> Now:
    """All but the alarms, which are nobody's guess: those are told as they are."""
    assert deps.reading is not None  # noqa: S101 - the console is open
    at = deps.clock()
    midnight = at.astimezone(JAKARTA).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)

    def ask(
        db: sqlite3.Connection,
    ) -> tuple[int, int, int, questions.Backlog, questions.Delays, int, dict[str, int]]:
        slots = questions.rate(db, at - timedelta(hours=1), 60)
        last = int((at - timedelta(minutes=1)).timestamp()) // 60 * 60
        today = questions.rate(db, midnight, 3600)
        return (
            sum(s.messages for s in slots if s.start == last),
            sum(s.messages for s in slots),
            sum(s.messages for s in today),
            questions.backlog(db),
            questions.delays(db, at - timedelta(minutes=15)),
            questions.count_waiting(db),
            questions.reply_states(db, at - timedelta(days=1)),
        )

    minute, hour, day, backlog, delays, waiting, replies = await deps.reading.ask(ask)
    age = (at - backlog.oldest).total_seconds() if backlog.oldest else 0.0
    return Now(
        at=at,
        minute=minute,
        hour=hour,
        today=day,
        backlog=backlog.waiting,
        oldest={language: Words(language).span(age) for language in LANGUAGES},
        half=delays.half,
        most=delays.most,
        triage=waiting,
        quarantined=(await deps.journal.depths()).quarantined,
        replies_waiting=replies.get("waiting", 0) + replies.get("sending", 0),
        replies_failed=sum(replies.get(name, 0) for name in ("refused", "unknown", "failed")),
        alarms={},
    )


async def _board(request: web.Request, session: Session) -> web.StreamResponse:
    span = request.query.get("rentang", "jam")
    span = span if span in SPANS else "jam"
    hidden, asked = session.user.office_code, store(request)
    at = request.app[DEPS].clock()

    def lists(db: sqlite3.Connection) -> tuple[list[AccountNews], dict[str, int], list[Row]]:
        return (
            questions.accounts(db, at - timedelta(days=7)),
            questions.stages(db, at - timedelta(days=30)),
            questions.newest(db, limit=8, hidden_from=hidden),
        )

    accounts, stages, newest = await request.app[SHARED].get(("lists", hidden), lambda: asked.ask(lists))
    return await console_page(
        request,
        "konsol.html",
        now=await now_of(request.app),
        span=span,
        spans=tuple(SPANS),
        chart=await _chart(request, span),
        accounts=accounts,
        silent={
            name.removesuffix(": silent") for name in request.app[DEPS].alarms() if name.endswith(": silent")
        },
        stages=stages,
        newest=newest,
    )


async def _chart_alone(request: web.Request, _: Session) -> web.StreamResponse:
    """The chart as the page has it, for the script that keeps it fresh."""
    span = request.query.get("rentang", "jam")
    text = await _chart(request, span if span in SPANS else "jam")
    return web.Response(text=text, content_type="text/html", charset="utf-8")


async def _live(request: web.Request, _: Session) -> web.StreamResponse:
    store(request)
    return await request.app[LIVE].watch(request, lambda: now_of(request.app))


async def _chart(request: web.Request, span: str) -> Markup:
    """The chart as it is drawn for all who read this language, in the thread that asks for its numbers."""
    seconds, count, every = SPANS[span]
    at, asked, t = request.app[DEPS].clock(), store(request), words(request)
    since = at - timedelta(seconds=seconds * (count - 1))
    if seconds == 86400:
        since = since.astimezone(JAKARTA).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)

    def draw(db: sqlite3.Connection) -> Markup:
        chart, series = drawn(questions.rate(db, since, seconds), since, seconds, count, every, t)
        return fragment("konsol_grafik.html", t, chart=chart, series=series)

    return await request.app[SHARED].get(("chart", span, t.language), lambda: asked.ask(draw))


def drawn(
    slots: Sequence[Slot], since: datetime, seconds: int, count: int, every: int, t: Words
) -> tuple[Chart, tuple[Series, ...]]:
    """`count` slots of `seconds` from `since`, stacked by channel: the busiest with a colour each, then the rest."""
    begin = int(since.timestamp()) if seconds == 86400 else int(since.timestamp()) // seconds * seconds
    per: dict[str, list[int]] = {}
    for slot in slots:
        at = (slot.start - begin) // seconds
        if 0 <= at < count:
            per.setdefault(slot.channel, [0] * count)[at] += slot.messages
    busiest = sorted(per, key=lambda name: (-sum(per[name]), name))
    series = [Series(t(f"channel.{name}"), tuple(per[name])) for name in busiest[:COLOURS]]
    if len(busiest) > COLOURS:
        rest = [sum(per[name][at] for name in busiest[COLOURS:]) for at in range(count)]
        series.append(Series(t("channel.other"), tuple(rest)))
    names = []
    for number in range(count):
        local = datetime.fromtimestamp(begin + number * seconds, JAKARTA)
        names.append(f"{local.day}/{local.month}" if seconds == 86400 else f"{local:%H.%M}")
    return stacked(series, names, every), tuple(series)
