"""Damage to the journal's files is noticed: a wrong bit is put right, and what is no damage is taken for none."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
from pathlib import Path

import pytest

from complaint_queue import (
    sqlite_damage,
    sqlite_mending,
    sqlite_sums,
)
from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from complaint_queue.sqlite_open import PAGE_BYTES
from normalizer.errors import Damaged, Misconfigured
from tests.dead_journal import (
    FILES,
    NOW,
    RING,
    Dead,
    add,
    checkpoint,
    copy,
    everything,
    flip,
    journal,
    log_of,
    overwrite,
)


async def test_a_killed_gateway_s_journal_is_sound(dead: Dead) -> None:
    folder, known = dead
    assert (folder / "j-wal").stat().st_size > 20_000
    assert await everything(folder / "j", known) == []
    assert await everything(folder / "j", known) == [], "and after a clean end"


@pytest.mark.parametrize("name", FILES)
async def test_one_wrong_bit_anywhere_is_put_right(tmp_path: Path, dead: Dead, name: str) -> None:
    """But for bits that say nothing: of pages that the log holds anew, or behind the header of the checksums."""
    folder, known = dead
    chance = random.Random(name)
    whole = (folder / name).read_bytes()
    healed = 0
    for number in range(10):
        path = copy(folder, tmp_path / "one")
        flip(
            path.with_name(name), chance.randrange(len(whole) * number // 10, len(whole) * (number + 1) // 10)
        )
        if sqlite_damage.examine(path, PAGE_BYTES, whole=True):
            assert path.with_name(name).read_bytes() == whole
            healed += 1
        else:
            assert await everything(path, known) == []
    assert healed >= {"j-wal": 10, "j-wal.sums": 0}.get(name, 4)


async def test_every_kind_of_bit_of_the_log_is_put_right(tmp_path: Path, dead: Dead) -> None:
    """The header, and of a frame: the page's number, the size, the salts, the checksum, the content."""
    folder, _ = dead
    whole = (folder / "j-wal").read_bytes()
    frame = 32 + 3 * (24 + PAGE_BYTES)
    for at in (0, 5, 10, 13, 18, 25, *(frame + n for n in (2, 6, 9, 14, 17, 22, 24, 1000))):
        path = copy(folder, tmp_path / "one")
        flip(path.with_name("j-wal"), at)
        assert sqlite_damage.examine(path, PAGE_BYTES, whole=True), at
        assert path.with_name("j-wal").read_bytes() == whole, at


