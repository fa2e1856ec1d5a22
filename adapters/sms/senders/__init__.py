"""One file per provider through which answers are sent; a provider without one only receives."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from adapters.sms.line import Line
from adapters.sms.providers.base import Provider
from adapters.sms.senders.base import Sender


def build(name: str, provider: Provider[Any], line: Line) -> Sender[Any] | None:
    """The sender in `senders/<name>.py` with the provider's settings; None where there is none."""
    if not Path(__file__).with_name(f"{name}.py").is_file():
        return None
    kind: type[Sender[Any]] = importlib.import_module(f"{__name__}.{name}").SENDER
    return kind(provider.settings, line)
