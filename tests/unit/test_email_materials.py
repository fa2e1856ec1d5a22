"""Mails of other people's test collections: none crashes the parser, no bounce becomes a message."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from adapters.base import Accepted
from adapters.email.parse import parse
from adapters.email.quotes import reply_text
from adapters.email.settings import EmailSettings
from normalizer.record import RawEvent

ROOT = Path(__file__).parents[2]
MATERIALS = Path(os.environ.get("KANAL_MATERIALS", ROOT.parent / "shared" / "materials")) / "email"

pytestmark = [
    pytest.mark.materials,
    pytest.mark.skipif(not MATERIALS.is_dir(), reason="the third-party mails are not on this machine"),
]


def read(path: Path) -> object:
    raw = RawEvent(account="surat", received_at=datetime.now(UTC), body=path.read_bytes())
    return parse(raw, EmailSettings())[0]


def test_every_mail_is_read_without_a_crash_and_in_time() -> None:
    mails = sorted(MATERIALS.rglob("*.eml"))
    assert len(mails) > 100
    for path in mails:
        began = time.monotonic()
        msgspec.msgpack.encode(read(path))
        assert time.monotonic() - began < 2, path.name


def test_no_bounce_becomes_a_message() -> None:
    bounces = sorted((MATERIALS / "bounces-sisimai").glob("*.eml"))
    assert len(bounces) == 50
    assert [path.name for path in bounces if isinstance(read(path), Accepted)] == []


def test_replies_come_out_as_their_authors_wrote_them() -> None:
    expected = {
        "replies-zapier/email_1_4.txt": "Awesome! I haven't had another problem with it.",
        "replies-zapier/email_2_1.txt": "Outlook with a reply",
        "replies-zapier/email_2_2.txt": "Outlook with a reply directly above line",
        "replies-zapier/email_2_3.txt": "Outlook with a reply above headers using unusual format",
        "replies-zapier/email_headers_no_delimiter.txt": "And another reply!",
        "replies-zapier/email_iPhone.txt": "Here is another email",
        "replies-zapier/email_BlackBerry.txt": "Here is another email",
        "replies-zapier/email_gmail.txt": "This is a test for inbox replying to a github message.",
        "replies-zapier/correct_sig.txt": "this is an email with a correct -- signature.",
        "replies-multilingual/email_nl_1_2.txt": "Outlook met een antwoord",
        "replies-multilingual/email_danish_3.txt": "Hej,\n\nSvar.",
        "replies-multilingual/multi_header.txt": "No problem. I’ll just start a new order.",
    }
    wrong = [name for name, words in expected.items()
             if reply_text((MATERIALS / name).read_text("utf-8").replace("\r", "")) != words]  # fmt: skip
    assert wrong == []
    for path in sorted((MATERIALS / "replies-talon").glob("*.eml")):
        item = read(path)
        assert isinstance(item, Accepted)
        assert item.message.text == "Hello", path.name


def test_agreement_with_another_parser() -> None:
    """Sender and subject as stalwart's parser reads them, where its JSON has them."""
    same = compared = 0
    for path in sorted((MATERIALS / "mime-stalwart").rglob("*.eml")):
        item, sibling = read(path), path.with_suffix(".json")
        if not isinstance(item, Accepted) or not sibling.exists():
            continue
        headers = json.loads(sibling.read_text("utf-8"))["parts"][0]["headers"]
        theirs = {header["name"]: header["value"] for header in headers if isinstance(header["name"], str)}
        subject = theirs.get("subject", {})
        if isinstance(subject, dict) and isinstance(subject.get("Text"), str):
            compared += 1
            same += " ".join(subject["Text"].split()) == item.message.subject
        sender = theirs.get("from", {})
        listed = sender.get("Address", {}).get("List", []) if isinstance(sender, dict) else []
        if listed and listed[0].get("address"):
            compared += 1
            same += listed[0]["address"].lower() == item.message.sender.reference
    print(f"agreement: {same} of {compared}")
    assert compared >= 30
    assert same / compared >= 0.85
