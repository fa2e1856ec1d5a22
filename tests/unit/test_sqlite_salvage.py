"""Rows taken out of a database whose structure is damaged: all that can be read, and nothing that was deleted."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from complaint_queue import (
    sqlite_mending,
    sqlite_page,
    sqlite_salvage,
)
from complaint_queue.sqlite_open import PAGE_BYTES
from tests.dead_journal import (
    NOW,
    Dead,
    copy,
    everything,
    journal,
    overwrite,
    told,
)

_WITHOUT_ROWS = "SELECT name FROM sqlite_schema WHERE type = 'index' OR sql LIKE '%WITHOUT ROWID%'"


def _rows_in(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608


def test_a_row_of_which_only_the_id_can_be_read_does_not_keep_the_others(
    dead: Dead,
) -> None:
    path = dead[0] / "j"
    before = _rows_in(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE raws SET body = randomblob(5000)")
        db.execute("UPDATE messages SET body = randomblob(3000)")
    with closing(sqlite3.connect(path)) as db:
        pages = dict(db.execute("SELECT pageno, name FROM dbstat WHERE pagetype = 'overflow'"))
    data = path.read_bytes()
    of_rows = {  # a page that leads on to another: without it the row ends too early
        number: table
        for number, table in pages.items()
        if table in before and any(data[(number - 1) * PAGE_BYTES :][:4])
    }
    assert len(of_rows) > 10
    hit = sorted(of_rows)[:: len(of_rows) // 5]
    for number in hit:
        overwrite(path, (number - 1) * PAGE_BYTES, bytes(PAGE_BYTES))
    said = list(map(str, sqlite_salvage.salvage(path)))
    after = _rows_in(path)
    for table, count in before.items():
        lost = [number for number in hit if of_rows[number] == table]
        assert count - len(lost) <= after[table] <= count
        assert any(one.startswith(f"{table}: ") for one in said) == bool(lost)


def _interior(path: Path) -> list[tuple[int, str]]:
    """Pages that hold no row but list the pages that do, and of which table."""
    with closing(sqlite3.connect(path)) as db:
        every = list(db.execute("SELECT pageno, name FROM dbstat WHERE pagetype = 'internal'"))
        keyed = {name for (name,) in db.execute(_WITHOUT_ROWS)}
    return [(number, name) for number, name in every if name not in keyed]


async def test_rows_whose_listing_page_is_lost_are_found_in_every_page(tmp_path: Path, dead: Dead) -> None:
    """One page of two KiB may lead to some hundred others: all is there, and SQLite reads nothing of it."""
    folder, known = dead
    _rows_in(folder / "j")  # and so all of it is in the database
    seen = set()
    for number, table in _interior(folder / "j"):
        for damage in (bytes(PAGE_BYTES), bytes(PAGE_BYTES // 2)):
            path = copy(folder, tmp_path / "copied")
            before = _rows_in(path)
            overwrite(path, number * PAGE_BYTES - len(damage), damage)
            done = list(map(str, sqlite_mending.mend(path, PAGE_BYTES, NOW)))
            assert _rows_in(path) == before, (table, done)
            assert await everything(path, known) == []
            shutil.rmtree(tmp_path / "copied")
        seen.add(table)
    assert seen >= {"raws", "messages", "complaints"}


def test_tables_of_another_program_are_left_out(dead: Dead) -> None:
    path = dead[0] / "j"
    before = _rows_in(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE notes (n INTEGER PRIMARY KEY, anything)")
        db.execute("CREATE TABLE loose (x)")
        db.execute("INSERT INTO notes VALUES (1, 'a')")
    assert sqlite_salvage.salvage(path) == []
    assert _rows_in(path) == before


def test_a_chain_of_pages_that_comes_back_to_itself_is_no_row() -> None:
    """Of a record of 100,000 bytes a page of 512 holds the first 39 to 477; page 3 leads to itself."""
    size, local = b"\x86\x8d\x20", 39 + (100_000 - 39) % 508
    local = local if local <= 477 else 39
    leaf = bytes(20) + size + b"\x01" + bytes(local) + (3).to_bytes(4, "big")
    pages = {2: leaf.ljust(512, b"\0"), 3: (3).to_bytes(4, "big") + bytes(508)}
    with pytest.raises(ValueError, match="comes back to itself"):
        sqlite_page.row(pages[2], 20, lambda number: pages.get(number, b""), 3)


async def test_a_row_that_was_deleted_does_not_come_back(tmp_path: Path, dead: Dead) -> None:
    folder, _ = dead
    path = folder / "j"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        # Whole pages become free, and what stood in them stays.
        db.execute("PRAGMA secure_delete = OFF")
        gone = [n for (n,) in db.execute("SELECT raw_id FROM raws ORDER BY raw_id LIMIT 20")]
        db.execute("DELETE FROM raws WHERE raw_id <= ?", (gone[-1],))
        assert db.execute("PRAGMA freelist_count").fetchone()[0] > 3
    (number,) = [number for number, table in _interior(path) if table == "raws"]
    before = _rows_in(path)
    overwrite(path, (number - 1) * PAGE_BYTES, bytes(PAGE_BYTES))
    assert sqlite_salvage.salvage(path)
    assert _rows_in(path) == before


async def test_a_text_with_a_wrong_byte_does_not_hide_the_rows_beside_it(
    dead: Dead,
) -> None:
    folder, known = dead
    hit = list(known)[7]
    with closing(sqlite3.connect(folder / "j")) as db, db:
        db.execute("UPDATE complaints SET account = CAST(x'61ff' AS TEXT) WHERE complaint_id = ?", (hit,))
    sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW)
    made = journal(folder / "j")
    await made.open()
    try:
        for complaint_id, before in known.items():
            found = await told(made, complaint_id)
            assert (found == before) == (complaint_id != hit)
            assert found.messages == before.messages
    finally:
        await made.close()


def test_a_text_with_a_wrong_byte_is_taken(dead: Dead) -> None:
    path = dead[0] / "j"
    before = _rows_in(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE raws SET account = CAST(x'3230ff' AS TEXT)")
    assert sqlite_salvage.salvage(path) == []
    assert _rows_in(path) == before
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT DISTINCT account FROM raws").fetchall() == [
            ("20\N{REPLACEMENT CHARACTER}",)
        ]
