"""Whatever becomes of an update on its way: it has a fate, or is unreadable; nothing else is raised."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import adapters.telegram
from adapters.base import Accepted
from adapters.telegram.parse import Us, parse_update
from normalizer.errors import Unreadable
from normalizer.record import Message
from normalizer.text import storable_message

US = Us(id=7000000001, username="KanalAduanContohBot")
FOLDER = Path(adapters.telegram.__file__).parent / "fixtures"
SPECS = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.in.json"))]
BODIES = [spec["json"] for spec in SPECS if isinstance(spec.get("json"), dict)]
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
        "\ud800",
        "/lapor",
        "@",
        [],
        {},
        [None],
        "y" * 5000,
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within `value`."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        found += places(one, (*path, key))
    return found


def parsed(body: bytes) -> None:
    try:
        item = parse_update(body, US, {"-1001234567890:13799"})
    except Unreadable:
        return
    if isinstance(item, Accepted):
        kept = storable_message(item.message)  # as the receiver does
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Message) == kept


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_field_that_is_something_else_never_crashes_the_parser(data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from(BODIES)))
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
    parsed(json.dumps(body).encode())


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BODIES), st.data())
def test_bytes_that_were_cut_or_turned_never_crash_the_parser(body: Any, data: st.DataObject) -> None:
    raw = bytearray(json.dumps(body, ensure_ascii=False).encode())
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    parsed(bytes(raw[: data.draw(st.integers(0, len(raw)))]))


def test_an_edit_is_known_by_its_content_and_not_by_the_address_of_its_file() -> None:
    def version(**fields: Any) -> str:
        person = {"id": 5, "is_bot": False, "first_name": "Siti"}
        body = {
            "message_id": 1,
            "date": 1,
            "edit_date": 9,
            "from": person,
            "chat": {"id": 5, "type": "private"},
        }
        item = parse_update(json.dumps({"update_id": 1, "edited_message": body | fields}).encode(), US)
        assert isinstance(item, Accepted)
        return item.message.version

    def photo(file_id: str, unique: str) -> list[dict[str, Any]]:
        return [{"file_id": file_id, "file_unique_id": unique, "width": 1, "height": 1}]

    assert version(text="a") == version(text="a") != version(text="b")
    assert version(caption="a", photo=photo("x", "1")) == version(caption="a", photo=photo("y", "1"))
    assert version(caption="a", photo=photo("x", "1")) != version(caption="a", photo=photo("x", "2"))
