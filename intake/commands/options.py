"""Options that several commands share, and how a command reads the configuration."""

from __future__ import annotations

import os
from datetime import datetime
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


def jakarta(option: str, text: str) -> datetime | None:
    """A moment as somebody in Jakarta writes it: `2026-11-28`, `2026-11-28 07:30`, or with a zone of its own; None
    when it is empty. Raises `Malformed`."""
    from normalizer.errors import Malformed
    from normalizer.identity import JAKARTA

    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(
            option, "{text!r} is no time", "write 2026-11-28 or 2026-11-28T07:30", text=text
        ) from None
    return moment.replace(tzinfo=JAKARTA) if moment.tzinfo is None else moment