@pytest.mark.parametrize("is_noted", [True, False])
async def test_a_bit_that_sqlites_own_sum_cannot_tell_from_others_is_put_right_or_left_alone(
    tmp_path: Path, dead: Dead, is_noted: bool
) -> None:
    """The upper byte of a word: the same bit of each third word, or sixth or twelfth, adds the same to the sum."""
    folder, _ = dead
    if not is_noted:
        (folder / "j-wal.sums").unlink()
    whole = (folder / "j-wal").read_bytes()
    chance = random.Random(5)
    right = 0
    for number in range(16):
        path = copy(folder, tmp_path / "one")
        frame = 32 + chance.randrange(len(whole) // (24 + PAGE_BYTES)) * (24 + PAGE_BYTES)
        at = frame + 24 + 4 * chance.randrange(PAGE_BYTES // 4) + 3
        flipped = bytes([whole[at] ^ 1 << 7 - number % 4])
        overwrite(path.with_name("j-wal"), at, flipped)
        try:
            sqlite_damage.examine(path, PAGE_BYTES, whole=True)
        except Damaged:
            assert path.with_name("j-wal").read_bytes() == whole[:at] + flipped + whole[at + 1 :]
            continue
        assert path.with_name("j-wal").read_bytes() == whole
        right += 1
    assert right == 16 if is_noted else right < 16


async def test_a_transaction_that_nobody_was_told_of_may_be_torn(tmp_path: Path, dead: Dead) -> None:
    """The power went while it was synced: then the log ends before it, and that is no damage."""
    folder, known = dead
    ours = sqlite_sums.unpack((folder / "j.sums").read_bytes()[:64])
    log = log_of(folder / "j-wal")
    assert ours is not None
    commits = [n for n in range(1, log.count + 1) if log.is_ours(n) and log.commits(n)]
    assert commits[-1] == ours.frames
    earlier = sqlite_sums.Mark(ours.salts, ours.copied, commits[-2])
    overwrite(folder / "j.sums", 0, earlier.pack())
    overwrite(folder / "j-wal", log.at(commits[-2] + 1) + 100, os.urandom(600))
    assert await everything(folder / "j", dict(list(known.items())[:-1])) == []


async def test_a_wrong_key_leaves_log_and_checksums_as_they_are(
    dead: Dead,
) -> None:
    folder, known = dead
    before = [(folder / name).read_bytes() for name in FILES]
    with pytest.raises(Misconfigured):
        await journal(folder / "j", Keyring([b"x" * 32], b"y" * 32)).open()
    assert [(folder / name).read_bytes() for name in FILES] == before
    assert await everything(folder / "j", known) == []


async def test_another_program_may_copy_the_log_into_the_database(
    dead: Dead,
) -> None:
    folder, known = dead
    db = sqlite3.connect(folder / "j")
    assert db.execute("SELECT count(*) FROM messages").fetchone() == (60,)
    db.close()
    assert not (folder / "j-wal").exists()
    assert len(await everything(folder / "j", known)) == 1
    flip(folder / "j", 9 * PAGE_BYTES + 77)
    assert len(await everything(folder / "j", known)) == 1


@pytest.mark.parametrize("by_mending", [True, False])
async def test_what_another_program_wrote_is_refused_and_left_as_it_is(dead: Dead, by_mending: bool) -> None:
    """Nothing in the files tells it from damage: SQLite's own count of changes does not move with a log. The day's
    count goes from 60 to 61, which is one bit; put right, it would give a ticket twice."""
    folder, known = dead
    path = folder / "j"
    await everything(path, known)
    count = path.read_bytes()[24:28]
    with sqlite3.connect(path) as db:
        db.execute("UPDATE days SET last = last + 1")
        db.execute("INSERT INTO meta VALUES ('written by', 'another program')")
    db.close()
    assert path.read_bytes()[24:28] == count
    with pytest.raises(Damaged, match="opened with another program") as caught:
        await journal(path).open()
    assert f"rm {path}.sums" in str(caught.value)
    if by_mending:
        assert sqlite_mending.mend(path, PAGE_BYTES, NOW)
    else:
        (folder / "j.sums").unlink()
    assert await everything(path, known) == []
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        assert db.execute("SELECT last FROM days").fetchall() == [(61,)]
    db.close()


async def test_a_program_that_only_reads_leaves_the_log(dead: Dead) -> None:
    folder, known = dead
    db = sqlite3.connect(f"file:{folder / 'j'}?mode=ro", uri=True)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
    assert await everything(folder / "j", known) == []


@pytest.mark.parametrize("noted", [True, False])
async def test_a_start_on_a_full_disk_reads_from_the_log(dead: Dead, noted: bool) -> None:
    """The database cannot grow, so the log is not copied into it: everything is there all the same, then and later."""
    folder, known = dead
    if not noted:
        (folder / "j.sums").unlink()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = (folder / "j").stat().st_size
    made = journal(folder / "j")
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        await made.open()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    try:
        assert (folder / "j").stat().st_size == size
        for complaint_id, before in known.items():
            assert await made.complaint(complaint_id) == before
        await add(made, "later")
    finally:
        await made.close()
    assert await everything(folder / "j", known) == []


async def test_checksums_are_made_for_a_journal_that_has_none(
    dead: Dead,
) -> None:
    folder, known = dead
    (folder / "j.sums").unlink()
    assert await everything(folder / "j", known) == []
    flip(folder / "j", 9 * PAGE_BYTES + 77)
    assert len(await everything(folder / "j", known)) == 1


async def test_a_reader_beside_a_busy_gateway_finds_nothing_wrong(tmp_path: Path) -> None:
    made = journal(tmp_path / "j")
    await made.open()
    reader = SqliteJournal.read_only(tmp_path / "j", Codec(RING))
    await reader.open()
    try:
        for n in range(40):
            await add(made, str(n))
            if n % 5 == 0:
                await checkpoint(made)
            assert await reader.check() == ()
    finally:
        await reader.close()
        await made.close()
