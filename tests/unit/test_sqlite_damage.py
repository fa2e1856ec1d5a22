"""Damage to the journal's files: a wrong bit is put right, more is named, and nothing acknowledged goes unnoticed."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from complaint_queue import (
    sqlite_damage,
    sqlite_frame_sums,
    sqlite_log,
    sqlite_mending,
    sqlite_page,
    sqlite_salvage,
    sqlite_schema_copy,
    sqlite_sums,
)
from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit, ComplaintFile
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from complaint_queue.sqlite_open import PAGE_BYTES
from normalizer.errors import Damaged, Misconfigured
from normalizer.identity import claim_of
from normalizer.record import Message, RawEvent

RING = Keyring([b"k" * 32], b"i" * 32)
NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
FILES = ("j", "j-wal", "j.sums", "j-wal.sums")
COPY = "j.schema"


def journal(path: Path, ring: Keyring = RING) -> SqliteJournal:
    return SqliteJournal(path, Codec(ring), lambda: NOW)


async def add(made: SqliteJournal, name: str) -> int:
    admit = Admit(
        message=Message(external_id=name, text=f"teks {name} " * 30),
        claim=claim_of("a", name),
        sender=b"s" * 16,
        channel="sms",
        ticket_day="2026-11-23",
    )
    raw = RawEvent(account="a", received_at=NOW, body=f"isi {name} ".encode() * 50)
    return (await made.admit(Admission(raw=raw, messages=(admit,))))[0].complaint_id


@pytest.fixture(name="dead")
async def _dead(tmp_path: Path) -> tuple[Path, dict[int, ComplaintFile]]:
    """The folder of a gateway that was killed, with half of everything in its log; and what it had acknowledged."""
    (tmp_path / "alive").mkdir()
    made = journal(tmp_path / "alive" / "j")
    await made.open()
    try:
        ids = [await add(made, str(n)) for n in range(30)]
        assert made._writer is not None
        await made._writer.call(lambda tools: None)
        await checkpoint(made)
        ids += [await add(made, str(n)) for n in range(30, 60)]
        (tmp_path / "dead").mkdir()
        for name in (*FILES, COPY):
            shutil.copy(tmp_path / "alive" / name, tmp_path / "dead" / name)
        return tmp_path / "dead", {one: await told(made, one) for one in ids}
    finally:
        await made.close()


async def checkpoint(made: SqliteJournal) -> None:
    """Copy the log into the database now, as the writer does every four MiB."""
    assert made._sums is not None
    assert made._write_db is not None
    made._sums.checkpointed(made._write_db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[2])


async def told(made: SqliteJournal, complaint_id: int) -> ComplaintFile:
    found = await made.complaint(complaint_id)
    assert found is not None
    return found


async def everything(path: Path, known: dict[int, ComplaintFile]) -> list[str]:
    """Open it; all has to be as it was acknowledged. What was put right."""
    made = journal(path)
    await made.open()
    try:
        for complaint_id, before in known.items():
            assert await made.complaint(complaint_id) == before
        assert await made.check() == ()
        return list(made.healed)
    finally:
        await made.close()


async def as_before(path: Path, known: dict[int, ComplaintFile]) -> int:
    """Open it: how many complaints are as they were acknowledged."""
    made = journal(path)
    await made.open()
    try:
        return sum([await made.complaint(one) == before for one, before in known.items()])
    finally:
        await made.close()


def flip(path: Path, at: int, bit: int = 4) -> None:
    overwrite(path, at, bytes([path.read_bytes()[at] ^ 1 << bit]))


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def copy(folder: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return target / "j"


async def test_a_killed_gateway_s_journal_is_sound(dead: tuple[Path, dict[int, ComplaintFile]]) -> None:
    folder, known = dead
    assert (folder / "j-wal").stat().st_size > 20_000
    assert await everything(folder / "j", known) == []
    assert await everything(folder / "j", known) == [], "and after a clean end"


@pytest.mark.parametrize("name", FILES)
async def test_one_wrong_bit_anywhere_is_put_right(
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]], name: str
) -> None:
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


async def test_every_kind_of_bit_of_the_log_is_put_right(
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]]
) -> None:
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
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]], is_noted: bool
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


@pytest.mark.parametrize("offset", [0, 24 + 512])
async def test_what_stands_behind_a_torn_page_of_the_log_is_kept(
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]], offset: int
) -> None:
    """SQLite alone would silently forget twenty-five acknowledged messages."""
    folder, known = dead
    path = copy(folder, tmp_path / "one")
    log = sqlite_log.load(path.with_name("j-wal"))
    assert log is not None
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
async def test_a_log_whose_first_page_is_nobodys_can_be_mended(
    dead: tuple[Path, dict[int, ComplaintFile]], at: int, damage: bytes
) -> None:
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
    dead: tuple[Path, dict[int, ComplaintFile]], place: int, word: bytes
) -> None:
    """It would take that one's place: of page 1, which lists all tables, for example."""
    folder, known = dead
    log = sqlite_log.load(folder / "j-wal")
    assert log is not None
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
    dead: tuple[Path, dict[int, ComplaintFile]],
) -> None:
    folder, known = dead
    log = sqlite_log.load(folder / "j-wal")
    assert log is not None
    for number in range(1, log.count + 1):
        overwrite(folder / "j-wal", log.at(number), bytes(4))
    (folder / "j-wal.sums").unlink()
    assert "what only the log had is lost" in map(str, sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW))
    assert await as_before(folder / "j", known) >= 30


