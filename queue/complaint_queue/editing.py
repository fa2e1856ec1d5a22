"""What a journal remembers of corrected copies: an operator edits one beside the original, which stays as it came."""

from __future__ import annotations

from typing import Protocol

from normalizer.record import RawEvent

from .erasing import Erasing
from .journal import Journal


class Editing(Protocol):
    """The part of a journal that takes corrected copies."""

    async def edit(self, entry_id: int, copy: RawEvent) -> int:
        """Keep `copy` to be parsed like anything that was kept, and end the entry as `edited`; the copy's raw id.

        LookupError when the entry is not held, or has no raw event that could be read differently.
        """

    async def edits_of(self, entry_id: int) -> tuple[int, ...]:
        """The raw ids of the copies that were made of an entry, the oldest first."""

    async def edited_from(self, raw_id: int) -> int | None:
        """The entry of whose raw event this one is a corrected copy; None: it is an original."""


class EditableJournal(Journal, Editing, Erasing, Protocol):
    """A journal as an operator's desk needs it."""
