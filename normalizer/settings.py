"""Typed settings: plain values from the configuration, secrets by reference to a file or the environment.

A `Secret` field is written in the configuration as a reference, never as the value itself:

    env:NAME     the environment variable NAME
    file:PATH    the content of a file, without surrounding white space
    auto:NAME    <data_dir>/secrets/NAME, made at random on first start (mode 600): for our own doors
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeVar

import msgspec

from normalizer.errors import Misconfigured
from normalizer.sentence import Sentence

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
                    f"{where}.{name}",
                    "there is no such setting",
                    "use one of: {known}",
                    known=", ".join(sorted(known)),
                )
    try:
        return msgspec.convert(dict(values), kind, dec_hook=hook)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        name = where + path.rstrip("`") if path else where
        raise Misconfigured(name, _expected(problem), "correct the value; `kanal doctor` checks it") from None


_GOT = re.compile(r"Expected `(.+)`, got `(.+)`")
_LIMIT = re.compile(r"Expected `(\w+)` (of length )?([<>=]=? [\d.]+)")
_SHAPE = re.compile(r"Expected `str` matching regex (.+)")
_MISSING = re.compile(r"Object missing required field `(.+)`")
_CHOICE = re.compile(r"Invalid enum value (.+)")


def _expected(problem: str) -> Sentence:
    """What msgspec says, so that it can be told in another language too."""
    if found := _GOT.fullmatch(problem):
        return Sentence("Expected `{wanted}`, got `{got}`", wanted=_kinds(found[1]), got=_kinds(found[2]))
    if found := _LIMIT.fullmatch(problem):
        if found[2]:
            return Sentence("Expected `{kind}` of length {limit}", kind=_kinds(found[1]), limit=found[3])
        return Sentence("Expected `{kind}` {limit}", kind=_kinds(found[1]), limit=found[3])
    if found := _SHAPE.fullmatch(problem):
        return Sentence("Expected `str` matching regex {regex}", regex=found[1])
    if found := _MISSING.fullmatch(problem):
        return Sentence("Object missing required field `{name}`", name=found[1])
    if found := _CHOICE.fullmatch(problem):
        return Sentence("Invalid enum value {value}", value=found[1])
    return Sentence("{problem}", problem=problem)


#: JSON's kinds of values, as msgspec calls them.
_KINDS = {
    "int": Sentence("int"),
    "float": Sentence("float"),
    "str": Sentence("str"),
    "bool": Sentence("bool"),
    "array": Sentence("array"),
    "object": Sentence("object"),
    "null": Sentence("null"),
}


def _kinds(text: str) -> Sentence:
    kinds = [_KINDS.get(name, Sentence("{name}", name=name)) for name in text.split(" | ")]
    return reduce(lambda one, other: Sentence("{one} | {other}", one=one, other=other), kinds)
