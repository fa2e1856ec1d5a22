"""Damage to the SQLite journal, found before SQLite opens it: a wrong bit is put right, for more somebody is asked.

SQLite would take a damaged log for one that ends there, and read a damaged column as it stands. What is acknowledged
must not go that way: at the start the log is read to the end that was noted, and every page is compared with its
checksum (`sqlite_sums`). One wrong bit is known from the checksum and put right; of anything else the start is refused
with what to do: `kanal mend`.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import time
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from normalizer.sentence import Sentence, Several

from . import sqlite_frame_sums as frame_sums
from . import sqlite_log as logs
from . import sqlite_sums as sums
from .sqlite_open import PAGE_BYTES, UNREADABLE, damaged
from .sqlite_page import cells, holds_rows, varint

_ROWS_TOLD = 20
#: Beside a gateway that writes, a page is wrong that is wrong each of so many times, seconds apart.
_LOOKS, _REST = 20, 0.5


@dataclass
class Found:
    """What was found and put right, what was not, and the pages of the latter."""

    healed: list[Sentence] = field(default_factory=list)
    problems: list[Sentence] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)


def examine(path: Path, page_bytes: int, *, whole: bool) -> list[Sentence]:
    """What was damaged in a journal that nobody has open, and is put right. Raises `Damaged`.

    `whole`: also compare every page, which reads the whole database.
    """
    found = Found()
    mark = mark_of(path, found)
    log = log_of(path, mark, found)
    if whole and not found.problems and sums.beside(path).exists():
        compare_all(path, page_bytes, mark, log, found)
    if found.problems:
        raise damaged(path, Several(found.problems))
    return found.healed


def mark_of(path: Path, found: Found) -> sums.Mark:
    """How far the log has to go; nothing is known of a journal without checksums."""
    beside = sums.beside(path)
    try:
        head = bytearray(beside.read_bytes()[: sums.HEADER])
    except FileNotFoundError:
        return sums.Mark()
    if not any(head):  # its making was cut short
        beside.unlink()
        return sums.Mark()
    if (mark := sums.unpack(bytes(head))) is not None:
        return mark
    for _ in logs.one_bit_off(head, len(head)):
        if (mark := sums.unpack(bytes(head))) is not None:
            _write(beside, {0: bytes(head)})
            found.healed.append(Sentence("a bit of the head of its checksums"))
            return mark
    beside.unlink()
    found.healed.append(Sentence("the head of its checksums, which are made anew"))
    return sums.Mark()


def log_of(path: Path, mark: sums.Mark, found: Found) -> logs.Log | None:
    """The log, read to its end and with its wrong bits put right."""
    file = log_file(path)
    waits = mark.frames > mark.copied
    try:
        log = logs.load(file)
    except ValueError:
        data = bytearray(file.read_bytes())
        log = logs.header_healed(data)
        if log is None:
            found.problems.append(Sentence("the header of its log is damaged"))
            return None
        _write(file, {0: bytes(data[: logs.HEADER])})
        found.healed.append(Sentence("a bit of the log's header"))
    if log is None or (waits and log.salts != mark.salts):
        if waits and _is_copied(path, mark):
            sums.beside(path).unlink()
            found.healed.append(
                Sentence("its checksums, as another program has copied the log into the database")
            )
        elif waits:
            count = mark.frames - mark.copied
            found.problems.append(
                Sentence(
                    "its log is not there, of which {count} pages were not in the database yet", count=count
                )
            )
        return log
    if problem := _healed_log(log, mark, found, file):
        found.problems.append(problem)
    return log


def _is_copied(path: Path, mark: sums.Mark) -> bool:
    """Whether the database holds what the log's last frame held: sqlite3's own program copies the log when it ends."""
    size = sums.page_size(path, PAGE_BYTES)
    with path.open("rb") as file:
        file.seek(max(0, mark.page - 1) * size)
        return bool(mark.page) and sums.crc(mark.page, file.read(size)) == mark.sum


def _healed_log(log: logs.Log, mark: sums.Mark, found: Found, file: Path) -> Sentence | None:
    """What is wrong with the log and could not be put right; None when it is whole."""
    before = bytes(log.data)
    needed = mark.frames if log.salts == mark.salts else 0
    healed, noted = 0, frame_sums.read(file)

    def is_as_noted(log: logs.Log, number: int) -> bool:
        return noted.get(number) == frame_sums.of_frame(log.salts, number, log.frame(number))

    while True:
        walk = logs.walk(log)
        if walk.committed >= needed and (not walk.bad or logs.is_torn(log, walk.bad)):
            break
        if not walk.bad:
            return Sentence("its log ends after page {last} of {needed}", last=log.count, needed=needed)
        if not logs.heal(log, walk.bad, is_as_noted):
            return Sentence(
                "page {bad} of its log, which SQLite would end there (of {pages})",
                bad=walk.bad,
                pages=max(needed, log.count),
            )
        healed += 1
    if healed:
        changed = {
            at: bytes(log.data[at : at + 1]) for at in range(len(before)) if before[at] != log.data[at]
        }
        _write(file, changed)
        found.healed.append(Sentence("{healed} bits of its log", healed=healed))
    return None


def compare_all(path: Path, page_bytes: int, mark: sums.Mark, log: logs.Log | None, found: Found) -> None:
    """Put wrong bits right where no page differs by more. Else nothing is touched: those pages may be right, and
    another program's, and of what it wrote some differs by a bit (a count that went on by one)."""
    excused = set() if log is None else waiting_pages(log, mark)
    stored = sums.read_sums(sums.beside(path))
    wrong = sums.wrong_pages(path, page_bytes, stored, excused)
    pages: dict[int, bytes] = {}
    entries: dict[int, bytes] = {}
    with path.open("rb") as file:
        for number in wrong:
            file.seek((number - 1) * page_bytes)
            content = file.read(page_bytes)
            right = sums.healed(number, content, stored[number - 1]) if len(content) == page_bytes else None
            if right is None:
                found.pages = wrong
                break
            if right == content:
                entries[sums.HEADER + 4 * (number - 1)] = struct.pack("<I", sums.crc(number, content))
            else:
                pages[(number - 1) * page_bytes] = right
    if found.pages:
        found.problems.append(
            Sentence(
                "{wrong} of {pages} pages are not what was written: {rows}",
                wrong=len(found.pages),
                pages=len(stored),
                rows=Several(rows_in(path, found.pages, page_bytes)),
            )
        )
        return
    if pages:
        _write(path, pages)
        found.healed.append(Sentence("a bit of each of {pages} pages of the database", pages=len(pages)))
    if entries:
        _write(sums.beside(path), entries)
        found.healed.append(Sentence("a bit of each of {count} checksums", count=len(entries)))


