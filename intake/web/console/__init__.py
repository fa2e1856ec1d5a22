"""The operator's console: what comes in, what waits, where it happens, and what a person has to decide.

Every number here comes from the derived store (`intake.reading`), so that looking never holds up the journal. What an
operator does (a decision, a replay) goes to the journal, and into the audit log first.
"""

from __future__ import annotations

from aiohttp import web

from intake.web.console import accounts, announcing, board, dead, held, map_page, search, triage
from intake.web.console.live import LIVE, Live
from intake.web.console.shared import SHARED, Shared


def mount(app: web.Application) -> None:
    """Add the console's routes, where the service has a derived store."""
    app[LIVE] = Live()
    app[SHARED] = Shared()
    app.on_shutdown.append(app[LIVE].end)
    for part in (board, map_page, triage, search, held, dead, accounts, announcing):
        part.mount(app)
