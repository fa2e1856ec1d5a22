"""Wrong guesses of the gateway, mended: `split` an addition from a complaint, `join` a complaint to another."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from intake.commands.crm import order
from intake.commands.options import ConfigFile, read
from intake.words import say
from normalizer.errors import Malformed

Ticket = Annotated[str, typer.Argument()]


def split(ticket: Ticket, sequence: Annotated[int, typer.Argument(min=2)], config: ConfigFile = None) -> None:
    from intake.mending import Split

    known = _known("ticket", ticket)
    made = asyncio.run(order(read(config), Split(ticket=known, sequence=sequence)))
    typer.echo(say("mend_split", ticket=known, made=made))


def join(ticket: Ticket, into: Ticket, config: ConfigFile = None) -> None:
    from intake.mending import Join

    wanted = Join(ticket=_known("ticket", ticket), into=_known("into", into))
    asyncio.run(order(read(config), wanted))
    typer.echo(say("mend_joined", ticket=wanted.ticket, into=wanted.into))


def _known(field: str, ticket: str) -> str:
    from normalizer.identity import read_ticket

    known = read_ticket(ticket)
    if known is None:
        raise Malformed(field, f"{ticket!r} is no ticket", "copy it with its last digit, as 261123-0042-4")
    return known
