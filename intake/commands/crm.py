"""What reached the CRM and what was held back: `consume`, `quarantine list|show|replay|discard`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.words import say

if TYPE_CHECKING:
    from complaint_queue.journal import Journal
    from intake import control
    from intake.config import Config
    from normalizer.record import ComplaintEvent

EntryNumber = Annotated[int, typer.Argument(min=1)]
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
    from intake.broker import LOCAL, answers

    url = config.broker.url.reveal() if config.broker.url else ""
    if not url and os.environ.get("KANAL_BROKER") != "none" and await answers("127.0.0.1", 5672):
        url = LOCAL
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
        tries = None if follow else 3
        await sample.consume(
            url, on_event=show, virtual_host=host, limit=limit, idle_timeout=idle, connect_tries=tries
        )
    else:
        typer.echo(say("consume_journal"), err=True)
        async with open_journal(config) as journal:
            await sample.read_journal(
                journal, on_event=show, limit=limit, idle_timeout=None if follow else 0.0
            )
    _table(waiting, sample.render_table)


def _table(waiting: list[ComplaintEvent], make: Callable[[list[ComplaintEvent]], object]) -> None:
    if waiting:
        from rich.console import Console

        Console().print(make(waiting))
        waiting.clear()


def held(config: ConfigFile = None, as_json: AsJson = False) -> None:
    asyncio.run(_held(read(config), as_json))


async def _held(config: Config, as_json: bool) -> None:
    import msgspec

    async with open_journal(config) as journal:
        entries = await journal.quarantined()
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(entries), indent=2).decode())
        return
    if not entries:
        typer.echo(say("quarantine_empty"))
    for entry in entries:
        since = entry.since.astimezone().strftime("%Y-%m-%d %H:%M")
        reason = entry.reason if len(entry.reason) <= 100 else entry.reason[:99] + "…"
        typer.echo(f"{entry.entry_id:>6}  {since}  {entry.account}  {entry.stage}  {reason}")


def show(number: EntryNumber, config: ConfigFile = None, as_json: AsJson = False) -> None:
    asyncio.run(_show(read(config), number, as_json))


async def _show(config: Config, number: int, as_json: bool) -> None:
    import msgspec

    from intake.logs import redact
    from normalizer.errors import Misconfigured

    async with open_journal(config) as journal:
        entry = await journal.quarantine_entry(number)
        if entry is None:
            raise Misconfigured("entry", f"there is no entry {number}", "look with `kanal quarantine list`")
        raw = await journal.raw(entry.raw_id) if entry.raw_id is not None else None
        file = await journal.complaint(entry.complaint_id) if entry.complaint_id is not None else None
    told = msgspec.to_builtins(entry)
    if raw is not None:
        told["raw"] = {
            "received_at": raw.received_at.isoformat(),
            "method": raw.method,
            # A provider's secret may stand in the query, or end the path.
            "path": redact(raw.url.partition("?")[0]),
            "envelope": raw.envelope,
            "body_file": raw.body_file,
            "body": raw.body.decode("utf-8", "backslashreplace"),
        }
    if file is not None:
        told["complaint"] = {"ticket": file.ticket, "channel": file.channel, "messages": len(file.messages)}
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for name, value in told.items():
        typer.echo(
            f"{name}: {json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict) else value}"
        )


def replay(number: EntryNumber, config: ConfigFile = None) -> None:
    asyncio.run(_release(read(config), number, "replayed"))
    typer.echo(say("quarantine_replayed", number=number))


def discard(
    number: EntryNumber, config: ConfigFile = None, yes: Annotated[bool, typer.Option("--yes", "-y")] = False
) -> None:
    if not yes:
        typer.confirm(say("quarantine_discard", number=number), abort=True)
    asyncio.run(_release(read(config), number, "discarded"))
    typer.echo(say("quarantine_discarded", number=number))


async def _release(config: Config, number: int, state: Literal["replayed", "discarded"]) -> None:
    from intake import control

    await order(config, control.Release(entry_id=number, state=state))


async def order(config: Config, wanted: control.Mending) -> str:
    """Have it done by the running gateway, else in the journal itself; the ticket that came of it."""
    from intake import control
    from normalizer.errors import Unavailable

    reply = await control.ask(config.data_dir, wanted)
    if reply is None:
        async with open_journal(config, writing=True) as journal:
            return await control.carry_out(journal, wanted)
    if reply.error:
        raise Unavailable(reply.error)
    return reply.ticket


@asynccontextmanager
async def open_journal(config: Config, writing: bool = False) -> AsyncIterator[Journal]:
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
