"""What the tests of every journal share: the journals themselves, a clock that is held, and messages to admit.

A journal is added to `FACTORIES`; its fixtures are in tests/contract/conftest.py.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit, Admitted, Journal, NewEvent
from complaint_queue.journal_postgres import PostgresJournal
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from complaint_queue.postgres_open import connect
from normalizer.identity import claim_of
from normalizer.record import Attachment, Message, RawEvent, Sender

START = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
ACCOUNT = "sms-contoh"
SITI, BUDI = b"siti-contoh-----", b"budi-contoh-----"
PLANTED = "lampu jalan depan pasar contoh padam"
PENDING = Attachment(state="pending", remote="file-id-1", media_type="image/jpeg")


class HeldClock:
    """Time that moves when the test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


KEYRING = Keyring([os.urandom(32)], os.urandom(32))


def sqlite(folder: Path, clock: Callable[[], datetime]) -> Journal:
    return SqliteJournal(folder / "journal.sqlite3", Codec(KEYRING), clock)


def postgres(request: pytest.FixtureRequest) -> Factory:
    url = request.getfixturevalue("postgres_url")
    return lambda folder, clock: PostgresJournal(url, Codec(KEYRING), clock)


Factory = Callable[[Path, Callable[[], datetime]], Journal]
FACTORIES: dict[str, Callable[[pytest.FixtureRequest], Factory]] = {
    "sqlite": lambda request: sqlite,
    "postgres": postgres,
}


class Disk:
    """Where a journal keeps its files."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self._url = folder, url

    async def files(self) -> dict[Path, bytes]:
        """Every file as it is now, with what was still in memory."""
        if self._url:
            await self._ask("CHECKPOINT")
        return await asyncio.to_thread(
            lambda: {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        )

    async def written(self) -> int:
        """A number that grows by every byte that is stored."""
        if self._url:
            return int(await self._ask("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"))
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    async def _ask(self, sql: str) -> Any:
        db = await connect(self._url)
        try:
            return await db.fetchval(sql)
        finally:
            await db.close()


def message(external_id: str, text: str = PLANTED, **more: object) -> Message:
    return Message(external_id=external_id, text=text, sender=Sender(reference="+6281200000000"), **more)  # type: ignore[arg-type]


def admit(external_id: str, sender: bytes = SITI, **more: object) -> Admit:
    given = more.pop("message", None)
    fields: dict[str, object] = {
        "message": given or message(external_id),
        "claim": claim_of(ACCOUNT, external_id),
        "sender": sender,
        "channel": "sms",
        "ticket_day": "2026-11-23",
    }
    return Admit(**(fields | more))  # type: ignore[arg-type]


def with_photos(external_id: str, count: int, **more: object) -> Admit:
    """With so many files that are still at the provider."""
    return admit(external_id, message=message(external_id, attachments=(PENDING,) * count), **more)


def raw(body: bytes = b"raw event of a citizen") -> RawEvent:
    return RawEvent(account=ACCOUNT, received_at=START, body=body)


async def one(journal: Journal, admitted: Admit, **more: object) -> Admitted:
    answers = await journal.admit(Admission(raw=raw(), messages=(admitted,), **more))  # type: ignore[arg-type]
    assert len(answers) == 1
    return answers[0]


def event(
    sequence: int, kind: str = "created", revision: int = 0, body: bytes = b"body of an event"
) -> NewEvent:
    return NewEvent(
        kind=kind,  # type: ignore[arg-type]
        sequence=sequence,
        revision=revision,
        occurred_at=START,
        routing_key="created.sms.3171",
        body=body,
    )


async def settle(journal: Journal, complaint_id: int, *events: NewEvent, state: str = "filed") -> bool:
    file = await journal.complaint(complaint_id)
    assert file is not None
    fresh = tuple(m.message_id for m in file.messages if m.event_sequence is None)
    return await journal.settle(
        complaint_id,
        file.version,
        [(e, fresh if e is events[-1] else ()) for e in events],
        b"record",
        state,  # type: ignore[arg-type]
    )
