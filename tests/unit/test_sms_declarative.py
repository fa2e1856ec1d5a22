"""Two invented providers by configuration alone, and the contradictions that a description may hold."""

from __future__ import annotations

import base64
import hashlib
import hmac
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

import adapters
from adapters.base import Accepted, Account, Ports
from adapters.sms.adapter import SmsAdapter, SmsSettings
from normalizer.errors import Forged, Misconfigured
from normalizer.record import RawEvent
from normalizer.settings import convert

FIXTURES = Path(adapters.__file__).parent / "sms" / "fixtures"
KILAT = tomllib.loads((FIXTURES / "declarative-form" / "account.toml").read_text())["settings"]
AWAN = tomllib.loads((FIXTURES / "declarative-json" / "account.toml").read_text())["settings"]


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)


class NoInbox:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def adapter(values: dict[str, Any]) -> SmsAdapter:
    settings = convert(SmsSettings, values, "account.d.settings", lambda value: value)
    ports = Ports(inbox=NoInbox(), clock=FixedClock(), new_spool=None)
    return SmsAdapter(Account(name="d", adapter="sms", settings=values), settings, ports)


def changed(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `values` with `value` at a dotted path; None takes the entry away."""
    name, _, rest = path.partition(".")
    if rest:
        return {**values, name: changed(values.get(name, {}), rest, value)}
    copy = {**values, name: value}
    if value is None:
        del copy[name]
    return copy


def event(body: bytes, headers: dict[str, str], url: str = "https://aduan.example.go.id/hooks/d") -> RawEvent:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return RawEvent(account="d", received_at=at, method="POST", url=url, body=body, headers=headers)


def only(found: SmsAdapter, raw: RawEvent) -> Any:
    (item,) = found.parse(raw)
    assert isinstance(item, Accepted)
    return item.message


def test_a_form_signed_over_listed_fields() -> None:
    kilat = adapter(KILAT)
    signed = "0812|23/11/2026 11:10:00|Jalan rusak".replace("0812", "081200001111")
    key = KILAT["secrets"]["key"].encode()
    proof = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha1).digest()).decode()
    body = b"dari=081200001111&waktu=23%2F11%2F2026+11%3A10%3A00&pesan=Jalan+rusak"
    raw = event(body, {"x-kilat-tanda": proof})
    kilat.verify(raw)
    message = only(kilat, raw)
    assert message.sent_at == datetime(2026, 11, 23, 4, 10, tzinfo=UTC)
    assert message.external_id == only(adapter(KILAT), raw).external_id
    assert kilat.authenticity(raw).method == "signature"
    assert (kilat.answer(()).status, kilat.answer(()).body) == (200, b"OK")
    with pytest.raises(Forged):
        kilat.verify(event(body.replace(b"rusak", b"mulus"), {"x-kilat-tanda": proof}))


def test_a_json_list_with_a_token() -> None:
    awan = adapter(AWAN)
    body = b'{"data":{"masuk":[{"id":7,"pengirim":{"nomor":"081200001111"},"isi":"Halo","waktu":1795408200123}]}}'
    raw = event(body, {"x-awan-token": "Token " + AWAN["secrets"]["key"]})
    awan.verify(raw)
    assert only(awan, raw).external_id == "7"
    assert awan.answer(()).status == 202
    assert awan.authenticity(raw).method == "secret"
    with pytest.raises(Forged):
        awan.verify(event(body, {"x-awan-token": AWAN["secrets"]["key"]}))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_the_body_signed_every_way(algorithm: str, encoding: str) -> None:
    proof = {"kind": "hmac", "header": "X-Sig", "prefix": "v1=", "algorithm": algorithm, "encoding": encoding}
    found = adapter(changed(AWAN, "options.proof", proof))
    digest = hmac.new(AWAN["secrets"]["key"].encode(), b"{}", algorithm).digest()
    value = digest.hex().upper() if encoding == "hex" else base64.b64encode(digest).decode()
    found.verify(event(b"{}", {"x-sig": "v1=" + value}))
    for wrong in (value, "v1=" + value[:-1], "v1=" + value + "A", "", "V1=" + value):
        with pytest.raises(Forged):
            found.verify(event(b"{}", {"x-sig": wrong}))


def test_basic_authentication() -> None:
    found = adapter(changed(AWAN, "options.proof", {"kind": "basic", "user": "awan"}))
    good = base64.b64encode(b"awan:" + AWAN["secrets"]["key"].encode()).decode()
    found.verify(event(b"{}", {"authorization": "Basic " + good}))
    found.verify(event(b"{}", {"authorization": "basic " + good}))
    for wrong in ("", "Basic", "Bearer " + good, "Basic " + good + "A", "Basic " + good[:-1]):
        with pytest.raises(Forged):
            found.verify(event(b"{}", {"authorization": wrong}))


def test_a_secret_in_the_path() -> None:
    found = adapter(changed(AWAN, "options.proof", {"kind": "path"}))
    url = "https://aduan.example.go.id/hooks/d"
    found.verify(event(b"{}", {}, f"{url}/{AWAN['secrets']['key']}?x=1"))
    for wrong in (url, f"{url}/", f"{url}/x", f"{url}?{AWAN['secrets']['key']}"):
        with pytest.raises(Forged):
            found.verify(event(b"{}", {}, wrong))


def test_a_body_that_is_no_json_is_forged_when_its_fields_are_what_is_signed() -> None:
    values = changed(changed(AWAN, "options.items", None), "options.proof.kind", "hmac")
    values = changed(values, "options.proof.over", ["id", "pengirim.nomor", "isi"])
    with pytest.raises(Forged):
        adapter(values).verify(event(b"{", {"x-awan-token": "x"}))


def test_the_same_words_at_another_time_or_from_another_person_are_another_message() -> None:
    kilat = adapter(KILAT)

    def identity(sender: str, time: str) -> str:
        body = f"dari={sender}&waktu={time}&pesan=Halo".encode()
        found: str = only(kilat, event(body, {})).external_id
        return found

    first = identity("081200001111", "23%2F11%2F2026+11%3A10%3A00")
    assert first == identity("%2B6281200001111", "23%2F11%2F2026+11%3A10%3A00")
    assert (
        len({first, identity("081200001112", "23%2F11%2F2026+11%3A10%3A00"), identity("081200001111", "x")})
        == 3
    )


@pytest.mark.parametrize(
    ("base", "path", "value", "named"),
    [
        (KILAT, "provider", "kilat", "provider"),
        (KILAT, "provider", "base", "provider"),
        (KILAT, "provider", "../twilio", "provider"),
        (KILAT, "region", "Indonesia", "region"),
        (KILAT, "time_zone", "WIB", "time_zone"),
        (KILAT, "time_zone", "/etc/passwd", "time_zone"),
        (KILAT, "secrets", {}, "secrets.key"),
        (KILAT, "secrets.key", "short", "secrets.key"),
        (KILAT, "secrets.token", "not-a-secret-of-the-test", "secrets.token"),
        (KILAT, "options.key", "not-a-secret-of-the-test", "options.key"),
        (KILAT, "options.colour", "red", "options.colour"),
        (KILAT, "options.format", "xml", "options.format"),
        (KILAT, "options.methods", [], "options.methods"),
        (KILAT, "options.methods", ["GET"], "options.methods"),
        (KILAT, "options.items", "data", "options.items"),
        (KILAT, "options.charset", "klingon", "options.charset"),
        (KILAT, "options.time_format", "dd/mm/yyyy", "options.time_format"),
        (KILAT, "options.time_format", "%H:%M:%Q", "options.time_format"),
        (KILAT, "options.fields.time", None, "options.fields.id"),
        (KILAT, "options.fields.text", None, "options.fields"),
        (KILAT, "options.fields.txet", "pesan", "options.fields"),
        (KILAT, "options.fields.part_total", "jumlah", "options.fields"),
        (KILAT, "options.proof.header", "", "options.proof.header"),
        (KILAT, "options.proof.header", "X Tanda\r\n", "options.proof.header"),
        (KILAT, "options.proof.algorithm", "md5", "options.proof.algorithm"),
        (KILAT, "options.proof.over", ["dari", "waktu"], "options.proof.over"),
        (KILAT, "options.proof.over", ["dari", "pesan"], "options.proof.over"),
        (KILAT, "options.fields.sender", "query:dari", "options.proof.over"),
        (KILAT, "options.reply.status", 500, "options.reply.status"),
        (AWAN, "options.proof", {"kind": "basic"}, "options.proof.user"),
        (AWAN, "options.proof", {"kind": "hmac", "header": "X-S", "over": ["isi"]}, "options.proof.over"),
    ],
)
def test_a_contradiction_is_named_with_its_cure(
    base: dict[str, Any], path: str, value: Any, named: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        adapter(changed(base, path, value))
    assert caught.value.setting == f"account.d.settings.{named}"
    assert caught.value.cure
    assert "not-a-secret" not in str(caught.value)


def test_a_field_of_the_address_beside_a_signed_body_is_refused() -> None:
    values = changed(changed(KILAT, "options.proof.over", []), "options.fields.time", "query:waktu")
    with pytest.raises(Misconfigured, match="query:waktu"):
        adapter(values)


def test_a_deep_or_broken_body_never_escapes_as_another_error() -> None:
    awan = adapter(AWAN)
    for body in (b"", b"[" * 60_000, b'{"data":' * 9000, b"\xff", b"NaN", b'{"data":{"masuk":null}}'):
        with pytest.raises(Exception, match="body") as caught:
            awan.parse(event(body, {}))
        assert type(caught.value).__name__ == "Unreadable"
    assert msgspec.json.decode(b"[]") == list(awan.parse(event(b'{"data":{"masuk":[]}}', {})))
