"""A checksum of every page of the SQLite journal, in a file beside it: no bit of it changes unnoticed.

SQLite itself notices damage to its structure alone, and the bodies are sealed; a wrong bit in a column of time, state
or number would be read as if it had been written. The database changes at a checkpoint of the log only, and only by
us, so the checksums are brought up to date after each: first they are synced, then the header, which says how far the
log is copied, and only then can the log be begun anew. After each commit the header also says (without a sync of its
own: that is the log's) how far the log goes, so that a log which ends earlier is known to be damaged.

    header: magic | the log's salts (8 bytes) | frames copied | frames | the last one's page | its CRC-32 | CRC-32
    then, from byte 64, for each page the CRC-32 of its number and content, 4 bytes; 0: not known
"""

from __future__ import annotations

import os
import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from . import sqlite_log
from .keys import sync_folder
from .sqlite_frame_sums import FrameSums

HEADER = 64
_MAGIC = b"KANALSUM"
_HEADER = struct.Struct("<8s8sIIIII")
#: SQLite's index of the log, in shared memory: what it holds of the last commit (wal.c, WalIndexHdr).
_INDEX = struct.Struct("=16xI12x8s")
_CHUNK = 512

log = structlog.get_logger()


def page_size(database: Path, usual: int) -> int:
    """The size of the database's pages, in bytes; `usual` when its head is damaged or not there."""
    with database.open("rb") as file:
        found = int.from_bytes(file.read(18)[16:18], "big")
    return found if found >= 512 and found.bit_count() == 1 else usual


def beside(database: Path) -> Path:
    return database.with_name(database.name + ".sums")


def crc(number: int, content: bytes | bytearray) -> int:
    return zlib.crc32(content, zlib.crc32(number.to_bytes(4, "big"))) or 1


@dataclass(frozen=True)
class Mark:
    """Up to where the log of these `salts` goes (`frames`), and is copied into the database (`copied`); the
    page of its last frame, and that page's checksum."""

    salts: bytes = bytes(8)
    copied: int = 0
    frames: int = 0
    page: int = 0
    sum: int = 0

    def pack(self) -> bytes:
        head = _HEADER.pack(_MAGIC, self.salts, self.copied, self.frames, self.page, self.sum, 0)[:-4]
        return head + struct.pack("<I", zlib.crc32(head))


def unpack(head: bytes) -> Mark | None:
    """The mark in a file's first bytes; None when they are damaged."""
    if len(head) < _HEADER.size:
        return None
    magic, salts, copied, frames, page, value, stored = _HEADER.unpack(head[: _HEADER.size])
    if magic != _MAGIC or zlib.crc32(head[: _HEADER.size - 4]) != stored:
        return None
    return Mark(salts, copied, frames, page, value)


