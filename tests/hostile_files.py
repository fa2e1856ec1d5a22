"""Files made to break whoever opens them: each with the type that its first bytes claim.

They are built here, small, and dangerous only when decoded: the 1.2-gigapixel PNG has less than 5 MB.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from tests import films, pictures

_MiB = 1024 * 1024


def _zeros(size: int) -> bytes:
    """`size` zero bytes, rounded up to a MiB, as zlib packs them: one packed MiB, as often as it takes."""
    times = -(-size // _MiB)
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(bytes(_MiB)) + packer.flush(zlib.Z_FULL_FLUSH)
    total = (times * _MiB % 65_521) << 16 | 1  # Adler-32 of nothing but zeros
    return b"\x78\xda" + packed * times + b"\x03\x00" + struct.pack(">I", total)


def _tiff(width: int, height: int, entries: int = 0, *, offset: int = 8, loop: bool = False) -> bytes:
    """A TIFF head by hand: a picture that claims its size, and as many directory entries as asked for."""
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, min(width * height, 2**32 - 1)),
    ]
    tags += [(40_000 + n % 20_000, 4, 0x7FFFFFFF, 8) for n in range(entries)]
    body = b"".join(struct.pack("<HHII", tag, kind, count, value) for tag, kind, count, value in tags)
    following = offset if loop else 0
    return (
        b"II*\0"
        + struct.pack("<I", offset)
        + struct.pack("<H", len(tags))
        + body
        + struct.pack("<I", following)
    )


def _exif_jpeg(tags: bytes) -> bytes:
    """A sound photo with these bytes as its Exif."""
    photo = pictures.saved(pictures.scene(1, 320, 240))
    part = b"Exif\0\0" + tags[:65_000]
    return photo[:2] + b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part + photo[2:]


def _many_scans() -> bytes:
    """A progressive JPEG whose last scan is repeated 2,000 times: each one is a walk over the whole picture."""
    photo = pictures.saved(Image.new("L", (4000, 4000), 128), progressive=True)
    last = photo.rindex(b"\xff\xda")
    return photo[:last] + photo[last:-2] * 2_000 + photo[-2:]


def _claims(photo: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size in its frame head."""
    at = next(photo.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in photo)
    return photo[: at + 5] + struct.pack(">HH", height, width) + photo[at + 9 :]


def _gif(width: int, height: int, frames: int) -> bytes:
    """A GIF of so many equal pictures, its head claiming a size of its own."""
    made = pictures.saved(Image.new("P", (600, 600)), "GIF")
    start = made.index(b",\0\0\0\0")
    return made[:6] + struct.pack("<HH", width, height) + made[10:start] + made[start:-1] * frames + b";"


def _png_text(size: int) -> bytes:
    return pictures.png(
        64, 64, zlib.compress(bytes(64 * 193)), pictures.chunk(b"zTXt", b"Comment\0\0" + _zeros(size))
    )


