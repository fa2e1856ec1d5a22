"""Trying the gateway out: `simulate`, `demo`, `doctor`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.words import say

if TYPE_CHECKING:
    from intake.config import Config


def simulate(
    adapter: Annotated[str, typer.Argument()],
    count: Annotated[int, typer.Option("--count", "-n", min=1)] = 1,
    rate: Annotated[float, typer.Option("--rate", min=0)] = 1.0,
    text: Annotated[str, typer.Option("--text")] = "",
    photo: Annotated[bool, typer.Option("--photo")] = False,
    login: Annotated[str, typer.Option("--login")] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    settings = read(config)
    session = (login, str(typer.prompt(say("password_ask"), hide_input=True))) if login else None
    refused = asyncio.run(_simulate(settings, adapter, count, rate, text, photo, session, as_json))
    raise typer.Exit(1 if refused else 0)


async def _simulate(
    config: Config,
    adapter: str,
    count: int,
    rate: float,
    text: str,
    photo: bool,
    session: tuple[str, str] | None,
    as_json: bool,
) -> int:
    """How many were refused."""
    import msgspec

    from intake import simulate as traffic

    account = traffic.account_of(config, adapter)
    if config.account(account).adapter == "walkin" and session is None:
        from normalizer.errors import Misconfigured

        cure = f"kanal simulate {adapter} --login NAME (kanal user add makes one)"
        raise Misconfigured("--login", "the counter needs a clerk", cure)
    simulator = traffic.load_simulator(config, account, session)
    refused = 0
    await simulator.start()
    try:
        async for outcome in traffic.send(simulator, count=count, rate=rate, text=text, with_photo=photo):
            refused += bool(outcome.error)
            if as_json:
                typer.echo(msgspec.json.encode(outcome).decode())
            else:
                mark, words = ("✗", outcome.error) if outcome.error else ("✓", outcome.answer)
                typer.echo(f"{mark} {account} #{outcome.number}  {outcome.seconds * 1000:.0f} ms  {words}")
    finally:
        await simulator.stop()
    return refused


def demo(as_json: AsJson = False) -> None:
    from intake import demo as showing

    raise typer.Exit(0 if showing.run(as_json) else 1)


def doctor(config: ConfigFile = None, as_json: AsJson = False) -> None:
    import msgspec

    from intake import doctor as examining

    findings = asyncio.run(examining.examine(config))
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(findings), ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            typer.echo(f"{'✓' if finding.ok else '✗'} {finding.what}: {finding.found}")
            if finding.cure:
                typer.echo(f"    {say('cure')}: {finding.cure}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)
