"""What a shell is told so that it completes `kanal`: `completion`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer


def completion(shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument()]) -> None:
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="kanal", complete_var="_KANAL_COMPLETE", shell=shell)
    typer.echo(script)
