"""One person's right to their own data: `kanal person`, beside a second person who must not notice."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import signal
import sqlite3
import stat
import sys
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import aio_pika
import aiohttp
import msgspec
import pytest

from adapters.base import Letter
from complaint_queue import topology
from complaint_queue.codec import Codec
from complaint_queue.deadletters import peek
from complaint_queue.files import FileStore
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from intake.cli import main
from intake.references import wanted_files
from intake.resending import Resending, Wanted
from intake.staff.store import StaffStore
from intake.verifying import Verifier
from normalizer.errors import Damaged
from normalizer.identity import Secrets
from normalizer.record import Complaint
from tests import pictures
from tests.faults.rows.fault_points import traces
from tests.gateway_process import GatewayProcess

pytestmark = pytest.mark.timeout(180)

NIK = "3171016506900001"
PHONE, HOME_PHONE = "+6281200002611", "081200002611"
HANDLE = "@siti_contoh_uji"
#: What must be nowhere when she was erased, and what must stay.
SITI = (NIK, PHONE[1:], HOME_PHONE, HANDLE, "siti.contoh@example.org", "lubang besar di Jalan Melati")
BUDI = ("81200009999", "budi.contoh@example.org", "sampah menumpuk di Jalan Kenari")
#: Every purpose for which the journal seals something.
PURPOSES = (
    *("raw", "message", "event", "record", "reply", "person", "progress", "quarantine", "media"),
    *("fingerprint", "erasing", "canary"),
)
WHO = ("--email", "siti.contoh@example.org", "--phone", HOME_PHONE, "--everywhere")
ERASE = ("person", "erase", *WHO, "--reason", "permintaan 3", "--yes")
AGAIN = Letter(
    number=3, text=f"Masih ada lubang besar di Jalan Melati, Kelurahan Kenari, {HANDLE}", sender=PHONE
)
PHOTO, BOTH = pictures.saved(pictures.scene(1)), pictures.saved(pictures.scene(2))


@pytest.fixture
async def gateway(tmp_path: Path, rabbitmq_url: str) -> AsyncIterator[GatewayProcess]:
    process = GatewayProcess(tmp_path, rabbitmq_url)
    await process.start()
    yield process
    await process.kill()


async def plant(gateway: GatewayProcess) -> None:
    """Siti by mail and by SMS, Budi too; one photo they both sent. Returns when the broker has it all."""
    mail, kannel = gateway.simulator("email-dki"), gateway.simulator("sms-kannel")
    await mail.start()
    await kannel.start()
    hers = f"Ada lubang besar di Jalan Melati. NIK {NIK}, telepon {HOME_PHONE}, {HANDLE}"
    await mail.send(Letter(number=1, text=hers, sender="Siti Contoh", photos=(PHOTO, BOTH)))
    await mail.send(
        Letter(number=2, text="Ada sampah menumpuk di Jalan Kenari", sender="Budi Contoh", photos=(BOTH,))
    )
    await kannel.send(AGAIN)
    await kannel.send(
        Letter(
            number=4, text="Masih sampah menumpuk di Jalan Kenari, Kelurahan Kenari", sender="+6281200009999"
        )
    )
    await mail.stop()
    await kannel.stop()
    async with asyncio.timeout(60):  # all four are told, with their photos, and the confirms are marked
        while await published(gateway) < 4:
            await asyncio.sleep(0.1)


def codec_of(gateway: GatewayProcess) -> Codec:
    return Codec(load_or_create(gateway.config.data_dir / "keys.json", {}))


@asynccontextmanager
async def journal_of(gateway: GatewayProcess) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal.read_only(gateway.config.data_dir / "journal.sqlite3", codec_of(gateway))
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def published(gateway: GatewayProcess) -> int:
    """How many events the broker has, once nothing waits any more."""
    async with journal_of(gateway) as journal:
        depths = await journal.depths()
        waits = depths.kept + depths.tasks + depths.unpublished + depths.media_pending
        return 0 if waits else (await journal.sizes())["events"]


async def refused(gateway: GatewayProcess, count: int) -> None:
    """The CRM takes so many events and refuses them."""
    async with (
        await aio_pika.connect(gateway.environment["KANAL_AMQP_URL"]) as connection,
        connection.channel() as channel,
    ):
        queue = await channel.get_queue(topology.QUEUE)
        for _ in range(count):
            message = await queue.get(timeout=10)
            assert message is not None
            await message.reject(requeue=False)
    async with asyncio.timeout(20):  # a quorum queue dead-letters a moment later
        while len(await peek(gateway.environment["KANAL_AMQP_URL"], "events")) < count:
            await asyncio.sleep(0.1)


async def told(gateway: GatewayProcess, *command: str, code: int = 0, **environment: str) -> Any:
    """What a command prints as JSON."""
    found, out = await asyncio.to_thread(kanal, gateway, *command, "--json", **environment)
    assert found == code, out
    return json.loads(out.splitlines()[-1])


async def printed(gateway: GatewayProcess, *command: str, code: int = 0) -> list[str]:
    """What a command says to people, line by line."""
    found, out = await asyncio.to_thread(kanal, gateway, *command)
    assert found == code, out
    return out.splitlines()


def kanal(gateway: GatewayProcess, *command: str, **environment: str) -> tuple[int, str]:
    """Run the command: exit code, and what it printed. In this process, because each start costs."""
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (gateway.environment | environment).items():
            patch.setenv(name, value)
        patch.setenv("KANAL_LANG", "en")
        patch.setenv("KANAL_CONFIG", str(gateway.config_file))
        patch.setattr(sys, "stdout", said)
        patch.setattr(sys, "stderr", said)
        with pytest.raises(SystemExit) as left:
            main(command)
    said.flush()
    written = said.buffer
    assert isinstance(written, io.BytesIO) and isinstance(left.value.code, int)
    return left.value.code, written.getvalue().decode()


def whole(path: Path) -> tuple[bytes, Any]:
    """All that a zip holds, names too, and its table of contents."""
    with zipfile.ZipFile(path) as packed:
        parts = [packed.read(name) for name in packed.namelist()]
        return b"\n".join([*parts, *map(str.encode, packed.namelist())]), json.loads(
            packed.read("person.json")
        )


@pytest.mark.rabbitmq
async def test_a_person_gets_their_own_and_is_forgotten_and_the_other_never_notices(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    await plant(gateway)
    planned = await told(gateway, "person", "erase", *WHO, "--reason", "permintaan 1", "--dry-run")
    counts = planned["counts"]
    assert (counts["complaints"], counts["messages"], counts["files"]) == (2, 2, 2)
    assert set(planned["erased"]) == set(counts["tickets"]) and not planned["waiting"]
    await exported(gateway, tmp_path / "siti.zip", counts["tickets"])
    before = await stored(gateway)
    assert all(any(planted.encode() in one for one in before.values()) for planted in SITI)
    hers = [head for head, plain in before.items() if any(planted.encode() in plain for planted in SITI)]

    await refused(gateway, 4)
    unreached = {"KANAL_AMQP_URL": "amqp://127.0.0.1:1/"}
    first = await told(
        gateway, "person", "erase", *WHO, "--reason", "permintaan 1", "--yes", code=75, **unreached
    )
    assert "127.0.0.1" in first["dead_letters_unseen"]
    still = await told(
        gateway, "person", "erase", *WHO, "--reason", "permintaan 1", "--yes", code=75, **unreached
    )
    assert "127.0.0.1" in still["dead_letters_unseen"] and not still["dead_letters"]
    assert set(first["crm"]) == set(counts["tickets"])
    assert first["left"]["files"] and not first["left"]["traces"], "files so young may be somebody else's"
    for path in (gateway.config.files_dir).rglob("*"):
        os.utime(path, (0, 0))
    again = await told(gateway, "person", "erase", *WHO, "--reason", "permintaan 1", "--yes")
    assert (again["erased"], again["left"]) == ([], {"files": 0, "traces": 0})
    assert (again["dead_letters"], again["dead_letters_unseen"]) == (2, "")
    left = await peek(gateway.environment["KANAL_AMQP_URL"], "events")
    assert len(left) == 2 and not any(planted.encode() in one.body for one in left for planted in SITI)
    assert all(any(planted.encode() in one.body for planted in BUDI) for one in left)

    await nothing_of_her(gateway, hers)
    after = await stored(gateway)
    assert [p for p in BUDI if not any(p.encode() in plain for plain in after.values())] == []
    await says_so(gateway, counts["tickets"][0])
    await all_fits(gateway)
    kannel = gateway.simulator("sms-kannel")
    await kannel.start()
    await kannel.send(AGAIN)  # a provider repeats what it is not sure of, for hours
    await kannel.stop()
    async with journal_of(gateway) as journal:
        assert (await journal.sizes())["complaints"] == 4
    assert not any(HANDLE.encode() in plain for plain in (await stored(gateway)).values())
    staff = StaffStore(gateway.config.data_dir / "staff.sqlite3", lambda: datetime.now(UTC))
    await staff.open()
    acts = await staff.audit_lines(what="person")
    thrown = await staff.audit_lines(what="deadletter_discard")
    await staff.close()
    assert {one.detail["subject"] for one in thrown} == set(counts["tickets"])
    assert [one.what for one in acts] == ["person_erase", "person_erase", "person_export"]
    assert {one.subject for one in acts[:2]} == set(counts["tickets"])


async def exported(gateway: GatewayProcess, path: Path, tickets: list[str]) -> None:
    """All of hers in a file for its owner alone, and nothing of his."""
    made = await told(gateway, "person", "export", str(path), *WHO)
    assert (made["complaints"], made["messages"], made["files"], made["missing"]) == (2, 2, 2, 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content, table = whole(path)
    assert [planted for planted in SITI if planted.encode() not in content] == []
    assert [others for others in BUDI if others.encode() in content] == []
    assert PHOTO in content and BOTH in content
    assert {one["ticket"] for one in table["complaints"]} == set(tickets)
    assert [len(one["events"]) for one in table["complaints"]] == [1, 1]
    assert all(one["record"]["reporter"]["contacts"] for one in table["complaints"])
    secret = (gateway.folder / "data/secrets/kannel").read_text().strip()
    assert secret.encode() not in content


async def stored(gateway: GatewayProcess) -> dict[bytes, bytes]:
    """Every sealed body of the journal, opened, by its first bytes."""
    codec, found = codec_of(gateway), {}
    address = f"{(gateway.config.data_dir / 'journal.sqlite3').as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in db.execute(f"SELECT * FROM {table}"):  # noqa: S608 - a table's own name
                for value in row:
                    if isinstance(value, bytes) and value[:1] == b"\x01" and len(value) > 33:
                        found[value[:17]] = opened(codec, value)
    return found


def opened(codec: Codec, sealed: bytes) -> bytes:
    for purpose in PURPOSES:
        with suppress(Damaged):
            return codec.open(purpose, sealed)
    raise AssertionError(f"sealed for a purpose that this test does not know: {sealed[:17].hex()}")


async def nothing_of_her(gateway: GatewayProcess, heads: list[bytes]) -> None:
    """Not in a body, not in the bytes of any file, her photo gone: but not the one that he sent too."""
    reading = gateway.config.data_dir / "reading.sqlite3"
    async with asyncio.timeout(30):  # the console's store is thrown away and built anew
        while shown(reading) != (4, 2, BUDI[2]):
            await asyncio.sleep(0.1)
    await nothing_kept(gateway, heads)


async def nothing_kept(gateway: GatewayProcess, heads: list[bytes]) -> None:
    """The same of what is on the disk, whether or not the gateway runs."""
    after = await stored(gateway)
    assert [p for p in SITI if any(p.encode() in plain for plain in after.values())] == []
    for path in gateway.config.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [p for p in SITI if p.encode() in content] == [], path
            assert [head for head in heads if head in content] == [], f"a sealed body is still in {path}"
    files = FileStore(gateway.config.files_dir, codec_of(gateway))
    assert await files.size(sha256(PHOTO).hexdigest()) is None
    assert await files.read(sha256(BOTH).hexdigest()) == BOTH
    async with journal_of(gateway) as journal:
        wanted = await wanted_files(journal, files, lambda began: asyncio.sleep(0))
    kept = {f"{p.parent.name}/{p.name}" for p in gateway.config.files_dir.glob("??/*")}
    assert kept == wanted


def shown(path: Path) -> tuple[Any, ...]:
    """Of the console's store: complaints, those that are told to be erased, and what stands in the text of one."""
    sql = "SELECT count(*), sum(why = 'erased'), sum(instr(text, ?)) FROM complaints"
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        complaints, erased, his = db.execute(sql, (BUDI[2],)).fetchone()
        return complaints, erased, BUDI[2] if his else ""
    return ()


