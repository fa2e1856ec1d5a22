"""What is read from a photo, film or sound on this machine, as the gateway would read one that a citizen sent."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable

from intake.content.frames import Found
from intake.content.reader import ContentReader, ReaderDied
from intake.media_reading import facts_of
from normalizer.media import HEAD, is_read, sniff
from normalizer.ports import MediaFacts
from normalizer.record import Attachment


class _Bytes:
    """A file in memory, for the reader."""

    def __init__(self, content: bytes) -> None:
        self._content, self.size = content, len(content)

    async def read(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]


def attached(name: str, content: bytes, declared: str = "") -> Attachment:
    """The file as a door would hand it in."""
    return Attachment(
        name=name,
        media_type=sniff(content[:HEAD]),
        declared_type=declared,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def facts(files: Iterable[tuple[Attachment, bytes]]) -> dict[str, MediaFacts]:
    """What is in each file of a kind that is read, by the SHA-256 of its content; nothing is kept."""
    chosen = [(one, content) for one, content in files if is_read(one)]
    return asyncio.run(_facts(chosen)) if chosen else {}


async def _facts(files: list[tuple[Attachment, bytes]]) -> dict[str, MediaFacts]:
    reader, read = ContentReader(), {}
    try:
        for one, content in files:
            try:
                found = await reader.read(_Bytes(content), one.media_type)
            except ReaderDied as error:
                found = Found(remarks=(str(error),))
            public = hashlib.sha256(found.public).hexdigest() if found.public else ""
            thumbnail = hashlib.sha256(found.thumbnail).hexdigest() if found.thumbnail else ""
            read[one.sha256] = facts_of(found, one.media_type, public, thumbnail)
    finally:
        await reader.close()
    return read


def words(one: Attachment) -> str:
    """What was read from it, in a line."""
    at = one.captured_at.isoformat() if one.captured_at else ""
    place = one.captured_place
    said = (
        one.media_type,
        f"{one.width} × {one.height}" if one.width else "",
        f"{one.duration:g} s" if one.duration is not None else "",
        f"taken {at}" if at else "",
        f"at {place.latitude}, {place.longitude}" if place else "",
        "tells a place" if one.metadata_place and not place else "",
        f"hash {one.perceptual_hash}" if one.perceptual_hash else "",
        "copy without metadata" if one.public_sha256 else "",
    )
    return ", ".join(part for part in said if part)
