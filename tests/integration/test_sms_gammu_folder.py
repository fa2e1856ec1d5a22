"""smsd's inbox folder, read into the real journal: files as smsd names and writes them."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Account
from adapters.sms.adapter import SmsAdapter
from normalizer.errors import ProviderUnavailable, Unavailable
from normalizer.record import RawEvent
from tests.intake_world import IntakeWorld, intake_world

FIRST = "IN20261123_113000_00_+6281200001111"
SECOND = "IN20261123_113000_01_+6281200002222"
SECRET = "0123456789abcdef"


@dataclass
class Folder:
    inbox: Path
    world: IntakeWorld
    adapter: SmsAdapter
    troubles: dict[str, str | None]

    def put(self, name: str, data: str | bytes, age: float = 60) -> Path:
        file = self.inbox / name
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        os.utime(file, (time.time() - age,) * 2)
        return file

    async def look(self) -> None:
        assert self.adapter._source is not None
        await self.adapter._source.look()

    async def texts(self) -> list[str]:
        await self.world.settle(300)
        return [e.complaint.text for e in await self.world.events() if e.event == "created"]

    def left(self) -> list[str]:
        return sorted(file.name for file in self.inbox.iterdir())


@asynccontextmanager
async def folder(path: Path, **options: Any) -> AsyncIterator[Folder]:
    inbox, troubles = path / "inbox", dict[str, str | None]()
    inbox.mkdir(exist_ok=True)
    settings = {
        "provider": "gammu",
        "options": {"inbox": str(inbox), "phoneid": "modem1", **options},
        "secrets": {"secret": SECRET},
    }
    async with intake_world(path) as world:
        account = Account(name="sms-gammu", adapter="sms", settings=settings)
        adapter = world.adapter(account, trouble=troubles.__setitem__)
        assert isinstance(adapter, SmsAdapter)
        yield Folder(inbox, world, adapter, troubles)


def backup(*parts: str, number: str = "+6281200001111") -> str:
    """smsd's detailed format, as Gammu's backup writes it."""
    written = []
    for index, text in enumerate(parts):
        data = text.encode("utf-16-be").hex().upper()
        written.append(
            f'[SMSBackup{index:03}]\n#{text}\nPDU = Deliver\nSMSC = "+62816000"\nDateTime = 20261123T113000\n'
            f'State = UnRead\nNumber = "{number}"\nName = ""\nText00 = {data[:200]}\n'
            + (f"Text01 = {data[200:]}\n" if data[200:] else "")
            + f"Coding = Unicode_No_Compression\nFolder = 1\nLength = {len(text)}\nClass = -1\n"
        )
    return "\n".join(written)


async def test_messages_are_filed_and_their_files_removed(tmp_path: Path) -> None:
    async with folder(tmp_path) as now:
        now.put(f"{FIRST}_00.txt", "Banjir 😭 di gang")
        now.put(f"{SECOND}_00.txt", "Lampu mati “semalam”".encode("utf-16"))
        now.put("OUT20261123_113000_00_+628_x.txt", "not ours")
        await now.look()
        assert sorted(await now.texts()) == ["Banjir 😭 di gang", "Lampu mati “semalam”"]
        assert now.left() == ["OUT20261123_113000_00_+628_x.txt"]
        assert now.troubles["inbox"] is None


async def test_the_parts_of_a_long_message_are_one_complaint_in_their_order(tmp_path: Path) -> None:
    async with folder(tmp_path) as now:
        now.put(f"{FIRST}_01.txt", "tersumbat sejak minggu lalu")
        now.put(f"{FIRST}_00.txt", "Selokan di depan rumah ")
        now.put(
            f"{SECOND}_00.smsbackup",
            backup("Sampah menumpuk " * 9, "di ujung jalan", number="+6281200002222"),
        )
        await now.look()
        assert sorted(await now.texts()) == [
            "Sampah menumpuk " * 9 + "di ujung jalan",
            "Selokan di depan rumah tersumbat sejak minggu lalu",
        ]
        assert now.left() == []


async def test_a_message_that_is_still_being_written_waits_whole(tmp_path: Path) -> None:
    async with folder(tmp_path) as now:
        now.put(f"{FIRST}_00.txt", "Selokan di depan rumah ")
        half = now.put(f"{FIRST}_01.txt", "tersu", age=0)
        await now.look()
        assert len(now.left()) == 2
        assert await now.texts() == []
        now.put(half.name, "tersumbat")
        await now.look()
        assert await now.texts() == ["Selokan di depan rumah tersumbat"]


@pytest.mark.parametrize("garbage", [b"\x00\xff[SMSBackup", b"", b"x" * 70_000])
async def test_what_cannot_be_read_is_quarantined_and_holds_up_no_other(
    tmp_path: Path, garbage: bytes
) -> None:
    async with folder(tmp_path) as now:
        now.put(f"{FIRST}_00.smsbackup", garbage)
        now.put(f"{SECOND}_00.txt", "Banjir")
        await now.look()
        assert await now.texts() == ["Banjir"]
        assert now.left() == []
        (held,) = await now.world.journal.quarantined()
        assert held.account == "sms-gammu"


async def test_no_file_goes_before_the_journal_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with folder(tmp_path) as now:
        now.put(f"{FIRST}_00.txt", "Banjir")
        admit = now.world.journal.admit

        async def no_room(*arguments: Any) -> Any:
            raise Unavailable("the disk sleeps")

        monkeypatch.setattr(now.world.journal, "admit", no_room)
        with pytest.raises(Unavailable):
            await now.look()
        assert now.left() == [f"{FIRST}_00.txt"]
        monkeypatch.setattr(now.world.journal, "admit", admit)
        await now.look()
        assert (await now.texts(), now.left()) == (["Banjir"], [])


async def test_a_file_that_stays_is_one_complaint_and_the_operator_is_told(tmp_path: Path) -> None:
    done = tmp_path / "done"
    async with folder(tmp_path, done=str(done)) as now:
        now.put(f"{FIRST}_00.txt", "Banjir")
        now.put(f"{SECOND}_00.txt", "Lampu mati")
        for _ in range(2):
            with pytest.raises(ProviderUnavailable):
                await now.look()
        words = now.troubles["inbox"]
        assert words is not None
        assert "options.done" in words
        done.mkdir()
        await now.look()
        assert now.troubles["inbox"] is None
        assert sorted(await now.texts()) == ["Banjir", "Lampu mati"]
        assert (now.left(), len(list(done.iterdir()))) == ([], 2)


async def test_the_hook_and_the_folder_give_one_message_one_identity(tmp_path: Path) -> None:
    async with folder(tmp_path) as now:
        name = f"{FIRST}_00.txt"
        body = (
            b'{"phone": "modem1", "ran_at": "2026-11-23T04:30:05Z", "ids": ["%s"], "parts": [],'
            b' "messages": [{"number": "+6281200001111", "text": "Banjir", "reference": "0"}]}'
            % name.encode()
        )
        raw = RawEvent(account="sms-gammu", received_at=now.world.clock.now(), method="POST", body=body)
        (fate,) = await now.world.receive("sms-gammu", raw)
        assert fate.outcome == "accepted"
        now.put(name, "Banjir")
        await now.look()
        assert await now.texts() == ["Banjir"]
        assert now.left() == []
