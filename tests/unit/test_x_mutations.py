"""Whatever becomes of a body of X on its way: each item has a fate, or the whole is unreadable."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adapters.x
from adapters.base import Accepted
from adapters.x.parse import parse_body
from adapters.x.post import Us
from adapters.x.problems import Refusal, error_of, problem_of
from normalizer.errors import KanalError, Unreadable
from normalizer.record import Message

US = Us(user_id="100000001", username="AduanContoh")
FOLDER = Path(adapters.x.__file__).parent / "fixtures"
SPECS = [json.loads(path.read_text()) for path in sorted(FOLDER.rglob("*.in.json"))]
BODIES = [spec["json"] for spec in SPECS if "json" in spec]
#: What a field may turn into: other types, other sizes, other numbers.
ODD = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1.5,
        1e308,
        2**63,
        10**30,
        "",
        "x",
        "0",
        "9" * 25,
        "٣",
        "\ud800",
        "https://[",
        "0001-01-01T00:00:00+23:59",
        "Mon Feb 31 25:61:61 +0000 2026",
        [],
        {},
        [[]],
        [None],
        {"id": None},
        "y" * 5000,
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within `value`."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += places(inner, (*path, index))
    return found


def parsed(body: bytes) -> None:
    try:
        items = parse_body(body, US)
    except Unreadable:
        return
    assert items, "a raw event has at least one fate"
    for item in items:
        if isinstance(item, Accepted):
            packed = msgspec.msgpack.encode(item.message)
            assert msgspec.msgpack.decode(packed, type=Message) == item.message
            assert item.message.external_id.isdigit()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_field_that_is_something_else_never_crashes_the_parser(data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from(BODIES)))
    for _ in range(data.draw(st.integers(1, 3))):
        all_places = places(body)
        if not all_places:
            break
        *way, last = data.draw(st.sampled_from(all_places))
        inner = body
        for step in way:
            inner = inner[step]
        if data.draw(st.booleans()) and isinstance(inner, dict):
            del inner[last]
        else:
            inner[last] = copy.deepcopy(data.draw(ODD))
    parsed(json.dumps(body).encode())


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BODIES), st.data())
def test_bytes_that_were_cut_or_turned_never_crash_the_parser(body: Any, data: st.DataObject) -> None:
    raw = bytearray(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    parsed(bytes(raw[: data.draw(st.integers(0, len(raw)))]))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parser(body: bytes) -> None:
    parsed(body)


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"data":' * 50_000, b'{"data":[' + b'{"id":"1"},' * 10_000 + b"{}]}"],
    ids=range(3),
)
def test_depth_and_length_are_no_weapon(body: bytes) -> None:
    parsed(body)


@settings(deadline=None)
@given(
    st.integers(300, 599),
    st.dictionaries(st.sampled_from(["x-rate-limit-reset", "x-rate-limit-remaining"]), st.text(max_size=14)),
    st.binary(max_size=60) | ODD.map(lambda v: json.dumps({"errors": v, "type": v, "detail": v}).encode()),
)
def test_every_refusal_becomes_one_of_our_errors(status: int, headers: dict[str, str], body: bytes) -> None:
    error = error_of(
        problem_of(Refusal(status, headers, body)), "posting", "account.x.settings", "bearer", 0.0
    )
    assert isinstance(error, KanalError)
