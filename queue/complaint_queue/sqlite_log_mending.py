"""A log damaged beyond a wrong bit is made one that SQLite reads to its end, with every page that can be told."""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path

from normalizer.sentence import Sentence

from . import sqlite_frame_sums as frame_sums
from . import sqlite_log as logs
from . import sqlite_sums as sums
from .sqlite_damage import log_file

_LOST = Sentence("what only the log had is lost")


def mend_log(path: Path, page_bytes: int, mark: sums.Mark, log: logs.Log | None) -> Sentence:
    """Take every page of the log that is there, as SQLite takes none behind a damaged one: what was done.

    `log` is None when its header cannot be read.
    """
    file = log_file(path)
    if not file.exists() or file.stat().st_size < logs.HEADER:
        return _LOST
    if mark.frames and mark.frames == mark.copied and (log is None or log.salts == mark.salts):
        file.write_bytes(b"")
        return Sentence("the log is left out: all of it was in the database")
    if log is None:
        log = _without_header(bytearray(file.read_bytes()), page_bytes, mark)
    # A transaction adds no more pages than it has frames.
    most = path.stat().st_size // page_bytes + log.count
    is_marked = log.salts == mark.salts
    _put_right_as_noted(log, mark.frames if is_marked else 0, most, frame_sums.read(file))
    ends = {n: log.commits(n) for n in range(1, log.count + 1) if log.is_ours(n) and log.commits(n)}
    last, highest = max(ends, default=0), max((pages for pages in ends.values() if pages <= most), default=0)
    if is_marked and last < mark.frames <= log.count:
        last = mark.frames  # it ended a transaction, whatever it says now
    count = _taken(log, last, highest)
    file.write_bytes(log.data if count else b"")
    return Sentence("{count} pages of the log are taken as they stand", count=count) if count else _LOST


def _without_header(data: bytearray, page_bytes: int, mark: sums.Mark) -> logs.Log:
    """A log whose header is lost: its frames say of which generation they are."""
    log = logs.Log(data, page_bytes, mark.salts, "<", (0, 0))
    if log.count:
        begins = [log.at(number) + 8 for number in range(1, log.count + 1)]
        log.salts = Counter(bytes(data[at : at + 8]) for at in begins).most_common(1)[0][0]
    return logs.with_new_header(log)


def _put_right_as_noted(log: logs.Log, needed: int, most: int, noted: dict[int, int]) -> None:
    """Whose page a frame is, or the size that it tells, where only that is wrong: its checksum says what it was.

    A page under another's number would take that one's place. `most`: pages that the database may have.
    """
    for number in range(1, log.count + 1):
        wanted = noted.get(number)
        if wanted is None or not (log.is_ours(number) or number <= needed):
            continue
        if frame_sums.of_frame(log.salts, number, log.frame(number)) == wanted:
            continue
        for place in (0, 4):
            value = frame_sums.word_of(log.salts, number, log.frame(number), place, wanted)
            if value <= most and (value or place):
                struct.pack_into(">I", log.data, log.at(number) + place, value)
                break


def _taken(log: logs.Log, last: int, highest: int) -> int:
    """Make one whole log of the frames up to `last`, of a database of at most `highest` pages: how many they are."""
    readable = [number for number in range(1, last + 1) if 1 <= log.page(number) <= highest]
    if not readable:
        return 0
    before, there = log.start, readable[0]
    for number in range(1, last + 1):
        here = log.at(number)
        if 1 <= log.page(number) <= highest:
            there = number
        else:  # nobody knows whose page it is: said again, the page before it (of the first: the next) changes nothing
            log.data[here : here + 4] = log.data[log.at(there) : log.at(there) + 4]
            log.data[here + logs.FRAME : here + logs.FRAME + log.size] = log.content(there)
        if number == last or log.commits(number) > highest:
            struct.pack_into(">I", log.data, here + 4, min(log.commits(number) or highest, highest))
        before = log.computed(number, before)
        log.sign(number, before)
    return last
