"""The counter: a clerk's form, posted to our own page by a signed-in member of staff.

The page (`intake.web.desk`) proves the session and hands the form's bytes in; there is no webhook and no loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct

from adapters.base import Adapter, Item
from adapters.walkin.parse import parse
from normalizer.record import Authenticity, RawEvent


class WalkinSettings(Struct, frozen=True, kw_only=True):
    """The counter has nothing to set: offices are data, staff are accounts (`kanal user add`)."""


class WalkinAdapter(Adapter[WalkinSettings]):
    """Reads the walk-in form. The channel is the office's: `kantor_kelurahan`, `kantor_inspektorat`…"""

    name: ClassVar[str] = "walkin"
    title: ClassVar[str] = "Loket"
    default_channel: ClassVar[str] = "kantor_kelurahan"
    Settings: ClassVar[type[Struct]] = WalkinSettings

    def parse(self, raw: RawEvent) -> Sequence[Item]:
        """One complaint. Raises `InvalidForm` with every wrong field, `Unreadable` without a session's mark."""
        return parse(raw)

    def authenticity(self, raw: RawEvent) -> Authenticity:
        return Authenticity(method="session")
