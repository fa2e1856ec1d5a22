"""Whatever becomes of a webhook body of Meta's on its way: each update has a fate, or the body is unreadable."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adapters
from adapters.base import Accepted, Account, Ignored, Item, NotRead, Ports, load
from adapters.shared.meta import MetaAdapter
from adapters.shared.meta_pages import PageAdapter
from normalizer.errors import Unreadable
from normalizer.record import Message, RawEvent
from normalizer.settings import convert

FOLDER = Path(adapters.__file__).parent
ROOT = FOLDER.parent
MATERIALS = Path(os.environ.get("KANAL_MATERIALS", ROOT.parent / "shared" / "materials")) / "meta"
NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
COMMON = {"app_secret": "contoh", "verify_token": "contoh", "access_token": "contoh"}
US = {
    "facebook": {"page_id": "100000000000001"},
    "instagram": {"account_id": "17840000000000001"},
    "whatsapp": {"phone_number_id": "200000000000001"},
}
OBJECTS = {"facebook": "page", "instagram": "instagram", "whatsapp": "whatsapp_business_account"}
DOORS = sorted(US)
#: What a field may turn into: other types, other sizes, other numbers.
ODD = st.sampled_from(
    [None, True, -1, 0, 1.5, 1e308, 2**63, 10**30, "", " ", "x", "0", "\ud800", "\x00", "https://[::1", "add",
     "edited", "image", "text", "interactive", "mention", [], {}, [None], {"id": 1}, "y" * 5000]
)  # fmt: skip
#: Lists whose members are updates, each owed a fate.
UPDATES = ("messaging", "standby", "changes")
TOLD = ("messages", "message_echoes", "statuses", "errors")


def bodies(name: str) -> list[Any]:
    own = sorted((FOLDER / name / "fixtures").glob("*.in.json"))
    specs = [json.loads(path.read_text()) for path in own]
    found = [spec["json"] for spec in specs if isinstance(spec.get("json"), dict)]
    return found + [json.loads(path.read_text()) for path in sorted((MATERIALS / name).glob("*.json"))]


BODIES = {name: bodies(name) for name in DOORS}


@cache
def door(name: str) -> MetaAdapter[Any]:
    kind = load(name)
    typed = convert(kind.Settings, {**COMMON, **US[name]}, "account.x.settings", lambda value: value)
    made = kind(Account(name="x", adapter=name), typed, Ports(inbox=None, clock=None, new_spool=None))  # type: ignore[arg-type]
    assert isinstance(made, MetaAdapter)
    return made


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within `value`."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        found += places(one, (*path, key))
    return found


def listed(within: Any, key: str) -> list[Any]:
    found = within.get(key) if isinstance(within, dict) else None
    return found if isinstance(found, list) else []


def updates_in(name: str, body: Any) -> int:
    """How many updates a body holds, each of which is owed a fate."""
    count = 0
    for entry in listed(body, "entry"):
        many = [one for key in UPDATES for one in listed(entry, key)]
        if name == "whatsapp":
            values = [one.get("value") for one in listed(entry, "changes") if isinstance(one, dict)]
            many = [told for value in values for key in TOLD for told in listed(value, key)]
        count += len(many)
    return count


def parsed(name: str, body: bytes) -> Sequence[Item]:
    """Every item; also what is set aside is parsed, with no words heard."""
    adapter = door(name)
    raw = RawEvent(account="x", received_at=NOW, body=body, method="POST")
    aside: Sequence[RawEvent] = ()
    if isinstance(adapter, PageAdapter):
        raw, aside = adapter.set_aside(raw)
    items = [item for one in (raw, *aside) for item in adapter.parse(one)]
    assert items
    for item in items:
        packed = msgspec.msgpack.encode(item)
        if isinstance(item, Accepted):
            assert item.message.external_id
            packed = msgspec.msgpack.encode(item.message)
            assert msgspec.msgpack.decode(packed, type=Message) == item.message
    return items


@pytest.mark.parametrize("name", DOORS)
def test_each_body_as_it_is_gives_every_update_a_fate(name: str) -> None:
    assert len(BODIES[name]) > 40
    for body in BODIES[name]:
        if body.get("object") == {"facebook": "page", "whatsapp": "whatsapp_business_account"}.get(
            name, name
        ):
            assert len(parsed(name, json.dumps(body).encode())) >= updates_in(name, body)


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_a_field_that_is_something_else_costs_no_update_its_fate(name: str, data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from(BODIES[name])))
    for _ in range(data.draw(st.integers(1, 3))):
        several = places(body)
        if not several:
            break
        *way, last = data.draw(st.sampled_from(several))
        inner = body
        for step in way:
            inner = inner[step]
        if data.draw(st.booleans()) and isinstance(inner, dict):
            del inner[last]
        else:
            inner[last] = copy.deepcopy(data.draw(ODD))
    try:
        items = parsed(name, json.dumps(body).encode())
    except Unreadable:
        return
    # A body of another object has one fate, as has each change of Meta's test button; what cannot be read is kept
    # with the whole of its body.
    if any(isinstance(item, Ignored) and item.reason == "handshake" for item in items):
        return
    if any(isinstance(item, NotRead) for item in items) or body["object"] != OBJECTS[name]:
        return
    assert len(items) >= updates_in(name, body)


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_bytes_that_were_cut_or_turned_never_crash_the_parser(name: str, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(BODIES[name]))
    raw = bytearray(json.dumps(body, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass"))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed(name, bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    except Unreadable:
        return


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_spoiled_update_among_good_ones_costs_the_others_nothing(name: str, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from([one for one in BODIES[name] if one.get("entry")]))
    spoiled = copy.deepcopy(body["entry"][0])
    *way, last = data.draw(st.sampled_from(places([spoiled])))
    inner: Any = [spoiled]
    outer = inner
    for step in way:
        inner = inner[step]
    inner[last] = copy.deepcopy(data.draw(ODD))
    good = next(
        one for one in BODIES[name] if '"external_id"' not in json.dumps(one) and accepted(name, one) == 1
    )
    whole = {**good, "entry": [*outer, *good["entry"], *outer]}
    items = parsed(name, json.dumps(whole).encode())
    (expected,) = (item for item in parsed(name, json.dumps(good).encode()) if isinstance(item, Accepted))
    assert expected in items


def accepted(name: str, body: Any) -> int:
    try:
        return sum(isinstance(item, Accepted) for item in parsed(name, json.dumps(body).encode()))
    except Unreadable:
        return 0
