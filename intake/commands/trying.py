"""Trying the gateway out: `simulate`, `demo`, `doctor`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import cure, emit, emit_each, line, mark
from intake.words import say, told

if TYPE_CHECKING:
    from intake.config import Config
    from intake.findings import Finding


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
    from intake import simulate as traffic

    account = traffic.account_of(config, adapter)
    if config.account(account).adapter == "walkin" and session is None:
        from normalizer.errors import Misconfigured

        raise Misconfigured(
            "--login",
            "the counter needs a clerk",
            "kanal simulate {adapter} --login NAME (kanal user add makes one)",
            adapter=adapter,
        )
    simulator = traffic.load_simulator(config, account, session)
    refused = 0
    await simulator.start()
    try:
        async for outcome in traffic.send(simulator, count=count, rate=rate, text=text, with_photo=photo):
            refused += bool(outcome.error)
            if as_json:
                emit(outcome)
            else:
                words = outcome.error or outcome.answer
                line(
                    f"{mark(not outcome.error)} {account} #{outcome.number}  {outcome.seconds * 1000:.0f} ms  {words}"
                )
    finally:
        await simulator.stop()
    return refused


def demo(as_json: AsJson = False) -> None:
    from intake import demo as showing

    raise typer.Exit(0 if showing.run(as_json) else 1)


def doctor(config: ConfigFile = None, as_json: AsJson = False) -> None:
    from intake import doctor as examining

    findings = asyncio.run(examining.examine(config))
    if as_json:
        emit_each(finding.record() for finding in findings)
    else:
        _examined(findings)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


def _examined(findings: list[Finding]) -> None:
    """What is well, then what is not with its cure: at the end, where the eye is."""
    rows = [
        (finding.ok, [told(one) for one in finding.told])
        for finding in sorted(findings, key=lambda one: not one.ok)
    ]
    wide = max(len(what) for _, (what, _, _) in rows)
    for ok, (what, found, remedy) in rows:
        line(f"{mark(ok)} {what.ljust(wide)}  {found}")
        if remedy:
            line(cure(remedy))
    wrong = sum(not finding.ok for finding in findings)
    line(say("doctor_wrong" if wrong else "doctor_well", count=wrong, looked=len(findings)))
