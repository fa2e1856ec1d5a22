"""Every third-party mail goes through the real door: kept whole, given a fate, and no bounce becomes a complaint."""

from __future__ import annotations

import asyncio
import hashlib
import re
import smtplib
import sqlite3
from pathlib import Path

import pytest

from complaint_queue.codec import Codec
from complaint_queue.files import FileStore
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from intake.receive import body_hash
from tests.gateway_process import GatewayProcess


def as_sent(mail: bytes) -> bytes:
    """As SMTP carries a mail: CRLF everywhere, also at the end (RFC 5321, 2.3.8)."""
    mail = re.sub(rb"\r\n|\n|\r(?!\n)", b"\r\n", mail)
    return mail if mail.endswith(b"\r\n") else mail + b"\r\n"


def post(port: int, mails: dict[Path, bytes]) -> None:
    """One session for each mail: some of them are made to break one."""
    for path, mail in mails.items():
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            refused = client.sendmail("pengirim@example.org", ["dki@jakarta.go.id"], as_sent(mail))
            assert not refused, path


@pytest.mark.materials
@pytest.mark.timeout(240)
async def test_all_mails_are_kept_and_no_bounce_becomes_a_complaint(tmp_path: Path, materials: Path) -> None:
    mails = {path: path.read_bytes() for path in sorted((materials / "email").rglob("*.eml"))}
    assert len(mails) > 100
    gateway = GatewayProcess(tmp_path)
    await gateway.start()
    try:
        await asyncio.to_thread(post, gateway.smtp, mails)
        async with asyncio.timeout(120):
            while True:
                waiting = (await gateway.health())["waiting"]
                if waiting["kept"] == waiting["tasks"] == 0:
                    break
                await asyncio.sleep(0.2)
    finally:
        await gateway.stop()
    assert "parser_failed" not in gateway.log.read_text()
    assert "parser_died" not in gateway.log.read_text()

    raws, complaints = await what_is_there(tmp_path / "data")
    sent = {hashlib.sha256(as_sent(mail)).hexdigest(): path for path, mail in mails.items()}
    assert set(sent) <= raws, f"not kept: {[path.name for sha, path in sent.items() if sha not in raws]}"
    wrong = [sent[sha].name for sha in complaints if "bounces-sisimai" in str(sent.get(sha, ""))]
    assert not wrong, f"bounces that became complaints: {wrong}"
    held = waiting["quarantined"]
    print(f"\n{len(mails)} mails: {len(complaints)} complaints, {held} in quarantine, the rest ignored")


async def what_is_there(data: Path) -> tuple[set[str], set[str]]:
    """SHA-256 of every raw event in the journal, and of those that opened a complaint."""
    codec = Codec(load_or_create(data / "keys.json", {}))
    journal = SqliteJournal.read_only(data / "journal.sqlite3", codec)
    files = FileStore(data / "files", codec)
    await journal.open()
    try:
        with sqlite3.connect(f"file:{data}/journal.sqlite3?mode=ro", uri=True) as database:
            ids = [row[0] for row in database.execute("SELECT raw_id FROM raws")]
            opened = {row[0] for row in database.execute("SELECT raw_id FROM messages")}
        database.close()
        hashes = {raw_id: body_hash(await journal.raw(raw_id)) for raw_id in ids}
    finally:
        await journal.close()
        await files.close()
    return set(hashes.values()), {hashes[raw_id] for raw_id in opened}
