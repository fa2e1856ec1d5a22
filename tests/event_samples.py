"""Invented events, and an outbox in memory that keeps the journal's promises to the publisher."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from complaint_queue import wire
from complaint_queue.journal import Depths, OutboxEvent
from normalizer.identity import encode_id
from normalizer.record import (
    Added,
    Attachment,
    Complaint,
    ComplaintEvent,
    Contact,
    Coordinates,
    Evidence,
    Place,
    Region,
    Reporter,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SOURCE = "https://aduan.example.go.id"


def event(
    number: int = 1, sequence: int = 1, *, confidential: bool = False, text: str = ""
) -> ComplaintEvent:
    """Siti Contoh's complaint `number`, at its `sequence`-th event."""
    text = text or "Jalan berlubang di depan pasar. Hormat saya, Siti Contoh, 0812-0000-1234"
    return ComplaintEvent(
        event="created" if sequence == 1 else "information_added",
        sequence=sequence,
        occurred_at=NOW,
        added=None if sequence == 1 else Added(text="lampu juga mati", received_at=NOW),
        complaint=Complaint(
            complaint_id=encode_id(number),
            ticket=f"261123-{number:04d}-0",
            channel="sms",
            adapter="sms",
            account="sms-kannel",
            received_at=NOW,
            external_ids=("sms-1",),
            text=text,
            original_text=text,
            public_text="Jalan berlubang di depan pasar.",
            reporter=Reporter(
                reference="p-1",
                name="Siti Contoh",
                contacts=(Contact(kind="phone", value="+6281200001234"),),
                nik="3171000000000001",
            ),
            confidential=confidential,
            place=Place(
                city=Region(code="31.71", name="Jakarta Pusat"),
                coordinates=Coordinates(latitude=-6.18, longitude=106.84),
                method="text",
                confidence=0.9,
                evidence=("depan pasar",),
            ),
            attachments=(Attachment(name="jalan.jpg", media_type="image/jpeg", size=3, sha256="ab" * 32),),
            evidence=(Evidence(step="place", result="31.71", words=("pasar",)),),
        ),
    )


class MemoryOutbox:
    """The part of the journal that the publisher uses, with what it must never do checked at once."""

    def __init__(self) -> None:
        self.events: dict[int, OutboxEvent] = {}
        self.marked: dict[int, datetime] = {}
        self.held: dict[int, str] = {}
        self.changed = asyncio.Event()

    def put(
        self, record: ComplaintEvent, number: int, *, body: bytes | None = None, key: str = ""
    ) -> OutboxEvent:
        """Write one event of complaint `number` to the outbox."""
        routing_key, encoded = wire.encode(record)
        stored = OutboxEvent(
            position=len(self.events) + 1,
            complaint_id=number,
            ticket=record.complaint.ticket,
            kind=record.event,
            sequence=record.sequence,
            revision=record.revision,
            occurred_at=record.occurred_at,
            routing_key=key or routing_key,
            body=encoded if body is None else body,
        )
        self.events[stored.position] = stored
        return stored

    def fill(self, complaints: int, sequences: int = 1, first: int = 1) -> None:
        """Events of many complaints, one round of sequences after the other."""
        for sequence in range(1, sequences + 1):
            for number in range(first, first + complaints):
                self.put(event(number, sequence), number)

    async def unpublished(self, limit: int, after: int = 0) -> tuple[OutboxEvent, ...]:
        left = (
            e
            for p, e in self.events.items()
            if p > after and p not in self.marked and e.complaint_id not in self.held
        )
        return tuple(e for e, _ in zip(left, range(limit), strict=False))

    async def mark_published(self, positions: Sequence[int], at: datetime) -> None:
        for position in positions:
            assert position not in self.marked, "marked twice"
            self.marked[position] = at
        self.changed.set()

    async def event(self, complaint_id: int, sequence: int) -> tuple[OutboxEvent, bool] | None:
        for position, one in self.events.items():
            if one.complaint_id == complaint_id and one.sequence == sequence:
                return one, position in self.marked
        return None

    async def quarantine(
        self, stage: str, reason: str, *, raw_id: int | None = None, complaint_id: int | None = None
    ) -> int:
        assert stage == "publish"
        assert complaint_id is not None
        self.held[complaint_id] = reason
        self.changed.set()
        return len(self.held)

    async def depths(self) -> Depths:
        left = [e.occurred_at for p, e in self.events.items() if p not in self.marked]
        return Depths(
            kept=0,
            open_complaints=0,
            tasks=0,
            unpublished=len(left),
            oldest_unpublished=min(left, default=None),
            media_pending=0,
            quarantined=len(self.held),
        )

    async def until_marked(self, count: int, within: float = 30.0) -> None:
        """Wait until that many events are marked."""
        async with asyncio.timeout(within):
            while len(self.marked) < count:
                self.changed.clear()
                await self.changed.wait()


def with_text(record: ComplaintEvent, text: str) -> ComplaintEvent:
    """The event with other words of the citizen."""
    return replace(record, complaint=replace(record.complaint, text=text, original_text=text))
