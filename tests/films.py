"""Heads of films and sounds for tests, built box by box as the standards have it; nobody could play them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime


def box(kind: bytes, *content: bytes) -> bytes:
    """One box of ISO/IEC 14496-12."""
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def movie(
    *,
    seconds: float = 12.5,
    size: tuple[int, int] = (1920, 1080),
    turned: bool = False,
    place: str = "",
    made: datetime | None = None,
    brand: bytes = b"mp42",
    version: int = 0,
    apple: dict[bytes, bytes] | None = None,
    film_first: bool = True,
) -> bytes:
    """An MP4, QuickTime or 3GP file with a picture track and a sound track."""
    scale = 600
    epoch = 0 if made is None else int((made - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds())
    layout = ">QQIQ" if version else ">IIII"
    length = round(seconds * scale)
    head = bytes([version, 0, 0, 0]) + struct.pack(layout, epoch, epoch, scale, length) + bytes(80)
    matrix = (
        (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30) if turned else (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    )

    def track(width: int, height: int) -> bytes:
        start = bytes([version, 0, 0, 7]) + bytes(32 if version else 20) + bytes(16)
        return box(
            b"trak",
            box(b"tkhd", start, struct.pack(">9i", *matrix), struct.pack(">II", width << 16, height << 16)),
        )

    parts = [box(b"mvhd", head), track(0, 0), track(*size)]
    if place:
        words = place.encode()
        parts.append(box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(words), 0x15C7), words)))
    if apple:
        keys = b"".join(box(b"mdta", name) for name in apple)
        values = b"".join(
            box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), value))
            for number, value in enumerate(apple.values(), 1)
        )
        handler = box(b"hdlr", bytes(8), b"mdta", bytes(13))
        parts.append(
            box(b"meta", handler, box(b"keys", struct.pack(">II", 0, len(apple)), keys), box(b"ilst", values))
        )
    film = box(b"mdat", bytes(200_000))
    moov = box(b"moov", *parts)
    return box(b"ftyp", brand, bytes(4), brand, b"isom") + (film + moov if film_first else moov + film)


def element(name: str, content: bytes, *, length: int | None = None) -> bytes:
    """One element of EBML; `length` -1 is "unknown"."""
    size = (
        b"\x01\xff\xff\xff\xff\xff\xff\xff"
        if length == -1
        else (0x10000000 | len(content)).to_bytes(4, "big")
    )
    return bytes.fromhex(name) + size + content


def matroska(
    *, seconds: float | None = 8.0, size: tuple[int, int] = (1280, 720), kind: bytes = b"webm"
) -> bytes:
    """A WebM or Matroska file; without `seconds` as a browser records it, its length unknown, three clusters long."""
    head = element("1a45dfa3", element("4282", kind))
    info = element("2ad7b1", (1_000_000).to_bytes(3, "big"))
    if seconds is not None:
        info += element("4489", struct.pack(">d", seconds * 1000))
    video = element(
        "e0", element("b0", size[0].to_bytes(2, "big")) + element("ba", size[1].to_bytes(2, "big"))
    )
    tracks = element("1654ae6b", element("ae", element("d7", b"\1") + video))
    clusters = b"".join(
        element("1f43b675", element("e7", at.to_bytes(2, "big")) + element("a3", bytes(5000)), length=-1)
        for at in (0, 5000, 9000)
    )
    unknown = -1 if seconds is None else None
    return head + element("18538067", element("1549a966", info) + tracks + clusters, length=unknown)


def avi(*, pictures: int = 250, pause: int = 40_000, size: tuple[int, int] = (640, 480)) -> bytes:
    """An AVI file of so many pictures, `pause` microseconds apart."""
    avih = (
        b"avih"
        + struct.pack("<I", 56)
        + struct.pack("<10I", pause, 0, 0, 0, pictures, 0, 2, 0, *size)
        + bytes(16)
    )
    hdrl = b"LIST" + struct.pack("<I", len(avih) + 4) + b"hdrl" + avih
    movi = b"LIST" + struct.pack("<I", 1004) + b"movi" + bytes(1000)
    return b"RIFF" + struct.pack("<I", len(hdrl) + len(movi) + 4) + b"AVI " + hdrl + movi


def voice(seconds: float = 4.0) -> bytes:
    """A voice note as WhatsApp and Telegram send it: Opus in Ogg (RFC 7845), 48,000 samples a second."""

    def page(kind: int, position: int, number: int, content: bytes) -> bytes:
        lacing = [255] * (len(content) // 255) + [len(content) % 255]
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, kind, position, 7, number, 0, len(lacing)) + bytes(
            lacing
        )
        whole = head + content
        return whole[:22] + struct.pack("<I", _ogg_sum(whole)) + whole[26:]

    opus = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 6) + b"Contoh" + struct.pack("<I", 0)
    return page(2, 0, 0, opus) + page(0, 0, 1, tags) + page(4, round(seconds * 48000), 2, bytes(3000))


def _ogg_sum(content: bytes) -> int:
    total = 0
    for byte in content:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1 ^ 0x04C11DB7 if total & 1 << 31 else total << 1) & 0xFFFFFFFF
    return total


def amr(seconds: float = 3.0) -> bytes:
    """A voice note as older telephones send it by MMS: 12.2 kbit/s."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * round(seconds * 50)
