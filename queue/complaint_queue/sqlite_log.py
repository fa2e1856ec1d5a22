"""SQLite's write-ahead log, read by ourselves before SQLite does: it silently forgets all that stands behind damage.

The format is at https://www.sqlite.org/fileformat2.html#the_write_ahead_log: a header, then frames of one page each. A
frame's checksum goes on from that of the frame before, so one wrong bit makes SQLite end the log there, as if the
power had been cut while it was written. The checksum is a sum: what a single wrong bit adds to it says which bit it
was, and that one is put right. Where it may have been one of several, `sqlite_frame_sums` says which.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HEADER, FRAME = 32, 24
_MAGIC = 0x377F0682
_M = 0xFFFFFFFF
_FORMAT = 3007000
_SIZES = {1 << power for power in range(9, 17)}


@dataclass
class Log:
    """A log's bytes. `size`: of a page; `salts` name this generation of the log; `order` is its byte order's mark."""

    data: bytearray
    size: int
    salts: bytes
    order: str
    start: tuple[int, int]
    """The checksum from which the first frame's goes on."""

    @property
    def count(self) -> int:
        """Frames that are whole."""
        return max(0, len(self.data) - HEADER) // (FRAME + self.size)

    def at(self, number: int) -> int:
        """Where frame `number` (from 1) begins."""
        return HEADER + (number - 1) * (FRAME + self.size)

    def page(self, number: int) -> int:
        found: int = struct.unpack_from(">I", self.data, self.at(number))[0]
        return found

    def commits(self, number: int) -> int:
        """The database's pages after the transaction that this frame ends; 0: it ends none."""
        found: int = struct.unpack_from(">I", self.data, self.at(number) + 4)[0]
        return found

    def is_ours(self, number: int) -> bool:
        """Whether the frame says that it is of this generation."""
        begin = self.at(number) + 8
        return self.data[begin : begin + 8] == self.salts

    def stored(self, number: int) -> tuple[int, int]:
        """The checksum that the frame bears; of frame 0: the header's."""
        if not number:
            return self.start
        first, second = struct.unpack_from(">II", self.data, self.at(number) + 16)
        return first, second

    def words(self, number: int) -> array[int]:
        begin = self.at(number)
        words = array(
            "I", self.data[begin : begin + 8] + self.data[begin + FRAME : begin + FRAME + self.size]
        )
        if self.order == ">":
            words.byteswap()
        return words

    def computed(self, number: int, before: tuple[int, int]) -> tuple[int, int]:
        return checksum(self.words(number), before)

    def content(self, number: int) -> bytes:
        begin = self.at(number) + FRAME
        return bytes(self.data[begin : begin + self.size])

    def frame(self, number: int) -> bytes:
        begin = self.at(number)
        return bytes(self.data[begin : begin + FRAME + self.size])

    def flip(self, at: int, bit: int) -> None:
        self.data[at] ^= 1 << bit

    def sign(self, number: int, value: tuple[int, int]) -> None:
        """Give a frame its generation and this checksum."""
        self.data[self.at(number) + 8 : self.at(number) + FRAME] = self.salts + struct.pack(">II", *value)


def checksum(words: array[int], before: tuple[int, int]) -> tuple[int, int]:
    first, second = before
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _M
        second = (second + odd + first) & _M
    return first, second


def load(path: Path) -> Log | None:
    """The log at `path`; None when there is none. Raises ValueError when its header is no header."""
    try:
        data = bytearray(path.read_bytes())
    except FileNotFoundError:
        return None
    if len(data) < HEADER or not any(data[:HEADER]):
        return None
    log = _with_header(data)
    if log is None:
        raise ValueError("the header of its log is damaged")
    return log


def _with_header(data: bytearray) -> Log | None:
    magic, version, size = struct.unpack_from(">III", data)
    order = ">" if magic & 1 else "<"
    words = array("I", data[:24])
    if order == ">":
        words.byteswap()
    stored = struct.unpack_from(">II", data, 24)
    if magic & ~1 != _MAGIC or version != _FORMAT or size not in _SIZES or checksum(words, (0, 0)) != stored:
        return None
    return Log(data, size, bytes(data[16:24]), order, (stored[0], stored[1]))


def header_healed(data: bytearray) -> Log | None:
    """The log with the one bit of its header put right that is wrong; None when it is more than one."""
    return next((log for _ in one_bit_off(data, HEADER) if (log := _with_header(data)) is not None), None)


def one_bit_off(data: bytearray, size: int) -> Iterator[None]:
    """Change each bit of the first `size` bytes in turn; the one at which nobody goes on stays changed."""
    for at in range(size):
        for bit in range(8):
            data[at] ^= 1 << bit
            yield
            data[at] ^= 1 << bit


