"""One file per provider from which messages have to be fetched; most bring theirs by themselves."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from adapters.base import Ports
from adapters.sms.line import Line
from adapters.sms.providers.base import Provider
from adapters.sms.sources.base import Source


def build(name: str, account: str, provider: Provider[Any], line: Line, ports: Ports) -> Source[Any] | None:
    """The source in `sources/<name>.py`, when there is one and the account's settings want it."""
    if not Path(__file__).with_name(f"{name}.py").is_file():
        return None
    kind: type[Source[Any]] = importlib.import_module(f"{__name__}.{name}").SOURCE
    source = kind(account, provider.settings, line, ports)
    return source if source.wanted() else None
