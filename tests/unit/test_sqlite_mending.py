"""`kanal mend`: a journal damaged beyond a wrong bit can be opened again, with all of it that can be told."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from complaint_queue import sqlite_frame_sums, sqlite_log, sqlite_mending, sqlite_schema_copy
from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.sqlite_open import PAGE_BYTES
from normalizer.errors import Damaged
from tests.dead_journal import (
    FILES,
    NOW,
    RING,
    Dead,
    as_before,
    copy,
    everything,
    flip,
    journal,
    log_of,
    overwrite,
)


@pytest.mark.parametrize("offset", [0, 24 + 512])
async def test_what_stands_behind_a_torn_page_of_the_log_is_kept(
    tmp_path: Path, dead: Dead, offset: int
) -> None:
    """SQLite alone would silently forget twenty-five acknowledged messages."""
    folder, known = dead
    path = copy(folder, tmp_path / "one")
    log = log_of(path.with_name("j-wal"))
    frame = 32 + (log.count // 6) * (24 + PAGE_BYTES)
    overwrite(path.with_name("j-wal"), frame + offset, os.urandom(512))
    alone = copy(tmp_path / "one", tmp_path / "alone")
    with sqlite3.connect(alone) as db:
        assert db.execute("SELECT count(*) FROM messages").fetchone()[0] < 40
    db.close()
    with pytest.raises(Damaged, match=r"page \d+ of its log.*\n.*\n.*kanal mend"):
        await journal(path).open()
    done = sqlite_mending.mend(path, PAGE_BYTES, NOW)
    assert (path.parent / "j.damaged-20261123T043000Z" / "j-wal").exists(), done
    made = journal(path)
    await made.open()
    try:
        readable = 0
        for complaint_id, before in known.items():
            try:
                readable += await made.complaint(complaint_id) == before
            except Damaged:
                continue
        assert readable >= len(known) - 8
    finally:
        await made.close()


@pytest.mark.parametrize(
    ("at", "damage"), [(0, bytes(512)), (0, bytes(64)), (32, bytes(24)), (32, b"\xff" * 4)]
)
async def test_a_log_whose_first_page_is_nobodys_can_be_mended(dead: Dead, at: int, damage: bytes) -> None:
    """A sector of zeros takes the log's header and whose page the first one is: SQLite would end the log at once."""
    folder, known = dead
    overwrite(folder / "j-wal", at, damage)
    with pytest.raises(Damaged, match="kanal mend"):
        await journal(folder / "j").open()
    assert sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW)
    assert await as_before(folder / "j", known) >= len(known) - 8


@pytest.mark.parametrize("place", [0, 4])
@pytest.mark.parametrize("word", [b"\0\0\0\x01", b"\0\0\0\x05", b"\x7f\xff\xff\xff"])
async def test_a_page_of_the_log_that_says_it_is_another_is_that_again_which_it_was(
    dead: Dead, place: int, word: bytes
) -> None:
    """It would take that one's place: of page 1, which lists all tables, for example."""
    folder, known = dead
    log = log_of(folder / "j-wal")
    before = bytes(log.data)
    number = log.count * 4 // 5
    overwrite(folder / "j-wal", log.at(number) + place, word)
    with pytest.raises(Damaged, match=rf"page {number} of its log"):
        await journal(folder / "j").open()
    assert sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW)
    assert (folder / "j-wal").read_bytes() == before
    assert await everything(folder / "j", known) == []


@pytest.mark.parametrize("place", [0, 4])
def test_a_checksum_tells_the_word_that_is_wrong(place: int) -> None:
    chance = random.Random(2611)
    for _ in range(20):
        salts, frame, number = chance.randbytes(8), chance.randbytes(24 + 512), chance.randrange(1, 9)
        right = sqlite_frame_sums.of_frame(salts, number, frame)
        wrong = frame[:place] + chance.randbytes(4) + frame[place + 4 :]
        told = sqlite_frame_sums.word_of(salts, number, wrong, place, right)
        assert told == int.from_bytes(frame[place : place + 4], "big")


async def test_a_log_without_a_page_that_can_be_told_is_left_out(
    dead: Dead,
) -> None:
    folder, known = dead
    log = log_of(folder / "j-wal")
    for number in range(1, log.count + 1):
        overwrite(folder / "j-wal", log.at(number), bytes(4))
    (folder / "j-wal.sums").unlink()
    assert "what only the log had is lost" in map(str, sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW))
    assert await as_before(folder / "j", known) >= 30