async def test_two_mendings_within_a_second_keep_both_of_what_they_found(
    dead: tuple[Path, dict[int, ComplaintFile]],
) -> None:
    folder, _ = dead
    log = sqlite_log.load(folder / "j-wal")
    assert log is not None
    for number in (5, 9, 13):
        overwrite(folder / "j-wal", log.at(number) + 40, bytes(512))
        assert sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW)
    kept = [path.name for path in sorted(folder.glob("j.damaged-*"))]
    assert kept == [f"j.damaged-20261123T043000Z{again}" for again in ("", "-2", "-3")]


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3)


@pytest.mark.parametrize("damage", [cut, Path.unlink, lambda path: path.write_bytes(b"")])
async def test_a_log_that_lacks_what_was_acknowledged_is_noticed(
    dead: tuple[Path, dict[int, ComplaintFile]], damage: Callable[[Path], None]
) -> None:
    folder, known = dead
    damage(folder / "j-wal")
    with pytest.raises(Damaged, match="kanal mend"):
        await journal(folder / "j").open()
    sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW)
    assert await as_before(folder / "j", known) >= 30


async def test_a_transaction_that_nobody_was_told_of_may_be_torn(
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]]
) -> None:
    """The power went while it was synced: then the log ends before it, and that is no damage."""
    folder, known = dead
    ours = sqlite_sums.unpack((folder / "j.sums").read_bytes()[:64])
    log = sqlite_log.load(folder / "j-wal")
    assert ours is not None
    assert log is not None
    commits = [n for n in range(1, log.count + 1) if log.is_ours(n) and log.commits(n)]
    assert commits[-1] == ours.frames
    earlier = sqlite_sums.Mark(ours.salts, ours.copied, commits[-2])
    overwrite(folder / "j.sums", 0, earlier.pack())
    overwrite(folder / "j-wal", log.at(commits[-2] + 1) + 100, os.urandom(600))
    assert await everything(folder / "j", dict(list(known.items())[:-1])) == []


async def test_a_torn_page_of_the_database_is_named_with_its_rows(
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]]
) -> None:
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


async def test_a_wrong_key_leaves_log_and_checksums_as_they_are(
    dead: tuple[Path, dict[int, ComplaintFile]],
) -> None:
    folder, known = dead
    before = [(folder / name).read_bytes() for name in FILES]
    with pytest.raises(Misconfigured):
        await journal(folder / "j", Keyring([b"x" * 32], b"y" * 32)).open()
    assert [(folder / name).read_bytes() for name in FILES] == before
    assert await everything(folder / "j", known) == []


async def test_another_program_may_copy_the_log_into_the_database(
    dead: tuple[Path, dict[int, ComplaintFile]],
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
async def test_what_another_program_wrote_is_refused_and_left_as_it_is(
    dead: tuple[Path, dict[int, ComplaintFile]], by_mending: bool
) -> None:
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


async def test_a_program_that_only_reads_leaves_the_log(dead: tuple[Path, dict[int, ComplaintFile]]) -> None:
    folder, known = dead
    db = sqlite3.connect(f"file:{folder / 'j'}?mode=ro", uri=True)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
    assert await everything(folder / "j", known) == []


@pytest.mark.parametrize("noted", [True, False])
async def test_a_start_on_a_full_disk_reads_from_the_log(
    dead: tuple[Path, dict[int, ComplaintFile]], noted: bool
) -> None:
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
    dead: tuple[Path, dict[int, ComplaintFile]],
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


async def test_mending_a_sound_journal_changes_nothing(dead: tuple[Path, dict[int, ComplaintFile]]) -> None:
    folder, known = dead
    before = [(folder / name).read_bytes() for name in FILES]
    assert sqlite_mending.mend(folder / "j", PAGE_BYTES, NOW) == []
    assert [(folder / name).read_bytes() for name in FILES] == before
    assert await everything(folder / "j", known) == []


def _rows_in(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608


def test_a_row_of_which_only_the_id_can_be_read_does_not_keep_the_others(
    dead: tuple[Path, dict[int, ComplaintFile]],
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


_WITHOUT_ROWS = "SELECT name FROM sqlite_schema WHERE type = 'index' OR sql LIKE '%WITHOUT ROWID%'"


async def test_rows_whose_listing_page_is_lost_are_found_in_every_page(
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]]
) -> None:
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


def test_tables_of_another_program_are_left_out(dead: tuple[Path, dict[int, ComplaintFile]]) -> None:
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


async def test_a_row_that_was_deleted_does_not_come_back(
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]]
) -> None:
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
    dead: tuple[Path, dict[int, ComplaintFile]],
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


def test_a_text_with_a_wrong_byte_is_taken(dead: tuple[Path, dict[int, ComplaintFile]]) -> None:
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


@pytest.mark.parametrize("destroy", [lambda page: bytes(len(page)), lambda page: os.urandom(len(page))])
async def test_without_its_list_of_tables_a_journal_is_mended_from_the_copy(
    tmp_path: Path, dead: tuple[Path, dict[int, ComplaintFile]], destroy: Callable[[bytes], bytes]
) -> None:
    folder, known = dead
    kept = sqlite_schema_copy.read(folder / "j")
    assert len(kept) > 3
    for number, content in kept.items():
        path = copy(folder, tmp_path / "copied")
        overwrite(path, (number - 1) * PAGE_BYTES, destroy(content))
        log = sqlite_log.load(path.with_name("j-wal"))
        assert log is not None
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
    dead: tuple[Path, dict[int, ComplaintFile]],
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


def test_a_damaged_copy_of_the_list_is_none(dead: tuple[Path, dict[int, ComplaintFile]]) -> None:
    path = dead[0] / "j"
    flip(sqlite_schema_copy.beside(path), 3000)
    assert sqlite_schema_copy.read(path) == {}
    assert not sqlite_schema_copy.put_back(path, PAGE_BYTES)
