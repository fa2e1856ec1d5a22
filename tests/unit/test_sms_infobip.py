"""Infobip: who may call, batches, pictures only from where they may come, and wrong settings."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from adapters.base import Letter
from adapters.sms.providers.base import Sms
from adapters.sms.providers.infobip import MOST_ITEMS, Infobip, InfobipSettings
from normalizer.errors import Forged, Misconfigured, ProviderRefused, Unreadable
from normalizer.record import Attachment, RawEvent
from normalizer.settings import Secret

SECRET = "invented-path-secret"
PASSWORD = "invented-password:é"


def infobip(**settings: Any) -> Infobip:
    settings = settings or {"secret": Secret(SECRET)}
    return Infobip(InfobipSettings(**settings), ZoneInfo("Asia/Jakarta"), "account.i.settings")


def event(body: bytes = b"", remote: str = "127.0.0.1", **headers: str) -> RawEvent:
    return RawEvent(
        account="i",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        method="POST",
        url="https://aduan.example.go.id/hooks/i",
        body=body,
        headers={"content-type": "application/json", **headers},
        envelope={"remote": remote},
    )


def basic(user: str, password: str, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(f'{user}:{password}'.encode()).decode()}"


def test_basic_authentication_is_asked_in_any_case_of_its_scheme() -> None:
    adapter = infobip(user="infobip", password=Secret(PASSWORD))
    for scheme in ("Basic", "basic", "BASIC"):
        adapter.verify(event(authorization=basic("infobip", PASSWORD, scheme)))
    adapter.verify(adapter.prove(event()))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Bearer x",
        basic("infobip", ""),
        basic("Infobip", PASSWORD),
        basic("infobip", PASSWORD) + "A",
        "é\udc80",
    ],
)
def test_wrong_credentials_are_refused_and_the_right_ones_not_echoed(header: str) -> None:
    adapter = infobip(user="infobip", password=Secret(PASSWORD))
    with pytest.raises(Forged) as caught:
        adapter.verify(event(authorization=header))
    assert PASSWORD not in str(caught.value) and basic("infobip", PASSWORD) not in str(caught.value)


def test_everything_that_is_configured_is_asked() -> None:
    adapter = infobip(secret=Secret(SECRET), user="u", password=Secret(PASSWORD), allowed=("192.0.2.0/24",))
    genuine = adapter.prove(event(remote="192.0.2.9"))
    adapter.verify(genuine)
    for forged in (
        replace(genuine, url=event().url),
        replace(genuine, headers={}),
        replace(genuine, envelope={"remote": "198.51.100.1"}),
        replace(genuine, envelope={}),
    ):
        with pytest.raises(Forged):
            adapter.verify(forged)


def test_without_a_list_of_networks_any_may_call_with_the_secret() -> None:
    adapter = infobip()
    adapter.verify(adapter.prove(event(remote="198.51.100.1")))
    with pytest.raises(Forged):
        adapter.verify(event())


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"allowed": ("192.0.2.0/24",)}, "secrets.secret"),
        ({"secret": Secret("")}, "secrets.secret"),
        ({"secret": Secret("short")}, "secrets.secret"),
        ({"user": "u", "password": Secret("short")}, "secrets.password"),
        ({"password": Secret(PASSWORD)}, "options.user"),
        ({"user": "a:b", "password": Secret(PASSWORD)}, "options.user"),
        ({"secret": Secret(SECRET), "allowed": ("infobip.com",)}, "options.allowed"),
        ({"secret": Secret(SECRET), "media_base_url": "127.0.0.1"}, "options.media_base_url"),
    ],
)
def test_a_wrong_setting_is_named_with_the_cure(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        infobip(**settings)
    assert caught.value.setting == f"account.i.settings.{named}"
    assert caught.value.cure


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"null", b'{"results":{}}', b'{"results":null}', b"\xff", b"[" * 60_000]
)
def test_a_body_without_results_is_unreadable_and_never_a_crash(body: bytes) -> None:
    with pytest.raises(Unreadable):
        infobip().read(event(body))


def test_a_batch_is_read_up_to_its_limit() -> None:
    result = {"messageId": "1", "from": "6281200001111", "text": "x"}
    assert len(infobip().read(event(msgspec.json.encode({"results": [result] * MOST_ITEMS})))) == MOST_ITEMS
    with pytest.raises(Unreadable):
        infobip().read(event(msgspec.json.encode({"results": [result] * (MOST_ITEMS + 1)})))


@pytest.mark.parametrize(
    "broken", [None, 1, "x", [], {}, {"text": 1}, {"text": {}}, {"message": 3}, {"messageId": {}}]
)
def test_one_bad_result_costs_no_other(broken: object) -> None:
    good = {"messageId": "2", "from": "6281200001111", "text": "Baik"}
    found = infobip().read(event(msgspec.json.encode({"results": [broken, good]})))
    assert len(found) == 2
    assert isinstance(found[1], Sms) and found[1].text == "Baik"


class Downloads:
    """A stand-in for the gateway's guarded download; remembers what was asked of it."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks, self.asked = chunks, list[tuple[str, dict[str, str], tuple[str, ...]]]()

    async def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        auth: tuple[str, str] | None = None,
        allow_hosts: Collection[str] = (),
    ) -> AsyncIterator[bytes]:
        self.asked.append((url, dict(headers), tuple(allow_hosts)))
        for chunk in self.chunks:
            yield chunk


