"""Perceptual hashes of photos, found again by each of their eight bytes.

Two hashes of at most seven different bits share at least one byte, two of eight nearly always.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from normalizer.duplicate_score import same_photo

#: So many are looked at that share one byte, the newest first.
_UNDER_ONE_BYTE = 1024


class Photos:
    """Numbers of complaints by their photos (hashes of eight bytes each)."""

    def __init__(self) -> None:
        self._lists: dict[int, array[int]] = {}
        self._of: dict[int, bytes] = {}

    def add(self, number: int, photos: bytes) -> None:
        if not photos:
            return
        self._of[number] = photos
        for place in set(_places(photos)):
            entry = self._lists.setdefault(place, array("Q"))
            if len(entry) >= _UNDER_ONE_BYTE:
                del entry[: _UNDER_ONE_BYTE // 8]
            entry.append(number)

    def forget(self, number: int) -> None:
        for place in set(_places(self._of.pop(number, b""))):
            entry = self._lists.get(place)
            if entry is not None and number in entry:
                entry.remove(number)

    def near(self, photos: bytes) -> set[int]:
        """Those with a copy of one of these."""
        if not photos:
            return set()
        ours = tuple(memoryview(photos).cast("Q"))
        seen = {number for place in _places(photos) for number in self._lists.get(place, ())}
        return {number for number in seen if same_photo(ours, memoryview(self._of[number]).cast("Q"))}


def _places(photos: bytes) -> Iterator[int]:
    for at, byte in enumerate(photos):
        yield (at % 8) << 8 | byte