async def all_fits(gateway: GatewayProcess) -> None:
    """`kanal verify` finds nothing, and `kanal resend` leaves out what says nothing any more."""
    async with journal_of(gateway) as journal:
        files = FileStore(gateway.config.files_dir, codec_of(gateway))
        assert (await Verifier(journal, files).run()).problems == ()
        every = Wanted(since=datetime.fromtimestamp(0, UTC), until=datetime.now(UTC))
        again = Resending(journal, every, gateway.config.data_dir, gateway.url)
        assert ((await again.count()).total(), again.erased) == (2, 2)


async def says_so(gateway: GatewayProcess, ticket: str) -> None:
    """Whoever asks is told that it was erased, and nothing else."""
    async with journal_of(gateway) as journal:
        file = await journal.complaint_by_ticket(ticket)
    assert file is not None
    keys = load_or_create(gateway.config.data_dir / "keys.json", {})
    code = Secrets(keys.identity_key).tracking_code(file.complaint_id)
    async with aiohttp.ClientSession() as session, session.get(f"{gateway.url}/lacak/{code}") as answer:
        assert "telah dihapus atas permintaan pelapornya" in await answer.text()
    record = msgspec.msgpack.decode(file.record, type=Complaint)
    assert [one.step for one in record.evidence] == ["erased"], "what kanal explain tells"


