"""Gammu's hook program against the real hook of the gateway: as smsd runs it, and run by a real smsd."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import adapters.sms
from adapters.base import Accepted, Account, Adapter, Fate, Outgoing, Ports, Receipt
from adapters.sms.adapter import SmsAdapter, SmsSettings
from intake.metrics import Metrics
from intake.web.hooks import Hooks
from normalizer.errors import Unavailable
from normalizer.record import Message, RawEvent
from normalizer.settings import Secret

HOOK = Path(adapters.sms.__file__).with_name("gammu_hook.py")
SECRET = "0123456789abcdef0123456789abcdef"
FILE = "IN20261123_113000_00_+6281200001111_00.txt"


class Journal:
    """Stands where the journal is; cannot store the first `failures` times, and then every message once."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.calls, self.messages = failures, 0, list[Message]()
        self.news = asyncio.Event()

    async def receive(self, adapter: Adapter[Any], raw: RawEvent) -> Sequence[Fate]:
        self.calls += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable("the disk sleeps")
        for item in adapter.parse(raw):
            assert isinstance(item, Accepted), item
            if item.message.external_id not in {message.external_id for message in self.messages}:
                self.messages.append(item.message)
        self.news.set()
        return [Fate(outcome="accepted")]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.messages) < count:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def gateway(journal: Journal) -> AsyncIterator[str]:
    """The real hook for one account on a free port; its address."""
    settings = SmsSettings(provider="gammu", secrets={"secret": Secret(SECRET)})
    ports = Ports(inbox=None, clock=None, new_spool=None)  # type: ignore[arg-type]
    hooks = Hooks(
        receiver=journal,  # type: ignore[arg-type]
        adapters={"sms-gammu": SmsAdapter(Account(name="sms-gammu", adapter="sms"), settings, ports)},
        clock=lambda: datetime.now(UTC),
        public_url="https://aduan.example.go.id",
        metrics=Metrics(),
    )
    app = web.Application()
    hooks.mount(app)
    async with serving(app) as address:
        yield f"{address}/hooks/sms-gammu"


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def configured(folder: Path, url: str, spool: Path | None = None) -> Path:
    file = folder / "kanal-gammu.ini"
    file.write_text(
        f"[kanal]\nurl = {url}\nsecret = {SECRET}\nspool = {spool or folder / 'spool'}\nseconds = 20\n"
    )
    return file


async def smsd_runs_it(settings: Path, text: str | None, file: str = FILE) -> int:
    """Through a shell, with smsd's variables, and with all descriptors closed; without a text as cron does."""
    command = shlex.join([sys.executable, str(HOOK), str(settings), *([file] if text is not None else [])])
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    if text is not None:
        environment |= {"SMS_MESSAGES": "1", "DECODED_PARTS": "0", "PHONE_ID": "modem1", "SMS_1_TEXT": text}
        environment |= {"SMS_1_NUMBER": "+6281200001111", "SMS_1_CLASS": "-1", "SMS_1_REFERENCE": "0"}
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", f"exec 0<&- 1>&- 2>&-; exec {command}", env=environment
    )
    async with asyncio.timeout(60):
        return await process.wait()


def waiting(folder: Path) -> int:
    return len(list((folder / "spool").glob("*.json")))


async def test_what_the_gateway_could_not_store_waits_and_goes_first_the_next_time(tmp_path: Path) -> None:
    journal = Journal(failures=1)
    async with gateway(journal) as url:
        settings = configured(tmp_path, url)
        assert await smsd_runs_it(settings, "Pertama: banjir 😭 & macet\nbaris dua") == 75
        assert (waiting(tmp_path), journal.messages) == (1, [])
        assert await smsd_runs_it(settings, "Kedua") == 0
    assert [message.text for message in journal.messages] == [
        "Pertama: banjir 😭 & macet\nbaris dua",
        "Kedua",
    ]
    assert journal.messages[0].sent_at == datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
    assert waiting(tmp_path) == 0


async def test_an_absent_gateway_costs_nothing_and_cron_sends_what_waits(tmp_path: Path) -> None:
    journal = Journal()
    for number in range(3):
        assert (
            await smsd_runs_it(configured(tmp_path, "http://127.0.0.1:1/hooks/sms-gammu"), f"Pesan {number}")
            == 75
        )
    assert waiting(tmp_path) == 3
    async with gateway(journal) as url:
        settings = configured(tmp_path, url)
        assert await smsd_runs_it(settings, None) == 0
        assert await smsd_runs_it(settings, None) == 0
    assert [message.text for message in journal.messages] == ["Pesan 0", "Pesan 1", "Pesan 2"]
    assert (journal.calls, waiting(tmp_path)) == (3, 0)


