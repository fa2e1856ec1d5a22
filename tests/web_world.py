"""The real pages on a free port of loopback, with a small journal in memory behind them."""

from __future__ import annotations

import contextlib
import io
import re
import socket
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from adapters.base import Account, Fate, Ports
from adapters.walkin import ADAPTER
from adapters.walkin.adapter import WalkinSettings
from complaint_queue.erasing import Erased
from complaint_queue.journal import ComplaintFile, StoredMessage
from complaint_queue.way_out import Progress
from intake.staff import StaffStore
from intake.web import pages
from intake.web.paper import paper_number
from normalizer.category import offered
from normalizer.errors import Unavailable
from normalizer.identity import Secrets, encode_id, ticket_day, ticket_of
from normalizer.record import Message, RawEvent
from tests.steps import context

OFFICE, OTHER_OFFICE = "31.71.01.1002", "31.74.01.1001"
PASSWORD = "tiga becak melintas pelan"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


async def categories_of(text: str) -> Sequence[str]:
    """As the gateway answers, with the weights that it is delivered with."""
    return offered(text, date(2026, 11, 23), context())


class HeldClock:
    """A clock that stands until it is told to move."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class MemoryJournal:
    """Of the journal, what the pages read; `receive` is the gateway's one way in."""

    def __init__(self, clock: HeldClock) -> None:
        self.clock = clock
        self.complaints: dict[int, ComplaintFile] = {}
        self.messages: list[Message] = []
        self.contents: list[dict[int, bytes]] = []
        self.claims: dict[str, int] = {}
        self.away = False
        self.reserved = 5001
        self.reached: dict[int, Progress] = {}
        self.gone: dict[int, Erased] = {}

    async def progress(self, complaint_id: int) -> Progress:
        return self.reached.get(complaint_id, Progress())

    async def erased(self, complaint_ids: Iterable[int]) -> dict[int, Erased]:
        return {one: self.gone[one] for one in complaint_ids if one in self.gone}

    async def receive(self, account: str, raw: RawEvent) -> Sequence[Fate]:
        if self.away:
            raise Unavailable("the disk is away", retry_after=7)
        adapter = ADAPTER(
            Account(name=account, adapter="walkin"),
            WalkinSettings(),
            Ports(inbox=None, clock=self.clock, new_spool=None),  # type: ignore[arg-type]
        )
        (item,) = adapter.parse(raw)
        message: Message = item.message  # type: ignore[union-attr]
        known = self.claims.get(message.external_id)
        number = known or len(self.complaints) + 1
        if known is None:
            self.claims[message.external_id] = number
            self.messages.append(message)
            self.contents.append(item.contents)  # type: ignore[union-attr]
            ticket = message.ticket or ticket_of(ticket_day(self.clock.now()), number)
            self.complaints[number] = ComplaintFile(
                complaint_id=number, ticket=ticket, account=account,
                channel=message.channel, office_code=message.office_code, opened_at=self.clock.now(), state="open",
                last_sequence=0, version=1, media_pending=0, record=b"", against_office=message.against_office,
                messages=(
                    StoredMessage(
                        message_id=number, message=message, received_at=self.clock.now(), raw_sha256="",
                        third_party=False, event_sequence=None,
                    ),
                ),
            )  # fmt: skip
        outcome: Any = "accepted" if known is None else "duplicate"
        ticket = self.complaints[number].ticket
        return [Fate(outcome=outcome, ticket=ticket, complaint_id=encode_id(number))]

    async def reserve(self, ticket_day: str, count: int) -> tuple[str, ...]:
        first, self.reserved = self.reserved, self.reserved + count
        return tuple(
            ticket_of(date.fromisoformat(ticket_day), number) for number in range(first, first + count)
        )

    async def complaint(self, complaint_id: int) -> ComplaintFile | None:
        return self.complaints.get(complaint_id)

    async def complaint_by_ticket(self, ticket: str) -> ComplaintFile | None:
        return next((one for one in self.complaints.values() if one.ticket == ticket), None)

    async def recent(
        self, office_code: str | None = None, limit: int = 100, *, hidden_from: str = ""
    ) -> tuple[tuple[str, datetime, str], ...]:
        found = [
            one for one in self.complaints.values()
            if office_code in (None, one.office_code)
            and (not one.against_office or one.against_office not in (office_code, hidden_from))
        ]  # fmt: skip
        return tuple((one.ticket, one.opened_at, one.channel) for one in found[-limit:])

    async def about(self, offices: Sequence[str], limit: int = 100) -> tuple[tuple[str, datetime, str], ...]:
        found = [one for one in self.complaints.values() if one.against_office in offices]
        return tuple((one.ticket, one.opened_at, one.against_office) for one in found[-limit:])


