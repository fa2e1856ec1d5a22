"""A checksum of every frame of SQLite's log, in a file beside it, that tells which bit of a frame is wrong.

SQLite's own is a sum: a wrong bit in the upper byte of a word adds to it what the same bit of other words would, up to
a third of them. A CRC-32 tells them apart. Nothing rests on this file (it is written after a commit and never synced):
an entry that is missing, damaged or of an earlier generation of the log fits no frame, and then somebody is asked.

    for each frame, from 1: the CRC-32 of the log's salts, the frame's number, its page's number, its size, its content
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

from . import sqlite_log

#: Frames that are read at once.
_MANY = 512


def beside(log: Path) -> Path:
    return log.with_name(log.name + ".sums")


def of_frame(salts: bytes, number: int, frame: bytes | bytearray | memoryview) -> int:
    """The checksum of a whole frame, of which its own salts and sums are left out."""
    head = salts + number.to_bytes(4, "little") + bytes(frame[:8])
    return zlib.crc32(frame[sqlite_log.FRAME :], zlib.crc32(head))


def word_of(salts: bytes, number: int, frame: bytes, place: int, wanted: int) -> int:
    """What the word at `place` of a frame (0: whose page it is, 4: its size) must be for the frame to have the checksum
    that is `wanted`. There is exactly one: four bytes anywhere take a CRC-32 to any value, and each bit of them always
    changes the same bits of it."""

    def with_word(value: int) -> int:
        return of_frame(salts, number, frame[:place] + value.to_bytes(4, "big") + frame[place + 4 :])

    nothing = with_word(0)
    told_by: list[tuple[int, int]] = []  # of each highest bit in turn: what changes it, and what else of it
    for value in (1 << bit for bit in range(32)):
        changes = with_word(value) ^ nothing
        for known, its_value in told_by:
            if changes ^ known < changes:
                changes, value = changes ^ known, value ^ its_value
        told_by = sorted([*told_by, (changes, value)], reverse=True)
    rest, word = wanted ^ nothing, 0
    for known, its_value in told_by:
        if rest ^ known < rest:
            rest, word = rest ^ known, word ^ its_value
    return word


def read(log: Path) -> dict[int, int]:
    """What was noted of each frame; empty when there is nothing."""
    try:
        data = beside(log).read_bytes()
    except FileNotFoundError:
        return {}
    return {n: value for n, (value,) in enumerate(struct.iter_unpack("<I", data[: len(data) // 4 * 4]), 1)}


class FrameSums:
    """Writes the checksums of the log that this process writes. Raises OSError."""

    def __init__(self, log: Path, page_bytes: int) -> None:
        self._log_path, self._path, self._whole = log, beside(log), sqlite_log.FRAME + page_bytes
        self._log = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def note(self, salts: bytes, after: int, last: int) -> bytes:
        """Note the frames behind number `after` up to `last`; the last one, whole."""
        frame = b""
        for first in range(after + 1, last + 1, _MANY):
            count = min(_MANY, last + 1 - first)
            data = memoryview(
                os.pread(self._log, count * self._whole, sqlite_log.HEADER + (first - 1) * self._whole)
            )
            frames = [data[at : at + self._whole] for at in range(0, len(data), self._whole)]
            found = [of_frame(salts, number, one) for number, one in enumerate(frames, first)]
            os.pwrite(self._file, struct.pack(f"<{len(found)}I", *found), 4 * (first - 1))
            frame = bytes(frames[-1]) if frames else b""
        return frame

    def close(self) -> None:
        """What is noted goes with the log, which SQLite removes when all of it is in the database."""
        size = os.fstat(self._log).st_size
        os.close(self._log)
        os.close(self._file)
        if not size or not self._log_path.exists():
            self._path.unlink(missing_ok=True)
