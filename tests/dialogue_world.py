"""A chat with the bot over the real journal, receiver and settler: what people write, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import time
from pathlib import Path
from typing import Any

from adapters.base import Account, Outgoing, Ports
from intake.answering import Answerer
from intake.conversation.answers import QuietHours
from intake.conversation.converse import Converser
from intake.replies import ReplyWorker
from intake.statuses import StatusKeeper
from normalizer.record import Attachment, ComplaintEvent, Coordinates, Message, Place, Sender
from normalizer.stages import StatusUpdate
from tests.intake_world import IntakeWorld, Said, intake_world


class Chat(Said):
    """A private chat with buttons; `told` is what everybody was told, by the chat that it went to."""

    converses = True
    buttons = 6

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.told: dict[str, list[Outgoing]] = {}
        self.sent = 0

    async def reply(self, reply_to: Mapping[str, str], outgoing: Outgoing) -> str:
        self.told.setdefault(reply_to["chat"], []).append(outgoing)
        self.sent += 1
        return f"bot-{self.sent}"


class ShortMessages(Chat):
    """The same without buttons or photos."""

    buttons = 0
    answers_in = "sms"


class DialogueWorld:
    """`write` as somebody, `wait` for what becomes of it, look at what was `told` and at the `events`."""

    def __init__(self, inside: IntakeWorld, folder: Path, kind: type[Chat] = Chat) -> None:
        self.inside, self.folder, self.kind = inside, folder, kind
        self.number = 0
        self.heard: dict[str, int] = {}
        ports = Ports(inbox=None, clock=inside.clock, new_spool=None)  # type: ignore[arg-type]
        self.chat = kind(Account(name="chat", adapter="said", channel="telegram"), None, ports)
        inside.adapters["chat"] = self.chat
        self.restart()

    def restart(self, **more: Any) -> None:
        """Everything that a process holds in memory is gone; the journal stays."""
        inside = self.inside
        answerer = Answerer(
            journal=inside.journal,
            secrets=inside.filer.secrets,
            adapters=inside.adapters,
            public_url="https://aduan.example.go.id",
            clock=inside.clock.now,
            folder=self.folder,
            quiet=QuietHours(time(0), time(0)),
        )
        converser = Converser(
            journal=inside.journal,
            understand=inside.settler.filing.understand,
            secrets=inside.filer.secrets,
            adapters=inside.adapters,
            clock=inside.clock.now,
            said=lambda: None,
            **more,
        )
        inside.settler.acknowledge = answerer.acknowledge
        inside.settler.converse = converser.hear
        inside.settler.telling = converser.telling
        object.__setattr__(inside.receiver, "telling", converser.telling)
        self.worker = ReplyWorker(inside.journal, inside.adapters, inside.clock.now, inside.metrics)
        self.keeper = StatusKeeper(inside.journal, answerer, inside.metrics, lambda: None)

    async def write(
        self,
        text: str = "",
        who: str = "siti",
        *,
        tap: str = "",
        photo: int = 0,
        voice: bool = False,
        place: tuple[float, float] | None = None,
        wait: bool = True,
        **more: Any,
    ) -> list[Outgoing]:
        """One message; what its writer was told because of it."""
        self.number += 1
        files = tuple(
            Attachment(remote=f"f-{self.number}-{n}", declared_type="image/jpeg", state="unavailable")
            for n in range(photo)
        )
        if voice:
            files += (Attachment(remote=f"v-{self.number}", declared_type="audio/ogg", state="unavailable"),)
        where = Place()
        if place is not None:
            where = Place(
                coordinates=Coordinates(latitude=place[0], longitude=place[1]), method="coordinates"
            )
        given = {
            "external_id": f"m-{self.number}",
            "text": text,
            "choice": tap,
            "sender": Sender(reference=who, name=who.title()),
            "reply_to": {"chat": who},
            "attachments": files,
            "place": where,
            "sent_at": self.inside.clock.now(),
        }
        await self.inside.say(Message(**(given | more)), account="chat")
        return await self.wait(who=who) if wait else []

    async def wait(self, seconds: float = 3.0, who: str = "siti") -> list[Outgoing]:
        """Let time go on, have everything filed and said; what `who` was told meanwhile."""
        before = len(self.chat.told.get(who, []))
        for _ in range(3):
            await self.inside.settle(seconds / 3)
            while await self.worker.turn():
                await self.worker.idle()
            await asyncio.sleep(0)
        return self.chat.told.get(who, [])[before:]

    async def tap(self, label: str, who: str = "siti") -> list[Outgoing]:
        """Tap a button of the last message that has one with this label."""
        for outgoing in reversed(self.chat.told[who]):
            for choice in outgoing.choices:
                if choice.label == label:
                    return await self.write(who=who, tap=choice.name)
        raise AssertionError(f"no button {label!r} was offered")

    async def status(self, ticket: str, stage: str, **more: Any) -> None:
        """The CRM says so, and it is told."""
        self.number += 1
        update = StatusUpdate(
            status_id=f"s-{self.number}",
            ticket=ticket,
            stage=stage,
            occurred_at=self.inside.clock.now(),
            **more,
        )
        assert await self.keeper.keep(update)
        await self.wait()

    async def events(self) -> list[ComplaintEvent]:
        return await self.inside.events()

    async def story(self) -> list[tuple[str, str]]:
        """The events in short: (event, what was told or added)."""
        return [
            (e.event, (e.complaint.text if e.added is None else e.added.text)) for e in await self.events()
        ]


@asynccontextmanager
async def dialogue_world(folder: Path, kind: type[Chat] = Chat) -> AsyncIterator[DialogueWorld]:
    async with intake_world(folder) as inside:
        yield DialogueWorld(inside, folder, kind)


def said(told: list[Outgoing]) -> str:
    """Everything that was told, as one text."""
    return "\n".join(one.text for one in told)
