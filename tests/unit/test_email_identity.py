"""One mail is one, whatever servers did to it on its way; two mails under one Message-ID are two."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from adapters.base import Accepted
from adapters.email import verify
from adapters.email.imap_client import mailbox_name
from adapters.email.parse import parse
from adapters.email.settings import EmailSettings
from normalizer.record import RawEvent

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
SMTP = {"mail_from": "siti@example.org", "rcpt_to": "dki@jakarta.go.id", "remote": "192.0.2.1"}
IMAP = {"transport": "imap", "folder": "INBOX", "uid": "7:1"}
TEXT = "Lampu mati di Jalan Mélati.\r\nTolong.\r\n"
MAIL = (
    "From: Siti Contoh <Siti@Example.org>\r\nTo: dki@jakarta.go.id\r\nSubject: Lampu mati\r\n"
    "Date: Mon, 23 Nov 2026 10:15:00 +0700\r\nMessage-ID: <satu@example.org>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + TEXT
).encode()


def read(
    body: bytes, envelope: dict[str, str] | None = None, settings: EmailSettings | None = None
) -> Accepted:
    raw = RawEvent(account="surat", received_at=NOW, body=body, envelope=envelope or IMAP)
    (item,) = parse(raw, settings or EmailSettings())
    assert isinstance(item, Accepted)
    return item


def name(body: bytes, envelope: dict[str, str] | None = None) -> tuple[str, str]:
    message = read(body, envelope).message
    return message.external_id, message.version


SAME = {
    "trace fields": b"Return-Path: <siti@example.org>\r\nDelivered-To: dki@jakarta.go.id\r\nReceived: x\r\n" + MAIL,
    "line ends": MAIL.replace(b"\r\n", b"\n"),
    "white space at line ends": MAIL.replace(b"Tolong.\r\n", b"Tolong. \t\r\n\r\n"),
    "another encoding": MAIL.replace(b"8bit", b"base64").replace(TEXT.encode(), base64.b64encode(TEXT.encode())),
    "a tagged subject": MAIL.replace(b"Subject: ", b"Subject: [EXTERNAL] ***SPAM*** "),
    "a subject encoded": MAIL.replace(b"Subject: Lampu mati", b"Subject: =?utf-8?q?Lampu_mati?="),
    "a date in another form": MAIL.replace(b"10:15:00 +0700", b"03:15:00 GMT"),
    "a folded date": MAIL.replace(b"Nov 2026", b"Nov\r\n 2026"),
    "a sender in small letters": MAIL.replace(b"Siti@Example.org", b"siti@example.org"),
}  # fmt: skip


@pytest.mark.parametrize("what", SAME)
def test_what_changes_on_the_way_changes_nothing(what: str) -> None:
    assert name(SAME[what]) == name(MAIL, SMTP)


OTHER = {
    "text": MAIL.replace(b"Tolong", b"Segera"),
    "subject": MAIL.replace(b"Subject: Lampu", b"Subject: Pompa"),
    "date": MAIL.replace(b"10:15", b"10:16"),
    "sender": MAIL.replace(b"Siti@", b"budi@"),
}


@pytest.mark.parametrize("what", OTHER)
def test_another_mail_under_the_same_id_is_another_version(what: str) -> None:
    assert name(OTHER[what])[0] == name(MAIL)[0]
    assert name(OTHER[what])[1] != name(MAIL)[1]


def test_files_are_told_apart_by_their_content() -> None:
    mail = (
        b"From: siti@example.org\r\nMessage-ID: <dua@example.org>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nLihat.\r\n--b\r\nContent-Type: image/jpeg\r\n'
        b'Content-Disposition: attachment; filename="a.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n'
    )
    one, two = mail % b"/9j/4AAA", mail % b"/9j/4BBB"
    assert name(one) != name(two)
    assert name(one, SMTP) == name(b"Received: x\r\n" + one.replace(b"/9j/4AAA", b"/9j/\r\n4AAA"))


AR = b"Authentication-Results: %s; spf=pass; dkim=pass; dmarc=pass\r\n"


def test_in_a_mailbox_only_its_own_server_is_believed() -> None:
    settings = EmailSettings(verify="dns", authserv_id="mx.example.go.id")
    forged = read(AR % b"mx.palsu.example" + MAIL, IMAP, settings).message.authenticity
    assert (forged.spf, forged.dkim, forged.dmarc) == ("", "", "")
    own = read(AR % b"mx.example.go.id" + MAIL, IMAP, settings).message.authenticity
    assert (own.spf, own.dkim, own.dmarc) == ("pass", "pass", "pass")
    by_smtp = read(AR % b"mx.example.go.id" + MAIL, SMTP, settings).message.authenticity
    assert by_smtp.spf == "", "our own door has looked for itself"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")
def test_spf_is_not_judged_for_a_mail_out_of_a_mailbox() -> None:
    asked: list[str] = []

    def lookup(name: str, kind: str) -> list[str]:
        asked.append(name)
        return ["v=DMARC1; p=reject"] if name.startswith("_dmarc.") else []

    words = verify.by_dns(RawEvent(account="s", received_at=NOW, body=MAIL, envelope=IMAP), lookup, "x")
    assert "spf" not in words
    assert "dmarc=fail" not in words
    assert asked == ["_dmarc.example.org"]


@pytest.mark.parametrize(
    ("folder", "wire"),
    [
        ("INBOX", '"INBOX"'),
        ("Aduan & Lain", '"Aduan &- Lain"'),
        ("Réspon", '"R&AOk-spon"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
    ],
)
def test_a_folder_is_named_in_modified_utf_7(folder: str, wire: str) -> None:
    assert mailbox_name(folder) == wire
