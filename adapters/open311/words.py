"""What citizens read through a client: `messages/<language>.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from msgspec import Struct, convert


class Words(Struct, frozen=True, kw_only=True):
    """The sentences of one language; `stage` says a stage of the CRM in words."""

    notice: str
    notice_batch: str
    key_service: str
    stage: dict[str, str]


@cache
def words(language: str) -> Words:
    """The message file of `language` (`id` or `en`)."""
    path = Path(__file__).parent / "messages" / f"{language}.toml"
    return convert(tomllib.loads(path.read_text(encoding="utf-8")), Words)
