"""Every adapter folder keeps the same contract; folders and fixture pairs are found, not listed.

Run with KANAL_WRITE_FIXTURES=1 to write the missing `.out.json` files; then read each one and correct it by thought.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import tomllib
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

import adapters
from adapters.base import Accepted, Account, Adapter, Ignored, NotRead, Ports, Receipt, Webhook, load, names
from normalizer import settings
from normalizer.errors import Forged, KanalError
from normalizer.record import Message, RawEvent

ROOT = Path(adapters.__file__).parent
PUBLIC_URL = "https://aduan.example.go.id"
RECEIVED_AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
FOLDERS = [*names(), "template"]
FILES = ("__init__.py", "adapter.py", "parse.py", "simulate.py", "doc.md")


class NoInbox:
    """Parsing and proving touch no port."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the adapter used its inbox ({name}) while parsing")


class HeldClock:
    def now(self) -> datetime:
        return RECEIVED_AT


@dataclass(frozen=True)
class Case:
    folder: Path
    source: Path

    @property
    def adapter(self) -> str:
        return self.folder.relative_to(ROOT).parts[0]

    @property
    def expected(self) -> Path:
        return self.source.with_name(self.source.name.split(".in.")[0] + ".out.json")

    @property
    def id(self) -> str:
        return f"{self.folder.relative_to(ROOT).as_posix()}/{self.source.name.split('.in.')[0]}".replace(
            "/fixtures", ""
        )


def cases() -> list[Case]:
    found = []
    for account in sorted(ROOT.glob("*/fixtures/**/account.toml")):
        found += [Case(account.parent, source) for source in sorted(account.parent.glob("*.in.*"))]
    return found


def load_account(folder: Path) -> Account:
    return msgspec.convert(tomllib.loads((folder / "account.toml").read_text()), Account)


def make(folder: Path) -> Adapter[Any]:
    account = load_account(folder)
    kind = load(account.adapter)
    typed = settings.convert(kind.Settings, account.settings, f"account.{account.name}", lambda value: value)
    return kind(
        account, typed, Ports(inbox=NoInbox(), clock=HeldClock(), new_spool=None, public_url=PUBLIC_URL)
    )


def read(case: Case, adapter: Adapter[Any]) -> tuple[RawEvent, bool]:
    account = adapter.account.name
    if case.source.suffix != ".json":
        envelope = {"mail_from": "siti@example.org", "rcpt_to": "dki@jakarta.go.id", "remote": "127.0.0.1"}
        sidecar = case.source.with_name(case.source.name.split(".in.")[0] + ".envelope.json")
        if sidecar.exists():
            envelope |= json.loads(sidecar.read_text())
        body = case.source.read_bytes()
        return RawEvent(account=account, received_at=RECEIVED_AT, body=body, envelope=envelope), False
    spec = json.loads(case.source.read_text())
    headers = {key.lower(): value for key, value in spec.get("headers", {}).items()}
    body = b""
    if "json" in spec:
        body = json.dumps(spec["json"]).encode()  # escapes what is not ASCII, as Meta does
        headers.setdefault("content-type", "application/json")
    elif "form" in spec:
        body = urlencode([(key, value) for key, value in spec["form"]]).encode()
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
    elif "base64" in spec:
        body = b64decode(spec["base64"])
    elif "text" in spec:
        body = spec["text"].encode()
    raw = RawEvent(
        account=account,
        received_at=RECEIVED_AT,
        body=body,
        method=spec.get("method", "POST"),
        url=PUBLIC_URL + spec.get("path", f"/hooks/{account}"),
        headers=headers,
        envelope={"remote": "127.0.0.1", **spec.get("envelope", {})},
    )
    return raw, spec.get("signed", True)