def _nested(kind: bytes, depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = films.box(kind, content)
    return content


MAKERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a PNG of 1.2 gigapixels": ("image/png", lambda: pictures.png(40_000, 30_000, _zeros(30_000 * 120_001))),
    "a PNG of 49 megapixels": (
        "image/png",
        lambda: pictures.png(7000, 7000, _zeros(7000 * 28_001), colours=6),
    ),
    "a PNG of 2 by 20 million": ("image/png", lambda: pictures.png(2, 20_000_000, _zeros(20_000_000 * 7))),
    "a PNG that claims 4 billion by 4 billion": (
        "image/png",
        lambda: pictures.png(2**31 - 1, 2**31 - 1, _zeros(1000)),
    ),
    "a PNG of no width": ("image/png", lambda: pictures.png(0, 10, b"")),
    "a PNG with 200 MB of text in 200 KB": ("image/png", lambda: _png_text(200 * _MiB)),
    "a PNG with a profile of 200 MB": (
        "image/png",
        lambda: pictures.png(
            64, 64, zlib.compress(bytes(64 * 193)), pictures.chunk(b"iCCP", b"x\0\0" + _zeros(200 * _MiB))
        ),
    ),
    "a PNG cut off": ("image/png", lambda: pictures.saved(pictures.scene(1), "PNG")[:40_000]),
    "a PNG of 30,000 parts": (
        "image/png",
        lambda: pictures.png(64, 64, b"", *[pictures.chunk(b"tEXt", b"a\0b")] * 30_000),
    ),
    "a JPEG cut off": ("image/jpeg", lambda: pictures.saved(pictures.scene(1))[:9_000]),
    "a JPEG that claims 65,500 by 65,500": (
        "image/jpeg",
        lambda: _claims(pictures.saved(pictures.scene(1, 320, 240)), 65_500, 65_500),
    ),
    "a JPEG that claims 14,000 by 14,000": (
        "image/jpeg",
        lambda: _claims(pictures.saved(pictures.scene(1, 320, 240)), 14_000, 14_000),
    ),
    "a progressive JPEG that claims 7,000 by 7,000": (
        "image/jpeg",
        lambda: _claims(pictures.saved(pictures.scene(1, 320, 240), progressive=True), 7_000, 7_000),
    ),
    "a JPEG of 2,000 scans": ("image/jpeg", _many_scans),
    "a JPEG of nothing but segments": ("image/jpeg", lambda: b"\xff\xd8" + b"\xff\xfe\x00\x02" * 200_000),
    "an Exif of 5,000 entries": ("image/jpeg", lambda: _exif_jpeg(_tiff(1, 1, 5_000))),
    "an Exif that points to itself": ("image/jpeg", lambda: _exif_jpeg(_tiff(1, 1, loop=True))),
    "an Exif that points beyond": ("image/jpeg", lambda: _exif_jpeg(b"II*\0\xff\xff\xff\x7f" + bytes(50))),
    "an Exif of noise": ("image/jpeg", lambda: _exif_jpeg(b"MM\0*" + random.Random(7).randbytes(60_000))),
    "a GIF of 65,535 by 65,535": ("image/gif", lambda: _gif(65_535, 65_535, 1)),
    "a GIF of 3,000 pictures": ("image/gif", lambda: _gif(600, 600, 3_000)),
    "a TIFF of 4 gigapixels": ("image/tiff", lambda: _tiff(65_535, 65_535)),
    "a TIFF of 20,000 entries": ("image/tiff", lambda: _tiff(100, 100, 20_000)),
    "a TIFF that points to itself": ("image/tiff", lambda: _tiff(100, 100, loop=True)),
    "a BMP that claims 2 gigapixels": (
        "image/bmp",
        lambda: (
            b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 46_000, 46_000, 1, 24, 0, 0, 0, 0, 0, 0)
        ),
    ),
    "a WebP of 16,383 by 16,383": (
        "image/webp",
        lambda: b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + struct.pack("<I", 16_382 | 16_382 << 14) + bytes(5),
    ),
    "a WebP of noise": (
        "image/webp",
        lambda: b"RIFF" + struct.pack("<I", 50_004) + b"WEBPVP8 " + random.Random(3).randbytes(50_000),
    ),
    "an AVIF of noise": (
        "image/avif",
        lambda: films.box(b"ftyp", b"avif", bytes(4), b"avif", b"mif1") + random.Random(4).randbytes(50_000),
    ),
    "a HEIC of noise": (
        "image/heic",
        lambda: films.box(b"ftyp", b"heic", bytes(4), b"heic", b"mif1") + random.Random(5).randbytes(50_000),
    ),
    "an MP4 of 5,000 boxes in each other": (
        "video/mp4",
        lambda: films.box(b"ftyp", b"mp42") + films.box(b"moov", _nested(b"udta", 5_000)),
    ),
    "an MP4 of a million boxes": (
        "video/mp4",
        lambda: films.box(b"ftyp", b"mp42") + films.box(b"moov", films.box(b"free") * 1_000_000),
    ),
    "a WebM of a million elements": (
        "video/webm",
        lambda: films.element("1a45dfa3", films.element("4282", b"webm")) + b"\xec\x80" * 1_000_000,
    ),
    "an AMR of nothing but heads": ("audio/amr", lambda: b"#!AMR\n" + b"\x7c" * _MiB),
    "an Ogg of a million pages": ("audio/ogg", lambda: films.voice()[:80] + b"OggS" * 1_000_000),
    "an MP3 of noise": ("audio/mpeg", lambda: b"\xff\xfb\x90\x00" + random.Random(6).randbytes(2 * _MiB)),
}


def hostile_files() -> Iterator[tuple[str, str, bytes]]:
    """Name, media type and content of each."""
    for name, (media_type, make) in MAKERS.items():
        yield name, media_type, make()
