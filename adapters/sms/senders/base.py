"""What sends: one text that fits, to one number; and how the provider's answer becomes an id or one of our errors."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Generic, TypeVar

from msgspec import Struct

from adapters.sms.line import Line

S = TypeVar("S", bound=Struct)


class Note(Struct, frozen=True, kw_only=True):
    """One text on its way: `to` and `sender` in E.164 or as the provider wrote them, `key` the same at every attempt.

    `receipts` is where the provider shall report, empty where that cannot be said with a message.
    """

    to: str
    sender: str
    text: str
    key: str
    receipts: str = ""

    @property
    def reference(self) -> str:
        """An id of our own for providers that name none, or take one: it tells nothing about the citizen."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:24]


class Sender(Generic[S]):
    """Base of every sender. `septets` and `units` are the longest text that the provider takes at once."""

    credential: ClassVar[str] = "the credentials"
    """What the operator has to renew when the provider no longer takes it."""
    septets: int = 1530
    units: int = 670

    def __init__(self, settings: S, line: Line) -> None:
        self.settings, self.line = settings, line
        line.credential = self.credential

    def missing(self) -> str:
        """The setting without which nothing can be sent; empty when all is there."""
        return ""

    async def send(self, note: Note) -> str:
        """The provider's id of what was sent. Raises `ProviderUnavailable` or `ProviderRefused`."""
        raise NotImplementedError


def digits(number: str) -> str:
    """A number without its plus, as many providers want it; a name or a short code as it is."""
    return number.removeprefix("+")


def text_of(value: Any) -> str:
    """A field of an answer as text; empty when it is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