async def test_what_is_on_its_way_is_named_and_goes_later_also_while_no_gateway_runs(tmp_path: Path) -> None:
    """Without a broker nothing is confirmed: so nothing may be lost."""
    gateway = GatewayProcess(tmp_path)
    await gateway.start()
    kannel = gateway.simulator("sms-kannel")
    await kannel.start()
    words = "Lampu jalan padam di Jalan Melati, Kelurahan Kenari"
    await kannel.send(Letter(number=1, text=words, sender=PHONE))
    await kannel.stop()
    async with journal_of(gateway) as journal, asyncio.timeout(30):
        while not (waiting := await journal.unpublished(10)):
            await asyncio.sleep(0.1)
    who = ("--account", "sms-kannel", "--phone", PHONE, "--reason", "permintaan 2", "--yes")
    first = await told(gateway, "person", "erase", *who, code=75)
    assert (first["erased"], first["waiting"]) == ([], {waiting[0].ticket: "unpublished"})
    named = await printed(gateway, "person", "erase", *who, code=75)
    assert f"{waiting[0].ticket} stays for now: it is still on its way to the CRM" in named[1]
    async with journal_of(gateway) as journal:
        file = await journal.complaint_by_ticket(waiting[0].ticket)
    assert file is not None and file.messages[0].message.text == words
    await gateway.stop()

    journal = SqliteJournal(gateway.config.data_dir / "journal.sqlite3", codec_of(gateway))
    await journal.open()
    await journal.mark_published([waiting[0].position], datetime.now(UTC))
    await journal.close()
    shown = await printed(gateway, "person", "show", *who[:4])
    assert shown[0] == "Complaints: 1" and shown[-1] == f"Tickets: {waiting[0].ticket}"
    (made,) = await printed(gateway, "person", "export", str(tmp_path / "siti.zip"), *who[:4])
    assert "1 complaints, 1 messages, 1 raw events" in made
    planned = await printed(gateway, "person", "erase", *who, "--dry-run")
    assert planned[-1] == "1 tickets would be erased; nothing was done."
    done = await printed(gateway, "person", "erase", *who)
    assert done[0] == "1 tickets were erased." and done[2].split() == [waiting[0].ticket]
    assert done[-1].startswith("Files and the database hold nothing")
    assert not (gateway.config.data_dir / "reading.sqlite3").exists(), "the next start builds it anew"
    assert [plain for plain in (await stored(gateway)).values() if words.encode() in plain] == []
    await journal.open()
    assert journal.healed == [] and await journal.check() == ()
    await journal.close()
    nobody = await told(gateway, "person", "show", "--ticket", waiting[0].ticket, code=2)
    assert nobody["where"] == "person"


