"""What citizens are told: `status` sends one by hand as the CRM would, `banner` sets the word for the day."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands import crm, telling
from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import done, emit, line
from intake.words import say
from normalizer.errors import Malformed

if TYPE_CHECKING:
    from intake.config import Config
    from normalizer.stages import StatusUpdate


def status(
    ticket: Annotated[str, typer.Argument()],
    stage: Annotated[str, typer.Argument()],
    note: Annotated[str, typer.Option("--note")] = "",
    agency: Annotated[str, typer.Option("--agency")] = "",
    crm_number: Annotated[str, typer.Option("--crm-number")] = "",
    public: Annotated[bool, typer.Option("--public-note")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    from datetime import UTC, datetime

    from normalizer.identity import read_ticket
    from normalizer.stages import STAGES, StatusUpdate, stage_of

    known = read_ticket(ticket)
    if known is None:
        raise Malformed(
            "ticket",
            "{ticket!r} is no ticket",
            "copy it with its last digit, as 261123-0042-4",
            ticket=ticket,
        )
    update = StatusUpdate(
        status_id=f"manual-{secrets.token_hex(8)}",
        ticket=known,
        stage=stage,
        occurred_at=datetime.now(UTC),
        crm_number=crm_number,
        agency=agency,
        note=note,
        note_is_public=public,
    )
    asyncio.run(_send(read(config), update))
    moves = stage_of(stage)
    if as_json:
        emit({"ticket": known, "stage": stage, "status_id": update.status_id, "moves_to": moves})
        return
    line(say("status_sent", ticket=known, stage=stage))
    if moves is None:
        line(say("status_unknown", stage=stage, stages=", ".join(STAGES)))


async def _send(config: Config, update: StatusUpdate) -> None:
    from complaint_queue import statuses

    url, table = await telling.broker(config), config.broker
    await crm.note(config, "status_sent", update.ticket, {"stage": update.stage})
    await statuses.send(url, update, config.public_url, table.virtual_host, table.single_active_consumer)


def banner_show(config: ConfigFile = None, as_json: AsJson = False) -> None:
    from intake.banner import read_banner

    found = read_banner(read(config).data_dir)
    if as_json:
        emit({"text": found.indonesian, "english": found.english})
    else:
        line("\n".join(filter(None, (found.indonesian, found.english))) or say("banner_none"))


def banner_set(
    text: Annotated[str, typer.Argument()],
    english: Annotated[str, typer.Option("--english", "-e")] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    from intake.banner import Banner, checked, write_banner

    settings, made = read(config), checked(Banner(text, english))
    asyncio.run(crm.note(settings, "banner_set", "", {"text": made.indonesian}))
    write_banner(settings.data_dir, made)
    if as_json:
        emit({"text": made.indonesian, "english": made.english})
    else:
        line(say("banner_set", text=" / ".join(filter(None, (made.indonesian, made.english)))))


def banner_clear(config: ConfigFile = None, as_json: AsJson = False) -> None:
    from intake.banner import clear_banner

    settings = read(config)
    asyncio.run(crm.note(settings, "banner_cleared", "", {}))
    clear_banner(settings.data_dir)
    done(as_json, "banner_none", text="", english="")
