"""Vonage: the signature in all its kinds, where the fields lie, and wrong settings."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from adapters.base import Letter, Receipt
from adapters.sms.providers.base import Sms
from adapters.sms.providers.vonage import Algorithm, Vonage, VonageSettings, signature
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import RawEvent
from normalizer.settings import Secret

URL = "https://aduan.example.go.id/hooks/sms-vonage"
SECRET = "invented-signature-secret"
FORM = {"content-type": "application/x-www-form-urlencoded"}
ALGORITHMS: list[Algorithm] = ["md5hash", "md5", "sha1", "sha256", "sha512"]


def vonage(algorithm: Algorithm = "sha256", secret: str = SECRET) -> Vonage:
    settings = VonageSettings(signature_secret=Secret(secret), algorithm=algorithm)
    return Vonage(settings, ZoneInfo("Asia/Jakarta"), "account.v.settings")


def event(
    method: str = "POST", url: str = URL, body: bytes = b"", kind: str = FORM["content-type"]
) -> RawEvent:
    return RawEvent(
        account="v",
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        method=method,
        url=url,
        body=body,
        headers={"content-type": kind},
    )


def posted(fields: dict[str, str]) -> RawEvent:
    return event(body=urlencode(fields, quote_via=quote).encode())


def test_the_vector_of_the_provider_s_own_library_passes() -> None:
    fields = {"a": "1", "b": "2", "timestamp": "1461605396", "sig": "6af838ef94998832dbfc29020b564830"}
    assert signature({n: v.encode() for n, v in fields.items()}, b"secret", "md5hash") == fields["sig"]
    adapter = vonage("md5hash", "secret")
    adapter.verify(posted(fields))
    adapter.verify(posted({**fields, "sig": fields["sig"].upper()}))
    adapter.verify(event("GET", f"{URL}?{urlencode(fields)}", kind=""))
    with pytest.raises(Forged):
        adapter.verify(posted({**fields, "a": "2"}))


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_a_keyed_signature_covers_every_field_by_name_with_its_marks_replaced(algorithm: Algorithm) -> None:
    # Written out a second time, so that the adapter's own arithmetic is checked by another.
    signed = b"&messageId=1&msisdn=6281200001111&nonce=&text=Jl. A_B_C \xc3\xa9"
    expected = hmac.new(SECRET.encode(), signed, getattr(hashlib, algorithm)).hexdigest()
    fields = {
        "text": "Jl. A&B=C é",
        "sig": expected,
        "nonce": "",
        "msisdn": "6281200001111",
        "messageId": "1",
    }
    vonage(algorithm).verify(posted(fields))
    vonage(algorithm).verify(event(body=msgspec.json.encode(fields), kind="application/json"))
    for other in ALGORITHMS:
        if other != algorithm:
            with pytest.raises(Forged):
                vonage(other).verify(posted(fields))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("way", ["get", "form", "json"])
def test_what_was_proved_is_forged_once_a_field_changes_or_the_proof_is_gone(
    algorithm: Algorithm, way: str
) -> None:
    fields = {"msisdn": "6281200001111", "messageId": "1", "text": "Jalan rusak"}
    raw = {
        "get": event("GET", f"{URL}?{urlencode(fields, quote_via=quote)}", kind=""),
        "form": posted(fields),
        "json": event(body=msgspec.json.encode(fields), kind="application/json"),
    }[way]
    adapter = vonage(algorithm)
    genuine = adapter.prove(raw)
    adapter.verify(genuine)
    url, body = genuine.url, genuine.body
    forged = [
        raw,
        replace(genuine, url=url.replace("rusak", "mulus"), body=body.replace(b"rusak", b"mulus")),
        replace(
            genuine,
            url=url.replace("sig=", "sig=0"),
            body=body.replace(b"sig=", b"sig=0").replace(b'g":"', b'g":"0'),
        ),
    ]
    for spoiled in forged:
        with pytest.raises(Forged):
            adapter.verify(spoiled)


def test_the_fields_of_the_address_do_not_count_in_a_post_nor_a_body_in_a_get() -> None:
    adapter = vonage()
    genuine = adapter.prove(posted({"msisdn": "6281200001111", "messageId": "1", "text": "asli"}))
    (found,) = adapter.read(replace(genuine, url=f"{URL}?text=palsu&messageId=2"))
    assert isinstance(found, Sms) and (found.id, found.text) == ("1", "asli")
    called = adapter.prove(event("GET", f"{URL}?msisdn=6281200001111&messageId=1&text=asli"))
    with_body = replace(called, body=b"text=palsu&messageId=2")
    (found,) = adapter.read(with_body)
    assert isinstance(found, Sms) and (found.id, found.text) == ("1", "asli")


def test_a_field_s_name_cannot_swallow_another_field() -> None:
    adapter = vonage()
    genuine = adapter.prove(posted({"concat": "true", "messageId": "1", "text": "a"}))
    sig = genuine.body.rpartition(b"sig=")[2].decode()
    with pytest.raises(Forged):
        adapter.verify(posted({"concat=true&messageId": "1", "text": "a", "sig": sig}))


def test_a_thousand_forged_signatures_are_refused_and_nothing_is_echoed() -> None:
    fields = {"msisdn": "6281200001111", "messageId": "1", "text": "x"}
    adapter = vonage()
    genuine = signature({n: v.encode() for n, v in fields.items()}, SECRET.encode(), "sha256")
    wrong = [genuine[:n] for n in range(64)] + [
        hashlib.sha256(str(n).encode()).hexdigest() for n in range(936)
    ]
    for sig in (*wrong, "é", genuine + " "):
        with pytest.raises(Forged) as caught:
            adapter.verify(posted({**fields, "sig": sig}))
        assert genuine not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"a":{}}', b'{"a":[1]}', b"\xff", b"[" * 50_000, b'{"text":"\\ud83d"}', b"1"]
)
def test_a_body_that_is_no_flat_object_is_forged_and_never_a_crash(body: bytes) -> None:
    raw = event(body=body, kind="application/json")
    with pytest.raises(Forged):
        vonage().verify(raw)
    with pytest.raises(Unreadable):
        vonage().read(raw)


def test_numbers_and_truths_in_json_are_signed_as_they_are_written() -> None:
    body = b'{"messageId":"1","timestamp":1795408200,"concat":true,"price":0.01,"text":null}'
    signed = b"&concat=true&messageId=1&price=0.01&text=&timestamp=1795408200"
    sig = hmac.new(SECRET.encode(), signed, "sha256").hexdigest().encode()
    vonage().verify(event(body=body[:-1] + b',"sig":"' + sig + b'"}', kind="application/json; charset=utf-8"))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("delivered", "delivered"),
        ("expired", "failed"),
        ("failed", "failed"),
        ("rejected", "failed"),
        ("accepted", "sent"),
        ("buffered", "sent"),
        ("unknown", "sent"),
    ],
)
def test_every_delivery_status_is_a_receipt(status: str, state: Any) -> None:
    (found,) = vonage().read(posted({"messageId": "1", "status": status, "msisdn": "62812", "err-code": "0"}))
    assert found == Receipt(external_id="1", state=state, detail=status)


def test_a_message_that_has_a_status_field_is_still_a_message() -> None:
    fields = {"messageId": "1", "msisdn": "6281200001111", "status": "x", "text": "Lapor"}
    (found,) = vonage().read(posted(fields))
    assert isinstance(found, Sms)


def test_a_simulated_message_is_proved_and_read_back() -> None:
    adapter = vonage("md5hash")
    raw = adapter.prove(
        adapter.request(Letter(number=7, text="Banjir & macet = parah é"), "+6281200001111", URL)
    )
    adapter.verify(raw)
    (found,) = adapter.read(raw)
    assert isinstance(found, Sms) and found.text == "Banjir & macet = parah é" and found.sent_at is not None


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "secrets.signature_secret"),
        ({"signature_secret": Secret("")}, "secrets.signature_secret"),
        ({"secret": Secret("short")}, "secrets.secret"),
    ],
)
def test_a_wrong_setting_is_named_with_the_cure(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Vonage(VonageSettings(**settings), ZoneInfo("Asia/Jakarta"), "account.v.settings")
    assert caught.value.setting == f"account.v.settings.{named}"
    assert caught.value.cure


def test_with_both_secrets_both_are_asked() -> None:
    settings = VonageSettings(signature_secret=Secret(SECRET), secret=Secret("sixteen-letters-x"))
    adapter = Vonage(settings, ZoneInfo("Asia/Jakarta"), "account.v.settings")
    genuine = adapter.prove(posted({"messageId": "1", "text": "x"}))
    adapter.verify(genuine)
    with pytest.raises(Forged):
        adapter.verify(replace(genuine, url=URL))
    with pytest.raises(Forged):
        adapter.verify(replace(genuine, body=b"messageId=1&text=x"))