class MemoryFiles:
    """Of the file store, what the attachment links read."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    async def size(self, sha256: str) -> int | None:
        return len(self.held[sha256]) if sha256 in self.held else None

    async def chunks(self, sha256: str) -> AsyncIterator[bytes]:
        yield self.held[sha256]


class World:
    """Everything that a test touches."""

    def __init__(self, folder: Path) -> None:
        self.clock = HeldClock()
        self.journal = MemoryJournal(self.clock)
        self.files = MemoryFiles()
        self.secrets = Secrets(b"k" * 32)
        self.staff = StaffStore(folder / "staff.sqlite3", self.clock.now)
        self.url = ""

    def pin(self, number: int) -> str:
        """What stands on the paper of the `number`-th complaint."""
        return self.secrets.pin(paper_number(self.journal.complaints[number]))

    async def add(self, login: str, role: Any = "clerk", office: str = OFFICE) -> None:
        await self.staff.add_user(login, "Petugas " + login, role, office)
        await self.staff.set_password(login, PASSWORD)


@contextlib.asynccontextmanager
async def open_world(
    folder: Path, secure: bool = False, walkin_account: str = "walkin"
) -> AsyncIterator[World]:
    """The pages, served; a clerk `loket` has an account already."""
    world = World(folder)
    await world.staff.open()
    await world.add("loket")
    app = web.Application()
    runner = web.AppRunner(app)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    world.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    deps = pages.PageDeps(
        journal=world.journal, files=world.files, secrets=world.secrets, staff=world.staff, clock=world.clock.now,  # type: ignore[arg-type]
        receive=world.journal.receive, walkin_account=walkin_account, public_url=world.url, secure=secure,
        max_form=3 * 1024 * 1024, categories_of=categories_of,
    )  # fmt: skip
    app.middlewares.extend(pages.middlewares(deps))
    pages.mount(app, deps)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    try:
        yield world
    finally:
        await runner.cleanup()
        await world.staff.close()


class Browser:
    """A browser without scripts: keeps cookies, reads the hidden fields of the last form."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.status, self.text, self.path = 0, "", ""
        self.headers: Any = {}

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def get(self, path: str, **more: Any) -> str:
        return await self._keep(self.session.get(self.world.url + path, **more))

    async def post(self, path: str, data: Any, **more: Any) -> str:
        return await self._keep(self.session.post(self.world.url + path, data=data, **more))

    async def _keep(self, call: Any) -> str:
        async with call as answer:
            self.status, self.headers, self.path = answer.status, answer.headers, answer.url.path
            body = await answer.read()
        self.text = body.decode("utf-8", "replace")
        return self.text

    def hidden(self, name: str) -> str:
        found = re.findall(rf'name="{name}" value="([^"]*)"', self.text)
        return found[-1] if found else ""

    async def sign_in(self, login: str = "loket", password: str = PASSWORD) -> None:
        await self.get("/masuk")
        form = {"csrf": self.hidden("csrf"), "login": login, "password": password}
        await self.post("/masuk", form)

    async def fill(self, *, photos: Sequence[bytes] = (), **fields: str) -> str:
        """Open the form, fill it in, send it."""
        await self.get("/loket")
        return await self.send(photos=photos, **fields)

    async def send(self, *, photos: Sequence[bytes] = (), **fields: str) -> str:
        """Send the form that is open."""
        form = aiohttp.FormData(default_to_multipart=True)
        hidden = {"csrf": self.hidden("csrf"), "form_id": self.hidden("form_id")}
        usual = {"text": "Jalan berlubang di depan pasar", "consent": "1", "name": "Siti Contoh"}
        for key, value in {**hidden, **usual, **fields}.items():
            form.add_field(key, value)
        for number, photo in enumerate(photos):
            form.add_field(
                "files", io.BytesIO(photo), filename=f"foto-{number}.png", content_type="image/png"
            )
        return await self.post("/loket", form)
