"""What a journal remembers of recent complaints so that later ones are compared with them (`normalizer.duplicate`).

A fingerprint is written in the transaction that settles its complaint, sealed like every body; a newer one takes its
place. Positions grow in the order of the commits: whoever has seen one asks for what came after, at a start and while
other gateways write.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct


class StoredFingerprint(Struct, frozen=True, kw_only=True):
    """The fingerprint of one complaint. An empty `body` says that the complaint is to be forgotten (or is damaged)."""

    position: int
    complaint_id: int
    body: bytes


class Remembers(Protocol):
    """The part of a journal that remembers fingerprints."""

    async def fingerprints(
        self, after: int, since: datetime, limit: int = 1000
    ) -> tuple[StoredFingerprint, ...]:
        """Those written after the position `after` and not before `since`, the oldest first."""

    async def forget_fingerprints(self, before: datetime, limit: int = 500) -> int:
        """Remove at most `limit` of those written before; how many there were."""
