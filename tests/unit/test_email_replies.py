"""An answer as a mail: to one citizen, marked as a machine's, and no citizen's words become a header of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from adapters.base import Accepted, Ignored, Outgoing
from adapters.email.parse import parse
from adapters.email.replies import compose, recipient, subject_of, token_of
from adapters.email.settings import EmailSettings
from normalizer.errors import ProviderRefused
from normalizer.record import RawEvent

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
SETTINGS = EmailSettings(smarthost="127.0.0.1:2587", smarthost_tls="none")
THEIRS = {
    "address": "siti@example.org",
    "message_id": "<satu@example.org>",
    "references": "<nol@example.org>",
    "subject": "Lampu jalan mati",
}
ANSWER = Outgoing(text="Aduan Anda kami terima – terima kasih.", key="k-1", ticket="261123-0042-7")
FIELDS = [
    *(
        "Auto-Submitted",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "In-Reply-To",
        "MIME-Version",
    ),
    *("Message-ID", "References", "Subject", "To", "X-Auto-Response-Suppress"),
]


def test_an_answer_as_it_leaves() -> None:
    mail = message_from_bytes(bytes(compose(SETTINGS, THEIRS, ANSWER, NOW)), policy=policy.default)
    assert sorted(mail.keys()) == FIELDS
    assert mail["To"] == "siti@example.org"
    assert mail["From"] == "Kanal Aduan DKI Jakarta <dki@jakarta.go.id>"
    assert mail["Subject"] == "Re: Lampu jalan mati [261123-0042-7]"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["In-Reply-To"] == "<satu@example.org>"
    assert mail["References"] == "<nol@example.org> <satu@example.org>"
    assert mail["Message-ID"].startswith("<261123-0042-7-")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == [ANSWER.text]


def test_the_same_key_is_the_same_message_id_and_another_is_not() -> None:
    other = Outgoing(text="Lain", key="k-2", ticket=ANSWER.ticket)
    again = Outgoing(text="Aduan Anda kami terima.", key="k-1", ticket=ANSWER.ticket)
    assert token_of(again) == token_of(ANSWER) != token_of(other)


def test_marks_of_answers_do_not_pile_up_in_the_subject() -> None:
    assert subject_of("Re: Bls: RE: Lampu [261123-0042-7]", ANSWER) == "Re: Lampu [261123-0042-7]"
    assert subject_of("", ANSWER) == "Re: Aduan Anda [261123-0042-7]"


BREAKS = ["\r\n", "\n", "\r", "\x00\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "=?utf-8?q?=0d=0a?="]


@pytest.mark.parametrize("name", ["subject", "message_id", "references", "address", "ticket"])
@pytest.mark.parametrize("line_break", BREAKS, ids=[repr(b) for b in BREAKS])
def test_no_header_can_be_slipped_in(name: str, line_break: str) -> None:
    evil = f"{line_break}Bcc: korban@example.net{line_break}{line_break}isi palsu"
    theirs = dict(THEIRS)
    answer = ANSWER
    if name == "ticket":
        answer = Outgoing(text=ANSWER.text, key="k-1", ticket=ANSWER.ticket + evil)
    else:
        theirs[name] = theirs[name][:-1] + evil + theirs[name][-1]
    try:
        message = compose(SETTINGS, theirs, answer, NOW)
    except ProviderRefused:
        assert name == "address"
        return
    mail = message_from_bytes(bytes(message), policy=policy.default)
    assert set(mail.keys()) <= set(FIELDS)
    assert len(mail.keys()) == len(set(mail.keys()))
    assert [a.addr_spec for a in mail["To"].addresses] == ["siti@example.org"]
    assert mail.get_content().splitlines() == [ANSWER.text]


@pytest.mark.parametrize(
    "address",
    ["", "siti", "a@b@example.org", "dki@jakarta.go.id", "DKI+x@jakarta.go.id", "bounces@jakarta.go.id",
     "siti@example.org, budi@example.org", "siti@example.org,budi@example.org", "<siti@example.org>",
     "siti@[127.0.0.1]", "x" * 300 + "@example.org", "siti@example..org"],
)  # fmt: skip
def test_these_are_never_written_to(address: str) -> None:
    with pytest.raises(ProviderRefused):
        recipient(SETTINGS, {"address": address})


TOP = b"From: Siti <siti@example.org>\r\nMessage-ID: <x@example.org>\r\nSubject: Banjir\r\n"
MACHINES = [
    (b"Auto-Submitted: auto-replied\r\n", "siti@example.org"),
    (b"Auto-Submitted: auto-generated\r\n", "siti@example.org"),
    (b"Precedence: bulk\r\n", "siti@example.org"),
    (b"List-Id: <warga.example.org>\r\n", "siti@example.org"),
    (b"X-Autoreply: yes\r\n", "siti@example.org"),
    (b"Return-Path: <>\r\n", "siti@example.org"),
    (b"", ""),
]


@pytest.mark.parametrize(("field", "mail_from"), MACHINES)
def test_what_a_machine_sent_has_nobody_to_answer(field: bytes, mail_from: str) -> None:
    envelope = {"mail_from": mail_from, "rcpt_to": "dki@jakarta.go.id"}
    raw = RawEvent(account="surat", received_at=NOW, body=TOP + field + b"\r\nBanjir.\r\n", envelope=envelope)
    assert isinstance(parse(raw, SETTINGS)[0], Ignored)


@pytest.mark.parametrize(
    "field",
    [b"X-Auto-Response-Suppress: All\r\n", b"From: dki@jakarta.go.id\r\n", b"From: no-reply@example.org\r\n",
     b"From: Mailer-Daemon@example.org\r\n", b"From: bounces+261123-0042-7-aaaaaaaa@jakarta.go.id\r\n"],
)  # fmt: skip
def test_a_handle_is_not_set_where_nobody_may_be_answered(field: bytes) -> None:
    body = field + TOP + b"\r\nBanjir.\r\n"
    (item,) = parse(RawEvent(account="surat", received_at=NOW, body=body), SETTINGS)
    assert isinstance(item, Ignored) or (isinstance(item, Accepted) and item.message.reply_to == {})
