"""Whether files can be read on this machine, for `kanal doctor`: one picture of eight pixels is."""

from __future__ import annotations

import zlib
from importlib.util import find_spec

from intake.content.reader import ContentReader, ReaderDied
from normalizer.sentence import Sentence


class _Trial:
    """A PNG of 8 by 8, made by hand: this process does not load a decoder."""

    def __init__(self) -> None:
        rows = b"".join(
            b"\0" + bytes((16 * (x + y)) % 256 for x in range(8) for _ in "RGB") for y in range(8)
        )
        head = b"\0\0\0\x08\0\0\0\x08\x08\x02\0\0\0"
        parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
        self._content = b"\x89PNG\r\n\x1a\n" + b"".join(
            len(part).to_bytes(4, "big") + kind + part + zlib.crc32(kind + part).to_bytes(4, "big")
            for kind, part in parts
        )
        self.size = len(self._content)

    async def read(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]


async def trial() -> tuple[bool, Sentence]:
    """Whether it went well, and what was found."""
    reader = ContentReader()
    try:
        found = await reader.read(_Trial(), "image/png")
    except (ReaderDied, OSError) as error:
        return False, Sentence("the reading process fails: {why}", why=error)
    finally:
        await reader.close()
    if not found.public:
        return False, Sentence("a picture is not read: {remarks}", remarks=", ".join(found.remarks))
    if find_spec("pi_heif"):
        return True, Sentence("are read in a process of their own, HEIC too")
    return True, Sentence("are read in a process of their own, not HEIC: there is no pi-heif here")
