"""The JAKI adapter's pure parts: the description's worked example, signatures, settings, JSON, the parser."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import adapters.app
from adapters.app import signing, tus, uploads
from adapters.app.adapter import AppAdapter
from adapters.app.parse import InvalidReport, idempotency_key, parse
from adapters.app.problems import KINDS, Refusal
from adapters.app.strict_json import loads
from adapters.base import Account, FetchesMedia, Ports, Replies, Runs, Serves
from normalizer.errors import Malformed, Misconfigured
from normalizer.record import RawEvent
from normalizer.settings import Secret, convert

DOC = Path(adapters.app.__file__).with_name("doc.md").read_text()
AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
SECRET = Secret("contoh-0123456789abcdef0123456789abcdef")
GOOD: dict[str, Any] = {"secrets": ["rahasia-contoh-jaki-bukan-asli-0001"]}


def make(**settings: Any) -> AppAdapter:
    typed = convert(AppAdapter.Settings, {**GOOD, **settings}, "account.jaki.settings", lambda value: value)
    ports = Ports(inbox=None, clock=None, new_spool=None)  # type: ignore[arg-type]
    return AppAdapter(Account(name="jaki", adapter="app"), typed, ports)  # type: ignore[arg-type]


def read(report: Any, key: str = "kunci-contoh-000001") -> Any:
    body = report if isinstance(report, bytes) else json.dumps(report).encode()
    raw = RawEvent(account="jaki", received_at=AT, body=body, headers={"idempotency-key": key})
    return parse(raw)[0].message


# --- the description -------------------------------------------------------------------------------------------


def test_the_worked_examples_of_the_description_are_right() -> None:
    blocks = re.findall(r"```http\n(\w+) (\S+) HTTP/1.1\n(.*?)```", DOC, re.DOTALL)
    assert [method for method, _, _ in blocks] == ["POST", "GET"]
    for method, path, rest in blocks:
        head, _, body = rest.partition("\n\n")
        headers = dict(line.split(": ", 1) for line in head.strip().splitlines())
        content = (body.strip() if method == "POST" else f"GET {path}").encode()
        assert signing.check([SECRET], headers, content, AT) is SECRET
        signed = headers["X-Kanal-Timestamp"].encode() + b"." + content
        by_hand = hmac.new(SECRET.reveal().encode(), signed, hashlib.sha256).hexdigest()
        assert headers["X-Kanal-Signature"] == "sha256=" + by_hand
        if method == "POST":
            assert idempotency_key(headers["Idempotency-Key"]) is not None
            assert read(body.strip().encode()).sender.name == "Siti Contoh"
    assert signing.signature(SECRET, "1795408200", b"") in DOC


def test_the_description_names_every_problem_and_every_field() -> None:
    for kind, (status, _, _) in KINDS.items():
        assert re.search(rf"^\| [^|]*{status}[^|]*\| [^|]*`{kind}`", DOC, re.MULTILINE), kind
    with pytest.raises(InvalidReport) as caught:
        read({"text": "a", "x": 1, "reporter": {"id": "1", "y": 1}})
    for problem in caught.value.problems:
        prefix = "reporter." if "reporter" in problem.pointer else ""
        for field in problem.cure.removeprefix("use only: ").split(", "):
            assert f"`{prefix}{field}`" in DOC, field
    assert f"at most {tus.CREATION_BODY // 1024 // 1024}" in DOC or "4 MiB of it at most" in DOC


# --- signatures ------------------------------------------------------------------------------------------------


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_signature_holds_for_its_own_content_alone(content: bytes, other: bytes) -> None:
    headers = signing.headers(SECRET, AT, content)
    assert signing.check([SECRET], headers, content, AT) is SECRET
    if other != content:
        with pytest.raises(Refusal):
            signing.check([SECRET], headers, other, AT)


@pytest.mark.parametrize("secrets", [[], [Secret("")], [Secret("another-secret")]])
def test_without_the_right_secret_nothing_passes(secrets: list[Secret]) -> None:
    empty = signing.headers(Secret(""), AT, b"x")
    for headers in (signing.headers(SECRET, AT, b"x"), empty):
        with pytest.raises(Refusal) as caught:
            signing.check(secrets, headers, b"x", AT)
        assert caught.value.kind == "signature-wrong"


@pytest.mark.parametrize("proof", ["\udcff", "é", "sha256=", "sha1=x", "x" * 100_000])
def test_a_strange_header_is_only_wrong(proof: str) -> None:
    headers = {**signing.headers(SECRET, AT, b"x"), signing.SIGNATURE: proof}
    with pytest.raises(Refusal):
        signing.check([SECRET], headers, b"x", AT)


def test_a_label_tells_nothing_of_its_secret() -> None:
    assert signing.label(SECRET) == signing.label(SECRET) != signing.label(Secret("another"))
    assert SECRET.reveal() not in signing.label(SECRET)


# --- settings --------------------------------------------------------------------------------------------------


def test_the_adapter_is_what_it_says() -> None:
    adapter = make(path="/api/jaki/uji")
    assert isinstance(adapter, Serves) and isinstance(adapter, Runs)
    assert isinstance(adapter, FetchesMedia) and isinstance(adapter, Replies)
    assert (adapter.prefix, adapter.default_channel, adapter.title) == ("/api/jaki/uji", "jaki", "JAKI")


@pytest.mark.parametrize(
    ("changed", "setting"),
    [
        ({"secrets": []}, "secrets"),
        ({"secrets": [""]}, "secrets"),
        ({"secrets": ["pendek"]}, "secrets"),
        ({"path": "api"}, "path"),
        ({"path": "/api/"}, "path"),
        ({"path": "/"}, "path"),
        ({"path": "/a b"}, "path"),
        ({"callback_url": "http://jaki.example.org/x"}, "callback_url"),
        ({"callback_url": "ftp://127.0.0.1/x"}, "callback_url"),
        ({"callback_url": "https://jaki.example.org/x"}, "callback_secret"),
        ({"callback_url": "https://jaki.example.org/x", "callback_secret": "pendek"}, "callback_secret"),
        ({"callback_per_second": 0}, "callback_per_second"),
        ({"uploads": {"size": 0}}, "uploads.size"),
    ],
)
def test_a_setting_that_cannot_work_is_named(changed: dict[str, Any], setting: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        make(**changed)
    assert caught.value.setting == f"account.jaki.settings.{setting}"
    assert caught.value.cure


# --- JSON and the parser ---------------------------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_any_bytes_are_an_object_or_malformed(body: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(loads(body), dict)


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
_names = st.sampled_from(
    [
        *("text", "category", "latitude", "longitude", "accuracy", "address", "kelurahan_code", "reporter"),
        *("anonymous", "confidential", "created_at", "language", "attachments", "lain"),
    ]
)


@given(st.dictionaries(_names, _values))
def test_any_object_is_a_message_or_has_its_problems_named(fields: dict[str, Any]) -> None:
    wrong: Malformed | None = None
    try:
        message = read(fields)
    except Malformed as error:
        wrong = error
    if wrong is None:
        assert message.text and message.external_id == "kunci-contoh-000001"
    elif isinstance(wrong, InvalidReport):
        assert wrong.problems
        assert all(p.pointer.startswith("#/") and p.problem and p.cure for p in wrong.problems)
    else:
        assert wrong.field == "body"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-23T11:20:00+07:00", "2026-11-23T04:20:00+00:00"),
        ("2026-11-23t04:20:00.123456789z", "2026-11-23T04:20:00.123456+00:00"),
        ("2026-06-30T23:59:60Z", "2026-06-30T23:59:59+00:00"),
    ],
)
def test_times_of_rfc_3339(written: str, meant: str) -> None:
    assert read({"text": "a", "created_at": written}).sent_at.isoformat() == meant


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-23",
        "2026-11-23T11:20:00",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "23/11/2026",
        "٢٠٢٦-11-23T00:00:00Z",
    ],
)
def test_what_is_no_time_is_named(written: str) -> None:
    with pytest.raises(InvalidReport, match="RFC 3339"):
        read({"text": "a", "created_at": written})


@pytest.mark.parametrize(
    ("latitude", "longitude", "problem"),
    [
        (106.8, -6.2, "swapped"),
        (-6.2, 190, "out of range"),
        (-91, 190, "out of range"),
        (0, 0, "no fix"),
        (-6.2, None, "absent"),
        (None, 106.8, "absent"),
        ("-6.2", 106.8, "no number"),
        (True, 106.8, "no number"),
    ],
)
def test_coordinates_that_cannot_be_meant(latitude: Any, longitude: Any, problem: str) -> None:
    with pytest.raises(InvalidReport) as caught:
        read({"text": "a", "latitude": latitude, "longitude": longitude})
    assert any(problem in p.problem for p in caught.value.problems)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("a" * 128, "a" * 128),
        ("a" * 129, None),
        ("a" * 15, None),
        ("", None),
        ('"', None),
        ("kunci dengan spasi 1234", None),
        ("ключ-ключ-ключ-ключ", None),
    ],
)
def test_keys(written: str, key: str | None) -> None:
    assert idempotency_key(written) == key


def test_metadata_of_tus() -> None:
    assert tus.metadata_of("filename Zm90by5qcGc=, flag,empty ") == {
        "filename": "foto.jpg",
        "flag": "",
        "empty": "",
    }
    for bad in ("a *", "a Yg==,a Yg=="):
        with pytest.raises(Refusal):
            tus.metadata_of(bad)


def test_a_store_is_not_named_by_its_key() -> None:
    name = uploads.store_name("A" * 43)
    assert re.fullmatch(r"[0-9a-f]{40}", name)
