"""What the X adapter asks for itself: items without a method or a signature, whose envelope names the listing.

Pairs lie in `adapters/x/fixtures/polled/`; KANAL_WRITE_FIXTURES=1 writes the missing halves, to be read and corrected.
"""

from __future__ import annotations

import json
import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

import adapters.x
from adapters.base import Accepted, Account, Item, Ports
from adapters.x import ADAPTER
from adapters.x.adapter import XAdapter, XSettings
from adapters.x.loops import DIRECTS, MENTIONS
from normalizer.errors import Forged, Unreadable
from normalizer.record import Message, RawEvent
from normalizer.settings import convert

FOLDER = Path(adapters.x.__file__).parent / "fixtures"
CASES = sorted((FOLDER / "polled").glob("*.in.json"))
AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


class HeldClock:
    def now(self) -> datetime:
        return AT


def adapter() -> XAdapter:
    account = msgspec.convert(tomllib.loads((FOLDER / "account.toml").read_text()), Account)
    settings = convert(XSettings, account.settings, "account.x", lambda value: value)
    return ADAPTER(account, settings, Ports(inbox=None, clock=HeldClock(), new_spool=None))  # type: ignore[arg-type]


def raw_of(source: Path) -> RawEvent:
    spec = json.loads(source.read_text())
    return RawEvent(
        account="x",
        received_at=AT,
        body=json.dumps(spec["json"]).encode(),
        method=spec["method"],
        envelope=spec["envelope"],
    )


def shown(item: Item) -> dict[str, object]:
    if isinstance(item, Accepted):
        return {"item": "accepted", "message": json.loads(msgspec.json.encode(item.message))}
    found = {name: value for name, value in msgspec.to_builtins(item).items() if value not in ("", None)}
    return {"item": type(item).__name__.lower(), **found}


def outcome(source: Path) -> dict[str, object]:
    try:
        return {"items": [shown(item) for item in adapter().parse(raw_of(source))]}
    except Unreadable:
        return {"error": "Unreadable"}


@pytest.mark.parametrize("source", CASES, ids=lambda path: path.name.removesuffix(".in.json"))
def test_an_item_we_asked_for_is_read_as_its_pair_says(source: Path) -> None:
    expected = source.with_name(source.name.replace(".in.", ".out."))
    got = outcome(source)
    if not expected.exists() and os.environ.get("KANAL_WRITE_FIXTURES"):
        expected.write_text(json.dumps(got, indent=2, ensure_ascii=False) + "\n")
        pytest.fail(f"wrote {expected.name}: read it, and correct it by thought")
    assert got == json.loads(expected.read_text())


@pytest.mark.parametrize("source", CASES, ids=lambda path: path.name.removesuffix(".in.json"))
def test_it_bears_no_proof_of_a_webhook_and_could_not_pass_for_one(source: Path) -> None:
    raw = raw_of(source)
    assert raw.method == ""
    assert raw.envelope["transport"] in (MENTIONS, DIRECTS, "stream")
    with pytest.raises(Forged):
        adapter().verify(raw)
    try:
        items = adapter().parse(raw)
    except Unreadable:
        return
    for item in items:
        if isinstance(item, Accepted):
            assert item.message.authenticity.method == "session"
            assert msgspec.msgpack.decode(msgspec.msgpack.encode(item.message), type=Message) == item.message
