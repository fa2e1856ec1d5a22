"""One file per provider whose way of sending is played on loopback; those without one only push."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from adapters.sms.fakes.base import Fake, Post
from adapters.sms.providers.base import Provider


def build(name: str, provider: Provider[Any], hook: str, post: Post) -> Fake[Any] | None:
    """The fake in `fakes/<name>.py`, when there is one; `hook` is the account's address, `post` calls it."""
    if not Path(__file__).with_name(f"{name}.py").is_file():
        return None
    kind: type[Fake[Any]] = importlib.import_module(f"{__name__}.{name}").FAKE
    return kind(provider, hook, post)
