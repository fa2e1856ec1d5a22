"""What the three doors of Meta share: settings, proof, handshake, batches, times, hostile bytes."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import (
    Accepted,
    Account,
    FetchesMedia,
    Ignored,
    Item,
    NotRead,
    Ports,
    Receipt,
    Webhook,
    load,
)
from adapters.shared.meta import MetaAdapter
from adapters.shared.meta_batch import moment
from normalizer.errors import Forged, Misconfigured, Unreadable
from normalizer.record import RawEvent
from normalizer.settings import convert

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
US = "100000000000001"
COMMON = {"app_secret": "contoh-app-secret", "verify_token": "contoh-verify", "access_token": "contoh-token"}
GOOD: dict[str, dict[str, Any]] = {
    "facebook": {**COMMON, "page_id": US},
    "instagram": {**COMMON, "account_id": US},
    "whatsapp": {**COMMON, "phone_number_id": US},
}
OBJECT = {"facebook": "page", "instagram": "instagram", "whatsapp": "whatsapp_business_account"}
DOORS = sorted(GOOD)


def make(name: str, **changed: Any) -> MetaAdapter[Any]:
    kind = load(name)
    typed = convert(kind.Settings, {**GOOD[name], **changed}, f"account.{name}.settings", lambda value: value)
    ports = Ports(inbox=None, clock=None, new_spool=None)  # type: ignore[arg-type]
    adapter = kind(Account(name=name, adapter=name), typed, ports)
    assert isinstance(adapter, MetaAdapter)
    return adapter


def event(body: bytes, **headers: str) -> RawEvent:
    return RawEvent(account="x", received_at=NOW, body=body, method="POST", headers=headers)


def read(name: str, body: Any) -> Sequence[Item]:
    return make(name).parse(event(body if isinstance(body, bytes) else json.dumps(body).encode()))


def update(name: str, text: Any, mid: str = "m1") -> Any:
    """One entry with one message."""
    if name == "whatsapp":
        message = {
            "id": mid,
            "from": "6281200000011",
            "timestamp": "1795408200",
            "type": "text",
            "text": {"body": text},
        }
        value = {"metadata": {"phone_number_id": US}, "messages": [message]}
        return {"id": "1", "changes": [{"field": "messages", "value": value}]}
    one = {
        "sender": {"id": "5"},
        "recipient": {"id": US},
        "timestamp": 1,
        "message": {"mid": mid, "text": text},
    }
    return {"id": US, "messaging": [one]}


@pytest.mark.parametrize("name", DOORS)
def test_each_door_is_a_webhook_that_fetches_its_media(name: str) -> None:
    adapter = make(name)
    assert isinstance(adapter, Webhook)
    assert isinstance(adapter, FetchesMedia)
    assert adapter.default_channel == name
    assert adapter.max_bytes == 3 * 1024 * 1024
    assert (adapter.answer(()).status, adapter.answer(()).body) == (200, b"EVENT_RECEIVED")


@pytest.mark.parametrize(
    ("changed", "setting"),
    [
        ({"app_secret": ""}, "app_secret"),
        ({"verify_token": ""}, "verify_token"),
        ({"api_version": "23"}, "api_version"),
        ({"graph_base_url": "http://graph.example.org"}, "graph_base_url"),
        ({"graph_base_url": "ftp://127.0.0.1"}, "graph_base_url"),
        ({"media_hosts": ["*.fbcdn.net"]}, "media_hosts"),
        ({"media_hosts": ["net"]}, "media_hosts"),
    ],
)
@pytest.mark.parametrize("name", DOORS)
def test_a_setting_that_cannot_work_is_named(name: str, changed: dict[str, Any], setting: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        make(name, **changed)
    assert caught.value.setting.startswith(f"account.{name}.settings.{setting}")


@pytest.mark.parametrize(
    ("name", "setting"),
    [("facebook", "page_id"), ("instagram", "account_id"), ("whatsapp", "phone_number_id")],
)
@pytest.mark.parametrize("value", ["", "pemprov.contoh", "+62215550100"])
def test_an_account_is_named_by_its_number_at_meta(name: str, setting: str, value: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        make(name, **{setting: value})
    assert caught.value.setting == f"account.{name}.settings.{setting}"


def test_whatsapp_needs_a_token_for_photos() -> None:
    with pytest.raises(Misconfigured, match="access_token"):
        make("whatsapp", access_token="")


@pytest.mark.parametrize("name", DOORS)
def test_the_proof_is_over_the_bytes_as_they_came(name: str) -> None:
    adapter = make(name)
    for body in (b'{"a":"\\u00e9"}', '{"a":"é"}'.encode(), b'{ "a" : 1 }', b""):
        proof = "sha256=" + hmac.new(b"contoh-app-secret", body, hashlib.sha256).hexdigest()
        assert len(proof) == 71
        adapter.verify(event(body, **{"x-hub-signature-256": proof}))
        wrong = ["", proof[:-1], proof + "0", proof[7:], proof.upper(), "sha256=", "é", "sha1=" + "0" * 40]
        for given_proof in wrong:
            with pytest.raises(Forged) as caught:
                adapter.verify(event(body, **{"x-hub-signature-256": given_proof}))
            assert proof[7:] not in str(caught.value)
        with pytest.raises(Forged):
            adapter.verify(event(body + b" ", **{"x-hub-signature-256": proof}))


def subscription(
    token: str = COMMON["verify_token"], mode: str = "subscribe", challenge: str = "1158201444"
) -> RawEvent:
    query = f"hub.mode={quote(mode)}&hub.challenge={quote(challenge)}&hub.verify_token={quote(token)}"
    url = f"https://aduan.example.go.id/hooks/x?{query}"
    return RawEvent(account="x", received_at=NOW, method="GET", url=url)


@pytest.mark.parametrize("name", DOORS)
def test_the_challenge_is_echoed_as_text_to_our_verify_token_alone(name: str) -> None:
    adapter = make(name)
    answer = adapter.handshake(subscription())
    assert answer is not None
    assert (answer.status, answer.body, answer.content_type) == (200, b"1158201444", "text/plain")
    assert adapter.handshake(event(b"{}")) is None
    refused = [
        subscription(token=""),
        subscription(token="contoh-verif"),
        subscription(token="contoh-verify "),
        subscription(token="é"),
        subscription(mode="unsubscribe"),
        subscription(challenge=""),
        subscription(challenge="<script>alert(1)</script>"),
        subscription(challenge="1" * 300),
        RawEvent(account="x", received_at=NOW, method="GET", url="https://aduan.example.go.id/hooks/x"),
    ]
    for raw in refused:
        with pytest.raises(Forged) as caught:
            adapter.handshake(raw)
        assert "contoh-verify" not in str(caught.value)


@pytest.mark.parametrize("name", DOORS)
def test_each_of_a_thousand_updates_has_its_own_fate(name: str) -> None:
    entries = [
        update(name, f"Laporan {n}" if n % 10 else {"bukan": "teks"}, mid=f"m{n}") for n in range(1000)
    ]
    items = read(name, {"object": OBJECT[name], "entry": entries})
    assert len(items) == 1000
    for n, item in enumerate(items):
        if n % 10:
            assert isinstance(item, Accepted)
            assert (item.message.external_id, item.message.text) == (f"m{n}", f"Laporan {n}")
        else:
            assert isinstance(item, NotRead)
            assert item.external_id == f"m{n}"


@pytest.mark.parametrize(
    "bad",
    [b'"\xff"', b"[" * 50_000 + b"]" * 50_000, b"1e999", b'{"a":' * 2000 + b"1" + b"}" * 2000],
    ids=["not UTF-8", "deep list", "infinite", "deep object"],
)
@pytest.mark.parametrize("name", DOORS)
def test_poison_costs_one_item_or_the_body_and_never_more(name: str, bad: bytes) -> None:
    good, poisoned = update(name, "Baik"), update(name, "RACUN", mid="m2")
    body = json.dumps({"object": OBJECT[name], "entry": [good, poisoned, good]}).encode()
    try:
        items = read(name, body.replace(b'"RACUN"', bad))
    except Unreadable:
        return
    assert [type(item) for item in items] == [Accepted, NotRead, Accepted]


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize(
    ("cut", "text"),
    [
        (b"lubang \\ud83d", "lubang \ufffd"),
        (b"\\udea7 lubang", "\ufffd lubang"),
        (b"\\ud83d\\udea7 \\uD83D", "🚧 \ufffd"),
        (b"\\\\ud83d \\ud83d", "\\ud83d \ufffd"),
    ],
)
def test_half_an_emoji_costs_nobody_a_word(name: str, cut: bytes, text: str) -> None:
    body = json.dumps({"object": OBJECT[name], "entry": [update(name, "Baik"), update(name, "X", mid="m2")]})
    first, second = read(name, body.encode().replace(b'"X"', b'"' + cut + b'"'))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.message.text, second.message.text) == ("Baik", text)


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"object":1}', b'{"object":"page","entry":{}}', b"\xff"]
)
def test_a_body_without_a_frame_is_unreadable(name: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(name, body)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
WORDS = """sender recipient timestamp message message_edit postback delivery read reaction from id item verb comment_id
    post_id attachments text type payload url coordinates messages statuses errors contacts metadata image context
    photos link interactive location edit mid media parent_id"""
KEYS = st.sampled_from(WORDS.split())
SHAPED = st.recursive(
    JSON, lambda inner: st.dictionaries(KEYS, inner, max_size=5) | st.lists(inner, max_size=3), max_leaves=15
)
FIELDS = st.sampled_from(["feed", "mention", "comments", "mentions", "messages", "message_edit", "x"])


@pytest.mark.parametrize("name", DOORS)
@given(messaging=st.lists(SHAPED, max_size=3), changes=st.lists(st.tuples(FIELDS, SHAPED), max_size=3))
def test_whatever_stands_in_a_batch_each_item_gets_a_fate(
    name: str, messaging: list[Any], changes: list[tuple[str, Any]]
) -> None:
    entry = {"id": US, "messaging": messaging, "changes": [{"field": f, "value": v} for f, v in changes]}
    items = read(name, {"object": OBJECT[name], "entry": [entry]})
    assert len(items) >= max(1, len(messaging))
    assert all(isinstance(item, Accepted | Ignored | NotRead | Receipt) for item in items)


@pytest.mark.parametrize(
    "written",
    [1795408200, 1795408200000, 1795408200000000, "1795408200", "1795408200000", 1795408200.0,
     "2026-11-23T04:30:00+0000", "2026-11-23T04:30:00Z", "2026-11-23T11:30:00+07:00", " 1795408200 "],
)  # fmt: skip
def test_times_in_every_fashion_of_meta(written: Any) -> None:
    assert moment(written) == NOW


@pytest.mark.parametrize("written", [None, True, 0, -5, "asdf", "", [], {}, "9" * 5000, 10**400, "٣", "0000"])
def test_a_strange_time_is_no_time(written: Any) -> None:
    assert moment(written) is None
