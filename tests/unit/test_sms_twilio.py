"""Twilio: the signature as Twilio makes it, and pictures only from where they may come."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from adapters.sms.providers.twilio import Twilio, TwilioSettings
from normalizer.errors import Forged, Misconfigured, ProviderRefused
from normalizer.record import Attachment, RawEvent
from normalizer.settings import Secret

SID = "AC" + "0" * 31 + "1"
TOKEN = "invented-token-of-a-test"
URL = "https://aduan.example.go.id/hooks/sms-twilio"


def twilio(**options: Any) -> Twilio:
    settings = TwilioSettings(account_sid=SID, auth_token=Secret(TOKEN), **options)
    return Twilio(settings, ZoneInfo("Asia/Jakarta"), "account.t.settings")


def signed_text(text: str) -> str:
    """Written out here a second time, so that the adapter's own arithmetic is checked by another."""
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def event(fields: list[tuple[str, str]], signature: str, url: str = URL, method: str = "POST") -> RawEvent:
    return RawEvent(
        account="t",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        method=method,
        url=url,
        body=urlencode(fields).encode(),
        headers={"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature},
    )


def test_the_fields_are_signed_in_order_of_their_names_untrimmed_and_blank_ones_too() -> None:
    fields = [("To", "+62215550100"), ("Body", " rusak  "), ("AddOns", ""), ("From", "+6281200001111")]
    good = signed_text(f"{URL}AddOnsBody rusak  From+6281200001111To+62215550100")
    twilio().verify(event(fields, good))
    with pytest.raises(Forged):
        twilio().verify(event([("Body", "rusak") if n == "Body" else (n, v) for n, v in fields], good))


def test_repeated_fields_are_signed_sorted_and_once_per_value() -> None:
    fields = [("M", "b"), ("M", "a"), ("M", "b"), ("A", "1")]
    twilio().verify(event(fields, signed_text(f"{URL}A1MaMb")))


def test_the_query_and_a_default_port_belong_to_the_address() -> None:
    fields = [("Body", "x")]
    twilio().verify(event(fields, signed_text(f"{URL}?a=1&b=Bodyx"), url=f"{URL}?a=1&b="))
    with_port = URL.replace(".id/", ".id:443/")
    twilio().verify(event(fields, signed_text(f"{with_port}Bodyx")))
    twilio().verify(event(fields, signed_text(f"{URL}Bodyx"), url=with_port))
    with pytest.raises(Forged):
        twilio().verify(event(fields, signed_text(f"{URL}Bodyx"), url=f"{URL}?a=1"))


@pytest.mark.parametrize(
    ("public_url", "signed"),
    [
        ("https://sms.example.go.id", "https://sms.example.go.id/hooks/sms-twilio?x=1"),
        ("https://sms.example.go.id/", "https://sms.example.go.id/hooks/sms-twilio?x=1"),
        ("https://sms.example.go.id/twilio", "https://sms.example.go.id/twilio?x=1"),
    ],
)
def test_behind_a_proxy_the_console_address_counts(public_url: str, signed: str) -> None:
    raw = event([("Body", "x")], signed_text(f"{signed}Bodyx"), url=f"{URL}?x=1")
    twilio(public_url=public_url).verify(raw)
    with pytest.raises(Forged):
        twilio().verify(raw)


def test_a_json_body_is_signed_by_its_hash_in_the_address() -> None:
    body = b'{"MessageSid": "SM1"}'
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"content-type": "application/json", "x-twilio-signature": signed_text(url)}
    at = datetime(2026, 11, 23, tzinfo=UTC)
    raw = RawEvent(account="t", received_at=at, method="POST", url=url, body=body, headers=headers)
    twilio().verify(raw)
    with pytest.raises(Forged):
        twilio().verify(replace(raw, body=body + b" "))


def test_a_form_cannot_escape_the_signature_by_its_content_type() -> None:
    genuine = signed_text(URL)
    for kind in ("application/json", "text/plain", ""):
        raw = RawEvent(
            account="t",
            received_at=datetime(2026, 11, 23, tzinfo=UTC),
            method="POST",
            url=URL,
            body=b'{"MessageSid":"SM1","Body":"palsu"}',
            headers={"content-type": kind, "x-twilio-signature": genuine},
        )
        with pytest.raises(Forged):
            twilio().verify(raw)


