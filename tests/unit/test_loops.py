"""Programs that write to us are never answered: loops of mail, bounces of other people's collections, chats."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import time
from pathlib import Path

import pytest

from adapters.base import Account
from complaint_queue.way_out import WaitingReply
from intake.conversation.answers import QuietHours
from normalizer.record import RawEvent
from tests.answering_world import answerer_of
from tests.intake_world import IntakeWorld, intake_world

TEXT = "Jalan berlubang besar di Kelurahan Kenari sudah dua minggu rusak, mohon segera diperbaiki."
#: (name, headers, who wrote it, the envelope's sender)
PERSON = "Siti Contoh <siti@contoh.example>"
LOOPS = [
    ("auto-replied", "Auto-Submitted: auto-replied", PERSON, "siti@contoh.example"),
    ("auto-generated", "Auto-Submitted: auto-generated", PERSON, "siti@contoh.example"),
    ("with a comment", "Auto-Submitted: auto-replied (vacation)", PERSON, "siti@contoh.example"),
    ("in capitals", "AUTO-SUBMITTED: Auto-Replied", PERSON, "siti@contoh.example"),
    ("x-autoreply", "X-Autoreply: yes", PERSON, "siti@contoh.example"),
    ("x-autorespond", "X-Autorespond: Sedang cuti", PERSON, "siti@contoh.example"),
    ("precedence", "Precedence: auto_reply", PERSON, "siti@contoh.example"),
    ("bulk", "Precedence: bulk", PERSON, "siti@contoh.example"),
    ("junk", "Precedence: junk", PERSON, "siti@contoh.example"),
    ("list", "Precedence: list", PERSON, "siti@contoh.example"),
    ("list-id", "List-Id: warga <warga.milis.example>", PERSON, "warga-bounces@milis.example"),
    ("advertiser", "List-Id: <promo.toko.example>\nPrecedence: bulk", PERSON, "a@toko.example"),
    ("out of office", "Subject: Automatic reply: Laporan Anda kami terima", PERSON, ""),
    ("di luar kantor", "Subject: Balasan otomatis: Laporan Anda kami terima", PERSON, ""),
    ("null sender", "Subject: Sedang cuti", PERSON, ""),
    ("null return path", "Return-Path: <>\nSubject: Sedang cuti", PERSON, ""),
    ("mailer-daemon", "Subject: Undelivered Mail Returned to Sender", "<mailer-daemon@contoh.example>", ""),
    ("postmaster", "Subject: Delivery Status Notification (Failure)", "postmaster@contoh.example", ""),
    ("ourselves", "Subject: Laporan", "Kanal Aduan <dki@jakarta.go.id>", "dki@jakarta.go.id"),
    ("suppressed", "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated", PERSON, "siti@contoh.example"),
]  # fmt: skip


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        settings = {"addresses": ["dki@jakarta.go.id"], "smarthost": "smtp.contoh.example:587"}
        made.adapter(Account(name="surat", adapter="email", settings=settings))
        answerer = answerer_of(made, tmp_path, QuietHours(time(0), time(0)))
        made.settler.acknowledge = answerer.acknowledge
        yield made


async def answered(world: IntakeWorld, mail: bytes, mail_from: str) -> tuple[WaitingReply, ...]:
    """What is said because of one mail."""
    raw = RawEvent(
        account="surat",
        received_at=world.clock.now(),
        body=mail,
        envelope={"mail_from": mail_from, "rcpt_to": "dki@jakarta.go.id"},
    )
    await world.receive("surat", raw)
    await world.settle()
    return await world.journal.replies_due(world.clock.now())


def mail(headers: str, author: str, number: int = 1) -> bytes:
    subject = "" if "Subject:" in headers else "Subject: Jalan rusak\n"
    head = f"From: {author}\nTo: dki@jakarta.go.id\nMessage-ID: <{number}@contoh.example>\n"
    text = f"{head}{subject}{headers}\n\n{TEXT}\n"
    return text.replace("\n", "\r\n").encode()


async def test_a_person_is_answered(world: IntakeWorld) -> None:
    (said,) = await answered(world, mail("X-Mailer: contoh", PERSON), "siti@contoh.example")
    assert "Kenari" in said.said.text


@pytest.mark.parametrize(
    ("headers", "author", "mail_from"), [one[1:] for one in LOOPS], ids=[one[0] for one in LOOPS]
)
async def test_a_loop_is_not_answered(world: IntakeWorld, headers: str, author: str, mail_from: str) -> None:
    assert await answered(world, mail(headers, author), mail_from) == ()


async def test_a_program_that_hides_what_it_is_is_answered_once_an_hour(world: IntakeWorld) -> None:
    for number in range(20):
        await answered(world, mail("X-Mailer: contoh", PERSON, number), "siti@contoh.example")
    assert await world.journal.told(person(world), "acknowledgement", world.clock.at.replace(hour=0)) == 1


def person(world: IntakeWorld) -> bytes:
    return world.filer.secrets.person("email", "siti@contoh.example")


@pytest.mark.materials
async def test_no_bounce_of_others_is_answered(world: IntakeWorld, materials: Path) -> None:
    bounces = sorted((materials / "email" / "bounces-sisimai").glob("*.eml"))
    assert len(bounces) == 50
    for path in bounces:
        assert await answered(world, path.read_bytes(), "") == (), path.name