class Sums:
    """The checksums of the journal that this process writes. Belongs to the writer's thread.

    When they cannot be kept (a full disk) they are removed, and made anew at the next start.
    """

    def __init__(self, database: Path, page_bytes: int) -> None:
        self._database, self._page_bytes = database, page_bytes
        self._file = self._index = -1
        self._frames: FrameSums | None = None
        self._mark = Mark()

    def open(self, copied: int) -> None:
        """Go on from what is there, or begin with the database as it is, of whose log `copied` frames are in it."""
        path = beside(self._database)
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            sync_folder(path.parent)
            self._index = os.open(self._shared(), os.O_RDONLY | os.O_CLOEXEC)
            mark = unpack(os.pread(self._file, HEADER, 0))
            if mark is None:
                self._build(copied)
            else:
                self._mark = mark
                self.checkpointed(copied)
        except OSError as error:
            self._give_up(error)

    def _shared(self) -> Path:
        return self._database.with_name(self._database.name + "-shm")

    def _build(self, copied: int) -> None:
        found = sqlite_log.load(self._log())
        waiting = set() if found is None else {found.page(n) for n in range(copied + 1, found.count + 1)}
        sums = array("I")
        for number, content in pages(self._database, self._page_bytes):
            sums.append(0 if number in waiting else crc(number, content))
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, bytes(HEADER) + sums.tobytes(), 0)
        self._noted(Mark(bytes(8) if found is None else found.salts, copied, copied))

    def _log(self) -> Path:
        return self._database.with_name(self._database.name + "-wal")

    def _noted(self, mark: Mark) -> None:
        """Sync the checksums, then what says that they hold."""
        os.fdatasync(self._file)
        os.pwrite(self._file, mark.pack(), 0)
        os.fdatasync(self._file)
        self._mark = mark

    def committed(self) -> None:
        """A transaction is synced: note how far the log goes now."""
        if self._file < 0:
            return
        try:
            frames, salts = _INDEX.unpack(os.pread(self._index, _INDEX.size, 0))
            ours = self._mark if salts == self._mark.salts else Mark()
            if frames and (salts, frames) != (self._mark.salts, self._mark.frames):
                after = min(ours.frames, frames - 1)
                if self._frames is None:  # what is in the log already was not noted, or not by us
                    self._frames, after = FrameSums(self._log(), self._page_bytes), 0
                frame = self._frames.note(salts, after, frames)
                page = int.from_bytes(frame[:4], "big")
                self._mark = Mark(salts, ours.copied, frames, page, crc(page, frame[sqlite_log.FRAME :]))
                os.pwrite(self._file, self._mark.pack(), 0)
        except (OSError, struct.error) as error:
            self._give_up(error)

    def checkpointed(self, copied: int) -> None:
        """The log's first `copied` frames are in the database now, and synced."""
        if self._file < 0 or copied <= 0:
            return
        try:
            salts, same = b"", False
            with self._log().open("rb") as file:
                salts = file.read(sqlite_log.HEADER)[16:24]
                same = salts == self._mark.salts
                first = self._mark.copied if same else 0
                if copied > first:
                    self._update(file, first, copied)
            if copied > first:
                ours = self._mark if same else Mark()
                self._noted(Mark(salts, copied, max(ours.frames, copied), ours.page, ours.sum))
        except OSError as error:
            self._give_up(error)

    def _update(self, file: BinaryIO, first: int, copied: int) -> None:
        last: dict[int, int] = {}
        whole = sqlite_log.FRAME + self._page_bytes
        file.seek(sqlite_log.HEADER + first * whole)
        for _ in range(copied - first):
            frame = file.read(whole)
            page = int.from_bytes(frame[:4], "big")
            last[page] = crc(page, frame[sqlite_log.FRAME :])
        for page, value in last.items():
            os.pwrite(self._file, struct.pack("<I", value), HEADER + 4 * (page - 1))

    def _give_up(self, error: Exception) -> None:
        log.warning("checksums_not_kept", reason=str(error))
        self.close()
        beside(self._database).unlink(missing_ok=True)

    def close(self) -> None:
        for descriptor in (self._file, self._index):
            if descriptor >= 0:
                os.close(descriptor)
        if self._frames is not None:
            self._frames.close()
        self._file, self._index, self._frames = -1, -1, None


def pages(database: Path, page_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Every whole page with its number, from 1."""
    number = 0
    with database.open("rb") as file:
        while chunk := file.read(_CHUNK * page_bytes):
            for at in range(0, len(chunk) - page_bytes + 1, page_bytes):
                number += 1
                yield number, chunk[at : at + page_bytes]


def read_sums(path: Path) -> array[int]:
    sums = array("I")
    data = path.read_bytes()[HEADER:]
    sums.frombytes(data[: len(data) // 4 * 4])
    return sums


def wrong_pages(database: Path, page_bytes: int, sums: array[int], excused: Iterable[int]) -> list[int]:
    """Pages that are not what was written; those that the log holds anew are `excused`."""
    found = []
    skip = set(excused)
    count = 0
    for number, content in pages(database, page_bytes):
        count = number
        if number > len(sums):
            break
        if sums[number - 1] not in (0, crc(number, content)) and number not in skip:
            found.append(number)
    # The database never shrinks: what is missing at its end was there.
    found += [number for number in range(count + 1, len(sums) + 1) if sums[number - 1] and number not in skip]
    return found


def healed(number: int, content: bytes, stored: int) -> bytes | None:
    """The page with the one bit put right that is wrong; itself when the bit is one of the checksum; None when it is
    more than one."""
    if (crc(number, content) ^ stored).bit_count() == 1:
        return content
    page = bytearray(content)
    return next(
        (bytes(page) for _ in sqlite_log.one_bit_off(page, len(page)) if crc(number, page) == stored), None
    )
