"""What an operator mends: `split` and `join` complaints that were guessed wrongly, `rebuild` the console's store."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from intake.commands.crm import order
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import done
from normalizer.errors import Malformed

Ticket = Annotated[str, typer.Argument()]


def split(
    ticket: Ticket,
    sequence: Annotated[int, typer.Argument(min=2)],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    from intake.mending import Split

    known = _known("ticket", ticket)
    made = asyncio.run(order(read(config), Split(ticket=known, sequence=sequence)))
    done(as_json, "mend_split", ticket=known, made=made)


def join(ticket: Ticket, into: Ticket, config: ConfigFile = None, as_json: AsJson = False) -> None:
    from intake.mending import Join

    wanted = Join(ticket=_known("ticket", ticket), into=_known("into", into))
    asyncio.run(order(read(config), wanted))
    done(as_json, "mend_joined", ticket=wanted.ticket, into=wanted.into)


def rebuild(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """While no gateway runs, the store is only thrown away: the next start builds it."""
    from intake.control import Rebuild, ask
    from intake.reading.store import ReadingStore

    folder = read(config).data_dir
    if asyncio.run(ask(folder, Rebuild())) is None:
        ReadingStore(folder).remove()
        done(as_json, "rebuild_later", begun=False)
    else:
        done(as_json, "rebuild_begun", begun=True)


def _known(field: str, ticket: str) -> str:
    from normalizer.identity import read_ticket

    known = read_ticket(ticket)
    if known is None:
        raise Malformed(
            field, "{ticket!r} is no ticket", "copy it with its last digit, as 261123-0042-4", ticket=ticket
        )
    return known
