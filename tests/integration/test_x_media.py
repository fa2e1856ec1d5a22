"""Photos, videos and direct messages' pictures: which file, from which host, with which proof, and how large."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Accepted, Account
from adapters.x.adapter import XSettings
from adapters.x.fake import FakeX
from adapters.x.parse import parse_body
from adapters.x.post import Us, best_variant, file
from intake.guard import GuardedFetch
from intake.media import MediaFetcher, MediaLimits
from normalizer.errors import ProviderRefused
from normalizer.record import Attachment, RawEvent
from normalizer.settings import convert
from tests.intake_world import IntakeWorld, intake_world

KEYS = {"api_key": "k", "api_secret": "rahasia", "access_token": "t", "access_secret": "s", "bearer": "b"}
PHOTO = b"\xff\xd8\xff\xe0" + b"contoh" * 2000
POST = (
    b'{"data":{"id":"2070000000000000001","text":"@AduanContoh Jalan berlubang di depan pasar",'
    b'"author_id":"200000001","attachments":{"media_keys":["3_1"]}},"includes":{"media":[{"media_key":"3_1",'
    b'"type":"photo","url":"https://pbs.twimg.com/media/SATU.jpg"}]}}'
)


def values(**changed: Any) -> dict[str, Any]:
    return {"user_id": "100000001", "username": "AduanContoh", **KEYS, **changed}


@pytest.fixture
async def fake() -> AsyncIterator[FakeX]:
    server = FakeX(convert(XSettings, values(), "account.x.settings", lambda value: value))
    server.files = {"SATU.jpg": PHOTO, "pribadi.jpg": PHOTO + b"2"}
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as one:
        yield one


def make(world: IntakeWorld, fake: FakeX, **changed: Any) -> Any:
    settings = values(api_base_url=fake.base_url, media_base_url=fake.base_url, **changed)
    return world.adapter(Account(name="x", adapter="x", settings=settings), fetch=GuardedFetch())


async def fetched(adapter: Any, address: str) -> bytes:
    attachment = Attachment(remote=address, state="pending")
    return b"".join([chunk async for chunk in adapter.fetch(attachment)])


async def test_a_public_photo_comes_without_our_proof_and_a_direct_messages_with_it(
    world: IntakeWorld, fake: FakeX
) -> None:
    adapter = make(world, fake)
    assert await fetched(adapter, "https://pbs.twimg.com/media/SATU.jpg?name=orig") == PHOTO
    for host in ("ton.twitter.com", "ton.x.com"):
        assert await fetched(adapter, f"https://{host}/dm/1/2/pribadi.jpg") == PHOTO + b"2"
    stranger = make(world, fake, access_secret="lain")
    with pytest.raises(ProviderRefused, match="401"):
        await fetched(stranger, "https://ton.twitter.com/dm/1/2/pribadi.jpg")
    with pytest.raises(ProviderRefused, match="401"):
        await fetched(adapter, "https://pbs.twimg.com/dm/1/2/pribadi.jpg")


@pytest.mark.parametrize(
    "address",
    [
        "https://lain.example.org/media/SATU.jpg",
        "https://twimg.com.example.org/SATU.jpg",
        "https://evil-twimg.com/SATU.jpg",
        "https://pbs.twimg.com@127.0.0.1/SATU.jpg",
        "ftp://pbs.twimg.com/SATU.jpg",
        "file:///etc/passwd",
        "https://[pbs.twimg.com/SATU.jpg",
        "",
    ],
)
async def test_nothing_comes_from_anywhere_but_xs_own_hosts(
    world: IntakeWorld, fake: FakeX, address: str
) -> None:
    adapter = make(world, fake)
    with pytest.raises(ProviderRefused):
        await fetched(adapter, address)


async def test_a_photo_reaches_the_record_whole_and_a_huge_one_is_given_up(
    world: IntakeWorld, fake: FakeX
) -> None:
    adapter = make(world, fake)
    for limit, state in ((1_000_000, "stored"), (1_000, "unavailable")):
        number = b"2070000000000000001" if state == "stored" else b"2070000000000000002"
        raw = RawEvent(
            account="x",
            received_at=world.clock.now(),
            body=POST.replace(b"2070000000000000001", number),
            envelope={"transport": "mentions"},
        )
        (fate,) = await world.receive("x", raw)
        done = asyncio.Event()
        limits = MediaLimits(size=limit)
        fetcher = MediaFetcher(
            world.journal, world.files, {"x": adapter}, world.clock.now, limits, on_done=done.set
        )
        running = asyncio.create_task(fetcher.run())
        async with asyncio.timeout(20):
            await done.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await world.settle()
        (attachment,) = (await world.record(fate.ticket)).attachments
        assert attachment.state == state
        assert attachment.size == (len(PHOTO) if state == "stored" else 0)


def test_a_photo_is_asked_for_in_the_size_it_was_uploaded_in() -> None:
    assert file("https://pbs.twimg.com/media/A.jpg", "photo").remote == (
        "https://pbs.twimg.com/media/A.jpg?name=orig"
    )
    assert file("https://pbs.twimg.com/media/A.jpg:large", "photo").remote.endswith("/A.jpg?name=orig")
    assert file("https://pbs.twimg.com/media/A?format=png&name=small", "photo").remote.endswith("name=small")
    assert file("https://ton.twitter.com/dm/1/a.jpg", "photo").remote == "https://ton.twitter.com/dm/1/a.jpg"
    assert file("", "photo", "Lubang di jalan") == Attachment(
        state="unavailable", declared_type="image/jpeg", caption="Lubang di jalan"
    )


def test_of_a_video_the_sharpest_file_is_taken_and_never_a_playlist() -> None:
    def variant(rate: Any, kind: str = "video/mp4") -> dict[str, Any]:
        return {"bit_rate": rate, "content_type": kind, "url": f"https://video.twimg.com/{rate}"}

    several = [variant(320), variant(2176), variant(832), variant(9_999, "application/x-mpegURL")]
    assert best_variant(several, "bit_rate") == "https://video.twimg.com/2176"
    assert best_variant([variant(0)], "bit_rate") == "https://video.twimg.com/0"
    assert best_variant([variant("cepat"), variant(None)], "bit_rate").startswith("https://")
    assert best_variant([{"content_type": "video/mp4", "url": 7}, {}], "bit_rate") == ""
    assert best_variant([], "bit_rate") == ""


def test_a_photo_that_x_does_not_show_us_is_known_to_be_there() -> None:
    (item,) = parse_body(
        POST.replace(b'"media_key":"3_1"', b'"media_key":"3_2"'), Us(user_id="1", username="u")
    )
    assert isinstance(item, Accepted)
    assert [one.state for one in item.message.attachments] == ["unavailable"]
    assert item.message.sent_at is not None
    assert item.message.sent_at < datetime(2027, 1, 1, tzinfo=UTC)
