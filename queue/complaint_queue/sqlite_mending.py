"""`kanal mend`: of a journal that is damaged beyond a wrong bit, everything that can be read."""

from __future__ import annotations

import shutil
import struct
from collections import Counter
from datetime import datetime
from pathlib import Path

from normalizer.errors import Damaged
from normalizer.sentence import Sentence

from . import sqlite_frame_sums as frame_sums
from . import sqlite_log as logs
from . import sqlite_schema_copy as schema_copy
from . import sqlite_sums as sums
from .keys import sync_folder
from .sqlite_damage import Found, compare_all, examine, log_file, log_of, mark_of, rows_in
from .sqlite_open import UNREADABLE, lost
from .sqlite_salvage import problems, salvage


def mend(path: Path, page_bytes: int, now: datetime) -> list[Sentence]:
    """Make a journal that nobody has open one that can be opened, with all of it that can be read: what was done.

    The files as they were are copied to a folder beside it first. Nothing is done to a journal that is sound.
    """
    try:
        done = [Sentence("put right: {what}", what=one) for one in examine(path, page_bytes, whole=True)]
        if not problems(path):
            return done
    except Damaged:
        pass
    kept = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
    kept.mkdir(mode=0o700)
    log_sums = frame_sums.beside(log_file(path))
    for file in (path, log_file(path), log_sums, sums.beside(path), schema_copy.beside(path)):
        if file.exists():
            shutil.copy2(file, kept / file.name)
    done = [Sentence("the files as they were are in {folder}", folder=kept)]
    found = Found()
    mark = mark_of(path, found)
    log = log_of(path, mark, found)
    if found.problems:
        done += found.problems
        done.append(_mend_log(path, page_bytes, mark, log))
        found.problems.clear()
    if sums.beside(path).exists():
        compare_all(path, page_bytes, mark, log, found)
        done += [
            Sentence("not as it was written: {what}", what=one)
            for one in rows_in(path, found.pages, page_bytes)
        ]
    done += [Sentence("put right: {what}", what=one) for one in found.healed]
    for name in (sums.beside(path), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    sync_folder(path.parent)
    if wrong := problems(path):
        done += [Sentence("{what}", what=one) for one in wrong]
        if schema_copy.put_back(path, page_bytes):
            done.append(Sentence("the list of tables is put back from its copy"))
        try:
            done += salvage(path)
        except UNREADABLE as error:
            raise lost(path, str(error)) from error
    return done


def _mend_log(path: Path, page_bytes: int, mark: sums.Mark, log: logs.Log | None) -> Sentence:
    """Take every page of the log that is there, as SQLite takes none behind a damaged one."""
    file = log_file(path)
    if not file.exists() or file.stat().st_size < logs.HEADER:
        return Sentence("what only the log had is lost")
    if mark.frames and mark.frames == mark.copied and (log is None or log.salts == mark.salts):
        file.write_bytes(b"")
        return Sentence("the log is left out: all of it was in the database")
    if log is None:
        log = _without_header(bytearray(file.read_bytes()), page_bytes, mark)
    ends = {n: log.commits(n) for n in range(1, log.count + 1) if log.is_ours(n) and log.commits(n)}
    last, highest = max(ends, default=0), max(ends.values(), default=0)
    if log.salts == mark.salts and last < mark.frames <= log.count:
        last = mark.frames  # it ended a transaction, whatever it says now
        struct.pack_into(">I", log.data, log.at(last) + 4, highest)
    before = log.start
    for number in range(1, last + 1):
        if not 1 <= log.page(number) <= highest and number > 1:
            here, there = log.at(number), log.at(number - 1)
            log.data[here : here + 4] = log.data[there : there + 4]
            log.data[here + logs.FRAME : here + logs.FRAME + log.size] = log.content(number - 1)
        before = log.computed(number, before)
        log.sign(number, before)
    file.write_bytes(log.data)
    return Sentence("{count} pages of the log are taken as they stand", count=last)


def _without_header(data: bytearray, page_bytes: int, mark: sums.Mark) -> logs.Log:
    """A log whose header is lost: its frames say of which generation they are."""
    log = logs.Log(data, page_bytes, mark.salts, "<", (0, 0))
    if log.count:
        begins = [log.at(number) + 8 for number in range(1, log.count + 1)]
        log.salts = Counter(bytes(data[at : at + 8]) for at in begins).most_common(1)[0][0]
    return logs.with_new_header(log)
