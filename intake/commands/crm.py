"""What reached the CRM: `consume`; and how a command has something done in the journal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import console
from intake.words import say

if TYPE_CHECKING:
    from complaint_queue.journal_postgres import PostgresJournal
    from complaint_queue.journal_sqlite import SqliteJournal
    from intake import control
    from intake.config import Config
    from intake.consume import Reconciled
    from intake.staff.store import StaffStore
    from normalizer.record import ComplaintEvent

#: Events of one table on the screen; more come as a second one.
_PAGE = 20


def consume(
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_table: Annotated[bool, typer.Option("--table")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1)] = None,
) -> None:
    asyncio.run(_consume(read(config), as_json and not as_table, follow, limit))


async def _consume(config: Config, as_json: bool, follow: bool, limit: int | None) -> None:
    from intake import consume as sample
    from intake.broker import chosen

    url = await chosen(config.broker)
    waiting: list[ComplaintEvent] = []

    async def show(event: ComplaintEvent) -> None:
        if as_json:
            typer.echo(sample.render_json_line(event))
            return
        waiting.append(event)
        if follow or len(waiting) >= _PAGE:
            _table(waiting, sample.render_table)

    if url:
        idle = None if follow else 2.0
        host = config.broker.virtual_host
        await sample.consume(
            url,
            on_event=show,
            virtual_host=host,
            limit=limit,
            idle_timeout=idle,
            connect_tries=None if follow else 3,
            single_active=config.broker.single_active_consumer,
            on_reconciled=_compared,
        )
    else:
        typer.echo(say("consume_journal"), err=True)
        async with open_journal(config) as journal:
            await sample.read_journal(
                journal, on_event=show, limit=limit, idle_timeout=None if follow else 0.0
            )
    _table(waiting, sample.render_table)


def _compared(found: Reconciled) -> None:
    """On standard error: standard output is for events."""
    seen = len(found.ids) - len(found.missing)
    told = say("consume_reconciled", date=found.date, events=len(found.ids), seen=seen)
    typer.echo(told, err=True)


def _table(waiting: list[ComplaintEvent], make: Callable[[list[ComplaintEvent]], object]) -> None:
    if waiting:
        console().print(make(waiting))
        waiting.clear()


async def order(config: Config, wanted: control.Mending) -> str:
    """Have it done by the running gateway, else in the journal itself; the ticket that came of it."""
    from intake import control

    reply = await control.ask(config.data_dir, wanted, control.user())
    if reply is None:
        async with open_journal(config, writing=True) as journal, open_staff(config) as staff:
            return await control.carry_out(journal, staff, f"os:{control.user()}", wanted)
    return reply.checked()


async def note(config: Config, what: str, subject: str, detail: dict[str, str]) -> None:
    """Note in the audit log what this command is about to do by itself; no journal is needed for that."""
    from intake import control

    reply = await control.ask(
        config.data_dir, control.Note(what=what, subject=subject, detail=detail), control.user()
    )
    if reply is None:
        async with open_staff(config) as staff:
            await staff.audit(f"os:{control.user()}", what, subject, detail)
    else:
        reply.checked()


@asynccontextmanager
async def open_staff(config: Config) -> AsyncIterator[StaffStore]:
    """The staff file, in which the audit log is."""
    from intake.staff.store import StaffStore

    store = StaffStore(config.data_dir / "staff.sqlite3", lambda: datetime.now(UTC))
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_journal(
    config: Config, writing: bool = False
) -> AsyncIterator[SqliteJournal | PostgresJournal]:
    """The journal, by default for looking only, also beside a running gateway."""
    from complaint_queue.codec import Codec
    from intake.doctor import keyring_of
    from intake.journals import journal_of, reader_of

    journal = (journal_of if writing else reader_of)(config, Codec(keyring_of(config)))
    await journal.open()
    try:
        yield journal
    finally:
        with contextlib.suppress(Exception):
            await journal.close()
