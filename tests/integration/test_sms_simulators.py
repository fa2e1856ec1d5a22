"""Each SMS provider's simulator against the real hook over HTTP: what it sends is proved, read, and answered."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

import adapters
from adapters.base import Accepted, Account, Adapter, Fate, Gateway, Item, Letter, Ports
from adapters.sms.adapter import SmsAdapter, SmsSettings
from adapters.sms.simulate import SmsSimulator
from intake.free_ports import free_ports
from intake.metrics import Metrics
from intake.web.hooks import Hooks
from normalizer.errors import ProviderRefused
from normalizer.record import Message, RawEvent
from normalizer.settings import convert

FIXTURES = Path(adapters.__file__).parent / "sms" / "fixtures"
PUBLIC_URL = "https://aduan.example.go.id"
VARIANTS = sorted(path.parent.name for path in FIXTURES.glob("*/account.toml"))


class NoPort:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a webhook used {name}")


class Taken:
    """Stands where the journal is: everything that the hook hands on."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    async def receive(self, adapter: Adapter[Any], raw: RawEvent) -> Sequence[Fate]:
        found = adapter.parse(raw)
        self.items += found
        return [Fate(outcome="accepted") for _ in found]

    @property
    def messages(self) -> list[Message]:
        return [item.message for item in self.items if isinstance(item, Accepted)]


def account_of(variant: str, **options: Any) -> tuple[Account, SmsSettings]:
    table = tomllib.loads((FIXTURES / variant / "account.toml").read_text())
    table["settings"]["options"].update(options)
    account = msgspec.convert(table, Account)
    return account, convert(SmsSettings, account.settings, "account", lambda value: value)


@asynccontextmanager
async def gateway(
    account: Account, settings: SmsSettings, taken: Taken
) -> AsyncIterator[tuple[Gateway, SmsAdapter]]:
    """The real hook for one account on a free port."""
    adapter = SmsAdapter(account, settings, Ports(inbox=NoPort(), clock=NoPort(), new_spool=None))
    hooks = Hooks(
        receiver=taken,
        adapters={account.name: adapter},
        clock=lambda: datetime.now(UTC),
        public_url=PUBLIC_URL,
        metrics=Metrics(),
    )
    app = web.Application()
    hooks.mount(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield Gateway(http=f"http://127.0.0.1:{port}", public_url=PUBLIC_URL), adapter
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("variant", VARIANTS)
async def test_what_the_provider_sends_arrives_as_it_was_written(variant: str) -> None:
    account, settings = account_of(variant)
    taken = Taken()
    async with gateway(account, settings, taken) as (where, adapter):
        simulator = SmsSimulator(account, settings, where)
        await simulator.start()
        try:
            text = "Café di Jl. Contoh berisik + bau & kotor, 100%? = ya"
            answers = [await simulator.send(Letter(number=n, text=text)) for n in (1, 1, 2)]
        finally:
            await simulator.stop()
    first, again, other = taken.messages
    assert {message.text for message in taken.messages} == {text}
    assert first.external_id == again.external_id != other.external_id
    assert first.sender.reference.startswith("+62812000")
    assert len(set(answers)) == 1, "a repetition hears what the first time heard"
    expected = adapter.answer(())
    assert answers[0] == f"{expected.status} {expected.body.decode()}".strip()


@pytest.mark.parametrize("variant", VARIANTS)
async def test_fifty_at_once_are_all_answered(variant: str) -> None:
    account, settings = account_of(variant)
    taken = Taken()
    async with gateway(account, settings, taken) as (where, _):
        simulator = SmsSimulator(account, settings, where)
        await simulator.start()
        try:
            await asyncio.gather(*(simulator.send(Letter(number=7, text="Sama")) for _ in range(50)))
        finally:
            await simulator.stop()
    assert len({message.external_id for message in taken.messages}) == 1
    assert len(taken.messages) == 50


@pytest.mark.parametrize("variant", VARIANTS)
async def test_a_simulator_with_another_secret_is_refused(variant: str) -> None:
    account, settings = account_of(variant)
    taken = Taken()
    wrong = dict.fromkeys(settings.secrets, "another-secret-of-another")
    table = {**account.settings, "secrets": wrong}
    async with gateway(account, settings, taken) as (where, _):
        simulator = SmsSimulator(account, convert(SmsSettings, table, "account", lambda value: value), where)
        await simulator.start()
        try:
            with pytest.raises(ProviderRefused) as caught:
                await simulator.send(Letter(number=1, text="Palsu"))
        finally:
            await simulator.stop()
    assert str(caught.value) == "403 forbidden"
    assert taken.items == []


async def test_a_picture_lies_at_the_fake_behind_the_account_credentials() -> None:
    base = f"http://127.0.0.1:{free_ports(1)[0]}"
    account, settings = account_of("twilio", media_base_url=base)
    taken, photo = Taken(), b"\xff\xd8\xff\xe0 not much of a photo"
    async with gateway(account, settings, taken) as (where, adapter):
        simulator = SmsSimulator(account, settings, where)
        await simulator.start()
        try:
            await simulator.send(Letter(number=3, text="Lihat", photos=(photo,)))
            (attachment,) = taken.messages[0].attachments
            assert (attachment.state, attachment.declared_type) == ("pending", "image/jpeg")

            async def download(
                url: str, *, headers: Any = (), auth: Any = None, allow_hosts: Any = ()
            ) -> AsyncIterator[bytes]:
                assert url.startswith(base)
                assert list(allow_hosts) == [base.removeprefix("http://")]
                async with aiohttp.ClientSession() as session:
                    assert (await session.get(url)).status == 401
                    basic = {"Authorization": aiohttp.encode_basic_auth(*auth)}
                    async with session.get(url, headers=basic) as response:
                        yield await response.read()

            chunks = [chunk async for chunk in adapter.provider.fetch(attachment, download)]
            assert b"".join(chunks) == photo
        finally:
            await simulator.stop()
