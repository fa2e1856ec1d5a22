"""The way in with an account that answers, and the way out, in one process; time moves when the test says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import time
from pathlib import Path
from typing import Any

from adapters.base import Account, Outgoing, Ports
from complaint_queue.way_out import ReplyEntry
from intake.answering import Answerer
from intake.conversation.answers import QuietHours
from intake.replies import ReplyWorker
from intake.statuses import StatusKeeper
from normalizer.record import Message, Sender
from normalizer.stages import StatusUpdate
from tests.intake_world import IntakeWorld, Said, intake_world

SITI = Sender(reference="1001", name="Siti Contoh")
BUDI = Sender(reference="1002", name="Budi Contoh")
POTHOLE = "Jalan berlubang besar di Kelurahan Kenari sudah dua minggu rusak, mohon segera diperbaiki."
TO = {"chat": "7"}


class Speaking(Said):
    """An account that can answer; `fail` are the errors of the next attempts, None for one that succeeds."""

    buttons = 5

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.told: list[Outgoing] = []
        self.fail: list[Exception | None] = []

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        error = self.fail.pop(0) if self.fail else None
        if error is not None:
            raise error
        self.told.append(outgoing)
        return f"m-{len(self.told)}"


def answerer_of(inside: IntakeWorld, folder: Path, quiet: QuietHours) -> Answerer:
    return Answerer(
        journal=inside.journal,
        secrets=inside.filer.secrets,
        adapters=inside.adapters,
        public_url="https://aduan.example.go.id",
        clock=inside.clock.now,
        folder=folder,
        quiet=quiet,
    )


class World:
    """The way in with an account that answers, and the way out."""

    def __init__(self, inside: IntakeWorld, folder: Path) -> None:
        self.inside = inside
        ports = Ports(inbox=None, clock=inside.clock, new_spool=None)  # type: ignore[arg-type]
        self.account = Speaking(Account(name="said", adapter="said", channel="twitter"), None, ports)
        inside.adapters["said"] = self.account
        self.folder = folder
        self.answerer = answerer_of(inside, folder, QuietHours(time(21), time(6)))
        inside.settler.acknowledge = self.answerer.acknowledge
        self.worker = ReplyWorker(inside.journal, inside.adapters, inside.clock.now, inside.metrics)
        self.keeper = StatusKeeper(inside.journal, self.answerer, inside.metrics, self.worker.wake)
        self.statuses = 0

    async def complain(self, text: str = POTHOLE, number: str = "1", **more: Any) -> str:
        message = Message(external_id=number, text=text, **({"sender": SITI, "reply_to": TO} | more))
        fate = await self.inside.say(message)
        await self.inside.settle()
        return fate.ticket

    async def status(self, ticket: str, stage: str, *, name: str = "", **more: Any) -> bool:
        self.statuses += 1
        given = {"occurred_at": self.inside.clock.now()} | more
        update = StatusUpdate(status_id=name or f"s-{self.statuses}", ticket=ticket, stage=stage, **given)
        return await self.keeper.keep(update)

    async def say(self) -> list[Outgoing]:
        """Everything that is due leaves; what was told by it."""
        before = len(self.account.told)
        while await self.worker.turn():
            await self.worker.idle()
        return self.account.told[before:]

    async def entries(self, ticket: str) -> tuple[ReplyEntry, ...]:
        file = await self.inside.journal.complaint_by_ticket(ticket)
        assert file is not None
        return await self.inside.journal.replies_of(file.complaint_id)


@asynccontextmanager
async def answering_world(folder: Path) -> AsyncIterator[World]:
    async with intake_world(folder) as inside:
        yield World(inside, folder)
