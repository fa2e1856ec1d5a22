"""`kanal mend`: of a journal that is damaged beyond a wrong bit, everything that can be read."""

from __future__ import annotations

import itertools
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from normalizer.errors import Damaged
from normalizer.sentence import Sentence

from . import sqlite_frame_sums as frame_sums
from . import sqlite_schema_copy as schema_copy
from . import sqlite_sums as sums
from .keys import sync_folder
from .sqlite_damage import Found, compare_all, examine, log_file, log_of, mark_of, rows_in
from .sqlite_log_mending import mend_log
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
    kept = _new_folder(path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}"))
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
        done.append(mend_log(path, page_bytes, mark, log))
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


def _new_folder(path: Path) -> Path:
    """This folder, or where it was made already (two within one second) one that is called like it and a number."""
    names = itertools.chain([path], (path.with_name(f"{path.name}-{n}") for n in itertools.count(2)))
    for name in names:
        with suppress(FileExistsError):
            name.mkdir(mode=0o700)
            return name
    raise AssertionError("names do not end")
