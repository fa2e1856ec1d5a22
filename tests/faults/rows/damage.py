"""Damage at random to the files of a killed gateway's journal: all of it is noticed, and what is whole is read again.

Each damage is put upon a fresh copy. Then what an operator is told to do is done, word for word.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from complaint_queue import sqlite_log, sqlite_sums
from complaint_queue.journal import ComplaintFile
from complaint_queue.sqlite_mending import mend
from complaint_queue.sqlite_open import PAGE_BYTES
from normalizer.errors import Damaged
from tests.faults.orders import Clock, House, ModelBroker, admit_of, forward
from tests.faults.rows.load import Citizens, Ledger
from tests.faults.rows.row import Figure, Numbers, Row, Stage
from tests.gateway_process import GatewayProcess

NAME = "journal.sqlite3"
FILES = (NAME, NAME + "-wal", NAME + ".sums", NAME + "-wal.sums", NAME + ".schema")
COMPLAINTS = 60
#: One torn sector takes at most what stands in two pages: of a small table many, of the others few.
LOST_BY_A_SECTOR = 20

Damage = Callable[[Path, random.Random], None]


def one_bit(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


def some_bytes(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    at = chance.randrange(len(data))
    data[at : at + 16] = chance.randbytes(len(data[at : at + 16]))
    file.write_bytes(data)


def torn_sector(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    at = chance.randrange(len(data)) // 512 * 512
    data[at : at + 512] = bytes(len(data[at : at + 512]))
    file.write_bytes(data)


def torn_tail(file: Path, chance: random.Random) -> None:
    os.truncate(file, max(0, file.stat().st_size - chance.randrange(1, 8 * PAGE_BYTES)))


def a_field(file: Path, chance: random.Random) -> None:
    """One word of what a file, a page or a frame begins with, which random places would hardly hit."""
    data = bytearray(file.read_bytes())
    head, whole = (
        (sqlite_log.HEADER, sqlite_log.FRAME + PAGE_BYTES) if file.name == FILES[1] else (0, PAGE_BYTES)
    )
    begins = [0, *range(head, len(data), whole)]
    # Each beginning of a log has its own ways to go wrong, and its first, second and last frame are not like others.
    begin = chance.choice([chance.choice(begins), *begins[:3], begins[-1]])
    at = begin + 4 * chance.randrange(8)
    word = chance.choice([bytes(4), b"\xff" * 4, b"\x00\x00\x00\x01", chance.randbytes(4)])
    data[at : at + 4] = word[: len(data[at : at + 4])]
    file.write_bytes(data)


#: Damages, and how often each.
DAMAGES: tuple[tuple[Damage, int], ...] = (
    (one_bit, 6),
    (some_bytes, 3),
    (torn_sector, 3),
    (a_field, 3),
    (torn_tail, 2),
)


@dataclass
class Killed:
    """A folder as kill -9 left it, and what had been acknowledged, as it was read before."""

    folder: Path
    complaints: dict[int, ComplaintFile]
    everything: dict[str, list[tuple[object, ...]]]


async def killed(folder: Path) -> Killed:
    """A gateway that has done something of everything; half of it stands in the log alone."""
    house = await House(folder / "alive", ModelBroker(), Clock()).open()
    complaints = {}
    try:
        for number in range(COMPLAINTS):
            name = f"{'abcdefghij'[number // 10]}{'abcdefghij'[number % 10]}"
            (answer,) = await house.admit([admit_of(name, f"warga-{number % 7}")])
            complaints[answer.complaint_id] = answer
            if number % 3 == 0:
                await _settle(house)
            if number == COMPLAINTS // 2:
                await _publish(house)
                _checkpoint(house)
        files = {one: await house.journal.complaint(one) for one in complaints}
        target = folder / "killed"
        target.mkdir()
        for name in FILES:
            shutil.copyfile(house.folder / name, target / name)
        # What an earlier generation of the log left behind its end says nothing.
        os.truncate(target / FILES[1], _end(target / NAME))
    finally:
        await house.close()
    return Killed(target, {k: v for k, v in files.items() if v is not None}, rows(house.folder / NAME))


def _end(database: Path, part: float = 1.0) -> int:
    """Where the log ends, or its last frame before that `part` of it, in bytes."""
    mark = sqlite_sums.unpack(sqlite_sums.beside(database).read_bytes()[: sqlite_sums.HEADER])
    assert mark is not None
    return sqlite_log.HEADER + int(mark.frames * part) * (sqlite_log.FRAME + PAGE_BYTES)


async def _settle(house: House) -> None:
    forward(house.clock, 3)
    for complaint in await house.journal.due(house.clock()):
        work = await house.load(complaint)
        if work is not None:
            await house.write(work)


async def _publish(house: House) -> None:
    await house.fetch()
    await house.send()
    while house.broker.arrived:
        house.broker.take()
        await house.confirm(house.broker.owed.pop())
    await house.mark()


def _checkpoint(house: House) -> None:
    journal = house.journal
    assert journal._write_db is not None
    assert journal._sums is not None
    journal._sums.checkpointed(journal._write_db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[2])


def rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in names}  # noqa: S608


@dataclass
class Outcome:
    """What came of one damage: how it was met, and how many complaints are not what they were."""

    how: str
    lost: int = 0


async def _met(folder: Path, before: Killed) -> Outcome:
    path = folder / NAME
    said: list[str] = []
    for _ in range(3):
        try:
            house = await House(folder, ModelBroker(), Clock()).open()
        except Damaged as error:
            said.append(str(error))
            await asyncio.to_thread(_obey, str(error), path)
            continue
        try:
            lost = sum([not await _is_as_it_was(house, one) for one in before.complaints.values()])
            how = "refused" if said else "put_right" if house.journal.healed else "harmless"
        finally:
            await house.close()
        if how != "refused":
            assert rows(path) == before.everything, f"{how}, and not what it was"
        return Outcome(how, lost)
    raise AssertionError(f"it does not start after what was told: {said}")


def _obey(told: str, path: Path) -> None:
    """Do what the message says."""
    assert "kanal mend" in told, told
    assert mend(path, PAGE_BYTES, datetime.now(UTC)), told


async def _is_as_it_was(house: House, before: ComplaintFile) -> bool:
    try:
        return await house.journal.complaint(before.complaint_id) == before
    except Damaged:
        return False


async def gateway(folder: Path) -> int:
    """A whole gateway, whose log was torn in the middle, as an operator meets it: how many messages it had taken."""
    process, ledger = GatewayProcess(folder, ""), Ledger()
    await process.start(60)
    try:
        async with Citizens(process, ledger, ("sms-kannel",), rate=100).pressing():
            async with asyncio.timeout(60):
                while len(ledger.taken) < COMPLAINTS:
                    await asyncio.sleep(0.05)
        await process.kill()
        database = folder / "data" / NAME
        with (folder / "data" / FILES[1]).open("r+b") as log:
            log.seek(_end(database, 0.5) + 1024)
            log.write(os.urandom(512))
        try:
            await process.start(60)
        except RuntimeError as refused:
            assert "kanal mend" in str(refused)  # noqa: PT017
        else:
            raise AssertionError("it starts, and says nothing of a torn log")
        code, said = await process.run("mend")
        assert code == 0, said
        await process.start(60)
        await process.stop()
        claimed = len(rows(database)["claims"])
        assert claimed >= len(ledger.taken) - LOST_BY_A_SECTOR, f"{claimed} of {len(ledger.taken)}: {said}"
        return len(ledger.taken)
    finally:
        await process.kill()


async def run(stage: Stage, figure: Figure) -> Numbers:
    chance = random.Random()
    (stage.folder / "gateway").mkdir()
    taken = await gateway(stage.folder / "gateway")
    before = await killed(stage.folder)
    counts: Counter[str] = Counter()
    most_lost = 0
    for number in range(figure.count):
        damage = chance.choices([one for one, _ in DAMAGES], [often for _, often in DAMAGES])[0]
        sizes = [(before.folder / name).stat().st_size for name in FILES]
        name = chance.choices(FILES, [sizes[0], sizes[1], *(max(sizes) // part for part in (8, 16, 32))])[0]
        folder = stage.folder / "damaged"
        shutil.copytree(before.folder, folder)
        seed = chance.randrange(1 << 30)
        damage(folder / name, random.Random(seed))
        words = f"{damage.__name__} of {name} with seed {seed}"
        try:
            outcome = await _met(folder, before)
        except AssertionError as error:
            raise AssertionError(f"{words}: {error}") from error
        allowed = 0 if damage is one_bit or outcome.how != "refused" else LOST_BY_A_SECTOR
        if damage is torn_tail:
            allowed = COMPLAINTS // 2
        assert outcome.lost <= allowed, f"{words}: {outcome}"
        counts["damages"] += 1
        counts[outcome.how] += 1
        most_lost = max(most_lost, outcome.lost)
        shutil.rmtree(folder)
        stage.step(1)
        stage.tell(f"{number + 1}: {words}: {outcome.how}")
    return {**counts, "acknowledged": taken, "most_complaints_hit_by_one": float(most_lost)}


ROW = Row(
    name="journal-damage",
    test="journal damaged (bit flips, overwritten bytes, torn sectors, torn tail), the log and the checksums too",
    load="200 damages at random, some of them to what a page or a frame begins with",
    passes="every one noticed; start-up succeeds or says exactly what to do, which then helps; the rest is readable",
    unit="damages",
    small=Figure(count=20),
    full=Figure(count=200),
    at_once=50,
    minutes=3,
    broker=False,
    run=run,
)
