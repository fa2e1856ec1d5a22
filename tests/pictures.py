"""Pictures for tests, drawn here: scenes that differ as photos do, and what telephones write into them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

#: The Exif tags used here: GPSLatitudeRef and so on in IFD 0x8825, times in 0x8769.
_CAMERA, _GPS = 0x8769, 0x8825
#: A corner of Kelurahan Kenari, Senen.
KENARI = (-6.1917, 106.8456)


def scene(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """A street as nobody sees it: a sky, a road, houses, a hole, signs and grain, all from `seed`."""
    chance = random.Random(seed)

    def colour(dark: int = 20, light: int = 235) -> tuple[int, int, int]:
        return chance.randint(dark, light), chance.randint(dark, light), chance.randint(dark, light)

    small = Image.new("RGB", (400, 300), colour(120, 230))
    draw = ImageDraw.Draw(small)
    horizon = chance.randint(90, 190)
    draw.rectangle((0, horizon, 400, 300), fill=colour(40, 140))
    for _ in range(chance.randint(3, 7)):
        left, top = chance.randint(-30, 360), chance.randint(20, horizon)
        draw.rectangle(
            (left, top, left + chance.randint(30, 110), horizon + chance.randint(0, 60)), fill=colour()
        )
    for _ in range(chance.randint(2, 5)):
        x, y, wide = chance.randint(0, 350), chance.randint(horizon - 20, 270), chance.randint(30, 130)
        draw.ellipse((x, y, x + wide, y + wide // 2), fill=colour(10, 120))
    for _ in range(chance.randint(1, 4)):
        draw.line(
            [(chance.randint(0, 400), chance.randint(0, 300)) for _ in range(3)], fill=colour(), width=4
        )
    draw.text((chance.randint(0, 250), chance.randint(0, 280)), f"JL. CONTOH {seed}", fill=colour())
    picture = small.resize((width, height), Image.Resampling.BICUBIC)
    grain = Image.effect_noise((width // 4, height // 4), 30).resize((width, height))
    return Image.blend(picture, Image.merge("RGB", (grain, grain, grain)), 0.08).filter(
        ImageFilter.GaussianBlur(0.6)
    )


def exif(
    *,
    at: datetime | None = None,
    offset: str = "+07:00",
    place: tuple[float, float] | None = None,
    orientation: int = 1,
    gps: dict[int, Any] | None = None,
) -> Image.Exif:
    """What a telephone writes: make and model, a name, the local time `at`, the place, and how it was held."""
    tags = Image.Exif()
    tags[0x010F], tags[0x0110] = "Contoh", "Telepon 1"
    tags[0x013B] = "Siti Contoh"
    tags[0x0112] = orientation
    camera = tags.get_ifd(_CAMERA)
    if at is not None:
        camera[0x9003] = at.strftime("%Y:%m:%d %H:%M:%S")
        if offset:
            camera[0x9011] = offset
    if place is not None:
        tags.get_ifd(_GPS).update(gps_tags(*place))
    if gps is not None:
        tags.get_ifd(_GPS).update(gps)
    return tags


def gps_tags(latitude: float, longitude: float, at: datetime | None = None) -> dict[int, Any]:
    """Degrees, minutes, seconds with their hemispheres, and the satellites' time in UTC."""

    def parts(value: float) -> tuple[float, float, float]:
        value = abs(value)
        minutes = (value - int(value)) * 60
        return float(int(value)), float(int(minutes)), round((minutes - int(minutes)) * 60, 4)

    found: dict[int, Any] = {
        1: "S" if latitude < 0 else "N",
        2: parts(latitude),
        3: "W" if longitude < 0 else "E",
        4: parts(longitude),
        5: b"\x00",
        6: 17.0,
    }
    if at is not None:
        at = at.astimezone(UTC)
        found[7] = (float(at.hour), float(at.minute), float(at.second))
        found[29] = at.strftime("%Y:%m:%d")
    return found


def saved(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file of `form`."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def png(width: int, height: int, content: bytes, *chunks: bytes, depth: int = 8, colours: int = 2) -> bytes:
    """A PNG file by hand: its head may claim any size, whatever `content` (compressed rows) holds."""
    head = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    parts = (chunk(b"IHDR", head), *chunks, chunk(b"IDAT", content), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(kind: bytes, content: bytes) -> bytes:
    """One part of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
