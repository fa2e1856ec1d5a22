"""What the command line says, in the language of whoever reads it: `messages/cli.<language>.toml`.

`KANAL_LANG` decides, else the POSIX locale (`LC_ALL`, `LC_MESSAGES`, `LANG`); Indonesian or English.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("id", "en")
FOLDER = Path(__file__).parent / "messages"


def language_of(environment: Mapping[str, str] = os.environ) -> str:
    """`id` where the environment asks for Indonesian, else `en`."""
    for name in ("KANAL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if asked := environment.get(name, ""):
            return "id" if asked.lower().startswith(("id", "in_")) else "en"
    return "en"


@cache
def words(language: str) -> dict[str, Any]:
    """The whole message file: `[help.<command>]` and `[say]`."""
    return tomllib.loads((FOLDER / f"cli.{language}.toml").read_text(encoding="utf-8"))


def help_of(path: str, language: str) -> dict[str, str]:
    """Help of one command (`user add`): `help` is its own, the rest are its parameters'; what it does not say of a
    parameter is said for all commands under `[help."*"]`."""
    every = words(language)["help"]
    return {**every["*"], **every.get(path or "kanal", {})}


def say(key: str, /, **values: object) -> str:
    """One sentence in the reader's language, with its values put in."""
    sentence: str = words(language_of())["say"][key]
    return sentence.format(**values)
