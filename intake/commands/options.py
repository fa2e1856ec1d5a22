"""Options that several commands share, and how a command reads the configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from intake.config import Config

ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", dir_okay=False)]
AsJson = Annotated[bool, typer.Option("--json")]


def read(path: Path | None) -> Config:
    """The configuration that the gateway itself would use. Raises `Misconfigured`."""
    from intake.config import load

    return load(path, os.environ)
