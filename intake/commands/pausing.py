"""`pause` and `resume` one account: a provider that floods us, a mailbox that is being moved."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from intake.commands.crm import order
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import done

Account = Annotated[str, typer.Argument()]


def pause(
    account: Account,
    reason: Annotated[str, typer.Option("--reason", "-r", show_default=False)],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    from intake.pausing import Pause

    settings = read(config)
    name = settings.account(account).name
    asyncio.run(order(settings, Pause(account=name, paused=True, reason=reason)))
    done(as_json, "paused", account=name)


def resume(account: Account, config: ConfigFile = None, as_json: AsJson = False) -> None:
    from intake.pausing import Pause

    settings = read(config)
    name = settings.account(account).name
    asyncio.run(order(settings, Pause(account=name, paused=False)))
    done(as_json, "resumed", account=name)