@dataclass(frozen=True)
class Walk:
    """How far a log is whole: the last frame of the last transaction that can be read, and the first bad frame (0:
    none; there may be frames of an earlier generation behind)."""

    committed: int
    bad: int


def walk(log: Log) -> Walk:
    """Read a log as SQLite does."""
    before, committed = log.start, 0
    for number in range(1, log.count + 1):
        value = log.computed(number, before)
        if not log.is_ours(number) or value != log.stored(number) or not log.page(number):
            return Walk(committed, number)
        before = value
        if log.commits(number):
            committed = number
    return Walk(committed, 0)


def committed(log: Log) -> dict[int, bytes]:
    """The pages, by their numbers, as the last transaction that can be read left them."""
    return {log.page(n): log.content(n) for n in range(1, walk(log).committed + 1)}


def is_torn(log: Log, bad: int) -> bool:
    """Whether the bad frame may be of a transaction that was being written when the power went: nothing was begun
    behind its end. Of what was synced the next transaction is the witness."""
    for number in range(bad, log.count):
        if log.is_ours(number) and log.commits(number) and log.is_ours(number + 1):
            return False
    return True


def heal(log: Log, number: int, is_right: Callable[[Log, int], bool]) -> bool:
    """Put the one bit of a frame right that is wrong, when it is one. Where it may be one of several, the frame is
    right of which `is_right` says so."""
    before = log.stored(number - 1)
    begin = log.at(number)
    if not log.is_ours(number):
        wrong = int.from_bytes(log.data[begin + 8 : begin + 16], "big") ^ int.from_bytes(log.salts, "big")
        if wrong.bit_count() == 1 and log.computed(number, before) == log.stored(number):
            log.data[begin + 8 : begin + 16] = log.salts
            return True
        return False
    fitting, right = [], []
    for at, bit in dict.fromkeys(_suspects(log, number, before)):
        log.flip(begin + at, bit)
        if log.computed(number, before) == log.stored(number) and _goes_on(log, number):
            fitting.append((at, bit))
            if is_right(log, number):
                right.append((at, bit))
        log.flip(begin + at, bit)
    chosen = fitting if len(fitting) == 1 else right
    if len(chosen) != 1:
        return False
    log.flip(begin + chosen[0][0], chosen[0][1])
    return True


def _goes_on(log: Log, number: int) -> bool:
    """Whether the next frame's checksum goes on from this one's, if it is of this generation at all."""
    following = number + 1
    if following > log.count or not log.is_ours(following):
        return True
    return log.computed(following, log.stored(number)) == log.stored(following)


def _suspects(log: Log, number: int, before: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Bytes (from the frame's beginning) and bits of which one may be wrong, from what it adds to the checksum."""
    stored, computed = log.stored(number), log.computed(number, before)
    wrong = [(s - c) & _M for s, c in zip(stored, computed, strict=True)]
    for place, (first, second) in enumerate(_weights(log.size // 4 + 2)):
        for bit in range(32):
            for value in (1 << bit, -(1 << bit)):
                if (first * value) & _M == wrong[0] and (second * value) & _M == wrong[1]:
                    at = place * 4 if place < 2 else FRAME + (place - 2) * 4
                    byte = bit // 8
                    yield at + (3 - byte if log.order == ">" else byte), bit % 8
    for half in range(2):
        bits = stored[half] ^ computed[half]
        if bits.bit_count() == 1 and stored[1 - half] == computed[1 - half]:
            bit = bits.bit_length() - 1
            yield 16 + half * 4 + 3 - bit // 8, bit % 8


@cache
def _weights(count: int) -> tuple[tuple[int, int], ...]:
    """What 1 in each of `count` words adds to the two halves of a checksum."""
    backwards: list[tuple[int, int]] = [(0, 1), (1, 1)]
    while len(backwards) < count:
        backwards += [_through(backwards[-2]), _through(backwards[-1])]
    return tuple(reversed(backwards))


def _through(weight: tuple[int, int]) -> tuple[int, int]:
    """A weight after one more pair of words that are 0."""
    first = (weight[0] + weight[1]) & _M
    return first, (weight[1] + first) & _M


def with_new_header(log: Log) -> Log:
    """The log under a header made anew, in the order of bytes of most machines."""
    head = struct.pack(">IIII", _MAGIC, _FORMAT, log.size, 0) + log.salts
    start = checksum(array("I", head), (0, 0))
    log.data[:HEADER] = head + struct.pack(">II", *start)
    log.order, log.start = "<", start
    return log
