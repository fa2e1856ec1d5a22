"""One file per SMS provider. A further provider is a further file that exports `PROVIDER`; nothing else changes."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from adapters.sms.providers.base import Provider
from normalizer.errors import Misconfigured
from normalizer.sentence import Sentence
from normalizer.settings import Secret, convert


def names() -> list[str]:
    """The providers whose files exist, sorted."""
    return sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in ("__init__", "base"))


def load(name: str, where: str) -> type[Provider[Any]]:
    """The class in `providers/<name>.py`. Raises `Misconfigured`, naming those that exist."""
    if name not in names():
        raise Misconfigured(
            f"{where}.provider",
            "no SMS provider is called {name!r}",
            "use one of: {known}",
            name=name,
            known=", ".join(names()),
        )
    found: type[Provider[Any]] = importlib.import_module(f"{__name__}.{name}").PROVIDER
    return found


def build(
    name: str, options: Mapping[str, Any], secrets: Mapping[str, Secret], zone: ZoneInfo, where: str
) -> Provider[Any]:
    """The provider with its settings checked; `where` is the dotted name of the account's settings."""
    kind = load(name, where)
    hidden = {
        field.encode_name for field in msgspec.structs.fields(kind.Settings) if Secret in _parts(field.type)
    }
    for key in options:
        if key in hidden:
            raise Misconfigured(
                f"{where}.options.{key}",
                "is a credential",
                'move it to [{where}.secrets] as a reference: {key} = "env:NAME" or "file:PATH"',
                where=where,
                key=key,
            )
    for key in secrets:
        if key not in hidden:
            known = ", ".join(sorted(hidden))
            cure = Sentence("use one of: {known}", known=known) if hidden else "leave the table out"
            raise Misconfigured(f"{where}.secrets.{key}", "{name} has no such secret", cure, name=name)
    for field in msgspec.structs.fields(kind.Settings):
        if field.required and field.encode_name in hidden and field.encode_name not in secrets:
            raise Misconfigured(
                f"{where}.secrets.{field.encode_name}",
                "is missing",
                'write a reference: "env:NAME" or "file:PATH"',
            )
    # The references are resolved already; what is revealed here goes straight back into a Secret.
    revealed = {key: secret.reveal() for key, secret in secrets.items()}
    settings = convert(kind.Settings, {**options, **revealed}, f"{where}.options", lambda value: value)
    return kind(settings, zone, where)


def _parts(annotation: Any) -> tuple[Any, ...]:
    """A type itself, or the members of a union such as `Secret | None`."""
    return getattr(annotation, "__args__", (annotation,))