def picture(url: str) -> Attachment:
    return Attachment(declared_type="image/jpeg", state="pending", remote=url)


async def test_a_picture_is_fetched_with_the_key_from_infobip_s_hosts() -> None:
    adapter = infobip(secret=Secret(SECRET), api_key=Secret("invented-key"))
    downloads = Downloads([b"ab", b"c"])
    url = "https://xyz123.api.infobip.com/mms/1/inbound/1/1"
    assert b"".join([chunk async for chunk in adapter.fetch(picture(url), downloads)]) == b"abc"
    assert downloads.asked == [(url, {"Authorization": "App invented-key"}, ())]


async def test_for_tests_the_pictures_lie_at_another_server() -> None:
    adapter = infobip(secret=Secret(SECRET), media_base_url="http://127.0.0.1:8123/fake/")
    downloads = Downloads([b"x"])
    assert [
        chunk async for chunk in adapter.fetch(picture("https://api.infobip.com/mms/1?a=b"), downloads)
    ] == [b"x"]
    assert downloads.asked == [("http://127.0.0.1:8123/fake/mms/1?a=b", {}, ("127.0.0.1:8123",))]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.jpg",
        "https://infobip.com.example.org/a.jpg",
        "https://notinfobip.com/a.jpg",
        "https://.infobip.com/a.jpg",
        "http://api.infobip.com/a.jpg",
        "https://api.infobip.com:8443/a.jpg",
        "https://u:p@api.infobip.com/a.jpg",
        "https://[::1",
        "file:///etc/passwd",
        "",
    ],
)
async def test_no_other_address_is_fetched(url: str) -> None:
    downloads = Downloads([b"x"])
    with pytest.raises(ProviderRefused):
        _ = [chunk async for chunk in infobip().fetch(picture(url), downloads)]
    assert downloads.asked == []


async def test_a_picture_above_the_limit_is_refused() -> None:
    adapter = infobip(secret=Secret(SECRET), media_max_bytes=4)
    with pytest.raises(ProviderRefused):
        _ = [
            chunk
            async for chunk in adapter.fetch(picture("https://api.infobip.com/1"), Downloads([b"abc", b"de"]))
        ]


def test_a_simulated_message_with_a_picture_is_proved_and_read_back() -> None:
    adapter = infobip()
    letter = Letter(number=3, text="Lihat & perbaiki", photos=(b"\xff\xd8",))
    raw = adapter.prove(adapter.request(letter, "+6281200001111", event().url))
    adapter.verify(raw)
    (found,) = adapter.read(raw)
    assert isinstance(found, Sms)
    assert found.text == "Lihat & perbaiki" and found.sent_at is not None
    assert [a.remote for a in found.attachments] == [
        f"https://api.infobip.com{adapter.photo_paths(letter)[0]}"
    ]
