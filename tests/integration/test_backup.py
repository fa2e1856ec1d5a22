"""Backup of a living journal, restore into an empty folder, and `verify` before and after; what is wrong is found."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from complaint_queue import file_garbage, snapshot, wire
from complaint_queue.codec import Codec
from complaint_queue.keys import load_or_create
from complaint_queue.postgres_open import connect
from intake.backup import MANIFEST, SUMS, Backup
from intake.config import Config, load
from intake.journals import files_of, reader_of
from intake.postgres_dump import without_password
from intake.private_postgres import PrivatePostgres
from intake.restoring import Restore
from intake.staff.store import StaffStore
from intake.verifying import Verified, Verifier
from normalizer.errors import Misconfigured
from normalizer.record import Attachment, ComplaintEvent, Message, RawEvent, Sender
from tests.intake_world import HeldClock, IntakeWorld, intake_world

pytestmark = pytest.mark.timeout(120)
TEXT = "Lampu jalan di Kenari padam, tolong diperbaiki"


@dataclass
class Place:
    """A data folder with its configuration; its journal is in the database at `url`, if that is given."""

    folder: Path
    url: str = ""
    config: Config = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        file = self.folder / "kanal.toml"
        file.write_text(f'[gateway]\ndata_dir = "{self.folder / "data"}"\n')
        self.config = load(file, {"KANAL_JOURNAL_URL": self.url} if self.url else {})

    @property
    def data(self) -> Path:
        return self.folder / "data"


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[tuple[Place, IntakeWorld]]:
    place = Place(tmp_path / "gateway")
    place.data.mkdir()
    keyring = load_or_create(place.data / "keys.json", {})
    clock = HeldClock()
    # A backup is of its own time; the clock is put forward a minute at a time, and may not reach a day to come.
    clock.at = datetime.now(UTC) - timedelta(hours=1)
    async with intake_world(place.data, keyring, clock) as world:
        yield place, world


async def tell(world: IntakeWorld, name: str, photo: bytes = b"", follows: str = "") -> str:
    """Siti says something; the ticket."""
    attachments: tuple[Attachment, ...] = ()
    if photo:
        sha256 = await world.files.put(photo)
        attachments = (Attachment(sha256=sha256, size=len(photo), state="stored"),)
    message = Message(
        external_id=name,
        text=f"{TEXT} {name}",
        sender=Sender(reference="siti"),
        attachments=attachments,
        follows=(follows,) if follows else (),
    )
    fate = await world.say(message)
    await world.settle()
    return fate.ticket


async def publish(world: IntakeWorld, crm: dict[str, ComplaintEvent]) -> list[str]:
    """Everything that waits goes to the CRM, which drops an id that it knows; the ids that were new to it."""
    waiting = await world.journal.unpublished(100)
    news = []
    for one in waiting:
        event = wire.decode_body(one.body)
        if event.event_id not in crm:
            crm[event.event_id] = event
            news.append(event.event_id)
    await world.journal.mark_published([one.position for one in waiting], world.clock.now())
    return news


async def verified(place: Place, whole: bool = True) -> Verified:
    """As `kanal verify` does it."""
    codec = Codec(load_or_create(place.data / "keys.json", {}))
    journal, files = reader_of(place.config, codec), files_of(place.config, codec)
    await journal.open()
    try:
        return await Verifier(journal, files, whole=whole).run()
    finally:
        await journal.close()
        await files.close()


def take(place: Place, target: Path, **more: bool) -> None:
    Backup(place.config, target, **more).run()


async def test_a_backup_of_a_living_journal_becomes_a_gateway_that_does_no_harm(
    gateway: tuple[Place, IntakeWorld], tmp_path: Path
) -> None:
    place, world = gateway
    staff = StaffStore(place.data / "staff.sqlite3", world.clock.now)
    await staff.open()
    await staff.audit("siti.contoh", "looked_at", "261123-0001-6")
    await staff.close()
    crm: dict[str, ComplaintEvent] = {}
    first = await tell(world, "1", photo=b"foto")
    await publish(world, crm)
    waits = await tell(world, "2", photo=os.urandom(200_000))
    await asyncio.to_thread(take, place, tmp_path / "cadangan", with_keys=True)
    # What happens after the backup, and is lost with the disk: all of it had reached the CRM.
    await publish(world, crm)
    await tell(world, "3", follows="1")
    lost = await tell(world, "4")
    assert len(await publish(world, crm)) == 2
    before = dict(crm)
    assert (await verified(place)).ok

    back = Place(tmp_path / "baru")
    manifest, restored = await Restore(back.config, tmp_path / "cadangan", {}).run()
    assert (manifest.with_keys, manifest.files, restored.epoch) == (True, 2, 1)
    assert (await verified(back)).ok
    codec_keys = load_or_create(back.data / "keys.json", {})
    async with intake_world(back.data, codec_keys, clock=world.clock) as again:
        # What was published since the backup is published again: the CRM knows every id.
        assert await publish(again, crm) == []
        assert crm == before
        file = await again.journal.complaint_by_ticket(waits)
        assert file is not None
        # What comes now is news for the CRM, although number 2 of this complaint was used before.
        assert await tell(again, "5", follows="1") == first
        news = await publish(again, crm)
        (event,) = [crm[name] for name in news]
        assert (event.sequence, event.revision, event.complaint.ticket) == (2, 1, first)
        assert event.added is not None
        assert event.added.text.endswith("5")
        fresh = await tell(again, "6")
        assert fresh not in {first, waits, lost}
        assert len(await publish(again, crm)) == 1
    found = await verified(back)
    assert found.ok, found.problems
    staff = StaffStore(back.data / "staff.sqlite3", world.clock.now)
    await staff.open()
    assert [line[2] for line in await staff.audit_log()] == ["looked_at"]
    await staff.close()


async def test_a_journal_in_postgresql_goes_the_same_way(
    tmp_path: Path, postgres: PrivatePostgres, postgres_url: str
) -> None:
    place, clock = Place(tmp_path / "gateway", postgres_url), HeldClock()
    place.data.mkdir()
    clock.at = datetime.now(UTC)
    target, crm = tmp_path / "cadangan", dict[str, ComplaintEvent]()
    keyring = load_or_create(place.data / "keys.json", {})
    async with intake_world(place.data, keyring, clock, place.config) as world:
        first = await tell(world, "1", photo=b"foto")
        await asyncio.to_thread(take, place, target, with_keys=True)
        await publish(world, crm)
        waits = await tell(world, "2", photo=os.urandom(200_000))
        await asyncio.to_thread(take, place, target, with_keys=True)
        await publish(world, crm)
        await tell(world, "3", follows="1")
        lost = await tell(world, "4")
        assert len(await publish(world, crm)) == 2
        with pytest.raises(Misconfigured, match="a gateway works on this database"):
            await Restore(Place(tmp_path / "lain", postgres_url).config, target, {}).run()
    before = dict(crm)
    assert (await verified(place)).ok

    back = Place(tmp_path / "baru", postgres.url(await postgres.database()))
    manifest, restored = await Restore(back.config, target, {}).run()
    assert (manifest.journal, manifest.files, restored.epoch) == ("postgres", 2, 1)
    assert (await verified(back)).ok
    async with intake_world(back.data, keyring, clock, back.config) as again:
        assert await publish(again, crm) == []
        assert crm == before
        file = await again.journal.complaint_by_ticket(waits)
        assert file is not None
        (photo,) = [a for m in file.messages for a in m.message.attachments]
        assert len(await again.files.read(photo.sha256)) == 200_000
        assert await tell(again, "5", follows="1") == first
        (event,) = [crm[name] for name in await publish(again, crm)]
        assert (event.sequence, event.revision, event.complaint.ticket) == (2, 1, first)
        assert await tell(again, "6") not in {first, waits, lost}
        assert len(await publish(again, crm)) == 1
    found = await verified(back)
    assert found.ok, found.problems


async def test_without_postgresqls_client_the_commands_are_named_and_do_it(
    tmp_path: Path, postgres: PrivatePostgres, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, target = Place(tmp_path / "gateway", postgres_url), tmp_path / "cadangan"
    place.data.mkdir()
    keyring = load_or_create(place.data / "keys.json", {})
    async with intake_world(place.data, keyring, config=place.config) as world:
        ticket = await tell(world, "1")
    path = os.environ["PATH"]

    async def by_hand(refused: pytest.ExceptionInfo[Misconfigured]) -> None:
        command = refused.value.cure.partition("elsewhere: ")[2]
        password = urlsplit(postgres_url).password or ""
        assert password not in command
        known = {"PATH": path, "PGPASSWORD": password}
        done = await asyncio.create_subprocess_shell(command, env=known)
        assert await done.wait() == 0, command

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="pg_dump is not installed") as refused:
        take(place, target)
    assert not (target / MANIFEST).exists()
    await by_hand(refused)
    take(place, target)
    shutil.copytree(target, tmp_path / "lagi")
    with pytest.raises(Misconfigured, match="pg_dump is not installed"):
        take(place, tmp_path / "lagi")  # that dump is the last backup's, and must not count as today's

    back = Place(tmp_path / "baru", postgres.url(await postgres.database()))
    back.data.mkdir()
    shutil.copy(place.data / "keys.json", back.data)
    with pytest.raises(Misconfigured, match="pg_restore is not installed") as refused:
        await Restore(back.config, target, {}).run()
    await by_hand(refused)
    await Restore(back.config, target, {}).run()
    async with intake_world(back.data, keyring, config=back.config) as again:
        assert await again.journal.complaint_by_ticket(ticket) is not None


async def test_into_the_same_folder_only_what_is_new_is_copied_and_keys_are_left_out(
    gateway: tuple[Place, IntakeWorld], tmp_path: Path
) -> None:
    place, world = gateway
    target = tmp_path / "cadangan"
    (place.data / "secrets").mkdir()
    (place.data / "secrets" / "kannel").write_text("rahasia")
    await tell(world, "1", photo=b"foto")
    await asyncio.to_thread(take, place, target)
    (name,) = file_garbage.names(target / "files")
    inode = (target / "files" / name).stat().st_ino
    assert inode == (place.data / "files" / name).stat().st_ino, "a hard link on the same disk"
    await tell(world, "2", photo=b"foto lain")
    await asyncio.to_thread(take, place, target)
    assert len(list(file_garbage.names(target / "files"))) == 2
    assert (target / "files" / name).stat().st_ino == inode
    there = {path.name for path in target.rglob("*")}
    assert not there & {"keys.json", "secrets", "kannel"}
    sums = await asyncio.create_subprocess_exec("sha256sum", "--quiet", "-c", SUMS, cwd=target)
    assert await sums.wait() == 0, "coreutils can check it"
    # Without keys it is put back only where they are.
    back = Place(tmp_path / "baru")
    with pytest.raises(Misconfigured, match="holds no keys"):
        await Restore(back.config, target, {}).run()
    back.data.mkdir()
    load_or_create(back.data / "keys.json", {})
    with pytest.raises(Misconfigured, match="does not open"):
        await Restore(back.config, target, {}).run()
    assert not (back.data / "journal.sqlite3").exists(), "nothing half put back can be started"


async def test_restore_refuses_what_lives_what_is_not_empty_and_what_is_not_whole(
    gateway: tuple[Place, IntakeWorld], tmp_path: Path
) -> None:
    place, world = gateway
    target = tmp_path / "cadangan"
    await tell(world, "1", photo=b"foto")
    await asyncio.to_thread(take, place, target, with_keys=True)
    with pytest.raises(Misconfigured, match="is not empty"):
        await Restore(place.config, target, {}).run()
    (name,) = file_garbage.names(target / "files")
    (target / "files" / name).unlink()
    back = Place(tmp_path / "baru")
    with pytest.raises(Misconfigured, match="is not what was backed up"):
        await Restore(back.config, target, {}).run()
    (target / MANIFEST).unlink()
    with pytest.raises(Misconfigured, match="no whole backup"):
        await Restore(back.config, target, {}).run()
    assert not back.data.exists()
    with pytest.raises(Misconfigured, match="lies in the data folder"):
        take(place, place.data / "cadangan")
    (tmp_path / "lain").mkdir()
    (tmp_path / "lain" / "surat.txt").write_text("milik orang lain")
    with pytest.raises(Misconfigured, match="holds something else"):
        take(place, tmp_path / "lain")


async def test_the_copy_ends_and_is_one_moment_while_others_write(tmp_path: Path) -> None:
    source = tmp_path / "j.sqlite3"
    db = sqlite3.connect(source, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript("CREATE TABLE a (n INTEGER PRIMARY KEY, b BLOB); CREATE TABLE total (n INTEGER)")
    db.execute("INSERT INTO total VALUES (0)")

    def write(rows: int) -> None:
        for _ in range(rows):
            db.executescript(
                "BEGIN; INSERT INTO a (b) VALUES (randomblob(2000)); UPDATE total SET n = n + 1; COMMIT"
            )

    db.execute("BEGIN")
    db.executemany("INSERT INTO a (b) VALUES (randomblob(?))", [(2000,)] * 6000)
    db.execute("UPDATE total SET n = 6000")
    db.execute("COMMIT")
    steps = 0

    def busy(done: int, total: int) -> None:
        nonlocal steps
        steps += 1
        write(20)  # whoever restarts at every write never ends

    await asyncio.to_thread(snapshot.copy, source, tmp_path / "copy.sqlite3", busy)
    db.close()
    copied = sqlite3.connect(tmp_path / "copy.sqlite3")
    assert steps > 2
    assert copied.execute("SELECT count(*) FROM a").fetchone() == (6000,)
    assert copied.execute("SELECT n FROM total").fetchone() == (6000,)
    copied.close()
    assert {path.name for path in tmp_path.iterdir()} == {"j.sqlite3", "copy.sqlite3"}


BREAKS: dict[str, tuple[str, str]] = {
    "raw event": ("UPDATE raws SET body = x'0102'", "sealed with a key"),
    "raw gone": ("DELETE FROM raws", "was not pruned"),
    "raw swapped": (
        "UPDATE messages SET raw_id = (SELECT max(raw_id) FROM raws) "
        "WHERE message_id = (SELECT min(message_id) FROM messages)",
        "not the one that it was read from",
    ),
    "message": ("UPDATE messages SET body = substr(body, 1, 40)", "not what was stored"),
    "claim": ("UPDATE claims SET message_id = message_id + 1", "lead to no message"),
    "complaint": (
        "DELETE FROM complaints WHERE complaint_id = (SELECT max(complaint_id) FROM complaints)",
        "complaint is not there",
    ),
    "event gone": ("DELETE FROM events WHERE sequence = 1", "have a gap"),
    "event": (
        "UPDATE events SET body = (SELECT body FROM events e WHERE e.position > events.position) "
        "WHERE position = (SELECT min(position) FROM events)",
        "its body is that of",
    ),
    "outbox": ("DELETE FROM outbox", "neither waits"),
    "confirmed": ("INSERT INTO confirmed SELECT position, 1 FROM outbox", "confirmed too"),
    "orphan": ("INSERT INTO joined VALUES (1, 1)", "point to nothing"),
    "record": ("UPDATE records SET record = x'00'", "sealed with a key"),
}


async def test_verify_finds_what_is_wrong_and_names_a_cure(gateway: tuple[Place, IntakeWorld]) -> None:
    place, world = gateway
    await tell(world, "1")
    await tell(world, "2", photo=b"foto")
    assert (await verified(place)).ok
    for broken, (statement, told) in BREAKS.items():
        copy = Place(place.folder / broken)
        shutil.copytree(place.data / "files", copy.data / "files")
        shutil.copy(place.data / "keys.json", copy.data / "keys.json")
        snapshot.copy(place.data / "journal.sqlite3", copy.data / "journal.sqlite3")
        db = sqlite3.connect(copy.data / "journal.sqlite3")
        db.execute("PRAGMA journal_mode = WAL")  # as the gateway leaves it
        with db:
            db.execute(statement)
        db.close()
        found = await verified(copy)
        assert not found.ok, broken
        assert any(told in str(one.problem) for one in found.problems), (broken, found.problems)
        assert all(one.cure for one in found.problems)


async def test_verify_finds_the_same_in_postgresql(tmp_path: Path, postgres: PrivatePostgres) -> None:
    name = await postgres.database("prepared")
    place = Place(tmp_path / "gateway", postgres.url(name))
    place.data.mkdir()
    keyring = load_or_create(place.data / "keys.json", {})
    async with intake_world(place.data, keyring, config=place.config) as world:
        await tell(world, "1")
        await tell(world, "2", photo=b"foto")
    assert (await verified(place)).ok
    for number, (broken, (statement, told)) in enumerate(BREAKS.items()):
        copy = Place(tmp_path / str(number), postgres.url(await postgres.database(name)))
        shutil.copytree(place.data, copy.data)
        db = await connect(copy.url)
        await db.execute(re.sub("x'([0-9a-f]+)'", r"'\\x\1'::bytea", statement))
        await db.close()
        found = await verified(copy)
        assert any(told in str(one.problem) for one in found.problems), (broken, found.problems)
        assert all(one.cure for one in found.problems)


def _torn(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(("harm", "told"), [(os.unlink, "missing"), (_torn, "not what was stored")])
async def test_verify_reads_every_file(
    harm: Callable[[Path], None], told: str, gateway: tuple[Place, IntakeWorld]
) -> None:
    place, world = gateway
    await tell(world, "1", photo=b"foto")
    raw = RawEvent(account="said", received_at=world.clock.now(), body=b"")
    large = await world.files.put(b"x" * 100_000)
    await world.journal.keep(replace(raw, body_file=large))
    assert (await verified(place)).seen["files"] == 2
    for name in list(file_garbage.names(place.data / "files")):
        harm(place.data / "files" / name)
    found = await verified(place)
    assert (found.count, [told in str(one.problem) for one in found.problems]) == (2, [True, True])
    quick = await verified(place, whole=False)
    assert quick.ok == (harm is _torn), "quick only looks whether it is there"


def test_a_password_is_never_shown() -> None:
    url = "postgresql://kanal:rahasia@db.example.org:5432/aduan?password=rahasia&sslmode=require"
    assert without_password(url) == "postgresql://kanal@db.example.org:5432/aduan?sslmode=require"
