"""Looking at what is configured and what there is: `channels`, `config show`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from intake.commands.options import AsJson, ConfigFile, read
from intake.commands.screen import console, emit, emit_each
from intake.words import say


def channels(markdown: Annotated[bool, typer.Option("--markdown")] = False, as_json: AsJson = False) -> None:
    from intake import channels as table

    rows = table.rows()
    if as_json:
        emit_each(row._asdict() for row in rows)
    elif markdown:
        typer.echo(table.markdown(rows))
    else:
        console().print(table.for_terminal(rows))


def config_show(config: ConfigFile = None, as_json: AsJson = False) -> None:
    import msgspec

    from intake.config import TABLES

    # An account's secrets are references still (env:, file:, auto:), and so shown; those of the tables are the
    # values that the references led to.
    found = msgspec.to_builtins(read(config), enc_hook=lambda secret: "…")
    accounts = found["account"] = found.pop("accounts")
    if as_json:
        emit({name: found[name] for name in ("source", *TABLES)})
        return
    typer.echo(f"# {found['source']}")
    for section in TABLES[:-1]:
        typer.echo(f"\n[{section}]")
        for name, value in found[section].items():
            # TOML has no null: what is not set is shown as a comment.
            typer.echo(f"# {say('config_unset', name=name)}" if value is None else f"{name} = {_toml(value)}")
    for account in accounts:
        typer.echo("\n[[account]]")
        options = account.pop("settings", {})
        for name, value in account.items():
            typer.echo(f"{name} = {_toml(value)}")
        if options:
            typer.echo("[account.settings]")
        for name, value in options.items():
            typer.echo(f"{name} = {_toml(value)}")


def _toml(value: Any) -> str:
    """An inline value of TOML; JSON's strings, numbers and booleans are written the same."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)
