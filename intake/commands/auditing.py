"""Who did what: `audit` shows the log that staff's and operators' acts are noted in."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands.crm import open_staff
from intake.commands.options import AsJson, ConfigFile, jakarta, read
from intake.commands.screen import emit_each, line
from intake.words import say

if TYPE_CHECKING:
    from intake.config import Config
    from intake.staff.audit import AuditLine


def audit(
    config: ConfigFile = None,
    since: Annotated[str, typer.Option("--since")] = "",
    until: Annotated[str, typer.Option("--until")] = "",
    who: Annotated[str, typer.Option("--who")] = "",
    what: Annotated[str, typer.Option("--what")] = "",
    subject: Annotated[str, typer.Option("--subject")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """The newest lines, in the order in which they were written."""
    span = (jakarta("--since", since), jakarta("--until", until))
    lines = asyncio.run(_lines(read(config), span, (who, what, subject), limit))
    if as_json:
        emit_each(lines)
        return
    if not lines:
        line(say("audit_empty"))
    for one in lines:
        told = " ".join(f"{name}={value}" for name, value in one.detail.items())
        when = one.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        line(f"{one.number:>6}  {when}  {one.who}  {one.what}  {one.subject}  {told}".rstrip())


async def _lines(
    config: Config,
    span: tuple[datetime | None, datetime | None],
    wanted: tuple[str, str, str],
    limit: int,
) -> list[AuditLine]:
    who, what, subject = wanted
    async with open_staff(config) as store:
        found = await store.audit_lines(
            since=span[0], until=span[1], who=who, what=what, subject=subject, limit=limit
        )
    return list(reversed(found))
