"""An erasure in the SQLite journal, down to the bytes: the log is cut, a crash harms nothing, old traces go."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from complaint_queue.claiming import Hand
from complaint_queue.codec import Codec
from complaint_queue.erasing import Erasure
from complaint_queue.erasing_rows import HEAD, Steps, erase
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.sqlite_erasing import traces, write_anew
from normalizer.errors import Misconfigured, Unavailable
from tests.journal_world import BUDI, KEYRING, PLANTED, SITI, HeldClock, admit, message, one, settle

#: Longer than a page, so that it lies on pages of its own.
LONG = PLANTED * 200


def journal_in(folder: Path) -> SqliteJournal:
    return SqliteJournal(folder / "journal.sqlite3", Codec(KEYRING), HeldClock())


async def told(journal: SqliteJournal) -> list[int]:
    """Two complaints of Siti's, one of Budi's between them; their ids."""
    ids = []
    for name, sender in (("m-1", SITI), ("m-2", BUDI), ("m-3", SITI)):
        admitted = await one(journal, admit(name, sender, message=message(name, LONG)))
        await settle(journal, admitted.complaint_id, state="set_aside")
        ids.append(admitted.complaint_id)
    return ids


async def erased(journal: SqliteJournal) -> tuple[int, tuple[bytes, ...]]:
    """They are told, and hers erased. The first one's id, and the first bytes of what is to be gone."""
    ids = await told(journal)
    await journal.erase(Erasure(keys=(SITI,), complaints=tuple(ids)))
    (left,) = await journal.unfinished()
    return ids[0], left.heads


async def test_what_was_erased_is_in_no_file_at_once_beside_one_who_reads(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    reader = SqliteJournal.read_only(tmp_path / "journal.sqlite3", Codec(KEYRING))
    await journal.open()
    await reader.open()
    ids = await told(journal)
    bodies = dict(sealed(tmp_path, "messages", "message_id"))
    raws = [body for _, body in sealed(tmp_path, "raws", "raw_id")]
    await journal.erase(Erasure(keys=(SITI,), complaints=tuple(ids)))
    (left,) = await journal.unfinished()
    assert (tmp_path / "journal.sqlite3-wal").stat().st_size == 0, "the log still holds the old pages"
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    hers = [bodies[ids[0]], bodies[ids[2]], raws[0], raws[2]]
    assert all(len(body) > 7_000 for body in hers[:2]), "on pages of their own"
    assert {body[:HEAD] for body in hers} <= set(left.heads)
    # A row's pages are not in order, so it is looked for in pieces.
    pieces = [body[at : at + 32] for body in hers for at in range(0, len(body) - 32, 200)]
    assert [piece for piece in pieces if piece in written] == []
    assert bodies[ids[1]][:HEAD] in written and raws[1][:HEAD] in written, "his"
    await reader.close()
    await journal.close()


def sealed(folder: Path, table: str, key: str) -> list[tuple[int, bytes]]:
    with closing(sqlite3.connect(f"{(folder / 'journal.sqlite3').as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(f"SELECT {key}, body FROM {table} ORDER BY {key}").fetchall()  # noqa: S608


async def test_what_fails_in_the_middle_has_changed_nothing(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    await journal.open()
    ids = await told(journal)
    before = [await journal.complaint(one) for one in ids]

    def fails(hand: Hand) -> Steps[None]:
        yield from erase(hand, Erasure(keys=(SITI,), complaints=tuple(ids)))
        raise Unavailable("the disk is full")

    with pytest.raises(Unavailable):
        await journal._write(fails)
    assert [await journal.complaint(one) for one in ids] == before
    assert await journal.unfinished() == () and await journal.last_erased() == 0
    await journal.erase(Erasure(keys=(SITI,), complaints=tuple(ids)))
    assert set(await journal.erased(ids)) == {ids[0], ids[2]}
    await journal.close()


async def test_while_somebody_reads_an_old_page_the_log_is_cut_later(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    await journal.open()
    await journal.probe()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3", isolation_level=None)) as held:
        held.execute("BEGIN")
        held.execute("SELECT count(*) FROM messages").fetchone()
        _, heads = await erased(journal)
        assert await journal.traces(heads) > 0
        held.execute("COMMIT")
    await journal.probe()
    assert await journal.traces(heads) == 0
    await journal.close()


@pytest.mark.parametrize("more", [False, True])
async def test_a_crash_right_after_it_leaves_a_sound_journal_that_knows_what_is_left(
    tmp_path: Path, more: bool
) -> None:
    journal = journal_in(tmp_path / "one")
    await journal.open()
    complaint_id, heads = await erased(journal)
    if more:
        await one(journal, admit("m-4", BUDI))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    await journal.close()
    again = journal_in(tmp_path / "two")
    await again.open()
    assert again.healed == [] and await again.check() == ()
    assert complaint_id in await again.erased([complaint_id])
    (left,) = await again.unfinished()
    assert left.heads == heads and await again.traces(heads) == 0
    await again.close()


async def test_what_an_older_program_left_in_free_space_goes_when_all_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    journal = journal_in(tmp_path)
    await journal.open()
    admitted = await one(journal, admit("m-1"))
    with pytest.raises(Misconfigured):
        write_anew(path)
    await journal.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = OFF")
        (body,) = db.execute("SELECT body FROM messages").fetchone()
        db.execute("UPDATE messages SET body = ?", (body[:-1],))
        db.execute("UPDATE messages SET body = ?", (body[-1:],))
    heads = [body[:17]]
    assert traces(path, heads) == 1
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE messages SET body = ?", (Codec(KEYRING).seal("message", b""),))
        db.commit()
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM messages").fetchone()
        with pytest.raises(Unavailable):
            write_anew(path)
    write_anew(path)
    assert traces(path, heads) == 0
    await journal.open()
    assert await journal.check() == ()
    assert (await one(journal, admit("m-1"))).ticket == admitted.ticket
    await journal.close()
