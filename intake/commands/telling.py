"""The CRM's safety net by hand: `resend` what it lost, `reconcile` a day."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands.crm import note, open_journal
from intake.commands.options import AsJson, ConfigFile, jakarta, read
from intake.commands.screen import bars, emit, emit_each, line
from intake.words import say
from normalizer.errors import Malformed, Misconfigured

if TYPE_CHECKING:
    from collections import Counter

    from complaint_queue.broker import Where
    from complaint_queue.reconciliation import Reconciliation
    from intake.config import Config
    from intake.resending import Wanted

DryRun = Annotated[bool, typer.Option("--dry-run")]


def resend(
    since: Annotated[str, typer.Option("--since")] = "",
    until: Annotated[str, typer.Option("--until")] = "",
    ticket: Annotated[str, typer.Option("--ticket")] = "",
    channel: Annotated[str, typer.Option("--channel")] = "",
    rate: Annotated[float, typer.Option("--rate", min=0.1, max=10_000)] = 100.0,
    dry_run: DryRun = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Interrupted, the same command goes on where it stopped."""
    from intake.resending import Wanted

    first = jakarta("--since", since)
    if first is None and not ticket:
        raise Malformed("--since", "is missing", "say from when on, or name one --ticket")
    wanted = Wanted(
        since=first or datetime.fromtimestamp(0, UTC),
        # Without an end the same command means the same when it goes on.
        until=jakarta("--until", until) or datetime(9999, 1, 1, tzinfo=UTC),
        channel=channel,
        ticket=_ticket(ticket) if ticket else "",
    )
    counts, sent, erased = asyncio.run(_resend(read(config), wanted, rate, dry_run))
    if as_json:
        found = {"events": counts.total(), "sent": sent, "erased": erased}
        emit({**found, "counts": dict(sorted(counts.items()))})
        return
    if erased:
        line(say("resend_erased", count=erased))
    for name, count in sorted(counts.items()):
        line(f"{name}: {count}")
    line(say("resend_counted" if dry_run else "resend_done", count=counts.total() if dry_run else sent))


async def _resend(
    config: Config, wanted: Wanted, rate: float, dry_run: bool
) -> tuple[Counter[str], int, int]:
    from complaint_queue.sender import sending
    from intake.resending import Resending

    async with open_journal(config) as journal:
        with bars() as progress:
            work = Resending(journal, wanted, config.data_dir, config.public_url, rate, progress)
            counts = await work.count()
            if dry_run or not counts:
                return counts, 0, work.erased
            url = await broker(config)
            span = {"since": wanted.since.isoformat(), "until": wanted.until.isoformat()}
            subject = wanted.ticket or wanted.channel or "all"
            await note(config, "resend", subject, {**span, "events": str(counts.total())})
            async with sending(url, config.broker.virtual_host) as sender:
                return counts, await work.run(sender), work.erased


def reconcile(
    day: Annotated[str, typer.Option("--date")],
    dry_run: DryRun = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """One day in Jakarta that is over."""
    parts = asyncio.run(_reconcile(read(config), _day(day), dry_run))
    if as_json:
        emit_each(parts)
        return
    whole = parts[0]
    for name, count in (*whole.by_kind.items(), *whole.by_channel.items()):
        line(f"{name}: {count}")
    key = "reconcile_counted" if dry_run else "reconcile_done"
    line(say(key, date=whole.date, events=whole.events, messages=whole.chunks))


async def _reconcile(config: Config, day: date, dry_run: bool) -> tuple[Reconciliation, ...]:
    from complaint_queue.sender import sending
    from intake import reconciling

    async with open_journal(config) as journal:
        parts = await reconciling.day_of(journal, day)
    if not dry_run:
        url = await broker(config)
        await note(config, "reconcile", day.isoformat(), {"events": str(parts[0].events)})
        async with sending(url, config.broker.virtual_host) as sender:
            again = datetime.now(UTC).isoformat(timespec="seconds")
            await reconciling.tell(sender, parts, config.public_url, again)
    return parts


async def broker(config: Config) -> Where:
    """The address of the broker that the gateway uses. Raises `Misconfigured` when there is none."""
    from intake.broker import chosen

    url = await chosen(config.broker)
    if not url:
        raise Misconfigured(
            "broker.url", "names no broker, and none answers on localhost", "set KANAL_AMQP_URL"
        )
    return url


def _day(text: str) -> date:
    from normalizer.identity import JAKARTA

    with suppress(ValueError):
        day = date.fromisoformat(text)
        if day < datetime.now(JAKARTA).date():
            return day
        raise Malformed("--date", "{text} is not over yet", "take yesterday or an earlier day", text=text)
    raise Malformed("--date", "{text!r} is no day", "write it as 2026-11-27", text=text)


def _ticket(text: str) -> str:
    from normalizer.identity import read_ticket

    known = read_ticket(text)
    if known is None:
        raise Malformed("--ticket", "{text!r} is no ticket", "copy it with its last digit", text=text)
    return known
