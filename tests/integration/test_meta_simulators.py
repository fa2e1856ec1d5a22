"""Meta's side against the real hook over HTTP: handshake, signed batches, the Graph API and its files on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tomllib
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

import adapters
from adapters.base import Accepted, Account, Adapter, Fate, Gateway, Ignored, Item, Letter, Ports, load
from adapters.facebook.simulate import FacebookSimulator
from adapters.instagram.simulate import InstagramSimulator
from adapters.shared.meta import MetaAdapter
from adapters.shared.meta_fake import MetaSimulator
from intake.free_ports import free_ports
from intake.guard import GuardedFetch
from intake.metrics import Metrics
from intake.web.hooks import Hooks
from normalizer.errors import ProviderRefused, ProviderUnavailable
from normalizer.record import Attachment, Message, RawEvent
from normalizer.settings import convert

FIXTURES = Path(adapters.__file__).parent
PUBLIC_URL = "https://aduan.example.go.id"
DOORS = ["facebook", "instagram", "whatsapp"]
PHOTO = b"\xff\xd8\xff\xe0 not much of a photo"
TEXT = "Jalan berlubang di Jl. Contoh & sekitarnya, 100% rusak 🚧 <b>"


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


@dataclass
class World:
    """One account, its door on a free port, and Meta."""

    account: Account
    settings: Any
    adapter: MetaAdapter[Any]
    simulator: MetaSimulator[Any]
    gateway: Gateway
    taken: Taken

    async def fetch(self, attachment: Attachment) -> bytes:
        return b"".join([chunk async for chunk in self.adapter.fetch(attachment)])


@asynccontextmanager
async def world(name: str, **changed: Any) -> AsyncIterator[World]:
    table = tomllib.loads((FIXTURES / name / "fixtures" / "account.toml").read_text())
    table["settings"] |= {"graph_base_url": f"http://127.0.0.1:{free_ports(1)[0]}", **changed}
    account = msgspec.convert(table, Account)
    kind = load(name)
    settings = convert(kind.Settings, account.settings, "account", lambda value: value)
    ports = Ports(inbox=NoPort(), clock=NoPort(), new_spool=None, fetch=GuardedFetch())
    adapter = kind(account, settings, ports)
    assert isinstance(adapter, MetaAdapter)
    taken = Taken()
    hooks = Hooks(
        receiver=taken,  # type: ignore[arg-type]
        adapters={account.name: adapter},
        clock=lambda: datetime.now(UTC),
        public_url=PUBLIC_URL,
        metrics=Metrics(),
    )
    app = web.Application()
    hooks.mount(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway = Gateway(http=f"http://127.0.0.1:{runner.addresses[0][1]}", public_url=PUBLIC_URL)
    simulator: MetaSimulator[Any] = import_module(f"adapters.{name}.simulate").simulator(
        account, settings, gateway
    )
    simulator.PATIENCE = 0.0
    await simulator.start()
    try:
        yield World(account, settings, adapter, simulator, gateway, taken)
    finally:
        await simulator.stop()
        await runner.cleanup()


@pytest.mark.parametrize("name", DOORS)
async def test_meta_subscribes_and_delivers(name: str) -> None:
    async with world(name) as w:
        assert await w.simulator.subscribe("1158201444") == "200 1158201444"
        answers = [await w.simulator.send(Letter(number=n, text=TEXT)) for n in (1, 1, 2)]
        first, again, other = w.taken.messages
    assert set(answers) == {"200 EVENT_RECEIVED"}
    assert {message.text for message in (first, again, other)} == {TEXT}
    assert first.external_id == again.external_id != other.external_id
    assert first.sender.reference == other.sender.reference != ""
    told = {
        i.reason if isinstance(i, Ignored) else i.state for i in w.taken.items if not isinstance(i, Accepted)
    }
    assert told
    assert told <= {"delivery_receipt", "sent", "delivered", "read"}


@pytest.mark.parametrize("name", DOORS)
async def test_photos_and_place_arrive(name: str) -> None:
    photos = (PHOTO, PHOTO + b"2")
    async with world(name) as w:
        await w.simulator.send(
            Letter(number=3, text="Lihat", photos=photos, latitude=-6.18, longitude=106.83)
        )
        messages = w.taken.messages
        files = [attachment for message in messages for attachment in message.attachments]
        assert [file.state for file in files] == ["pending", "pending"]
        assert [await w.fetch(file) for file in files] == list(photos)
        await w.simulator.graph.files_fetched(1.0)
    spots = [message.place.coordinates for message in messages if message.place.coordinates]
    assert [(spot.latitude, spot.longitude) for spot in spots] == [(-6.18, 106.83)]
    assert {message.follows for message in messages[1:]} == {(messages[0].external_id,)}


@pytest.mark.parametrize("name", DOORS)
async def test_fifty_at_once_are_all_answered(name: str) -> None:
    async with world(name) as w:
        answers = await asyncio.gather(*(w.simulator.send(Letter(number=7, text="Sama")) for _ in range(50)))
    assert set(answers) == {"200 EVENT_RECEIVED"}
    assert len(w.taken.messages) == 50
    assert len({message.external_id for message in w.taken.messages}) == 1


@pytest.mark.parametrize("name", DOORS)
async def test_another_secret_or_token_is_refused_in_silence(name: str) -> None:
    async with world(name) as w:
        for changed in ({"app_secret": "lain"}, {"verify_token": "lain"}):
            table = {**w.account.settings, **changed}
            settings = convert(type(w.settings), table, "account", lambda value: value)
            stranger = type(w.simulator)(w.account, settings, w.gateway)
            stranger._session = w.simulator._session
            with pytest.raises(ProviderRefused) as caught:
                await (
                    stranger.send(Letter(number=1, text="Palsu"))
                    if "app_secret" in changed
                    else stranger.subscribe("1")
                )
            assert str(caught.value) == "403 forbidden"
        assert w.taken.items == []


@pytest.mark.parametrize("name", DOORS)
async def test_more_than_three_mebibytes_are_too_much(name: str) -> None:
    async with world(name) as w:
        url = f"{w.gateway.http}/hooks/{w.account.name}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=io.BytesIO(b"x" * (3 * 1024 * 1024 + 1))) as answer,
        ):
            assert answer.status == 413
        async with aiohttp.ClientSession() as session, session.put(url, data=b"{}") as answer:
            assert answer.status == 405
        assert w.taken.items == []


async def test_comments_on_the_page_are_public_and_reactions_are_none() -> None:
    async with world("facebook") as w:
        assert isinstance(w.simulator, FacebookSimulator)
        await w.simulator.comment(Letter(number=5, text="Got mampet", photos=(PHOTO,)))
        await w.simulator.comment(Letter(number=5, text="Got mampet sekali"), verb="edited")
        first, edit = w.taken.messages
        assert await w.fetch(first.attachments[0]) == PHOTO
    assert (first.public, first.verb, edit.verb, edit.follows) == (True, "new", "edit", (first.external_id,))
    assert [i.detail for i in w.taken.items if isinstance(i, Ignored)] == ["reaction", "reaction"]


async def test_comments_on_instagram_are_public() -> None:
    async with world("instagram") as w:
        assert isinstance(w.simulator, InstagramSimulator)
        await w.simulator.comment(Letter(number=5, text="Got mampet"))
        await w.simulator.comment(Letter(number=6, text="Masih"), parent=w.taken.messages[0].external_id)
    first, second = w.taken.messages
    assert first.public
    assert second.follows == (first.external_id,)


async def test_an_expired_token_is_named_with_its_cure_and_never_shown() -> None:
    async with world("whatsapp") as w:
        w.simulator.graph.store("1", PHOTO)
        w.simulator.graph.token = "another"
        with pytest.raises(ProviderUnavailable) as caught:  # it waits until the operator has put in a new one
            await w.fetch(Attachment(remote="1", state="pending"))
        assert "190" in caught.value.reason
        assert "account.whatsapp.settings.access_token" in caught.value.reason
        assert w.settings.access_token.reveal() not in caught.value.reason


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, {"code": 190, "error_subcode": 463}, ProviderUnavailable),
        (400, {"code": 100, "error_subcode": 33}, ProviderRefused),
        (403, {"code": 10}, ProviderRefused),
        (400, {"code": 131009}, ProviderRefused),
        (400, {"code": 4}, ProviderUnavailable),
        (429, {"code": 80007}, ProviderUnavailable),
        (500, {"code": 2, "is_transient": True}, ProviderUnavailable),
        (503, {}, ProviderUnavailable),
    ],
)
async def test_errors_of_the_graph_api(status: int, error: dict[str, Any], kind: type[Exception]) -> None:
    async with world("whatsapp") as w:
        w.simulator.graph.store("1", PHOTO)
        w.simulator.graph.refuse_next.append((status, error))
        with pytest.raises(kind):
            await w.fetch(Attachment(remote="1", state="pending"))
        assert await w.fetch(Attachment(remote="1", state="pending")) == PHOTO


async def test_a_file_is_compared_with_the_hash_that_meta_names() -> None:
    async with world("whatsapp") as w:
        graph, file = w.simulator.graph, Attachment(remote="1", state="pending")
        graph.store("1", PHOTO)
        for stated in (b64encode(hashlib.sha256(PHOTO).digest()).decode(), "no hash", "29ed5"):
            graph.stated_sha256 = stated
            assert await w.fetch(file) == PHOTO
        for stated in (b64encode(hashlib.sha256(b"x").digest()).decode(), hashlib.sha256(b"x").hexdigest()):
            graph.stated_sha256 = stated
            with pytest.raises(ProviderUnavailable, match="damaged"):
                await w.fetch(file)


@pytest.mark.parametrize("media_id", ["", "../me", "1/accounts", "1?fields=x", "9" * 200])
async def test_a_media_id_is_never_a_path(media_id: str) -> None:
    async with world("whatsapp") as w:
        with pytest.raises(ProviderRefused):
            await w.fetch(Attachment(remote=media_id, state="pending"))
        assert w.simulator.graph.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "http://scontent.xx.fbcdn.net/x.jpg",
        "https://fbcdn.net.example.org/x.jpg",
        "https://notfbcdn.net/x.jpg",
        "https://image-url/foo.png",
        "https://siti:rahasia@scontent.xx.fbcdn.net/x.jpg",
        "https://scontent.xx.fbcdn.net:8443/x.jpg",
        "https://127.0.0.1/x.jpg",
        "http://127.0.0.1:1/x.jpg",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://[::1/x",
        "",
    ],
)
async def test_files_come_from_metas_hosts_alone(url: str) -> None:
    async with world("facebook") as w:
        with pytest.raises(ProviderRefused):
            await w.fetch(Attachment(remote=url, state="pending"))


async def test_without_a_fake_nothing_on_loopback_is_reached_and_the_token_stays_home() -> None:
    seen: list[tuple[str, dict[str, str], list[str]]] = []

    async def record(
        url: str, *, headers: Any = (), auth: Any = None, allow_hosts: Any = ()
    ) -> AsyncIterator[bytes]:
        seen.append((url, dict(headers), list(allow_hosts)))
        yield b"x"

    async with world("whatsapp") as w:
        base = w.settings.graph_base_url
        real = convert(
            type(w.settings),
            {**w.account.settings, "graph_base_url": "https://graph.facebook.com"},
            "a",
            lambda v: v,
        )
        ports = Ports(inbox=NoPort(), clock=NoPort(), new_spool=None, fetch=record)
        adapter = type(w.adapter)(w.account, real, ports)
        for url in (f"{base}/files/1", "https://example.org/x"):
            with pytest.raises(ProviderRefused):
                [chunk async for chunk in adapter.download(url, adapter.graph.headers)]
        assert seen == []
        meta = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"
        assert [chunk async for chunk in adapter.download(meta, adapter.graph.headers)] == [b"x"]
    assert seen == [(meta, {"Authorization": f"Bearer {real.access_token.reveal()}"}, [])]
