"""What we say on X, against a fake that checks signatures, lengths, limits and permissions as X does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.base import Account, Gateway, Hears, Outgoing, Ports, Replies
from adapters.x.adapter import XAdapter, XSettings
from adapters.x.fake import FakeX
from adapters.x.outgoing import POST_LENGTH, fitted, weight
from adapters.x.problems import Refusal, error_of, problem_of
from adapters.x.simulate import XSimulator
from normalizer.errors import Misconfigured, ProviderRefused, ProviderUnavailable
from normalizer.settings import convert

KEYS = {"api_key": "k", "api_secret": "rahasia", "access_token": "t", "access_secret": "s", "bearer": "b"}
PUBLIC = {"post_id": "2070000000000000001", "participant_id": "200000001"}
PRIVATE = {"participant_id": "200000001"}


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Troubles(dict[str, str]):
    """What the account's health says."""

    def __call__(self, name: str, words: str | None) -> None:
        if words is None:
            self.pop(name, None)
        else:
            self[name] = words


def settings(**changed: Any) -> XSettings:
    values = {"user_id": "100000001", "username": "AduanContoh", **KEYS}
    return convert(XSettings, values | changed, "account.x.settings", lambda value: value)


@pytest.fixture
async def fake() -> AsyncIterator[FakeX]:
    server = FakeX(settings())
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def troubles() -> Troubles:
    return Troubles()


@pytest.fixture
async def adapter(fake: FakeX, troubles: Troubles) -> AsyncIterator[XAdapter]:
    made = make(fake, troubles)
    yield made
    await made.close()


def make(fake: FakeX, troubles: Troubles, **changed: Any) -> XAdapter:
    ports = Ports(inbox=None, clock=Clock(), new_spool=None, trouble=troubles)  # type: ignore[arg-type]
    return XAdapter(Account(name="x", adapter="x"), settings(api_base_url=fake.base_url, **changed), ports)


def said(text: str, *, private: bool = False) -> Outgoing:
    return Outgoing(text=text, key=text, private=private)


async def test_public_words_stand_below_the_post_and_private_ones_reach_its_author_alone(
    fake: FakeX, adapter: XAdapter
) -> None:
    assert isinstance(adapter, Replies)
    first = await adapter.reply(PUBLIC, said("Terima kasih, laporan 261123-0001-7 kami terima & teruskan 🙏"))
    second = await adapter.reply(PUBLIC, said("Kode lacak: ABC", private=True))
    third = await adapter.reply(PRIVATE, said("Halo", private=False))
    assert [(one.key, one.private) for one in fake.heard] == [
        ("2070000000000000001", False),
        ("200000001", True),
        ("200000001", True),
    ]
    assert fake.heard[0].text.endswith("kami terima & teruskan 🙏")
    assert len({first, second, third}) == 3
    assert all(number.isdigit() for number in (first, second, third))


async def test_private_words_are_never_made_public(fake: FakeX, adapter: XAdapter) -> None:
    with pytest.raises(ProviderRefused, match="private"):
        await adapter.reply({"post_id": "1"}, said("Kode lacak: ABC", private=True))
    fake.closed_to.add("200000001")
    with pytest.raises(ProviderRefused, match="permission to DM"):
        await adapter.reply(PUBLIC, said("Kode lacak: ABC", private=True))
    assert fake.heard == []


async def test_what_x_says_no_to_for_good_is_not_tried_again(
    fake: FakeX, adapter: XAdapter, troubles: Troubles
) -> None:
    await adapter.reply(PUBLIC, said("Sama"))
    with pytest.raises(ProviderRefused, match="duplicate"):
        await adapter.reply(PUBLIC, said("Sama"))
    fake.closed_to.add("7")
    with pytest.raises(ProviderRefused, match="deleted or not visible"):
        await adapter.reply({"post_id": "7"}, said("Lain"))
    with pytest.raises(ProviderRefused, match="nothing to say"):
        await adapter.reply(PUBLIC, said("  "))
    assert troubles == {}, "the message was at fault, not our access"


async def test_a_limit_that_x_names_is_obeyed_by_the_next_one_too(fake: FakeX, adapter: XAdapter) -> None:
    opens = int(time.time()) + 2
    fake.refuse_next.append((429, {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(opens)}))
    with pytest.raises(ProviderUnavailable) as caught:
        await adapter.reply(PUBLIC, said("Satu"))
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 2
    await adapter.reply(PRIVATE, said("Pesan pribadi punya batas sendiri"))
    assert time.time() < opens
    await adapter.reply(PUBLIC, said("Dua"))
    assert time.time() >= opens - 0.05


async def test_a_days_limit_outlasts_the_quarter_hours(fake: FakeX, adapter: XAdapter) -> None:
    now = int(time.time())
    fake.refuse_next.append(
        (
            429,
            {
                "x-rate-limit-remaining": "12",
                "x-rate-limit-reset": str(now + 60),
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": str(now + 7200),
            },
        )
    )
    with pytest.raises(ProviderUnavailable) as caught:
        await adapter.reply(PUBLIC, said("Satu"))
    assert caught.value.retry_after is not None
    assert 7000 < caught.value.retry_after <= 7200