async def test_several_at_once_send_each_message_once(tmp_path: Path) -> None:
    journal = Journal()
    async with gateway(journal) as url:
        settings = configured(tmp_path, url)
        codes = await asyncio.gather(*(smsd_runs_it(settings, f"Pesan {number}") for number in range(6)))
    assert codes == [0] * 6
    assert sorted(message.text for message in journal.messages) == [f"Pesan {number}" for number in range(6)]
    assert (journal.calls, waiting(tmp_path)) == (6, 0)


@pytest.mark.parametrize("status", [200, 302, 403, 404, 500])
async def test_whoever_answers_without_the_receipt_gets_no_message_removed(
    tmp_path: Path, status: int
) -> None:
    async def portal(request: web.Request) -> web.Response:
        return web.Response(status=status, text="<h1>Selamat datang</h1>", headers={"Location": "/masuk"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", portal)
    async with serving(app) as address:
        assert await smsd_runs_it(configured(tmp_path, address), "Banjir") == 75
    assert waiting(tmp_path) == 1


async def test_what_can_never_be_taken_is_set_aside_and_holds_up_no_other(tmp_path: Path) -> None:
    journal = Journal()
    async with gateway(journal) as url:
        settings = configured(tmp_path, url)
        assert await smsd_runs_it(settings, "a" * 70_000) == 0
        assert await smsd_runs_it(settings, "Banjir") == 0
    assert [message.text for message in journal.messages] == ["Banjir"]
    assert len(list((tmp_path / "spool" / "refused").iterdir())) == 1
    assert waiting(tmp_path) == 0


async def test_without_a_spool_the_message_goes_straight_to_the_gateway(tmp_path: Path) -> None:
    journal = Journal(failures=1)
    in_the_way = tmp_path / "spool"
    in_the_way.write_text("a file where the folder should be")
    async with gateway(journal) as url:
        settings = configured(tmp_path, url, in_the_way)
        assert await smsd_runs_it(settings, "Banjir") == 75
        assert await smsd_runs_it(settings, "Banjir") == 0
    assert [message.text for message in journal.messages] == ["Banjir"]


# --- a real smsd ----------------------------------------------------------------------------------------------


def incoming(modem: Path, position: int, number: str, text: str, header: str = "") -> None:
    """One SMS in the dummy modem's memory, in Gammu's backup format."""
    data = text.encode("utf-16-be").hex().upper()
    (modem / "sms" / "1" / str(position)).write_text(
        f'[SMSBackup000]\nPDU = Deliver\nSMSC = "+62816000"\nDateTime = 20261123T113000\nState = UnRead\n'
        f'Number = "{number}"\nName = ""\nText00 = {data}\nCoding = Unicode_No_Compression\nFolder = 1\n'
        f"Length = {len(data) // 4}\nClass = -1\nReplySMSC = False\nRejectDuplicates = False\n"
        "ReplaceMessage = 0\nMessageReference = 0\n" + (f"UDH = {header}\n" if header else "")
    )


@pytest.mark.skipif(
    not shutil.which("gammu-smsd"), reason="gammu-smsd is not installed (apt-get install gammu-smsd)"
)
async def test_a_real_smsd_delivers_a_short_and_a_long_message_although_the_first_answer_is_503(
    tmp_path: Path,
) -> None:
    modem, kept = tmp_path / "modem", tmp_path / "kept"
    (modem / "sms" / "1").mkdir(parents=True)
    kept.mkdir()
    incoming(modem, 1, "+6281200001111", "Banjir 😭 di Gg. Contoh & macet")
    incoming(modem, 2, "+6281200002222", "Selokan tersumbat sejak ", "0500034C0201")
    incoming(modem, 3, "+6281200002222", "minggu lalu", "0500034C0202")
    journal = Journal(failures=1)
    async with gateway(journal) as url:
        hook = shlex.join([sys.executable, str(HOOK), str(configured(tmp_path, url))])
        file = tmp_path / "smsdrc"
        folders = "".join(f"{name}path = {kept}/\n" for name in ("inbox", "outbox", "sentsms", "errorsms"))
        file.write_text(
            f"[gammu]\nmodel = dummy\nconnection = none\nport = {modem}\ngammuloc = /dev/null\n\n"
            f"[smsd]\nservice = files\n{folders}logfile = {tmp_path}/smsd.log\nphoneid = modem1\n"
            f"runonreceive = {hook}\ncommtimeout = 1\nreceivefrequency = 1\nchecksecurity = 0\n"
        )
        quiet = asyncio.subprocess.DEVNULL
        environment = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        smsd = await asyncio.create_subprocess_exec(
            "gammu-smsd", "-c", str(file), stdin=quiet, stdout=quiet, stderr=quiet, env=environment
        )
        try:
            await journal.until(2)
        finally:
            if smsd.returncode is None:
                smsd.terminate()
                try:
                    await asyncio.wait_for(smsd.wait(), 20)
                except TimeoutError:
                    smsd.kill()
                    await smsd.wait()
    assert journal.calls == 3, "the 503, its repetition, and the long message in one piece"
    short, long = journal.messages
    assert short.text == "Banjir 😭 di Gg. Contoh & macet"
    assert short.sender.reference == "+6281200001111"
    assert short.sent_at == datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
    assert (long.text, long.sender.reference) == ("Selokan tersumbat sejak minggu lalu", "+6281200002222")
    assert waiting(tmp_path) == 0


@pytest.mark.skipif(
    not shutil.which("gammu-smsd"), reason="gammu-smsd is not installed (apt-get install gammu-smsd)"
)
async def test_a_real_smsd_sends_our_answer_and_says_so(tmp_path: Path) -> None:
    modem, spool = (
        tmp_path / "modem",
        {name: tmp_path / name for name in ("inbox", "outbox", "sent", "error")},
    )
    for position in range(1, 6):  # the folders of a dummy modem: inbox, outbox and three of memory
        (modem / "sms" / str(position)).mkdir(parents=True)
    for folder in spool.values():
        folder.mkdir()
    receipts = Receipts()
    async with gateway(receipts) as url:  # type: ignore[arg-type]
        hook = shlex.join([sys.executable, str(HOOK), str(configured(tmp_path, url))])
        file = tmp_path / "smsdrc"
        file.write_text(
            f"[gammu]\nmodel = dummy\nconnection = none\nport = {modem}\ngammuloc = /dev/null\n\n"
            f"[smsd]\nservice = files\ninboxpath = {spool['inbox']}/\noutboxpath = {spool['outbox']}/\n"
            f"sentsmspath = {spool['sent']}/\nerrorsmspath = {spool['error']}/\nlogfile = {tmp_path}/smsd.log\n"
            f"phoneid = modem1\nrunonsent = {hook} --sent\nrunonfailure = {hook} --failed\n"
            "commtimeout = 1\nsendtimeout = 5\nreceivefrequency = 1\nchecksecurity = 0\n"
        )
        settings = SmsSettings(
            provider="gammu",
            options={"outbox": str(spool["outbox"]), "per_second": 100},
            secrets={"secret": Secret(SECRET)},
        )
        ports = Ports(inbox=None, clock=None, new_spool=None)  # type: ignore[arg-type]
        adapter = SmsAdapter(Account(name="sms-gammu", adapter="sms"), settings, ports)
        quiet = asyncio.subprocess.DEVNULL
        environment = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        smsd = await asyncio.create_subprocess_exec(
            "gammu-smsd", "-c", str(file), stdin=quiet, stdout=quiet, stderr=quiet, env=environment
        )
        try:
            outgoing = Outgoing(text="Laporan Anda kami terima 🙏 " * 6, key="k1")
            external_id = await adapter.reply({"to": "+6281200001111"}, outgoing)
            async with asyncio.timeout(60):
                receipt = await receipts.queue.get()
        finally:
            if smsd.returncode is None:
                smsd.terminate()
                try:
                    await asyncio.wait_for(smsd.wait(), 20)
                except TimeoutError:
                    smsd.kill()
                    await smsd.wait()
    assert (receipt.external_id, receipt.state) == (external_id, "sent")
    assert [file.name for file in spool["sent"].iterdir()] == [external_id]


class Receipts:
    """Stands where the journal is: every receipt."""

    def __init__(self) -> None:
        self.queue = asyncio.Queue[Receipt]()

    async def receive(self, adapter: Adapter[Any], raw: RawEvent) -> Sequence[Fate]:
        for item in adapter.parse(raw):
            assert isinstance(item, Receipt), item
            await self.queue.put(item)
        return [Fate(outcome="ignored")]