def show(item: Accepted | Ignored | NotRead | Receipt) -> dict[str, Any]:
    if isinstance(item, Accepted):
        out: dict[str, Any] = {"item": "accepted", "message": json.loads(msgspec.json.encode(item.message))}
        if item.contents:
            out["contents"] = {
                str(index): {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for index, content in item.contents.items()
            }
        return out
    kind = {Ignored: "ignored", NotRead: "not_read", Receipt: "receipt"}[type(item)]
    return {"item": kind, **{k: v for k, v in msgspec.to_builtins(item).items() if v != ""}}


def outcome(adapter: Adapter[Any], raw: RawEvent) -> dict[str, Any]:
    try:
        if isinstance(adapter, Webhook):
            if len(raw.body) > adapter.max_bytes:
                return {"error": "TooLarge"}
            greeting = adapter.handshake(raw)
            if greeting is not None:
                return {"handshake": {"status": greeting.status, "body": greeting.body.decode()}}
            adapter.verify(raw)
        return {"items": [show(item) for item in adapter.parse(raw)]}
    except KanalError as error:
        return {"error": type(error).__name__}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_fixture_is_parsed_as_its_pair_says(case: Case) -> None:
    adapter = make(case.folder)
    raw, signed = read(case, adapter)
    if signed and isinstance(adapter, Webhook):
        raw = importlib.import_module(f"adapters.{case.adapter}.simulate").sign(raw, adapter.settings)
    got = outcome(adapter, raw)
    if not case.expected.exists() and os.environ.get("KANAL_WRITE_FIXTURES"):
        case.expected.write_text(json.dumps(got, indent=2, ensure_ascii=False) + "\n")
        pytest.fail(f"wrote {case.expected.name}: read it, and correct it by thought")
    assert got == json.loads(case.expected.read_text())
    assert outcome(make(case.folder), raw) == got, "parsing the same bytes again gives the same items"


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_what_a_parser_yields_survives_storage(case: Case) -> None:
    adapter = make(case.folder)
    raw, _ = read(case, adapter)
    try:
        items = adapter.parse(raw)
    except KanalError:
        return
    for item in items:
        if isinstance(item, Accepted):
            packed = msgspec.msgpack.encode(item.message)
            assert msgspec.msgpack.decode(packed, type=Message) == item.message
            assert item.message.external_id
            assert all(a.state == "pending" for a in item.message.attachments if a.remote)
            assert set(item.contents) <= set(range(len(item.message.attachments)))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_has_the_same_files_in_the_same_order(name: str) -> None:
    folder = ROOT / name
    missing = [file for file in FILES if not (folder / file).is_file()]
    assert not missing, f"adapters/{name} lacks {missing}"
    assert list((folder / "fixtures").rglob("account.toml")), f"adapters/{name} has no fixtures"
    adapter = load(name)
    assert adapter.name == name
    assert adapter.title
    assert issubclass(adapter.Settings, msgspec.Struct)
    simulate = importlib.import_module(f"adapters.{name}.simulate")
    assert callable(simulate.simulator)
    if isinstance(make(next(ROOT.glob(f"{name}/fixtures/**/account.toml")).parent), Webhook):
        assert callable(simulate.sign)


def webhook_cases() -> list[Case]:
    """Of every webhook variant, one signed fixture that is accepted."""
    chosen: dict[Path, Case] = {}
    for case in cases():
        if case.folder in chosen or case.source.suffix != ".json" or not case.expected.exists():
            continue
        items = json.loads(case.expected.read_text()).get("items", [])
        signed = json.loads(case.source.read_text()).get("signed", True)
        if signed and items and items[0]["item"] == "accepted" and isinstance(make(case.folder), Webhook):
            chosen[case.folder] = case
    return list(chosen.values())


@pytest.mark.parametrize("case", webhook_cases(), ids=lambda case: case.id)
def test_without_its_proof_the_same_event_is_forged(case: Case) -> None:
    adapter = make(case.folder)
    raw, _ = read(case, adapter)
    signed = importlib.import_module(f"adapters.{case.adapter}.simulate").sign(raw, adapter.settings)
    assert isinstance(adapter, Webhook)
    adapter.verify(signed)
    proofs = {name for name in signed.headers if signed.headers[name] != raw.headers.get(name)}
    spoiled = [
        msgspec.structs.replace(signed, headers={k: v for k, v in signed.headers.items() if k not in proofs}),
        *(
            msgspec.structs.replace(signed, headers={**signed.headers, name: value})
            for name in proofs
            for value in ("", signed.headers[name][:-1], signed.headers[name] + "A", "\u00e9", "x" * 5000)
        ),
    ]
    if signed.url != raw.url:
        spoiled = [msgspec.structs.replace(signed, url=raw.url)]
    assert spoiled
    for forged in spoiled:
        with pytest.raises(Forged) as caught:
            adapter.verify(forged)
        for name in proofs:
            assert signed.headers[name] not in str(caught.value), "the expected value is never echoed"