async def test_two_mendings_within_a_second_keep_both_of_what_they_found(
    dead: Dead,
) -> None:
    folder, _ = dead
    log = log_of(folder / "j-wal")
    for number in (5, 9, 13):
        overwrite(folder / "j-wal", log.at(number) + 40, bytes(512))
        assert sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW)
    kept = [path.name for path in sorted(folder.glob("j.damaged-*"))]
    assert kept == [f"j.damaged-20261123T043000Z{again}" for again in ("", "-2", "-3")]


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


@pytest.mark.parametrize("damage", [cut, Path.unlink, lambda path: path.write_bytes(b"")])
async def test_a_log_that_lacks_what_was_acknowledged_is_noticed(
    dead: Dead, damage: Callable[[Path], None]
) -> None:
    folder, known = dead
    damage(folder / "j-wal")
    with pytest.raises(Damaged, match="kanal mend"):
        await journal(folder / "j").open()
    sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW)
    assert await as_before(folder / "j", known) >= 30


async def test_a_torn_page_of_the_database_is_named_with_its_rows(tmp_path: Path, dead: Dead) -> None:
    folder, known = dead
    await everything(folder / "j", known)  # and so all of it is in the database
    with sqlite3.connect(folder / "j") as db:
        page = max(n for n, name in db.execute("SELECT pageno, name FROM dbstat") if name == "complaints")
    db.close()
    overwrite(folder / "j", page * PAGE_BYTES - 12, b"tak")
    with pytest.raises(Damaged, match=rf"page {page} \(complaints, rows \d+") as caught:
        await journal(folder / "j").open()
    reader = SqliteJournal.read_only(folder / "j", Codec(RING))
    await reader.open()
    assert any("not what was written" in str(problem) for problem in await reader.check())
    await reader.close()
    done = sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW)
    named = "\n".join(map(str, done))
    assert f"page {page} (complaints" in str(caught.value)
    made = journal(folder / "j")
    await made.open()
    try:
        for complaint_id, before in known.items():
            if await made.complaint(complaint_id) != before:
                assert str(complaint_id) in named
    finally:
        await made.close()


async def test_mending_a_sound_journal_changes_nothing(dead: Dead) -> None:
    folder, known = dead
    before = [(folder / name).read_bytes() for name in FILES]
    assert sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW) == []
    assert [(folder / name).read_bytes() for name in FILES] == before
    assert await everything(folder / "j", known) == []


@pytest.mark.parametrize("destroy", [lambda page: bytes(len(page)), lambda page: os.urandom(len(page))])
async def test_without_its_list_of_tables_a_journal_is_mended_from_the_copy(
    tmp_path: Path, dead: Dead, destroy: Callable[[bytes], bytes]
) -> None:
    folder, known = dead
    kept = sqlite_schema_copy.read(folder / "j")
    assert len(kept) > 3
    for number, content in kept.items():
        path = copy(folder, tmp_path / "copied")
        overwrite(path, (number - 1) * PAGE_BYTES, destroy(content))
        log = log_of(path.with_name("j-wal"))
        for frame in range(1, log.count + 1):
            if log.page(frame) == number:
                overwrite(path.with_name("j-wal"), log.at(frame) + sqlite_log.FRAME, destroy(content))
        with pytest.raises(Damaged, match="kanal mend"):
            await everything(path, known)
        said = list(map(str, sqlite_mending.mend(path, PAGE_BYTES, NOW)))
        assert "the list of tables is put back from its copy" in said
        assert await everything(path, known) == []
        shutil.rmtree(tmp_path / "copied")


async def test_a_copy_of_the_list_from_before_a_migration_is_left_alone(
    dead: Dead,
) -> None:
    path = dead[0] / "j"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE later (x)")
    before = path.read_bytes()
    assert not sqlite_schema_copy.put_back(path, PAGE_BYTES)
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as db:
        sqlite_schema_copy.keep(db, path, PAGE_BYTES)
    assert sqlite_schema_copy.put_back(path, PAGE_BYTES)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM later").fetchone() == (0,)


def test_a_damaged_copy_of_the_list_is_none(dead: Dead) -> None:
    path = dead[0] / "j"
    flip(sqlite_schema_copy.beside(path), 3000)
    assert sqlite_schema_copy.read(path) == {}
    assert not sqlite_schema_copy.put_back(path, PAGE_BYTES)
