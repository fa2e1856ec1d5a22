"""Typed settings: plain values from the configuration, secrets by reference to a file or the environment.

A `Secret` field is written in the configuration as a reference, never as the value itself:

    env:NAME     the environment variable NAME
    file:PATH    the content of a file, without surrounding white space
    auto:NAME    <data_dir>/secrets/NAME, made at random on first start (mode 600): for our own doors
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from normalizer.errors import Misconfigured

T = TypeVar("T")


class Secret:
    """A credential that does not show itself when printed; `reveal()` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


def convert(kind: type[T], values: Mapping[str, Any], where: str, resolve: Callable[[str], str]) -> T:
    """`values` as a `kind`; `where` is the dotted name of the table, for messages.

    `resolve` turns a secret's reference into its value and raises `Misconfigured` itself. A wrong or unknown
    setting raises `Misconfigured` with its name and the cure.
    """

    def hook(wanted: type, value: Any) -> Any:
        if wanted is Secret:
            if not isinstance(value, str):
                raise NotImplementedError
            return Secret(resolve(value))
        raise NotImplementedError

    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        known = {f.encode_name for f in msgspec.structs.fields(kind)}
        for name in values:
            if name not in known:
                raise Misconfigured(
                    f"{where}.{name}", "there is no such setting", f"use one of: {', '.join(sorted(known))}"
                )
    try:
        return msgspec.convert(dict(values), kind, dec_hook=hook)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        name = where + path.rstrip("`") if path else where
        raise Misconfigured(name, problem, "correct the value; `kanal doctor` checks it") from None
