"""Kannel itself (Debian's package): fakesmsc -> bearerbox -> smsbox -> our parser, with the address of doc.md."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

import adapters
from adapters.base import Accepted, Account, Item, Outgoing, Receipt
from adapters.sms.adapter import SmsAdapter
from adapters.sms.parse import parse
from adapters.sms.providers.kannel import Kannel, KannelSettings
from intake.free_ports import free_ports
from intake.web.hooks import Hooks
from normalizer.record import Message, RawEvent
from normalizer.settings import Secret
from tests.intake_world import intake_world

SECRET = "0123456789abcdef0123456789abcdef"
FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
DOC = Path(adapters.__file__).parent / "sms" / "doc.md"

pytestmark = pytest.mark.skipif(
    not (shutil.which("bearerbox") and shutil.which("smsbox") and FAKESMSC.exists()),
    reason="Kannel is not installed (apt-get install kannel kannel-extras)",
)


def configuration(folder: Path, ports: list[int], gateway: int, sendsms: int = 0) -> Path:
    """A Kannel of our own on free ports; its sms-service is the one of doc.md, word for word."""
    admin, box, smsc = ports
    service = re.search(r"group = sms-service\n.*?(?=```)", DOC.read_text(), re.DOTALL)
    assert service
    lines = service[0].replace("127.0.0.1:8080", f"127.0.0.1:{gateway}").replace("/SECRET?", f"/{SECRET}?")
    if sendsms:
        lines = f"sendsms-port = {sendsms}\nsendsms-interface = 127.0.0.1\n\n{sending_user()}\n{lines}"
    file = folder / "kannel.conf"
    file.write_text(
        f"group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\nadmin-password = {SECRET}\n"
        f"smsbox-port = {box}\nbox-allow-ip = 127.0.0.1\nlog-file = {folder}/bearerbox.log\nlog-level = 0\n\n"
        f"group = smsc\nsmsc = fake\nsmsc-id = modem1\nport = {smsc}\nconnect-allow-ip = 127.0.0.1\n\n"
        f"group = smsbox\nbearerbox-host = 127.0.0.1\nlog-file = {folder}/smsbox.log\nlog-level = 0\n"
        f"http-request-retry = 5\nhttp-queue-delay = 1\n{lines if sendsms else chr(10) + lines}"
    )
    return file


def sending_user() -> str:
    """The group of doc.md through which answers are sent."""
    group = re.search(r"group = sendsms-user\n.*?(?=```)", DOC.read_text(), re.DOTALL)
    assert group
    return group[0].replace("PASSWORD", SECRET)


@asynccontextmanager
async def running(*command: str, cwd: Path) -> AsyncIterator[None]:
    """One program that we start and end ourselves, by its own process."""
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()


async def listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                await writer.wait_closed()
                return


class Door:
    """A gateway's hook that keeps the raw requests, and fails the first `failures` of them with 503."""

    def __init__(self, failures: int) -> None:
        self.failures, self.raws = failures, asyncio.Queue[RawEvent]()

    async def handle(self, request: web.Request) -> web.Response:
        raw = RawEvent(
            account="sms-kannel",
            received_at=datetime.now(UTC),
            method=request.method,
            url=f"https://aduan.example.go.id{request.raw_path}",
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            envelope={"remote": request.remote or ""},
        )
        await self.raws.put(raw)
        if self.failures:
            self.failures -= 1
            return web.Response(status=503)
        return web.Response(text="")


async def test_messages_of_a_real_kannel_are_proved_and_read_and_repeated_with_one_id(tmp_path: Path) -> None:
    door = Door(failures=1)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", door.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider = Kannel(KannelSettings(secret=Secret(SECRET)), ZoneInfo("Asia/Jakarta"), "account.k.settings")

    async def next_message() -> Message:
        raw = await asyncio.wait_for(door.raws.get(), 30)
        provider.verify(raw)
        (item,) = parse(provider, raw, "ID")
        assert isinstance(item, Accepted), item
        return item.message

    ports = free_ports(3)
    file = configuration(tmp_path, ports, runner.addresses[0][1])
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(running("bearerbox", str(file), cwd=tmp_path))
            await listening(ports[0])
            await listening(ports[2])
            await stack.enter_async_context(running("smsbox", str(file), cwd=tmp_path))
            send = [
                "081200001111 1708 text Lampu jalan mati & gelap, 100%",
                f"6281200002222 1708 data {percent('Banjir 😭 di “gang”'.encode())}",
            ]
            messages = []
            for line in send:
                command = (
                    str(FAKESMSC),
                    "-H",
                    "127.0.0.1",
                    "-r",
                    str(ports[2]),
                    "-m",
                    "1",
                    "-i",
                    "0.1",
                    line,
                )
                async with running(*command, cwd=tmp_path):
                    messages.append(await next_message())
                    if len(messages) == 1:
                        messages.append(await next_message())  # the repetition after our 503
    finally:
        await runner.cleanup()
    first, again, other = messages
    assert first.external_id == again.external_id != other.external_id
    assert first.text == again.text == "Lampu jalan mati & gelap, 100%"
    assert first.sender.reference == "+6281200001111"
    assert first.sent_at is not None
    assert abs((datetime.now(UTC) - first.sent_at).total_seconds()) < 120
    assert first.reply_to == {"to": "+6281200001111", "from": "1708"}
    assert other.text == "Banjir 😭 di “gang”"
    assert other.sender.reference == "+6281200002222"


