"""playSMS's web service, polled into the real journal: what its one push did not bring."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.base import Account, Gateway, Letter, Outgoing, Receipt
from adapters.sms.adapter import SmsAdapter
from adapters.sms.fakes.playsms import FakePlaysms
from adapters.sms.simulate import SmsSimulator
from adapters.sms.sources.playsms import PlaysmsSource
from intake.free_ports import free_ports
from normalizer.errors import ProviderUnavailable, Unavailable
from normalizer.record import RawEvent
from normalizer.settings import Secret
from tests.intake_world import START, IntakeWorld, intake_world

SECRET = "0123456789abcdef"


@dataclass
class Pull:
    world: IntakeWorld
    adapter: SmsAdapter
    source: PlaysmsSource
    fake: FakePlaysms
    simulator: SmsSimulator
    account: Account
    troubles: dict[str, str | None]

    async def texts(self) -> list[str]:
        """What was filed, once everything is due."""
        await self.world.settle(300)
        return [event.complaint.text for event in await self.world.events() if event.event == "created"]

    async def cursor(self) -> str | None:
        return await self.adapter.ports.inbox.cursor("playsms-in")


@asynccontextmanager
async def pulling(folder: Path, **options: Any) -> AsyncIterator[Pull]:
    url = f"http://127.0.0.1:{free_ports(1)[0]}/index.php"
    settings = {
        "provider": "playsms",
        "options": {"pull_url": url, "user": "kanal", "per_second": 500, **options},
        "secrets": {"secret": SECRET, "token": "not-a-secret-token"},
    }
    account = Account(name="sms-playsms", adapter="sms", settings=settings)
    troubles: dict[str, str | None] = {}
    async with intake_world(folder) as world:
        adapter = world.adapter(account, trouble=troubles.__setitem__)
        assert isinstance(adapter, SmsAdapter)
        where = Gateway(http="http://127.0.0.1:1", public_url="https://aduan.example.go.id")
        simulator = SmsSimulator(account, adapter.settings, where)
        await simulator.start()
        try:
            fake, source = simulator.fake, adapter._source
            assert isinstance(fake, FakePlaysms)
            assert isinstance(source, PlaysmsSource)
            yield Pull(world, adapter, source, fake, simulator, account, troubles)
        finally:
            await simulator.stop()


async def test_what_was_never_pushed_is_fetched_once_in_its_order(tmp_path: Path) -> None:
    async with pulling(tmp_path) as now:
        await now.source.look()
        assert await now.cursor() is None, "an empty inbox moves nothing"
        for number in range(3):
            now.fake.receive(f"+62812000011{number:02}", f"ADUAN Banjir di gang {number}", START)
        await now.source.look()
        await now.source.look()
        assert await now.cursor() == "3"
        assert await now.texts() == [f"ADUAN Banjir di gang {number}" for number in range(3)]


async def test_a_push_and_a_pull_of_one_message_are_one_complaint(tmp_path: Path) -> None:
    async with pulling(tmp_path) as now:
        letter = Letter(number=7, text='Aduan lampu "padam" di gang')
        raw = now.adapter.provider.request(letter, "+6281200001111", "https://aduan.example.go.id/hooks/x")
        now.fake.pushed(raw)
        raw = msgspec.structs.replace(raw, account=now.account.name)
        (fate,) = await now.world.receive(now.account.name, raw)
        assert fate.outcome == "accepted"
        await now.source.look()
        assert len(await now.texts()) == 1


async def test_more_than_a_page_is_asked_for_again_and_none_is_missing(tmp_path: Path) -> None:
    async with pulling(tmp_path) as now:
        for number in range(230):
            now.fake.receive(
                f"+628120{number:07}", f"ADUAN nomor {number}", START + timedelta(seconds=number)
            )
        await now.source.look()
        assert await now.cursor() == "230"
        assert len(await now.texts()) == 230


async def test_the_cursor_moves_only_with_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pulling(tmp_path) as now:
        now.fake.receive("+6281200001111", "ADUAN banjir", START)
        admit = now.world.journal.admit
        full = True

        async def no_room(*arguments: Any, **more: Any) -> Any:
            if full:
                raise Unavailable("the disk sleeps")
            return await admit(*arguments, **more)

        monkeypatch.setattr(now.world.journal, "admit", no_room)
        with pytest.raises(Unavailable):
            await now.source.look()
        assert await now.cursor() is None
        full = False
        await now.source.look()
        assert await now.cursor() == "1"
        assert await now.texts() == ["ADUAN banjir"]


async def test_after_a_restart_it_goes_on_where_the_journal_stands(tmp_path: Path) -> None:
    async with pulling(tmp_path) as now:
        now.fake.receive("+6281200001111", "ADUAN pertama", START)
        await now.source.look()
        again = now.world.adapter(now.account)
        assert isinstance(again, SmsAdapter)
        now.fake.receive("+6281200001111", "ADUAN kedua", START + timedelta(hours=3))
        seen = len(now.fake.calls)
        assert again._source is not None
        await again._source.look()
        assert len(now.fake.calls) == seen + 2, "one page of news, one of reports"
        assert await now.cursor() == "2"
        await again.close()
        await now.adapter.close()


async def test_one_bad_row_holds_up_no_other(tmp_path: Path) -> None:
    async with pulling(tmp_path) as now:
        now.fake.receive("+6281200001111", "ADUAN baik", START)
        now.fake.inbox.append({"id": "2", "src": {"number": 1}, "msg": ["?"], "dt": "kemarin"})
        now.fake.receive("+6281200002222", "ADUAN juga baik", START)
        await now.source.look()
        assert await now.cursor() == "3"
        assert {"ADUAN baik", "ADUAN juga baik"} <= set(await now.texts())


async def test_a_token_that_is_not_taken_is_the_operators_and_ends(tmp_path: Path) -> None:
    async with pulling(tmp_path) as now:
        right = now.fake.settings
        now.fake.settings = msgspec.structs.replace(right, token=Secret("renewed"))
        with pytest.raises(ProviderUnavailable):
            await now.source.look()
        words = now.troubles["credentials"]
        assert words is not None
        assert "webservices token" in words
        assert "not-a-secret" not in words
        now.fake.settings = right
        await now.source.look()
        assert now.troubles["credentials"] is None


async def test_reports_of_our_answers_are_fetched_when_they_change(tmp_path: Path) -> None:
    async with pulling(tmp_path) as now:
        outgoing = Outgoing(text="Terima kasih", key="k")
        external_id = await now.adapter.reply({"to": "+6281200001111", "from": "1708"}, outgoing)
        items: list[Any] = []
        parse = now.adapter.parse

        def listen(raw: RawEvent) -> Any:
            items.extend(parse(raw))
            return parse(raw)

        now.adapter.parse = listen  # type: ignore[method-assign]
        for _ in range(3):
            await now.source.look()
        receipts = [item for item in items if isinstance(item, Receipt)]
        assert {receipt.external_id for receipt in receipts} == {external_id}
        assert [receipt.state for receipt in receipts] == ["delivered"]


async def test_the_loop_outlives_a_provider_that_is_away(tmp_path: Path) -> None:
    async with pulling(tmp_path, interval=0.05) as now:
        now.fake.faults.extend(["down", "silent"])
        now.fake.receive("+6281200001111", "ADUAN banjir", START)
        loop = asyncio.create_task(now.adapter.run())
        try:
            async with asyncio.timeout(20):
                while await now.cursor() != "1":
                    await asyncio.sleep(0.02)
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
        assert await now.texts() == ["ADUAN banjir"]
