"""One person's right to their own data: `kanal person`, beside a second person who must not notice."""

from __future__ import annotations

import asyncio
import json
import stat
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Letter
from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from tests import pictures
from tests.gateway_process import GatewayProcess

pytestmark = [pytest.mark.timeout(180), pytest.mark.rabbitmq]

NIK = "3171016506900001"
PHONE, HOME_PHONE = "+6281200002611", "081200002611"
HANDLE = "@siti_contoh_uji"
#: What must be nowhere when she was erased, and what must stay.
SITI = (NIK, PHONE[1:], HOME_PHONE, HANDLE, "siti.contoh@example.org", "lubang besar di Jalan Melati")
BUDI = ("81200009999", "budi.contoh@example.org", "sampah menumpuk di Jalan Kenari")
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
    await kannel.send(
        Letter(
            number=3, text=f"Masih ada lubang besar di Jalan Melati, Kelurahan Kenari, {HANDLE}", sender=PHONE
        )
    )
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


async def published(gateway: GatewayProcess) -> int:
    """How many events the broker has, once nothing waits any more."""
    codec = Codec(load_or_create(gateway.config.data_dir / "keys.json", {}))
    journal = SqliteJournal.read_only(gateway.config.data_dir / "journal.sqlite3", codec)
    await journal.open()
    try:
        depths = await journal.depths()
        waits = depths.kept + depths.tasks + depths.unpublished + depths.media_pending
        return 0 if waits else (await journal.sizes())["events"]
    finally:
        await journal.close()


async def told(gateway: GatewayProcess, *command: str, code: int = 0) -> Any:
    found, out = await gateway.run(*command, "--json")
    assert found == code, out
    return json.loads(out.splitlines()[-1])


async def counted(gateway: GatewayProcess, *who: str) -> Any:
    return await told(gateway, "person", "show", *who)


def whole(path: Path) -> tuple[bytes, Any]:
    """All that a zip holds, names too, and its table of contents."""
    with zipfile.ZipFile(path) as packed:
        parts = [packed.read(name) for name in packed.namelist()]
        return b"\n".join([*parts, *map(str.encode, packed.namelist())]), json.loads(
            packed.read("person.json")
        )


async def test_a_person_gets_all_of_their_own_and_nothing_of_others(
    gateway: GatewayProcess, tmp_path: Path
) -> None:
    await plant(gateway)
    both = ("--email", "siti.contoh@example.org", "--phone", HOME_PHONE, "--everywhere")
    counts = await counted(gateway, *both)
    assert (counts["complaints"], counts["messages"], counts["files"]) == (2, 2, 2)
    path = tmp_path / "siti.zip"
    made = await told(gateway, "person", "export", str(path), *both)
    assert (made["complaints"], made["messages"], made["files"], made["missing"]) == (2, 2, 2, 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content, table = whole(path)
    for planted in SITI:
        assert planted.encode() in content, planted
    for others in BUDI:
        assert others.encode() not in content, others
    assert PHOTO in content and BOTH in content
    assert {one["ticket"] for one in table["complaints"]} == set(counts["tickets"])
    assert [len(one["events"]) for one in table["complaints"]] == [1, 1]
    assert table["complaints"][0]["record"]["reporter"]["contacts"]
    secret = (gateway.folder / "data/secrets/kannel").read_text().strip()
    assert secret.encode() not in content

    again = await told(gateway, "person", "export", str(path), *both, code=2)
    assert again["problem"].endswith("is there already")
    nobody = await told(
        gateway, "person", "show", "--account", "sms-kannel", "--phone", "081200000001", code=2
    )
    assert nobody["where"] == "person"
    lines = await gateway.run("audit", "--what", "person", "--json")
    (line,) = [json.loads(text) for text in lines[1].splitlines()]
    assert line["what"] == "person_export" and set(line["subject"].split()) == set(counts["tickets"])
    assert not any(planted in lines[1] for planted in SITI)
