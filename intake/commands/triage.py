"""What waits for a person to say whether it is a complaint: `triage list|file|set-aside`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from intake.commands.crm import open_journal, order
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import done, emit_each, line
from intake.words import named, say

if TYPE_CHECKING:
    from intake.config import Config

Ticket = Annotated[str, typer.Argument()]


def waiting(config: ConfigFile = None, as_json: AsJson = False) -> None:
    rows = asyncio.run(_waiting(read(config)))
    if as_json:
        emit_each(rows)
        return
    if not rows:
        line(say("triage_empty"))
    for row in rows:
        since = row["since"].astimezone().strftime("%Y-%m-%d %H:%M")
        line(f"{row['ticket']}  {since}  {row['account']}  {named(row['why'])}")
        line(f"    {row['text'] if len(row['text']) <= 200 else row['text'][:199] + '…'}")


async def _waiting(config: Config) -> list[dict[str, Any]]:
    import msgspec

    from normalizer.record import Complaint

    rows = []
    async with open_journal(config) as journal:
        for complaint_id in await journal.triage():
            file = await journal.complaint(complaint_id)
            if file is None:
                continue
            record = msgspec.msgpack.decode(file.record, type=Complaint)
            why = [one.result for one in record.evidence if one.step == "triage"]
            rows.append(
                {
                    "ticket": file.ticket,
                    "since": file.opened_at,
                    "account": file.account,
                    "why": why[-1] if why else "",
                    # What staff see of a person is masked, here as everywhere.
                    "text": " ".join(record.public_text.split()),
                }
            )
    return rows


def file(ticket: Ticket, config: ConfigFile = None, as_json: AsJson = False) -> None:
    asyncio.run(_decide(read(config), ticket, "file"))
    done(as_json, "triage_filed", ticket=ticket)


def set_aside(ticket: Ticket, config: ConfigFile = None, as_json: AsJson = False) -> None:
    asyncio.run(_decide(read(config), ticket, "set_aside"))
    done(as_json, "triage_set_aside", ticket=ticket)


async def _decide(config: Config, ticket: str, verdict: Literal["file", "set_aside"]) -> None:
    from intake import control

    await order(config, control.Decide(ticket=ticket, verdict=verdict))