async def test_we_keep_within_the_limits_ourselves(fake: FakeX, troubles: Troubles) -> None:
    adapter = make(fake, troubles, directs_per_quarter=2)
    try:
        for number in range(2):
            await adapter.reply(PRIVATE, said(f"Pesan {number}"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await adapter.reply(PRIVATE, said("Pesan 2"))
        await adapter.reply(PUBLIC, said("Yang umum punya batas sendiri"))
    finally:
        await adapter.close()
    assert len(fake.heard) == 3
    assert fake.calls.count("direct") == 2, "the third was not even tried"


async def test_beyond_the_limit_the_fake_refuses_as_x_does(fake: FakeX, adapter: XAdapter) -> None:
    fake.limits["direct"] = (1, 900)
    await adapter.reply(PRIVATE, said("Satu"))
    with pytest.raises(ProviderUnavailable, match="limits our calls") as caught:
        await adapter.reply(PRIVATE, said("Dua"))
    assert caught.value.retry_after is not None
    assert 800 < caught.value.retry_after <= 901


async def test_revoked_keys_are_the_operators_trouble_and_the_reply_waits(
    fake: FakeX, troubles: Troubles
) -> None:
    adapter = make(fake, troubles, access_secret="lain")
    try:
        with pytest.raises(ProviderUnavailable) as caught:
            await adapter.reply(PUBLIC, said("Satu"))
        assert caught.value.retry_after
        assert list(troubles) == ["credentials"]
        assert "developer portal" in troubles["credentials"]
        assert "lain" not in troubles["credentials"]
        fake.settings = settings(access_secret="lain")
        await adapter.reply(PUBLIC, said("Satu"))
        assert troubles == {}, "it is over once X takes them"
    finally:
        await adapter.close()


async def test_an_application_without_permission_to_write_is_a_trouble_too(
    fake: FakeX, adapter: XAdapter, troubles: Troubles
) -> None:
    fake.problem = {
        "type": "https://api.twitter.com/2/problems/oauth1-permissions",
        "detail": "Your client app is not configured with the appropriate oauth1 app permissions.",
    }
    fake.refuse_next.append((403, {}))
    with pytest.raises(ProviderUnavailable):
        await adapter.reply(PUBLIC, said("Satu"))
    assert "permission" in troubles["access"]
    await adapter.reply(PRIVATE, said("Pesan"))
    assert "access" in troubles, "another call's success says nothing about this one"
    await adapter.reply(PUBLIC, said("Satu"))
    assert troubles == {}


async def test_a_month_that_is_used_up_is_told_and_waited_out(
    fake: FakeX, adapter: XAdapter, troubles: Troubles
) -> None:
    fake.capped = True
    with pytest.raises(ProviderUnavailable) as caught:
        await adapter._api.mentions("100000001", "1", None, "")
    assert caught.value.retry_after == 3600
    assert "month" in troubles["usage"]
    fake.capped = False
    await adapter._api.mentions("100000001", "1", None, "")
    assert troubles == {}


@pytest.mark.parametrize("body", [b"[]", b"null", b"<html>", b'{"errors":[null,7,{"code":"x"}]}', b""])
async def test_whatever_a_refusal_says_it_is_understood_by_its_status(
    fake: FakeX, adapter: XAdapter, body: bytes
) -> None:
    problem = problem_of(Refusal(503, {}, body))
    assert isinstance(error_of(problem, "posting", "account.x.settings", "bearer", 0.0), ProviderUnavailable)
    denied = problem_of(Refusal(401, {}, body))
    assert isinstance(error_of(denied, "posting", "account.x.settings", "bearer", 0.0), Misconfigured)


async def test_an_account_without_the_four_keys_says_nothing(fake: FakeX, troubles: Troubles) -> None:
    adapter = make(fake, troubles, access_token="")
    with pytest.raises(ProviderRefused, match="no keys"):
        await adapter.reply(PUBLIC, said("Satu"))
    await adapter.close()


def test_the_simulator_hears() -> None:
    simulated = XSimulator(
        Account(name="x", adapter="x"), settings(), Gateway(http="http://127.0.0.1:1", public_url="")
    )
    assert isinstance(simulated, Hears)


@pytest.mark.parametrize(
    ("text", "weighs"),
    [("a" * 280, 280), ("日" * 140, 280), ("https://example.org/" + "x" * 300, 23), ("“Siti” – ok…", 13)],
)
def test_x_counts_characters_in_its_own_way(text: str, weighs: int) -> None:
    assert weight(text) == weighs
    assert fitted(text, POST_LENGTH) == text


@pytest.mark.parametrize("text", ["kata " * 100, "日" * 400, "x" * 900, "🙏 " * 300])
def test_what_is_too_long_ends_at_a_word_and_says_so(text: str) -> None:
    short = fitted(text, POST_LENGTH)
    assert weight(short) <= POST_LENGTH
    assert short.endswith("…")
    assert not short.endswith(" …")
    assert len(short) > 100
