"""`kanal import`: reports of an earlier system, from a file of CSV or JSON lines, through the running gateway.

The file goes in pieces, each signed and posted to the account's door and durable before the next one is sent. How far
it got is noted after each answer, so that a second start goes on there; a piece that is sent again makes nothing
twice, because every row's message is claimed. What a row says wrongly is told with its number, and waits in
quarantine.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import aiohttp
import msgspec
from msgspec import Struct

from adapters.base import Accepted, NotRead
from adapters.qlue.adapter import QlueAdapter
from adapters.qlue.parse import parse
from adapters.qlue.settings import QlueSettings
from adapters.qlue.table import Kind, Record, heading, kind_of, records
from adapters.shared.signed import signed
from intake.config import Config
from intake.private_files import replace_file
from intake.simulate import account_of, local_address, settings_of
from normalizer.errors import Malformed, Misconfigured, Unavailable
from normalizer.record import RawEvent
from normalizer.sentence import because

ROWS, BYTES = 100, 1024 * 1024
#: Seconds for which a gateway that says "try again" is asked again, and which one piece may take.
PATIENCE, TIMEOUT = 600.0, 120.0
#: Rows told of one by one; the others are only counted.
TOLD = 200

TYPES: dict[Kind, str] = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


class Counts(Struct, kw_only=True):
    """What became of the rows until now. `bad` are (row, what is wrong and the cure), the first ones."""

    rows: int = 0
    offset: int = 0
    accepted: int = 0
    duplicate: int = 0
    ignored: int = 0
    quarantined: int = 0
    bad: list[tuple[int, str]] = []


class Piece(Struct, frozen=True):
    """Some whole records with, in CSV, the heading before them; `end` is their end in the file."""

    body: bytes
    numbers: tuple[int, ...]
    end: int


class Import:
    """One file on its way into one account."""

    def __init__(self, config: Config, wanted: str, path: Path) -> None:
        name = account_of(config, wanted)
        if config.account(name).adapter != QlueAdapter.name:
            raise Misconfigured(
                "--account",
                "{name} takes no tables",
                "name an account of the adapter qlue (adapters/qlue/doc.md)",
                name=name,
            )
        self.path, self.account = path, name
        self.settings: QlueSettings = settings_of(config, name)
        self._url = f"{local_address(config)}/hooks/{name}"
        try:
            self._file: BinaryIO = path.open("rb")
            self.size = path.stat().st_size
        except OSError as error:
            raise Malformed(
                "FILE",
                "{path} cannot be read ({why})",
                "name a file that you may read",
                path=path,
                why=because(error),
            ) from None
        head = self._file.read(1024 * 1024)
        if not head.strip():
            raise Malformed("FILE", "{path} is empty", "export it anew", path=path)
        self.kind = kind_of(head)
        mark = hashlib.sha256(f"{name}\x1f{self.size}\x1f".encode() + head).hexdigest()[:32]
        self._state = config.data_dir / "imports" / f"{mark}.json"

    def close(self) -> None:
        self._file.close()

    def progress(self) -> Counts:
        """How far an earlier start got; nothing of it is sent again."""
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=Counts)
        except (OSError, msgspec.MsgspecError):
            return Counts()

    def pieces(self, counts: Counts) -> Iterator[Piece]:
        """The rest of the file after what `counts` speaks of."""
        head = heading(self._file) if self.kind == "csv" else b""
        waiting: list[Record] = []
        size = 0
        for record in records(self._file, self.kind, counts.offset, counts.rows):
            if waiting and (len(waiting) >= ROWS or size + len(record.content) > BYTES):
                yield _piece(head, waiting)
                waiting, size = [], 0
            waiting.append(record)
            size += len(record.content)
        if waiting:
            yield _piece(head, waiting)

    def look(self, told: Callable[[Counts], None]) -> Counts:
        """Read the whole file and send nothing: what would become of it."""
        counts = Counts()
        for piece in self.pieces(counts):
            raw = RawEvent(
                account=self.account,
                received_at=datetime.now(UTC),
                body=piece.body,
                headers={"content-type": TYPES[self.kind]},
            )
            items = parse(raw, self.settings)
            outcomes = [
                ("accepted", "")
                if isinstance(item, Accepted)
                else ("quarantined", item.reason)
                if isinstance(item, NotRead)
                else ("ignored", "")
                for item in items
            ]
            _count(counts, piece, outcomes)
            told(counts)
        return counts

    async def send(self, told: Callable[[Counts], None]) -> Counts:
        """Send what is left. Raises `Unavailable` when the gateway is not there; what was answered is noted."""
        counts = self.progress()
        told(counts)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
            for piece in self.pieces(counts):
                fates = await self._post(session, piece)
                _count(counts, piece, [(fate["outcome"], fate["reason"]) for fate in fates])
                await asyncio.to_thread(self._note, counts)
                told(counts)
        return counts

    def _note(self, counts: Counts) -> None:
        self._state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(self._state, msgspec.json.encode(counts))

    async def _post(self, session: aiohttp.ClientSession, piece: Piece) -> list[dict[str, str]]:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            headers = {
                "content-type": TYPES[self.kind],
                **signed(self.settings.key, piece.body, datetime.now(UTC)),
            }
            try:
                async with session.post(self._url, data=piece.body, headers=headers) as response:
                    if response.status == 200:
                        answer: list[dict[str, str]] = await response.json()
                        return answer
                    if response.status != 503:
                        raise Malformed(
                            f"rows from {piece.numbers[0]}",
                            "the gateway answered {status} {said}",
                            "look at its log; then start the import again, it goes on where it stopped",
                            status=response.status,
                            said=(await response.text()).strip()[:200],
                        )
                    wait = float(response.headers.get("Retry-After", "5"))
            except (aiohttp.ClientConnectionError, TimeoutError) as error:
                if loop.time() > until or isinstance(error, aiohttp.ClientConnectorError):
                    raise Unavailable(
                        "the gateway does not answer; start it (kanal serve), then the import: it goes on from there"
                    ) from None
                wait = 1.0
            if loop.time() > until:
                raise Unavailable("the gateway kept nothing for ten minutes; its log says why")
            await asyncio.sleep(min(wait, 30.0))


def _piece(head: bytes, taken: list[Record]) -> Piece:
    body = io.BytesIO()
    if head:
        body.write(head if head.endswith(b"\n") else head + b"\n")
    for record in taken:
        body.write(record.content if record.content.endswith(b"\n") else record.content + b"\n")
    return Piece(body.getvalue(), tuple(record.number for record in taken), taken[-1].end)


def _count(counts: Counts, piece: Piece, outcomes: list[tuple[str, str]]) -> None:
    for number, (outcome, reason) in zip(piece.numbers, outcomes, strict=False):
        setattr(counts, outcome, getattr(counts, outcome) + 1)
        if outcome == "quarantined" and len(counts.bad) < TOLD:
            counts.bad.append((number, reason))
    counts.rows, counts.offset = piece.numbers[-1], piece.end
