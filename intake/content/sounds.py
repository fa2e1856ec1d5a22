"""How long a voice note or other sound is. The note itself stays as it came: nobody's voice is recoded."""

from __future__ import annotations

from typing import BinaryIO

from tinytag import TinyTag

from intake.content.films import read_film
from intake.content.frames import Found

#: Seconds; longer is a damaged or crafted head.
_LONGEST = 48 * 3600.0
#: Bytes of which frames are counted: a quarter of an hour of AAC, an hour of AMR.
_LARGEST = 4 * 1024 * 1024
#: Bytes of a frame of AMR by its type, with the byte before it (RFC 4867, 3GPP TS 26.101 and 26.201); 20 ms each.
_NARROW = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
_WIDE = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)
#: Samples a second by the index in the head of ADTS (ISO/IEC 13818-7); 1024 samples to a frame.
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


def read_sound(stream: BinaryIO, media_type: str, size: int) -> Found:
    """Its length, or a remark that it could not be told."""
    if media_type == "audio/mp4":
        return read_film(stream, media_type, size)
    try:
        seconds = _seconds(stream, media_type, size)
    except Exception:  # tinytag's own errors, and whatever else a crafted file brings about
        seconds = None
    if seconds is None or not 0 < seconds <= _LONGEST:
        return Found(remarks=("the length of the sound cannot be told",))
    return Found(duration=round(seconds, 2))


def _seconds(stream: BinaryIO, media_type: str, size: int) -> float | None:
    if media_type in ("audio/amr", "audio/aac") and size > _LARGEST:
        return None
    if media_type == "audio/amr":
        return _amr(stream.read(_LARGEST))
    if media_type == "audio/aac":
        return _adts(stream.read(_LARGEST))
    return TinyTag.get(file_obj=stream, tags=False, image=False).duration


def _amr(content: bytes) -> float:
    wide = content.startswith(b"#!AMR-WB\n")
    sizes, at, frames = (_WIDE, 9, 0) if wide else (_NARROW, 6, 0)
    while at < len(content):
        at += sizes[content[at] >> 3 & 15]
        frames += 1
    return frames * 0.02


def _adts(content: bytes) -> float | None:
    at = frames = rate = 0
    while at + 7 <= len(content) and content[at] == 0xFF and content[at + 1] & 0xF6 == 0xF0:
        index = content[at + 2] >> 2 & 15
        size = (content[at + 3] & 3) << 11 | content[at + 4] << 3 | content[at + 5] >> 5
        if size < 7 or index >= len(_RATES):
            return None
        rate, at, frames = _RATES[index], at + size, frames + 1
    return frames * 1024 / rate if rate else None