#: System calls of which the command dies as it enters the nth: a page of the journal, its sync, a file that goes.
DEATHS = [
    ("pwrite64", 1), ("pwrite64", 12), ("fdatasync,fsync", 1), ("fdatasync,fsync", 2), ("unlink,unlinkat", 1),
]  # fmt: skip


@pytest.mark.rabbitmq
@pytest.mark.skipif(not traces(), reason="strace is not there, or may not trace here")
async def test_an_erasure_that_is_killed_is_finished_by_the_same_command(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    await plant(gateway)
    before = await stored(gateway)
    hers = [head for head, plain in before.items() if any(planted.encode() in plain for planted in SITI)]
    await gateway.stop()
    data = gateway.config.data_dir
    whole_ = tmp_path / "whole"
    shutil.copytree(data, whole_)
    killed = 0
    for call, nth in DEATHS:
        shutil.rmtree(data)
        shutil.copytree(whole_, data)
        for path in gateway.config.files_dir.rglob("*"):
            os.utime(path, (0, 0))
        killed += await dies(gateway, call, nth)
        async with journal_of(gateway) as journal:
            assert await journal.check() == (), (call, nth)
        found, out = await asyncio.to_thread(kanal, gateway, *ERASE)
        assert found == 0 or (found == 2 and "nothing of them" in out), (call, nth, out)
        await nothing_kept(gateway, hers)
        after = await stored(gateway)
        assert [p for p in BUDI if not any(p.encode() in plain for plain in after.values())] == [], (
            call,
            nth,
        )
    assert killed >= len(DEATHS) // 2


async def dies(gateway: GatewayProcess, call: str, nth: int) -> bool:
    """Run the command under strace, which kills it; whether it came so far."""
    inject = f"inject={call}:signal=SIGKILL:when={nth}"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject]
    process = await asyncio.create_subprocess_exec(
        *strace, sys.executable, "-m", "intake", *ERASE,
        env=gateway.environment | {"KANAL_CONFIG": str(gateway.config_file)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(60):
        return await process.wait() == -signal.SIGKILL
