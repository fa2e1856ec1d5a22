"""SP4N LAPOR's fake beside one account of a real gateway, and reports as LAPOR lists them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

from adapters.base import Account, Fate, Gateway
from adapters.sp4n_lapor.adapter import LaporAdapter
from adapters.sp4n_lapor.fake import FakeLapor
from adapters.sp4n_lapor.settings import LaporSettings
from adapters.sp4n_lapor.simulate import LaporSimulator, sign
from intake.free_ports import free_ports
from intake.guard import GuardedFetch
from normalizer.record import RawEvent
from normalizer.settings import convert
from tests.intake_world import START, IntakeWorld

SHARED = {"token": "token-uji", "push_key": "kunci-uji-yang-cukup-panjang", "modes": ["pull", "push"]}


class Lapor:
    """One account beside its fake: `adapter` anew at each `restart`, `troubles` as the gateway would show them."""

    def __init__(self, world: IntakeWorld, settings: dict[str, Any]) -> None:
        (port,) = free_ports(1)
        self.world, self.troubles = world, dict[str, str]()
        table = {**SHARED, "api_base_url": f"http://127.0.0.1:{port}", **settings}
        self.account = Account(name="lapor", adapter="sp4n_lapor", settings=table)
        self.settings = convert(LaporSettings, table, "account", lambda value: value)
        self.fake, self.port = FakeLapor(self.settings), port
        self.simulator = LaporSimulator(self.account, self.settings, Gateway(http="", public_url=""))
        self.adapter: LaporAdapter

    def trouble(self, name: str, words: str | None) -> None:
        if words is None:
            self.troubles.pop(name, None)
        else:
            self.troubles[name] = words

    async def restart(self, **ports: Any) -> None:
        """As after a crash: nothing is remembered but the journal."""
        if hasattr(self, "adapter"):
            await self.adapter.close()
        made = self.world.adapter(self.account, trouble=self.trouble, fetch=GuardedFetch(), **ports)
        assert isinstance(made, LaporAdapter)
        self.adapter = made

    async def push(self, *items: Any) -> Sequence[Fate]:
        body = self.simulator.batch(*items)
        raw = RawEvent(account="lapor", received_at=self.world.clock.now(), body=body, method="POST")
        raw = sign(raw, self.settings)
        self.adapter.verify(raw)
        return await self.world.receive("lapor", raw)

    async def tickets(self) -> int:
        return len(await self.world.journal.recent(limit=1000))


@contextlib.asynccontextmanager
async def lapor(world: IntakeWorld, **settings: Any) -> AsyncIterator[Lapor]:
    one = Lapor(world, settings)
    await one.fake.start(one.port)
    await one.restart()
    try:
        yield one
    finally:
        await one.adapter.close()
        await one.fake.stop()


def report(number: int, minutes: float = 0, **more: Any) -> dict[str, Any]:
    """A report in the default shape, released some minutes before the test's present."""
    at = (START + timedelta(hours=7, minutes=-minutes)).strftime("%Y-%m-%d %H:%M:%S")
    words = {"judul": "Lampu mati", "isi": f"Lampu jalan nomor {number} mati."}
    flags = {"rahasia": 0, "anonim": 0, "pelapor": {"id": f"p{number}", "nama": "Siti Contoh"}}
    return {"tracking_id": str(number), "tanggal": at, "diperbarui": at, **words, **flags, **more}


def said(one: Lapor, name: str) -> list[str]:
    return [query.get(name, "") for query in one.fake.asked]


@contextlib.asynccontextmanager
async def running(one: Lapor) -> AsyncIterator[None]:
    task = asyncio.create_task(one.adapter.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