def compare(path: Path, page_bytes: int) -> tuple[Sentence, ...]:
    """What stands in pages that are not as they were written, beside a gateway that goes on writing."""
    if not sums.beside(path).exists():
        return ()
    suspects: set[int] | None = None
    for _ in range(_LOOKS):
        before = _standing(path)
        excused = _waiting_now(path)
        found = sums.wrong_pages(path, page_bytes, sums.read_sums(sums.beside(path)), excused)
        suspects = set(found) if suspects is None else suspects & set(found)
        if not suspects:
            return ()
        if _standing(path) == before:
            break
        time.sleep(_REST)
    return tuple(rows_in(path, suspects or (), page_bytes))


def _standing(path: Path) -> tuple[bytes, int] | None:
    """How far the log is copied into the database."""
    with sums.beside(path).open("rb") as file:
        mark = sums.unpack(file.read(sums.HEADER))
    return None if mark is None else (mark.salts, mark.copied)


def _waiting_now(path: Path) -> set[int]:
    try:
        log = logs.load(log_file(path))
    except ValueError:
        return set()
    return set() if log is None else {log.page(n) for n in range(1, log.count + 1) if log.is_ours(n)}


def waiting_pages(log: logs.Log, mark: sums.Mark) -> set[int]:
    """Pages that the log holds anew: what the database has of them is not read."""
    first = mark.copied if log.salts == mark.salts else 0
    return {log.page(number) for number in range(first + 1, log.count + 1) if log.is_ours(number)}


def rows_in(path: Path, pages: Iterable[int], page_bytes: int) -> list[Sentence]:
    """What stands in these pages: the table and, where they can be told, its rows."""
    wanted = set(pages)
    owners: dict[int, str] = {}
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)) as db:
            every = db.execute("SELECT pageno, name FROM dbstat")
            owners = {number: name for number, name in every if number in wanted}
    except UNREADABLE:  # the damage hides it, or this SQLite has no such table
        pass
    told = []
    with path.open("rb") as file:
        for number in sorted(wanted):
            file.seek((number - 1) * page_bytes)
            rows = _row_ids(file.read(page_bytes), 100 if number == 1 else 0)
            table = owners.get(number) or Sentence("unused or unknown")
            if rows:
                which = ", ".join(map(str, rows[:_ROWS_TOLD]))
                told.append(
                    Sentence("page {number} ({table}, rows {rows})", number=number, table=table, rows=which)
                )
            else:
                told.append(Sentence("page {number} ({table})", number=number, table=table))
    return told


def _row_ids(page: bytes, start: int) -> list[int]:
    """The ids in a leaf page of a table, as far as they can be told."""
    if not holds_rows(page, start):
        return []
    ids = []
    for at in cells(page, start):
        with suppress(IndexError):
            _, behind = varint(page, at)
            ids.append(varint(page, behind)[0])
    return ids


def _write(file: Path, changes: dict[int, bytes]) -> None:
    descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    try:
        for at, data in changes.items():
            os.pwrite(descriptor, data, at)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def log_file(path: Path) -> Path:
    return path.with_name(path.name + "-wal")