def percent(data: bytes) -> str:
    """Every byte escaped, as fakesmsc wants its `data`."""
    return "".join(f"%{byte:02x}" for byte in data)


async def test_parts_are_one_complaint_and_an_answer_goes_out_with_its_report(tmp_path: Path) -> None:
    admin, box, smsc, sendsms = free_ports(4)
    items: list[Item] = []
    async with intake_world(tmp_path) as world, AsyncExitStack() as stack:
        app = web.Application()
        runner = web.AppRunner(app)
        settings = {
            "provider": "kannel",
            "options": {"sendsms_url": f"http://127.0.0.1:{sendsms}/cgi-bin/sendsms", "username": "kanal"},
            "secrets": {"secret": SECRET, "password": SECRET},
        }
        adapters: dict[str, Any] = {}
        hooks = Hooks(
            receiver=world.receiver,
            adapters=adapters,
            clock=world.clock.now,
            public_url="https://aduan.example.go.id",
            metrics=world.metrics,
        )
        hooks.mount(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        settings["options"]["gateway_url"] = f"http://127.0.0.1:{port}"  # type: ignore[index]
        adapter = world.adapter(Account(name="sms-kannel", adapter="sms", settings=settings))
        assert isinstance(adapter, SmsAdapter)
        adapters["sms-kannel"] = adapter
        parse_ = adapter.parse

        def listen(raw: RawEvent) -> Sequence[Item]:
            found = parse_(raw)
            items.extend(found)
            return found

        adapter.parse = listen  # type: ignore[method-assign]

        async def until(count: int, kind: type) -> list[Any]:
            async with asyncio.timeout(30):
                while len(found := [item for item in items if isinstance(item, kind)]) < count:
                    await asyncio.sleep(0.05)
            return found

        file = configuration(tmp_path, [admin, box, smsc], port, sendsms)
        # Kannel would join them itself; told not to, it hands on what the network brought.
        file.write_text(
            file.read_text().replace("box-allow-ip", "sms-combine-concatenated-mo = false\nbox-allow-ip", 1)
        )
        await stack.enter_async_context(running("bearerbox", str(file), cwd=tmp_path))
        await listening(admin)
        await listening(smsc)
        await stack.enter_async_context(running("smsbox", str(file), cwd=tmp_path))
        await listening(sendsms)
        parts = ["Selokan di depan rumah tersumbat ", "sejak minggu lalu & bau"]
        header = "%05%00%03%4c%02%0"
        for number, part in (2, parts[1]), (1, parts[0]):  # the network keeps no order
            sends = f"6281200002222 1708 udh-text {header}{number} {part}"
            command = (str(FAKESMSC), "-H", "127.0.0.1", "-r", str(smsc), "-m", "1", "-i", "0.1", sends)
            async with running(*command, cwd=tmp_path):
                await until(3 - number, Accepted)
        await world.settle(300)
        (event,) = await world.events()
        assert event.complaint.text == "".join(parts)

        # A modem that takes our answer has to be there: the same fakesmsc, which says nothing itself.
        quiet = (str(FAKESMSC), "-H", "127.0.0.1", "-r", str(smsc), "-m", "1", "6281200003333 1708 text Halo")
        async with running(*quiet, cwd=tmp_path):
            await until(3, Accepted)
            to = {"to": "+6281200002222", "from": "1708"}
            outgoing = Outgoing(text="Laporan Anda kami terima 🙏 " * 6, key="k1")
            external_id = await adapter.reply(to, outgoing)
            receipts = await until(2, Receipt)
        assert {receipt.external_id for receipt in receipts} == {external_id}
        assert {receipt.state for receipt in receipts} == {"sent", "delivered"}
