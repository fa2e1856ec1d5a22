"""Running the gateway: `serve`, `health`, `version`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import cure, done, emit, line, mark
from intake.words import language_of, retold, say, told
from normalizer.sentence import Sentence

if TYPE_CHECKING:
    from intake.config import Config


def serve(config: ConfigFile = None) -> None:
    import gc

    import uvloop

    from intake import logs

    # A start reads a thousand modules and builds tables that stay: to look for garbage among them is for nothing.
    gc.disable()

    logs.configure()
    settings = read(config)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(config: Config) -> None:
    import gc

    from intake.service import Service
    from intake.welcome import lines

    service = Service(config)
    await service.start()
    gc.freeze()
    gc.enable()
    typer.echo("\n".join(await lines(service)))
    await service.run_until_stopped()
    typer.echo(say("stopped"))


def health(config: ConfigFile = None, as_json: AsJson = False) -> None:
    from intake.doctor import ask_gateway

    answer = ask_gateway(read(config))
    # "degraded" still takes every message, so it is no reason to restart a container.
    well = answer["status"] in ("ready", "degraded")
    if as_json:
        emit({**answer, "problems": [str(one) for one in answer.get("problems", ())]})
    else:
        line(f"{mark(well)} {say('health_' + answer['status'])}")
        for problem in answer.get("problems", ()):
            _troubled(problem)
    raise typer.Exit(0 if well else 1)


def _troubled(problem: str | Sentence) -> None:
    """One thing that is not well: an alarm with what it means, or what was found right now."""
    from intake.alarms.explained import alarm_of

    known = alarm_of(str(problem), language_of())
    if known is None:
        line(f"  {retold(problem) if isinstance(problem, str) else told(problem)}")
    else:
        line(f"  {known.title} ({problem})")
        line(cure(known.cure))


def version(as_json: AsJson = False) -> None:
    from importlib.metadata import version as installed

    done(as_json, "version", name="kanal-aduan", version=installed("kanal-aduan"))
