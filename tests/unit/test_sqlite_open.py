"""What can be wrong with a journal before the first message is said, with what to do about it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from complaint_queue.sqlite_mending import mend
from complaint_queue.sqlite_open import MIGRATIONS, PAGE_BYTES, migrate
from normalizer.errors import Damaged, Misconfigured, Unavailable
from normalizer.identity import claim_of
from normalizer.record import Message, RawEvent

RING = Keyring([os.urandom(32)], os.urandom(32))
NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def journal(path: Path, ring: Keyring = RING) -> SqliteJournal:
    return SqliteJournal(path, Codec(ring), lambda: NOW)


def admission(name: str) -> Admission:
    admit = Admit(
        message=Message(external_id=name, text=name),
        claim=claim_of("a", name),
        sender=b"s" * 16,
        channel="sms",
        ticket_day="2026-11-23",
    )
    return Admission(raw=RawEvent(account="a", received_at=NOW, body=b"b" * 500), messages=(admit,))


async def filled(path: Path, count: int = 50) -> list[int]:
    made = journal(path)
    await made.open()
    ids = [(await made.admit(admission(str(n))))[0].complaint_id for n in range(count)]
    await made.close()
    return ids


async def refusal(made: SqliteJournal, kind: type[Misconfigured] = Misconfigured) -> Misconfigured:
    with pytest.raises(kind) as caught:
        await made.open()
    await made.close()
    return caught.value


async def test_the_settings_that_the_promises_rest_on(tmp_path: Path) -> None:
    made = journal(tmp_path / "j")
    await made.open()
    try:
        db = made._write_db
        assert db is not None
        wanted = {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": 0}
        for name, value in wanted.items():
            assert db.execute(f"PRAGMA {name}").fetchone()[0] == value
        for file in tmp_path.iterdir():
            assert file.stat().st_mode & 0o077 == 0, file
    finally:
        await made.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["j", "j.lock", "j.schema", "j.sums"]


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    refused = await refusal(journal(tmp_path / "file" / "data" / "j"))
    assert refused.setting == "journal.path"
    assert "mkdir -p" in refused.cure


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root may")
async def test_a_folder_that_another_user_owns(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    os.seteuid(65534)
    try:
        refused = await refusal(journal(folder / "j"))
    finally:
        os.seteuid(0)
    assert refused.setting == "journal.path"
    assert "chown" in refused.cure


async def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    first = journal(tmp_path / "j")
    await first.open()
    try:
        (answer,) = await first.admit(admission("1"))
        refused = await refusal(journal(tmp_path / "j"))
        assert f"pid {os.getpid()}" in refused.problem
        reader = SqliteJournal.read_only(tmp_path / "j", Codec(RING))
        await reader.open()
        file = await reader.complaint(answer.complaint_id)
        assert file is not None
        assert file.messages[0].message.text == "1"
        await first.admit(admission("2"))
        assert (await reader.depths()).tasks == 2
        with pytest.raises(Unavailable, match="reading only"):
            await reader.admit(admission("3"))
        await reader.close()
    finally:
        await first.close()
    again = journal(tmp_path / "j")
    await again.open()
    await again.close()


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    first = journal(tmp_path / "j")
    await first.open()
    code = (
        "import sys; from pathlib import Path; from complaint_queue.sqlite_open import lock\n"
        "try: lock(Path(sys.argv[1]))\nexcept Exception as error: print(type(error).__name__)"
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'queue'}"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "j")],
            env=environment,
            capture_output=True,
            check=True,
        )
    finally:
        await first.close()
    assert done.stdout == b"Misconfigured\n"


async def test_a_reader_of_nothing_is_told_to_start_the_gateway(tmp_path: Path) -> None:
    refused = await refusal(SqliteJournal.read_only(tmp_path / "j", Codec(RING)))
    assert "kanal serve" in refused.cure


async def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    newer = journal(tmp_path / "j")
    await newer.open()
    db = newer._write_db
    assert db is not None
    db.execute("PRAGMA user_version = 999")
    await newer.close()
    refused = await refusal(journal(tmp_path / "j"))
    assert "newer program" in refused.problem


async def test_another_key_is_refused(tmp_path: Path) -> None:
    await filled(tmp_path / "j", 1)
    refused = await refusal(journal(tmp_path / "j", Keyring([os.urandom(32)], os.urandom(32))))
    assert refused.setting == "journal.key"
    rotated = journal(tmp_path / "j", RING.rotated())
    await rotated.open()
    assert (await rotated.admit(admission("0")))[0].how == "duplicate"
    await rotated.close()


def test_migrations_run_in_order_once_and_a_failing_one_leaves_no_trace(tmp_path: Path) -> None:
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "0001_first.sql").write_text("CREATE TABLE a (x);")
    (folder / "0002_second.sql").write_text("ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2);")
    db = sqlite3.connect(tmp_path / "j", isolation_level=None)
    migrate(db, tmp_path / "j", folder)
    migrate(db, tmp_path / "j", folder)
    assert db.execute("SELECT * FROM a").fetchall() == [(1, 2)]
    (folder / "0003_wrong.sql").write_text("CREATE TABLE b (x); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, tmp_path / "j", folder)
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'b'").fetchone() == (0,)
    db.close()


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = sorted(int(file.name[:4]) for file in MIGRATIONS.glob("*.sql"))
    assert numbers == list(range(1, len(numbers) + 1))


async def test_what_is_no_database_says_exactly_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "j"
    await filled(path)
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(Damaged, match="kanal mend"):
        await journal(path).open()
    with pytest.raises(Damaged, match="kanal restore"):
        mend(path, PAGE_BYTES, NOW)
    (tmp_path / "j.sums").unlink(missing_ok=True)
    with pytest.raises(Damaged, match="kanal mend"):  # also when nothing is known of its pages
        await journal(path).open()
    (tmp_path / "j.schema").unlink()
    with pytest.raises(Damaged, match="kanal restore"):  # also when nothing is known of its pages
        await journal(path).open()


async def test_flipped_bits_are_noticed_and_the_rest_is_readable(tmp_path: Path) -> None:
    """Wherever a bit flips: the start says so, or the body does, or nothing that is read was touched."""
    path = tmp_path / "j"
    ids = await filled(path)
    shutil.copy(path, tmp_path / "whole")
    size = path.stat().st_size
    noticed = 0
    for number in range(60):
        at = 100 + (size - 200) * number // 60
        shutil.copy(tmp_path / "whole", path)
        with path.open("r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 0x10]))
        (tmp_path / "j.sums").unlink(missing_ok=True)  # they would put it right (test_sqlite_damage.py)
        made = journal(path)
        try:
            await made.open()
        except (Damaged, Misconfigured):
            noticed += 1
            await made.close()
            continue
        try:
            for index, complaint_id in enumerate(ids):
                try:
                    found = await made.complaint(complaint_id)
                except Damaged:
                    noticed += 1
                    continue
                assert found is None or found.messages == () or found.messages[0].message.text == str(index)
            # In lists a damaged row is left out, and hides no other.
            with suppress(Damaged):
                assert len(await made.recent()) <= len(ids)
            with suppress(Damaged):
                assert len(await made.arrivals(0, 1000)) <= len(ids)
        finally:
            await made.close()
    assert noticed > 5
