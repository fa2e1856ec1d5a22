"""Erasing one person's data from a journal (Law 27/2022, articles 8 and 16).

What they said, in whatever form it lies here, is written over by something that says nothing (`blank`). What stays:
claims, so that a provider's repeat makes no second complaint; tickets, sequence numbers and counts; and that it was
erased, and when. A complaint with anything that is still on its way is left whole: nothing that was acknowledged is
lost by it. One complaint is erased in one transaction; what cannot be part of that (files, and what SQLite leaves of
old pages) is noted in it, and is seen to afterwards, by the same command again if need be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

#: Why a complaint is left as it is: not settled yet, a person has to decide, events that the broker has not confirmed,
#: files that are still to be fetched or read, something in quarantine, a reply that is being sent.
Waits = Literal["settling", "triage", "unpublished", "files", "quarantine", "replying"]


class Erasure(Struct, frozen=True, kw_only=True):
    """Of the person known by `keys` these `complaints`, and `raws` from which no message was read."""

    keys: tuple[bytes, ...]
    complaints: tuple[int, ...] = ()
    raws: tuple[int, ...] = ()


class Unfinished(Struct, frozen=True, kw_only=True):
    """What one erasure has still to see to: files by their SHA-256, and the first bytes of the bodies that were written
    over, by which their traces on the disk are found."""

    erasure_id: int = 0
    files: tuple[str, ...] = ()
    heads: tuple[bytes, ...] = ()


class Erased(Struct, frozen=True, kw_only=True):
    """Events of a complaint up to `sequence` say nothing any more, since `at`."""

    sequence: int
    at: datetime


class Erasing(Protocol):
    """The part of a journal that forgets."""

    async def waiting(self, complaint_ids: Sequence[int]) -> dict[int, Waits]:
        """Those of them that cannot be erased now, and why."""

    async def raws_waiting(self, raw_ids: Sequence[int]) -> frozenset[int]:
        """Those of these raw events that are still to be parsed, or that an operator has to decide about."""

    async def erase(self, erasure: Erasure) -> None:
        """Write over what can be; what waits is left whole. Replies that wait are not said any more."""

    async def erased(self, complaint_ids: Iterable[int]) -> dict[int, Erased]:
        """Those of them that were erased."""

    async def last_erased(self) -> int:
        """A number that grows with every complaint that is erased; 0: none ever was."""

    async def unfinished(self) -> tuple[Unfinished, ...]: ...

    async def forget_facts(self, sha256: Sequence[str]) -> None:
        """Forget what was read from these files."""

    async def traces(self, heads: Sequence[bytes]) -> int:
        """How many of these bodies still lie somewhere on the disk where they were written over."""

    async def finish(self, erasure_ids: Sequence[int]) -> None:
        """All that these erasures left was seen to."""