def test_a_get_is_signed_over_its_address_and_may_have_no_body() -> None:
    url = f"{URL}?MessageSid=SM1&Body=x"
    raw = event([], signed_text(url), url=url, method="GET")
    twilio().verify(raw)
    with pytest.raises(Forged):
        twilio().verify(event([("Body", "lain")], signed_text(url), url=url, method="GET"))


def test_a_thousand_forged_signatures_are_refused_and_nothing_is_echoed() -> None:
    fields = [("Body", "x")]
    genuine = signed_text(f"{URL}Bodyx")
    wrong = [genuine[:n] for n in range(len(genuine))] + [
        base64.b64encode(hashlib.sha256(str(n).encode()).digest()[:20]).decode() for n in range(970)
    ]
    adapter = twilio()
    for signature in (*wrong, "é", "\udc80", genuine.lower()):
        with pytest.raises(Forged) as caught:
            adapter.verify(event(fields, signature))
        assert genuine not in str(caught.value)


class Downloads:
    """A stand-in for the gateway's guarded download; remembers what was asked of it."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks, self.asked = chunks, list[tuple[str, object, tuple[str, ...]]]()

    async def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = {},
        auth: tuple[str, str] | None = None,
        allow_hosts: Collection[str] = (),
    ) -> AsyncIterator[bytes]:
        self.asked.append((url, auth, tuple(allow_hosts)))
        for chunk in self.chunks:
            yield chunk


async def content(adapter: Twilio, remote: str, downloads: Downloads | None) -> bytes:
    attachment = Attachment(remote=remote, state="pending")
    return b"".join([chunk async for chunk in adapter.fetch(attachment, downloads)])


async def test_a_picture_is_fetched_with_the_account_credentials() -> None:
    downloads = Downloads([b"ab", b"c"])
    assert await content(twilio(), "https://api.twilio.com/x/Media/ME1", downloads) == b"abc"
    assert downloads.asked == [("https://api.twilio.com/x/Media/ME1", (SID, TOKEN), ())]


async def test_another_server_may_be_configured_and_only_that_one_is_allowed_inside() -> None:
    downloads = Downloads([b"abc"])
    adapter = twilio(media_base_url="http://127.0.0.1:9/base/")
    await content(adapter, "https://api.twilio.com/x/Media/ME1?a=1", downloads)
    assert downloads.asked == [("http://127.0.0.1:9/base/x/Media/ME1?a=1", (SID, TOKEN), ("127.0.0.1:9",))]


@pytest.mark.parametrize(
    "remote",
    [
        "http://api.twilio.com/x",
        "https://twilio.com/x",
        "https://api.twilio.com.example.org/x",
        "https://eviltwilio.com/x",
        "https://api.twilio.com@example.org/x",
        "https://user:pw@api.twilio.com/x",
        "https://api.twilio.com:8443/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::1/x",
        "https://api.twilio.com:99999/x",
        "file:///etc/passwd",
        "//api.twilio.com/x",
        "",
    ],
)
async def test_a_credential_goes_to_no_other_host(remote: str) -> None:
    downloads = Downloads([b"abc"])
    for adapter in (twilio(), twilio(media_base_url="http://127.0.0.1:9")):
        with pytest.raises(ProviderRefused) as caught:
            await content(adapter, remote, downloads)
        assert TOKEN not in str(caught.value)
    assert downloads.asked == []


async def test_a_picture_beyond_the_limit_is_cut_off() -> None:
    with pytest.raises(ProviderRefused, match="larger than 5 bytes"):
        await content(twilio(media_max_bytes=5), "https://api.twilio.com/x", Downloads([b"abc", b"abc"]))


async def test_nothing_is_fetched_where_nothing_may_be_downloaded() -> None:
    with pytest.raises(ProviderRefused):
        await content(twilio(), "https://api.twilio.com/x", None)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"account_sid": "US123"}, "options.account_sid"),
        ({"auth_token": Secret("")}, "secrets.auth_token"),
        ({"public_url": "sms.example.go.id"}, "options.public_url"),
    ],
)
def test_a_wrong_setting_is_named(options: dict[str, Any], named: str) -> None:
    values: dict[str, Any] = {"account_sid": SID, "auth_token": Secret(TOKEN), **options}
    with pytest.raises(Misconfigured) as caught:
        Twilio(TwilioSettings(**values), ZoneInfo("UTC"), "account.t.settings")
    assert caught.value.setting == f"account.t.settings.{named}"
